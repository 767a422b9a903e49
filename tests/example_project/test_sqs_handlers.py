"""The example's handler: a function, called with messages as a consumer would make them."""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from philo_aws.sqs.consumer import Message, Reject, registry
from philo_aws.sqs.consumer.registry import Handler
from philo_aws.sqs.consumer.source import Source

if TYPE_CHECKING:
    from example_project.models import Photo


@pytest.fixture
def handler(site: None, db: None) -> Iterator[Handler]:
    """What the module has noted for the queue."""
    registry.forget()
    from example_project import sqs_handlers

    importlib.reload(sqs_handlers)
    (noted,) = registry.handlers()
    yield noted
    registry.forget()


@pytest.fixture
def photo(handler: Handler) -> Photo:
    from example_project.models import Photo

    # With its size, for which nobody opens the file.
    return Photo.objects.create(title="Hills", image="photos/hills.jpg", width=3, height=2)


def handle(handler: Handler, body: str) -> None:
    raw = {"MessageId": "m", "ReceiptHandle": "r", "Body": body}
    handler.function(Message(Source(handler), raw, begun=0, lease=60))


def test_takes_the_caption_which_the_page_shows(handler: Handler, photo: Photo, staff: Any) -> None:
    for _ in range(2):
        handle(handler, json.dumps({"photo": photo.pk, "caption": "<b>At dawn</b>"}))
    assert "<span>&lt;b&gt;At dawn&lt;/b&gt;</span>" in staff.get("/photos/").content.decode()


@pytest.mark.parametrize(
    "body",
    [
        "Hello",
        "[]",
        "{}",
        "null",
        '{"photo": "1", "caption": ""}',
        '{"photo": true, "caption": ""}',
        '{"photo": 123456, "caption": "of none"}',
        '{"photo": 1}',
        json.dumps({"photo": 1, "caption": "x" * 201}),
    ],
)
def test_rejects_what_is_no_message_of_it(handler: Handler, photo: Photo, body: str) -> None:
    with pytest.raises(Reject):
        handle(handler, body)
    photo.refresh_from_db(fields=["caption"])
    assert photo.caption == ""
