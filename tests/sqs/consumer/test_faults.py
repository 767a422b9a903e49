"""What a consumer does when SQS, the network or the handlers fail: nothing is lost, nobody told."""

from __future__ import annotations

import json
import random
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from philo_aws import sqs
from philo_aws.sqs.consumer import Message, Retry, leases, polling
from philo_aws.sqs.consumer.registry import Handler
from philo_aws.sqs.consumer.run import DRAINED, LEFT_SOMETHING, Consumer, Life
from tests.servers import LocalAWS
from tests.sqs.consumer.conftest import QUICK, Consume, counts, wait_for, with_dead_letters
from tests.sqs.proxy import Call, Forward, Proxy, Reply, refusal

pytestmark = pytest.mark.aws_servers("ministack")
ONE_BATCH = Life(until_empty=True)


def nothing(message: Message) -> None:
    """A handler that is content with everything."""


def test_a_message_that_comes_into_an_open_receive_after_the_stop_is_given_back(
    queue_url: str, proxy: Proxy, consume: Consume
) -> None:
    """Fault 4: the receive that rests is waited for."""
    asked = threading.Event()

    def note(call: Call, forward: Forward) -> Reply:
        if call.action == "ReceiveMessage":
            asked.set()
        return forward()

    proxy.behaviour = note
    running = consume({queue_url: nothing}, wait_time_seconds=5)
    assert asked.wait(20)
    running.consumer.stop()
    assert wait_for(lambda: running.consumer.slots._is_stopped)
    sqs.send_message(queue_url, "late")
    assert running.join() == DRAINED
    assert counts(queue_url) == (1, 0)
    assert running["done"] == 0


def test_deletions_that_sqs_refuses_now_and_then_are_repeated(
    queue_url: str, proxy: Proxy, consume: Consume
) -> None:
    """Fault 6: every message is deleted, and none is handled twice."""
    luck = random.Random(6)
    refused = []

    def refuse_some(call: Call, forward: Forward) -> Reply:
        if call.action != "DeleteMessageBatch":
            return forward()
        entries = call.body["Entries"]
        bad = [entry for entry in entries if luck.random() < 0.3]
        refused.extend(bad)
        good = [entry for entry in entries if entry not in bad]
        failed = [
            {"Id": one["Id"], "SenderFault": False, "Code": "InternalError", "Message": "No."}
            for one in bad
        ]
        answer: dict[str, Any] = {"Successful": [], "Failed": []}
        if good:
            answer = json.loads(forward({**call.body, "Entries": good}).body)
        return Reply(200, {**answer, "Failed": [*answer.get("Failed", []), *failed]})

    proxy.behaviour = refuse_some
    sqs.send_message_batch(queue_url, [str(number) for number in range(100)])
    runs: list[str] = []
    running = consume({queue_url: lambda message: runs.append(message.body)})
    assert wait_for(lambda: running["acknowledged"] == 100)
    assert running.stop() == DRAINED
    assert len(refused) > 10
    assert sorted(runs, key=int) == [str(number) for number in range(100)]
    assert counts(queue_url) == (0, 0)


