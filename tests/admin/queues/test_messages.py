from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.admin.queues.conftest import Console, Table
from tests.sqs.proxy import Proxy

Read = Callable[[Any], str]
History = Callable[[str], list[str]]
Peek = Callable[..., Table]


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
        self, with_dead_letters: tuple[Console, Console], read: Read, peek: Peek
    ) -> None:
        queue, _ = with_dead_letters
        queue.send(
            '{"order": 1, "items": ["a"]}',
            MessageAttributes={
                "kind": {"DataType": "String", "StringValue": "new"},
                "raw": {"DataType": "Binary", "BinaryValue": b"\x00\x01"},
            },
        )
        response = peek(queue)
        text = read(response.response)

        assert '{\n  "order": 1,\n  "items": [\n    "a"\n  ]\n}' in response.blocks
        assert '{"order": 1, "items": ["a"]}' in response.blocks
        assert " 1/2 " in text
        assert response.beginnings == ['{"order": 1, "items": ["a"]}']
        assert "kind String new" in text
        assert "raw Binary AAE=" in text

    def test_the_last_receive_before_the_limit_is_marked(
        self, with_dead_letters: tuple[Console, Console], read: Read
    ) -> None:
        queue, _ = with_dead_letters
        queue.send("a")
        queue.receive(VisibilityTimeout=0)

        text = read(queue.post("peek", {"count": "1"}))

        assert "2/2 the next receive moves it to the dead-letter queue" in text

    def test_a_message_is_hidden_for_two_minutes_and_not_deleted(
        self, proxy: Proxy, console: Console
    ) -> None:
        console.send("a")
        console.post("peek", {"count": "1"})

        assert console.receive() == []
        assert console.attributes["ApproximateNumberOfMessagesNotVisible"] == "1"
        [call] = proxy.actions("ReceiveMessage")
        assert call.body["VisibilityTimeout"] == 120

    def test_an_empty_queue_says_so(self, console: Console, read: Read) -> None:
        assert "No message came." in read(console.post("peek", {"count": "1"}))

    @pytest.mark.aws_servers("ministack")
    def test_a_hostile_body_is_text(self, console: Console, peek: Peek) -> None:
        hostile = "<script>alert(1)</script>\u202e{{ x }}\r\nend"
        console.send(hostile)
        response = peek(console)

        assert "<script>alert" not in response.html
        assert response.blocks == ["<script>alert(1)</script>\\u202e{{ x }}\\r\nend"]

    @pytest.mark.aws_servers("ministack")
    def test_only_the_beginning_of_a_very_long_body_is_shown(
        self, console: Console, read: Read, peek: Peek
    ) -> None:
        console.send("x" * 300_000)
        response = peek(console)

        assert [len(block) for block in response.blocks] == [100_000]
        assert "The beginning: 100,000 of 300,000 characters." in read(response.response)

    @pytest.mark.aws_servers("ministack")
    def test_ten_large_messages_make_a_page_and_not_a_dead_worker(
        self, console: Console, peek: Peek
    ) -> None:
        bodies = ["[" * 1_000_000, '{"a":1,' * 140_000, "\"'" * 500_000, "é" * 500_000]
        console.send(*bodies, *["<" * 250_000] * 6)
        began = time.process_time()
        response = peek(console)
        assert time.process_time() - began < 10

        assert len(response.blocks) == 10
        assert max(map(len, response.blocks)) == 20_000
        assert len(response.html) < 1_500_000

    @pytest.mark.aws_servers("ministack")
    def test_numbers_keys_and_escapes_are_shown_as_they_were_sent(
        self, console: Console, peek: Peek
    ) -> None:
        console.send('{"n":1e400,"n":0.10,"s":"\\u0041"}')
        pretty, sent = peek(console).blocks
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
    @pytest.mark.parametrize("count", ["0", "101", "", "x"])
    def test_one_to_a_hundred(self, proxy: Proxy, console: Console, count: str, read: Read) -> None:
        assert "Please correct the error below." in read(console.post("peek", {"count": count}))
        assert proxy.actions("ReceiveMessage") == []

    def test_the_history_holds_ids_and_no_bodies(self, console: Console, history: History) -> None:
        console.send("the secret body")
        console.post("peek", {"count": "1"})

        [entry] = history(console.id)
        assert re.fullmatch(r"Peeked at 1 message: [0-9a-f-]{36}\.", entry)

    def test_a_reload_receives_nothing_and_loses_nothing(
        self, proxy: Proxy, console: Console, peek: Peek
    ) -> None:
        console.send(*map(str, range(25)))
        table = peek(console, 100)
        assert sorted(table.beginnings) == sorted(map(str, range(25)))
        proxy.calls.clear()

        again = Table(console, console.get("peek"))

        assert again.ids == table.ids
        assert proxy.calls == []

    @pytest.mark.aws_servers("ministack")
    def test_more_are_added_to_what_is_held_up_to_a_hundred(
        self, proxy: Proxy, console: Console, peek: Peek, read: Read
    ) -> None:
        console.send(*map(str, range(110)))
        assert len(peek(console, 95).numbers) == 95
        assert "What comes is added to what you hold" in read(console.get("peek", more="yes"))
        assert "1 to 5." in read(console.get("peek", more="yes"))

        table = peek(console, 5)

        assert len(set(table.ids)) == 100
        assert "Receive more" not in table.html

    @pytest.mark.aws_servers("ministack")
    def test_nobody_else_sees_them(
        self, console: Console, peek: Peek, staff: Callable[..., Any], read: Read
    ) -> None:
        console.send("the secret body")
        table = peek(console)
        other = console.by(staff("view_queue", "receive_message", "delete_message"))

        assert "secret" not in other.get("peek").content.decode()
        response = other.post("delete-message", table.fields("the secret body"))
        assert "select messages that you hold" in read(response)
        assert Table(console, console.get("peek")).ids == table.ids

    @pytest.mark.aws_servers("ministack")
    def test_each_queue_has_its_own(self, console: Console, peek: Peek, aws: Any) -> None:
        console.send("a")
        peek(console)
        other = console.of(aws.make_queue())
        assert "To peek is to receive" in other.get("peek").content.decode()

    @pytest.mark.aws_servers("ministack")
    def test_once_their_time_is_over_the_page_says_so_and_does_nothing(
        self,
        proxy: Proxy,
        console: Console,
        peek: Peek,
        read: Read,
        monkeypatch: pytest.MonkeyPatch,
        history: History,
    ) -> None:
        monkeypatch.setattr("philo_aws.admin.queues.messages.LEASE_SECONDS", 1)
        console.send("a")
        table = peek(console)
        # It waits for this second, as its lease is what is tried.
        while console.receive(VisibilityTimeout=0) == []:
            time.sleep(0.1)
        proxy.calls.clear()

        text = read(console.get("peek"))
        assert "The time of these messages was over at" in text
        assert "Delete…" not in text
        for page in ("delete-message", "release", "peek/send-again", "peek/move"):
            response = console.post(page, {**table.fields(), "message": "all"})
            assert "The time of these messages is over" in read(response)
        assert proxy.calls == []
        assert len(history(console.id)) == 1

    @pytest.mark.aws_servers("ministack")
    def test_a_session_in_cookies_has_them_in_the_cache(
        self, console: Console, peek: Peek, settings: Any, admin_user: Any
    ) -> None:
        settings.SESSION_ENGINE = "django.contrib.sessions.backends.signed_cookies"
        console.client.force_login(admin_user)
        console.send("x" * 100_000)
        assert len(peek(console).numbers) == 1
        assert len(console.client.cookies["sessionid"].value) < 1000

    @pytest.mark.aws_servers("ministack")
    def test_a_store_that_takes_nothing_gives_them_back(
        self, console: Console, peek: Peek, settings: Any, read: Read, admin_user: Any
    ) -> None:
        # Only the sessions in a cache can lose what they were given.
        settings.SESSION_ENGINE = "django.contrib.sessions.backends.signed_cookies"
        console.client.force_login(admin_user)
        settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}
        console.send("a")
        assert "does not take the messages" in read(peek(console).response)
        assert len(console.receive()) == 1


