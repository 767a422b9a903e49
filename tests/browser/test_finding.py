"""What is looked for is found, and what a page is opened for stands where one looks first."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from pytest_django import Settings

from philo_aws.admin.buckets.emptying import EmptyBucketView
from philo_aws.admin.buckets.search import SearchView
from philo_aws.clients import get_client
from philo_aws.s3.web import emptysteps
from tests.browser.conftest import more, whole
from tests.servers import LocalAWS, Pool

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


# The text of what has the colours of Django's own buttons that delete, or of its errors.
RED = """() => {
    const probe = document.createElement("canvas").getContext("2d");
    const style = getComputedStyle(document.documentElement);
    const red = ["--delete-button-bg", "--error-fg"].map((name) => {
        probe.fillStyle = style.getPropertyValue(name).trim();
        const [r, g, b] = [1, 3, 5].map((at) => parseInt(probe.fillStyle.slice(at, at + 2), 16));
        return `rgb(${r}, ${g}, ${b})`;
    });
    return [...document.querySelectorAll("main a, main button, main summary")]
        .filter((each) => each.checkVisibility())
        .filter((each) => {
            const {backgroundColor, color} = getComputedStyle(each);
            return red.includes(backgroundColor) || red.includes(color);
        })
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
    page.locator(".aws-menu summary").first.click()
    assert page.get_by_role("link", name="Delete", exact=True).is_visible()
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


@pytest.fixture(scope="module")
def many(aws_pool: Pool) -> str:
    """A bucket of 3,000 keys in a folder, and three that lie among them; to be looked at only."""
    aws = aws_pool["ministack"]
    bucket, client = aws.make_bucket(), aws.client("s3")
    keys = [f"logs/line-{number:04}.txt" for number in range(3_000)]
    keys += ["logs/1/Invoice 7.txt", "logs/line-1500/invoice-8.txt", "logs/invoices/a.txt"]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda key: client.put_object(Bucket=bucket, Key=key, Body=b"1"), keys))
    return bucket


@pytest.fixture
def asked(aws: LocalAWS) -> Iterator[list[str]]:
    """The operations of S3 that the pages asked for."""
    made: list[str] = []
    events = get_client("s3", purpose="web").meta.events

    def note(event_name: str, **kwargs: Any) -> None:
        made.append(event_name.rpartition(".")[2])

    events.register("before-send.s3", note)
    yield made
    events.unregister("before-send.s3", note)


CALLED = (
    "(name) => [document.activeElement.id, document.activeElement.innerText.trim()].includes(name)"
)


def tab_to(page: Any, wanted: str) -> None:
    """Press Tab until the focus is on what has this text or id, at most a hundred times."""
    for _ in range(100):
        if page.evaluate(CALLED, wanted):
            return
        page.keyboard.press("Tab")
    raise AssertionError(wanted)


def test_one_of_three_thousand_is_found_by_the_keyboard_alone(
    many: str,
    page: Any,
    buckets: str,
    asked: list[str],
    check_page: Callable[[Any], None],
) -> None:
    page.goto(f"{buckets}{many}/change/?prefix=logs/")
    tab_to(whole(page), "aws-search")
    asked.clear()
    page.keyboard.type("INVOICE")
    page.keyboard.press("Enter")
    page.get_by_text("3 found. All of it was looked at: 3,003 objects.").wait_for()
    assert asked == ["ListObjectsV2"] * 4
    rows = whole(page).locator(".aws-table tbody th").all_inner_texts()
    found = ["invoices/", "1/Invoice 7.txt", "line-1500/invoice-8.txt"]
    assert [row.strip() for row in rows] == found
    check_page(page)
    tab_to(page, "1/Invoice 7.txt")
    page.keyboard.press("Enter")
    page.locator("h1", has_text="Invoice 7.txt").wait_for()


def test_a_long_search_says_how_far_it_came_and_goes_on(
    many: str,
    page: Any,
    buckets: str,
    asked: list[str],
    monkeypatch: pytest.MonkeyPatch,
    check_page: Callable[[Any], None],
) -> None:
    monkeypatch.setattr(SearchView, "search_limit", 1_000)
    page.set_viewport_size(PHONE)
    page.goto(f"{buckets}{many}/change/?prefix=logs/")
    page.get_by_label("Search this folder").fill("invoice")
    asked.clear()
    page.get_by_role("button", name="Search").click()
    page.get_by_text("2 found. Looked at 1,000 objects, up to “line-0997.txt”").wait_for()
    assert asked == ["ListObjectsV2"]
    check_page(page)
    for seen in ("Looked at 2,000", "Looked at 3,000"):
        whole(page).get_by_role("link", name="Go on searching").first.click()
        page.get_by_text(seen).wait_for()
    whole(page).get_by_role("link", name="Go on searching").first.click()
    page.get_by_text("3 found. All of it was looked at: 3,003 objects.").wait_for()
    assert asked == ["ListObjectsV2"] * 4


