"""The history as a person reads it: one line for a job, on a phone too."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.admin.buckets.conftest import HOSTILE_KEYS
from tests.browser.conftest import PHONE, read, whole
from tests.browser.test_uploads import drop
from tests.servers import LocalAWS

pytestmark = pytest.mark.aws_servers("ministack")


def lines(bucket: str) -> list[str]:
    from django.contrib.admin.models import LogEntry

    entries = LogEntry.objects.filter(object_id=bucket).order_by("pk")
    return [entry.get_change_message() for entry in entries]


def test_all_files_that_are_dropped_are_one_line(
    aws: LocalAWS, page: Any, site: str, bucket: str, tmp_path: Path
) -> None:
    page.goto(f"{site}/admin/philo_aws/bucket/{bucket}/change/")
    files = [tmp_path / f"{number:02}.txt" for number in range(12)]
    for file in files:
        file.write_bytes(b"12345")
    drop(whole(page), *files)
    page.get_by_text("12 of 12 files uploaded").wait_for()
    [line] = lines(bucket)
    assert line.endswith(": 12 files, 60 bytes.")
    assert all(repr(file.name) in line for file in files)
    # What is dropped onto the same page later is told with them.
    more = tmp_path / "more.txt"
    more.write_bytes(b"12345")
    drop(page, more)
    page.get_by_text("13 of 13 files uploaded").wait_for()
    [line] = lines(bucket)
    assert line.endswith(": 13 files, 65 bytes.")


def test_a_folder_that_is_deleted_step_by_step_is_one_line(
    aws: LocalAWS, page: Any, site: str, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("philo_aws.admin.buckets.stepwise.SelectionView.step_seconds", 0)
    monkeypatch.setattr("philo_aws.s3.web.steps.DELETE_BATCH", 2)
    for number in range(6):
        aws.client("s3").put_object(Bucket=bucket, Key=f"d/{number}", Body=b"")
    page.goto(f"{site}/admin/philo_aws/bucket/{bucket}/change/")
    whole(page).get_by_label("Select folder d/").check()
    page.get_by_role("button", name="Delete").click()
    whole(page).get_by_role("button", name="Delete").click()
    page.get_by_text("6 objects were deleted.", exact=True).wait_for()
    assert lines(bucket) == ["Deleted 'd/': 6 objects."]


def test_it_can_be_read_on_a_phone(
    aws: LocalAWS,
    page: Any,
    site: str,
    bucket: str,
    make_bucket: Callable[..., str],
    check_page: Callable[[Any], None],
) -> None:
    target = make_bucket()
    keys = [*HOSTILE_KEYS, "long" * 250, "אבג.txt"]
    for key in keys:
        aws.client("s3").put_object(Bucket=bucket, Key=f"d/{key}"[:1000], Body=b"")
    page.set_viewport_size(PHONE)
    page.goto(f"{site}/admin/philo_aws/bucket/{bucket}/change/?prefix=d/")
    whole(page).get_by_label("Select all").check()
    page.get_by_role("button", name="Copy", exact=True).click()
    whole(page).get_by_label("Bucket").fill(target)
    page.get_by_role("button", name="Copy", exact=True).click()
    page.wait_for_url("**/change/**")
    for name in (bucket, target):
        page.goto(f"{site}/admin/philo_aws/bucket/{name}/history/")
        check_page(page)
        text = read(page)
        assert f"to 's3://{target}/d/'" in text
        assert "'d/<script>alert(1)</'" in text
        assert ", so far" not in text
        assert "\\u202egpj.exe" in text
        assert page.locator("#change-history script").count() == 0
        # What runs from right to left turns nothing around that stands beside it.
        assert "\u2068'd/אבג.txt'\u2069" in text
