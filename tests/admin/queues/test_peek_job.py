from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.admin.queues.conftest import Console, Table

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
