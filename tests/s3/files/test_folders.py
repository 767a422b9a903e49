"""Folders by descriptor, beside what the races in test_races.py show."""

from __future__ import annotations

import contextlib
import os
import resource
from collections.abc import Iterator
from pathlib import Path

import pytest

from philo_aws.exceptions import LocalFileError
from philo_aws.s3.files import folders
from philo_aws.s3.files.folders import KEPT
from philo_aws.s3.files.rooted import Root
from philo_aws.s3.files.tree import walk
from tests.s3.files.test_tree import plant


def open_below(folder: Path) -> int:
    """How many descriptors of this process lead to what is, or was, in a folder, or to itself.

    Zero where the system does not tell. Others are not counted: threads of other tests may close
    connections at any time.
    """
    found = 0
    for number in os.listdir("/proc/self/fd") if os.path.isdir("/proc/self/fd") else ():
        with contextlib.suppress(OSError):
            found += os.readlink(f"/proc/self/fd/{number}").startswith(str(folder))
    return found


@pytest.fixture
def few_files() -> Iterator[None]:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (len(os.listdir("/dev/fd")) + 2 * KEPT, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


@pytest.fixture(params=[True, False], ids=["descriptors", "paths"])
def either_way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """With descriptors, and as on systems that have none for folders."""
    monkeypatch.setattr(folders, "BY_DESCRIPTOR", request.param)


def test_few_folders_stay_open(tmp_path: Path, few_files: None) -> None:
    names = [f"{number:03}/sub" for number in range(200)]
    plant(tmp_path, *(f"{name}/f" for name in names))
    with Root(tmp_path) as root:
        before = open_below(tmp_path)
        for name in [*names, *names]:
            os.close(root.open(f"{name}/f"))
            assert root.stat(f"{name}/f").st_size
        assert open_below(tmp_path) - before <= KEPT + 1
    assert open_below(tmp_path) == before


def test_a_deep_tree_needs_few_descriptors(tmp_path: Path, few_files: None) -> None:
    deep = "/".join(["d"] * 300)
    plant(tmp_path, f"{deep}/f", "z")
    with Root(tmp_path) as root:
        assert [found.key for found in walk(root)] == [f"{deep}/f", "z"]
        assert root.remove_empty("d") is False


def test_one_that_is_used_stays_open_after_the_end(tmp_path: Path) -> None:
    plant(tmp_path, "a/f")
    before = open_below(tmp_path)
    with Root(tmp_path) as root:
        opened = root.take("a")
    assert opened.descriptor is not None
    assert os.listdir(
        opened.descriptor if not hasattr(os, "O_PATH") else f"/proc/self/fd/{opened.descriptor}"
    ) == ["f"]
    root.give(opened)
    assert open_below(tmp_path) == before
    with pytest.raises(OSError, match="The transfer is over"):
        root.take("a")


@pytest.mark.usefixtures("either_way")
def test_folders_are_made_where_that_is_wanted(tmp_path: Path) -> None:
    with Root(tmp_path) as root:
        with pytest.raises(FileNotFoundError), root.holding("a/b"):
            pass
        with root.holding("a/b", make=True) as opened:
            os.close(os.open(opened.head + "f", os.O_CREAT | os.O_WRONLY, dir_fd=opened.descriptor))
    assert (tmp_path / "a/b/f").exists()


@pytest.mark.usefixtures("either_way")
@pytest.mark.parametrize("folder", ["link", "link/sub", "a/link"])
def test_a_link_is_no_folder(tmp_path: Path, folder: str) -> None:
    plant(tmp_path, "real/sub/f", "a/f")
    (tmp_path / "link").symlink_to("real")
    (tmp_path / "a/link").symlink_to("../real")
    with Root(tmp_path) as root:
        with pytest.raises(LocalFileError, match="is a symbolic link by now") as caught:
            root.take(folder, make=True)
        assert caught.value.code == "Confined"
    with Root(tmp_path, follow=True) as root, root.holding(folder):
        pass


@pytest.mark.usefixtures("either_way")
@pytest.mark.parametrize("place", ["a", "a/b"])
def test_a_link_put_there_later_is_seen(tmp_path: Path, place: str) -> None:
    plant(tmp_path, "a/b/f", "x/b/f")
    with Root(tmp_path) as root:
        opened = root.take("a/b")
        assert root.is_still(opened)
        (tmp_path / place).rename(tmp_path / "moved")
        (tmp_path / place).symlink_to(tmp_path / "moved")
        assert not root.is_still(opened), "though it is the same folder behind it"
        with pytest.raises(LocalFileError, match="moved or replaced meanwhile"):
            root.check(opened)
        root.give(opened)
        with pytest.raises(LocalFileError, match="is a symbolic link by now"):
            root.take("a/b")


def test_a_folder_that_was_made_anew_is_opened_anew(tmp_path: Path) -> None:
    plant(tmp_path, "a/f")
    with Root(tmp_path) as root:
        os.close(root.open("a/f"))
        (tmp_path / "a").rename(tmp_path / "b")
        plant(tmp_path, "a/g")
        os.close(root.open("a/g"))
        with root.holding("a") as opened:
            assert opened.identity == folders.identity((tmp_path / "a").stat())


def test_what_is_no_folder_is_told_by_its_whole_path(tmp_path: Path) -> None:
    plant(tmp_path, "a/f")
    with Root(tmp_path) as root, pytest.raises(NotADirectoryError) as caught:
        root.take("a/f/x", make=True)
    assert caught.value.filename == f"{tmp_path}/a/f"
