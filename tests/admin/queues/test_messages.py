from __future__ import annotations

import html
import json
import re
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from tests.admin.queues.conftest import Console
from tests.sqs.proxy import Call, Forward, Proxy, Reply, refusal

Read = Callable[[Any], str]
History = Callable[[str], list[str]]


class TestPeek:
    def test_the_page_warns_and_receives_nothing(
        self, with_dead_letters: tuple[Console, Console], read: Read
    ) -> None:
        queue, dead = with_dead_letters
        queue.send("a")
        text = read(queue.get("peek"))

        assert "To peek is to receive: the receive count of each message rises by one" in text
        assert "The limit of this queue is 2: a message that was received as often goes to" in text
        assert f"the dead-letter queue “{dead.name}” at the next receive" in text
        assert queue.receive()[0]["Attributes"]["ApproximateReceiveCount"] == "1"

    def test_without_a_limit_it_says_so(self, console: Console, read: Read) -> None:
        assert "there is no limit to the receives" in read(console.get("peek"))

    def test_shows_bodies_attributes_and_the_receive_count(
        self, with_dead_letters: tuple[Console, Console], read: Read
    ) -> None:
        queue, _ = with_dead_letters
        queue.send(
            '{"order": 1, "items": ["a"]}',
            MessageAttributes={
                "kind": {"DataType": "String", "StringValue": "new"},
                "raw": {"DataType": "Binary", "BinaryValue": b"\x00\x01"},
            },
        )
        response = queue.post("peek", {"count": "10"})
        text = read(response)

        assert '{\n  "order": 1,\n  "items": [\n    "a"\n  ]\n}' in self.blocks(response)
        assert '{"order": 1, "items": ["a"]}' in self.blocks(response)
        assert "1 time of 2" in text
        assert "kind String new" in text
        assert "raw Binary AAE=" in text

    def test_the_last_receive_before_the_limit_is_marked(
        self, with_dead_letters: tuple[Console, Console], read: Read
    ) -> None:
        queue, _ = with_dead_letters
        queue.send("a")
        queue.receive(VisibilityTimeout=0)

        text = read(queue.post("peek", {"count": "1"}))

        assert "2 times of 2 – the next receive moves it to the dead-letter queue" in text

    def test_a_message_is_hidden_for_30_seconds_and_not_deleted(
        self, proxy: Proxy, console: Console
    ) -> None:
        console.send("a")
        console.post("peek", {"count": "1"})

        assert console.receive() == []
        assert console.attributes["ApproximateNumberOfMessagesNotVisible"] == "1"
        [call] = proxy.actions("ReceiveMessage")
        assert call.body["VisibilityTimeout"] == 30

    def test_an_empty_queue_says_so(self, console: Console, read: Read) -> None:
        assert "No message came." in read(console.post("peek", {"count": "1"}))

    @pytest.mark.aws_servers("ministack")
    def test_a_hostile_body_is_text(self, console: Console) -> None:
        hostile = "<script>alert(1)</script>\u202e{{ x }}\r\nend"
        console.send(hostile)
        response = console.post("peek", {"count": "1"})

        assert "<script>alert" not in response.content.decode()
        assert self.blocks(response) == ["<script>alert(1)</script>\\u202e{{ x }}\\r\nend"]

    @pytest.mark.aws_servers("ministack")
    def test_only_the_beginning_of_a_very_long_body_is_shown(
        self, console: Console, read: Read
    ) -> None:
        console.send("x" * 300_000)
        response = console.post("peek", {"count": "1"})

        assert [len(block) for block in self.blocks(response)] == [100_000]
        assert "The beginning: 100,000 of 300,000 characters." in read(response)

    @pytest.mark.aws_servers("ministack")
    def test_ten_large_messages_make_a_page_and_not_a_dead_worker(self, console: Console) -> None:
        bodies = ["[" * 1_000_000, '{"a":1,' * 140_000, "\"'" * 500_000, "é" * 500_000]
        console.send(*bodies, *["<" * 250_000] * 6)
        began = time.process_time()
        response = console.post("peek", {"count": "10"})
        assert time.process_time() - began < 10

        assert len(self.blocks(response)) == 10
        assert max(map(len, self.blocks(response))) == 20_000
        assert len(response.content) < 1_500_000

    @pytest.mark.aws_servers("ministack")
    def test_numbers_keys_and_escapes_are_shown_as_they_were_sent(self, console: Console) -> None:
        console.send('{"n":1e400,"n":0.10,"s":"\\u0041"}')
        pretty, sent = self.blocks(console.post("peek", {"count": "1"}))
        assert pretty == '{\n  "n": 1e400,\n  "n": 0.10,\n  "s": "\\u0041"\n}'
        assert sent == '{"n":1e400,"n":0.10,"s":"\\u0041"}'

    @pytest.mark.aws_servers("ministack")
    def test_as_a_file_a_message_comes_whole(self, console: Console, history: History) -> None:
        attributes = {
            "raw": {"DataType": "Binary", "BinaryValue": b"\x00\x01"},
            "kind": {"DataType": "String", "StringValue": "<new>"},
        }
        console.send("é" * 300_000, MessageAttributes=attributes)
        assert "Receive as a file" in console.get("peek").content.decode()
        response = console.client.post(console.path("peek"), {"count": "1", "confirm": "file"})

        assert response.headers["Content-Type"] == "application/json"
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        name = f"{console.name}.json"
        assert response.headers["Content-Disposition"] == f'attachment; filename="{name}"'
        [message] = json.loads(response.content)
        assert message["Body"] == "é" * 300_000
        assert message["MessageAttributes"]["raw"]["BinaryValue"] == "AAE="
        assert message["MessageAttributes"]["kind"]["StringValue"] == "<new>"
        assert "ReceiptHandle" not in message
        assert history(console.id)[-1].startswith("Peeked at 1 message: ")

    @pytest.mark.aws_servers("ministack")
    @pytest.mark.parametrize("count", ["0", "11", "", "x"])
    def test_one_to_ten(self, proxy: Proxy, console: Console, count: str, read: Read) -> None:
        assert "Please correct the error below." in read(console.post("peek", {"count": count}))
        assert proxy.actions("ReceiveMessage") == []

    def test_the_history_holds_ids_and_no_bodies(self, console: Console, history: History) -> None:
        console.send("the secret body")
        console.post("peek", {"count": "1"})

        [entry] = history(console.id)
        assert re.fullmatch(r"Peeked at 1 message: [0-9a-f-]{36}\.", entry)

    @staticmethod
    def blocks(response: Any) -> list[str]:
        found = re.findall(r"<pre.*?>(.*?)</pre>", response.content.decode(), re.DOTALL)
        return [html.unescape(block) for block in found]


