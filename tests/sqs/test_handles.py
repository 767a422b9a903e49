from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from philo_aws import patience, sqs
from philo_aws.exceptions import AccessDeniedError, IncompleteError, UsageError
from philo_aws.sqs.handles import deleted
from tests.servers import LocalAWS
from tests.sqs.proxy import Call, Forward, Proxy, Reply, refusal

Received = Callable[..., list[str]]

pytestmark = pytest.mark.aws_servers("ministack")


@pytest.fixture(autouse=True)
def hardly_any_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "LONGEST_DELAY", 0.001)


@pytest.fixture
def messages(aws: LocalAWS, queue_url: str) -> list[Any]:
    """35 messages, received."""
    sqs.send_message_batch(queue_url, [str(number) for number in range(35)])
    return list(sqs.receive_messages(queue_url, 35, visibility_timeout=600)["Messages"])


def ids(numbers: range) -> list[dict[str, str]]:
    return [{"Id": str(number)} for number in numbers]


class TestDelete:
    def test_messages_as_they_were_received(
        self, aws: LocalAWS, queue_url: str, messages: list[Any], received: Received
    ) -> None:
        answer = sqs.delete_message_batch(queue_url, messages)

        assert answer["Successful"] == ids(range(35))
        assert answer["Failed"] == []
        sqs.change_message_visibility_batch(queue_url, messages, visibility_timeout=0)
        assert received(queue_url) == []

    def test_handles_and_ids(self, aws: LocalAWS, queue_url: str, messages: list[Any]) -> None:
        handles = [message["ReceiptHandle"] for message in messages[:3]]
        entries: list[Any] = [handles[0], {"Id": "b", "ReceiptHandle": handles[1]}, handles[2]]

        answer = sqs.delete_message_batch(queue_url, iter(entries))

        assert [one["Id"] for one in answer["Successful"]] == ["0", "b", "2"]

    def test_none(self, proxy: Proxy, queue_url: str) -> None:
        answer = sqs.delete_message_batch(queue_url, [])

        assert answer == {"Successful": [], "Failed": [], "ResponseMetadata": {}}
        # A test before may have requests on their way yet.
        assert [call for call in proxy.calls if call.body["QueueUrl"] == queue_url] == []

    def test_those_that_fail_are_asked_for_again(self, proxy: Proxy, queue_url: str) -> None:
        seen: set[str] = set()

        def fail_once(call: Call, forward: Forward) -> Reply:
            entries = call.body["Entries"]
            new = [one for one in entries if one["ReceiptHandle"] not in seen]
            seen.update(one["ReceiptHandle"] for one in entries)
            failed = [
                {"Id": one["Id"], "SenderFault": False, "Code": "InternalError", "Message": "m"}
                for one in new[::3]
            ]
            # Of others the answer says nothing at all.
            bad = {one["Id"] for one in failed} | {one["Id"] for one in new[1::3]}
            good = [{"Id": one["Id"]} for one in entries if one["Id"] not in bad]
            return Reply(200, {"Successful": good, "Failed": failed})

        proxy.behaviour = fail_once

        answer = sqs.delete_message_batch(queue_url, [f"h{number}" for number in range(25)])

        assert answer["Successful"] == ids(range(25))
        assert answer["Failed"] == []

    def test_those_that_fail_for_good_are_told(self, proxy: Proxy, queue_url: str) -> None:
        def fail(call: Call, forward: Forward) -> Reply:
            failed = [
                {"Id": one["Id"], "SenderFault": True, "Code": "ReceiptHandleIsInvalid"}
                for one in call.body["Entries"]
                if one["ReceiptHandle"] == "bad"
            ]
            good = [{"Id": str(n)} for n in range(len(call.body["Entries"]))]
            return Reply(
                200,
                {"Successful": [o for o in good if o["Id"] != "3"], "Failed": failed},
            )

        proxy.behaviour = fail

        answer = sqs.delete_message_batch(queue_url, ["a", "b", "c", "bad"])

        assert answer["Successful"] == ids(range(3))
        (failed,) = answer["Failed"]
        assert (failed["Id"], failed["Code"]) == ("3", "ReceiptHandleIsInvalid")
        assert len(proxy.calls) == 1

    def test_a_bad_one_does_not_spoil_its_neighbours(self, proxy: Proxy, queue_url: str) -> None:
        def refuse(call: Call, forward: Forward) -> Reply:
            handles = [one["ReceiptHandle"] for one in call.body["Entries"]]
            if "bad" in handles:
                return refusal("InvalidParameterValue")
            return Reply(200, {"Successful": [{"Id": str(n)} for n in range(len(handles))]})

        proxy.behaviour = refuse

        answer = sqs.delete_message_batch(queue_url, ["a", "b", "bad", "c", "d"])

        assert [one["Id"] for one in answer["Successful"]] == ["0", "1", "3", "4"]
        assert [(one["Id"], one["Code"]) for one in answer["Failed"]] == [
            ("2", "InvalidParameterValue")
        ]

    def test_a_refusal_before_anything_is_done_raises(self, proxy: Proxy, queue_url: str) -> None:
        proxy.behaviour = lambda call, forward: refusal("AccessDenied", 403)

        with pytest.raises(AccessDeniedError):
            sqs.delete_message_batch(queue_url, ["h"] * 25)

        assert len(proxy.calls) == 1

    def test_a_refusal_later_leaves_every_entry_accounted_for(
        self, proxy: Proxy, queue_url: str
    ) -> None:
        def refuse(call: Call, forward: Forward) -> Reply:
            handles = [one["ReceiptHandle"] for one in call.body["Entries"]]
            if "12" in handles:
                return refusal("AccessDenied", 403)
            return Reply(200, {"Successful": [{"Id": str(n)} for n in range(len(handles))]})

        proxy.behaviour = refuse

        answer = sqs.delete_message_batch(queue_url, [str(number) for number in range(2000)])

        done = [one["Id"] for one in answer["Successful"]]
        failed = {one["Id"]: one for one in answer["Failed"]}
        assert sorted([*done, *failed], key=int) == [str(number) for number in range(2000)]
        assert done[:10] == [str(number) for number in range(10)]
        assert [id_ for id_ in failed if not failed[id_]["Message"].startswith("Not sent.")] == [
            str(number) for number in range(10, 20)
        ]
        assert {one["Code"] for one in failed.values()} == {"AccessDenied"}
        assert "1999" in failed

    def test_lost_answers_are_asked_for_again(self, proxy: Proxy, queue_url: str) -> None:
        # SQS takes a handle that it has deleted before; the local servers do not.
        lost = iter([True, False, True, True])

        def lose(call: Call, forward: Forward) -> Reply:
            good = [{"Id": str(n)} for n in range(len(call.body["Entries"]))]
            return Reply(0, None) if next(lost, False) else Reply(200, {"Successful": good})

        proxy.behaviour = lose

        answer = sqs.delete_message_batch(queue_url, [str(number) for number in range(35)])

        assert answer["Successful"] == ids(range(35))
        assert len(proxy.calls) == 4 + 3

    @pytest.mark.parametrize("bad", [7, {"Id": "a"}, {"ReceiptHandle": 5}, ""])
    def test_what_is_no_entry(self, proxy: Proxy, queue_url: str, bad: Any) -> None:
        with pytest.raises(UsageError, match="Entry 12 is"):
            sqs.delete_message_batch(queue_url, [*["h"] * 11, bad])
        # A test before may have requests on their way yet.
        assert [call for call in proxy.calls if call.body["QueueUrl"] == queue_url] == []

    @pytest.mark.parametrize("entries", ["text", b"bytes", {"ReceiptHandle": "x"}, 5, None])
    def test_what_is_no_list(self, proxy: Proxy, queue_url: str, entries: Any) -> None:
        with pytest.raises(UsageError, match="not a list of receipt handles"):
            sqs.delete_message_batch(queue_url, entries)
        # A test before may have requests on their way yet.
        assert [call for call in proxy.calls if call.body["QueueUrl"] == queue_url] == []

    def test_a_stream_that_breaks_off_is_accounted_for(self, proxy: Proxy, queue_url: str) -> None:
        proxy.behaviour = lambda call, forward: Reply(
            200, {"Successful": [{"Id": str(n)} for n in range(len(call.body["Entries"]))]}
        )

        with pytest.raises(IncompleteError, match="Entry 13 is") as caught:
            sqs.delete_message_batch(queue_url, iter([*"abcdefghijkl", 7]))

        assert caught.value.result["Successful"] == ids(range(12))

    def test_a_stream_is_deleted_as_it_comes(self, proxy: Proxy, queue_url: str) -> None:
        proxy.behaviour = lambda call, forward: Reply(
            200, {"Successful": [{"Id": str(n)} for n in range(len(call.body["Entries"]))]}
        )
        read = []

        def endless() -> Iterator[str]:
            while True:
                read.append(1)
                yield "h"

        outcomes = deleted(queue_url, endless())
        assert [next(outcomes).position for _ in range(20)] == list(range(20))
        outcomes.close()
        assert len(read) < 2000


