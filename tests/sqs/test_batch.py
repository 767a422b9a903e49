from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pytest_django import Settings

from philo_aws import sqs
from philo_aws.exceptions import (
    IncompleteError,
    InvalidRequestError,
    NetworkError,
    QueueNotFoundError,
)
from philo_aws.sqs.batch import send_entries
from philo_aws.sqs.crew import MOST
from tests.servers import LocalAWS
from tests.sqs.proxy import Proxy, Reply

Received = Callable[..., list[str]]


def ids(records: list[dict[str, Any]]) -> list[str]:
    return [record["Id"] for record in records]


class TestAnyNumber:
    def test_of_the_reference(self, aws: LocalAWS, queue_url: str, received: Received) -> None:
        answer = sqs.send_message_batch(
            queue_url=queue_url,
            entries=[
                {"Id": "1", "MessageBody": "Test Message One"},
                {"Id": "2", "MessageBody": "Test Message Two"},
            ],
            region="us-east-1",
        )

        assert ids(answer["Successful"]) == ["1", "2"]
        assert answer["Successful"][0].keys() >= {"Id", "MessageId", "MD5OfMessageBody"}
        assert answer["Failed"] == []
        assert answer["ResponseMetadata"]["HTTPStatusCode"] == 200
        assert sorted(received(queue_url)) == ["Test Message One", "Test Message Two"]

    def test_ten_at_a_time(self, proxy: Proxy, queue_url: str, received: Received) -> None:
        bodies = [f"body {number}" for number in range(25)]

        answer = sqs.send_message_batch(queue_url, bodies)

        assert ids(answer["Successful"]) == [str(number) for number in range(25)]
        requests = [len(call.body["Entries"]) for call in proxy.calls]
        assert sorted(requests) == [5, 10, 10]
        assert sorted(received(queue_url)) == sorted(bodies)

    def test_none(self, proxy: Proxy, queue_url: str) -> None:
        answer = sqs.send_message_batch(queue_url, [])

        assert answer == {"Successful": [], "Failed": [], "ResponseMetadata": {}}
        assert proxy.calls == []

    def test_any_iterable(self, aws: LocalAWS, queue_url: str, received: Received) -> None:
        answer = sqs.send_message_batch(queue_url, (body for body in ("a", "b")))

        assert ids(answer["Successful"]) == ["0", "1"]
        assert sorted(received(queue_url)) == ["a", "b"]

    def test_ids_of_the_callers_come_back_as_they_were(self, aws: LocalAWS, queue_url: str) -> None:
        # SQS itself takes 80 letters, digits, hyphens and underscores.
        chosen = ["order #7 ä", "x" * 200, "0", "a/b"]
        entries: list[Any] = [{"Id": id_, "MessageBody": id_} for id_ in chosen]

        answer = sqs.send_message_batch(queue_url, ["first", *entries])

        assert ids(answer["Successful"]) == ["0-1", *chosen]

    def test_attributes_and_delay(self, aws: LocalAWS, queue_url: str) -> None:
        sqs.send_message_batch(
            queue_url,
            [
                {"MessageBody": "now", "MessageAttributes": {"kind": "x"}},
                {"MessageBody": "later", "DelaySeconds": 900},
            ],
        )

        (message,) = sqs.receive_message(queue_url, 10)["Messages"]
        assert message["Body"] == "now"
        assert message["MessageAttributes"]["kind"]["StringValue"] == "x"


class TestBytes:
    def test_a_request_has_a_mebibyte_at_most(self, proxy: Proxy, queue_url: str) -> None:
        answer = sqs.send_message_batch(queue_url, ["x" * 400_000] * 5)

        assert len(answer["Successful"]) == 5
        sizes = [len(call.body["Entries"]) for call in proxy.actions("SendMessageBatch")]
        assert sorted(sizes) == [1, 2, 2]

    def test_the_queue_is_asked_once_and_only_when_it_matters(
        self, proxy: Proxy, queue_url: str
    ) -> None:
        sqs.send_message_batch(queue_url, ["x" * 20_000] * 30)
        assert proxy.actions("GetQueueAttributes") == []

        sqs.send_message_batch(queue_url, ["x" * 200_000] * 9)
        assert len(proxy.actions("GetQueueAttributes")) == 1

    def test_a_message_alone_cannot_be_cut_so_that_nothing_is_asked(
        self, proxy: Proxy, queue_url: str
    ) -> None:
        sqs.send_message_batch(queue_url, ["x" * 300_000])

        assert [call.action for call in proxy.calls] == ["SendMessageBatch"]

    def test_a_queue_that_takes_less(
        self, proxy: Proxy, make_queue: Callable[..., str], received: Received
    ) -> None:
        queue_url = make_queue(MaximumMessageSize="262144")

        answer = sqs.send_message_batch(queue_url, ["x" * 100_000] * 5)

        assert len(answer["Successful"]) == 5
        sizes = [len(call.body["Entries"]) for call in proxy.actions("SendMessageBatch")]
        assert sorted(sizes) == [1, 2, 2]
        assert len(received(queue_url)) == 5


