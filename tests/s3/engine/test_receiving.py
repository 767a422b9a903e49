"""Downloads against what the store says of them."""

from __future__ import annotations

import base64
import os
import time
import uuid
import zlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from pytest_django import Settings

from philo_aws import patience
from philo_aws.exceptions import NetworkError, ServiceError
from philo_aws.s3.engine import Download, Result, create
from philo_aws.s3.engine.errors import MOST_DAMAGED, DamagedError
from philo_aws.s3.engine.receiving import Received
from philo_aws.s3.engine.size_class import Transfer

from .bare import EMPTY, PAGE, Answer, BareStore, bare_store, md5, once
from .conftest import options_for

MIB = 1024 * 1024
# The second is larger than a part, and so fetched in parts.
SIZES = [100, 6 * MIB]


@pytest.fixture
def store(settings: Settings) -> Iterator[BareStore]:
    with bare_store() as made:
        settings.AWS = made.settings()
        yield made


Fetch = Callable[..., Result]


@pytest.fixture
def fetch(engine_name: str, store: BareStore, tmp_path: Path) -> Fetch:
    """Give the store an object of so many bytes, and download it over an old file."""

    def run(kept: int, **task: Any) -> Result:
        store.body = os.urandom(kept)
        (tmp_path / "f").write_bytes(b"old")
        results: list[Result] = []
        tasks = [Download(**{"key": "f", "path": str(tmp_path / "f"), "size": kept, **task})]
        options = options_for(engine_name, "bucket", part_size=5 * MIB)
        create(options).run(tasks, on_result=results.append)
        assert os.listdir(tmp_path) == ["f"]
        return results[0]

    return run


def rotten(body: bytes) -> bytes:
    """Damage both ends, as any part of a large one may come first."""
    return b"rotten" + body[6:-6] + b"rotten"


@pytest.mark.parametrize("size", SIZES, ids=["small", "large"])
def test_bytes_that_contradict_the_etag_each_time_are_a_failure(
    fetch: Fetch, store: BareStore, tmp_path: Path, size: int
) -> None:
    store.give = rotten
    result = fetch(size)
    assert isinstance(result.error, ServiceError)
    assert result.error.code == "ChecksumMismatch"
    assert result.attempts == 2, "the same damage twice is not tried for ever"
    assert (tmp_path / "f").read_bytes() == b"old"


@pytest.mark.parametrize("size", SIZES, ids=["small", "large"])
def test_what_was_damaged_on_the_way_is_fetched_again(
    fetch: Fetch, store: BareStore, tmp_path: Path, size: int
) -> None:
    store.give = once(rotten)
    result = fetch(size)
    assert (result.error, result.attempts) == (None, 2)
    assert (tmp_path / "f").read_bytes() == store.body


@pytest.mark.parametrize("size", SIZES, ids=["small", "large"])
@pytest.mark.parametrize(
    "headers",
    [
        {"x-amz-server-side-encryption": "aws:kms"},
        {"x-amz-server-side-encryption": "aws:kms:dsse"},
        {"x-amz-server-side-encryption-customer-algorithm": "AES256"},
        {"x-amz-storage-class": "EXPRESS_ONEZONE"},
    ],
    ids=str,
)
def test_an_etag_that_is_said_to_be_no_md5_is_not_looked_at(
    fetch: Fetch, store: BareStore, tmp_path: Path, headers: dict[str, str], size: int
) -> None:
    store.headers, store.etag = headers, lambda body: "0" * 32
    result = fetch(size)
    assert (result.error, result.attempts) == (None, 1)
    assert (tmp_path / "f").read_bytes() == store.body


