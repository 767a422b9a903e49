"""The one deleter, against a store whose answers are written here and against local servers."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from pytest_django import Settings

from philo_aws.exceptions import (
    AccessDeniedError,
    BucketNotFoundError,
    ConflictError,
    CredentialsError,
    ServiceError,
    ThrottledError,
    UsageError,
)
from philo_aws.s3 import delete_requests
from philo_aws.s3.delete_requests import Doomed, delete_keys
from philo_aws.s3.request.remote import Remote
from tests.s3.scripted import ONCE, Answer, Request, scripted
from tests.servers import LocalAWS

TWICE = {"timeouts": {"commands": {"max_attempts": 2}}}


def asked_for(request: Request) -> list[str]:
    """The keys of a request of DeleteObjects."""
    return [unescape(key) for key in re.findall(r"<Key>([^<]*)</Key>", request.body.decode())]


def deleted(*keys: str, more: str = "") -> str:
    """The answer of DeleteObjects for these keys."""
    told = "".join(f"<Deleted><Key>{key}</Key></Deleted>" for key in keys)
    return f"<DeleteResult>{told}{more}</DeleteResult>"


def refused(key: str, code: str, message: str = "m") -> str:
    """What the same says of a key that stays."""
    return f"<Error><Key>{key}</Key><Code>{code}</Code><Message>{message}</Message></Error>"


def script(*answers: Answer) -> Callable[[Request], Answer]:
    """Return what gives these answers to POST one after the other, and takes every DELETE."""
    left = list(answers)

    def answer(request: Request) -> Answer:
        return left.pop(0) if request.method == "POST" else (204, "")

    return answer


def test_a_key_is_gone_when_the_answer_names_it(settings: Settings) -> None:
    with scripted(settings, script((200, deleted("a", "b"))), **ONCE) as store:
        assert delete_keys("bucket", ["a", "b", "a"]) == {}
        assert [asked_for(request) for request in store.requests] == [["a", "b"]]


def test_the_errors_of_single_keys_are_read(settings: Settings) -> None:
    answer = deleted("a", more=refused("b", "AccessDenied"))
    with scripted(settings, script((200, answer)), **ONCE):
        errors = delete_keys("bucket", ["a", "b"])
    assert list(errors) == ["b"]
    assert isinstance(errors["b"], AccessDeniedError)
    assert "'b'" in str(errors["b"])


def test_what_was_not_there_is_deleted(settings: Settings) -> None:
    answer = deleted("a", more=refused("b", "NoSuchKey"))
    with scripted(settings, script((200, answer)), **ONCE):
        assert delete_keys("bucket", ["a", "b"]) == {}


def test_an_error_counts_more_than_the_word_that_it_is_gone(settings: Settings) -> None:
    answer = deleted("a", more=refused("a", "AccessDenied") + refused("a", "NoSuchKey"))
    with scripted(settings, script((200, answer)), **ONCE):
        assert list(delete_keys("bucket", ["a"])) == ["a"]


@pytest.mark.parametrize(
    "answer",
    [
        deleted(),
        deleted("A"),
        deleted("x", more=refused("y", "AccessDenied")),
        deleted(more="<Error><Code>AccessDenied</Code></Error>"),
        deleted(more="<Deleted></Deleted>"),
        "<DeleteResult/>",
    ],
)
def test_what_the_answer_leaves_out_gets_a_request_of_its_own(
    settings: Settings, answer: str
) -> None:
    with scripted(settings, script((200, answer)), **ONCE) as store:
        assert delete_keys("bucket", ["a"]) == {}
        assert [(request.method, request.key) for request in store.requests[1:]] == [
            ("DELETE", "a")
        ]


def test_no_word_on_a_key_is_no_success(settings: Settings) -> None:
    def answer(request: Request) -> Answer:
        return 200, deleted() if request.method == "POST" else "<html>log in</html>"

    with scripted(settings, answer, **ONCE), pytest.raises(ServiceError) as caught:
        delete_keys("bucket", ["a", "b"])
    assert caught.value.code == "NoProof"


@pytest.mark.parametrize("body", ["<html>log in</html>", "", "<DeleteResult><Deleted><Key>a"])
def test_what_is_no_answer_deletes_nothing(settings: Settings, body: str) -> None:
    with scripted(settings, lambda request: (200, body), **ONCE) as store:
        with pytest.raises(ServiceError) as caught:
            delete_keys("bucket", ["a", "b"])
        assert {request.method for request in store.requests} == {"POST"}
    assert caught.value.code == "NoProof"


def test_keys_that_failed_by_the_stores_fault_are_tried_again(settings: Settings) -> None:
    answers = [
        deleted("a", more=refused("b", "InternalError") + refused("c", "AccessDenied")),
        deleted(more=refused("b", "SlowDown")),
        deleted("b"),
    ]
    with scripted(settings, script(*((200, answer) for answer in answers))) as store:
        assert list(delete_keys("bucket", ["a", "b", "c"])) == ["c"]
        assert [asked_for(request) for request in store.requests] == [["a", "b", "c"], ["b"], ["b"]]


def test_attempts_are_counted_where_they_are_given(settings: Settings) -> None:
    busy = (200, deleted(more=refused("a", "InternalError")))
    with scripted(settings, lambda request: busy, **TWICE) as store:
        errors = delete_keys("bucket", ["a"])
        assert len(store.requests) == 2
    assert errors["a"].code == "InternalError"


@pytest.mark.parametrize("key", ["lf\n", "cr\r", "tab\t", "\x01", " lead", "trail ", "\x85"])
def test_what_xml_does_not_carry_goes_alone(settings: Settings, key: str) -> None:
    with scripted(settings, script(), **ONCE) as store:
        assert delete_keys("bucket", [key]) == {}
        assert [(request.method, request.key) for request in store.requests] == [("DELETE", key)]


@pytest.mark.parametrize(
    ("status", "body", "gone"),
    [
        (204, "", True),
        (200, "", True),
        (404, "<Error><Code>NoSuchKey</Code></Error>", True),
        (404, "", False),
        (404, "<html>not found</html>", False),
        (200, "<html>log in</html>", False),
        (403, "<Error><Code>AccessDenied</Code></Error>", False),
    ],
)
def test_what_proves_a_deletion(settings: Settings, status: int, body: str, gone: bool) -> None:
    def answer(request: Request) -> Answer:
        return (200, deleted("a")) if request.method == "POST" else (status, body)

    with scripted(settings, answer, **ONCE):
        errors = delete_keys("bucket", ["a", "lf\n"])
    assert list(errors) == ([] if gone else ["lf\n"])
    if status == 404 and not gone:
        assert "may be there still" in str(errors["lf\n"])


@pytest.mark.parametrize("etags", [None, {"a": "e"}])
@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (503, "SlowDown", ThrottledError),
        (404, "NoSuchBucket", BucketNotFoundError),
        (403, "InvalidAccessKeyId", CredentialsError),
    ],
)
def test_when_nothing_was_deleted_the_error_is_raised(
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    status: int,
    code: str,
    kind: type[Exception],
    etags: dict[str, str] | None,
) -> None:
    monkeypatch.setattr(delete_requests, "has_own_endpoint", lambda service: False)  # see below
    body = f"<Error><Code>{code}</Code></Error>"
    with (
        scripted(settings, lambda request: (status, body), **ONCE),
        pytest.raises(kind),
    ):
        delete_keys("bucket", ["a"], etags=etags)


def test_what_was_deleted_before_an_error_is_not_lost(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delete_requests, "BATCH", 2)
    answers = [(200, deleted("a", "b")), *itertools.repeat((503, ""), 2)]
    with scripted(settings, script(*answers), **ONCE):
        errors = delete_keys("bucket", ["a", "b", "c", "d", "e"])
    assert list(errors) == ["c", "d", "e"]


def test_a_denied_request_is_raised_unless_something_was_deleted(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    denied = (403, "<Error><Code>AccessDenied</Code></Error>")
    with scripted(settings, lambda request: denied, **ONCE):
        with pytest.raises(AccessDeniedError):
            delete_keys("bucket", ["a", "b"])
        # What stands for a key alone is told of it.
        assert list(delete_keys("bucket", ["lf\n"], etags={})) == ["lf\n"]
    monkeypatch.setattr(delete_requests, "BATCH", 1)
    with scripted(settings, script((200, deleted("a")), denied), **ONCE):
        errors = delete_keys("bucket", ["a", "b"])
    assert list(errors) == ["b"]
    assert isinstance(errors["b"], AccessDeniedError)


@pytest.mark.parametrize("keys", ["report.pdf", b"a", {"a": 1}, ["a", 2]])
def test_keys_are_a_list_of_texts(settings: Settings, keys: Any) -> None:
    with pytest.raises(UsageError, match="keys"):
        delete_keys("bucket", keys)


# ----------------------------------------------------------------------- bound to an ETag


def test_what_was_changed_meanwhile_stays(aws: LocalAWS, bucket: str) -> None:
    client = aws.client("s3")
    etags = {}
    for key in ("same", "other", "lf\n" if aws.name != "moto" else "x"):
        etags[key] = client.put_object(Bucket=bucket, Key=key, Body=b"1")["ETag"]
    client.put_object(Bucket=bucket, Key="other", Body=b"2")
    client.put_object(Bucket=bucket, Key="free", Body=b"3")
    errors = delete_keys(bucket, [*etags, "free", "never-there"], etags=etags)
    assert list(errors) == ["other"]
    assert isinstance(errors["other"], ConflictError)
    assert errors["other"].code == "PreconditionFailed"
    left = client.list_objects_v2(Bucket=bucket)["Contents"]
    assert [item["Key"] for item in left] == ["other"]


@pytest.mark.parametrize("told", ['"ABC"', "abc", 'W/"abc"'])
def test_an_etag_in_another_spelling_is_the_same(settings: Settings, told: str) -> None:
    md5 = "0123456789abcdef" * 2
    told = told.replace("ABC", md5.upper()).replace("abc", md5)

    def answer(request: Request) -> Answer:
        return (200, told) if request.method == "HEAD" else (204, "")

    with scripted(settings, answer, **ONCE) as store:
        assert delete_keys("bucket", ["a"], etags={"a": md5}) == {}
        assert store.requests[-1].headers["if-match"] == f'"{md5}"'


def test_aws_compares_by_itself(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    # No server here is AWS: only that nothing is looked at before is to be seen.
    monkeypatch.setattr(delete_requests, "has_own_endpoint", lambda service: False)
    changed = (412, "<Error><Code>PreconditionFailed</Code></Error>")
    with scripted(settings, lambda request: changed, **ONCE) as store:
        errors = delete_keys("bucket", ["a"], etags={"a": '"e"'})
        assert [request.method for request in store.requests] == ["DELETE"]
        assert store.requests[0].headers["if-match"] == '"e"'
    assert isinstance(errors["a"], ConflictError)


@pytest.mark.parametrize("status", [501, 400])
def test_a_store_without_conditions_is_asked_without(settings: Settings, status: int) -> None:
    def answer(request: Request) -> Answer:
        if request.method == "HEAD":
            return 200, '"e"'
        if "if-match" in request.headers:
            return status, "<Error><Code>NotImplemented</Code></Error>"
        return 204, ""

    with scripted(settings, answer, **ONCE) as store:
        assert delete_keys("bucket", ["a"], etags={"a": "e"}) == {}
        assert [request.method for request in store.requests] == [
            "HEAD",
            "DELETE",
            "HEAD",
            "DELETE",
        ]
        assert "a" in delete_keys("bucket", ["a"], etags={"a": "f"})
        assert store.requests[-1].method == "HEAD"


def test_a_store_that_knows_no_conditions_does_not_delete_what_was_changed(
    settings: Settings,
) -> None:
    def answer(request: Request) -> Answer:
        return (200, '"new"') if request.method == "HEAD" else (204, "")

    with scripted(settings, answer, **ONCE) as store:
        errors = delete_keys("bucket", ["a"], etags={"a": '"old"'})
        assert {request.method for request in store.requests} == {"HEAD"}
    assert "changed meanwhile" in str(errors["a"])


def test_what_cannot_be_looked_at_is_left_to_the_deletion(settings: Settings) -> None:
    """To HEAD no store says what is not there."""

    def answer(request: Request) -> Answer:
        if request.method == "HEAD":
            return 404, ""
        return 404, "<Error><Code>NoSuchBucket</Code></Error>"

    with scripted(settings, answer, **ONCE), pytest.raises(BucketNotFoundError):
        delete_keys("bucket", ["a"], etags={"a": '"old"'})


# ----------------------------------------------------------------------------- versions


def versions_gone(*pairs: tuple[str, str], more: str = "") -> str:
    told = "".join(
        f"<Deleted><Key>{key}</Key><VersionId>{version}</VersionId></Deleted>"
        for key, version in pairs
    )
    return f"<DeleteResult>{told}{more}</DeleteResult>"


def delete_versions(*items: tuple[str, str]) -> delete_requests.Answers:
    answers: delete_requests.Answers = []
    batch = [Doomed(*item) for item in items]
    delete_requests.delete_batch(Remote(bucket="bucket"), batch, answers)
    return answers


def test_a_version_is_gone_when_the_answer_names_it_by_its_id(settings: Settings) -> None:
    told = versions_gone(("k", "1"), ("k", "null"))
    with scripted(settings, script((200, told)), **ONCE) as store:
        answers = delete_versions(("k", "1"), ("k", "null"))
        [request] = store.requests
    assert answers == [(Doomed("k", "1"), None), (Doomed("k", "null"), None)]
    assert re.findall(r"<VersionId>(.*?)</VersionId>", request.body.decode()) == ["1", "null"]


@pytest.mark.parametrize(
    "told",
    [
        versions_gone(("k", "2")),
        deleted("k"),
        deleted(more=refused("k", "AccessDenied")),
        versions_gone(),
    ],
)
def test_what_is_said_of_another_version_or_of_the_key_alone_is_no_proof(
    settings: Settings, told: str
) -> None:
    with scripted(settings, script((200, told)), **ONCE) as store:
        answers = delete_versions(("k", "1"))
        alone = store.requests[1]
    assert answers == [(Doomed("k", "1"), None)]
    assert (alone.method, alone.key, alone.query["versionId"]) == ("DELETE", "k", "1")


def test_the_errors_of_versions_are_read(settings: Settings) -> None:
    def error(version: str, code: str) -> str:
        return (
            f"<Error><Key>k</Key><VersionId>{version}</VersionId><Code>{code}</Code>"
            "<Message>m</Message></Error>"
        )

    told = versions_gone(("k", "1"), more=error("2", "AccessDenied") + error("3", "NoSuchVersion"))
    with scripted(settings, script((200, told)), **ONCE):
        answers = dict(delete_versions(("k", "1"), ("k", "2"), ("k", "3")))
    assert answers.pop(Doomed("k", "1")) is None
    assert answers.pop(Doomed("k", "3")) is None
    [problem] = answers.values()
    assert isinstance(problem, AccessDeniedError)


def test_a_marker_that_a_deletion_made_is_no_other_object(settings: Settings) -> None:
    """Some stores name the marker as the version that was asked for, which none was."""
    told = versions_gone(("k", "new-marker"))
    with scripted(settings, script((200, told)), **ONCE) as store:
        assert delete_keys("bucket", ["k"]) == {}
        assert len(store.requests) == 1


def test_a_version_that_xml_does_not_carry_goes_alone(settings: Settings) -> None:
    with scripted(settings, script(), **ONCE) as store:
        delete_versions(("lf\n", "1"))
        [request] = store.requests
    assert (request.method, request.query["versionId"]) == ("DELETE", "1")
