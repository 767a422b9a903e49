"""What was deleted is brought back by a person in a browser."""

from __future__ import annotations

import datetime
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from philo_aws import s3
from tests.browser.conftest import CUT_TABLES, whole
from tests.browser.test_settings import NARROW, opened
from tests.servers import LocalAWS

pytestmark = pytest.mark.aws_servers("ministack")
__all__ = ["opened"]


def keys_of(aws: LocalAWS, bucket: str) -> list[str]:
    answer = aws.client("s3").list_objects_v2(Bucket=bucket)
    return [item["Key"] for item in answer.get("Contents", ())]


@pytest.fixture
def gone(aws: LocalAWS, bucket: str) -> list[str]:
    """Objects that were there and are deleted."""
    client = aws.client("s3")
    s3.put_bucket_versioning(bucket, {"Status": "Enabled"})
    keys = ["a.txt", "b.txt", "c.txt", "d/1.txt", "d/e/2.txt"]
    for key in keys:
        client.put_object(Bucket=bucket, Key=key, Body=b"12345")
    for key in keys:
        client.delete_object(Bucket=bucket, Key=key)
    return keys


def test_several_and_a_folder_in_four_clicks(
    aws: LocalAWS,
    opened: Callable[..., Any],
    bucket: str,
    gone: list[str],
    check_page: Callable[[Any], None],
) -> None:
    page = opened("deleted/")
    whole(page).get_by_label("Select folder d/").check()
    page.get_by_label("Select b.txt").check()
    page.get_by_text("2 selected").wait_for()
    check_page(page)
    page.get_by_role("button", name="Undelete").click()
    page.get_by_text("3 objects will be brought back.").wait_for()
    check_page(page)
    page.get_by_role("button", name="Undelete").click()
    page.get_by_text("3 objects were brought back.").wait_for()
    assert keys_of(aws, bucket) == ["b.txt", "d/1.txt", "d/e/2.txt"]


def test_a_folder_as_it_was_by_the_keyboard_alone(
    aws: LocalAWS, opened: Callable[..., Any], bucket: str, check_page: Callable[[Any], None]
) -> None:
    client = aws.client("s3")
    s3.put_bucket_versioning(bucket, {"Status": "Enabled"})
    client.put_object(Bucket=bucket, Key="d/1.txt", Body=b"old")
    written = client.head_object(Bucket=bucket, Key="d/1.txt")["LastModified"]
    then = written + datetime.timedelta(seconds=1)
    # S3 tells times in whole seconds: what follows has to be of a later one.
    while datetime.datetime.now(datetime.UTC) < then + datetime.timedelta(seconds=1):
        time.sleep(0.05)
    client.put_object(Bucket=bucket, Key="d/1.txt", Body=b"newer")
    page = opened("deleted/?prefix=d/")
    page.get_by_role("link", name="As it was at a time").focus()
    page.keyboard.press("Enter")
    field = whole(page).get_by_label("As it was at")
    field.fill(timezone.localtime(then).strftime("%Y-%m-%dT%H:%M:%S"))
    check_page(page)
    field.focus()
    page.keyboard.press("Enter")
    page.get_by_text("1 object gets its older content again.").wait_for()
    check_page(page)
    page.get_by_role("button", name="Bring it back").focus()
    page.keyboard.press("Enter")
    page.get_by_text("1 object is as it was then.").wait_for()
    assert client.get_object(Bucket=bucket, Key="d/1.txt")["Body"].read() == b"old"


def test_the_pages_fit_a_narrow_window(
    aws: LocalAWS,
    opened: Callable[..., Any],
    bucket: str,
    gone: list[str],
    check_page: Callable[[Any], None],
) -> None:
    page = opened("deleted/")
    page.set_viewport_size(NARROW)
    check_page(page)
    assert page.evaluate(CUT_TABLES) == 0
    check_page(opened("rewind/?prefix=d/"))
    s3.put_bucket_versioning(bucket, {"Status": "Suspended"})
    opened("deleted/")
    page.get_by_text("Versions are suspended").wait_for()
    check_page(page)
    page.get_by_role("link", name="Switch versions on in the settings").click()
    page.get_by_role("heading", name="Settings", exact=True).wait_for()
