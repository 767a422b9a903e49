from __future__ import annotations

import contextlib
import itertools
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
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
    ServiceError,
    ThrottledError,
    UsageError,
)
from philo_aws.s3 import delete_requests, deleting
from philo_aws.s3.filters import Rule
from philo_aws.s3.request.remote import Remote
from tests.s3.engine.conftest import FaultProxy, fault_proxy, proxy  # noqa: F401 - fixtures
from tests.s3.scripted import ONCE, Answer, Request, by_token, page, scripted
from tests.s3.test_delete_requests import asked_for, deleted
from tests.s3.transfer.test_folders import Recorder, stored
from tests.s3.versioned import versioned_bucket
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
    request = delete_requests.delete_batch

    def counted(
        remote: Remote, keys: Sequence[delete_requests.Doomed], answers: delete_requests.Answers
    ) -> AWSError | None:
        sizes.append(len(keys))
        return request(remote, keys, answers)

    monkeypatch.setattr(delete_requests, "delete_batch", counted)
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


def test_all_versions_below_a_prefix(aws: LocalAWS) -> None:
    kept = versioned_bucket(aws)
    for key in ("t/a", "t/a", "t/keep", *(f"t/{odd}" for odd in ("a b", "caf\xe9", "tab\t")), "u"):
        kept.put(key)
    kept.delete("t/a")
    rules = [Rule(keep=False, pattern="keep")]
    watcher = Recorder()
    options: dict[str, Any] = {"prefix": "t/", "rules": rules, "all_versions": True}
    with pytest.raises(IncompleteError, match="6 would go, and --max_delete allows 5"):
        s3.delete_objects(kept.bucket, max_delete=5, **options)
    assert s3.delete_objects(kept.bucket, dry_run=True, **options).deleted == 6
    assert len(kept.ids("t/a")) == 3
    report = s3.delete_objects(kept.bucket, max_delete=6, watcher=watcher, **options)
    assert (report.deleted, report.failed) == (6, 0)
    assert all(outcome.reason.startswith("version ") for outcome in watcher.outcomes)
    told = kept.client.list_object_versions(Bucket=kept.bucket)
    assert [item["Key"] for item in told["Versions"]] == ["t/keep", "u"]
    assert "DeleteMarkers" not in told


def test_all_versions_of_a_key(aws: LocalAWS) -> None:
    kept = versioned_bucket(aws)
    kept.put("k")
    kept.put("k")
    kept.delete("k")
    other = kept.put("kk")
    report = s3.delete_objects(kept.bucket, keys=["k", "never"], all_versions=True)
    assert (report.planned, report.deleted) == (3, 3)
    assert kept.ids("k") == []
    assert kept.ids("kk") == [other]


def test_all_versions_of_a_bucket_that_kept_none(aws: LocalAWS, bucket: str) -> None:
    put(aws, bucket, "a", "b")
    assert s3.delete_objects(bucket, prefix="", all_versions=True).deleted == 2
    assert stored(aws, bucket) == {}


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


@pytest.mark.parametrize(("fails", "asked"), [(lambda n: True, 8), (lambda n: n % 8, 100)])
def test_when_nothing_gets_through_it_ends(
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    fails: Callable[[int], bool],
    asked: int,
) -> None:
    requests = itertools.count()

    def answer(request: Request) -> Answer:
        if fails(next(requests)):
            return 503, "<Error><Code>SlowDown</Code></Error>"
        return 200, deleted(*asked_for(request))

    monkeypatch.setattr(deleting, "MOST_BATCHES", 1)
    monkeypatch.setattr(delete_requests, "BATCH", 1)
    watcher = Recorder()
    ended: Any = pytest.raises(ThrottledError) if asked < 100 else contextlib.nullcontext()
    with scripted(settings, answer, **ONCE), ended:
        s3.delete_objects("bucket", keys=map(str, range(100)), watcher=watcher)
    report = watcher.report
    assert report is not None
    assert asked <= report.planned <= asked + 3
    assert (report.planned, report.unfinished) == (report.done + report.failed, 0)


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


