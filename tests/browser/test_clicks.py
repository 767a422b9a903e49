"""Daily jobs, each done on the shortest way, with the clicks that `docs/admin.md` tells."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from philo_aws import s3
from tests.browser.conftest import whole
from tests.browser.hand import Hand, documented
from tests.browser.test_buckets import keys_of, put
from tests.browser.test_queues import Queues, queues
from tests.servers import LocalAWS

__all__ = ["queues"]

pytestmark = pytest.mark.aws_servers("ministack")


@pytest.fixture
def opened(tab: Any, site: str, aws: LocalAWS, bucket: str) -> Callable[..., Hand]:
    """Open the page of the bucket, or a folder of it, where each job begins."""

    def open_page(path: str = "change/") -> Hand:
        tab.goto(f"{site}/admin/philo_aws/bucket/{bucket}/{path}")
        return Hand(whole(tab))

    return open_page


def link(page: Any, name: str) -> Any:
    return page.get_by_role("link", name=name, exact=True)


def button(page: Any, name: str) -> Any:
    return page.get_by_role("button", name=name, exact=True)


def more(hand: Hand) -> None:
    hand.click(whole(hand.page).locator(".aws-more > summary"))


def test_upload_a_folder(
    aws: LocalAWS, opened: Callable[..., Hand], bucket: str, tmp_path: Path
) -> None:
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "index.html").write_text("index")
    hand = opened()
    hand.click(link(hand.page, "Upload"))
    with hand.page.expect_file_chooser() as chooser:
        hand.click(button(hand.page, "Choose a folder"))
    chooser.value.set_files(tmp_path / "site")
    hand.page.get_by_text("1 of 1 files uploaded").wait_for()
    assert keys_of(aws, bucket) == ["site/index.html"]
    assert hand.counted == documented()["upload a folder"]


def test_find_by_a_part_of_a_name(aws: LocalAWS, opened: Callable[..., Hand], bucket: str) -> None:
    put(aws, bucket, a__deep__Invoice_7=b"", a__other=b"")
    hand = opened()
    hand.click(hand.page.get_by_label("Search this bucket"))
    hand.type("invoice")
    hand.press("Enter")
    hand.click(link(hand.page, "a/deep/Invoice_7.txt"))
    hand.page.get_by_role("heading", name="Invoice_7.txt").wait_for()
    assert hand.counted == documented()["open an object of which a part of the name is known"]


def test_create_a_folder(aws: LocalAWS, opened: Callable[..., Hand], bucket: str) -> None:
    hand = opened()
    hand.click(link(hand.page, "Create folder"))
    hand.click(hand.page.get_by_label("Folder name"))
    hand.type("new")
    hand.press("Enter")
    hand.page.get_by_role("heading", name="new/").wait_for()
    assert keys_of(aws, bucket) == ["new/"]
    assert hand.counted == documented()["create a folder"]


def test_undelete_an_object(aws: LocalAWS, opened: Callable[..., Hand], bucket: str) -> None:
    s3.put_bucket_versioning(bucket, {"Status": "Enabled"})
    put(aws, bucket, a=b"content")
    aws.client("s3").delete_object(Bucket=bucket, Key="a.txt")
    hand = opened()
    hand.click(link(hand.page, "Deleted objects"))
    hand.click(link(hand.page, "Undelete a.txt"))
    hand.click(button(hand.page, "Restore"))
    hand.page.get_by_role("heading", name="a.txt").wait_for()
    assert keys_of(aws, bucket) == ["a.txt"]
    assert hand.counted == documented()["bring a deleted object back"]


def test_a_folder_as_it_was(aws: LocalAWS, opened: Callable[..., Hand], bucket: str) -> None:
    s3.put_bucket_versioning(bucket, {"Status": "Enabled"})
    put(aws, bucket, a=b"content")
    hand = opened()
    hand.click(link(hand.page, "Deleted objects"))
    hand.click(link(hand.page, "As it was at a time"))
    # It was an hour ago, which is what the field says.
    hand.click(hand.page.get_by_label("Delete what was not there then"))
    hand.click(button(hand.page, "Look what would change"))
    hand.click(button(hand.page, "Bring it back"))
    hand.page.locator(".messagelist").wait_for()
    assert keys_of(aws, bucket) == []
    assert hand.counted == documented()["make a folder what it was an hour ago"]


def test_switch_versions_on(aws: LocalAWS, opened: Callable[..., Hand], bucket: str) -> None:
    hand = opened()
    more(hand)
    hand.click(link(hand.page, "Settings"))
    hand.click(link(hand.page, "Change Versions"))
    assert hand.page.get_by_label("On: what is overwritten").is_checked()
    hand.click(button(hand.page, "Save"))
    hand.page.get_by_text("Versions are kept from now on.").wait_for()
    assert s3.get_bucket_versioning(bucket)["Status"] == "Enabled"
    assert hand.counted == documented()["switch versions on"]


def test_allow_uploads(aws: LocalAWS, opened: Callable[..., Hand], bucket: str) -> None:
    hand = opened()
    more(hand)
    hand.click(link(hand.page, "Settings"))
    hand.click(button(hand.page, "Allow uploads from this site"))
    hand.page.get_by_text("go straight to S3 from now on.").wait_for()
    assert hand.counted == documented()["let a site send files to the bucket (CORS)"]


def test_empty_and_delete_a_bucket(aws: LocalAWS, opened: Callable[..., Hand], bucket: str) -> None:
    put(aws, bucket, a=b"", b=b"")
    hand = opened()
    more(hand)
    hand.click(link(hand.page, "Delete bucket"))
    # The field has the focus.
    hand.page.get_by_label("Type the name to confirm").wait_for()
    hand.type(bucket)
    hand.click(button(hand.page, "Delete for good"))
    hand.page.get_by_text(f"The bucket “{bucket}” was deleted.").wait_for()
    assert hand.counted == documented()["empty a bucket and delete it"]


@pytest.fixture
def orders(queues: Queues, page: Any) -> Hand:
    """The page of a queue with two messages, beside its dead-letter queue."""
    queues.make("orders-dead")
    arn = queues.attributes("orders-dead")["QueueArn"]
    policy = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": "5"})
    queues.make("orders", RedrivePolicy=policy)
    queues.send("orders", "one", "two")
    page.goto(queues.page("orders"))
    return Hand(whole(page))


def test_look_at_messages(orders: Hand) -> None:
    orders.click(link(orders.page, "Peek"))
    orders.click(button(orders.page, "Receive"))
    orders.page.get_by_text("2 messages were received.").wait_for()
    assert orders.counted == documented()["look at the messages of a queue"]


def test_delete_messages(orders: Hand, queues: Queues) -> None:
    orders.click(link(orders.page, "Peek"))
    orders.click(button(orders.page, "Receive"))
    orders.click(orders.page.get_by_label("Select all on this page"))
    orders.click(button(orders.page, "Delete…"))
    orders.click(button(orders.page, "Delete"))
    orders.page.get_by_text("2 messages were deleted.").wait_for()
    assert queues.attributes("orders")["ApproximateNumberOfMessagesNotVisible"] == "0"
    assert orders.counted == documented()["delete all messages that one looked at"]


def test_send_a_message(orders: Hand, queues: Queues) -> None:
    orders.click(link(orders.page, "Send message"))
    orders.click(orders.page.get_by_label("Body"))
    orders.type("three")
    orders.click(button(orders.page, "Send"))
    orders.page.locator(".messagelist").wait_for()
    assert queues.attributes("orders")["ApproximateNumberOfMessages"] == "3"
    assert orders.counted == documented()["send a message"]


def test_purge_a_queue(orders: Hand, queues: Queues) -> None:
    more(orders)
    orders.click(link(orders.page, "Purge"))
    orders.page.get_by_label("Type the name to confirm").wait_for()
    orders.type("orders")
    orders.click(button(orders.page, "Purge"))
    orders.page.locator(".messagelist").wait_for()
    assert queues.attributes("orders")["ApproximateNumberOfMessages"] == "0"
    assert orders.counted == documented()["purge a queue"]
