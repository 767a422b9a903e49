"""The files at both ends, one by one; what they do in a run is in test_local.py."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import Any

import pytest

from philo_aws.exceptions import AWSError, LocalFileError
from philo_aws.s3.engine import Download, Upload
from philo_aws.s3.engine.files import Source, Target, store
from philo_aws.s3.files.rooted import Root
from tests.s3.files.test_folders import open_below

OLD = 1_234_567_890_123_456_789


def source(path: Path, root: Root | None = None) -> Source:
    return Source(Upload(key="k", path=str(path), size=1, mtime_ns=1, root=root))


def target(path: Path, **more: Any) -> Target:
    return Target(Download(key="k", path=str(path), size=3, **more))


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was synced to the disk and replaced, in order."""
    found: list[str] = []
    fsync, replace = os.fsync, os.replace

    def note_sync(descriptor: int) -> None:
        found.append(f"fsync {os.fstat(descriptor).st_size}")
        fsync(descriptor)

    def note_replace(*places: Any, **options: Any) -> None:
        found.append("replace")
        replace(*places, **options)

    monkeypatch.setattr(os, "fsync", note_sync)
    monkeypatch.setattr(os, "replace", note_replace)
    return found


@pytest.mark.parametrize("durable", [True, False])
@pytest.mark.parametrize("replaced", [True, False])
def test_a_file_is_on_the_disk_before_it_takes_its_place(
    tmp_path: Path, calls: list[str], durable: bool, replaced: bool
) -> None:
    path = tmp_path / "f"
    if replaced:
        path.write_bytes(b"old")
    made = target(path)
    os.write(made.open(), b"newer")
    made.complete(mtime_ns=None, durable=durable)
    assert calls == (["fsync 5"] if durable or replaced else []) + ["replace"]
    assert path.read_bytes() == b"newer"


def test_a_large_download_is_on_the_disk_when_it_is_done(tmp_path: Path, calls: list[str]) -> None:
    class Answer:
        def check_length(self, got: int) -> None:
            assert got == 5

        def mtime_ns(self) -> int:
            return OLD

    made = target(tmp_path / "f")
    os.write(made.open(), b"newer")
    assert made.finish(Answer(), checked=True) == 5  # type: ignore[arg-type]
    assert calls == ["fsync 5", "replace"]
    assert (tmp_path / "f").stat().st_mtime_ns == OLD


@pytest.mark.parametrize("rooted", [True, False])
@pytest.mark.parametrize("change", ["size", "mtime", "inode", "gone"])
def test_a_file_that_is_not_what_it_was_is_told(tmp_path: Path, change: str, rooted: bool) -> None:
    path = tmp_path / "f"
    path.write_bytes(b"old")
    os.utime(path, ns=(OLD, OLD))
    root = Root(tmp_path) if rooted else None
    made = source(path, root)
    made.check()
    if change == "inode":
        (tmp_path / "g").write_bytes(b"new")
        os.replace(tmp_path / "g", path)
    elif change == "size":
        path.write_bytes(b"longer")
    if change == "gone":
        path.unlink()
    elif change != "mtime":
        os.utime(path, ns=(OLD, OLD))
    else:
        os.utime(path, ns=(OLD, OLD + 1))
    with pytest.raises(OSError, match="No such file" if change == "gone" else "changed while"):
        made.check()
    assert b"".join(made.chunks()) in (b"old", b"longer")
    made.close()
    made.close()
    if root:
        root.close()


