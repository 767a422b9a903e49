from __future__ import annotations

import inspect
import os
from pathlib import Path

import pytest
from awscrt.s3 import S3Client

from philo_aws.exceptions import LocalFileError
from philo_aws.s3.files.folders import Opened
from philo_aws.s3.files.rooted import ANYWHERE, Root, path_of
from tests.s3.files.test_tree import plant


def test_an_open_file_has_a_path_that_leads_to_itself(tmp_path: Path) -> None:
    plant(tmp_path, "f")
    with Root(tmp_path) as root:
        descriptor = root.open("f")
    (tmp_path / "f").rename(tmp_path / "g")
    plant(tmp_path, "f")
    path = path_of(descriptor)
    if path:
        assert os.path.samefile(path, tmp_path / "g")
        assert Path(path).read_bytes() == b"f"
    os.close(descriptor)


def test_a_file_without_a_root_is_found_as_the_user_says(tmp_path: Path) -> None:
    plant(tmp_path, "real/f")
    (tmp_path / "link").symlink_to("real")
    descriptor = ANYWHERE.open(str(tmp_path / "link/f"))
    assert os.read(descriptor, 100) == b"real/f"
    os.close(descriptor)
    assert ANYWHERE.split("/f") == ("/", "f")
    assert ANYWHERE.split("f") == ("", "f")


def test_empty_folders_go_and_others_stay(tmp_path: Path) -> None:
    for folder in ("a/b/c", "a/d", "x/y", "x/z"):
        (tmp_path / folder).mkdir(parents=True)
    plant(tmp_path, "x/z/f")
    (tmp_path / "link").symlink_to("a")
    with Root(tmp_path) as root:
        assert root.remove_empty("link") is False
        assert (tmp_path / "a/b/c").is_dir()
        assert root.remove_empty("a") is True
        assert root.remove_empty("a") is True, "gone is gone"
        assert root.remove_empty("x") is False
    assert not (tmp_path / "a").exists()
    assert (tmp_path / "x/z/f").exists()


@pytest.mark.parametrize("name", ["size", "mtime_ns", "inode"])
def test_what_changed_is_not_removed(tmp_path: Path, name: str) -> None:
    plant(tmp_path, "a/f")
    status = (tmp_path / "a/f").stat()
    seen = {"size": status.st_size, "mtime_ns": status.st_mtime_ns, "inode": status.st_ino}
    with Root(tmp_path) as root:
        with pytest.raises(LocalFileError, match="changed after it was looked at"):
            root.unlink("a/f", **seen | {name: seen[name] + 1})
        assert (tmp_path / "a/f").exists()
        root.unlink("a/f", **seen)
        assert not (tmp_path / "a/f").exists()
        root.unlink("a/f", **seen)
        root.unlink("a/b/f", **seen)


def test_a_root_may_be_the_root_of_all() -> None:
    root = Root("/")
    assert root.base == "/"
    assert root.name_of("/a/b") == "a/b"
    with root, root.holding("proc" if os.path.isdir("/proc") else "dev") as opened:
        assert isinstance(opened, Opened)


def test_awscrt_still_takes_names_of_files_only() -> None:
    # When this fails, an open file can be given to awscrt as such.
    taken = inspect.signature(S3Client.make_request).parameters
    assert {"send_filepath", "recv_filepath"} <= set(taken)
    assert not [name for name in taken if "fd" in name.split("_") or "descriptor" in name]