@pytest.mark.parametrize("keys", ["report.pdf", b"report.pdf", {"a": 1}, ["a", 1], [b"a"], 5])
def test_keys_are_a_list_of_texts(ministack: LocalAWS, keys: Any) -> None:
    with pytest.raises(UsageError, match="keys"):
        s3.delete_objects("bucket", keys=keys)


def test_keys_may_come_one_by_one(ministack: LocalAWS, bucket: str) -> None:
    put(ministack, bucket, "a", "b")

    def stream() -> Iterator[str]:
        yield from "ab"

    assert s3.delete_objects(bucket, keys=stream()).deleted == 2
    assert s3.delete_objects(bucket, keys=[]).planned == 0


@pytest.mark.parametrize("limit", [-1, True, 1.5, "1"])
def test_max_delete_is_a_number_of_objects(ministack: LocalAWS, limit: Any) -> None:
    with pytest.raises(UsageError, match="max_delete is"):
        s3.delete_objects("bucket", prefix="", max_delete=limit)


@pytest.mark.parametrize("options", [{"prefix": 5}, {"prefix": b""}, {"prefix": "", "dry_run": 1}])
def test_arguments_that_cannot_be(ministack: LocalAWS, options: Any) -> None:
    with pytest.raises(UsageError):
        s3.delete_objects("bucket", **options)


def test_a_half_done_batch_counts_what_was_done(settings: Settings) -> None:
    """A batch of which the store deletes one key, tells nothing of another, and is away then."""
    posts = itertools.count()

    def answer(request: Request) -> Answer:
        if next(posts):
            return 503, "<Error><Code>SlowDown</Code></Error>"
        busy = "<Error><Key>b</Key><Code>InternalError</Code></Error>"
        return 200, deleted("a", more=busy)

    watcher = Recorder()
    with scripted(settings, answer, timeouts={"commands": {"max_attempts": 2}}):
        report = s3.delete_objects("bucket", keys=["a", "b", "c"], watcher=watcher)
    assert (report.planned, report.deleted, report.failed, report.unfinished) == (3, 1, 2, 0)
    assert [(o.key, o.status) for o in watcher.outcomes] == [
        ("a", "done"),
        ("b", "failed"),
        ("c", "failed"),
    ]
    assert report.failures[0].error.code == "SlowDown"  # type: ignore[union-attr]


def test_a_half_done_batch_and_then_the_bucket_is_gone(settings: Settings) -> None:
    posts = itertools.count()

    def answer(request: Request) -> Answer:
        if next(posts):
            return 404, "<Error><Code>NoSuchBucket</Code></Error>"
        busy = "<Error><Key>b</Key><Code>InternalError</Code></Error>"
        return 200, deleted("a", more=busy)

    watcher = Recorder()
    with (
        scripted(settings, answer, timeouts={"commands": {"max_attempts": 2}}),
        pytest.raises(BucketNotFoundError),
    ):
        s3.delete_objects("bucket", keys=["a", "b"], watcher=watcher)
    assert [(o.key, o.status) for o in watcher.outcomes] == [("a", "done"), ("b", "failed")]
    assert watcher.report is not None
    assert (watcher.report.deleted, watcher.report.failed) == (1, 1)


def test_a_key_with_a_line_break_that_the_store_cannot_take_keeps_the_report(
    settings: Settings,
) -> None:
    def answer(request: Request) -> Answer:
        if request.method == "POST":
            return 200, deleted(*asked_for(request))
        return 404, ""

    with scripted(settings, answer, **ONCE):
        report = s3.delete_objects("bucket", keys=["a", "lf\n", "z"])
    assert (report.deleted, report.failed) == (2, 1)
    assert "the deletion of 'lf\\n' with 404" in str(report.failures[0].error)


def test_a_listing_that_is_not_whole_deletes_nothing(settings: Settings) -> None:
    pages = {"": page("a", token="t", truncated="true"), "t": page("b", truncated="true")}
    with scripted(settings, by_token(pages), **ONCE) as store:
        with pytest.raises(ServiceError, match="more to list"):
            s3.delete_objects("bucket", prefix="")
        assert {request.method for request in store.requests} == {"GET"}
