"""Writes whose answer is lost: the history says that nobody knows, and other pages do not wait."""

from __future__ import annotations

import concurrent.futures
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django import Settings

from tests.admin.buckets.test_load import site
from tests.admin.stores import Answer, Asked, Store, refusal, serving

BUCKET = "/admin/philo_aws/bucket/some-bucket/"
QUEUE = "/admin/philo_aws/queue/us-east-1_2Forders/"
JSON = "application/json"
SOON = {"web": {"connect": 1, "read": 0.3, "max_attempts": 1}}

# What is written, and the entry that is wanted where its answer does not come.
WRITES: dict[str, tuple[Callable[[Client], Any], str]] = {
    "copy": (
        lambda client: client.post(
            f"{BUCKET}copy/",
            {"confirm": "yes", "select_key": "a", "bucket": "some-bucket", "key": "b"},
        ),
        "Copy of 'a': AWS did not say whether it was done; it may be.",
    ),
    "copy many": (
        lambda client: client.post(
            f"{BUCKET}copy/",
            {"confirm": "yes", "select_key": ["a", "c"], "bucket": "some-bucket", "key": "d/"},
        ),
        "Copied, or not: AWS did not say whether it was done to 'a', 'c'.",
    ),
    "delete": (
        lambda client: client.post(
            f"{BUCKET}delete-objects/", {"confirm": "yes", "select_key": "a"}
        ),
        "'a'",
    ),
    "create folder": (
        lambda client: client.post(f"{BUCKET}folder/", {"confirm": "yes", "name": "new"}),
        "Create folder",
    ),
    "upload": (
        lambda client: client.post(
            f"{BUCKET}upload/", {"confirm": "yes", "files": SimpleUploadedFile("a.txt", b"x")}
        ),
        "Upload of 'a.txt': AWS did not say whether it was done; it may be.",
    ),
    "finish upload": (
        lambda client: client.post(
            f"{BUCKET}upload/finish/",
            {"key": "a", "size": 1, "upload_id": "u"},
            content_type=JSON,
        ),
        "Upload of 'a' (1 bytes): AWS did not say whether it was done; it may be.",
    ),
    "purge": (
        lambda client: client.post(f"{QUEUE}purge/", {"confirm": "yes", "typed_name": "orders"}),
        "Purge queue",
    ),
    "send": (
        lambda client: client.post(
            f"{QUEUE}send/",
            {
                "confirm": "yes",
                "body": "hello",
                "attributes-TOTAL_FORMS": "0",
                "attributes-INITIAL_FORMS": "0",
            },
        ),
        "Send message",
    ),
}
SOURCES = ("/some-bucket/a", "/some-bucket/c")
FOUND = Answer(
    200,
    b"x",
    headers=(("ETag", '"e"'), ("Last-Modified", "Thu, 01 Jan 2026 00:00:00 GMT")),
)


def store_without_writes(store: Callable[[], Store]) -> Callable[[Asked], Answer]:
    """Answer what is read, and nothing that is written."""

    def answer(asked: Asked) -> Answer:
        if asked.method == "HEAD":
            return FOUND if asked.path in SOURCES else Answer(404, b"")
        if asked.method == "GET" and "uploadId" in asked.query:
            body = (
                "<ListPartsResult><UploadId>u</UploadId><Part><PartNumber>1</PartNumber>"
                "<ETag>e</ETag><Size>1</Size></Part></ListPartsResult>"
            )
            return Answer(200, body.encode())
        if asked.method == "GET":
            return Answer(200, b"<Tagging><TagSet></TagSet></Tagging>")
        if asked.action == "GetQueueUrl":
            body = '{"QueueUrl": "http://127.0.0.1/1/orders"}'
            return Answer(200, body.encode(), "application/x-amz-json-1.0")
        store().ended.wait(5)
        return refusal(asked, "InternalError", 500)

    return answer


@pytest.mark.parametrize("write", WRITES)
def test_a_write_without_an_answer_is_in_the_history(
    settings: Settings, admin_client: Client, write: str
) -> None:
    from django.contrib.admin.models import LogEntry

    do, wanted = WRITES[write]
    running: list[Store] = []
    with serving(store_without_writes(lambda: running[0])) as store:
        running.append(store)
        settings.AWS = store.settings(timeouts=SOON)
        do(admin_client)
    entries = [entry.get_change_message() for entry in LogEntry.objects.order_by("pk")]
    assert len(entries) == 1, entries
    assert wanted in entries[0]
    assert "AWS did not say whether it was done" in entries[0]


def test_what_was_refused_is_not_in_the_history(settings: Settings, admin_client: Client) -> None:
    from django.contrib.admin.models import LogEntry

    with serving(lambda asked: refusal(asked, "AccessDenied", 403)) as store:
        settings.AWS = store.settings(timeouts=SOON)
        for do, _wanted in WRITES.values():
            do(admin_client)
    assert not LogEntry.objects.exists()


COPIES = 40
PROMPT = 2.0
LISTING = b"<ListBucketResult><Name>some-bucket</Name><KeyCount>0</KeyCount></ListBucketResult>"


def test_forty_copies_at_a_silent_store_hold_up_no_other_page(
    settings: Settings, tmp_path: Path
) -> None:
    copying = threading.Semaphore(0)

    def answer(asked: Asked) -> Answer:
        if asked.method == "HEAD":
            return FOUND if asked.path.endswith("/a") else Answer(404, b"")
        if asked.method == "GET":
            body = LISTING if "list-type" in asked.query else b"<T><TagSet></TagSet></T>"
            return Answer(200, body)
        copying.release()
        store.ended.wait(30)
        return refusal(asked, "InternalError", 500)

    with serving(answer) as store:
        settings.AWS = store.settings()
        with (
            site(settings, tmp_path) as ask,
            concurrent.futures.ThreadPoolExecutor(COPIES) as pool,
        ):
            copies = [
                pool.submit(
                    ask,
                    f"{BUCKET}copy/",
                    {"confirm": "yes", "select_key": "a", "bucket": "some-bucket", "key": f"b{n}"},
                )
                for n in range(COPIES)
            ]
            for _ in range(8):
                assert copying.acquire(timeout=15)
            for _ in range(5):
                # The other pages have their answer though all the copies still wait.
                assert b"This bucket is empty." in ask(f"{BUCKET}change/", timeout=PROMPT)
            assert not any(each.done() for each in copies)
            told = [each.result() for each in copies]
        assert all(b"aws-error" in page for page in told)
