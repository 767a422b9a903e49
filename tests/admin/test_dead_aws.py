"""An AWS that throttles, denies, is slow or away, or whose credentials expired, page by page."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django import Settings

from philo_aws.admin import base
from philo_aws.admin.waiting import PagePatience
from tests.admin.stores import (
    ACCESS_KEY,
    SECRET_KEY,
    Answer,
    Asked,
    Store,
    refusal,
    serving,
)
from tests.servers import free_port

BUCKET = "/admin/philo_aws/bucket/"
QUEUE = "/admin/philo_aws/queue/"
JSON = "application/json"
PAGES: dict[str, Callable[[Client], Any]] = {
    "bucket list": lambda client: client.get(BUCKET),
    "browse": lambda client: client.get(f"{BUCKET}some-bucket/change/"),
    "object": lambda client: client.get(f"{BUCKET}some-bucket/object/?key=a.txt"),
    "usage": lambda client: client.get(f"{BUCKET}some-bucket/usage/"),
    "queue list": lambda client: client.get(QUEUE),
    "queue": lambda client: client.get(f"{QUEUE}us-east-1_2Forders/change/"),
    "delete objects": lambda client: client.post(
        f"{BUCKET}some-bucket/delete-objects/", {"select_key": "a", "confirm": "yes"}
    ),
    "purge": lambda client: client.post(
        f"{QUEUE}us-east-1_2Forders/purge/", {"typed_name": "orders", "confirm": "yes"}
    ),
    "figures (JSON)": lambda client: client.post(
        f"{QUEUE}figures/", {"queues": ["us-east-1/orders"]}, content_type=JSON
    ),
    "begin upload (JSON)": lambda client: client.post(
        f"{BUCKET}some-bucket/upload/begin/", {"key": "a", "size": 1}, content_type=JSON
    ),
}
# What it answers S3, what SQS, and what a person is told to do about it.
TROUBLES = {
    "throttled": (("SlowDown", 503), ("ThrottlingException", 400), "Try later"),
    "expired": (
        ("ExpiredToken", 400),
        ("ExpiredTokenException", 400),
        "The credentials have expired. Sign in again, or give fresh ones.",
    ),
    "denied": (
        ("AccessDenied", 403),
        ("AccessDenied", 403),
        "Ask for it to be allowed.",
    ),
    "slow": (None, None, "in time"),
    "unreachable": (None, None, "cannot be reached. Check the network"),
}


@pytest.fixture
def store() -> Iterator[Store]:
    with serving(lambda asked: refusal(asked, "AccessDenied", 403)) as running:
        yield running


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("trouble", TROUBLES)
def test_a_page_says_what_is_wrong_and_what_to_do(
    store: Store, settings: Settings, admin_client: Client, trouble: str, page: str
) -> None:
    s3, sqs, sentence = TROUBLES[trouble]

    def answer(asked: Asked) -> Answer:
        refused = sqs if asked.action else s3
        if refused is None:
            # It lives, but is slower than anybody waits.
            store.ended.wait(2)
            return refusal(asked, "InternalError", 500)
        return refusal(asked, *refused)

    store.answer = answer
    settings.AWS = store.settings()
    if trouble == "slow":
        settings.AWS |= {"timeouts": {"web": {"connect": 0.3, "read": 0.3, "max_attempts": 1}}}
    elif trouble == "unreachable":
        settings.AWS |= {"endpoint_url": f"http://127.0.0.1:{free_port()}"}
    began = time.monotonic()
    response = PAGES[page](admin_client)

    assert time.monotonic() - began < 15
    body = response.content.decode()
    told = sentence
    if page == "bucket list" and trouble == "denied":
        told = "AWS does not let these credentials list the buckets"
    elif page in ("object", "begin upload (JSON)") and trouble in ("throttled", "expired"):
        # The answer to HEAD has no body that could say why.
        told = "Try again later" if trouble == "throttled" else "the credentials have expired"
    if "JSON" in page:
        assert response.status_code in (400, 502)
        assert told in response.json()["error"]
    else:
        assert response.status_code == 200
        assert told in body
        # In the admin's own frame, not a page of the server's.
        assert 'id="content-main"' in body
        assert "philo_aws/admin.css" in body
    assert "Traceback" not in body
    assert ACCESS_KEY not in body
    assert SECRET_KEY not in body


@pytest.mark.parametrize(
    ("page", "asked"),
    [
        # One call after the other, each of which may take its time.
        ("delete objects", {"select_folder": "d/", "select_key": "a"}),
        ("copy", {"select_key": "a", "bucket": "other-bucket", "key": "b"}),
        ("object", None),
        ("metadata", None),
    ],
)
def test_the_calls_of_a_page_share_its_time(
    store: Store,
    settings: Settings,
    admin_client: Client,
    monkeypatch: pytest.MonkeyPatch,
    page: str,
    asked: dict[str, str] | None,
) -> None:
    waited_for: list[str] = []

    def answer(asked: Asked) -> Answer:
        if asked.method == "HEAD":
            store.ended.wait(0.4)
            return Answer(200, b"")
        # Longer than the page may take, which so is over before this is.
        store.ended.wait(20)
        waited_for.append(asked.method)
        return refusal(asked, "SlowDown", 503)

    store.answer = answer
    settings.AWS = store.settings(timeouts={"web": {"connect": 3, "read": 60}})
    monkeypatch.setattr(base, "PagePatience", lambda: PagePatience(0.8))
    path = f"{BUCKET}some-bucket/{page.replace(' ', '-')}/?key=a"
    if asked:
        response = admin_client.post(path, {**asked, "confirm": "yes"})
    else:
        response = admin_client.get(path)

    assert not waited_for
    assert response.status_code == 200
    if page != "metadata":
        assert "AWS did not answer in time" in response.content.decode()


def test_when_aws_is_away_not_every_file_waits_for_it(
    store: Store, settings: Settings, admin_client: Client
) -> None:
    def answer(asked: Asked) -> Answer:
        store.ended.wait(2)
        return refusal(asked, "InternalError", 500)

    store.answer = answer
    settings.AWS = store.settings(timeouts={"web": {"connect": 1, "read": 0.3, "max_attempts": 1}})
    files = [SimpleUploadedFile(f"{number}.txt", b"x") for number in range(3)]
    path = f"{BUCKET}some-bucket/upload/"
    response = admin_client.post(path, {"files": files, "confirm": "yes"})

    [message] = [str(message) for message in get_messages(response.wsgi_request)]
    assert message.startswith("0 files were uploaded. 0.txt: AWS at http://127.0.0.1:")
    assert "did not answer in time." in message
    assert message.endswith("2 more files were not tried.")
    assert len(store.asked) == 1
