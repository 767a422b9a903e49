from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from philo_aws.s3.files import leftovers, places


def test_names_are_new_and_known_again() -> None:
    names = {leftovers.new_name() for _ in range(100)}
    assert len(names) == 100
    assert all(leftovers.is_temporary(name) for name in names)
    assert all(leftovers.is_temporary(f"a/b/{name}") for name in names)


@pytest.mark.parametrize(
    "key", ["a.part", ".philo-aws-x", ".philo-aws-x/a.part", "x.philo-aws-.part"]
)
def test_other_names(key: str) -> None:
    assert not leftovers.is_temporary(key)


def test_forked_processes_have_names_of_their_own() -> None:
    read, write = os.pipe()
    child = os.fork()
    if not child:
        os.write(write, leftovers.new_name().encode())
        os._exit(0)
    os.waitpid(child, 0)
    assert os.read(read, 100).decode() != leftovers.new_name()
    os.close(read)
    os.close(write)


def test_nobody_comes_back_after_a_day_without_any_change(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "f"
    path.touch()
    os.utime(path, (1, 1))  # the object's time is set before the end
    status, now = path.stat(), time.time()
    assert not leftovers.is_abandoned(status)
    monkeypatch.setattr(time, "time", lambda: now + 23 * 3600)
    assert not leftovers.is_abandoned(status)
    monkeypatch.setattr(time, "time", lambda: now + 25 * 3600)
    assert leftovers.is_abandoned(status)


def test_the_probe_of_a_folder_is_a_temporary_file_and_goes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[str] = []
    unlink = os.unlink

    def spy(path: str) -> None:
        made.append(os.path.basename(path))
        unlink(path)

    monkeypatch.setattr(os, "unlink", spy)
    places.Places(tmp_path)
    assert [leftovers.is_temporary(name) for name in made] == [True]
    assert list(tmp_path.iterdir()) == []
