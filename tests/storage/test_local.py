"""Which contents are a file of this machine, and copies of all others."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.files.base import ContentFile, File
from django.core.files.uploadedfile import TemporaryUploadedFile

from philo_aws.storage.local import Spool, at, itself


@pytest.fixture
def path(tmp_path: Path) -> Path:
    made = tmp_path / "a.txt"
    made.write_bytes(b"text")
    return made


def test_an_open_file_is_itself(path: Path) -> None:
    with path.open("rb") as file:
        found = itself("name", File(file))
    status = path.stat()
    assert found == ("name", str(path), 4, status.st_mtime_ns, status.st_ino)
    assert found == at("name", str(path))


def test_a_relative_path_is_made_absolute(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(path.parent)
    with open("a.txt", "rb") as file:
        found = itself("name", File(file))
    assert found is not None
    assert found.path == str(path)


class Shouting(File):  # type: ignore[type-arg]
    def chunks(self, chunk_size: int | None = None) -> Iterator[bytes]:
        yield self.read().upper()


def test_what_is_no_file_or_is_another_one_by_now(path: Path) -> None:
    assert itself("name", ContentFile(b"text")) is None
    assert itself("name", File(io.BytesIO(b"text"), "a.txt")) is None
    with TemporaryUploadedFile("t", "text/plain", 1, None) as upload:
        assert itself("name", upload) is None
    with path.open("rb") as file:
        assert itself("name", Shouting(file)) is None
    with path.open("r+b") as writable:
        assert itself("name", File(writable)) is None
    with path.open("rb") as file:
        os.replace(path, path.with_name("b.txt"))
        assert itself("name", File(file)) is None
        path.write_bytes(b"another")
        assert itself("name", File(file)) is None
    assert itself("name", File(file)) is None  # closed
    assert at("name", "/no/such/file") is None


def test_copies_go_with_the_spool() -> None:
    with Spool() as spool:
        first = spool.put("a", ContentFile(b"bytes"))
        second = spool.put("a", ContentFile("téxt"))
        assert Path(first.path).read_bytes() == b"bytes"
        assert Path(second.path).read_bytes() == "téxt".encode()
        assert (second.key, second.size) == ("a", 5)
        spool.drop(first)
        folder = Path(second.path).parent
        assert [one.name for one in folder.iterdir()] == [Path(second.path).name]
        other = at("a", __file__)
        assert other is not None
        spool.drop(other)
        assert Path(__file__).exists()
    assert not folder.exists()
