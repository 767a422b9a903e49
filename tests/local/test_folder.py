from __future__ import annotations

import contextlib
import json
import os
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from philo_aws import local
from philo_aws.local import folder as folders
from philo_aws.local.folder import opened


def test_everything_in_it_is_private(tmp_path: Path) -> None:
    path = tmp_path / "new" / "data"
    with local.start(data_dir=path, auth=True):
        pass
    assert list((path / "state").iterdir())
    open_to_others = {
        found.name
        for found in [path, *path.rglob("*")]
        if stat.S_IMODE(found.stat().st_mode) & 0o077
    }
    assert open_to_others == {".gitignore"}


def test_git_ignores_it(tmp_path: Path) -> None:
    with opened(tmp_path):
        assert (tmp_path / ".gitignore").read_text() == "*\n"


def test_a_folder_with_other_files_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "s3").mkdir()
    (tmp_path / "s3" / "thesis.txt").write_text("irreplaceable")
    with pytest.raises(local.DataFolderError, match="has other files in it"):
        local.start(data_dir=tmp_path, reset=True)
    assert [path.name for path in tmp_path.rglob("*")] == ["s3", "thesis.txt"]


@pytest.mark.parametrize("below", ["", "folder"])
def test_a_file_is_no_folder(tmp_path: Path, below: str) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(local.DataFolderError, match=r"cannot be used: .* Give a folder"):
        local.start(data_dir=tmp_path / "file" / below)


def test_a_link_instead_of_the_lock_is_not_followed(tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.write_text("precious")
    data = tmp_path / "data"
    data.mkdir()
    (data / folders.LOCK_NAME).symlink_to(target)
    with pytest.raises(local.DataFolderError, match="cannot be used"):
        local.start(data_dir=data)
    assert target.read_text() == "precious"


def test_an_error_removes_a_temporary_folder(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with contextlib.suppress(ZeroDivisionError), opened(None):
        assert len(list(tmp_path.iterdir())) == 1
        raise ZeroDivisionError
    assert list(tmp_path.iterdir()) == []


class TestLock:
    def test_of_a_living_owner_is_refused_at_once(self, tmp_path: Path) -> None:
        with opened(tmp_path) as held:
            held.note_owner("http://127.0.0.1:1")
            with pytest.raises(local.DataFolderError) as refused, opened(tmp_path):
                pass
        assert f"in use by the local AWS of process {os.getpid()} (http://127.0.0.1:1)" in str(
            refused.value
        )

    def test_of_a_dead_owner_is_waited_for(self, tmp_path: Path) -> None:
        dead = subprocess.Popen([sys.executable, "-c", ""])
        dead.wait()
        with opened(tmp_path) as held:
            (tmp_path / folders.LOCK_NAME).write_text(json.dumps({"pid": dead.pid}))
            heir = os.dup(held.lock)
        saved = threading.Timer(0.3, os.close, [heir])
        saved.start()
        with opened(tmp_path):
            assert saved.finished.is_set()
        saved.join()

    def test_of_a_dead_owner_is_not_waited_for_without_end(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        monkeypatch.setattr(folders, "HANDOVER_SECONDS", 0.1)
        with opened(tmp_path):
            (tmp_path / folders.LOCK_NAME).write_text('{"pid": 4194305}')
            with pytest.raises(local.DataFolderError, match="process 4194305"), opened(tmp_path):
                pass

    @pytest.mark.parametrize("noted", ["", "[]", "{", '{"pid": "x"}'])
    def test_with_an_unreadable_note_counts_as_held(self, tmp_path: Path, noted: str) -> None:
        with opened(tmp_path):
            (tmp_path / folders.LOCK_NAME).write_text(noted)
            with pytest.raises(local.DataFolderError, match="in use"), opened(tmp_path):
                pass
