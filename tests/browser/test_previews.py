"""What is seen of an object without a download, in a browser under a strict policy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.browser.conftest import read, whole
from tests.servers import LocalAWS

pytestmark = pytest.mark.aws_servers("ministack")

NARROW = {"width": 320, "height": 800}


@pytest.fixture
def put(aws: LocalAWS, bucket: str) -> Callable[..., None]:
    def put(key: str, body: bytes, **options: Any) -> None:
        aws.client("s3").put_object(Bucket=bucket, Key=key, Body=body, **options)

    return put


@pytest.fixture
def see(page: Any, site: str, bucket: str) -> Callable[..., Any]:
    """Open the page of an object."""

    def open_page(key: str) -> Any:
        page.goto(f"{site}/admin/philo_aws/bucket/{bucket}/object/?key={key}")
        return whole(page)

    return open_page


def test_a_table_is_seen_as_one_on_a_desktop_and_on_a_narrow_phone(
    put: Callable[..., None], see: Callable[..., Any], check_page: Callable[[Any], None]
) -> None:
    names = ";".join(f"Spalte {number}" for number in range(12))
    put("x.csv", "\n".join([names, *[";".join(["Grüße, Welt"] * 12)] * 150]).encode("latin-1"))
    page = see("x.csv")
    table = page.get_by_role("region", name="Content").get_by_role("table")
    assert table.get_by_role("columnheader", name="Spalte 11").is_visible()
    assert table.locator("tbody tr").count() == 100
    assert table.get_by_role("cell", name="Grüße, Welt").count() == 1200
    assert "only the first rows are shown" in read(page)
    check_page(page)
    page.set_viewport_size(NARROW)
    check_page(page)


def test_the_end_of_a_log_comes_first_and_its_beginning_by_keyboard(
    put: Callable[..., None], see: Callable[..., Any], check_page: Callable[[Any], None]
) -> None:
    put("app.log", b"".join(b"line %d\n" % number for number in range(20_000)))
    page = see("app.log")
    assert read(page, "pre").rstrip().endswith("line 19999")
    check_page(page)
    page.get_by_role("link", name="Beginning").press("Enter")
    page.get_by_text("Only the beginning is shown.").wait_for()
    assert read(page, "pre").startswith("line 0\n")
    page.set_viewport_size(NARROW)
    check_page(page)
