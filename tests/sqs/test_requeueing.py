"""Dead letters moved back: none is lost, each is accounted for, what is not chosen stays."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from philo_aws import sqs
from philo_aws.exceptions import AccessDeniedError, AWSError, InvalidRequestError, UsageError
from philo_aws.sqs.batch import send_entries
from philo_aws.sqs.outcome import EntryOutcome
from philo_aws.sqs.requeueing import Requeue, Requeued
from tests.servers import LocalAWS
from tests.sqs.graveyard import Graveyard, dig
from tests.sqs.proxy import Call, Forward, Proxy, Reply, refusal

# moto may give a message to two receives.
pytestmark = pytest.mark.aws_servers("ministack")


def text(value: str) -> dict[str, str]:
    return {"DataType": "String", "StringValue": value}


class TestWhatIsMoved:
    def test_goes_back_as_it_was(self, graveyard: Graveyard) -> None:
        attributes = {"kind": text("order"), "raw": {"DataType": "Binary", "BinaryValue": b"\0\1"}}
        graveyard.park("body", attributes=attributes)

        result = sqs.requeue(graveyard.dead, everything=True)

        assert (result.moved, result.left, result.twice, result.complete) == (1, 0, 0, True)
        [record] = result.records
        assert (record.status, record.to, record.reason) == ("moved", graveyard.url, "")
        [message] = graveyard.take()
        assert message["MessageId"] == record.message_id
        assert message["Body"] == "body"
        kept = ("DataType", "StringValue", "BinaryValue")
        assert {
            name: {key: value[key] for key in kept if key in value}
            for name, value in message["MessageAttributes"].items()
        } == attributes
        assert graveyard.counts() == (0, 0)

    def test_ten_attributes_come_back(self, graveyard: Graveyard) -> None:
        attributes = {f"name{number}": text(str(number)) for number in range(10)}
        graveyard.park("body", attributes=attributes)
        assert sqs.requeue(graveyard.dead, everything=True).moved == 1
        [message] = graveyard.take()
        assert sorted(message["MessageAttributes"]) == sorted(attributes)

    def test_what_sqs_moved_goes_back_too(self, graveyard: Graveyard) -> None:
        sqs.send_message(graveyard.url, "poison", message_attributes={"philo.error": "its own"})
        for _ in range(6):
            sqs.receive_message(graveyard.url, visibility_timeout=0)
        assert graveyard.counts() == (1, 0)
        assert sqs.requeue(graveyard.dead, everything=True).moved == 1
        assert graveyard.bodies() == ["poison"]

    def test_many_by_tens(self, proxy: Proxy, graveyard: Graveyard) -> None:
        graveyard.park_many(35)
        proxy.calls.clear()
        result = sqs.requeue(graveyard.dead, everything=True)
        assert result.moved == len(result.records) == 35
        assert len(proxy.actions("ReceiveMessage")) == 5
        assert len(proxy.actions("SendMessageBatch")) == 4
        assert len(proxy.actions("DeleteMessageBatch")) == 4
        assert graveyard.bodies() == sorted(f"message {number}" for number in range(35))

    def test_of_several_queues_each_to_its_own(self, aws: LocalAWS, graveyard: Graveyard) -> None:
        other = aws.make_queue()
        arn = sqs.get_queue_attributes(other)["Attributes"]["QueueArn"]
        graveyard.park("mine")
        graveyard.park("theirs", source=arn)
        assert sqs.requeue(graveyard.dead, everything=True).moved == 2
        assert graveyard.bodies() == ["mine"]
        assert graveyard.bodies(other) == ["theirs"]

    def test_to_another_queue(self, aws: LocalAWS, graveyard: Graveyard) -> None:
        other = aws.make_queue()
        graveyard.park("body", source="arn:aws:sqs:eu-west-9:999999999999:gone")
        result = sqs.requeue(graveyard.dead, everything=True, to=other)
        assert [record.to for record in result.records] == [other]
        assert graveyard.bodies(other) == ["body"]

    def test_to_another_queue_by_its_name(self, aws: LocalAWS, graveyard: Graveyard) -> None:
        other = aws.make_queue()
        graveyard.park("body")
        sqs.requeue(graveyard.dead, everything=True, to=other.rpartition("/")[2])
        assert graveyard.bodies(other) == ["body"]

    def test_one_after_the_other(self, graveyard: Graveyard) -> None:
        graveyard.park_many(25)
        work = Requeue(graveyard.dead, everything=True)
        records = work.run()
        next(records)
        # Ten are moved; the others nobody has touched.
        assert graveyard.counts() == (15, 0)
        records.close()
        assert graveyard.counts() == (15, 0)
        assert work.figures.moved == 1
        assert len(graveyard.take()) == 10


class TestTheChoice:
    @pytest.fixture
    def mixed(self, graveyard: Graveyard) -> Graveyard:
        graveyard.park(json.dumps({"task": "shop.ship"}), TimeoutError("slow"))
        graveyard.park(json.dumps({"task": "shop.bill"}), TimeoutError("slow"))
        graveyard.park(json.dumps({"task": "shop.bill"}), ValueError("wrong"))
        graveyard.park("text", ValueError("wrong"))
        return graveyard

    def test_by_task(self, mixed: Graveyard) -> None:
        result = sqs.requeue(mixed.dead, task="shop.bill")
        assert (result.moved, result.unmatched) == (2, 2)
        assert mixed.bodies() == ['{"task": "shop.bill"}'] * 2
        assert mixed.counts() == (2, 0)

    def test_by_error(self, mixed: Graveyard) -> None:
        assert sqs.requeue(mixed.dead, error="TimeoutError").moved == 2
        assert sqs.requeue(mixed.dead, error="Value").moved == 0
        assert mixed.counts() == (2, 0)

    def test_by_the_last_part_of_an_error(self, graveyard: Graveyard) -> None:
        class InnerError(Exception):
            pass

        graveyard.park("body", InnerError("no"))
        assert sqs.requeue(graveyard.dead, error="InnerError").moved == 1

    def test_by_both(self, mixed: Graveyard) -> None:
        result = sqs.requeue(mixed.dead, error="ValueError", task="shop.bill")
        assert (result.moved, result.unmatched) == (1, 3)

    def test_by_ids_looks_no_further_than_it_must(self, proxy: Proxy, graveyard: Graveyard) -> None:
        graveyard.park_many(30)
        [first, *_] = sqs.receive_message(graveyard.dead, 1, visibility_timeout=0)["Messages"]
        result = sqs.requeue(graveyard.dead, ids=[first["MessageId"]])
        assert result.moved == 1
        assert result.missing == ()
        assert result.unmatched <= 9
        assert graveyard.bodies() == [first["Body"]]
        assert graveyard.counts() == (29, 0)

    def test_ids_that_are_not_there_are_told(self, graveyard: Graveyard) -> None:
        graveyard.park("body")
        result = sqs.requeue(graveyard.dead, ids=["a", "b"])
        assert (result.matched, result.missing) == (0, ("a", "b"))
        assert sqs.requeue(graveyard.dead, ids=[]).matched == 0
        assert graveyard.counts() == (1, 0)

    def test_some_at_most(self, graveyard: Graveyard) -> None:
        graveyard.park_many(25)
        assert sqs.requeue(graveyard.dead, everything=True, most=12).moved == 12
        assert graveyard.counts() == (13, 0)

    @pytest.mark.parametrize(
        "choice",
        [
            {},
            {"everything": True, "error": "ValueError"},
            {"everything": True, "ids": []},
            {"error": ""},
            {"task": ""},
            {"ids": "abc"},
            {"everything": True, "most": 0},
        ],
    )
    def test_one_that_cannot_be(self, graveyard: Graveyard, choice: dict[str, object]) -> None:
        with pytest.raises(InvalidRequestError):
            sqs.requeue(graveyard.dead, **choice)  # type: ignore[arg-type]

    def test_to_the_queue_itself(self, graveyard: Graveyard) -> None:
        with pytest.raises(UsageError, match="in this queue already"):
            sqs.requeue(graveyard.dead, everything=True, to=graveyard.dead)
        graveyard.park("body", source=graveyard.dead)
        [record] = sqs.requeue(graveyard.dead, everything=True).records
        assert "in this queue already" in record.reason
        assert graveyard.counts() == (1, 0)


class TestWhatStays:
    @pytest.mark.parametrize(
        ("source", "reason"),
        [
            ("", "does not say which queue"),
            ("arn:aws:sqs:us-east-1:999999999999:theirs", "no queue of this account"),
            ("arn:aws:sqs:eu-west-9:000000000000:elsewhere", "no queue of this account"),
            ("http://evil.example/000000000000/theirs", "no queue of this account"),
            ("not a name", "no queue of this account"),
        ],
    )
    def test_from_where_it_does_not_go_back(
        self, proxy: Proxy, graveyard: Graveyard, source: str, reason: str
    ) -> None:
        attributes = {"philo.error": text("E")} | ({"philo.source": text(source)} if source else {})
        sqs.send_message(graveyard.dead, "body", message_attributes=attributes)
        graveyard.park("good")
        proxy.calls.clear()

        result = sqs.requeue(graveyard.dead, everything=True)

        assert (result.moved, result.left) == (1, 1)
        [left] = [record for record in result.records if record.status == "left"]
        assert reason in left.reason
        assert graveyard.bodies() == ["good"]
        assert graveyard.bodies(graveyard.dead) == ["body"]

    def test_of_a_queue_that_is_gone(self, proxy: Proxy, graveyard: Graveyard) -> None:
        graveyard.park_many(25)
        graveyard.park("from elsewhere", source=f"{graveyard.arn}-gone")
        sqs.delete_queue(graveyard.url)
        proxy.calls.clear()

        result = sqs.requeue(graveyard.dead, everything=True)

        assert (result.moved, result.left) == (0, 26)
        assert all("There is no queue" in record.reason for record in result.records)
        # Each queue is tried once, not for each message.
        assert len(proxy.actions("SendMessageBatch")) == 2
        assert graveyard.counts() == (26, 0)

    def test_of_attributes_that_cannot_be_told(self, graveyard: Graveyard) -> None:
        attributes = {
            "philo.error": text("E"),
            "philo.source": text(graveyard.arn),
            "philo.attributes": text("no JSON"),
        }
        sqs.send_message(graveyard.dead, "body", message_attributes=attributes)
        [record] = sqs.requeue(graveyard.dead, everything=True).records
        assert record.status == "left"
        assert "cannot be read" in record.reason
        assert graveyard.counts() == (1, 0)

    def test_where_one_entry_is_refused(self, proxy: Proxy, graveyard: Graveyard) -> None:
        graveyard.park_many(10)

        def refuse(call: Call, forward: Forward) -> Reply:
            if call.action != "SendMessageBatch":
                return forward()
            [bad, *good] = call.body["Entries"]
            answer = json.loads(forward({**call.body, "Entries": good}).body)
            fault = {"Id": bad["Id"], "SenderFault": True, "Code": "Odd", "Message": "Not this."}
            return Reply(200, {**answer, "Failed": [fault]})

        proxy.behaviour = refuse
        result = sqs.requeue(graveyard.dead, everything=True)

        assert (result.moved, result.left) == (9, 1)
        [left] = [record for record in result.records if record.status == "left"]
        assert left.reason == "Not this."
        assert graveyard.counts() == (1, 0)
        assert len(graveyard.take()) == 9

    def test_where_sending_is_denied(self, proxy: Proxy, graveyard: Graveyard) -> None:
        graveyard.park_many(3)
        proxy.behaviour = lambda call, forward: (
            refusal("AccessDenied", 403) if call.action == "SendMessageBatch" else forward()
        )
        result = sqs.requeue(graveyard.dead, everything=True)
        assert (result.moved, result.left) == (0, 3)
        assert graveyard.counts() == (3, 0)

    def test_what_the_caller_does_not_allow(self, graveyard: Graveyard) -> None:
        graveyard.park("body")
        work = Requeue(graveyard.dead, everything=True, allowed=lambda url: url != graveyard.url)
        [record] = work.run()
        assert "You may not move messages to the queue" in record.reason
        assert graveyard.counts() == (1, 0)


class TestWhatIsNotDeleted:
    def test_is_told_and_not_given_back(self, proxy: Proxy, graveyard: Graveyard) -> None:
        graveyard.park_many(3)

        def refuse(call: Call, forward: Forward) -> Reply:
            if call.action != "DeleteMessageBatch":
                return forward()
            [bad, *good] = call.body["Entries"]
            answer = json.loads(forward({**call.body, "Entries": good}).body)
            fault = {"Id": bad["Id"], "SenderFault": True, "Code": "Odd", "Message": "Not now."}
            return Reply(200, {**answer, "Failed": [fault]})

        proxy.behaviour = refuse
        result = sqs.requeue(graveyard.dead, everything=True)

        assert (result.moved, result.twice, result.left) == (2, 1, 0)
        [twice] = [record for record in result.records if record.status == "twice"]
        assert "may be in both queues: Not now." in twice.reason
        assert twice.message_id
        assert len(graveyard.take()) == 3
        # Nobody is to get it at once a second time.
        assert graveyard.counts() == (0, 1)

    def test_an_entry_that_is_not_named_is_asked_for_again(
        self, proxy: Proxy, graveyard: Graveyard
    ) -> None:
        graveyard.park_many(3)
        silent = [True]

        def forget(call: Call, forward: Forward) -> Reply:
            if call.action == "DeleteMessageBatch" and silent:
                silent.clear()
                return forward({**call.body, "Entries": call.body["Entries"][:1]})
            return forward()

        proxy.behaviour = forget
        result = sqs.requeue(graveyard.dead, everything=True)
        assert (result.moved, result.twice) == (3, 0)
        assert [len(call.body["Entries"]) for call in proxy.actions("DeleteMessageBatch")] == [3, 2]

    def test_where_deleting_is_denied_it_ends_after_the_first(
        self, proxy: Proxy, graveyard: Graveyard
    ) -> None:
        graveyard.park_many(25)
        proxy.behaviour = lambda call, forward: (
            refusal("AccessDenied", 403, "no sqs:DeleteMessage")
            if call.action == "DeleteMessageBatch"
            else forward()
        )
        proxy.calls.clear()
        work = Requeue(graveyard.dead, everything=True)
        records: list[Requeued] = []
        with pytest.raises(AWSError, match="DeleteMessage"):
            records.extend(work.run())
        assert work.figures.twice == len(records) == 10
        assert len(proxy.actions("SendMessageBatch")) == 1
        assert len(graveyard.take()) == 10

    def test_what_went_before_is_in_the_result(self, proxy: Proxy, graveyard: Graveyard) -> None:
        graveyard.park_many(25)
        good = [True]

        def refuse(call: Call, forward: Forward) -> Reply:
            if call.action == "ReceiveMessage" and not good:
                return refusal("AccessDenied", 403)
            if call.action == "ReceiveMessage":
                good.clear()
            return forward()

        proxy.behaviour = refuse
        result = sqs.requeue(graveyard.dead, everything=True)
        assert (result.moved, result.complete) == (10, False)
        assert isinstance(result.failure, AccessDeniedError)
        with pytest.raises(AccessDeniedError):
            sqs.requeue(graveyard.dead, everything=True)

    def test_an_interrupt_after_the_sending_deletes_what_was_sent(
        self, proxy: Proxy, graveyard: Graveyard, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        graveyard.park_many(10)

        def interrupted(*args: Any, **kwargs: Any) -> Iterator[EntryOutcome]:
            yield from send_entries(*args, **kwargs)
            # A signal comes at this very moment only by luck.
            raise KeyboardInterrupt

        monkeypatch.setattr("philo_aws.sqs.requeueing.send_entries", interrupted)
        with pytest.raises(KeyboardInterrupt):
            sqs.requeue(graveyard.dead, everything=True)
        assert graveyard.counts() == (0, 0)
        assert len(graveyard.take()) == 10


class TestFifo:
    def test_groups_and_order_are_kept(self, fifo_graveyard: Graveyard) -> None:
        for number in range(4):
            fifo_graveyard.park(f"a{number}", group="a")
            fifo_graveyard.park(f"b{number}", group="b")
        assert sqs.requeue(fifo_graveyard.dead, everything=True).moved == 8
        messages = fifo_graveyard.take()
        for group in "ab":
            assert [
                one["Body"] for one in messages if one["Attributes"]["MessageGroupId"] == group
            ] == [f"{group}{number}" for number in range(4)]

    def test_sqs_does_not_drop_it_under_its_old_id(self, fifo_graveyard: Graveyard) -> None:
        # Within five minutes of the first sending.
        sqs.send_message(
            fifo_graveyard.url,
            "body",
            message_group_id="a",
            message_deduplication_id="order-1",
        )
        for _ in range(6):
            sqs.receive_message(fifo_graveyard.url, visibility_timeout=0)
        assert fifo_graveyard.counts() == (1, 0)

        assert sqs.requeue(fifo_graveyard.dead, everything=True).moved == 1
        [message] = fifo_graveyard.take()
        assert message["Body"] == "body"
        assert message["Attributes"]["MessageGroupId"] == "a"

    def test_one_that_was_sent_and_not_deleted_comes_once(
        self, proxy: Proxy, fifo_graveyard: Graveyard, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("philo_aws.sqs.holding.VISIBILITY", 1)
        fifo_graveyard.park("body", group="a")
        proxy.behaviour = lambda call, forward: (
            refusal("AccessDenied", 403) if call.action == "DeleteMessageBatch" else forward()
        )
        assert sqs.requeue(fifo_graveyard.dead, everything=True).twice == 1
        proxy.behaviour = lambda call, forward: forward()
        while not sqs.requeue(fifo_graveyard.dead, everything=True).moved:
            pass
        assert fifo_graveyard.bodies() == ["body"]

    def test_what_cannot_be_looked_at_is_told(self, fifo_graveyard: Graveyard) -> None:
        for number in range(15):
            fifo_graveyard.park(f"a{number}", group="a")
        result = sqs.requeue(fifo_graveyard.dead, error="KeyError")
        assert result.moved == 0
        assert result.unmatched + result.unreached == 15
        assert fifo_graveyard.counts() == (15, 0)

    def test_from_a_standard_queue_each_is_a_group(
        self, aws: LocalAWS, graveyard: Graveyard
    ) -> None:
        fifo = aws.make_queue(FifoQueue="true")
        graveyard.park_many(3)
        assert sqs.requeue(graveyard.dead, everything=True, to=fifo).moved == 3
        groups = {one["Attributes"]["MessageGroupId"] for one in graveyard.take(fifo)}
        assert len(groups) == 3


class TestBounds:
    def test_time(self, graveyard: Graveyard) -> None:
        graveyard.park_many(15)
        work = Requeue(graveyard.dead, everything=True, seconds=0)
        # Something is done in any case.
        assert len(list(work.run())) == 10
        assert not work.figures.complete
        assert graveyard.counts() == (5, 0)

    def test_what_is_held(self, graveyard: Graveyard) -> None:
        graveyard.park_many(35)
        work = Requeue(graveyard.dead, error="KeyError", most_held=20)
        assert list(work.run()) == []
        assert work.figures.unmatched == 20
        assert not work.figures.complete
        assert graveyard.counts() == (35, 0)

    def test_memory_does_not_grow_with_the_number(
        self, graveyard: Graveyard, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("philo_aws.sqs.holding.IN_MEMORY", 1)

        def peak(number: int) -> int:
            graveyard.park_many(number)
            work = Requeue(graveyard.dead, everything=True)
            tracemalloc.start()
            try:
                for _ in work.run():
                    pass
                return tracemalloc.get_traced_memory()[1]
            finally:
                tracemalloc.stop()

        peak(20)
        # Receipt handles and bodies of those between would be more than that.
        assert peak(400) < peak(40) + 150_000


@pytest.mark.aws_servers("ministack", "moto")
def test_on_every_server(aws: LocalAWS, make_queue: Callable[..., str]) -> None:
    graveyard = dig(aws)
    graveyard.park("body")
    assert sqs.requeue(graveyard.dead, everything=True).moved == 1
    assert graveyard.bodies() == ["body"]
