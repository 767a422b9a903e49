"""What is deleted of a move: by one request for many on AWS, which is written by hand here."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any
from xml.etree import ElementTree

import pytest
from pytest_django import Settings

from philo_aws.exceptions import ConflictError
from philo_aws.s3.engine import Copy
from philo_aws.s3.report import Report
from philo_aws.s3.request.remote import Remote
from philo_aws.s3.transfer import moved
from philo_aws.s3.transfer.moved import Sources, delete_as_copied
from philo_aws.s3.transfer.plan import PlanStep, Verdict
from tests.s3.scripted import Answer, Request, Scripted, scripted
from tests.servers import LocalAWS

NAMESPACE = re.compile(r"\{[^}]*\}")


def asked_for(request: Request) -> dict[str, str]:
    """The keys of a DeleteObjects, each with its ETag."""
    root = ElementTree.fromstring(request.body)
    found = {}
    for entry in root:
        fields = {NAMESPACE.sub("", child.tag): child.text or "" for child in entry}
        if "Key" in fields:
            found[fields["Key"]] = fields.get("ETag", "")
    return found


@pytest.fixture
def on_aws(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Any]]:
    """A store that is taken for AWS, which no local server is for conditional deletions."""
    monkeypatch.setattr(moved, "has_own_endpoint", lambda service: False)
    monkeypatch.setattr("philo_aws.s3.delete_requests.has_own_endpoint", lambda service: False)
    contexts = []

    def serve(answer: Callable[[Request], Answer | None]) -> Scripted:
        contexts.append(scripted(settings, answer))
        return contexts[-1].__enter__()

    yield serve
    for context in contexts:
        context.__exit__(None, None, None)


def result(**entries: str) -> Answer:
    """An answer to DeleteObjects: "" for what is deleted, else the code of its error."""
    lines = [
        f"<Error><Key>{key}</Key><Code>{code}</Code><Message>m</Message></Error>"
        if code
        else f"<Deleted><Key>{key}</Key></Deleted>"
        for key, code in entries.items()
    ]
    return 200, f"<DeleteResult>{''.join(lines)}</DeleteResult>"


def test_many_are_deleted_by_one_request_with_their_etags(on_aws: Callable[..., Any]) -> None:
    store = on_aws(lambda request: result(a="", b="PreconditionFailed", c="AccessDenied"))
    answers = delete_as_copied(Remote(bucket="bbb"), {"a": "1", "b": "2", "c": "3"})
    assert [asked_for(request) for request in store.requests] == [
        {"a": '"1"', "b": '"2"', "c": '"3"'}
    ]
    assert answers["a"] is None
    assert isinstance(answers["b"], ConflictError)
    assert "changed after it was copied" in str(answers["b"])
    assert answers["c"] is not None
    assert answers["c"].code == "AccessDenied"


def test_what_is_not_told_is_deleted_alone_and_bound(on_aws: Callable[..., Any]) -> None:
    store = on_aws(
        lambda request: result(a="", b="SlowDown") if request.method == "POST" else (204, "")
    )
    answers = delete_as_copied(Remote(bucket="bbb"), {"a": "1", "b": "2", "c": "3"})
    assert answers == {"a": None, "b": None, "c": None}
    alone = {(r.method, r.key, r.headers.get("if-match")) for r in store.requests[1:]}
    assert alone == {("DELETE", "b", '"2"'), ("DELETE", "c", '"3"')}


def test_what_xml_does_not_carry_goes_alone(on_aws: Callable[..., Any]) -> None:
    store = on_aws(
        lambda request: (
            result(**dict.fromkeys(asked_for(request), ""))
            if request.method == "POST"
            else (204, "")
        )
    )
    keys = ("a", "b c", "line\nbreak", " blank", "\x01", "ü")
    assert set(delete_as_copied(Remote(bucket="bbb"), dict.fromkeys(keys, "1")).values()) == {None}
    assert asked_for(store.requests[0]).keys() == {"a", "b c", "ü"}
    alone = {request.key for request in store.requests[1:]}
    assert alone == {"line\nbreak", " blank", "\x01"}


def test_a_store_that_knows_no_etags_there_is_asked_one_by_one(
    on_aws: Callable[..., Any],
) -> None:
    malformed = (400, "<Error><Code>MalformedXML</Code><Message>m</Message></Error>")
    store = on_aws(lambda request: malformed if request.method == "POST" else (204, ""))
    assert delete_as_copied(Remote(bucket="bbb"), {"a": "1", "b": "2"}) == {"a": None, "b": None}
    assert [request.method for request in store.requests] == ["POST", "DELETE", "DELETE"]


def test_a_request_that_is_refused_deletes_none(on_aws: Callable[..., Any]) -> None:
    store = on_aws(lambda request: (403, "<Error><Code>AccessDenied</Code></Error>"))
    answers = delete_as_copied(Remote(bucket="bbb"), {"a": "1", "b": "2"})
    assert {error.code for error in answers.values() if error} == {"AccessDenied"}
    assert len(store.requests) == 1


def test_what_has_no_etag_stays(on_aws: Callable[..., Any]) -> None:
    store = on_aws(lambda request: (204, ""))
    answers = delete_as_copied(Remote(bucket="bbb"), {"a": ""})
    assert answers["a"] is not None
    assert answers["a"].code == "NoETag"
    assert store.requests == []


def test_one_that_was_changed_stays(aws: LocalAWS, bucket: str) -> None:
    client = aws.client("s3")
    etags = {}
    for key in ("a", "b", "c"):
        etags[key] = client.put_object(Bucket=bucket, Key=key, Body=b"1")["ETag"].strip('"')
    client.put_object(Bucket=bucket, Key="b", Body=b"2")
    client.delete_object(Bucket=bucket, Key="c")
    answers = delete_as_copied(Remote(bucket=bucket), etags)
    assert answers["a"] is None
    assert answers["c"] is None
    assert isinstance(answers["b"], ConflictError)
    assert [found["Key"] for found in client.list_objects_v2(Bucket=bucket)["Contents"]] == ["b"]


def test_the_deletions_come_in_batches_and_hold_the_copies_back(
    on_aws: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(moved, "BATCH", 10)
    monkeypatch.setattr(moved, "WAITING", 40)
    store = on_aws(lambda request: result(**dict.fromkeys(asked_for(request), "")))
    report = Report()
    waiting = []
    with Sources(Remote(bucket="bbb"), report) as sources:
        steps = [PlanStep(Verdict.MOVE, f"k{number:03}") for number in range(205)]
        for step in sources.in_step(iter(steps)):
            waiting.append(report.planned - report.deleted)
            sources.copied(
                Copy(key="x", source_bucket="bbb", source_key=step.key, size=1, etag="e")
            )
        sources.finish()
    assert (report.planned, report.deleted) == (205, 205)
    assert max(waiting) <= 41
    assert sorted(len(asked_for(request)) for request in store.requests) == [5, *[10] * 20]


def test_what_nobody_foresaw_is_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    # A fault of the package itself, which nothing real produces.
    def broken(remote: Remote, batch: Any) -> Any:
        raise ValueError("broken")

    monkeypatch.setattr(moved, "delete_as_copied", broken)
    with Sources(Remote(bucket="bbb"), Report()) as sources:
        sources.copied(Copy(key="x", source_bucket="bbb", source_key="k", size=1, etag="e"))
        with pytest.raises(ValueError, match="broken"):
            sources.finish()
