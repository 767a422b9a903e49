"""The table of received messages as a person works with it, in Chromium under a strict policy."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.browser.conftest import CUT_TABLES, PHONE, read, whole
from tests.browser.test_queues import Queues, confirm, message, queues

__all__ = ["queues"]

pytestmark = pytest.mark.aws_servers("ministack")


@pytest.fixture
def orders(queues: Queues) -> Queues:
    """A queue that allows three receives, and the one for what fails."""
    queues.make("orders-dead")
    arn = queues.attributes("orders-dead")["QueueArn"]
    policy = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": "3"})
    queues.make("orders", RedrivePolicy=policy)
    return queues


def lines(page: Any) -> list[str]:
    return sorted(whole(page).locator(".queue-message summary code").all_inner_texts())


def tick(page: Any, *bodies: str) -> None:
    for body in bodies:
        page.check(f".queue-message:has(code:text-is('{body}')) input[name=message]")


def test_bad_ones_among_good_ones(
    page: Any, orders: Queues, check_page: Callable[[Any], None]
) -> None:
    good = [f"good {number}" for number in range(10)]
    orders.send("orders", *good, "bad 1", "bad 2", "bad 3")
    page.goto(orders.page("orders", "peek"))
    check_page(page)
    page.fill("[name=count]", "100")
    confirm(page)
    assert message(page) == "13 messages were received."
    assert lines(page) == sorted([*good, "bad 1", "bad 2", "bad 3"])
    assert "1/3" in read(page, ".queue-receives >> nth=0")
    assert page.is_disabled("text=Delete…")
    check_page(page)

    for bad in ("bad 1", "bad 2", "bad 3"):
        tick(page, bad)
        assert read(page, "[data-aws-selected]") == "1 selected"
        page.click("text=Delete…")
        assert bad in read(page, ".aws-items")
        check_page(page)
        confirm(page)
        assert message(page) == "1 message was deleted."
        page.reload()
        assert bad not in lines(page)
    page.click("a >> text=Back to the queue")
    page.go_back()
    assert lines(page) == good
    page.click("text=Release all")
    assert message(page) == "10 messages were released."

    left = orders.receive("orders")
    assert sorted(each["Body"] for each in left) == good
    assert {each["Attributes"]["ApproximateReceiveCount"] for each in left} == {"2"}
    assert orders.attributes("orders-dead")["ApproximateNumberOfMessages"] == "0"


def test_several_at_once(page: Any, orders: Queues, check_page: Callable[[Any], None]) -> None:
    orders.send("orders", *"abcdefg")
    orders.make("orders-later")
    page.goto(orders.page("orders", "peek"))
    confirm(page)
    tick(page, "a", "b")
    page.click("text=Move…")
    check_page(page)
    page.fill("[name=destination]", "orders-later")
    confirm(page)
    assert message(page) == "2 messages were moved."
    assert lines(page) == list("cdefg")
    assert orders.attributes("orders-later")["ApproximateNumberOfMessages"] == "2"

    tick(page, "c")
    page.click("text=Send again…")
    check_page(page)
    confirm(page)
    assert message(page) == "1 message was sent again."
    tick(page, "d")
    page.click("button:text-is('Release')")
    assert message(page) == "1 message was released."
    assert lines(page) == list("efg")
    counts = {
        each["Body"]: each["Attributes"]["ApproximateReceiveCount"]
        for each in orders.receive("orders")
    }
    assert counts == {"c": "1", "d": "2"}

    page.check("[data-aws-all]")
    assert read(page, "[data-aws-selected]") == "3 selected"
    page.click("text=Delete…")
    confirm(page)
    assert message(page) == "3 messages were deleted."
    told = orders.history("orders")
    heads = [entry.partition(":")[0] for entry in told]
    assert heads == [
        "Peeked at 7 messages",
        "Moved 2 messages to orders-later",
        "Sent 1 message again",
        "Released 1 message",
        "Deleted 3 messages",
    ]


def test_they_are_held_while_one_works_and_no_longer(
    page: Any, orders: Queues, monkeypatch: pytest.MonkeyPatch, check_page: Callable[[Any], None]
) -> None:
    # Two minutes are more than a test has.
    for module in ("held", "messages"):
        monkeypatch.setattr(f"philo_aws.admin.queues.{module}.LEASE_SECONDS", 6)
    orders.send("orders", "a")
    page.goto(orders.page("orders", "peek"))
    confirm(page)
    # A third of the time has to pass since the page began before they are held longer.
    held = page.locator("[data-queue-lease][data-held]")
    while not held.count():
        page.keyboard.press("Shift")
        page.wait_for_timeout(200)
    assert "and longer while you work here" in read(page, "[data-queue-lease-status]")
    page.wait_for_selector("[data-queue-lease][data-over]")
    assert "The time of these messages is over" in read(page, "[data-queue-lease-status]")
    check_page(page)
    page.reload()
    assert "You see them as they were." in read(page)
    assert page.locator("text=Delete…").count() == 0
    check_page(page)


def test_on_a_phone(
    page: Any, orders: Queues, check_page: Callable[[Any], None], settings: Any
) -> None:
    body = json.dumps({"order": 1, "note": "x" * 200, "items": [{"sku": "a" * 60}]})
    kind = {"DataType": "String", "StringValue": "y" * 100}
    orders.send("orders", body, "second", "third", MessageAttributes={"kind": kind})
    page.set_viewport_size(PHONE)
    page.goto(orders.page("orders", "peek"))
    confirm(page)
    for language in ("en", "ar", "de"):
        settings.LANGUAGE_CODE = language
        page.goto(orders.page("orders", "peek"))
        for summary in page.locator("td.queue-body > details > summary").all():
            summary.click()
        wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        assert wide <= 0
        assert page.evaluate(CUT_TABLES) == 0
        check_page(page)
