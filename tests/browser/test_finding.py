"""What is looked for is found, and what a page is opened for stands where one looks first."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from pytest_django import Settings

from tests.browser.conftest import more, whole
from tests.servers import LocalAWS

pytestmark = pytest.mark.aws_servers("ministack")

DESKTOP = {"width": 1280, "height": 800}
PHONE = {"width": 360, "height": 740}
NARROW = {"width": 320, "height": 640}


def put(aws: LocalAWS, bucket: str, *keys: str) -> None:
    client = aws.client("s3")
    for key in keys:
        client.put_object(Bucket=bucket, Key=key, Body=b"content")


@pytest.fixture
def buckets(site: str) -> str:
    return f"{site}/admin/philo_aws/bucket/"


def first_row(page: Any) -> Any:
    """The top of the first row of the table."""
    return page.locator(".aws-table tbody tr").first.bounding_box()["y"]


@pytest.fixture
def queues(aws: LocalAWS, site: str, settings: Settings) -> str:
    settings.AWS = {**settings.AWS, "region": "us-space-1", "regions": ["us-space-1"]}
    aws.make_queue("space", region="us-space-1")
    return f"{site}/admin/philo_aws/queue/"


@pytest.mark.parametrize(("window", "most"), [(DESKTOP, 250), (PHONE, 400)])
@pytest.mark.parametrize("where", ["buckets", "bucket", "folder", "deep folder", "queues"])
def test_the_first_row_is_where_one_looks_first(
    aws: LocalAWS,
    page: Any,
    buckets: str,
    bucket: str,
    queues: str,
    window: dict[str, int],
    most: int,
    where: str,
) -> None:
    put(aws, bucket, "a.txt", "reports/2026/november/31/b.txt")
    addresses = {
        "buckets": buckets,
        "bucket": f"{buckets}{bucket}/change/",
        "folder": f"{buckets}{bucket}/change/?prefix=reports/",
        "deep folder": f"{buckets}{bucket}/change/?prefix=reports/2026/november/31/",
        "queues": queues,
    }
    page.set_viewport_size(window)
    page.goto(addresses[where])
    assert first_row(whole(page)) < most


def test_the_tools_are_one_row_and_the_rest_is_under_more(
    aws: LocalAWS, page: Any, buckets: str, bucket: str, check_page: Callable[[Any], None]
) -> None:
    put(aws, bucket, "reports/a.txt")
    for window, shown in ((DESKTOP, 4), (PHONE, 2), (NARROW, 2)):
        page.set_viewport_size(window)
        page.goto(f"{buckets}{bucket}/change/?prefix=reports/")
        tools = whole(page).locator(".aws-tools > li:visible")
        boxes = [box for box in (each.bounding_box() for each in tools.all()) if box]
        assert len(boxes) == shown + 1
        assert len({round(box["y"]) for box in boxes}) == 1
        assert not page.get_by_role("link", name="Delete folder").is_visible()
        more(page)
        menu = page.locator(".aws-more ul").bounding_box()
        assert menu["x"] >= 0
        assert menu["x"] + menu["width"] <= window["width"]
        check_page(page)
        page.get_by_role("link", name="Delete folder").click()
        page.get_by_text("1 object will be deleted.").wait_for()


def test_the_menu_is_worked_with_by_the_keyboard(
    aws: LocalAWS, page: Any, buckets: str, bucket: str
) -> None:
    put(aws, bucket, "reports/a.txt")
    page.goto(f"{buckets}{bucket}/change/?prefix=reports/")
    summary = whole(page).locator(".aws-more summary")
    history = page.get_by_role("link", name="History")
    summary.focus()
    page.keyboard.press("Enter")
    history.wait_for()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('.aws-more') !== null")
    page.keyboard.press("Escape")
    history.wait_for(state="hidden")
    assert summary.evaluate("(element) => element === document.activeElement")
    page.keyboard.press("Enter")
    history.wait_for()
    page.get_by_label("Search this folder").focus()
    history.wait_for(state="hidden")


# The text of what has the colour of Django's own buttons that delete.
RED = """() => {
    const probe = document.createElement("canvas").getContext("2d");
    const style = getComputedStyle(document.documentElement);
    probe.fillStyle = style.getPropertyValue("--delete-button-bg").trim();
    const [r, g, b] = [1, 3, 5].map((at) => parseInt(probe.fillStyle.slice(at, at + 2), 16));
    return [...document.querySelectorAll("main a, main button, main summary")]
        .filter((each) => getComputedStyle(each).backgroundColor === `rgb(${r}, ${g}, ${b})`)
        .map((each) => each.textContent.trim());
}"""


def test_red_is_only_what_is_confirmed(
    aws: LocalAWS, page: Any, buckets: str, bucket: str, queues: str
) -> None:
    put(aws, bucket, "reports/a.txt")
    page.goto(f"{buckets}{bucket}/change/?prefix=reports/")
    whole(page).get_by_role("checkbox", name="Select a.txt").check()
    more(page)
    assert page.evaluate(RED) == []
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Delete").click()
    page.get_by_text("1 object will be deleted.").wait_for()
    assert whole(page).evaluate(RED) == ["Delete"]
    page.goto(f"{buckets}{bucket}/object/?key=reports/a.txt")
    assert whole(page).evaluate(RED) == []
    page.goto(queues)
    page.get_by_role("link", name="space").click()
    more(page)
    page.get_by_role("link", name="Purge").wait_for()
    assert whole(page).evaluate(RED) == []
    page.get_by_role("link", name="Purge").click()
    page.get_by_label("Type the name to confirm").wait_for()
    assert whole(page).evaluate(RED) == ["Purge"]