@pytest.mark.parametrize("size", SIZES, ids=["small", "large"])
def test_a_store_whose_etags_only_look_like_md5s_is_usable_without_validation(
    fetch: Fetch,
    store: BareStore,
    tmp_path: Path,
    size: int,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    other = uuid.uuid4().hex
    store.etag = lambda body: other
    assert "AWS_RESPONSE_CHECKSUM_VALIDATION=when_required" in str(fetch(size).error)
    store.asked.clear()
    with monkeypatch.context() as patch:
        patch.setenv("AWS_RESPONSE_CHECKSUM_VALIDATION", "when_required")
        # Other settings, so that the environment is read anew.
        settings.AWS = store.settings(regions=["us-east-1"])
        result = fetch(size)
    assert (result.error, result.attempts) == (None, 2)
    assert (tmp_path / "f").read_bytes() == store.body
    assert store.names_sent("GET") | store.names_sent("HEAD") == set()


def crc32(body: bytes) -> str:
    return base64.b64encode(zlib.crc32(body).to_bytes(4, "big")).decode()


@pytest.mark.parametrize("size", SIZES, ids=["small", "large"])
def test_a_checksum_is_asked_for_and_compared(
    fetch: Fetch, store: BareStore, tmp_path: Path, size: int
) -> None:
    # An ETag that is no MD5: nothing but the checksum shows the damage.
    store.etag = lambda body: f"{zlib.crc32(body):x}"
    store.give = once(rotten)
    store.told = lambda: {"x-amz-checksum-crc32": crc32(store.body)}
    result = fetch(size)
    assert (result.error, result.attempts) == (None, 2)
    assert (tmp_path / "f").read_bytes() == store.body
    assert "x-amz-checksum-mode" in store.names_sent("GET") | store.names_sent("HEAD")


@pytest.mark.parametrize("size", SIZES, ids=["small", "large"])
def test_an_object_that_is_shorter_than_it_was_listed_is_a_failure(
    fetch: Fetch, store: BareStore, tmp_path: Path, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    short = replace(patience.PATIENCE["commands"], attempts=1, seconds=0)
    monkeypatch.setitem(patience.PATIENCE, "commands", short)
    store.etag = lambda body: "same"
    result = fetch(size, size=size + 50, etag='"same"')
    assert isinstance(result.error, NetworkError)
    assert result.error.code == "IncompleteBody"
    assert (tmp_path / "f").read_bytes() == b"old"


def test_a_large_object_whose_etag_has_a_hyphen_and_no_number(
    fetch: Fetch, store: BareStore, tmp_path: Path
) -> None:
    etag = "550e8400-e29b-41d4-a716-446655440000"
    store.etag = lambda body: etag
    assert fetch(6 * MIB, etag=etag).error is None
    assert (tmp_path / "f").read_bytes() == store.body


@pytest.fixture
def hasty(settings: Settings, store: BareStore) -> None:
    """Three attempts and no more."""
    settings.AWS = store.settings(timeouts={"commands": {"max_attempts": 3}})


RIGHT_SIZE = b"<html>" + b"x" * 94
ETAG = {"ETag": '"5f3a61b"'}
NOTHING: list[Answer] = [
    PAGE,
    (200, RIGHT_SIZE, {"Content-Type": "text/html"}),
    (200, RIGHT_SIZE, {"Content-Type": "text/html", **ETAG}),
    (200, RIGHT_SIZE, {}),
    EMPTY,
    (204, b"", {}),
    (204, b"", ETAG),
    (206, RIGHT_SIZE, {"Content-Range": "bytes 0-99/1000", **ETAG}),
    (200, RIGHT_SIZE, {"Content-Range": "bytes 5-104/1000", **ETAG}),
]


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize("size", SIZES, ids=["small", "large"])
@pytest.mark.parametrize("answer", NOTHING, ids=range(len(NOTHING)))
def test_an_answer_that_proves_nothing_replaces_no_file(
    fetch: Fetch, store: BareStore, tmp_path: Path, answer: Answer, size: int
) -> None:
    store.instead = lambda asked: answer
    result = fetch(size)
    assert result.error is not None
    assert result.error.code == "NoProof"
    assert len(store.asked) >= 3
    assert "log in" in str(result.error)
    assert (tmp_path / "f").read_bytes() == b"old"


def test_a_part_of_an_unsaid_whole_replaces_no_file(
    fetch: Fetch, store: BareStore, tmp_path: Path
) -> None:
    left: list[Answer] = [(206, RIGHT_SIZE, ETAG)]
    store.instead = lambda asked: left.pop() if left else None
    result = fetch(100)
    assert (result.error, result.attempts) == (None, 2)
    assert (tmp_path / "f").read_bytes() == store.body


@pytest.mark.parametrize("range_", ["bytes 7-5242886/6291456", ""])
def test_a_part_that_was_not_asked_for_replaces_no_file(
    fetch: Fetch, store: BareStore, tmp_path: Path, range_: str, settings: Settings
) -> None:
    settings.AWS = store.settings(timeouts={"commands": {"max_attempts": 1}})
    part = (206 if range_ else 200, b"x" * 5 * MIB, {"ETag": '"whole"'})
    if range_:
        part[2]["Content-Range"] = range_
    store.etag = lambda body: "whole"
    store.instead = lambda asked: part if "range" in asked.headers else None
    result = fetch(6 * MIB)
    assert result.error is not None
    assert "Error(" not in str(result.error)
    assert (tmp_path / "f").read_bytes() == b"old"


@pytest.mark.parametrize("give", [None, rotten], ids=["right", "rotten"])
def test_the_listed_md5_stands_in_for_the_etag_of_an_answer(
    fetch: Fetch, store: BareStore, tmp_path: Path, give: Callable[[bytes], bytes] | None
) -> None:
    body = os.urandom(100)
    sent = give(body) if give else body
    store.instead = lambda asked: (200, sent, {})
    result = fetch(100, etag=f'W/"{md5(body).upper()}"')
    if give is None:
        assert result.error is None
        assert (tmp_path / "f").read_bytes() == body
    else:
        assert result.error is not None
        assert (result.error.code, result.attempts) == ("ChecksumMismatch", 2)
        assert (tmp_path / "f").read_bytes() == b"old"


@pytest.mark.parametrize("size", SIZES, ids=["small", "large"])
@pytest.mark.parametrize(
    "headers",
    [
        {"x-amz-checksum-crc32": "AAAAAA=="},
        {"x-amz-checksum-crc64nvme": "AAAAAAAAAAA="},
        {"x-amz-checksum-sha256": "A" * 43 + "="},
        {"x-amz-checksum-crc32c": "AAAAAA==", "x-amz-checksum-type": "FULL_OBJECT"},
    ],
    ids=min,
)
def test_a_checksum_that_contradicts_each_time_is_not_tried_for_ever(
    fetch: Fetch, store: BareStore, tmp_path: Path, size: int, headers: dict[str, str]
) -> None:
    store.told, store.etag = (lambda: headers), (lambda body: "opaque")
    result = fetch(size)
    assert result.error is not None
    assert (result.error.code, result.attempts) == ("ChecksumMismatch", 2)
    assert "twice the same" in str(result.error)
    assert (tmp_path / "f").read_bytes() == b"old"
    assert len(store.asked) == (2 if size < MIB else 6)


def test_bytes_that_are_damaged_otherwise_each_time_are_not_waited_for(
    fetch: Fetch, store: BareStore, tmp_path: Path
) -> None:
    store.give = lambda body: os.urandom(len(body))
    result = fetch(100)
    assert result.error is not None
    assert (result.error.code, result.attempts) == ("ChecksumMismatch", 5)
    assert (tmp_path / "f").read_bytes() == b"old"


@pytest.mark.parametrize("size", SIZES, ids=["small", "large"])
@pytest.mark.parametrize(
    "header, value",
    [
        ("Last-Modified", "yesterday"),
        ("Last-Modified", ""),
        ("Last-Modified", "Thu, 99 Foo 99999 00:00:00 GMT"),
        ("Expires", "never"),
        ("x-amz-missing-meta", "some"),
        ("x-amz-mp-parts-count", "1.5"),
        ("x-amz-object-lock-retain-until-date", "soon"),
        ("x-amz-server-side-encryption-bucket-key-enabled", "1"),
    ],
)
def test_what_a_store_writes_in_its_own_way_is_no_failure(
    fetch: Fetch, store: BareStore, tmp_path: Path, header: str, value: str, size: int
) -> None:
    store.own = {header: value}
    result = fetch(size, etag="older", mtime_ns=10**9)
    assert result.error is None
    assert (tmp_path / "f").read_bytes() == store.body


@pytest.mark.parametrize("spelled", ['W/"{}"', "{}", "'{}'"])
def test_an_etag_that_is_spelled_otherwise_is_no_other_object(
    fetch: Fetch, store: BareStore, tmp_path: Path, spelled: str
) -> None:
    store.etag = lambda body: "ab" * 16
    store.headers = {"x-amz-server-side-encryption": "aws:kms"}
    store.own = {"ETag": spelled.format("AB" * 16)}
    result = fetch(100, etag="ab" * 16, mtime_ns=10**18)
    assert (result.error, result.etag) == (None, "ab" * 16)
    assert (tmp_path / "f").stat().st_mtime_ns == 10**18


def test_a_newer_object_whose_date_is_none_has_the_time_of_its_arrival(
    fetch: Fetch, store: BareStore, tmp_path: Path
) -> None:
    store.own = {"Last-Modified": "yesterday"}
    began = time.time_ns()
    assert fetch(100, etag="older", mtime_ns=10**9).error is None
    assert (tmp_path / "f").stat().st_mtime_ns >= began - 10**9


def test_a_damage_that_comes_late_is_not_the_last_of_many(tmp_path: Path) -> None:
    task = Download(key="a", path=str(tmp_path / "a"), size=1, etag="")
    transfer = Transfer(task, cast(Any, SimpleNamespace(heaviest=1)))
    # The attempts before it failed in other ways.
    transfer.attempts = 7
    for number in range(MOST_DAMAGED - 1):
        with pytest.raises(DamagedError):
            Received(task, transfer).refuse(f"digest {number}")
    with pytest.raises(ServiceError) as last:
        Received(task, transfer).refuse("another")
    assert not isinstance(last.value, DamagedError)