class TestTheLimit:
    """SQS moves a message at the receive after as many as the queue allows."""

    pytestmark = pytest.mark.aws_servers("ministack")

    def test_a_look_stops_at_the_first_that_comes_for_the_last_time(
        self, with_dead_letters: tuple[Console, Console], peek: Peek, read: Read
    ) -> None:
        queue, dead = with_dead_letters
        queue.send(*map(str, range(30)))
        for _ in range(3):
            queue.receive(VisibilityTimeout=1)
        time.sleep(1.1)

        table = peek(queue, 100)

        assert len(table.numbers) == 10
        assert "The look ended there, as some came for the last time" in read(table.response)
        assert dead.attributes["ApproximateNumberOfMessages"] == "0"

    def test_releasing_such_asks_and_the_next_look_wants_a_tick(
        self,
        proxy: Proxy,
        with_dead_letters: tuple[Console, Console],
        peek: Peek,
        read: Read,
    ) -> None:
        queue, dead = with_dead_letters
        queue.send("a")
        queue.receive(VisibilityTimeout=0)
        table = peek(queue)
        assert "the next receive, by whomever, moves it" in read(table.ask("release", "a"))
        table = table.do("release", "a")
        proxy.calls.clear()

        assert "1 message that you gave back has been received 2 times" in read(queue.get("peek"))
        assert "This field is required." in read(peek(queue).response)
        assert proxy.actions("ReceiveMessage") == []
        assert dead.attributes["ApproximateNumberOfMessages"] == "0"

        peek(queue, accept="on")
        assert dead.attributes["ApproximateNumberOfMessages"] == "1"
        assert "that you gave back" not in read(queue.get("peek"))

    def test_sent_again_it_may_be_received_as_often_as_a_new_one(
        self, with_dead_letters: tuple[Console, Console], peek: Peek, history: History, read: Read
    ) -> None:
        queue, _ = with_dead_letters
        raw = {"DataType": "Binary", "BinaryValue": b"\x00"}
        queue.send("a", MessageAttributes={"raw": raw})
        queue.receive(VisibilityTimeout=0)
        table = peek(queue)
        assert "which has not been received yet" in read(table.ask("peek/send-again", "a"))
        table.do("peek/send-again", "a")

        assert "gave back" not in read(queue.get("peek"))
        [message] = queue.receive(VisibilityTimeout=0)
        assert message["Body"] == "a"
        assert message["Attributes"]["ApproximateReceiveCount"] == "1"
        assert message["MessageAttributes"]["raw"]["BinaryValue"] == b"\x00"
        assert history(queue.id)[-1] == f"Sent 1 message again: {table.ids[0]}."

    def test_where_it_is_one_every_look_wants_a_tick(
        self, with_dead_letters: tuple[Console, Console], read: Read
    ) -> None:
        queue, dead = with_dead_letters
        arn = dead.attributes["QueueArn"]
        policy = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": "1"})
        queue.sqs.set_queue_attributes(QueueUrl=queue.url, Attributes={"RedrivePolicy": policy})
        queue.send("a")
        assert "Look all the same" in read(queue.get("peek"))
        assert "This field is required." in read(queue.post("peek", {"count": "1"}))
