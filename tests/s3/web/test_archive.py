from __future__ import annotations

import datetime as dt
import io
import shutil
import subprocess
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from philo_aws.exceptions import AWSError, BucketNotFoundError
from philo_aws.s3.web.archive import CHUNK, ERRORS_NAME, _zip_time, zip_objects
from tests.handmade import answered_by
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


def test_a_folder_with_content_is_a_file_too(aws: LocalAWS, bucket: str) -> None:
    put(aws, bucket, **{"d/": b"not empty", "d/a": b"1"})
    found = contents(opened(zip_objects(bucket, prefixes=["d/"])))
    assert found == {"d/_": b"not empty", "d/a": b"1"}


@pytest.mark.aws_servers("ministack")
def test_a_listing_that_breaks_off_leaves_a_zip_without_an_end(
    aws: LocalAWS, bucket: str, make_bucket: Any
) -> None:
    put(aws, bucket, a=b"1")
    pieces = zip_objects(bucket, keys=["a"], prefixes=["d/"])
    aws.client("s3").delete_object(Bucket=bucket, Key="a")
    aws.client("s3").delete_bucket(Bucket=bucket)
    received: list[bytes] = []
    with pytest.raises(BucketNotFoundError):
        received.extend(pieces)
    assert_no_whole_zip(received)


def test_a_bucket_that_cannot_be_listed_is_an_error_before_the_first_byte(aws: LocalAWS) -> None:
    with pytest.raises(BucketNotFoundError):
        zip_objects("no-such-bucket-here", prefixes=["a/"])


@dataclass
class OneObject:
    """A store of one object, `BODY`, that breaks off in the middle of it."""

    breaks: int
    """How many answers break off, each after a quarter of what it has to send."""
    second: str = "rest"
    """What it answers to a request for the rest: `rest`, `changed`, `all` or `gone`."""
    asked: list[tuple[str, str]] = field(default_factory=list)
    """The `Range` and `If-Match` of every GET."""


BODY = bytes(range(256)) * 4000


@contextmanager
def one_object(settings: Settings, **options: Any) -> Iterator[OneObject]:
    store = OneObject(**options)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            ranged = self.headers.get("Range", "")
            store.asked.append((ranged, self.headers.get("If-Match", "")))
            if ranged and store.second in ("changed", "gone"):
                self.send_error(412 if store.second == "changed" else 404)
                return
            start = int(ranged.removeprefix("bytes=").rstrip("-") or 0)
            start = 0 if store.second == "all" else start
            body = BODY[start:]
            self.send_response(206 if start else 200)
            if start:
                self.send_header("Content-Range", f"bytes {start}-{len(BODY) - 1}/{len(BODY)}")
            self.send_header("ETag", '"one"')
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            broken = len(store.asked) <= store.breaks
            self.wfile.write(body[: len(body) // 4] if broken else body)

        def log_message(self, *args: object) -> None:
            pass

    with answered_by(Handler, settings):
        yield store


def assert_no_whole_zip(received: list[bytes]) -> None:
    with pytest.raises(zipfile.BadZipFile):
        opened(received)


def test_what_breaks_off_goes_on_with_the_same_version(settings: Settings) -> None:
    with one_object(settings, breaks=3) as store:
        found = contents(opened(zip_objects("some-bucket", keys=["a"])))
    assert found == {"a": BODY}
    assert store.asked[0] == ("", "")
    assert [etag for _range, etag in store.asked[1:]] == ['"one"'] * 3


@pytest.mark.parametrize(
    ("second", "breaks", "sentence"),
    [
        ("rest", 4, "Check the network"),
        ("changed", 1, "changed meanwhile"),
        ("gone", 1, "no object"),
        ("all", 1, "does not send the rest"),
    ],
)
def test_a_part_of_an_object_is_never_a_whole_file(
    settings: Settings, second: str, breaks: int, sentence: str
) -> None:
    received: list[bytes] = []
    with (
        one_object(settings, second=second, breaks=breaks),
        pytest.raises(AWSError, match=sentence),
    ):
        received.extend(zip_objects("some-bucket", keys=["a", "b"]))
    assert sum(map(len, received)) > len(BODY) // 8
    assert_no_whole_zip(received)


@pytest.mark.parametrize(
    ("moment", "written"),
    [
        (None, (1980, 1, 1, 0, 0, 0)),
        (dt.datetime(1970, 5, 6, tzinfo=dt.UTC), (1980, 1, 1, 0, 0, 0)),
        (dt.datetime(2026, 2, 28, 1, 2, 4, tzinfo=dt.UTC), (2026, 2, 28, 1, 2, 4)),
        (dt.datetime(9999, 2, 3, tzinfo=dt.UTC), (2107, 2, 3, 0, 0, 0)),
    ],
)
def test_a_date_that_no_zip_can_have(moment: dt.datetime | None, written: tuple[int, ...]) -> None:
    assert _zip_time(moment) == written


def test_beyond_what_old_zips_can_hold(
    aws: LocalAWS, bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The true limit is 2 GiB, which no test has the time for.
    monkeypatch.setattr(zipfile, "ZIP64_LIMIT", 1000)
    put(aws, bucket, **{f"{n}": b"x" * 700 for n in range(3)}, large=b"y" * 5000)
    target = tmp_path / "found.zip"
    target.write_bytes(b"".join(zip_objects(bucket, prefixes=[""])))
    monkeypatch.undo()
    with zipfile.ZipFile(target) as archive:
        found = contents(archive)
    assert found == {"0": b"x" * 700, "1": b"x" * 700, "2": b"x" * 700, "large": b"y" * 5000}
    if unzip := shutil.which("unzip"):
        subprocess.run([unzip, "-tq", target], check=True, capture_output=True)


@pytest.mark.aws_servers("ministack")
def test_keys_of_every_kind_can_be_unpacked(aws: LocalAWS, bucket: str, tmp_path: Path) -> None:
    keys = ("dir", "dir/file", "Dir/file", "DIR", "d.txt", "a/../b", "/b", "b", "n\nl", "x" * 900)
    put(aws, bucket, **{key: key.encode() for key in keys})
    target = tmp_path / "found.zip"
    target.write_bytes(b"".join(zip_objects(bucket, prefixes=[""])))
    with zipfile.ZipFile(target) as archive:
        archive.extractall(tmp_path / "by-python")
        assert len(archive.namelist()) == len(keys)
    by_python = [path for path in (tmp_path / "by-python").rglob("*") if path.is_file()]
    assert sorted(path.read_bytes().decode() for path in by_python) == sorted(keys)
    if unzip := shutil.which("unzip"):
        subprocess.run([unzip, "-q", target, "-d", tmp_path / "u"], check=True, capture_output=True)
        assert len([path for path in (tmp_path / "u").rglob("*") if path.is_file()]) == len(keys)
