from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from philo_aws.exceptions import LocalFileError
from philo_aws.s3.files.tree import LINK, LOOP, File, Obstacle, walk
from philo_aws.s3.filters import Filter, Rule


def plant(root: Path, *names: str) -> None:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)


def keys(root: Path, **options: object) -> list[str]:
    return [found.key for found in walk(root, **options)]  # type: ignore[arg-type]


def obstacles(root: Path, **options: object) -> dict[str, Obstacle]:
    found = walk(root, **options)  # type: ignore[arg-type]
    return {item.key: item for item in found if isinstance(item, Obstacle)}


def test_files_come_in_the_byte_order_of_their_keys(tmp_path: Path) -> None:
    plant(tmp_path, "test/z", "test-1", "test.txt", "test0", "a/b/c", "a-b", "\ufb00", "\U0001f600")
    assert keys(tmp_path) == sorted(keys(tmp_path), key=lambda key: key.encode())
    assert keys(tmp_path)[:3] == ["a-b", "a/b/c", "test-1"]


NAMES = st.text(st.characters(exclude_characters="/\0", codec="utf-8"), min_size=1, max_size=4)
PATHS = st.lists(st.lists(NAMES, min_size=1, max_size=3), max_size=8)


@settings(max_examples=30, deadline=None)
@given(paths=PATHS)
def test_any_tree_is_walked_in_key_order(
    paths: list[list[str]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    root = tmp_path_factory.mktemp("tree")
    planted = set()
    for parts in paths:
        if not {".", ".."} & set(parts):
            try:
                plant(root, "/".join(parts))
            except (NotADirectoryError, FileExistsError, IsADirectoryError):
                continue
            planted.add("/".join(parts))
    assert keys(root) == sorted(planted, key=lambda key: key.encode())


def test_a_file_tells_size_and_time(tmp_path: Path) -> None:
    plant(tmp_path, "a/b.txt")
    os.utime(tmp_path / "a/b.txt", ns=(1, 1_234_567_890_123_456_789))
    path = tmp_path / "a/b.txt"
    inode = path.stat().st_ino
    assert list(walk(tmp_path)) == [File("a/b.txt", str(path), 7, 1_234_567_890_123_456_789, inode)]


def inode(path: Path) -> int:
    return path.stat().st_ino


def watch_lists(
    monkeypatch: pytest.MonkeyPatch, refused: int = 0, error: OSError | None = None
) -> list[int]:
    """The inodes of the folders that are listed from now on; ``refused`` is one that is not."""
    listed: list[int] = []
    scandir = os.scandir

    def spy(folder: int | str) -> object:
        listed.append(os.stat(folder).st_ino)
        if error is not None and listed[-1] == refused:
            raise error
        return scandir(folder)

    monkeypatch.setattr(os, "scandir", spy)
    return listed


def test_an_excluded_folder_is_not_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plant(tmp_path, "a/x", "node_modules/deep/y")
    opened = watch_lists(monkeypatch)
    chosen = Filter([Rule(keep=False, pattern="node_modules")])
    assert keys(tmp_path, chosen=chosen) == ["a/x"]
    assert opened == [inode(tmp_path), inode(tmp_path / "a")]


def test_it_streams(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plant(tmp_path, "a/x", "b/y", "c/z")
    opened = watch_lists(monkeypatch)
    stream = walk(tmp_path)
    assert next(stream).key == "a/x"
    assert opened == [inode(tmp_path), inode(tmp_path / "a")]


def test_links_are_left_out_with_a_reason(tmp_path: Path) -> None:
    plant(tmp_path, "real/file", "file")
    (tmp_path / "to_file").symlink_to("file")
    (tmp_path / "to_folder").symlink_to("real")
    found = obstacles(tmp_path)
    assert found["to_file"].reason == found["to_folder/"].reason == LINK
    assert all(item.error is None for item in found.values())


def test_links_are_followed_on_request(tmp_path: Path) -> None:
    plant(tmp_path, "real/file", "file", "to-x")
    (tmp_path / "to_file").symlink_to("file")
    (tmp_path / "to").symlink_to("real")
    assert keys(tmp_path, follow_symlinks=True) == [
        "file",
        "real/file",
        "to-x",
        "to/file",
        "to_file",
    ]


def test_loops_of_links_end(tmp_path: Path) -> None:
    plant(tmp_path, "a/file")
    (tmp_path / "a" / "up").symlink_to(tmp_path)
    (tmp_path / "self").symlink_to("self")
    found = obstacles(tmp_path, follow_symlinks=True)
    assert found["a/up/"].reason == LOOP
    assert "broken symbolic link" in str(found["self"].error)
    assert "a/file" in keys(tmp_path, follow_symlinks=True)


@pytest.mark.parametrize("follow", [False, True])
def test_a_broken_link_is_an_error(tmp_path: Path, follow: bool) -> None:
    (tmp_path / "gone").symlink_to("nowhere")
    error = obstacles(tmp_path, follow_symlinks=follow)["gone"].error
    assert isinstance(error, LocalFileError)
    assert "gone" in str(error)
    assert "broken symbolic link" in str(error)


def test_special_files_are_errors(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with socket.socket(socket.AF_UNIX) as server:
        before = Path.cwd()
        os.chdir(tmp_path)  # a socket's path must be short
        try:
            server.bind("sock")
        finally:
            os.chdir(before)
        found = obstacles(tmp_path)
    assert "a named pipe" in str(found["pipe"].error)
    assert "a socket" in str(found["sock"].error)


def test_a_name_that_is_no_unicode_is_an_error(tmp_path: Path) -> None:
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/bad\xff")).touch()
    plant(tmp_path, "good")
    [bad] = obstacles(tmp_path).values()
    assert "bad\\xff" in str(bad.error)
    assert "Rename it" in str(bad.error)
    assert "good" in keys(tmp_path)


def test_a_folder_that_vanishes_is_an_error_and_the_rest_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant(tmp_path, "a/x", "b/y", "c")
    watch_lists(
        monkeypatch, inode(tmp_path / "a"), FileNotFoundError(2, "No such file or directory")
    )
    assert "vanished" in str(obstacles(tmp_path)["a/"].error)
    assert [key for key in keys(tmp_path) if key != "a/"] == ["b/y", "c"]


def test_a_file_that_vanishes_is_an_error(tmp_path: Path) -> None:
    plant(tmp_path, "a", "b")
    stream = walk(tmp_path)
    next(stream)
    (tmp_path / "b").unlink()
    [last] = stream
    assert isinstance(last, Obstacle)
    assert "vanished" in str(last.error)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_folder_that_may_not_be_read_is_an_error(tmp_path: Path) -> None:
    plant(tmp_path, "shut/x")
    (tmp_path / "shut").chmod(0)
    try:
        assert "Permission denied" in str(obstacles(tmp_path)["shut/"].error)
    finally:
        (tmp_path / "shut").chmod(0o700)


def test_a_root_that_is_no_folder(tmp_path: Path) -> None:
    plant(tmp_path, "file")
    with pytest.raises(LocalFileError, match="does not exist"):
        walk(tmp_path / "none")
    with pytest.raises(LocalFileError, match="is a file"):
        walk(tmp_path / "file")