class TestUnsendable:
    def test_is_in_failed_and_the_others_are_sent(
        self, proxy: Proxy, queue_url: str, received: Received
    ) -> None:
        answer = sqs.send_message_batch(
            queue_url,
            [
                "good",
                {"Id": "large", "MessageBody": "x" * 1_048_577},
                {"Id": "control", "MessageBody": "\x1b"},
                {"Id": "empty", "MessageBody": ""},
                "good too",
            ],
        )

        assert ids(answer["Successful"]) == ["0", "4"]
        assert [(one["Id"], one["Code"], one["SenderFault"]) for one in answer["Failed"]] == [
            ("large", "InvalidParameterValue", True),
            ("control", "InvalidMessageContents", True),
            ("empty", "MissingParameter", True),
        ]
        assert "SQS takes 1,048,576 at most" in answer["Failed"][0]["Message"]
        (request,) = proxy.calls
        assert [one["MessageBody"] for one in request.body["Entries"]] == ["good", "good too"]
        assert sorted(received(queue_url)) == ["good", "good too"]

    def test_what_only_the_queue_refuses(
        self, aws: LocalAWS, make_queue: Callable[..., str], received: Received
    ) -> None:
        # ministack refuses the one entry, moto the whole request: the outcome is the same.
        queue_url = make_queue(MaximumMessageSize="1024")
        bodies = ["a", "b", "x" * 1025, "c", "d", "y" * 1025, "e"]

        answer = sqs.send_message_batch(queue_url, bodies)

        assert ids(answer["Successful"]) == ["0", "1", "3", "4", "6"]
        assert ids(answer["Failed"]) == ["2", "5"]
        assert {one["SenderFault"] for one in answer["Failed"]} == {True}
        assert all("shorter than 1024 bytes" in one["Message"] for one in answer["Failed"])
        assert sorted(received(queue_url)) == ["a", "b", "c", "d", "e"]

    def test_its_group_on_a_standard_queue_does_not_wait(
        self, aws: LocalAWS, queue_url: str
    ) -> None:
        entries = [{"MessageBody": body, "MessageGroupId": "g"} for body in ("", "a", "b")]

        answer = sqs.send_message_batch(queue_url, entries)

        assert ids(answer["Successful"]) == ["1", "2"]

    def test_the_metadata_is_the_last_requests(self, aws: LocalAWS, queue_url: str) -> None:
        answer = sqs.send_message_batch(queue_url, ["good", ""])

        assert answer["ResponseMetadata"]["HTTPStatusCode"] == 200

    def test_nothing_is_sent_when_all_are(self, proxy: Proxy, queue_url: str) -> None:
        answer = sqs.send_message_batch(queue_url, ["", ""])

        assert ids(answer["Failed"]) == ["0", "1"]
        assert proxy.calls == []

    @pytest.mark.parametrize(
        ("attributes", "code"),
        [
            ({"a": "\ud800"}, "InvalidMessageContents"),
            ({"a": "\0"}, "InvalidMessageContents"),
            ({"a": float("nan")}, "InvalidParameterValue"),
            ({"a": float("-inf")}, "InvalidParameterValue"),
            ({"a": int("9" * 39)}, "InvalidParameterValue"),
            ({"a": ""}, "InvalidParameterValue"),
            ({"a": b""}, "InvalidParameterValue"),
            ({"AWS.a": "x"}, "InvalidParameterValue"),
            ({"a..b": "x"}, "InvalidParameterValue"),
            ({"x" * 257: "x"}, "InvalidParameterValue"),
            ({"a": {"DataType": "Bool", "StringValue": "x"}}, "InvalidParameterValue"),
            (
                {"a": {"DataType": "String", "StringValue": "x", "BinaryValue": b"x"}},
                "InvalidParameterValue",
            ),
            ({"a": {"DataType": "String"}}, "InvalidParameterValue"),
        ],
        ids=lambda value: ascii(value)[:40],
    )
    def test_an_attribute_spoils_its_own_entry_alone(
        self,
        proxy: Proxy,
        queue_url: str,
        received: Received,
        attributes: dict[str, Any],
        code: str,
    ) -> None:
        entries: list[Any] = ["a", {"MessageBody": "bad", "MessageAttributes": attributes}, "c"]

        answer = sqs.send_message_batch(queue_url, entries)

        assert ids(answer["Successful"]) == ["0", "2"]
        assert [(one["Id"], one["Code"]) for one in answer["Failed"]] == [("1", code)]
        assert answer["Failed"][0]["Message"].isprintable()
        assert len(proxy.calls) == 1
        assert sorted(received(queue_url)) == ["a", "c"]

    def test_so_does_an_id_that_sqs_does_not_take(
        self, proxy: Proxy, make_queue: Callable[..., str]
    ) -> None:
        queue_url = make_queue(FifoQueue="true", ContentBasedDeduplication="true")
        good = {"MessageBody": "x", "MessageGroupId": "good"}
        bad: list[Any] = [
            {"MessageGroupId": "a b"},
            {"MessageDeduplicationId": "ä"},
            {"DelaySeconds": 5},
        ]

        answer = sqs.send_message_batch(queue_url, [good, *({**good, **more} for more in bad)])

        assert ids(answer["Successful"]) == ["0"]
        assert [one["Code"] for one in answer["Failed"]] == ["InvalidParameterValue"] * 3


