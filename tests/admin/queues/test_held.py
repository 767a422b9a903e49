from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.admin.queues.conftest import Console, Table
from tests.sqs.proxy import Call, Forward, Proxy, Reply, refusal

pytestmark = pytest.mark.aws_servers("ministack")


def test_bad_ones_are_deleted_and_no_good_one_moves(
    with_dead_letters: tuple[Console, Console], peek: Callable[..., Table], history: Any
) -> None:
    """Three of thirteen go in three rounds, of a queue that allows two receives."""
    queue, dead = with_dead_letters
    good = [f"good {number}" for number in range(10)]
    queue.send(*good, "bad 1", "bad 2", "bad 3")
    table = peek(queue, 100)
    assert len(table.numbers) == 13
    for bad in ("bad 1", "bad 2", "bad 3"):
        # Looked at again and again meanwhile.
        again = queue.get("peek")
        assert again.status_code == 200
        assert "deleted for good" in table.ask("delete-message", bad).content.decode()
        table = table.do("delete-message", bad)
        assert bad not in table.beginnings
    assert sorted(table.beginnings) == good
    queue.post("release", {"look": table.token, "message": "all"})

    received = queue.receive(VisibilityTimeout=0)
    assert sorted(each["Body"] for each in received) == good
    assert {each["Attributes"]["ApproximateReceiveCount"] for each in received} == {"2"}
    assert dead.attributes["ApproximateNumberOfMessages"] == "0"
    told = [entry.split(":")[0] for entry in history(queue.id)]
    assert told == ["Peeked at 13 messages", *["Deleted 1 message"] * 3, "Released 10 messages"]


def test_a_lying_store_and_hostile_bodies_make_a_page(
    proxy: Proxy, console: Console, peek: Callable[..., Table]
) -> None:
    """No ids, counts that are none, bodies nested beyond any parser: shown, and deleted."""
    bodies = ["[" * 800 + "]" * 800, '{"a":' * 800 + "1" + "}" * 800, "<script>alert(1)</script>"]

    def lie(call: Call, forward: Forward) -> Reply:
        answer = forward()
        if call.action != "ReceiveMessage":
            return answer
        told = json.loads(answer.body)
        for raw in told.get("Messages", ()):
            del raw["MessageId"]
            raw["Attributes"] = {"ApproximateReceiveCount": "many", "SentTimestamp": "yesterday"}
        return Reply(answer.status, told)

    console.send(*bodies)
    proxy.behaviour = lie
    table = peek(console, 10)
    assert len(table.numbers) == 3
    assert "<script>alert(1)" not in table.html
    table = table.do("delete-message", table.beginnings[0])
    assert len(table.numbers) == 2


def test_who_may_not_delete_sees_no_button(
    console: Console, staff: Callable[..., Any], peek: Callable[..., Table]
) -> None:
    console.send("a")
    reader = console.by(staff("view_queue", "receive_message"))
    table = peek(reader)

    assert "Delete…" not in table.html
    assert "Send again…" not in table.html
    assert "Release" in table.html
    assert reader.post("delete-message", table.fields("a")).status_code == 403


def test_what_is_not_in_flight_is_not_deleted_and_the_page_says_so(
    proxy: Proxy, console: Console, peek: Callable[..., Table], read: Any, history: Any
) -> None:
    # AWS says so, local servers take every receipt.
    console.send("a")
    table = peek(console)

    def over(call: Call, forward: Forward) -> Reply:
        if call.action == "ChangeMessageVisibilityBatch":
            entry = {"Id": "0", "SenderFault": True, "Code": "MessageNotInflight"}
            return Reply(200, {"Successful": [], "Failed": [entry]})
        return forward()

    proxy.behaviour = over
    response = console.post("delete-message", table.fields("a"))

    assert "1 was not held any more, so nothing was done to it." in read(response)
    assert proxy.actions("DeleteMessageBatch") == []
    assert len(history(console.id)) == 1


def test_what_is_deleted_twice_is_told_once(
    console: Console, peek: Callable[..., Table], read: Any, history: Any
) -> None:
    console.send("a", "b")
    table = peek(console)
    fields = table.fields("a")
    assert "1 message was deleted." in read(console.post("delete-message", fields))
    assert "Nothing was done" in read(console.post("delete-message", fields))
    assert [entry.split(":")[0] for entry in history(console.id)] == [
        "Peeked at 2 messages",
        "Deleted 1 message",
    ]


def test_a_failure_is_on_the_page_and_they_are_still_there(
    proxy: Proxy, console: Console, peek: Callable[..., Table], read: Any, history: Any
) -> None:
    console.send("a", "b")
    table = peek(console)
    proxy.behaviour = lambda call, forward: (
        refusal("AccessDenied", 403, "You may not.") if "Delete" in call.action else forward()
    )
    assert "You may not." in read(console.post("delete-message", table.fields("a")))
    assert len(history(console.id)) == 1
    proxy.behaviour = lambda _call, forward: forward()
    assert table.do("delete-message", "a").beginnings == ["b"]


def test_nothing_ticked_asks_aws_for_nothing(
    proxy: Proxy, console: Console, peek: Callable[..., Table], read: Any
) -> None:
    console.send("a")
    peek(console)
    proxy.calls.clear()
    for fields in ({}, {"look": "another", "message": "1"}, {"message": "all"}):
        assert "select messages that you hold" in read(console.post("delete-message", fields))
    assert proxy.calls == []


def test_the_script_is_told_how_long(console: Console, peek: Callable[..., Table]) -> None:
    path = console.path("peek/hold")
    assert console.client.post(path, headers={"Accept": "application/json"}).json() == {
        "seconds": 0
    }
    console.send("a")
    peek(console)
    answer = console.client.post(path, headers={"Accept": "application/json"}).json()
    assert 118 <= answer["seconds"] <= 120
