from __future__ import annotations

import datetime
import time
from collections.abc import Callable
from typing import Any

import pytest

from philo_aws.exceptions import ConflictError, UsageError
from philo_aws.s3.listing.versions import Version
from philo_aws.s3.request.remote import make_remote
from philo_aws.s3.web import rewind_steps
from philo_aws.s3.web.rewind_steps import Difference, compare_with_then, rewind_step
from tests.servers import LocalAWS


@pytest.fixture
def moment(aws: LocalAWS, bucket: str) -> Callable[[], datetime.datetime]:
    """Fill a bucket, and return the moment after which it was changed."""
    s3 = aws.client("s3")
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})

    def make() -> datetime.datetime:
        for key in ("d/deleted", "d/over", "d/same", "other"):
            s3.put_object(Bucket=bucket, Key=key, Body=b"old", Metadata={"k": "v"})
        written = s3.head_object(Bucket=bucket, Key="other")["LastModified"]
        then: datetime.datetime = written + datetime.timedelta(seconds=1)
        # S3 tells times in whole seconds: what follows has to be of a later one.
        while datetime.datetime.now(datetime.UTC) < then + datetime.timedelta(seconds=1):
            time.sleep(0.05)
        s3.put_object(Bucket=bucket, Key="d/over", Body=b"new!")
        s3.put_object(Bucket=bucket, Key="d/added", Body=b"new")
        for key in ("d/deleted", "d/deleted", "other"):
            s3.delete_object(Bucket=bucket, Key=key)
        return then

    return make


def bodies(aws: LocalAWS, bucket: str) -> dict[str, bytes]:
    s3 = aws.client("s3")
    keys = [item["Key"] for item in s3.list_objects_v2(Bucket=bucket).get("Contents", ())]
    return {key: s3.get_object(Bucket=bucket, Key=key)["Body"].read() for key in keys}


def test_how_it_differs_and_back(
    aws: LocalAWS, bucket: str, moment: Callable[[], datetime.datetime]
) -> None:
    then = moment()
    wanted = Difference(undeleted=1, overwritten=1, added=1, same=1)
    assert compare_with_then(bucket, "d/", then) == wanted
    step = rewind_step(bucket, "d/", then)
    assert (step.done, step.deleted, step.refused, step.after) == (2, 0, {}, "")
    old = {"d/deleted": b"old", "d/over": b"old", "d/same": b"old"}
    assert bodies(aws, bucket) == {**old, "d/added": b"new"}
    head = aws.client("s3").head_object(Bucket=bucket, Key="d/over")
    assert head["Metadata"] == {"k": "v"}
    # Once more does nothing; with the deletion the folder is what it was, and the rest stays.
    assert rewind_step(bucket, "d/", then).done == 0
    step = rewind_step(bucket, "d/", then, delete=True)
    assert (step.done, step.deleted) == (0, 1)
    assert bodies(aws, bucket) == old


def test_steps_have_an_end_and_the_next_goes_on(
    aws: LocalAWS,
    bucket: str,
    moment: Callable[[], datetime.datetime],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    then = moment()
    monkeypatch.setattr(rewind_steps, "AT_ONCE", 1)
    done, after, steps = 0, "", 0
    while after or not steps:
        steps += 1
        step = rewind_step(bucket, "", then, after=after, seconds=0)
        done, after = done + step.done, step.after
    assert (done, steps) == (3, 5)
    assert bodies(aws, bucket)["other"] == b"old"


def test_a_moment_to_come_is_none(aws: LocalAWS, bucket: str) -> None:
    soon = datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=1)
    for function in (compare_with_then, rewind_step):
        call: Any = function
        with pytest.raises(UsageError):
            call(bucket, "", soon)


def test_what_is_too_large_for_a_step_is_told(aws: LocalAWS, bucket: str) -> None:
    """A version of 128 MiB would take a test too long: its size is made up."""
    now = datetime.datetime.now(datetime.UTC)
    newest, old = (
        Version(
            key="a",
            version_id=name,
            is_latest=name == "new",
            is_delete_marker=False,
            last_modified=now - datetime.timedelta(hours=hours),
            size=size,
            etag=name,
        )
        for name, hours, size in (("new", 1, 5), ("old", 3, 200 * 1024**2))
    )
    remote = make_remote(bucket, None, "", None, None, "web")
    moment = now - datetime.timedelta(hours=2)
    result = rewind_steps._rewind(remote, moment, False, [newest, old])
    assert isinstance(result, ConflictError)
    assert "more than 128 MiB" in str(result)
