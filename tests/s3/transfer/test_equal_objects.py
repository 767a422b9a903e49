from __future__ import annotations

import hashlib
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler

import pytest
from pytest_django import Settings

from philo_aws.s3.listing.xml import Object
from philo_aws.s3.request.remote import Remote
from philo_aws.s3.transfer.equal_objects import ObjectCheck, _same_checksum
from philo_aws.s3.transfer.plan import PlanStep, Verdict
from tests.handmade import answered_by

A, B = (hashlib.md5(text, usedforsecurity=False).hexdigest() for text in (b"a", b"b"))
ONE_PART = hashlib.md5(bytes.fromhex(A), usedforsecurity=False).hexdigest() + "-1"
KMS = {"x-amz-server-side-encryption": "aws:kms"}


def step(source: str, target: str, *, older: bool = False) -> PlanStep:
    """A pair of these ETags; ``older`` says that the copy is older than its source."""
    times = ("2026-01-02T00:00:00Z", "2026-01-01T00:00:00Z" if older else "2026-01-02T00:00:00Z")
    one, other = (
        Object("k", 1, etag, time, "STANDARD")
        for etag, time in zip((source, target), times, strict=True)
    )
    return PlanStep(Verdict.CHECK, "k", one, other)


class Store:
    """Answers to HEAD requests, by the bucket."""

    def __init__(self) -> None:
        self.heads: dict[str, dict[str, str]] = {}
        self.asked: list[str] = []
        self.check = ObjectCheck(Remote(bucket="source"), Remote(bucket="target"))

    def tell(self, source: dict[str, str], target: dict[str, str]) -> None:
        self.heads = {"source": source, "target": target}


@pytest.fixture
def store(settings: Settings) -> Iterator[Store]:
    made = Store()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_HEAD(self) -> None:
            bucket = self.path.split("/")[1]
            made.asked.append(bucket)
            self.send_response(200)
            for name, value in ({"Content-Length": "1"} | made.heads[bucket]).items():
                self.send_header(name, value)
            self.end_headers()

        def log_message(self, *args: object) -> None:
            pass

    with answered_by(Handler, settings):
        yield made


def test_etags_that_tell_need_no_request(store: Store) -> None:
    for source, target in ((A, A), ("x-7", "x-7"), (A, ONE_PART), (ONE_PART, A)):
        assert store.check(step(source, target)) == ""
    assert store.asked == []


def test_md5s_of_whole_objects_tell_a_difference_once_it_is_known_that_they_are(
    store: Store,
) -> None:
    store.tell({"ETag": f'"{A}"'}, {"ETag": f'"{B}"'})
    assert store.check(step(A, B)) == "checksum"
    assert store.asked == ["source", "target"]


def test_a_checksum_that_both_have_tells(store: Store) -> None:
    whole = {"x-amz-checksum-type": "FULL_OBJECT", **KMS}
    for value, told in (("AAAAAA==", ""), ("BBBBBB==", "checksum")):
        store.tell(
            {"ETag": f'"{A}"', "x-amz-checksum-crc32": "AAAAAA==", **whole},
            {"ETag": f'"{B}-2"', "x-amz-checksum-crc32": value, **whole},
        )
        # The time would say the other thing.
        assert store.check(step(A, f"{B}-2", older=value == "AAAAAA==")) == told


def test_where_nothing_tells_what_is_not_older_is_the_copy(store: Store) -> None:
    for source, target in ((KMS, KMS), ({}, KMS)):
        store.tell({"ETag": f'"{A}"', **source}, {"ETag": f'"{B}"', **target})
        assert store.check(step(A, B)) == ""
        assert store.check(step(A, B, older=True)) == "checksum"
    store.tell({"ETag": f'"{A}-3"'}, {"ETag": f'"{B}-2"'})
    assert store.check(step(f"{A}-3", f"{B}-2")) == ""
    assert store.check(step(f"{A}-3", f"{B}-2", older=True)) == "checksum"


def test_checksums_of_parts_may_differ_by_how_they_were_cut() -> None:
    def same(one: dict[str, str], other: dict[str, str]) -> bool | None:
        return _same_checksum(one, other)

    crc, sha = "x-amz-checksum-crc32", "x-amz-checksum-sha256"
    composite = {"x-amz-checksum-type": "COMPOSITE"}
    assert same({crc: "a"}, {sha: "a"}) is None
    assert same({crc: "a-2"}, {crc: "a-2"}) is True
    assert same({crc: "a-2"}, {crc: "b-3"}) is None
    assert same({crc: "a"} | composite, {crc: "b"}) is None
    assert same({crc: "a"}, {crc: "b"}) is False
    assert same({crc: "a-2", sha: "c"}, {crc: "b-3", sha: "c"}) is True