def test_while_nothing_is_deleted_little_more_is_received(
    queue_url: str, proxy: Proxy, consume: Consume, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is done and not deleted is done again where the process dies: it must not pile up."""
    monkeypatch.setattr(polling, "MOST_DUE", 10)
    go = threading.Event()

    def hold(call: Call, forward: Forward) -> Reply:
        if call.action == "DeleteMessageBatch":
            go.wait(60)
        return forward()

    proxy.behaviour = hold
    sqs.send_message_batch(queue_url, [str(number) for number in range(200)])
    # Whose receive is lost to a busy machine is to come again before the test has waited enough.
    running = consume({queue_url: nothing}, prefetch_seconds=0, visibility_timeout=20)
    assert wait_for(lambda: running.consumer.acknowledgements.left >= 50)
    # Four requests with ten each, those that are due, and what four receives may bring.
    assert not wait_for(lambda: running["received"] > 4 * 10 + 10 + 4 * 10, 2)
    go.set()
    figures = running.consumer.figures
    assert wait_for(lambda: figures["acknowledged"] == 200, 60), figures.all()
    assert running.stop() == DRAINED


def test_who_may_not_ask_for_the_attributes_is_told_what_that_means(
    queue_url: str, proxy: Proxy, consume: Consume, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(call: Call, forward: Forward) -> Reply:
        denied = call.action == "GetQueueAttributes"
        return refusal("AccessDenied", 403) if denied else forward()

    sqs.send_message(queue_url, "1")
    proxy.behaviour = refuse
    running = consume({queue_url: nothing}, ONE_BATCH)
    assert running.join() == DRAINED
    assert running["acknowledged"] == 1
    [record] = [one for one in caplog.records if "its dead-letter queue" in one.getMessage()]
    assert record.levelname == "WARNING"
    assert "denied" in record.getMessage()


def test_an_entry_that_the_answer_leaves_out_is_deleted_again(
    queue_url: str, proxy: Proxy, consume: Consume
) -> None:
    silent = [2]

    def say_nothing(call: Call, forward: Forward) -> Reply:
        if call.action == "DeleteMessageBatch" and silent:
            silent.pop()
            return Reply(200, {"Successful": []})
        return forward()

    proxy.behaviour = say_nothing
    sqs.send_message_batch(queue_url, ["1", "2", "3"])
    running = consume({queue_url: nothing}, ONE_BATCH)
    assert running.join() == DRAINED
    assert counts(queue_url) == (0, 0)
    assert running["received"] == 3


def test_deletions_that_never_succeed_are_told_at_the_end(
    queue_url: str, proxy: Proxy, consume: Consume, monkeypatch: pytest.MonkeyPatch
) -> None:
    from philo_aws.sqs.consumer import run

    monkeypatch.setattr(run, "FLUSHED_FOR", 0.3)

    def refuse(call: Call, forward: Forward) -> Reply:
        return refusal("InternalError", 500) if call.action.startswith("Delete") else forward()

    proxy.behaviour = refuse
    sqs.send_message(queue_url, "1")
    running = consume({queue_url: nothing})
    assert wait_for(lambda: running["done"] == 1)
    assert running.stop() == LEFT_SOMETHING
    assert running["delete_errors"] > 0


def test_a_receive_that_is_never_answered_is_given_up_and_begun_anew(
    queue_url: str, proxy: Proxy, consume: Consume, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fault 7: the connection is half open, and nobody says so."""
    monkeypatch.setattr(polling, "ANSWERED_WITHIN", 0.2)
    go = threading.Event()

    def say_nothing(call: Call, forward: Forward) -> Reply:
        if call.action == "ReceiveMessage" and not go.is_set():
            go.wait(30)
            return Reply(0, b"")
        return forward()

    proxy.behaviour = say_nothing
    sqs.send_message(queue_url, "1")
    running = consume({queue_url: nothing}, wait_time_seconds=0)
    assert wait_for(lambda: running["receive_errors"] >= 2)
    go.set()
    assert wait_for(lambda: running["acknowledged"] == 1)
    assert running["pollers_replaced"] == 0
    assert running.stop() == DRAINED


def test_a_receive_that_does_not_end_is_replaced_and_gives_back_what_it_brings(
    queue_url: str, proxy: Proxy, consume: Consume, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fault 7b: whatever the connection does, the queue is polled on."""
    monkeypatch.setattr(polling, "LATE", 0.0)
    go = threading.Event()
    first = threading.Lock()

    def hold_the_first(call: Call, forward: Forward) -> Reply:
        if call.action == "ReceiveMessage" and first.acquire(blocking=False):
            answer = forward()
            go.wait(30)
            return answer
        return forward()

    sqs.send_message(queue_url, "stuck")
    proxy.behaviour = hold_the_first
    running = consume({queue_url: nothing}, wait_time_seconds=1)
    assert wait_for(lambda: running["pollers_replaced"] == 1)
    sqs.send_message(queue_url, "next")
    assert wait_for(lambda: running["done"] == 1)
    go.set()
    # The one that came late had been received for somebody who is not there any more.
    assert wait_for(lambda: running["done"] == 2)
    assert running["released"] == 1
    assert running.stop() == DRAINED
    assert counts(queue_url) == (0, 0)


def test_a_consumer_whose_receives_get_stuck_again_and_again_ends(
    queue_url: str, proxy: Proxy, consume: Consume, monkeypatch: pytest.MonkeyPatch
) -> None:
    from philo_aws.sqs.consumer import run

    monkeypatch.setattr(polling, "LATE", -0.9)
    monkeypatch.setattr(run, "WATCHED_EVERY", 0.05)
    go = threading.Event()

    def hold(call: Call, forward: Forward) -> Reply:
        if call.action == "ReceiveMessage":
            go.wait(30)
            return Reply(0, b"")
        return forward()

    proxy.behaviour = hold
    running = consume({queue_url: nothing}, wait_time_seconds=1, drain_timeout=0)
    try:
        assert running.join() == LEFT_SOMETHING
    finally:
        go.set()
    assert running["pollers_replaced"] == run.GIVEN_UP_AFTER


@pytest.mark.parametrize(
    "answer",
    [refusal("ServiceUnavailable", 503), refusal("ThrottlingException"), Reply(0, b"")],
    ids=["503", "throttled", "reset"],
)
def test_a_storm_is_waited_out_with_few_requests(
    queue_url: str, proxy: Proxy, consume: Consume, answer: Reply
) -> None:
    """Fault 8."""
    sqs.send_message_batch(queue_url, [str(number) for number in range(20)])
    storm = threading.Event()
    storm.set()

    def rage(call: Call, forward: Forward) -> Reply:
        return answer if storm.is_set() and call.action == "ReceiveMessage" else forward()

    proxy.behaviour = rage
    running = consume({queue_url: nothing})
    assert wait_for(lambda: len(proxy.actions("ReceiveMessage")) >= 4)
    begun = time.monotonic()
    assert wait_for(lambda: len(proxy.actions("ReceiveMessage")) >= 5)
    # The fifth comes 0.8 to 1.6 seconds after the fourth.
    assert time.monotonic() - begun > 0.5
    storm.clear()
    assert wait_for(lambda: running["acknowledged"] == 20)
    assert running["received"] == 20
    assert running.consumer.is_healthy
    assert running.stop() == DRAINED


def test_a_queue_that_is_gone_is_looked_up_again_by_its_name(
    aws: LocalAWS, proxy: Proxy, consume: Consume, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fault 9: the consumer lives, says what is wrong, and finds the queue once it is back."""
    monkeypatch.setattr(polling, "_PAUSE_OF_FATAL", 0.2)
    monkeypatch.setattr(polling, "_LONGEST_PAUSE_OF_FATAL", 0.4)
    name = f"q-{random.getrandbits(60):x}"
    url = sqs.create_queue(name)["QueueUrl"]
    running = consume({name: nothing})
    assert wait_for(lambda: running["receives"] >= 1)
    sqs.delete_queue(url)
    assert wait_for(lambda: running.consumer.pollings[0].source.failures >= 3)
    fault = running.consumer.state()["queues"][name]["fault"]
    assert "QueueNotFoundError" in fault
    lookups = len(proxy.actions("GetQueueUrl"))
    sqs.create_queue(name)
    sqs.send_message(url, "again")
    assert wait_for(lambda: running["acknowledged"] == 1)
    assert len(proxy.actions("GetQueueUrl")) > lookups
    assert running.stop() == DRAINED


def test_a_queue_that_was_never_there_does_not_end_the_others(
    queue_url: str, consume: Consume
) -> None:
    sqs.send_message(queue_url, "1")
    running = consume({"no-such-queue": nothing, queue_url: nothing})
    assert wait_for(lambda: running["acknowledged"] == 1)
    assert running.consumer.state()["queues"]["no-such-queue"]["failures"] >= 1
    assert running.stop() == DRAINED


def test_of_a_fifo_queue_only_the_failing_head_is_parked(
    make_queue: Callable[..., str], consume: Consume
) -> None:
    """Fault 11: the other group goes on, and the order is kept."""
    dead, url = with_dead_letters(make_queue, 3, FifoQueue="true")
    sqs.send_message_batch(
        url,
        [
            {
                "MessageBody": f"{group}{number}",
                "MessageGroupId": group,
                "MessageDeduplicationId": f"{group}{number}",
            }
            for number in range(4)
            for group in "ab"
        ],
    )
    done: list[str] = []
    attempts: list[str] = []

    def handle(message: Message) -> None:
        if message.body == "a0":
            attempts.append(message.body)
            raise ValueError("poison")
        done.append(message.body)

    running = consume({url: handle}, ONE_BATCH)
    assert running.join() == DRAINED
    assert len(attempts) == 3
    assert [body for body in done if body[0] == "a"] == ["a1", "a2", "a3"]
    assert [body for body in done if body[0] == "b"] == ["b0", "b1", "b2", "b3"]
    (parked,) = sqs.receive_message(dead, 10)["Messages"]
    assert parked["Body"] == "a0"
    assert parked["Attributes"]["MessageGroupId"] == "a"


def test_a_message_whose_lease_is_lost_is_told_to_its_handler_and_not_deleted(
    queue_url: str, proxy: Proxy, consume: Consume
) -> None:
    """Fault 14."""

    def refuse(call: Call, forward: Forward) -> Reply:
        if call.action != "ChangeMessageVisibilityBatch":
            return forward()
        return Reply(
            200,
            {
                "Successful": [],
                "Failed": [
                    {
                        "Id": one["Id"],
                        "SenderFault": True,
                        "Code": "MessageNotInflight",
                        "Message": "No.",
                    }
                    for one in call.body["Entries"]
                ],
            },
        )

    proxy.behaviour = refuse
    sqs.send_message(queue_url, "1")
    told = []

    def handle(message: Message) -> None:
        told.append(message.lost.wait(20))

    running = consume({queue_url: handle}, visibility_timeout=2)
    assert wait_for(lambda: told)
    assert wait_for(lambda: not running.consumer.leases.held())
    assert running.stop() == DRAINED
    # On a busy machine it came again before the stop, and was lost again, handled or not.
    assert all(told)
    assert running["lost"] >= len(told)
    assert not proxy.actions("DeleteMessageBatch")


def test_a_lease_that_nobody_could_renew_counts_as_lost(
    queue_url: str, proxy: Proxy, consume: Consume
) -> None:
    def refuse(call: Call, forward: Forward) -> Reply:
        if call.action == "ChangeMessageVisibilityBatch":
            return refusal("InternalError", 500)
        return forward()

    proxy.behaviour = refuse
    sqs.send_message(queue_url, "1")
    told = []
    running = consume(
        {queue_url: lambda message: told.append(message.lost.wait(20))}, visibility_timeout=2
    )
    assert wait_for(lambda: told == [True])
    assert running["visibility_errors"] > 0
    assert running["lost"] == 1


def test_what_waits_for_a_thread_keeps_its_lease(queue_url: str, consume: Consume) -> None:
    """Without it what was fetched ahead would come to others while it waits here."""
    sqs.send_message_batch(queue_url, [str(number) for number in range(6)])
    runs: list[str] = []
    go = threading.Event()

    def handle(message: Message) -> None:
        runs.append(message.body)
        if len(runs) > 1:
            go.wait(30)

    running = consume({queue_url: handle}, concurrency=1, prefetch_seconds=60, visibility_timeout=2)
    assert wait_for(lambda: running.consumer.slots.waiting == 4)
    assert wait_for(lambda: running["extended"] >= 15)
    go.set()
    assert wait_for(lambda: running["acknowledged"] == 6)
    assert running.stop() == DRAINED
    assert sorted(runs) == [str(number) for number in range(6)]


def test_what_was_lost_while_it_waited_is_not_begun(
    queue_url: str, proxy: Proxy, consume: Consume
) -> None:
    """Another consumer has it by now."""
    refusing = threading.Event()
    refusing.set()

    def refuse(call: Call, forward: Forward) -> Reply:
        if call.action != "ChangeMessageVisibilityBatch" or not refusing.is_set():
            return forward()
        failure = {"SenderFault": True, "Code": "MessageNotInflight", "Message": "No."}
        failed = [{"Id": one["Id"], **failure} for one in call.body["Entries"]]
        return Reply(200, {"Successful": [], "Failed": failed})

    proxy.behaviour = refuse
    sqs.send_message_batch(queue_url, [str(number) for number in range(6)])
    begun_lost: list[bool] = []
    go = threading.Event()

    def handle(message: Message) -> None:
        begun_lost.append(message.lost.is_set())
        if len(begun_lost) > 1:
            go.wait(30)

    running = consume({queue_url: handle}, concurrency=1, prefetch_seconds=60, visibility_timeout=2)
    assert wait_for(lambda: running.consumer.slots.waiting == 4)
    # The one that runs, and those that wait.
    assert wait_for(lambda: running["lost"] >= 5)
    refusing.clear()
    go.set()
    assert wait_for(lambda: running["acknowledged"] == 6)
    assert not any(begun_lost)
    assert running.stop() == DRAINED


def test_what_is_done_and_not_deleted_keeps_its_lease(
    queue_url: str, proxy: Proxy, consume: Consume
) -> None:
    """Without it work that is done would be done again, as long as deletions fail."""
    works = threading.Event()

    def refuse(call: Call, forward: Forward) -> Reply:
        if call.action == "DeleteMessageBatch" and not works.is_set():
            return refusal("InternalError", 500)
        return forward()

    proxy.behaviour = refuse
    sqs.send_message(queue_url, "1")
    runs: list[str] = []
    running = consume({queue_url: lambda message: runs.append(message.body)}, visibility_timeout=2)
    # Each adds less than a second: together they are longer than the lease.
    assert wait_for(lambda: running["extended"] >= 4 or running["lost"])
    works.set()
    assert wait_for(lambda: running["acknowledged"] == 1)
    assert running["lost"] == 0
    assert runs == ["1"]


def test_one_receipt_that_is_old_spoils_no_other_deletion(
    queue_url: str, proxy: Proxy, consume: Consume
) -> None:
    """Fault 15: the entries of a batch are told apart by their places."""
    sqs.send_message_batch(queue_url, ["1", "2", "3"])

    def refuse_the_first(call: Call, forward: Forward) -> Reply:
        if call.action != "DeleteMessageBatch":
            return forward()
        first, *rest = call.body["Entries"]
        assert [one["Id"] for one in (first, *rest)] == [
            str(place) for place in range(len(rest) + 1)
        ]
        answer: dict[str, Any] = {"Successful": []}
        if rest:
            answer = json.loads(forward({**call.body, "Entries": rest}).body)
        failed = {
            "Id": first["Id"],
            "SenderFault": True,
            "Code": "ReceiptHandleIsInvalid",
            "Message": "No.",
        }
        return Reply(200, {**answer, "Failed": [failed]})

    proxy.behaviour = refuse_the_first
    running = consume({queue_url: nothing})
    assert wait_for(lambda: running["acknowledged"] + running["acknowledgements_refused"] == 3)
    assert running["acknowledgements_refused"] >= 1
    assert running.stop() == DRAINED


def test_a_message_that_cannot_be_parked_stays(
    make_queue: Callable[..., str], proxy: Proxy, consume: Consume
) -> None:
    """Fault 17: it is sent first and deleted after that."""
    dead, url = with_dead_letters(make_queue, 1)
    dead_name = dead.rpartition("/")[2]
    sqs.send_message(url, "bad")
    refusing = threading.Event()
    refusing.set()
    order = []

    def refuse(call: Call, forward: Forward) -> Reply:
        if call.action in ("SendMessage", "DeleteMessageBatch"):
            order.append(call.action)
        is_dead = str(call.body.get("QueueUrl", "")).endswith(dead_name)
        if call.action == "SendMessage" and is_dead and refusing.is_set():
            return refusal("AccessDeniedException", 403)
        return forward()

    proxy.behaviour = refuse

    def handle(message: Message) -> None:
        raise ValueError("bad")

    # By its own number of attempts: SQS would move it away itself after one.
    running = consume([Handler(queue=url, function=handle, max_attempts=1)], visibility_timeout=20)
    assert wait_for(lambda: "SendMessage" in order)
    assert wait_for(lambda: not running.consumer.leases.held())
    assert "DeleteMessageBatch" not in order
    assert running["parked"] == 0
    assert sum(counts(url)) + sum(counts(dead)) == 1
    running.stop()


def test_a_clock_that_jumps_ends_no_lease(
    queue_url: str, consume: Consume, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fault 18: leases are counted by the clock that never jumps."""
    sqs.send_message(queue_url, "1")
    begun, go = threading.Event(), threading.Event()

    def handle(message: Message) -> None:
        begun.set()
        go.wait(30)

    running = consume({queue_url: handle}, visibility_timeout=4)
    assert begun.wait(20)
    real = time.time
    monkeypatch.setattr(time, "time", lambda: real() + 3600)
    assert wait_for(lambda: running["extended"] >= 1)
    monkeypatch.setattr(time, "time", lambda: real() - 3600)
    assert wait_for(lambda: running["extended"] >= 2)
    assert running["lost"] == 0
    go.set()
    assert wait_for(lambda: running["acknowledged"] == 1)


def test_delays_are_whole_seconds_rounded_up(
    queue_url: str, proxy: Proxy, consume: Consume
) -> None:
    """Rounded down, half a second would be none, and a failure come back hundreds of times."""
    sqs.send_message(queue_url, "1")

    def handle(message: Message) -> None:
        if message.attempt == 1:
            raise Retry(0.01)

    running = consume({queue_url: handle})
    assert wait_for(lambda: running["acknowledged"] == 1)
    changes = [
        entry["VisibilityTimeout"]
        for call in proxy.actions("ChangeMessageVisibilityBatch")
        for entry in call.body["Entries"]
    ]
    assert changes == [1]


def test_the_backoff_grows_and_ends(
    queue_url: str, consume: Consume, monkeypatch: pytest.MonkeyPatch
) -> None:
    from philo_aws.sqs.consumer.settling import Settler
    from philo_aws.sqs.consumer.source import Source

    consumer = Consumer([Handler(queue=queue_url, function=nothing)], QUICK)
    settler: Any = consumer.workers._settler
    assert isinstance(settler, Settler)
    settler._config = type(QUICK)(backoff=(10, 900))
    source = Source(Handler(queue=queue_url, function=nothing))
    monkeypatch.setattr(random, "uniform", lambda low, high: high)

    def seconds(attempt: int) -> int:
        raw = {"Attributes": {"ApproximateReceiveCount": str(attempt)}}
        message = Message(source, raw, begun=time.monotonic(), lease=60)
        return int(settler._seconds(message, None))

    assert [seconds(attempt) for attempt in (1, 2, 3, 7, 8, 1000)] == [10, 20, 40, 640, 900, 900]


def test_after_twelve_hours_a_lease_is_not_renewed_any_more(
    queue_url: str, consume: Consume, monkeypatch: pytest.MonkeyPatch, caplog: Any
) -> None:
    sqs.send_message(queue_url, "1")
    begun, go = threading.Event(), threading.Event()

    def handle(message: Message) -> None:
        begun.set()
        go.wait(30)

    running = consume({queue_url: handle}, visibility_timeout=4)
    assert begun.wait(20)
    monkeypatch.setattr(leases, "MAX_VISIBILITY_TIMEOUT", 5)
    (message,) = running.consumer.leases.held()
    assert wait_for(lambda: message.is_at_its_end)
    assert "12 hours" in caplog.text
    go.set()
