from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable
from types import SimpleNamespace

import pytest
from pytest_django import Settings

from philo_aws import s3
from philo_aws.clients import get_client
from philo_aws.exceptions import (
    AccessDeniedError,
    BucketNotFoundError,
    CredentialsError,
    NetworkError,
    ServiceError,
    UsageError,
)
from philo_aws.s3.listing import read_ahead, xml
from philo_aws.s3.listing import stream as listing_stream
from tests.s3 import scripted
from tests.s3.engine.conftest import FaultProxy, fault_proxy, proxy  # noqa: F401 - fixtures
from tests.s3.simulation import STARTS
from tests.servers import LocalAWS, free_port

KEYS = [
    "a",
    "a b",
    "a+b%20c",
    "a//b",
    "a/../b",
    "a/./b",
    "/lead",
    "tab\tnew\nline",
    "quote'\"<&>",
    "caf\u00e9",
    "cafe\u0301",
    "\U0001f600",
    "test-1",
    "test/1",
    "x" * 1024,
]


def keys_of(aws: LocalAWS) -> list[str]:
    """The keys that the server itself can hold; moto's URL router stops at a line break."""
    return sorted((key for key in KEYS if aws.name != "moto" or "\n" not in key), key=str.encode)


def put(aws: LocalAWS, bucket: str, *keys: str) -> None:
    for key in keys:
        aws.client("s3").put_object(Bucket=bucket, Key=key, Body=b"x")


def test_every_key_as_it_is_and_in_byte_order(aws: LocalAWS, bucket: str) -> None:
    expected = keys_of(aws)
    put(aws, bucket, *expected)
    assert [item.key for item in listing_stream.objects(bucket)] == expected
    # One at a time: every key is once the last of a page.
    found = listing_stream.objects(bucket, extra_args={"MaxKeys": 1})
    assert [item.key for item in found] == expected


def test_the_same_as_botos_own(aws: LocalAWS, bucket: str) -> None:
    put(aws, bucket, *keys_of(aws))
    own = aws.client("s3").list_objects_v2(Bucket=bucket)["Contents"]
    pages = list(listing_stream.pages(bucket))
    assert [row for page in pages for row in xml.contents(page.body)] == own
    assert [
        (o.key, o.size, f'"{o.etag}"', o.storage_class) for o in listing_stream.objects(bucket)
    ] == [(row["Key"], row["Size"], row["ETag"], row["StorageClass"]) for row in own]


def test_a_prefix_and_keys_relative_to_it(aws: LocalAWS, bucket: str) -> None:
    put(aws, bucket, "a/b/c", "a/d", "ab")
    assert [o.key for o in listing_stream.objects(bucket, prefix="a/")] == ["a/b/c", "a/d"]
    found = listing_stream.objects(bucket, prefix="a/b", relative_to="a/")
    assert [o.key for o in found] == ["b/c"]


def test_the_shared_client_goes_on_as_ever(aws: LocalAWS, bucket: str) -> None:
    put(aws, bucket, "a")
    stream = listing_stream.objects(bucket)
    assert next(stream).key == "a"
    client = get_client("s3")
    assert [row["Key"] for row in client.list_objects_v2(Bucket=bucket)["Contents"]] == ["a"]
    assert list(stream) == []


def test_a_reader_that_stops_early_stops_the_listing(aws: LocalAWS, bucket: str) -> None:
    put(aws, bucket, "a", "b", "c")
    stream = listing_stream.objects(bucket, extra_args={"MaxKeys": 1})
    assert next(stream).key == "a"
    stream.close()  # type: ignore[attr-defined]


def test_a_bucket_that_is_not_there(aws: LocalAWS) -> None:
    with pytest.raises(BucketNotFoundError, match="'no-such-bucket'"):
        list(listing_stream.objects("no-such-bucket"))


def test_a_wrong_secret(signed_aws: LocalAWS, bucket: str, settings: Settings) -> None:
    credentials = {**signed_aws.credentials, "aws_secret_access_key": "wrong"}
    settings.AWS = {**signed_aws.settings, "credentials": credentials}
    with pytest.raises(CredentialsError, match="signature"):
        list(listing_stream.objects(bucket))


