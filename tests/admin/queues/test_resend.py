from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from philo_aws.sqs.consumer import parking
from tests.admin.queues.conftest import Console, Table
from tests.servers import LocalAWS
from tests.sqs.proxy import Proxy, refusal

pytestmark = pytest.mark.aws_servers("ministack")

Peek = Callable[..., Table]


def test_several_move_and_leave_one_line(
    console: Console, aws: LocalAWS, peek: Peek, history: Any, read: Any
) -> None:
    other = console.of(aws.make_queue())
    error = {"DataType": "String", "StringValue": "ValueError"}
    kind = {"DataType": "String", "StringValue": "new"}
    console.send("a", "b", "c", MessageAttributes={parking.ERROR: error, "kind": kind})
    table = peek(console)
    asked = read(table.ask("peek/move", "a", "b"))
    assert "2 messages are sent to the queue that you name" in asked

    table = table.do("peek/move", "a", "b", destination=other.name)

    assert table.beginnings == ["c"]
    moved = other.receive()
    assert sorted(each["Body"] for each in moved) == ["a", "b"]
    assert all(parking.ERROR not in each["MessageAttributes"] for each in moved)
    assert all(each["MessageAttributes"]["kind"]["StringValue"] == "new" for each in moved)
    assert history(console.id)[-1].startswith(f"Moved 2 messages to {other.name}: ")


def test_only_to_a_queue_that_is_there_and_that_one_may_send_to(
    proxy: Proxy,
    console: Console,
    aws: LocalAWS,
    peek: Peek,
    read: Any,
    staff: Callable[..., Any],
) -> None:
    console.send("a")
    table = peek(console)
    for name in ("", "no-such-queue", console.name, "orders.fifo"):
        read(console.post("peek/move", table.fields("a", destination=name)))
    other = console.of(aws.make_queue())
    person = console.by(staff("view_queue", "receive_message", "delete_message"))
    console.send("b")
    theirs = peek(person)
    response = person.post("peek/move", theirs.fields("b", destination=other.name))
    assert response.status_code == 403
    assert proxy.actions("SendMessageBatch") == []
    assert proxy.actions("DeleteMessageBatch") == []


def test_what_could_not_be_deleted_may_be_in_both_and_the_page_says_so(
    proxy: Proxy, console: Console, peek: Peek, read: Any
) -> None:
    console.send("a")
    table = peek(console)
    proxy.behaviour = lambda call, forward: (
        refusal("AccessDenied", 403, "You may not.") if "Delete" in call.action else forward()
    )
    text = read(console.post("peek/send-again", table.fields("a")))
    assert "1 message was sent again." in text
    assert "It was sent and could not be deleted, so it may be in both queues: " in text


def test_of_a_fifo_queue_it_comes_to_the_end_of_its_group(
    console: Console, aws: LocalAWS, peek: Peek, read: Any
) -> None:
    attributes = {"FifoQueue": "true", "ContentBasedDeduplication": "true"}
    fifo = console.of(aws.make_queue("again.fifo", **attributes))
    fifo.send("a", "b", MessageGroupId="g")
    table = peek(fifo)
    assert "end of its message group" in read(table.ask("peek/send-again", "a"))
    assert " g " in read(table.response)
    table = table.do("peek/send-again", "a")
    fifo.post("release", {"look": table.token, "message": "all"})
    assert [each["Body"] for each in fifo.receive()] == ["b", "a"]


def test_what_is_too_large_to_be_kept_stays(console: Console, peek: Peek, read: Any) -> None:
    console.send(*[f"{number}{'x' * 1_000_000}" for number in range(6)])
    table = peek(console, 6)
    short = [raw for raw in table.beginnings if raw]
    assert len(short) == 6
    text = read(console.post("peek/send-again", {"look": table.token, "message": "all"}))
    assert "Only its beginning is kept." in text
    kept = Table(console, console.get("peek"))
    assert 1 <= len(kept.numbers) <= 2
