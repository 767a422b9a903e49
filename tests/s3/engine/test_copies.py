"""Copies by both engines: what they ask for, what proves them, and those in parts."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest
from pytest_django import Settings

from philo_aws.conf import TransferConfig
from philo_aws.exceptions import AWSError, Kind, ServiceError
from philo_aws.s3.engine import INTERRUPTED, Copy, Options, Result, create
from philo_aws.s3.engine import copies as engine_copies
from philo_aws.s3.engine.copies import etag_of, explained, is_error, source_headers
from philo_aws.s3.engine.failure import Failure
from tests.s3.scripted import Answer, Request, scripted
from tests.servers import LocalAWS

from .conftest import FaultProxy, Move, RunOutcome, objects, options_for

MIB = 1024 * 1024
DONE = (
    b'<?xml version="1.0" encoding="UTF-8"?>\n'
    b'<CopyObjectResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
    b"<LastModified>2026-01-01T00:00:00Z</LastModified><ETag>&quot;abc&quot;</ETag>"
    b"</CopyObjectResult>"
)
NASTY = ("a b", "ü/é.txt", "100%+1", "?&=#;", "//x", "..", "'quote\"", "a\\b", "~._-", "日本")
FAULTS: dict[str, dict[str, Any]] = {
    "500": {"do": "status", "status": 500, "code": "InternalError"},
    "503": {"do": "status", "status": 503, "code": "SlowDown"},
    "200 InternalError": {"do": "status", "status": 200, "code": "InternalError"},
    "200 SlowDown": {"do": "status", "status": 200, "code": "SlowDown"},
    "reset": {"do": "reset"},
    "lost answer": {"do": "reset_after"},
    "cut answer": {"do": "truncate"},
}


def task(key: str, bucket: str = "b", **options: Any) -> Copy:
    return Copy(key=f"to/{key}", source_bucket=bucket, source_key=key, **{"size": 1} | options)


def tasks_of(aws: LocalAWS, bucket: str, prefix: str = "") -> Iterator[Copy]:
    pages = aws.client("s3").get_paginator("list_objects_v2")
    for page in pages.paginate(Bucket=bucket, Prefix=prefix):
        for found in page.get("Contents", []):
            etag = found["ETag"].strip('"')
            yield task(found["Key"], bucket, size=found["Size"], etag=etag)


def test_keys_of_any_characters_are_copied(
    move: Move, aws: LocalAWS, bucket: str, make_bucket: Callable[..., str]
) -> None:
    source = make_bucket()
    keys = [key for key in NASTY if aws.name == "ministack" or key not in ("..", "//x")]
    for key in keys:
        aws.client("s3").put_object(Bucket=source, Key=key, Body=key.encode())
    outcome = move(tasks_of(aws, source))
    assert outcome.errors == {}
    assert outcome.moved == sum(len(key.encode()) for key in keys)
    assert objects(aws, bucket) == {f"to/{key}": key.encode() for key in keys}
    assert all(result.etag for result in outcome.results)
    if aws.name == "ministack":  # the other one tells none
        assert all(result.request_id for result in outcome.results)


def test_a_version_is_copied(move: Move, aws: LocalAWS, bucket: str) -> None:
    s3 = aws.client("s3")
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    old = s3.put_object(Bucket=bucket, Key="k", Body=b"old")
    s3.put_object(Bucket=bucket, Key="k", Body=b"new")
    version = task("k", bucket, version_id=old["VersionId"], etag=old["ETag"].strip('"'))
    assert move([version]).errors == {}
    assert s3.get_object(Bucket=bucket, Key="to/k")["Body"].read() == b"old"


def test_what_is_asked_for_is_encoded_as_botocore_does() -> None:
    from botocore.handlers import handle_copy_source_param

    for bucket in ("b", "arn:aws:s3:eu-west-1:123456789012:accesspoint/mine"):
        for key in NASTY:
            for version in ("", "v.1_-"):
                source = {"Bucket": bucket, "Key": key} | (
                    {"VersionId": version} if version else {}
                )
                params: dict[str, Any] = {"CopySource": source}
                handle_copy_source_param(params)
                made = source_headers(task(key, bucket, version_id=version))
                assert made == [("x-amz-copy-source", params["CopySource"])]
    assert source_headers(task("k", etag="e"))[1] == ("x-amz-copy-source-if-match", '"e"')


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>log in</html>", b"<CopyObjectResult/>", DONE.replace(b"&quot;abc&quot;", b"")],
)
def test_an_answer_without_an_etag_proves_nothing(body: bytes) -> None:
    with pytest.raises(ServiceError, match="does not say that it was done"):
        etag_of(task("k"), body, {})
    assert etag_of(task("k"), DONE, {}) == "abc"
    with pytest.raises(ServiceError):
        etag_of(task("k"), DONE, {"content-type": "text/html"})


def test_an_error_is_known_whatever_stands_before_it() -> None:
    assert is_error(b' \n<?xml version="1.0"?>\n<Error><Code>x</Code></Error>')
    assert is_error(b"<Error xmlns='x'/>")
    assert not is_error(DONE)


def test_what_is_wrong_with_the_source_names_it() -> None:
    def said(code: str) -> str:
        failure = Failure(kind=Kind.PERMANENT, error=AWSError("?", code=code))
        return str(explained(failure, task("from", "source")).error)

    for code in ("NoSuchKey", "InvalidObjectState", "PreconditionFailed", "412"):
        assert "'from'" in said(code)
        assert "'source'" in said(code)
    assert said("Other") == "?"


@pytest.fixture
def store(settings: Settings) -> Callable[..., RunOutcome]:
    """Run copies to a store that answers as it is told to."""

    def run(
        engine: str, answer: Callable[[Request], Answer | None], tasks: Iterable[Copy], **aws: Any
    ) -> RunOutcome:
        outcome = RunOutcome()
        with scripted(settings, answer, **aws) as told:
            create(options_for(engine, "target")).run(tasks, on_result=outcome.results.append)
            outcome.moved = len(told.requests)
        return outcome

    return run


def test_blanks_may_come_before_the_answer(engine_name: str, store: Any) -> None:
    """AWS sends them while it copies."""
    declaration, _, rest = DONE.partition(b"\n")
    body = declaration + b" \n" * 100_000 + rest
    outcome = store(engine_name, lambda request: (200, body), [task("k")])
    assert outcome.errors == {}
    assert outcome.results[0].etag == "abc"


@pytest.mark.parametrize("body", [b"<html>log in</html>", b"", b"<CopyPartResult/>"])
def test_an_answer_that_proves_nothing_is_a_failure(
    engine_name: str, store: Any, body: bytes
) -> None:
    once = {"timeouts": {"commands": {"max_attempts": 2}}}
    outcome = store(engine_name, lambda request: (200, body), [task("k")], **once)
    assert list(outcome.errors.values()) == ["NoProof"]
    assert outcome.moved >= 2


def test_an_error_for_good_is_not_tried_again(engine_name: str, store: Any) -> None:
    body = b"<Error><Code>AccessDenied</Code><Message>no</Message></Error>"
    outcome = store(engine_name, lambda request: (200, body), [task("k", "source")])
    assert outcome.errors == {"to/k": "AccessDenied"}
    assert "also needs to read 'k' in bucket 'source'" in str(outcome.of("to/k").error)
    assert outcome.results[0].attempts == 1


def test_a_bucket_in_another_region_is_turned_to(engine_name: str, store: Any) -> None:
    moved = (
        301,
        "<Error><Code>PermanentRedirect</Code><Message>m</Message><Region>eu-west-3</Region>"
        "<Endpoint>e</Endpoint></Error>",
    )

    def answer(request: Request) -> Answer:
        there = "/eu-west-3/s3/" in request.headers["authorization"]
        return (200, DONE) if there else moved

    outcome = store(engine_name, answer, [task(f"k{number}") for number in range(20)])
    assert outcome.errors == {}
    assert len(outcome.done) == 20


@pytest.mark.aws_servers("ministack")
@pytest.mark.parametrize("kind", FAULTS)
def test_copies_arrive_on_bad_days(
    kind: str, move: Move, proxy: FaultProxy, aws: LocalAWS, bucket: str
) -> None:
    s3 = aws.client("s3")
    for number in range(40):
        s3.put_object(Bucket=bucket, Key=f"f{number:02}", Body=b"%d" % number)
    tasks = list(tasks_of(aws, bucket))
    proxy.set({"share": 0.3, "method": "PUT", "times": 20} | FAULTS[kind])
    outcome = move(tasks)
    assert outcome.errors == {}
    assert proxy.report()["done"][0]
    assert {key: body for key, body in objects(aws, bucket).items() if key.startswith("to/")} == {
        f"to/f{number:02}": b"%d" % number for number in range(40)
    }


@pytest.mark.aws_servers("ministack")
def test_an_object_that_changed_is_not_copied(move: Move, aws: LocalAWS, bucket: str) -> None:
    s3 = aws.client("s3")
    for key in ("changed", "gone", "same"):
        s3.put_object(Bucket=bucket, Key=key, Body=b"1")
    tasks = list(tasks_of(aws, bucket))
    s3.put_object(Bucket=bucket, Key="changed", Body=b"2")
    s3.delete_object(Bucket=bucket, Key="gone")
    outcome = move(tasks)
    assert outcome.errors == {"to/changed": "PreconditionFailed", "to/gone": "NoSuchKey"}
    assert "'changed'" in str(outcome.of("to/changed").error)
    assert outcome.done == {"to/same"}


@pytest.mark.parametrize("engine", ["crt", "classic"])
def test_what_the_store_is_to_compute_goes_with_a_copy(
    engine: str, aws: LocalAWS, bucket: str
) -> None:
    s3 = aws.client("s3")
    s3.put_object(Bucket=bucket, Key="k", Body=b"x", ContentType="text/plain")
    given = {"ACL": "private", "ContentType": "text/css"}
    headers = {"x-amz-metadata-directive": "REPLACE", "X-Amz-Meta-A": "b", "Content-Type": "a/b"}
    results: list[Result] = []
    create(options_for(engine, bucket, extra_args=given)).run(
        [task("k", bucket, headers=headers)], on_result=results.append
    )
    assert results[0].error is None
    head = s3.head_object(Bucket=bucket, Key="to/k")
    assert (head["ContentType"], head["Metadata"]) == ("a/b", {"a": "b"})


# ------------------------------------------------------------------------------- in parts


class Copier:
    """Makes "copies" in parts, as it is told to."""

    def __init__(self, failures: int = 0) -> None:
        self.failures = failures
        self.begun = threading.Event()
        self.given_up: list[str] = []

    def __call__(
        self, task: Copy, *, moved: Callable[[int], None], check: Callable[[], None]
    ) -> str:
        self.begun.set()
        moved(task.size // 2)
        if self.failures:
            self.failures -= 1
            raise ServiceError("away", kind=Kind.TRANSIENT)
        if task.key == "to/endless":
            try:
                while True:
                    check()
                    threading.Event().wait(0.01)
            except AWSError:
                self.given_up.append(task.key)
                raise
        moved(task.size - task.size // 2)
        return "etag-2"


def in_parts(engine: str, bucket: str, copier: Any) -> Options:
    return Options(bucket=bucket, tuning=TransferConfig(engine=engine), part_copier=copier)


def test_what_is_large_goes_in_parts_and_is_tried_again(
    engine_name: str, ministack: LocalAWS, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine_copies, "WHOLE", 10)
    ministack.client("s3").put_object(Bucket=bucket, Key="small", Body=b"x" * 10)
    results: list[Result] = []
    moved: list[int] = []
    tasks = [task("large", bucket, size=11), task("small", bucket, size=10)]
    create(in_parts(engine_name, bucket, Copier(failures=1))).run(
        tasks, on_result=results.append, on_bytes=moved.append
    )
    found = {result.task.key: result for result in results}
    assert [result.error for result in results] == [None, None]
    assert (found["to/large"].etag, found["to/large"].attempts) == ("etag-2", 2)
    assert found["to/small"].attempts == 1
    assert sum(moved) == 21
    assert min(moved) < 0


def test_a_copy_in_parts_is_given_up_on_an_interrupt(
    engine_name: str, ministack: LocalAWS, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine_copies, "WHOLE", 10)
    copier = Copier()

    def press() -> None:
        copier.begun.wait(30)
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)

    thread = threading.Thread(target=press)
    thread.start()
    results: list[Result] = []
    with pytest.raises(KeyboardInterrupt):
        create(in_parts(engine_name, bucket, copier)).run(
            [task("endless", bucket, size=11)], on_result=results.append
        )
    thread.join()
    assert [result.error.code for result in results if result.error] == [INTERRUPTED]
    assert copier.given_up == ["to/endless"]


@pytest.mark.parametrize("engine", ["crt", "classic"])
def test_a_store_that_verifies_signatures_takes_copies(engine: str, signed_aws: LocalAWS) -> None:
    source, target = signed_aws.make_bucket(), signed_aws.make_bucket()
    for key in NASTY:
        signed_aws.client("s3").put_object(Bucket=source, Key=key, Body=key.encode())
    results: list[Result] = []
    create(options_for(engine, target)).run(tasks_of(signed_aws, source), on_result=results.append)
    assert [str(result.error) for result in results if result.error] == []
    assert objects(signed_aws, target) == {f"to/{key}": key.encode() for key in NASTY}