def forms_of(response: Any, page: str) -> list[dict[str, Any]]:
    """The hidden fields of the forms that post to `page`, without the token."""
    forms = re.findall(
        rf'<form method="post" action="[^"]*/{page}/">(.*?)</form>',
        response.content.decode(),
        re.DOTALL,
    )
    found = []
    for form in forms:
        fields: dict[str, Any] = {}
        for name, value in re.findall(r'name="(receipt|message_id)" value="([^"]*)"', form):
            fields.setdefault(name, []).append(value)
        found.append(fields)
    return found


class TestRelease:
    def test_gives_all_back_at_once(self, console: Console, read: Read, history: History) -> None:
        console.send("a", "b")
        [fields] = forms_of(console.post("peek", {"count": "10"}), "release")
        assert console.receive() == []

        assert "2 messages were released." in str(
            [str(m) for m in console.post("release", fields).context["messages"]]
        )
        assert len(console.receive()) == 2
        assert history(console.id)[-1] == "Released 2 messages."

    @pytest.mark.aws_servers("ministack")
    def test_asks_first_when_the_button_was_not_the_pages(
        self, console: Console, read: Read
    ) -> None:
        response = console.client.post(console.path("release"), {"receipt": ["x", "y"]})
        assert "2 messages can be received by others at once." in read(response)

    @pytest.mark.aws_servers("ministack")
    def test_without_receipts_nothing_happens(self, proxy: Proxy, console: Console) -> None:
        assert "nothing to release" in console.get("release").content.decode()
        console.post("release")
        assert proxy.actions("ChangeMessageVisibility") == []

    @pytest.mark.aws_servers("ministack")
    def test_a_request_releases_no_more_than_a_peek_receives(
        self, proxy: Proxy, console: Console
    ) -> None:
        console.post("release", {"receipt": [f"receipt-{number}" for number in range(30)]})
        asked = {call.body["ReceiptHandle"] for call in proxy.actions("ChangeMessageVisibility")}
        assert asked == {f"receipt-{number}" for number in range(10)}

    @pytest.mark.aws_servers("ministack")
    def test_a_receipt_that_is_none_is_an_error_on_the_page(
        self, proxy: Proxy, console: Console, read: Read
    ) -> None:
        proxy.behaviour = lambda call, forward: (
            refusal("ReceiptHandleIsInvalid", 404, "Not a receipt.")
            if call.action == "ChangeMessageVisibility"
            else forward()
        )
        assert "Not a receipt." in read(console.post("release", {"receipt": ["x"]}))


class TestDeleteMessage:
    def test_asks_holds_the_lease_and_deletes_only_this_one(
        self, proxy: Proxy, console: Console, read: Read, history: History
    ) -> None:
        console.send("a", "b")
        fields = forms_of(console.post("peek", {"count": "10"}), "delete-message")
        assert len(fields) == 2

        question = console.client.post(console.path("delete-message"), fields[0])
        assert "One message is deleted for good." in read(question)
        assert fields[0]["message_id"][0] in read(question)
        assert proxy.actions("DeleteMessage") == []
        [hold] = proxy.actions("ChangeMessageVisibility")
        assert hold.body["VisibilityTimeout"] == 30

        console.post("delete-message", fields[0])
        [call] = proxy.actions("DeleteMessage")
        assert call.body["ReceiptHandle"] == fields[0]["receipt"][0]
        assert console.attributes["ApproximateNumberOfMessagesNotVisible"] == "1"
        assert history(console.id)[-1] == f"Deleted message {fields[0]['message_id'][0]}."

    @pytest.mark.aws_servers("ministack")
    def test_a_lease_that_is_over_is_an_error_and_nothing_is_deleted(
        self, proxy: Proxy, console: Console, read: Read, history: History
    ) -> None:
        # AWS says so, local servers take every receipt.
        def over(call: Call, forward: Forward) -> Reply:
            if call.action == "ChangeMessageVisibility":
                return refusal("MessageNotInflight", 400, "It is not in flight.")
            return forward()

        proxy.behaviour = over
        response = console.post("delete-message", {"receipt": "x", "message_id": "m"})

        assert "It is not in flight." in read(response)
        assert proxy.actions("DeleteMessage") == []
        assert history(console.id) == []

    @pytest.mark.aws_servers("ministack")
    def test_who_may_not_delete_sees_no_button(
        self, console: Console, staff: Callable[..., Client]
    ) -> None:
        console.send("a")
        reader = console.by(staff("view_queue", "receive_message"))
        response = reader.post("peek", {"count": "1"})

        assert forms_of(response, "delete-message") == []
        assert forms_of(response, "release") != []
        assert reader.post("delete-message", {"receipt": "x"}).status_code == 403
