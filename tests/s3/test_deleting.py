from __future__ import annotations

import contextlib
import itertools
import signal
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from pytest_django import Settings

from philo_aws import s3
from philo_aws.exceptions import (
    AccessDeniedError,
    AWSError,
    BucketNotFoundError,
    IncompleteError,
    InvalidRequestError,
    ThrottledError,
)
from philo_aws.s3 import deleting
from philo_aws.s3.filters import Rule
from philo_aws.s3.line import Store
from tests.s3.engine.conftest import FaultProxy, fault_proxy, proxy  # noqa: F401 - fixtures
from tests.s3.test_transfers import Recorder, stored
from tests.servers import LocalAWS

ODD = [
    "a b",
    "a+b",
    "&<>'\"",
    "caf\xe9",
    "\U0001f600",
    " lead",
    "trail ",
    "tab\there",
    "\x01",
    "//",
    "../x",
]


def put(aws: LocalAWS, bucket: str, *keys: str) -> None:
    for key in keys:
        aws.client("s3").put_object(Bucket=bucket, Key=key, Body=b"x")


def test_by_keys(aws: LocalAWS, bucket: str) -> None:
    put(aws, bucket, "a", "b", "c")
    watcher = Recorder()
    report = s3.delete_objects(bucket, keys=["a", "b", "never-there"], watcher=watcher)
    assert (report.planned, report.deleted, report.failed) == (3, 3, 0)
    assert set(stored(aws, bucket)) == {"c"}
    assert [outcome.key for outcome in watcher.outcomes] == ["a", "b", "never-there"]


def test_by_prefix_and_rules(aws: LocalAWS, bucket: str) -> None:
    put(aws, bucket, "tmp/a", "tmp/keep/b", "tmp2/c", "tmp")
    rules = [Rule(keep=False, pattern="keep")]
    assert s3.delete_objects(bucket, prefix="tmp/", rules=rules).deleted == 1
    assert set(stored(aws, bucket)) == {"tmp/keep/b", "tmp2/c", "tmp"}


def test_every_kind_of_key(aws: LocalAWS, bucket: str) -> None:
    put(aws, bucket, *ODD, "stays")
    report = s3.delete_objects(bucket, keys=ODD)
    assert (report.deleted, report.failed) == (len(ODD), 0)
    assert set(stored(aws, bucket)) == {"stays"}


