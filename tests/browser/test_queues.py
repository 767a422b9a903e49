"""The SQS console as a person walks through it, in Chromium under a strict policy."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django.contrib.admin.utils import quote
from pytest_django import Settings

from tests.browser.conftest import CUT_TABLES, PHONE, more, read, whole
from tests.servers import LocalAWS
from tests.sqs import proxy

REGION = "us-browser-1"
OTHER_REGION = "eu-browser-1"
# Of the local servers this one alone takes any region, so that the list shows these queues only.
pytestmark = pytest.mark.aws_servers("ministack")


@dataclass(frozen=True)
class Queues:
    """The queues of these tests, and where their pages are."""

    aws: LocalAWS
    site: str

    @property
    def root(self) -> str:
        return f"{self.site}/admin/philo_aws/queue/"

    def page(self, name: str, page: str = "change", region: str = REGION) -> str:
        return f"{self.root}{quote(f'{region}/{name}')}/{page}/"

    def make(self, name: str, region: str = REGION, **attributes: str) -> str:
        return self.aws.make_queue(name, region=region, **attributes)

    def sqs(self, region: str = REGION) -> Any:
        return self.aws.client("sqs", region)

    def url(self, name: str, region: str = REGION) -> str:
        return str(self.sqs(region).get_queue_url(QueueName=name)["QueueUrl"])

    def attributes(self, name: str, region: str = REGION) -> dict[str, str]:
        answer = self.sqs(region).get_queue_attributes(
            QueueUrl=self.url(name, region), AttributeNames=["All"]
        )
        return dict(answer["Attributes"])

    def send(self, name: str, *bodies: str, region: str = REGION, **options: Any) -> None:
        for body in bodies:
            self.sqs(region).send_message(
                QueueUrl=self.url(name, region), MessageBody=body, **options
            )

    def receive(self, name: str, **options: Any) -> list[dict[str, Any]]:
        answer = self.sqs().receive_message(
            QueueUrl=self.url(name),
            MaxNumberOfMessages=10,
            MessageAttributeNames=["All"],
            AttributeNames=["All"],
            **options,
        )
        return list(answer.get("Messages", []))

    def history(self, name: str) -> list[str]:
        from django.contrib.admin.models import LogEntry

        entries = LogEntry.objects.filter(object_id=f"{REGION}/{name}").order_by("pk")
        return [entry.get_change_message() for entry in entries]


@pytest.fixture
def queues(aws: LocalAWS, site: str, settings: Settings, page: Any) -> Any:
    settings.AWS = {**settings.AWS, "region": REGION, "regions": [REGION, OTHER_REGION]}
    yield Queues(aws, site)
    # Else its script would ask for the figures of queues that are gone.
    page.goto("about:blank")
    for region in (REGION, OTHER_REGION):
        client = aws.client("sqs", region)
        for url in client.list_queues().get("QueueUrls", []):
            client.delete_queue(QueueUrl=url)


HIDE = """hidden => {
    Object.defineProperty(document, "hidden", {value: hidden, configurable: true});
    document.dispatchEvent(new Event("visibilitychange"));
}"""
FETCHED = "Number(document.querySelector('[data-fresh]')?.dataset.fresh || 0)"


def fetched(page: Any) -> int:
    """How often the script has fetched the figures."""
    return int(page.evaluate(FETCHED))


def fresh(page: Any, since: int = 0) -> None:
    """Wait until it has once more."""
    page.wait_for_function(f"n => {FETCHED} > n", arg=since)


def figure(page: Any, name: str, queue: str, region: str = REGION) -> str:
    return read(page, f'[data-queue="{region}/{queue}"] [data-figure={name}]')


def confirm(page: Any) -> None:
    page.click("button[name=confirm]")


def message(page: Any) -> str:
    return read(page, ".messagelist")


def test_all_regions_with_figures_that_stay_fresh(
    page: Any, queues: Queues, check_page: Callable[[Any], None]
) -> None:
    queues.make("orders-dead")
    arn = queues.attributes("orders-dead")["QueueArn"]
    policy = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": "3"})
    queues.make("orders", RedrivePolicy=policy)
    queues.make("mail", OTHER_REGION)
    queues.send("orders", "a", "b", "c")
    queues.send("mail", "a", region=OTHER_REGION)
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))

    page.goto(queues.root)
    fresh(page)
    assert [url for url in requests if url.endswith("/figures/")] == [f"{queues.root}figures/"]
    assert figure(page, "available", "orders") == "3"
    assert figure(page, "available", "mail", OTHER_REGION) == "1"
    assert whole(page).locator("tr:has-text('orders') svg polyline").count() == 2
    check_page(page)

    # Hidden, it rests; seen again, it asks at once.
    page.evaluate(HIDE, True)
    before = fetched(page)
    queues.send("orders", "d")
    assert figure(page, "available", "orders") == "3"
    page.evaluate(HIDE, False)
    fresh(page, before)
    assert figure(page, "available", "orders") == "4"
    label = page.get_attribute('[data-queue$="/orders"] svg', "aria-label")
    assert re.fullmatch(r"Last \d+ figures: from 3 to 4, now 4", label)

    page.click("text=Pause live refresh")
    assert read(page, "[data-queue-live-status]") == "Live refresh is paused."
    before = fetched(page)
    page.click("text=Resume live refresh")
    fresh(page, before)

    page.click("thead >> text=Available")
    page.wait_for_selector("th[aria-sort=descending]")
    names = whole(page).locator(".queue-table tbody th").all_inner_texts()
    assert names == ["orders", "mail", "orders-dead"]
    page.fill("#queue-search", "MAIL")
    page.press("#queue-search", "Enter")
    page.wait_for_selector("text=Show all")
    assert whole(page).locator(".queue-table tbody th").all_inner_texts() == ["mail"]


def test_the_script_says_when_it_cannot_refresh(
    page: Any, queues: Queues, expect_errors: Callable[[], Any]
) -> None:
    queues.make("orders")
    page.goto(queues.page("orders"))
    fresh(page)
    with expect_errors():
        answer = {"error": "AWS is away."}
        page.route("**/figures/", lambda route: route.fulfill(status=502, json=answer))
        page.click("text=Pause live refresh")
        page.click("text=Resume live refresh")
        page.wait_for_selector("text=AWS is away.")
    text = read(page, "[data-queue-live-status]")
    assert text == "The figures could not be refreshed: AWS is away. Next attempt in 10 s."

    with expect_errors():
        page.route("**/figures/", lambda route: route.fulfill(status=403, body="no"))
        page.click("text=Pause live refresh")
        page.click("text=Resume live refresh")
        page.wait_for_selector("text=You are signed out. Reload the page to sign in.")


def test_dead_letters_both_ways(
    page: Any, queues: Queues, check_page: Callable[[Any], None]
) -> None:
    queues.make("orders-dead")
    queues.make("orders")
    page.goto(queues.page("orders"))
    page.click("text=Edit")
    page.fill("[name=dead_letter_queue]", "orders-dead")
    page.fill("[name=max_receive_count]", "2")
    page.fill("[name=visibility_timeout]", "45")
    check_page(page)
    confirm(page)
    assert "The queue was changed." in message(page)
    assert queues.attributes("orders")["VisibilityTimeout"] == "45"

    check_page(page)
    page.click("section >> text=orders-dead")
    assert read(page, "h1") == "orders-dead"
    page.click("section >> text=orders")
    assert read(page, "h1") == "orders"
    page.goto(queues.page("orders-dead"))
    page.click("text=Redrive")
    assert "This endpoint has no message-move tasks" in read(page)
    check_page(page)


def test_send_peek_release_delete(
    page: Any, queues: Queues, check_page: Callable[[Any], None]
) -> None:
    queues.make("orders-dead")
    arn = queues.attributes("orders-dead")["QueueArn"]
    policy = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": "2"})
    queues.make("orders", RedrivePolicy=policy)

    page.goto(queues.page("orders"))
    page.click("text=Send message")
    page.fill("[name=body]", '{"order": 1,\n "note": "<script>alert(1)</script>"}')
    page.click("summary")
    page.fill("[name=attributes-0-name]", "kind")
    page.fill("[name=attributes-0-value]", "new")
    check_page(page)
    confirm(page)
    assert "The message was sent." in message(page)
    [sent] = queues.receive("orders", VisibilityTimeout=0)
    assert sent["Body"] == '{"order": 1,\n "note": "<script>alert(1)</script>"}'
    assert sent["MessageAttributes"]["kind"]["StringValue"] == "new"
    page.click("text=Send message")
    page.fill("[name=body]", "later")
    page.fill("[name=delay]", "600")
    confirm(page)
    assert queues.attributes("orders")["ApproximateNumberOfMessagesDelayed"] == "1"

    page.click("text=Peek")
    assert "The limit of this queue is 2" in read(page)
    check_page(page)
    page.fill("[name=count]", "10")
    confirm(page)
    assert read(page, ".queue-last-time").startswith("2/2\nthe next receive moves it")
    page.click("summary >> nth=0")
    assert '"note": "<script>alert(1)</script>"' in read(page, "pre >> nth=0")
    check_page(page)
    assert queues.receive("orders") == []
    page.click("text=Release all")
    assert "by whomever" in read(page)
    check_page(page)
    confirm(page)
    assert message(page) == "1 message was released."

    queues.send("orders-dead", "dead")
    page.goto(queues.page("orders-dead", "peek"))
    confirm(page)
    page.check(".queue-message input")
    page.click("text=Delete…")
    assert "1 message is deleted for good." in read(page)
    check_page(page)
    confirm(page)
    assert message(page) == "1 message was deleted."
    assert queues.receive("orders-dead") == []

    page.goto(queues.page("orders", "history"))
    told = read(page, "#change-history")
    assert re.search(r"Sent message .*Peeked at 1 message: .*Released 1 message", told, re.DOTALL)
    assert "note" not in told


def test_create_with_a_dead_letter_queue_then_purge_and_delete(
    page: Any, queues: Queues, check_page: Callable[[Any], None]
) -> None:
    page.goto(queues.root)
    page.click("text=Create queue")
    check_page(page)
    page.select_option("[name=region]", REGION)
    page.fill("[name=name]", "jobs")
    page.check("[name=kind][value=fifo]")
    page.check("[name=dead_letter][value=new]")
    page.check("[name=content_based_deduplication]")
    confirm(page)
    assert "The queue “jobs.fifo” was created." in message(page)
    policy = json.loads(queues.attributes("jobs.fifo")["RedrivePolicy"])
    assert policy["deadLetterTargetArn"].endswith(":jobs-dead.fifo")

    page.click("text=Send message")
    page.fill("[name=body]", "a")
    page.fill("[name=group_id]", "g")
    confirm(page)
    [sent] = queues.receive("jobs.fifo", VisibilityTimeout=0)
    assert sent["Attributes"]["MessageGroupId"] == "g"

    more(page).click(".aws-tools >> text=Purge")
    assert "About 1 message is in the queue" in read(page)
    page.fill("[name=typed_name]", "wrong")
    confirm(page)
    assert "This is not the name." in read(page)
    check_page(page)
    page.fill("[name=typed_name]", "jobs.fifo")
    confirm(page)
    assert queues.attributes("jobs.fifo")["ApproximateNumberOfMessages"] == "0"

    more(page).click(".aws-tools >> text=Delete")
    check_page(page)
    page.fill("[name=typed_name]", "jobs.fifo")
    confirm(page)
    fresh(page)
    assert whole(page).locator(".queue-table tbody th").all_inner_texts() == ["jobs-dead.fifo"]
    assert queues.history("jobs-dead.fifo") == ["Created."]


def test_a_phone_and_right_to_left(
    page: Any, queues: Queues, check_page: Callable[[Any], None], settings: Settings
) -> None:
    queues.make("a-very-long-queue-name-" + "that-goes-on-and-on-" * 2 + "to-the-end")
    name = "a-very-long-queue-name-" + "that-goes-on-and-on-" * 2 + "to-the-end"
    queues.send(name, "x" * 500)
    page.set_viewport_size(PHONE)
    pages = ("change", "send", "peek", "attributes", "redrive", "purge", "history")
    for language in ("en", "ar"):
        settings.LANGUAGE_CODE = language
        for path in (queues.root, *(queues.page(name, each) for each in pages)):
            page.goto(path)
            direction = page.get_attribute("html", "dir")
            assert direction == ("rtl" if language == "ar" else "ltr")
            wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
            assert wide <= 0, path
            for closed in page.locator("details:not([open]) > summary").all():
                closed.click()
            assert page.evaluate(CUT_TABLES) == 0, path
    page.goto(queues.page(name, "peek"))
    confirm(page)
    check_page(page)
    page.click("summary >> nth=0")
    check_page(page)
    assert page.evaluate(CUT_TABLES) == 0


def test_redrives_are_read_on_a_phone(
    page: Any, queues: Queues, check_page: Callable[[Any], None], settings: Settings
) -> None:
    queues.make("orders-dead")
    running = {
        "TaskHandle": "handle",
        "Status": "RUNNING",
        "ApproximateNumberOfMessagesMoved": 412,
        "ApproximateNumberOfMessagesToMove": 1280,
        "StartedTimestamp": 1_700_000_000_000,
    }

    # The local servers have no message-move tasks.
    def answer(call: proxy.Call, forward: proxy.Forward) -> proxy.Reply:
        if call.action == "ListMessageMoveTasks":
            return proxy.Reply(200, {"Results": [running, {**running, "Status": "COMPLETED"}]})
        return forward()

    with proxy.running(queues.aws.endpoint_url) as between:
        between.behaviour = answer
        settings.AWS = {**settings.AWS, "endpoint_url": between.endpoint_url}
        page.set_viewport_size(PHONE)
        page.goto(queues.page("orders-dead", "redrive"))
        check_page(page)
        assert page.evaluate(CUT_TABLES) == 0
        cells = page.locator("[data-active] > *")
        assert cells.last.inner_text() == "Where they came from"
        assert "412 of 1,280 moved" in cells.nth(2).inner_text()
        for cell in cells.all():
            box = cell.bounding_box()
            assert box["x"] >= 0
            assert box["x"] + box["width"] <= PHONE["width"]
        assert page.locator("[data-active]").bounding_box()["height"] < 150
        page.goto("about:blank")


def test_messages_are_moved_back_step_by_step(
    page: Any,
    queues: Queues,
    check_page: Callable[[Any], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # One receive is a step: more than a person would wait for is too much for a test.
    monkeypatch.setattr("philo_aws.admin.queues.move.MoveView.step_seconds", 0)
    queues.make("orders")
    queues.make("orders-dead")
    source = {"DataType": "String", "StringValue": "orders"}
    queues.send("orders-dead", *map(str, range(25)), MessageAttributes={"philo.source": source})
    page.set_viewport_size(PHONE)
    page.goto(queues.page("orders-dead", "redrive"))
    check_page(page)
    assert "the site moves the messages itself" in read(page)
    page.click("text=Move them back")
    # The page presses "Continue" itself, sooner than one could be sure to see each step.
    page.wait_for_selector("text=25 messages were moved.")
    page.wait_for_url(queues.page("orders-dead", "redrive"))
    assert queues.attributes("orders")["ApproximateNumberOfMessages"] == "25"
    told = ["Moved messages to where they came from: 25 messages."]
    assert queues.history("orders-dead") == told
    page.goto(queues.page("orders-dead", "redrive/move"))
    check_page(page)


def test_with_the_keyboard_alone(page: Any, queues: Queues) -> None:
    queues.make("orders")
    page.goto(queues.page("orders", "purge"))
    page.focus("[name=typed_name]")
    page.keyboard.type("orders")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.name") == "confirm"
    page.keyboard.press("Enter")
    page.wait_for_selector(".messagelist")
    assert "is being purged" in message(page)


def test_without_javascript(chromium: Any, page: Any, queues: Queues) -> None:
    queues.make("orders")
    queues.send("orders", "a", "b")
    context = chromium.new_context(
        java_script_enabled=False, storage_state=page.context.storage_state()
    )
    try:
        plain = context.new_page()
        plain.goto(queues.root)
        assert figure(plain, "available", "orders") == "–"
        plain.click("noscript a")
        assert figure(plain, "available", "orders") == "2"
        plain.click("tbody >> text=orders")
        assert figure(plain, "available", "orders") == "2"
        plain.click("text=Peek")
        confirm(plain)
        plain.click("text=Hold for longer")
        plain.click("text=Release all")
        assert message(plain) == "2 messages were released."
    finally:
        context.close()