class TestVisibility:
    def test_all_alike_and_each_its_own(
        self, aws: LocalAWS, queue_url: str, messages: list[Any], received: Received
    ) -> None:
        entries = [{**message, "VisibilityTimeout": 500} for message in messages[:5]]

        answer = sqs.change_message_visibility_batch(
            queue_url, [*entries, *messages[5:]], visibility_timeout=0
        )

        assert answer["Successful"] == ids(range(35))
        assert len(received(queue_url)) == 30

    @pytest.mark.parametrize("seconds", [-1, 43_201, True, "5"])
    def test_seconds_that_cannot_be(self, proxy: Proxy, queue_url: str, seconds: Any) -> None:
        with pytest.raises(UsageError, match="0 to 43,200"):
            sqs.change_message_visibility_batch(queue_url, ["h"], visibility_timeout=seconds)
        with pytest.raises(UsageError, match="0 to 43,200"):
            sqs.change_message_visibility_batch(
                queue_url, [{"ReceiptHandle": "h", "VisibilityTimeout": seconds}]
            )
        # A test before may have requests on their way yet.
        assert [call for call in proxy.calls if call.body["QueueUrl"] == queue_url] == []

    def test_no_seconds_at_all(self, proxy: Proxy, queue_url: str) -> None:
        with pytest.raises(UsageError, match="Entry 1 has no 'VisibilityTimeout'"):
            sqs.change_message_visibility_batch(queue_url, ["h"])
