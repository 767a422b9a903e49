from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.admin.queues.conftest import ROOT, Console
from tests.sqs.proxy import Proxy, refusal

Read = Callable[[Any], str]
History = Callable[[str], list[str]]


class TestPurge:
    def test_says_how_many_and_what_else(self, console: Console, read: Read) -> None:
        console.send("a", "b", "c")
        console.sqs.receive_message(QueueUrl=console.url)
        text = read(console.get("purge"))

        assert f"About 3 messages are in the queue “{console.name}”, 1 in flight." in text
        assert "those in flight too" in text
        assert "once in 60 seconds" in text

    def test_takes_the_typed_name_and_nothing_else(
        self, console: Console, read: Read, history: History
    ) -> None:
        console.send("a", "b")
        for typed in ("", "no", console.id):
            response = console.post("purge", {"typed_name": typed})
            assert "Please correct the error below." in read(response)
        assert console.attributes["ApproximateNumberOfMessages"] == "2"
        assert history(console.id) == []

        response = console.post("purge", {"typed_name": console.name})
        assert "is being purged" in read(response)
        assert console.attributes["ApproximateNumberOfMessages"] == "0"
        assert history(console.id) == ["Purged."]

    @pytest.mark.aws_servers("ministack")
    def test_a_second_one_within_a_minute(self, proxy: Proxy, console: Console, read: Read) -> None:
        # Neither server minds, AWS does.
        proxy.behaviour = lambda call, forward: (
            refusal("PurgeQueueInProgress", 403) if call.action == "PurgeQueue" else forward()
        )
        response = console.post("purge", {"typed_name": console.name})
        assert "was purged less than 60 seconds ago. Wait, then try again." in read(response)


class TestDelete:
    def test_takes_the_typed_name_and_goes_to_the_list(
        self, console: Console, read: Read, history: History
    ) -> None:
        assert "no queue of this name can be made" in read(console.get("delete"))
        assert "This is not the name." in read(console.post("delete", {"typed_name": "x"}))
        assert console.attributes

        response = console.post("delete", {"typed_name": console.name})
        assert response.redirect_chain == [(ROOT, 302)]
        assert f"The queue “{console.name}” is being deleted." in read(response)
        with pytest.raises(ClientError, match=r"NonExistentQueue|QueueDoesNotExist"):
            assert console.attributes
        assert len(history(console.id)) == 1

    @pytest.mark.aws_servers("ministack")
    def test_the_history_outlives_the_queue(self, console: Console) -> None:
        console.post("delete", {"typed_name": console.name})
        response = console.get("history")

        assert response.status_code == 200
        assert [entry.is_deletion() for entry in response.context["action_list"]] == [True]