class TestRefusedBeforeAnythingIsSent:
    @pytest.mark.parametrize(
        ("bad", "problem"),
        [
            ({"Id": "a", "MessageBody": "y"}, "Entry 16 has the Id 'a', which an entry before it"),
            ({"Body": "y"}, 'Unknown parameter in input: "Body"'),
            (7, "Entry 16 is a int"),
        ],
    )
    def test_the_entries(self, proxy: Proxy, queue_url: str, bad: Any, problem: str) -> None:
        entries = [{"Id": "a", "MessageBody": "x"}, *["x"] * 14, bad]

        with pytest.raises(InvalidRequestError, match=problem):
            sqs.send_message_batch(queue_url, entries)

        assert proxy.calls == []

    def test_the_first_of_a_stream(self, proxy: Proxy, queue_url: str) -> None:
        with pytest.raises(InvalidRequestError, match="Entry 1 is a int"):
            sqs.send_message_batch(queue_url, iter([7, "x"]))  # type: ignore[arg-type]

        assert proxy.calls == []

    @pytest.mark.parametrize("entries", ["text", b"bytes", {"MessageBody": "x"}, 5, None])
    def test_what_is_no_list(self, proxy: Proxy, queue_url: str, entries: Any) -> None:
        with pytest.raises(InvalidRequestError, match="not a list of dicts or strings"):
            sqs.send_message_batch(queue_url, entries)

        assert proxy.calls == []

    def test_a_missing_queue(self, aws: LocalAWS, queue_url: str) -> None:
        with pytest.raises(QueueNotFoundError, match="There is no queue"):
            sqs.send_message_batch(f"{queue_url}-gone", ["x"] * 25)

    def test_what_is_no_queue_url(self, aws: LocalAWS) -> None:
        with pytest.raises(InvalidRequestError, match="is no queue URL"):
            sqs.send_message_batch("jobs", ["x"])


