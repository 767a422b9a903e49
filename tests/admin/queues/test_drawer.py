from __future__ import annotations

from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.test import Client, RequestFactory

from philo_aws.admin.queues.drawer import SHORT, Batch, Drawer, new_batch


@pytest.fixture
def request_of(rf: RequestFactory, admin_user: Any, admin_client: Client) -> Any:
    request = rf.get("/")
    request.user, request.session = admin_user, admin_client.session
    return request


def batch_of(*bodies: str) -> Batch:
    batch = new_batch(until=4e9, limit=3)
    for number, body in enumerate(bodies):
        raw = {"DataType": "Binary", "BinaryValue": b"\x00\xff"}
        batch.add(
            {
                "MessageId": str(number),
                "ReceiptHandle": f"handle {number}",
                "Body": body,
                "Attributes": {"ApproximateReceiveCount": str(number)},
                "MessageAttributes": {"raw": raw},
            }
        )
    return batch


def test_what_is_kept_comes_back_and_is_no_part_of_the_persons_own_session(
    request_of: Any,
) -> None:
    drawer = Drawer(request_of, "r/q")
    assert drawer.open() is None
    batch = batch_of("a", "b")
    assert drawer.keep(batch)

    assert Drawer(request_of, "r/q").open() == batch
    assert Drawer(request_of, "r/other").open() is None
    assert len(str(dict(request_of.session.items()))) < 1000


def test_another_person_of_the_same_session_does_not_come_to_it(
    request_of: Any, django_user_model: Any
) -> None:
    Drawer(request_of, "r/q").keep(batch_of("a"))
    request_of.user = django_user_model.objects.create_user("other")
    assert Drawer(request_of, "r/q").open() is None


def test_closed_nothing_is_left(request_of: Any) -> None:
    drawer = Drawer(request_of, "r/q")
    before = Session.objects.count()
    drawer.keep(batch_of("a"))
    drawer.keep(batch_of("a"))
    assert Session.objects.count() == before + 1
    drawer.close()
    assert Session.objects.count() == before
    assert drawer.open() is None


def test_of_what_is_too_much_the_beginning_is_kept() -> None:
    batch = batch_of("a" * 10_000, "b" * 10_000)
    batch.shorten(15_000)
    assert batch.cut == {2: 10_000}
    assert batch.messages[1]["Body"] == "a" * 10_000
    assert batch.messages[2]["Body"] == "b" * SHORT


def test_the_last_receive_is_that_of_the_limit() -> None:
    batch = batch_of("a", "b", "c", "d", "e")
    assert [raw["MessageId"] for raw in batch.last_ones()] == ["3", "4"]
    batch.limit = 0
    assert batch.last_ones() == []


def test_those_given_back_at_the_limit_are_counted(request_of: Any) -> None:
    drawer = Drawer(request_of, "r/q")
    drawer.spend(batch_of("a", "b", "c", "d", "e").last_ones())
    assert (drawer.spent(3), drawer.spent(4), drawer.spent(5)) == (2, 1, 0)
    drawer.forget_spent()
    assert drawer.spent(3) == 0
