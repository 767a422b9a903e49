"""A look at the folder of a storage becomes a question to it; all others go to the disk."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import InMemoryStorage

from tests.judge import disk


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that a storage with one file stands for, and another one on the disk beside it."""
    monkeypatch.setattr(disk, "_storages", {})
    for name in ("media", "media2"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "on-disk.txt").touch()
    storage = InMemoryStorage()
    storage.save("a/b.txt", ContentFile(b"x"))
    disk.stands_for(str(tmp_path / "media"), storage)
    return tmp_path


def test_below_the_folder_the_storage_is_asked(folder: Path) -> None:
    exists = disk.asking(os.path.exists, disk.exists)
    listdir = disk.asking(os.listdir, disk.names)
    assert exists(str(folder / "media" / "a" / "b.txt"))
    assert not exists(folder / "media" / "on-disk.txt")
    # Tests look whether the folder is there before they take it away; that is not for the disk.
    assert not exists(str(folder / "media"))
    assert listdir(str(folder / "media")) == ["a"]
    assert listdir(folder / "media" / "a") == ["b.txt"]


def test_elsewhere_the_disk_is(folder: Path) -> None:
    exists = disk.asking(os.path.exists, disk.exists)
    listdir = disk.asking(os.listdir, disk.names)
    assert exists(str(folder / "media2" / "on-disk.txt"))
    assert listdir(folder / "media2") == ["on-disk.txt"]
    assert listdir() == os.listdir()
    assert not exists(str(folder / "nothing"))