@pytest.mark.parametrize("kind", ["folder", "pipe", "device"])
def test_what_is_no_regular_file_is_refused_and_not_waited_for(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "x"
    if kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    else:
        path = Path("/dev/null")
    before = open_below(tmp_path)
    with pytest.raises(LocalFileError, match="is not a regular file"):
        source(path)
    assert open_below(tmp_path) == before


def test_the_mode_stays_but_for_what_runs_as_the_owner(tmp_path: Path) -> None:
    path = tmp_path / "f"
    path.write_bytes(b"old")
    path.chmod(0o4711)
    store(Download(key="k", path=str(path), size=3), [b"new"], mtime_ns=None)
    assert stat.S_IMODE(path.stat().st_mode) == 0o711
    store(Download(key="k", path=str(path), size=3, replaces=False), [b"new"], mtime_ns=None)
    assert stat.S_IMODE(path.stat().st_mode) & 0o111 == 0


@pytest.mark.parametrize(
    "mtime_ns", [-1, -1_500_000_000, 0, -62_135_596_800 * 10**9, 253_402_300_799 * 10**9 + 1]
)
def test_any_time_of_an_object_is_taken(tmp_path: Path, mtime_ns: int) -> None:
    path = tmp_path / "f"
    store(Download(key="k", path=str(path), size=3), [b"new"], mtime_ns=mtime_ns)
    assert path.read_bytes() == b"new"
    # File systems end at other years, and take their first or last moment then.
    (tmp_path / "g").touch()
    os.utime(tmp_path / "g", ns=(mtime_ns, mtime_ns))
    assert path.stat().st_mtime_ns == (tmp_path / "g").stat().st_mtime_ns


@pytest.mark.parametrize(
    ("error", "kept"),
    [
        (OverflowError("too large"), True),
        (OSError(errno.EINVAL, "Invalid argument"), True),
        (OSError(errno.EIO, "Input/output error"), False),
    ],
)
def test_a_time_that_the_system_does_not_have_costs_no_content(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception, kept: bool
) -> None:
    def refuse(*given: Any, **options: Any) -> None:
        raise error  # Linux takes every time, other systems do not

    monkeypatch.setattr(os, "utime", refuse)
    task = Download(key="k", path=str(tmp_path / "f"), size=3)
    if kept:
        store(task, [b"new"], mtime_ns=10**30)
    else:
        with pytest.raises(LocalFileError, match="cannot be written: Input/output error"):
            store(task, [b"new"], mtime_ns=1)
    assert os.listdir(tmp_path) == ["f"] * kept


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("folder", "Is a directory. Move the folder of that name away."),
        ("file/below", "Move the file in the place of its folder away."),
        ("n" * 300, "File name too long. Choose a shorter target folder, or leave it out."),
        ("d" * 300 + "/f", "File name too long."),
    ],
)
@pytest.mark.parametrize("rooted", [True, False])
def test_what_cannot_be_written_is_told_by_its_own_name(
    tmp_path: Path, name: str, said: str, rooted: bool
) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_bytes(b"old")
    before, path = open_below(tmp_path), tmp_path / name
    with Root(tmp_path) as root:
        task = Download(key="k", path=str(path), size=3, root=root if rooted else None)
        with pytest.raises(LocalFileError) as caught:
            store(task, [b"new"], mtime_ns=None)
    assert str(caught.value).startswith(f"{str(path)!r} cannot be written: ")
    assert said in str(caught.value)
    assert caught.value.errno
    assert open_below(tmp_path) == before
    assert sorted(os.listdir(tmp_path)) == ["file", "folder"]


@pytest.mark.parametrize("number", [errno.EACCES, errno.ENOSPC, errno.EROFS, errno.EDQUOT])
def test_what_only_some_disks_say_has_a_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def refuse(*given: Any, **options: Any) -> int:
        raise OSError(number, os.strerror(number))  # root may write, and the disk has room

    made = target(tmp_path / "f")
    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(LocalFileError) as caught:
        made.open()
    monkeypatch.undo()
    made.discard()
    sentence = f"{str(tmp_path / 'f')!r} cannot be written: {os.strerror(number)}. "
    assert str(caught.value).startswith(sentence)
    assert len(str(caught.value)) > len(sentence) + 10


@pytest.mark.parametrize("number", [errno.EMFILE, errno.ENFILE])
def test_too_many_open_files_are_not_the_files_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def refuse(*given: Any, **options: Any) -> int:
        raise OSError(number, os.strerror(number))

    made = target(tmp_path / "f")
    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(OSError, match="Too many open files") as caught:
        made.open()
    monkeypatch.undo()
    made.discard()
    assert caught.value.errno == number
    assert not isinstance(caught.value, AWSError)


@pytest.mark.parametrize("rooted", [True, False])
def test_a_download_that_was_given_up_leaves_nothing_and_cannot_end(
    tmp_path: Path, rooted: bool
) -> None:
    before = open_below(tmp_path)
    with Root(tmp_path) as root:
        made = target(tmp_path / "a/f", root=root if rooted else None)
        os.write(made.open(), b"new")
        made.discard()
        made.discard()
        assert os.listdir(tmp_path / "a") == []
        with pytest.raises(LocalFileError, match="was given up"):
            made.complete(mtime_ns=None, durable=True)
        os.write(made.descriptor, b"awscrt may still write to it")
        made.close()
        made.close()
    assert open_below(tmp_path) == before


def test_the_temporary_file_is_where_the_folder_is_by_now(tmp_path: Path) -> None:
    with Root(tmp_path) as root:
        made = target(tmp_path / "a/f", root=root)
        os.write(made.open(), b"new")
        (tmp_path / "a").rename(tmp_path / "b")
        with pytest.raises(LocalFileError, match="was moved or replaced meanwhile"):
            made.complete(mtime_ns=None, durable=True)
    assert os.listdir(tmp_path / "b") == []


@pytest.mark.parametrize("rooted", [True, False])
def test_a_folder_that_another_run_removed_is_made_again(tmp_path: Path, rooted: bool) -> None:
    before = open_below(tmp_path)
    with Root(tmp_path) as root:
        made = target(tmp_path / "a/b/f", root=root if rooted else None)
        (tmp_path / "a/b").rmdir()
        (tmp_path / "a").rmdir()
        os.write(made.open(), b"new")
        made.complete(mtime_ns=None, durable=False)
    assert (tmp_path / "a/b/f").read_bytes() == b"new"
    assert open_below(tmp_path) == before
