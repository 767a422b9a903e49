from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as checked
from hypothesis import strategies as st
from pytest_django import Settings

from philo_aws import s3
from philo_aws.exceptions import ConflictError, ObjectNotFoundError, UsageError
from philo_aws.limits import MIB
from philo_aws.s3.objects import lines as module
from tests.s3.engine.bare import bare_store
from tests.s3.objects.test_reading import asked
from tests.servers import LocalAWS

KIB = 1024


def put(aws: LocalAWS, bucket: str, content: bytes) -> None:
    aws.client("s3").put_object(Bucket=bucket, Key="k", Body=content)


def head(bucket: str, lines: int, **more: Any) -> bytes:
    return b"".join(s3.head_lines(bucket, "k", lines=lines, **more))


def tail(bucket: str, lines: int, **more: Any) -> bytes:
    return b"".join(s3.tail_lines(bucket, "k", lines=lines, **more))


CONTENTS = [b"", b"\n", b"a", b"a\n", b"a\nb", b"a\nb\n", b"\n\n\n", b"a\r\nb\r\nc", b"\0\n\xff\n"]


def test_small_ones(aws: LocalAWS, bucket: str) -> None:
    for content in CONTENTS:
        put(aws, bucket, content)
        every = content.splitlines(keepends=True)
        for lines in (1, 2, 3, 10):
            assert head(bucket, lines) == b"".join(every[:lines]), content
            assert tail(bucket, lines) == b"".join(every[-lines:]), content


def test_no_more_is_read_than_they_take(aws: LocalAWS, bucket: str) -> None:
    line = b"x" * 99 + b"\n"
    put(aws, bucket, line * (5 * MIB // 100))
    size = 5 * MIB // 100 * 100
    with asked() as requests:
        assert head(bucket, 10) == line * 10
        assert tail(bucket, 10) == line * 10
    assert requests == [f"bytes=0-{64 * KIB - 1}", f"bytes=-{64 * KIB}"]
    with asked() as requests:
        assert head(bucket, 2000) == line * 2000
        assert tail(bucket, 2000) == line * 2000
    assert requests == [
        f"bytes=0-{64 * KIB - 1}",
        f"bytes={64 * KIB}-{320 * KIB - 1}",
        f"bytes=-{64 * KIB}",
        f"bytes={size - 320 * KIB}-{size - 64 * KIB - 1}",
    ]


def test_lines_that_are_longer_than_what_is_held(
    ministack: LocalAWS, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "HELD", MIB)
    first, second = (
        b"1" * (MIB + 5) + b"\n",
        random.Random(1).randbytes(4 * MIB).replace(b"\n", b""),
    )
    put(ministack, bucket, first + second)
    assert tail(bucket, 1) == second
    assert tail(bucket, 2) == first + second
    assert tail(bucket, 9) == first + second
    assert head(bucket, 1) == first
    assert head(bucket, 9) == first + second
    assert max(map(len, s3.tail_lines(bucket, "k", lines=2))) <= MIB
    assert max(map(len, s3.head_lines(bucket, "k", lines=2))) <= MIB


@checked(
    deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    pieces=st.lists(st.sampled_from([b"\n", b"a", b"b" * 40, b"c" * 200, b"\n\n"]), max_size=60),
    lines=st.integers(1, 12),
)
def test_any_object(ministack: LocalAWS, bucket: str, pieces: list[bytes], lines: int) -> None:
    content = b"".join(pieces)
    put(ministack, bucket, content)
    every = content.splitlines(keepends=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "FIRST", 16)
        patch.setattr(module, "MOST_AHEAD", 128)
        patch.setattr(module, "HELD", 300)
        assert head(bucket, lines) == b"".join(every[:lines])
        assert tail(bucket, lines) == b"".join(every[-lines:])


def test_a_version(ministack: LocalAWS, bucket: str) -> None:
    client: Any = ministack.client("s3")
    client.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    old = client.put_object(Bucket=bucket, Key="k", Body=b"1\n2\n")["VersionId"]
    put(ministack, bucket, b"new")
    assert head(bucket, 1, version_id=old) == b"1\n"
    assert tail(bucket, 1, version_id=old) == b"2\n"


def test_what_is_not_there_and_what_cannot_be(aws: LocalAWS, bucket: str) -> None:
    for function in (head, tail):
        with pytest.raises(ObjectNotFoundError):
            function(bucket, 1)
    # Before anything is asked for.
    with pytest.raises(UsageError, match="lines"):
        s3.head_lines(bucket, "k", lines=0)
    with pytest.raises(UsageError):
        s3.tail_lines(bucket, "", lines=1)


def test_one_that_is_replaced_meanwhile(aws: LocalAWS, bucket: str) -> None:
    put(aws, bucket, b"x" * 3 * MIB)
    found = s3.head_lines(bucket, "k", lines=1)
    next(found)
    put(aws, bucket, b"y" * 3 * MIB)
    with pytest.raises(ConflictError, match="was replaced while it was read"):
        list(found)


def test_the_same_of_a_store_that_looks_at_no_conditions(settings: Settings) -> None:
    with bare_store() as store:
        store.body = b"x" * 3 * MIB
        etags = iter("abc")
        store.etag = lambda body: next(etags)
        settings.AWS = store.settings()
        with pytest.raises(ConflictError, match="was replaced while it was read"):
            head("bucket", 1)