class TestFifo:
    def test_keeps_the_order_of_each_group(
        self, aws: LocalAWS, make_queue: Callable[..., str], received: Received
    ) -> None:
        queue_url = make_queue(FifoQueue="true", ContentBasedDeduplication="true")
        entries = [
            {"MessageBody": f"{group}{number:02}", "MessageGroupId": group}
            for number in range(12)
            for group in "ab"
        ]

        answer = sqs.send_message_batch(queue_url, entries)

        assert ids(answer["Successful"]) == [str(number) for number in range(24)]
        found = received(queue_url)
        for group in "ab":
            of_group = [body for body in found if body[0] == group]
            assert of_group == [f"{group}{number:02}" for number in range(12)]

    def test_groups_share_requests(self, proxy: Proxy, make_queue: Callable[..., str]) -> None:
        queue_url = make_queue(FifoQueue="true", ContentBasedDeduplication="true")
        entries = [{"MessageBody": f"{n}", "MessageGroupId": f"g{n % 10}"} for n in range(30)]

        sqs.send_message_batch(queue_url, entries)

        assert [len(call.body["Entries"]) for call in proxy.calls] == [10, 10, 10]

    def test_after_an_unsendable_one_its_group_waits(
        self, aws: LocalAWS, make_queue: Callable[..., str], received: Received
    ) -> None:
        queue_url = make_queue(FifoQueue="true", ContentBasedDeduplication="true")
        entries = [
            {"MessageBody": body, "MessageGroupId": group}
            for group, body in [("a", "a1"), ("b", "b1"), ("a", ""), ("b", "b2"), ("a", "a3")]
        ]

        answer = sqs.send_message_batch(queue_url, [*entries, "no group"])

        assert ids(answer["Successful"]) == ["0", "1", "3"]
        assert [(one["Id"], one["Code"], one["SenderFault"]) for one in answer["Failed"]] == [
            ("2", "MissingParameter", True),
            ("4", "PrecedingEntryFailed", False),
            ("5", "MissingParameter", True),
        ]
        assert "an entry before it in group 'a' failed" in answer["Failed"][1]["Message"]
        assert sorted(received(queue_url)) == ["a1", "b1", "b2"]

    def test_what_only_the_queue_refuses(
        self, aws: LocalAWS, make_queue: Callable[..., str], received: Received
    ) -> None:
        # No content-based deduplication: an entry without an id of its own cannot be sent.
        queue_url = make_queue(FifoQueue="true")
        entries = [
            {"MessageBody": "a", "MessageGroupId": "a", "MessageDeduplicationId": "1"},
            {"MessageBody": "b", "MessageGroupId": "b"},
            {"MessageBody": "c", "MessageGroupId": "c", "MessageDeduplicationId": "2"},
        ]

        answer = sqs.send_message_batch(queue_url, entries)

        assert ids(answer["Successful"]) == ["0", "2"]
        assert ids(answer["Failed"]) == ["1"]
        assert "ContentBasedDeduplication" in answer["Failed"][0]["Message"]
        assert sorted(received(queue_url)) == ["a", "c"]

    # moto drops a duplicate as well, but under an id that no message has.
    @pytest.mark.aws_servers("ministack")
    def test_a_duplicate_is_told(
        self, aws: LocalAWS, make_queue: Callable[..., str], received: Received
    ) -> None:
        queue_url = make_queue(FifoQueue="true")
        entries = [
            {"Id": f"e{number}", "MessageBody": "x", "MessageGroupId": "g"}
            | {"MessageDeduplicationId": deduplication}
            for number, deduplication in enumerate("aabab")
        ]

        answer = sqs.send_message_batch(queue_url, entries)

        assert [one.get("DuplicateOf") for one in answer["Successful"]] == [
            *(None, "e0", None, "e0", "e2")
        ]
        assert len({one["MessageId"] for one in answer["Successful"]}) == 2
        assert len(received(queue_url)) == 2


class TestSendEntries:
    def test_an_endless_source_is_sent_as_it_comes(self, aws: LocalAWS, queue_url: str) -> None:
        read = []

        def endless() -> Iterator[str]:
            while True:
                read.append(1)
                yield "x"

        outcomes = send_entries(queue_url, endless())
        first = [next(outcomes) for _ in range(20)]
        outcomes.close()

        assert [outcome.position for outcome in first] == list(range(20))
        # As many are read as are sent, and a request of each of those that may be in flight.
        assert 20 <= len(read) <= 20 + 10 * (MOST + 1)

    def test_one_that_comes_slowly_does_not_hold_back_what_is_known(
        self, aws: LocalAWS, queue_url: str
    ) -> None:
        known: list[int] = []

        def slow() -> Iterator[str]:
            yield from "x" * 10
            until = time.monotonic() + 30
            while not known and time.monotonic() < until:
                time.sleep(0.02)
                yield "y"

        for outcome in send_entries(queue_url, slow()):
            known.append(outcome.position)  # noqa: PERF401 - the source looks at it

        # Those of the first request were told before the second had its ten.
        assert len(known) < 1000
        assert known == list(range(len(known)))

    def test_an_entry_that_is_none_ends_it_after_those_before(
        self, aws: LocalAWS, queue_url: str, received: Received
    ) -> None:
        outcomes = send_entries(queue_url, iter(["a", "b", 7, "c"]))

        assert [next(outcomes).successful, next(outcomes).successful] == [True, True]
        with pytest.raises(InvalidRequestError, match="Entry 3 is a int"):
            next(outcomes)
        assert sorted(received(queue_url)) == ["a", "b"]


def test_a_stream_that_breaks_off_is_accounted_for(
    aws: LocalAWS, queue_url: str, received: Received
) -> None:
    entries: Any = iter([*"abcdefghijkl", 7, "m"])

    with pytest.raises(IncompleteError, match="Entry 13 is a int") as caught:
        sqs.send_message_batch(queue_url, entries)

    assert ids(caught.value.result["Successful"]) == [str(number) for number in range(12)]
    assert sorted(received(queue_url)) == list("abcdefghijkl")


def test_a_view_gives_up_sooner(proxy: Proxy, queue_url: str, settings: Settings) -> None:
    settings.AWS = {**settings.AWS, "timeouts": {"web": {"max_attempts": 1}}}
    proxy.behaviour = lambda call, forward: Reply(0, None)

    with pytest.raises(NetworkError):
        sqs.send_message_batch(queue_url, ["x"], purpose="web")

    assert len(proxy.calls) == 1