def test_the_right_secret(signed_aws: LocalAWS, bucket: str) -> None:
    put(signed_aws, bucket, "a b+c")
    assert [item.key for item in listing_stream.objects(bucket, prefix="a b+")] == ["a b+c"]


def test_no_network(settings: Settings) -> None:
    settings.AWS = {
        "credentials": {"aws_access_key_id": "a", "aws_secret_access_key": "b"},
        "region": "us-east-1",
        "endpoint_url": f"http://127.0.0.1:{free_port()}",
        "timeouts": {"commands": {"max_attempts": 1}},
    }
    with pytest.raises(NetworkError, match="cannot be reached"):
        list(listing_stream.objects("some-bucket"))


@pytest.mark.aws_servers("ministack")
def test_a_store_that_repeats_itself_is_found_out(
    aws: LocalAWS, make_bucket: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket = make_bucket()
    put(aws, bucket, "a", "b")
    # No local server does this; stores have, and a tool that believed them ran for ever.
    monkeypatch.setattr(xml, "next_token", lambda body: "again")
    with pytest.raises(ServiceError, match="same page"):
        list(itertools.islice(listing_stream.objects(bucket, extra_args={"MaxKeys": 1}), 9))


@pytest.mark.aws_servers("ministack")
def test_a_reader_that_stops_does_not_wait_for_the_page_that_is_on_its_way(
    aws: LocalAWS,
    bucket: str,
    proxy: FaultProxy,  # noqa: F811
) -> None:
    put(aws, bucket, "a", "b")
    proxy.set({"do": "stall", "pause": 30, "path": "continuation"})
    stream = listing_stream.objects(bucket, extra_args={"MaxKeys": 1})
    assert next(stream).key == "a"
    proxy.wait_for(lambda report: sum(report["done"]))
    begun = time.monotonic()
    stream.close()  # type: ignore[attr-defined]
    assert time.monotonic() - begun < 5


def test_a_prefix_is_a_text(ministack: LocalAWS) -> None:
    with pytest.raises(UsageError, match="prefix is 5"):
        list(listing_stream.objects("bucket", prefix=5))  # type: ignore[arg-type]


# ------------------------------------------------------------------------- side by side

SIZE = 100


class Bucket:
    """A store of some keys, that lists so many a page."""

    def __init__(self, keys: list[str], *, start: str = "as S3 does", size: int = SIZE) -> None:
        self.keys = sorted(keys)
        self.size = size
        self.start = STARTS[start]
        self.starts: list[str] = []
        self.pages = 0
        self.bad: Callable[[int], scripted.Answer | None] = lambda begin: None

    def __call__(self, request: scripted.Request) -> scripted.Answer:
        token, start = (request.query.get(name) for name in ("continuation-token", "start-after"))
        prefix = request.query.get("prefix", "")
        assert not (token and start)
        keys = [key for key in self.keys if key.startswith(prefix)]
        begin = int(token) if token else self.start(keys, start) if start else 0
        self.pages += 1
        if start:
            self.starts.append(start)
        end = begin + self.size
        more = {"token": str(end), "truncated": "true"} if end < len(keys) else {}
        return self.bad(begin) or (200, scripted.page(*keys[begin:end], **more))

    @property
    def flat(self) -> int:
        """The requests that it takes page by page."""
        return -(-len(self.keys) // self.size)


@pytest.fixture
def slow_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """By their clock all threads but this one take a second for whatever they do."""
    reader = threading.current_thread()
    ticks = itertools.count()

    def clock() -> float:
        return 0.0 if threading.current_thread() is reader else float(next(ticks))

    monkeypatch.setattr(read_ahead, "time", SimpleNamespace(monotonic=clock))


NUMBERED = [f"data/{number // 100:03}/{number:06}.bin" for number in range(4000)]


def listed() -> list[str]:
    return [item.key for item in listing_stream.objects("bucket")]


@pytest.mark.usefixtures("slow_pages")
@pytest.mark.parametrize("start", STARTS)
def test_slow_pages_come_side_by_side_and_in_order(settings: Settings, start: str) -> None:
    bucket = Bucket(NUMBERED, start=start)
    with scripted.scripted(settings, bucket, **scripted.ONCE):
        assert listed() == bucket.keys
    assert bucket.starts
    assert bucket.pages <= bucket.flat + 16 + bucket.flat // 8 + (start != "as S3 does") * 96
    if start == "as S3 does":
        assert len(bucket.starts) >= 5
    if start == "ignored":
        assert len(bucket.starts) == 1


@pytest.mark.usefixtures("slow_pages")
def test_boto_s_own_dict_of_pages_that_came_side_by_side(settings: Settings) -> None:
    bucket = Bucket([f"ü/{number:05}" for number in range(3000)] + [f"x{n}" for n in range(3000)])
    with scripted.scripted(settings, bucket, **scripted.ONCE):
        merged = s3.list_objects_v2("bucket")
        assert [row["Key"] for row in merged["Contents"]] == bucket.keys
        assert merged["KeyCount"] == len(bucket.keys)
        assert bucket.starts
        found = s3.du("bucket", prefix="ü/")
    assert found.objects == 3000


def test_pages_that_come_at_once_are_asked_for_one_by_one(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket = Bucket(NUMBERED)
    monkeypatch.setattr(read_ahead, "time", SimpleNamespace(monotonic=lambda: 0.0))
    with scripted.scripted(settings, bucket, **scripted.ONCE):
        assert listed() == bucket.keys
    assert (bucket.starts, bucket.pages) == ([], bucket.flat)


@pytest.mark.usefixtures("slow_pages")
@pytest.mark.parametrize(
    ("count", "size", "extra"),
    [
        (200, 100, {}),  # two pages
        (900, 90, {}),  # small pages
        (900, 100, {"MaxKeys": 99}),
        (900, 100, {"Delimiter": "/"}),
    ],
)
def test_listings_that_are_never_split(
    settings: Settings, count: int, size: int, extra: dict[str, object]
) -> None:
    bucket = Bucket(NUMBERED[:count], size=size)
    with scripted.scripted(settings, bucket, **scripted.ONCE):
        found = [item.key for item in listing_stream.objects("bucket", extra_args=extra)]
    assert found == bucket.keys
    assert (bucket.starts, bucket.pages) == ([], bucket.flat)


@pytest.mark.parametrize(("name", "splits"), [("bucket", True), ("b--use1-az4--x-s3", False)])
def test_directory_buckets_list_in_no_order(name: str, splits: bool) -> None:
    assert listing_stream._may_split({"Bucket": name}) is splits


@pytest.mark.usefixtures("slow_pages")
def test_the_callers_own_start(settings: Settings) -> None:
    bucket = Bucket(NUMBERED)
    bucket.size = 4000
    with scripted.scripted(settings, bucket, **scripted.ONCE):
        found = listing_stream.objects("bucket", extra_args={"StartAfter": NUMBERED[9]})
        assert [item.key for item in found] == NUMBERED[10:]
    assert bucket.starts == [NUMBERED[9]]


@pytest.mark.usefixtures("slow_pages")
@pytest.mark.parametrize("number", [5, 23])
def test_an_error_comes_after_what_lies_before(settings: Settings, number: int) -> None:
    bucket = Bucket(NUMBERED)
    lost = number * SIZE
    bucket.bad = lambda begin: (403, b"") if begin <= lost < begin + SIZE else None
    found: list[str] = []
    with scripted.scripted(settings, bucket, **scripted.ONCE):
        stream = listing_stream.objects("bucket")
        with pytest.raises(AccessDeniedError):
            found += (item.key for item in iter(lambda: next(stream), None))
    assert bucket.starts
    assert len(found) > lost - SIZE
    assert found == bucket.keys[: len(found)]


@pytest.mark.usefixtures("slow_pages")
def test_a_circle_in_a_part_that_was_split_off(settings: Settings) -> None:
    bucket = Bucket(NUMBERED)
    again = scripted.page(*NUMBERED[3000:3100], token="3000", truncated="true")
    bucket.bad = lambda begin: (200, again) if begin >= 3000 else None
    store = scripted.scripted(settings, bucket, **scripted.ONCE)
    with store, pytest.raises(ServiceError, match=r"can be relied on|same page"):
        listed()
    assert bucket.starts
    assert bucket.pages < 300
