from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from philo_aws.clients import get_client
from philo_aws.exceptions import ConflictError, NotFoundError
from philo_aws.s3.objects import copying, partcopy
from philo_aws.s3.objects.partcopy import PartCopy, abort, advance
from tests.servers import LocalAWS

pytestmark = pytest.mark.aws_servers("ministack")

MIB = 1024**2
BODY = bytes(range(256)) * (11 * MIB // 256)


@pytest.fixture
def begun(aws: LocalAWS, bucket: str, monkeypatch: pytest.MonkeyPatch) -> PartCopy:
    monkeypatch.setattr(partcopy, "PART_SIZE", 5 * MIB)
    aws.client("s3").put_object(
        Bucket=bucket, Key="a", Body=BODY, ContentType="text/css", Metadata={"k": "v"}
    )
    copy = copying.prepare(bucket, "a", bucket, "b", overwrite=False)
    return copying.begin_parts(copy)


@pytest.fixture
def made(aws: LocalAWS, bucket: str) -> Iterator[list[str]]:
    """The requests that were made."""
    names: list[str] = []
    events = get_client("s3").meta.events

    def note(event_name: str, **kwargs: Any) -> None:
        names.append(event_name.rpartition(".")[2])

    events.register("before-send.s3", note)
    yield names
    events.unregister("before-send.s3", note)


def parts_of(aws: LocalAWS, copy: PartCopy) -> list[int]:
    answer = aws.client("s3").list_parts(Bucket=copy.bucket, Key=copy.key, UploadId=copy.upload_id)
    return [part["PartNumber"] for part in answer.get("Parts", ())]


def test_each_step_copies_what_is_missing_and_no_more(
    aws: LocalAWS, begun: PartCopy, made: list[str]
) -> None:
    assert advance(begun, seconds=0).bytes == 5 * MIB
    assert parts_of(aws, begun) == [1]
    progress = advance(begun, seconds=0)
    assert (progress.bytes, progress.answer) == (10 * MIB, None)
    progress = advance(begun)
    assert progress.bytes == len(BODY)
    assert progress.answer
    assert made.count("UploadPartCopy") == 3
    found = aws.client("s3").get_object(Bucket=begun.bucket, Key="b")
    assert found["Body"].read() == BODY
    assert (found["ContentType"], found["Metadata"]) == ("text/css", {"k": "v"})


def test_what_takes_longer_than_the_limit_is_found_by_the_next_step(
    aws: LocalAWS, begun: PartCopy
) -> None:
    go_on = threading.Event()
    events = get_client("s3").meta.events

    def hold(**kwargs: Any) -> None:
        go_on.wait(10)

    events.register("before-send.s3.UploadPartCopy", hold)
    try:
        began = time.monotonic()
        assert advance(begun, seconds=0, limit=0.2).answer is None
        assert time.monotonic() - began < 5
    finally:
        go_on.set()
        events.unregister("before-send.s3.UploadPartCopy", hold)
    assert advance(begun).bytes == len(BODY)
    assert aws.client("s3").get_object(Bucket=begun.bucket, Key="b")["Body"].read() == BODY


def test_a_copy_whose_end_was_not_heard_of_is_done(aws: LocalAWS, begun: PartCopy) -> None:
    advance(begun)
    progress = advance(begun)
    assert (progress.bytes, progress.answer) == (len(BODY), {})


def test_a_copy_that_was_given_up_is_gone(aws: LocalAWS, begun: PartCopy) -> None:
    advance(begun, seconds=0)
    assert abort(begun)
    assert not abort(begun)
    assert "Uploads" not in aws.client("s3").list_multipart_uploads(Bucket=begun.bucket)
    with pytest.raises(NotFoundError, match="completed or aborted"):
        advance(begun)


def test_an_object_that_came_in_the_meantime_is_kept(aws: LocalAWS, begun: PartCopy) -> None:
    aws.client("s3").put_object(Bucket=begun.bucket, Key="b", Body=b"kept")
    with pytest.raises(ConflictError):
        advance(begun)
    assert aws.client("s3").get_object(Bucket=begun.bucket, Key="b")["Body"].read() == b"kept"


def test_another_object_of_the_same_size_is_not_taken_for_the_copy(
    aws: LocalAWS, begun: PartCopy
) -> None:
    advance(begun, seconds=0)
    abort(begun)
    # It was sent as a whole, so it was not made of the parts; a move would delete the source.
    aws.client("s3").put_object(Bucket=begun.bucket, Key="b", Body=bytes(len(BODY)))
    with pytest.raises(NotFoundError, match="completed or aborted"):
        advance(begun)
    assert aws.client("s3").get_object(Bucket=begun.bucket, Key="b")["Body"].read() == bytes(
        len(BODY)
    )
