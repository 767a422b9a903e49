from __future__ import annotations

import os
from pathlib import Path

import pytest

from philo_aws.local import process, supervisor
from philo_aws.local.folder import opened


def test_an_end_that_comes_with_the_start_is_seen(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    both = tmp_path / "both.py"
    both.write_text("import os; os.write(1, b'started 7\\nended 3\\n'); os.read(0, 1)")
    monkeypatch.setattr(supervisor, "__file__", str(both))
    with opened(tmp_path / "data") as folder:
        started = process.Supervisor([], folder, {"PATH": os.environ["PATH"]}, grace=0)
    assert started.server_pid == 7
    assert started.ended(within=10)
    assert not started.end_in_order()


def test_a_supervisor_that_cannot_start_is_seen(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(supervisor, "__file__", str(tmp_path / "missing.py"))
    with opened(tmp_path / "data") as folder:
        started = process.Supervisor([], folder, {"PATH": os.environ["PATH"]}, grace=0)
    assert started.server_pid == 0
    assert started.ended(within=10)
    assert not started.end_in_order()
    assert "missing.py" in (tmp_path / "data" / "server.log").read_text()