def test_the_end_of_three_thousand_is_a_click_away(
    many: str, page: Any, buckets: str, asked: list[str]
) -> None:
    page.goto(f"{buckets}{many}/change/?prefix=logs/")
    asked.clear()
    whole(page).get_by_role("link", name="Last page").click()
    page.get_by_role("link", name="line-2999.txt", exact=True).wait_for()
    assert whole(page).locator(".aws-table tbody tr").count() == 100
    assert set(asked) == {"ListObjectsV2"}
    assert len(asked) <= 7
    assert not page.get_by_role("link", name="Next page").is_visible()
    page.get_by_role("link", name="Size").click()
    page.get_by_text("Only this page is sorted: S3 itself lists by name.").wait_for()


def test_many_go_once_their_number_is_typed(
    aws: LocalAWS, page: Any, buckets: str, bucket: str, check_page: Callable[[Any], None]
) -> None:
    put(aws, bucket, *(f"logs/{number}.txt" for number in range(101)))
    page.goto(f"{buckets}{bucket}/change/?prefix=logs/")
    more(page).get_by_role("link", name="Delete folder").click()
    page.get_by_text("101 objects will be deleted.").wait_for()
    check_page(page)
    page.get_by_role("button", name="Delete", exact=True).click()
    page.get_by_text("This field is required.").wait_for()
    page.get_by_label("Type the number of objects to confirm").fill("10")
    page.get_by_role("button", name="Delete", exact=True).click()
    page.get_by_text("This is not the number.").wait_for()
    assert "Contents" in aws.client("s3").list_objects_v2(Bucket=bucket)
    page.get_by_label("Type the number of objects to confirm").fill("101")
    page.get_by_role("button", name="Delete", exact=True).click()
    page.get_by_text("101 objects were deleted.").wait_for()
    assert "Contents" not in aws.client("s3").list_objects_v2(Bucket=bucket)


def test_a_full_bucket_is_emptied_and_deleted_in_one_go(
    aws: LocalAWS,
    page: Any,
    buckets: str,
    monkeypatch: pytest.MonkeyPatch,
    check_page: Callable[[Any], None],
) -> None:
    monkeypatch.setattr(EmptyBucketView, "step_seconds", 0.0)
    monkeypatch.setattr(emptysteps, "PAGE", 4)
    bucket = aws.make_bucket()
    put(aws, bucket, *(f"d/{number}" for number in range(10)))
    aws.client("s3").create_multipart_upload(Bucket=bucket, Key="u")
    page.set_viewport_size(NARROW)
    page.goto(f"{buckets}{bucket}/change/")
    more(page).get_by_role("link", name="Delete bucket").click()
    page.get_by_text("It holds 10 objects. 1 upload was begun and not finished.").wait_for()
    assert page.get_by_label("Delete the bucket, too, once it is empty").is_checked()
    check_page(page)
    page.get_by_label("Type the name to confirm").fill(bucket)
    page.get_by_role("button", name="Delete for good").click()
    page.get_by_text(f"The bucket “{bucket}” was deleted.").wait_for()
    listed = [found["Name"] for found in aws.client("s3").list_buckets()["Buckets"]]
    assert bucket not in listed


@pytest.mark.parametrize("language", ["en", "ar"])
def test_what_was_found_fits_a_narrow_window_in_either_direction(
    aws: LocalAWS,
    page: Any,
    buckets: str,
    bucket: str,
    settings: Settings,
    check_page: Callable[[Any], None],
    language: str,
) -> None:
    settings.LANGUAGE_CODE = language
    long = "x" * 120
    put(aws, bucket, f"reports/{long}/{long}.txt", "reports/a.txt")
    page.set_viewport_size(NARROW)
    for path in ("change/?prefix=reports/", "search/?q=x", "search/?q=nothing", "empty/"):
        page.goto(f"{buckets}{bucket}/{path}")
        assert whole(page).locator("html").get_attribute("dir") == (
            "rtl" if language == "ar" else "ltr"
        )
        check_page(page)


@pytest.mark.parametrize(
    "pasted",
    [
        "https://{b}.s3.eu-west-1.amazonaws.com/reports/2026/",
        "https://eu-west-1.console.aws.amazon.com/s3/buckets/{b}?region=eu-west-1&prefix=reports/2026/",
        "{b}/reports/2026",
        "s3://{b}/reports/2026",
    ],
)
def test_an_address_as_people_have_it_opens_the_folder(
    aws: LocalAWS, page: Any, buckets: str, bucket: str, pasted: str
) -> None:
    put(aws, bucket, "reports/2026/january.txt")
    page.goto(buckets)
    whole(page).get_by_label("Address").fill(pasted.format(b=bucket))
    page.keyboard.press("Enter")
    page.get_by_role("link", name="january.txt", exact=True).wait_for()
    assert page.locator("h1").inner_text() == "2026/"