def test_a_thousand_a_request_side_by_side(
    ministack: LocalAWS, make_bucket: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket = make_bucket()
    sizes: list[int] = []
    request = deleting._request

    def counted(store: Store, keys: list[str]) -> dict[str, AWSError]:
        sizes.append(len(keys))
        return request(store, keys)

    monkeypatch.setattr(deleting, "_request", counted)
    report = s3.delete_objects(bucket, keys=(f"{number:05}" for number in range(2500)))
    assert report.deleted == 2500
    assert sorted(sizes) == [500, 1000, 1000]


def test_nothing_goes_above_max_delete(aws: LocalAWS, bucket: str) -> None:
    put(aws, bucket, "a", "b")
    with pytest.raises(IncompleteError, match="Nothing was deleted: 2 would go"):
        s3.delete_objects(bucket, prefix="", max_delete=1)
    assert len(stored(aws, bucket)) == 2
    assert s3.delete_objects(bucket, prefix="", max_delete=2).deleted == 2


@pytest.mark.aws_servers("ministack")
def test_a_dry_run_names_what_is_above_max_delete(aws: LocalAWS, bucket: str) -> None:
    put(aws, bucket, "a", "b")
    watcher = Recorder()
    with pytest.raises(IncompleteError, match="Nothing would be deleted: 2 would go") as caught:
        s3.delete_objects(bucket, prefix="", max_delete=1, dry_run=True, watcher=watcher)
    assert [(o.key, o.status, o.reason) for o in watcher.outcomes] == [
        ("a", "skipped", deleting.ABOVE_LIMIT),
        ("b", "skipped", deleting.ABOVE_LIMIT),
    ]
    report = caught.value.result
    assert (report.planned, report.skipped, report.deleted) == (2, 2, 0)


@pytest.mark.aws_servers("ministack")
def test_a_key_that_is_named_twice_counts_once(aws: LocalAWS, bucket: str) -> None:
    put(aws, bucket, "a", "b")
    report = s3.delete_objects(bucket, keys=["b", "a", "b"], max_delete=2)
    assert (report.planned, report.deleted) == (2, 2)


def test_a_dry_run(aws: LocalAWS, bucket: str) -> None:
    put(aws, bucket, "a", "b")
    assert s3.delete_objects(bucket, prefix="", dry_run=True).deleted == 2
    assert len(stored(aws, bucket)) == 2


def test_what_to_delete_must_be_said(ministack: LocalAWS, bucket: str) -> None:
    for options in ({}, {"keys": ["a"], "prefix": "b"}):
        with pytest.raises(InvalidRequestError, match="either keys or a prefix"):
            s3.delete_objects(bucket, **options)  # type: ignore[arg-type]
    with pytest.raises(InvalidRequestError, match="Rules"):
        s3.delete_objects(bucket, keys=["a"], rules=[Rule(keep=True, pattern="a")])
    with pytest.raises(InvalidRequestError, match="empty"):
        s3.delete_objects(bucket, keys=[""])


def test_a_bucket_that_is_not_there(aws: LocalAWS) -> None:
    for options in ({"keys": ["a"]}, {"prefix": ""}):
        with pytest.raises(BucketNotFoundError):
            s3.delete_objects("no-such-bucket", **options)


@pytest.mark.aws_servers("ministack")
def test_an_error_that_would_be_every_keys_leaves_none_unaccounted_for(aws: LocalAWS) -> None:
    watcher = Recorder()
    keys = (f"{number:05}" for number in range(30_000))
    with pytest.raises(BucketNotFoundError):
        s3.delete_objects("no-such-bucket", keys=keys, watcher=watcher)
    report = watcher.report
    assert report is not None
    assert report.unfinished == report.done == 0
    assert 1000 <= report.planned == report.failed < 30_000


def test_who_may_not_delete(signed_aws: LocalAWS, bucket: str, settings: Settings) -> None:
    put(signed_aws, bucket, "a")
    user = signed_aws.make_user("s3:GetObject", "s3:ListBucket")
    settings.AWS = {**signed_aws.settings, "credentials": user}
    report = s3.delete_objects(bucket, keys=["a"])
    assert (report.deleted, report.failed) == (0, 1)
    assert isinstance(report.failures[0].error, AccessDeniedError)
    assert set(stored(signed_aws, bucket)) == {"a"}


# No local server refuses a single key of an otherwise good request: its answer is made up.
class Answers:
    def __init__(self, *answers: dict[str, Any]) -> None:
        self.answers = list(answers)
        self.asked: list[list[str]] = []

    def delete_objects(self, Bucket: str, Delete: Any) -> dict[str, Any]:  # noqa: N803
        self.asked.append([entry["Key"] for entry in Delete["Objects"]])
        return self.answers.pop(0)


def test_the_errors_of_single_keys_are_read(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    error = {"Key": "b", "Code": "AccessDenied", "Message": "no"}
    client = Answers({"Deleted": [{"Key": "a"}], "Errors": [error]})
    monkeypatch.setattr(deleting, "get_client", lambda *args, **options: client)
    report = s3.delete_objects("bucket", keys=["a", "b"])
    assert (report.deleted, report.failed) == (1, 1)
    assert report.failures[0].as_dict()["code"] == "AccessDenied"


def test_keys_that_failed_by_the_stores_fault_are_tried_again(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    error = {"Key": "b", "Code": "InternalError", "Message": "try again"}
    client = Answers({"Deleted": [{"Key": "a"}], "Errors": [error]}, {"Deleted": [{"Key": "b"}]})
    monkeypatch.setattr(deleting, "get_client", lambda *args, **options: client)
    assert s3.delete_objects("bucket", keys=["a", "b"]).deleted == 2
    assert client.asked == [["a", "b"], ["b"]]


@pytest.mark.parametrize(("fails", "asked"), [(lambda n: True, 8), (lambda n: n % 8, 100)])
def test_when_nothing_gets_through_it_ends(
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    fails: Callable[[int], bool],
    asked: int,
) -> None:
    requests = itertools.count()

    def request(store: Store, keys: list[str]) -> dict[str, AWSError]:
        if fails(next(requests)):
            raise ThrottledError("Slow down.")
        return {}

    monkeypatch.setattr(deleting, "_request", request)
    monkeypatch.setattr(deleting, "_SIDE_BY_SIDE", 1)
    monkeypatch.setattr(deleting, "BATCH", 1)
    watcher = Recorder()
    ended: Any = pytest.raises(ThrottledError) if asked < 100 else contextlib.nullcontext()
    with ended:
        s3.delete_objects("bucket", keys=map(str, range(100)), watcher=watcher)
    report = watcher.report
    assert report is not None
    assert asked <= report.planned <= asked + 3
    assert (report.planned, report.unfinished) == (report.done + report.failed, 0)


def test_no_word_on_a_key_is_no_success(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    client = Answers(*[{"Deleted": []} for _ in range(9)])
    monkeypatch.setattr(deleting, "get_client", lambda *args, **options: client)
    report = s3.delete_objects("bucket", keys=["a"])
    assert (report.deleted, report.failed) == (0, 1)
    assert "did not say" in str(report.failures[0].error)


@pytest.mark.aws_servers("ministack")
def test_an_interrupt_counts_what_is_known_and_waits_for_nothing_that_stands_still(
    aws: LocalAWS,
    bucket: str,
    proxy: FaultProxy,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(deleting, "_GRACE", 0.5)
    put(aws, bucket, "a", "\x01")  # the second one goes by a request of its own
    proxy.set({"do": "stall", "pause": 30, "method": "POST"})
    watcher = Recorder()

    def press() -> None:
        proxy.wait_for(lambda report: sum(report["done"]) and report["requests"] == 2)
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)

    thread = threading.Thread(target=press)
    thread.start()
    begun = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        s3.delete_objects(bucket, keys=["a", "\x01"], watcher=watcher)
    thread.join()
    assert time.monotonic() - begun < 10
    assert [(o.key, o.status) for o in watcher.outcomes] == [("\x01", "done")]
    assert set(stored(aws, bucket)) == {"a"}
