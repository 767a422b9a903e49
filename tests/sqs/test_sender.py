"""What goes wrong on the way: a proxy plays that part, the messages reach a real server."""

from __future__ import annotations

import json
import random
import threading
from collections.abc import Callable
from typing import Any, ClassVar

import pytest
from pytest_django import Settings

from philo_aws import patience, sqs
from philo_aws.exceptions import (
    AccessDeniedError,
    AWSError,
    CredentialsError,
    InvalidRequestError,
    NetworkError,
    QueueNotFoundError,
    ServiceError,
    ThrottledError,
)
from philo_aws.sqs import sender as sender_module
from philo_aws.sqs.channel import Channel
from philo_aws.sqs.crew import FIRST
from philo_aws.sqs.delivery import Deliverer
from philo_aws.sqs.entries import Reader, Requests
from philo_aws.sqs.sender import Sender
from tests.sqs.proxy import Call, Forward, Proxy, Reply, refusal

Received = Callable[..., list[str]]

pytestmark = pytest.mark.aws_servers("ministack")


@pytest.fixture(autouse=True)
def five_attempts_in_a_row(
    proxy: Proxy, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.AWS = {**settings.AWS, "timeouts": {"commands": {"max_attempts": 5}}}
    monkeypatch.setattr(patience, "LONGEST_DELAY", 0.001)


@pytest.fixture
def fifo_url(make_queue: Callable[..., str]) -> str:
    return make_queue(FifoQueue="true", ContentBasedDeduplication="true")


def bodies(call: Call) -> list[str]:
    return [entry["MessageBody"] for entry in call.body["Entries"]]


class Failing:
    """Forwards a batch without some of its entries, and says that those failed."""

    def __init__(
        self, *, times: dict[str, int], code: str = "InternalError", by_sender: bool = False
    ) -> None:
        self.times = times
        self.record = {"SenderFault": by_sender, "Code": code, "Message": "Broken."}

    def __call__(self, call: Call, forward: Forward) -> Reply:
        failed = []
        for entry in call.body["Entries"]:
            if self.times.get(entry["MessageBody"], 0):
                self.times[entry["MessageBody"]] -= 1
                failed.append({"Id": entry["Id"], **self.record})
        kept = [
            entry
            for entry in call.body["Entries"]
            if entry["Id"] not in {one["Id"] for one in failed}
        ]
        answer: dict[str, Any] = {"Successful": []}
        if kept:
            answer = json.loads(forward({**call.body, "Entries": kept}).body)
        return Reply(200, {**answer, "Failed": [*answer.get("Failed", []), *failed]})


class TestEntriesThatFail:
    def test_by_the_servers_fault_are_sent_again(
        self, proxy: Proxy, queue_url: str, received: Received
    ) -> None:
        proxy.behaviour = Failing(times={"3": 1, "7": 4})

        answer = sqs.send_message_batch(queue_url, [str(number) for number in range(12)])

        assert [one["Id"] for one in answer["Successful"]] == [str(n) for n in range(12)]
        assert answer["Failed"] == []
        assert sorted(received(queue_url), key=int) == [str(number) for number in range(12)]

    def test_are_given_up_at_last_and_the_others_go_on(
        self, proxy: Proxy, queue_url: str, received: Received
    ) -> None:
        proxy.behaviour = Failing(times={"3": 1000})

        answer = sqs.send_message_batch(queue_url, [str(number) for number in range(12)])

        assert answer["Failed"] == [
            {"Id": "3", "SenderFault": False, "Code": "InternalError", "Message": "Broken."}
        ]
        assert len(answer["Successful"]) == 11
        assert len(received(queue_url)) == 11
        assert len(proxy.calls) == 5 + 1

    def test_as_often_as_the_settings_say(
        self, proxy: Proxy, queue_url: str, settings: Settings
    ) -> None:
        settings.AWS = {**settings.AWS, "timeouts": {"commands": {"max_attempts": 3}}}
        proxy.behaviour = Failing(times={"x": 1000})

        sqs.send_message_batch(queue_url, ["x"])

        assert len(proxy.calls) == 3

    def test_by_the_senders_fault_are_not(
        self, proxy: Proxy, queue_url: str, received: Received
    ) -> None:
        proxy.behaviour = Failing(times={"b": 1}, code="InvalidParameterValue", by_sender=True)

        answer = sqs.send_message_batch(queue_url, ["a", "b", "c"])

        assert [one["Id"] for one in answer["Failed"]] == ["1"]
        assert len(proxy.calls) == 1
        assert sorted(received(queue_url)) == ["a", "c"]

    def test_throttled_ones_are_whoever_is_blamed(
        self, proxy: Proxy, queue_url: str, received: Received
    ) -> None:
        proxy.behaviour = Failing(times={"b": 1}, code="RequestThrottled", by_sender=True)

        assert sqs.send_message_batch(queue_url, ["a", "b"])["Failed"] == []
        assert sorted(received(queue_url)) == ["a", "b"]

    def test_one_that_the_answer_forgets_is_accounted_for(
        self, proxy: Proxy, queue_url: str
    ) -> None:
        proxy.behaviour = lambda call, forward: Reply(200, {"Successful": []})

        answer = sqs.send_message_batch(queue_url, ["a"])

        assert [(one["Id"], one["Code"]) for one in answer["Failed"]] == [("0", "NoProof")]
        assert "may have arrived all the same" in answer["Failed"][0]["Message"]
        assert len(proxy.calls) == 2


class TestFifo:
    def test_a_group_waits_for_its_failing_entry(
        self, proxy: Proxy, fifo_url: str, received: Received
    ) -> None:
        # Each is the last of its group in its request, or fails with all behind it.
        proxy.behaviour = Failing(times={"a4": 2, "b2": 1, "b3": 1, "b4": 1, "a6": 1})
        entries = [
            {"MessageBody": f"{group}{number}", "MessageGroupId": group}
            for number in range(8)
            for group in "ab"
        ]

        answer = sqs.send_message_batch(fifo_url, entries)

        assert answer["Failed"] == []
        assert bodies(proxy.calls[0]) == [f"{group}{n}" for group in "ab" for n in range(5)]
        found = received(fifo_url)
        assert [body for body in found if body[0] == "a"] == [f"a{n}" for n in range(8)]
        assert [body for body in found if body[0] == "b"] == [f"b{n}" for n in range(8)]

    def test_once_one_has_failed_a_request_has_one_of_a_group(
        self, proxy: Proxy, fifo_url: str, received: Received
    ) -> None:
        proxy.behaviour = Failing(times={"a9": 1, "b12": 3})
        entries = [
            {"MessageBody": f"{group}{number}", "MessageGroupId": group}
            for group, count in (("a", 10), ("b", 15))
            for number in range(count)
        ]

        answer = sqs.send_message_batch(fifo_url, entries)

        assert answer["Failed"] == []
        sent = [bodies(call) for call in proxy.calls]
        assert sent[:2] == [[f"a{n}" for n in range(10)], ["a9"]]
        assert all(len(request) == 1 for request in sent[2:])
        assert received(fifo_url)[10:] == [f"b{n}" for n in range(15)]

    def test_one_that_was_overtaken_is_not_sent_again(
        self, proxy: Proxy, fifo_url: str, received: Received
    ) -> None:
        proxy.behaviour = Failing(times={"a2": 1})
        entries = [{"MessageBody": f"a{n}", "MessageGroupId": "a"} for n in range(13)]
        entries += [{"MessageBody": f"b{n}", "MessageGroupId": "b"} for n in range(3)]

        answer = sqs.send_message_batch(fifo_url, entries)

        assert [(one["Id"], one["Code"]) for one in answer["Failed"]] == [
            ("2", "InternalError"),
            *((str(n), "PrecedingEntryFailed") for n in (10, 11, 12)),
        ]
        assert "entries behind it in its group have arrived" in answer["Failed"][0]["Message"]
        found = received(fifo_url)
        assert [body for body in found if body[0] == "a"] == [
            f"a{n}" for n in (0, 1, 3, 4, 5, 6, 7, 8, 9)
        ]
        assert [body for body in found if body[0] == "b"] == ["b0", "b1", "b2"]

    def test_a_group_ends_with_an_entry_that_fails_for_good(
        self, proxy: Proxy, fifo_url: str, received: Received
    ) -> None:
        proxy.behaviour = Failing(times={"a9": 1000})
        entries = [
            {"Id": f"{group}{number}", "MessageBody": f"{group}{number}", "MessageGroupId": group}
            for group in "ab"
            for number in range(12)
        ]

        answer = sqs.send_message_batch(fifo_url, entries)

        assert [(one["Id"], one["Code"]) for one in answer["Failed"]] == [
            ("a9", "InternalError"),
            ("a10", "PrecedingEntryFailed"),
            ("a11", "PrecedingEntryFailed"),
        ]
        found = received(fifo_url)
        assert [body for body in found if body[0] == "a"] == [f"a{n}" for n in range(9)]
        assert [body for body in found if body[0] == "b"] == [f"b{n}" for n in range(12)]

    @pytest.mark.parametrize("refused", ["a3", "a7"])
    def test_a_search_for_the_bad_entry_keeps_the_order(
        self, proxy: Proxy, fifo_url: str, received: Received, refused: str
    ) -> None:
        def refuse(call: Call, forward: Forward) -> Reply:
            return refusal("InvalidParameterValue") if refused in bodies(call) else forward()

        proxy.behaviour = refuse
        entries = [{"MessageBody": f"a{n}", "MessageGroupId": "a"} for n in range(12)]

        answer = sqs.send_message_batch(fifo_url, entries)

        number = int(refused[1])
        assert [(one["Id"], one["Code"]) for one in answer["Failed"]] == [
            (str(number), "InvalidParameterValue"),
            *((str(n), "PrecedingEntryFailed") for n in range(number + 1, 12)),
        ]
        assert received(fifo_url) == [f"a{n}" for n in range(number)]

    def test_twenty_groups_keep_their_order_whatever_happens(
        self, proxy: Proxy, fifo_url: str, settings: Settings, received: Received
    ) -> None:
        settings.AWS = {**settings.AWS, "timeouts": {"commands": {"max_attempts": 20}}}
        chance = random.Random(7)
        troubles = [Reply(0, None), Reply(503, {}), refusal("RequestThrottled"), Reply(500, {})]
        lock = threading.Lock()
        flying: list[str] = []
        clashes: list[str] = []

        def misbehave(call: Call, forward: Forward) -> Reply:
            groups = {entry["MessageGroupId"] for entry in call.body["Entries"]}
            with lock:
                clashes.extend(groups & set(flying))
                flying.extend(groups)
                luck, trouble = chance.random(), chance.choice(troubles)
            try:
                if luck < 0.15:
                    return trouble
                reply = forward()
                return Reply(0, None) if luck < 0.3 else reply
            finally:
                with lock:
                    for group in groups:
                        flying.remove(group)

        proxy.behaviour = misbehave
        entries = [
            {"MessageBody": f"{group}-{number:02}", "MessageGroupId": f"g{group}"}
            for number in range(25)
            for group in range(20)
        ]

        answer = sqs.send_message_batch(fifo_url, entries)

        assert answer["Failed"] == []
        assert [one["Id"] for one in answer["Successful"]] == [str(n) for n in range(500)]
        found = received(fifo_url)
        for group in range(20):
            of_group = [body for body in found if body.startswith(f"{group}-")]
            assert of_group == [f"{group}-{number:02}" for number in range(25)]
        assert not clashes

    def test_a_lost_answer_makes_no_duplicate(
        self, proxy: Proxy, fifo_url: str, received: Received
    ) -> None:
        lost = iter([True])

        def lose_first(call: Call, forward: Forward) -> Reply:
            reply = forward()
            return Reply(0, None) if next(lost, False) else reply

        proxy.behaviour = lose_first
        entries = [{"MessageBody": f"{n}", "MessageGroupId": "g"} for n in range(3)]

        answer = sqs.send_message_batch(fifo_url, entries)

        assert len(answer["Successful"]) == 3
        assert len(proxy.calls) == 2
        assert received(fifo_url) == ["0", "1", "2"]


class TestRequestsThatFail:
    @pytest.mark.parametrize(
        "trouble",
        [
            Reply(503, {}),
            Reply(500, {"__type": "InternalFailure"}),
            refusal("RequestThrottled"),
            refusal("KMS.ThrottlingException"),
            Reply(0, None),
        ],
        ids=["503", "500", "throttled", "kms throttled", "connection lost"],
    )
    def test_are_sent_again(
        self, proxy: Proxy, queue_url: str, received: Received, trouble: Reply
    ) -> None:
        troubles = iter([trouble])
        proxy.behaviour = lambda call, forward: next(troubles, None) or forward()

        answer = sqs.send_message_batch(queue_url, ["a", "b"])

        assert len(answer["Successful"]) == 2
        assert len(proxy.calls) == 2
        assert sorted(received(queue_url)) == ["a", "b"]

    @pytest.mark.parametrize(
        ("trouble", "kind", "sentence"),
        [
            (Reply(503, {}), ServiceError, "may have arrived all the same"),
            (Reply(0, None), NetworkError, "may have arrived all the same"),
            (refusal("RequestThrottled"), ThrottledError, "asked to slow down"),
            (refusal("AccessDenied", 403), AccessDeniedError, "AWS denied access to queue"),
            (refusal("KMS.DisabledException"), InvalidRequestError, "The key of AWS KMS"),
            (refusal("KMS.ThrottlingException"), ThrottledError, "KMS.ThrottlingException"),
            (refusal("InvalidAddress", 404), InvalidRequestError, "InvalidAddress"),
            (refusal("InvalidSecurity", 403), CredentialsError, "the signature"),
            (Reply(404, b"<html>not here</html>"), QueueNotFoundError, "There is no queue"),
            (refusal("SomethingNew"), InvalidRequestError, "SomethingNew"),
        ],
        ids=[
            "503",
            "connection lost",
            "throttled",
            "denied",
            "kms",
            "kms throttled",
            "address",
            "security",
            "html",
            "unknown",
        ],
    )
    def test_for_good_before_anything_has_arrived_raise(
        self,
        proxy: Proxy,
        queue_url: str,
        settings: Settings,
        trouble: Reply,
        kind: type[Exception],
        sentence: str,
    ) -> None:
        settings.AWS = {**settings.AWS, "timeouts": {"commands": {"max_attempts": 2}}}
        proxy.behaviour = lambda call, forward: trouble

        with pytest.raises(kind, match=sentence):
            sqs.send_message_batch(queue_url, ["x"] * 25)

        assert len(proxy.calls) <= 2

    @pytest.mark.parametrize(
        ("trouble", "code", "sentence"),
        [
            (Reply(503, {}), "503", "may have arrived all the same"),
            (Reply(0, None), "NetworkError", "may have arrived all the same"),
            (refusal("AccessDenied", 403), "AccessDenied", "AWS denied access to queue"),
        ],
        ids=["503", "connection lost", "denied"],
    )
    def test_for_good_later_leave_every_entry_accounted_for(
        self,
        proxy: Proxy,
        queue_url: str,
        settings: Settings,
        received: Received,
        trouble: Reply,
        code: str,
        sentence: str,
    ) -> None:
        settings.AWS = {**settings.AWS, "timeouts": {"commands": {"max_attempts": 2}}}
        refused = threading.Event()

        def refuse_one(call: Call, forward: Forward) -> Reply:
            if "10" in bodies(call):
                refused.set()
                return trouble
            if "0" not in bodies(call):
                refused.wait(10)
            return forward()

        proxy.behaviour = refuse_one

        answer = sqs.send_message_batch(queue_url, [str(number) for number in range(600)])

        sent = [one["Id"] for one in answer["Successful"]]
        failed = {one["Id"]: one for one in answer["Failed"]}
        assert sorted([*sent, *failed], key=int) == [str(number) for number in range(600)]
        assert sorted(received(queue_url), key=int) == sent
        assert sent[:10] == [str(number) for number in range(10)]
        assert {one["Code"] for one in failed.values()} == {code}
        assert list(failed)[:10] == [str(number) for number in range(10, 20)]
        own = [failed.pop(str(number)) for number in range(10, 20)]
        assert all(sentence in one["Message"] for one in own)
        # Others that were in flight have arrived, all behind them were not sent.
        assert "599" in failed
        assert all(one["Message"].startswith("Not sent. ") for one in failed.values())
        assert not any("may have" in one["Message"] for one in failed.values())

    def test_in_the_middle_of_a_search_for_the_bad_entry(
        self, proxy: Proxy, queue_url: str
    ) -> None:
        def refuse(call: Call, forward: Forward) -> Reply:
            if "bad" in bodies(call):
                return refusal("InvalidParameterValue")
            return refusal("AccessDenied", 403) if "6" in bodies(call) else forward()

        proxy.behaviour = refuse
        given = ["0", "1", "bad", "3", "4", "5", "6", "7", "8", "9", "10", "11"]

        answer = sqs.send_message_batch(queue_url, given)

        assert [one["Id"] for one in answer["Successful"]] == ["0", "1", "3", "4"]
        codes = {one["Id"]: one["Code"] for one in answer["Failed"]}
        assert codes == {"2": "InvalidParameterValue"} | {
            str(number): "AccessDenied" for number in range(5, 12)
        }

    def test_in_the_first_half_of_such_a_search(self, proxy: Proxy, queue_url: str) -> None:
        def refuse(call: Call, forward: Forward) -> Reply:
            if "bad" in bodies(call):
                return refusal("InvalidParameterValue")
            return refusal("AccessDenied", 403) if "12" in bodies(call) else forward()

        proxy.behaviour = refuse
        given = [str(number) for number in range(20)]
        given[17] = "bad"

        answer = sqs.send_message_batch(queue_url, given)

        assert [one["Id"] for one in answer["Successful"]] == [str(n) for n in range(10)]
        assert [one["Id"] for one in answer["Failed"]] == [str(n) for n in range(10, 20)]
        assert {one["Code"] for one in answer["Failed"]} == {"AccessDenied"}


class TestOutcomesThatAreNotKnown:
    def test_a_refusal_after_a_lost_answer_does_not_hide_it(
        self, proxy: Proxy, queue_url: str, received: Received
    ) -> None:
        def lose_then_refuse(call: Call, forward: Forward) -> Reply:
            if "10" not in bodies(call):
                return forward()
            if len(proxy.calls) == 2:
                forward()
                return Reply(0, None)
            return refusal("AccessDenied", 403)

        proxy.behaviour = lose_then_refuse

        answer = sqs.send_message_batch(queue_url, [str(number) for number in range(20)])

        said = {one["Id"]: one["Message"] for one in answer["Failed"]}
        unsure = {id_ for id_, message in said.items() if "may have arrived" in message}
        assert len(answer["Successful"]) == 10
        assert unsure == {str(number) for number in range(10, 20)}
        assert len(received(queue_url)) == 20

    def test_throttling_after_a_lost_answer_in_the_first_request(
        self, proxy: Proxy, queue_url: str
    ) -> None:
        def lose_then_throttle(call: Call, forward: Forward) -> Reply:
            return Reply(0, None) if len(proxy.calls) == 1 else refusal("RequestThrottled")

        proxy.behaviour = lose_then_throttle

        with pytest.raises(ThrottledError, match="may have arrived all the same"):
            sqs.send_message_batch(queue_url, ["a", "b"])

    def test_an_entry_that_fails_after_a_lost_answer(self, proxy: Proxy, queue_url: str) -> None:
        failing = Failing(times={"b": 1}, code="InvalidParameterValue", by_sender=True)

        def lose_then_fail(call: Call, forward: Forward) -> Reply:
            return Reply(0, None) if len(proxy.calls) == 1 else failing(call, forward)

        proxy.behaviour = lose_then_fail

        answer = sqs.send_message_batch(queue_url, ["a", "b"])

        assert [one["Id"] for one in answer["Successful"]] == ["0"]
        assert "may have arrived all the same" in answer["Failed"][0]["Message"]

    @pytest.mark.parametrize("trouble", [Reply(0, None), Reply(500, {}), Reply(200, b"<html>")])
    def test_the_only_attempt(
        self, proxy: Proxy, queue_url: str, settings: Settings, trouble: Reply
    ) -> None:
        settings.AWS = {**settings.AWS, "timeouts": {"commands": {"max_attempts": 1}}}
        proxy.behaviour = lambda call, forward: trouble

        with pytest.raises(AWSError, match="may have arrived all the same"):
            sqs.send_message_batch(queue_url, ["a"])

        assert len(proxy.calls) == 1

    def test_throttling_alone_says_nothing_of_the_kind(self, proxy: Proxy, queue_url: str) -> None:
        proxy.behaviour = lambda call, forward: refusal("RequestThrottled")

        with pytest.raises(ThrottledError) as caught:
            sqs.send_message_batch(queue_url, ["a"])

        assert "may have arrived" not in str(caught.value)


class Altering:
    """Forwards, and alters what is said of the message "b"; `None` takes a field away."""

    def __init__(self, altered: dict[str, Any], *, times: int = 1000) -> None:
        self.altered = altered
        self.times = times

    def __call__(self, call: Call, forward: Forward) -> Reply:
        answer = json.loads(forward().body)
        if self.times and "b" in bodies(call):
            self.times -= 1
            record = answer["Successful"][bodies(call).index("b")]
            record.update(self.altered)
            for name in [name for name, value in self.altered.items() if value is None]:
                del record[name]
        return Reply(200, answer)


class TestProof:
    ALTERED: ClassVar[dict[str, dict[str, Any]]] = {
        "no id": {"MessageId": None},
        "no digest": {"MD5OfMessageBody": None},
        "another body": {"MD5OfMessageBody": "0" * 32},
        "other attributes": {"MD5OfMessageAttributes": "0" * 32},
        "no digest of attributes": {"MD5OfMessageAttributes": None},
    }
    ENTRIES: ClassVar[list[dict[str, Any]]] = [
        {"Id": body, "MessageBody": body, "MessageAttributes": {"a": body}} for body in "abc"
    ]

    @pytest.mark.parametrize("altered", ALTERED.values(), ids=ALTERED)
    def test_an_entry_without_is_sent_once_more_then_failed(
        self, proxy: Proxy, queue_url: str, altered: dict[str, Any]
    ) -> None:
        proxy.behaviour = Altering(altered)

        answer = sqs.send_message_batch(queue_url, self.ENTRIES)

        assert [one["Id"] for one in answer["Successful"]] == ["a", "c"]
        (failed,) = answer["Failed"]
        assert (failed["Id"], failed["SenderFault"]) == ("b", False)
        assert failed["Code"] in ("NoProof", "BadDigest")
        assert "may have arrived all the same" in failed["Message"]
        assert [bodies(call) for call in proxy.calls] == [["a", "b", "c"], ["b"]]

    @pytest.mark.parametrize("altered", ALTERED.values(), ids=ALTERED)
    def test_once_is_mended(self, proxy: Proxy, queue_url: str, altered: dict[str, Any]) -> None:
        proxy.behaviour = Altering(altered, times=1)

        answer = sqs.send_message_batch(queue_url, self.ENTRIES)

        assert [one["Id"] for one in answer["Successful"]] == ["a", "b", "c"]


class TestRequestsThatAreTooLong:
    def test_are_halved_where_the_queue_may_not_be_asked(
        self, proxy: Proxy, queue_url: str, received: Received
    ) -> None:
        def limited(call: Call, forward: Forward) -> Reply:
            if call.action == "GetQueueAttributes":
                return refusal("AccessDenied", 403)
            if sum(map(len, bodies(call))) > 262_144:
                return refusal("AWS.SimpleQueueService.BatchRequestTooLong")
            return forward()

        proxy.behaviour = limited

        answer = sqs.send_message_batch(queue_url, ["x" * 60_000] * 10)

        assert len(answer["Successful"]) == 10
        assert answer["Failed"] == []
        assert len(received(queue_url)) == 10

    @pytest.mark.parametrize(
        "sentence", ["Batch requests cannot be longer than 262144 bytes.", "No."]
    )
    def test_once(self, proxy: Proxy, queue_url: str, sentence: str) -> None:
        refused = []

        def limited(call: Call, forward: Forward) -> Reply:
            if call.action == "GetQueueAttributes":
                return refusal("AccessDenied", 403)
            if sum(map(len, bodies(call))) > 262_144:
                refused.append(call)
                return refusal("AWS.SimpleQueueService.BatchRequestTooLong", message=sentence)
            return forward()

        proxy.behaviour = limited

        answer = sqs.send_message_batch(queue_url, ["x" * 60_000] * 60)

        assert len(answer["Successful"]) == 60
        assert len(refused) == 1
        assert len(proxy.actions("SendMessageBatch")) == 1 + 15


def test_a_refusal_of_all_is_not_looked_for_in_the_entries(proxy: Proxy, queue_url: str) -> None:
    def refuse(call: Call, forward: Forward) -> Reply:
        return forward() if "0" in bodies(call) else refusal("InvalidAddress", 404)

    proxy.behaviour = refuse

    answer = sqs.send_message_batch(queue_url, [str(number) for number in range(200)])

    assert (len(answer["Successful"]), len(answer["Failed"])) == (10, 190)
    assert {one["Code"] for one in answer["Failed"]} == {"InvalidAddress"}
    assert len(proxy.calls) <= 1 + FIRST


@pytest.mark.parametrize("times", [1, 1000], ids=["mended", "failed"])
def test_nothing_is_kept_of_what_is_settled(proxy: Proxy, queue_url: str, times: int) -> None:
    # Of an endless stream it would add up; nobody else can see it.
    proxy.behaviour = Altering({"MessageId": None}, times=times)
    channel = Channel(queue_url)
    reader = Reader(channel.entry_shape, fifo=False)
    read = (reader.read(number, body) for number, body in enumerate("abc"))
    requests = Requests(read, fifo=False)
    deliverer = Deliverer(channel, fifo=False, purpose="commands")
    sender = Sender(channel, deliverer, requests, fifo=False)

    assert len(list(sender.send())) == 3

    assert deliverer._unsure == set()
    assert deliverer._unproven == {}
    assert sender._closed_groups == set()
    assert not sender._messages
    assert not sender._told._held
    assert not requests._waiting
    assert not requests._busy


def test_duplicates_are_recognised_among_the_latest(
    proxy: Proxy, fifo_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sender_module, "REMEMBERED_MESSAGES", 2)
    entries = [{"MessageBody": body, "MessageGroupId": "g"} for body in "abacadb"]

    answer = sqs.send_message_batch(fifo_url, entries)

    # "a" was seen again and again, and is remembered; "b" is forgotten.
    told = [one.get("DuplicateOf") for one in answer["Successful"]]
    assert told == [None, None, "0", None, "0", None, None]
