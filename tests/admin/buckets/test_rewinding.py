"""A folder, or a bucket, as it was at a time."""

from __future__ import annotations

import datetime
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from philo_aws import s3
from philo_aws.admin.buckets.rewinding import LOCAL, RewindView
from philo_aws.s3.web import rewind_steps
from tests.admin.buckets.conftest import Pages
from tests.admin.buckets.test_removal import hidden_of, keys_of
from tests.admin.buckets.test_undeleting import said
from tests.servers import LocalAWS


def local(moment: datetime.datetime) -> str:
    return timezone.localtime(moment).strftime(LOCAL)


@pytest.fixture
def then(aws: LocalAWS, bucket: str) -> datetime.datetime:
    """A moment after which a folder was changed in every way."""
    client = aws.client("s3")
    s3.put_bucket_versioning(bucket, {"Status": "Enabled"})
    for key in ("d/deleted", "d/over", "d/same", "x"):
        client.put_object(Bucket=bucket, Key=key, Body=b"old")
    written = client.head_object(Bucket=bucket, Key="x")["LastModified"]
    moment: datetime.datetime = written + datetime.timedelta(seconds=1)
    # S3 tells times in whole seconds: what follows has to be of a later one.
    while datetime.datetime.now(datetime.UTC) < moment + datetime.timedelta(seconds=1):
        time.sleep(0.05)
    client.put_object(Bucket=bucket, Key="d/over", Body=b"newer")
    client.put_object(Bucket=bucket, Key="d/added", Body=b"new")
    client.delete_object(Bucket=bucket, Key="d/deleted")
    client.delete_object(Bucket=bucket, Key="x")
    return moment


def test_a_folder_as_it_was_at_a_time(
    aws: LocalAWS,
    pages: Pages,
    then: datetime.datetime,
    text_of: Callable[[Any], str],
    history: Callable[[str], list[str]],
) -> None:
    data = {"at": local(then), "delete": "on"}
    looked = pages.post("rewind", data, prefix="d/")
    text = text_of(looked)
    for words in (
        "1 object is brought back that was deleted since.",
        "1 object gets its older content again.",
        "1 object is deleted that was not there then.",
    ):
        assert words in text
    # Nothing is done before that was read.
    assert keys_of(aws, pages.bucket) == ["d/added", "d/over", "d/same"]
    answer = pages.post("rewind", data | hidden_of(looked), prefix="d/")
    assert answer.headers["Location"] == pages.path("change", prefix="d/")
    assert said(answer) == "2 objects are as they were then. 1 object was deleted."
    assert keys_of(aws, pages.bucket) == ["d/deleted", "d/over", "d/same"]
    body = aws.client("s3").get_object(Bucket=pages.bucket, Key="d/over")["Body"].read()
    assert body == b"old"
    told = then.isoformat()
    assert history(pages.bucket) == [f"Restored 'd/' as of {told}: 2 objects, 1 deleted."]


@pytest.mark.aws_servers("ministack")
def test_another_time_is_looked_at_anew(
    aws: LocalAWS, pages: Pages, then: datetime.datetime, text_of: Callable[[Any], str]
) -> None:
    looked = hidden_of(pages.post("rewind", {"at": local(then)}, prefix="d/"))
    before = local(then - datetime.timedelta(days=1))
    text = text_of(pages.post("rewind", {"at": before, **looked}, prefix="d/"))
    assert "0 objects are brought back" in text
    # To delete is another thing than not to.
    again = text_of(pages.post("rewind", {"at": local(then), "delete": "on", **looked}))
    assert "is deleted that was not there then" in again
    assert keys_of(aws, pages.bucket) == ["d/added", "d/over", "d/same"]


@pytest.mark.aws_servers("ministack")
def test_the_whole_bucket_in_steps(
    aws: LocalAWS,
    pages: Pages,
    then: datetime.datetime,
    monkeypatch: pytest.MonkeyPatch,
    text_of: Callable[[Any], str],
) -> None:
    monkeypatch.setattr(RewindView, "step_seconds", 0.0)
    monkeypatch.setattr(rewind_steps, "AT_ONCE", 1)
    answer = pages.post("rewind", {"at": local(then)})
    answer = pages.post("rewind", {"at": local(then)} | hidden_of(answer))
    steps = 1
    while answer.status_code == 200:
        answer, steps = pages.post("rewind", hidden_of(answer)), steps + 1
    assert steps == 5
    assert said(answer) == "3 objects are as they were then."
    assert keys_of(aws, pages.bucket) == ["d/added", "d/deleted", "d/over", "d/same", "x"]


@pytest.mark.aws_servers("ministack")
def test_who_may_not_delete_brings_back_alone(
    aws: LocalAWS, bucket: str, then: datetime.datetime, staff: Callable[..., Client]
) -> None:
    pages = Pages(staff("list_objects", "restore_object"), bucket)
    assert 'name="delete"' not in pages.get("rewind").content.decode()
    data = {"at": local(then), "delete": "on"}
    looked = hidden_of(pages.post("rewind", data, prefix="d/"))
    pages.post("rewind", data | looked, prefix="d/")
    assert keys_of(aws, bucket) == ["d/added", "d/deleted", "d/over", "d/same"]


@pytest.mark.aws_servers("ministack")
@pytest.mark.parametrize(
    ("at", "words"),
    [("", "This field is required."), ("soon", "valid date"), ("2999-01-01T00:00", "yet to come")],
)
def test_a_time_that_cannot_be(
    aws: LocalAWS, pages: Pages, text_of: Callable[[Any], str], at: str, words: str
) -> None:
    assert words in text_of(pages.post("rewind", {"at": at}))


@pytest.mark.parametrize("status", ["", "Suspended"])
def test_a_bucket_that_would_lose_the_newest_is_left(
    aws: LocalAWS, pages: Pages, text_of: Callable[[Any], str], calls: list[str], status: str
) -> None:
    aws.client("s3").put_object(Bucket=pages.bucket, Key="a", Body=b"only")
    if status:
        s3.put_bucket_versioning(pages.bucket, {"Status": status})
    calls.clear()
    text = text_of(pages.post("rewind", {"at": "2026-01-01T00:00"}))
    assert "the newest contents would be lost" in text
    assert calls == ["GetBucketVersioning"]
