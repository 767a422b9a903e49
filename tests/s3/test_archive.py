from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable
from typing import Any

import pytest

from philo_aws.exceptions import BucketNotFoundError
from philo_aws.s3.archive import CHUNK, ERRORS_NAME, safe_name, zip_objects
from tests.servers import LocalAWS


def put(aws: LocalAWS, bucket: str, **bodies: bytes) -> None:
    for key, body in bodies.items():
        aws.client("s3").put_object(Bucket=bucket, Key=key, Body=body)


def opened(pieces: Iterable[bytes]) -> zipfile.ZipFile:
    return zipfile.ZipFile(io.BytesIO(b"".join(pieces)))


def contents(archive: zipfile.ZipFile) -> dict[str, bytes]:
    assert archive.testzip() is None
    return {name: archive.read(name) for name in archive.namelist()}


def test_what_is_below_a_prefix_and_single_keys(aws: LocalAWS, bucket: str) -> None:
    put(aws, bucket, **{"d/a.txt": b"1", "d/e/b.txt": b"22", "d/": b"", "c": b"3", "left": b"4"})
    archive = opened(zip_objects(bucket, prefixes=["d/"], keys=["c"]))
    assert contents(archive) == {"c": b"3", "d/a.txt": b"1", "d/e/b.txt": b"22"}
    assert {info.compress_type for info in archive.infolist()} == {zipfile.ZIP_STORED}


def test_names_are_without_the_root(aws: LocalAWS, bucket: str) -> None:
    put(aws, bucket, **{"x/d/a": b"1", "x/b": b"2"})
    found = contents(opened(zip_objects(bucket, prefixes=["x/d/"], keys=["x/b"], root="x/")))
    assert found == {"b": b"2", "d/a": b"1"}


def test_it_comes_in_small_pieces(aws: LocalAWS, bucket: str) -> None:
    body = bytes(range(256)) * 8192
    put(aws, bucket, big=body)
    pieces = list(zip_objects(bucket, keys=["big"]))
    assert max(map(len, pieces)) < CHUNK + 1024
    assert contents(opened(pieces)) == {"big": body}


def test_an_object_keeps_its_date(aws: LocalAWS, bucket: str) -> None:
    put(aws, bucket, a=b"1")
    written = aws.client("s3").head_object(Bucket=bucket, Key="a")["LastModified"]
    [info] = opened(zip_objects(bucket, keys=["a"])).infolist()
    assert info.date_time[:5] == written.timetuple()[:5]


def test_what_cannot_be_read_is_named_in_the_zip(aws: LocalAWS, bucket: str) -> None:
    put(aws, bucket, a=b"1", b=b"2")
    found = contents(opened(zip_objects(bucket, keys=["a", "gone", "b"])))
    assert (found["a"], found["b"]) == (b"1", b"2")
    assert "'gone'" in found[ERRORS_NAME].decode()


def test_a_listing_that_breaks_off_is_told_in_the_zip(
    aws: LocalAWS, bucket: str, make_bucket: Any
) -> None:
    put(aws, bucket, a=b"1")
    pieces = zip_objects(bucket, keys=["a"], prefixes=["d/"])
    aws.client("s3").delete_object(Bucket=bucket, Key="a")
    aws.client("s3").delete_bucket(Bucket=bucket)
    assert "The list broke off" in contents(opened(pieces))[ERRORS_NAME].decode()


def test_a_bucket_that_cannot_be_listed_is_an_error_before_the_first_byte(aws: LocalAWS) -> None:
    with pytest.raises(BucketNotFoundError):
        zip_objects("no-such-bucket-here", prefixes=["a/"])


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("../../etc/passwd", "etc/passwd"),
        ("/root/./a//b", "root/a/b"),
        ("C:\\windows\\x", "C__windows_x"),
        ("new\nline\0\u202e.txt", "new_line__.txt"),
        ("..", "_"),
        ("a/ . /b", "a/b"),
    ],
)
def test_no_name_leads_out_of_the_folder(key: str, name: str) -> None:
    assert safe_name(key, set()) == name


def test_names_that_would_meet_are_kept_apart() -> None:
    taken: set[str] = set()
    names = [safe_name(key, taken) for key in ("a.txt", "A.txt", "/a.txt", ".hidden", "./.hidden")]
    assert names == ["a.txt", "A (2).txt", "a (3).txt", ".hidden", ".hidden (2)"]
