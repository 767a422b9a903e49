from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from philo_aws import s3
from philo_aws.exceptions import ConflictError, IncompleteError, ObjectNotFoundError, UsageError
from philo_aws.s3.engine import copies as engine_copies
from tests.s3.engine.conftest import FaultProxy
from tests.s3.transfer.test_folders import stored
from tests.servers import LocalAWS

MIB = 1024 * 1024
NASTY = {f"in/{name}": name.encode() for name in ("a", "b c", "ü%+", "d/e", "&?=#", "'<x>&amp;")}


@pytest.fixture
def other(make_bucket: Callable[..., str]) -> str:
    return make_bucket()


@pytest.fixture
def filled(aws: LocalAWS, bucket: str) -> str:
    for key, body in NASTY.items():
        aws.client("s3").put_object(Bucket=bucket, Key=key, Body=body)
    aws.client("s3").put_object(Bucket=bucket, Key="beside", Body=b"x")
    return bucket


def test_a_folder_is_moved(aws: LocalAWS, filled: str, other: str) -> None:
    report = s3.move_dir(filled, other, source_prefix="in", prefix="out")
    assert (report.copied, report.deleted, report.failed) == (6, 6, 0), report.failures
    assert stored(aws, filled) == {"beside": b"x"}
    moved = {key.replace("in/", "out/", 1): body for key, body in NASTY.items()}
    assert stored(aws, other) == moved
    # Within a bucket, and with filters.
    rules = [s3.Rule(keep=False, pattern="d/")]
    assert s3.move_dir(other, other, source_prefix="out", prefix="old", rules=rules).deleted == 5
    assert "out/d/e" in stored(aws, other)
    assert len(stored(aws, other)) == 6


def test_a_dry_run_moves_nothing(aws: LocalAWS, filled: str, other: str) -> None:
    report = s3.move_dir(filled, other, source_prefix="in", dry_run=True)
    assert (report.copied, report.deleted) == (6, 6)
    assert len(stored(aws, filled)) == 7
    assert stored(aws, other) == {}


@pytest.mark.aws_servers("ministack")
def test_a_source_that_changes_meanwhile_stays(aws: LocalAWS, filled: str, other: str) -> None:
    client = aws.client("s3")

    class Changing(s3.Watcher):
        """Changes an object when it was copied, and another one before that."""

        def planned(self, size: int) -> None:
            client.put_object(Bucket=filled, Key="in/d/e", Body=b"before")

        def outcome(self, outcome: s3.Outcome) -> None:
            if outcome.action == "copy" and outcome.key == "a":
                client.put_object(Bucket=filled, Key="in/a", Body=b"after")

    report = s3.move_dir(filled, other, source_prefix="in", watcher=Changing())
    assert (report.copied, report.deleted, report.failed) == (5, 4, 2)
    assert {(f.action, f.key, f.error.code) for f in report.failures if f.error} == {
        ("copy", "d/e", "PreconditionFailed"),
        ("delete", "in/a", "PreconditionFailed"),
    }
    assert stored(aws, filled) == {"beside": b"x", "in/a": b"after", "in/d/e": b"before"}
    assert stored(aws, other)["a"] == b"a"
    # The next move brings what is left.
    report = s3.move_dir(filled, other, source_prefix="in")
    assert (report.copied, report.deleted) == (2, 2)
    assert stored(aws, other)["a"] == b"after"


@pytest.mark.aws_servers("ministack")
def test_what_is_not_copied_is_not_deleted(
    aws: LocalAWS,
    filled: str,
    other: str,
    proxy: FaultProxy,
) -> None:
    denied = {"do": "status", "status": 403, "code": "AccessDenied"}
    proxy.set(
        {"method": "PUT", "path": "/a$"} | denied, {"method": "DELETE", "path": "e$"} | denied
    )
    report = s3.move_dir(filled, other, source_prefix="in")
    assert (report.copied, report.deleted, report.failed) == (5, 4, 2)
    assert stored(aws, filled).keys() == {"beside", "in/a", "in/d/e"}
    with pytest.raises(IncompleteError):
        report.raise_for_failures()


@pytest.mark.aws_servers("ministack")
@pytest.mark.parametrize("fault", ["reset_after", "reset"])
def test_lost_answers_lose_nothing(
    aws: LocalAWS,
    filled: str,
    other: str,
    proxy: FaultProxy,
    fault: str,
) -> None:
    proxy.set({"do": fault, "method": "PUT", "share": 0.5, "times": 6})
    report = s3.move_dir(filled, other, source_prefix="in")
    assert (report.copied, report.deleted, report.failed) == (6, 6, 0)
    assert stored(aws, other) == {key[3:]: body for key, body in NASTY.items()}
    assert stored(aws, filled).keys() == {"beside"}


# -------------------------------------------------------------------------------- one object


def test_an_object_is_moved_with_its_properties(aws: LocalAWS, bucket: str, other: str) -> None:
    client = aws.client("s3")
    client.put_object(
        Bucket=bucket, Key="a b", Body=b"x", ContentType="a/b", Metadata={"k": "v"}, Tagging="t=1"
    )
    answer = s3.move_object(bucket, "a b", other, "ü", extra_args={"CacheControl": "no-store"})
    assert answer["CopyObjectResult"]["ETag"]
    assert stored(aws, bucket) == {}
    head = client.head_object(Bucket=other, Key="ü")
    assert (head["ContentType"], head["CacheControl"]) == ("a/b", "no-store")
    assert head["Metadata"] == {"k": "v"}
    s3.move_object(other, "ü", other, "v")
    assert stored(aws, other) == {"v": b"x"}


def test_what_cannot_be_moved_stays(aws: LocalAWS, bucket: str) -> None:
    client = aws.client("s3")
    for key in ("a", "b"):
        client.put_object(Bucket=bucket, Key=key, Body=key.encode())
    with pytest.raises(UsageError, match="are the same"):
        s3.move_object(bucket, "a", bucket, "a")
    with pytest.raises(ObjectNotFoundError):
        s3.move_object(bucket, "none", bucket, "c")
    with pytest.raises(ConflictError, match="already"):
        s3.move_object(bucket, "a", bucket, "b", overwrite=False)
    assert stored(aws, bucket) == {"a": b"a", "b": b"b"}


@pytest.mark.aws_servers("ministack")
def test_a_source_that_cannot_be_deleted_is_told(
    aws: LocalAWS,
    bucket: str,
    proxy: FaultProxy,
) -> None:
    aws.client("s3").put_object(Bucket=bucket, Key="a", Body=b"x")
    proxy.set({"do": "status", "status": 403, "code": "AccessDenied", "method": "DELETE"})
    with pytest.raises(IncompleteError, match="'b' was made, but its source was not deleted") as e:
        s3.move_object(bucket, "a", bucket, "b")
    assert e.value.code == "AccessDenied"
    assert stored(aws, bucket) == {"a": b"x", "b": b"x"}


@pytest.mark.aws_servers("ministack")
def test_a_large_folder_is_moved_in_parts(
    aws: LocalAWS, bucket: str, other: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine_copies, "WHOLE", MIB)
    body: Any = bytes(2 * MIB)
    aws.client("s3").put_object(Bucket=bucket, Key="k", Body=body)
    report = s3.move_dir(bucket, other)
    assert (report.copied, report.deleted, report.bytes) == (1, 1, 2 * MIB)
    assert stored(aws, other) == {"k": body}
    assert stored(aws, bucket) == {}
