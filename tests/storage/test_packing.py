"""What a file of a batch becomes: the headers and the bytes that a save outside of it has too."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path

import pytest

from philo_aws.s3.files.tree import File
from philo_aws.storage import S3Storage
from philo_aws.storage.local import Spool, at
from philo_aws.storage.packing import Packing


@pytest.fixture
def spool() -> Iterator[Spool]:
    with Spool() as made:
        yield made


def file_of(folder: Path, name: str, content: bytes) -> File:
    path = folder / name
    path.write_bytes(content)
    found = at(name, str(path))
    assert found is not None
    return found


def test_files_are_packed_where_that_is_smaller(tmp_path: Path, spool: Spool) -> None:
    packing = Packing(S3Storage(bucket="bucket", gzip=True), spool, {})
    css = file_of(tmp_path, "a.css", b"a { color: red }" * 50)
    packed = packing.packed("a.css", css)
    content = Path(packed.path).read_bytes()
    assert gzip.decompress(content) == b"a { color: red }" * 50
    assert packing.packed("a.css", css) is packed
    assert packing.headers_of("a.css", packed) == {
        "Content-Type": "text/css; charset=utf-8",
        "Content-Encoding": "gzip",
        "x-amz-meta-plain-size": "800",
    }
    small = file_of(tmp_path, "b.css", b"a{}")
    assert packing.packed("b.css", small) is small
    assert packing.headers_of("b.css", small) == {"Content-Type": "text/css; charset=utf-8"}
    image = file_of(tmp_path, "a.png", b"PNG" * 500)
    assert packing.packed("a.png", image) is image
    assert len(list(Path(packed.path).parent.iterdir())) == 1


def test_packed_bytes_are_always_the_same(tmp_path: Path, spool: Spool) -> None:
    packing = Packing(S3Storage(bucket="bucket", gzip=True), spool, {})
    first, second = (
        packing.packed(name, file_of(tmp_path, name, b"a { color: red }" * 50))
        for name in ("a.css", "b.css")
    )
    assert Path(first.path).read_bytes() == Path(second.path).read_bytes()
    changed = file_of(tmp_path, "a.css", b"a { color: tan }" * 50)
    assert Path(packing.packed("a.css", changed).path).read_bytes() != Path(first.path).read_bytes()


def test_headers_of_what_is_not_packed(tmp_path: Path, spool: Spool) -> None:
    packing = Packing(S3Storage(bucket="bucket"), spool, {"own": "application/pdf"})
    text = file_of(tmp_path, "a.txt", "é".encode())
    latin = file_of(tmp_path, "b.txt", "é".encode("latin-1"))
    assert packing.packed("a.txt", text) is text
    assert packing.headers_of("a.txt", text) == {"Content-Type": "text/plain; charset=utf-8"}
    assert packing.headers_of("b.txt", latin) == {"Content-Type": "text/plain"}
    assert packing.headers_of("own", text) == {"Content-Type": "application/pdf"}
    # The engines know equal ones by the object.
    assert packing.headers_of("c.txt", text) is packing.headers_of("a.txt", text)
