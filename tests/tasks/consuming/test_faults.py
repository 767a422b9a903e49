"""What becomes of tasks when SQS, a task or a receiver fails: results and signals are true."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from typing import Any

import pytest
from pytest_django import Settings

from philo_aws import sqs
from philo_aws.sqs.consumer.run import DRAINED, Life
from philo_aws.sqs.requeueing import requeue
from philo_aws.tasks.worker import handlers
from tests.sqs.consumer.conftest import Consume, counts, wait_for, with_dead_letters
from tests.sqs.proxy import Call, Forward, Proxy, Reply, refusal
from tests.tasks.consuming import example
from tests.tasks.consuming.conftest import Backend, calls

pytestmark = pytest.mark.aws_servers("ministack")
ONE_BATCH = Life(until_empty=True)
Told = list[tuple[str, list[Any], str]]


@pytest.fixture(autouse=True)
def doings() -> Any:
    """What the tasks of a test do, by the name that is their first argument."""
    with example.doing() as made:
        yield made


def heard(told: Told, signal: str) -> list[tuple[str, str]]:
    return [(args[0], status) for name, args, status in told if name == signal]


def test_a_task_that_takes_longer_than_its_lease_runs_once(
    queue_url: str, backend: Backend, consume: Consume, told: Told
) -> None:
    """Fault 5, with two consumers."""
    backend(queue_url)
    go, begun = threading.Event(), []

    def wait() -> None:
        begun.append(1)
        go.wait(30)

    with example.doing() as doings:
        doings["long"] = wait
        result = example.do().enqueue("long")
        one = consume(handlers(["default"]), visibility_timeout=2)
        other = consume(handlers(["default"]), visibility_timeout=2)
        assert wait_for(lambda: one["extended"] + other["extended"] >= 3)
        result.refresh()
        assert str(result.status) == "RUNNING"
        go.set()
        assert wait_for(lambda: one["acknowledged"] + other["acknowledged"] == 1)
        assert (one.stop(), other.stop()) == (DRAINED, DRAINED)
    assert len(begun) == 1
    result.refresh()
    assert (str(result.status), result.attempts) == ("SUCCESSFUL", 1)
    assert heard(told, "started") == [("long", "RUNNING")]
    assert heard(told, "finished") == [("long", "SUCCESSFUL")]


def test_poison_is_tried_as_often_as_the_queue_says_and_parked(
    make_queue: Callable[..., str],
    backend: Backend,
    consume: Consume,
    told: Told,
    doings: example.Doings,
) -> None:
    """Fault 10: the others are done, and who hears of it hears of one failure."""
    dead, url = with_dead_letters(make_queue, 3)
    backend(url)
    good = example.do().enqueue_many(calls([f"good{number}" for number in range(19)]))

    def fail() -> None:
        raise LookupError("no such order: 7")

    doings["bad"] = fail
    bad = example.do().enqueue("bad")
    assert consume(handlers(["default"]), ONE_BATCH).join() == DRAINED
    assert counts(url) == (0, 0)
    (parked,) = sqs.receive_message(dead)["Messages"]
    assert parked["MessageAttributes"]["philo.error"]["StringValue"] == (
        "LookupError: no such order: 7"
    )
    assert "in fail" in parked["MessageAttributes"]["philo.traceback"]["StringValue"]
    assert heard(told, "retried") == [("bad", "READY")] * 2
    finished = dict(heard(told, "finished"))
    assert finished == {**{one.args[0]: "SUCCESSFUL" for one in good}, "bad": "FAILED"}
    assert len(heard(told, "finished")) == 20
    bad.refresh()
    assert (str(bad.status), bad.attempts, len(bad.errors)) == ("FAILED", 3, 3)
    assert bad.errors[0].exception_class is LookupError
    for one in good:
        one.refresh()
        assert str(one.status) == "SUCCESSFUL"


def test_what_was_parked_runs_when_it_is_moved_back(
    make_queue: Callable[..., str],
    backend: Backend,
    consume: Consume,
    doings: example.Doings,
) -> None:
    dead, url = with_dead_letters(make_queue, 3)
    backend(url, max_attempts=1)
    broken = True

    def fail() -> None:
        if broken:
            raise LookupError("not yet")

    doings["bad"] = fail
    result = example.do().enqueue("bad")
    assert consume(handlers(["default"]), ONE_BATCH).join() == DRAINED
    result.refresh()
    assert str(result.status) == "FAILED"
    broken = False
    assert requeue(dead, task=result.task.module_path).moved == 1
    assert consume(handlers(["default"]), ONE_BATCH).join() == DRAINED
    result.refresh()
    assert str(result.status) == "SUCCESSFUL"
    assert counts(dead) == (0, 0)


def test_of_a_fifo_queue_only_the_failing_head_is_parked(
    make_queue: Callable[..., str],
    backend: Backend,
    consume: Consume,
    told: Told,
    doings: example.Doings,
) -> None:
    """Fault 11: the other group goes on, and the order is kept."""
    dead, url = with_dead_letters(make_queue, 3, FifoQueue="true")
    backend(url)

    def fail() -> None:
        raise ValueError("poison")

    doings["a0"] = fail
    for number in range(4):
        for group in "ab":
            example.do().using(group=group).enqueue(f"{group}{number}")
    assert consume(handlers(["default"]), ONE_BATCH).join() == DRAINED
    finished = heard(told, "finished")
    a, b = ([one for one in finished if one[0][0] == group] for group in "ab")
    assert a == [("a0", "FAILED"), *((f"a{number}", "SUCCESSFUL") for number in (1, 2, 3))]
    assert b == [(f"b{number}", "SUCCESSFUL") for number in range(4)]
    assert heard(told, "retried") == [("a0", "READY")] * 2
    (parked,) = sqs.receive_message(dead, 10)["Messages"]
    assert json.loads(parked["Body"])["args"] == ["a0"]
    assert parked["Attributes"]["MessageGroupId"] == "a"


@pytest.mark.parametrize("error", [SystemExit(3), GeneratorExit(), Exception()], ids=repr)
def test_whatever_a_task_raises_the_consumer_goes_on(
    make_queue: Callable[..., str],
    backend: Backend,
    consume: Consume,
    doings: example.Doings,
    error: BaseException,
) -> None:
    """Fault 16."""
    dead, url = with_dead_letters(make_queue, 5)
    backend(url, max_attempts=1)

    def fail() -> None:
        raise error

    doings["bad"] = fail
    bad, good = example.do().enqueue_many(calls(["bad", "good"]))
    running = consume(handlers(["default"]), ONE_BATCH, concurrency=1)
    assert running.join() == DRAINED
    assert running["workers_replaced"] == 0
    bad.refresh()
    good.refresh()
    assert (str(bad.status), str(good.status)) == ("FAILED", "SUCCESSFUL")
    assert counts(dead) == (1, 0)


@pytest.mark.parametrize("signal", ["task_started", "task_finished"])
def test_a_receiver_that_fails_is_no_failure_of_the_task(
    queue_url: str,
    backend: Backend,
    consume: Consume,
    signal: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    names = backend(queue_url)

    def fail(**kwargs: Any) -> None:
        raise ValueError("a receiver's own fault")

    sent = getattr(names.signals, signal)
    sent.connect(fail)
    try:
        result = example.do().enqueue("a")
        running = consume(handlers(["default"]), ONE_BATCH)
        assert running.join() == DRAINED
    finally:
        sent.disconnect(fail)
    result.refresh()
    assert (str(result.status), running["done"]) == ("SUCCESSFUL", 1)
    assert "a receiver's own fault" in caplog.text


PATH = "tests.tasks.consuming.example"
HOSTILE = {
    "no JSON": "os.system('true')",
    "a list": "[]",
    "an object": "{}",
    "no task": {"task": "os.system", "args": ["true"]},
    "a function of this site": {"task": f"{PATH}.no_task"},
    "a task by another name": {"task": f"{PATH}.same_task"},
    "within a task": {"task": f"{PATH}.task.func"},
    "a module that is not there": {"task": "tests.no_such_module.task"},
    "a module of no application": {"task": "antigravity.task"},
    "a file": {"task": "../../tmp/evil.task"},
    "dunders": {"task": f"{PATH}.__builtins__"},
    "another backend's": {"backend": "other"},
    "another queue's": {"queue_name": "other"},
    "arguments that are none": {"args": "abc"},
    "no time": {"enqueued_at": "yesterday"},
    "a priority that is none": {"priority": "high"},
}


@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE)
def test_what_is_no_task_of_this_site_is_parked_unrun(
    make_queue: Callable[..., str],
    backend: Backend,
    consume: Consume,
    told: Told,
    doings: example.Doings,
    body: Any,
) -> None:
    """Fault 16: the reason is told, nothing is imported or called, and the next one is run."""
    import sys

    dead, url = with_dead_letters(make_queue, 5)
    backend(url)
    result = example.do().enqueue("a")
    if isinstance(body, dict):
        (message,) = sqs.receive_message(url, 1, visibility_timeout=0)["Messages"]
        body = json.dumps({**json.loads(message["Body"]), **body})
    sqs.send_message(url, body)
    modules = set(sys.modules)
    assert consume(handlers(["default"]), ONE_BATCH).join() == DRAINED
    assert not {name for name in set(sys.modules) - modules if "antigravity" in name}
    assert example.called == []
    assert doings.seen == ["a"]
    assert heard(told, "finished") == [("a", "SUCCESSFUL")]
    result.refresh()
    assert str(result.status) == "SUCCESSFUL"
    (parked,) = sqs.receive_message(dead)["Messages"]
    assert parked["MessageAttributes"]["philo.error"]["StringValue"].startswith(
        "Reject: This "
    ) or ("is no task of this site" in parked["MessageAttributes"]["philo.error"]["StringValue"])
    assert parked["MessageAttributes"]["philo.attempts"]["StringValue"] == "1"


def test_a_task_that_cannot_be_parked_stays(
    make_queue: Callable[..., str],
    proxy: Proxy,
    backend: Backend,
    consume: Consume,
    doings: example.Doings,
) -> None:
    """Fault 17: it is sent first and deleted after that."""
    dead, url = with_dead_letters(make_queue, 9)
    backend(url, max_attempts=1)
    name = dead.rpartition("/")[2]
    refusing = threading.Event()
    refusing.set()
    refused = threading.Event()

    def refuse(call: Call, forward: Forward) -> Reply:
        is_dead = str(call.body.get("QueueUrl", "")).endswith(name)
        if call.action == "SendMessage" and is_dead and refusing.is_set():
            refused.set()
            return refusal("AccessDeniedException", 403)
        return forward()

    def fail() -> None:
        raise ValueError("bad")

    doings["bad"] = fail
    result = example.do().enqueue("bad")
    proxy.behaviour = refuse
    running = consume(handlers(["default"]), visibility_timeout=20)
    assert refused.wait(20)
    assert not proxy.actions("DeleteMessageBatch")
    assert running["parked"] == 0
    refusing.clear()
    assert wait_for(lambda: counts(dead) == (1, 0))
    assert wait_for(lambda: counts(url) == (0, 0))
    assert running.stop() == DRAINED
    result.refresh()
    assert str(result.status) == "FAILED"


@pytest.mark.django_db(transaction=True)
def test_a_task_that_returns_inside_of_a_transaction_has_failed(
    make_queue: Callable[..., str],
    backend: Backend,
    consume: Consume,
    told: Told,
    doings: example.Doings,
) -> None:
    """What it changed in the database is lost: neither result nor signal may say otherwise."""
    from django.db import transaction

    dead, url = with_dead_letters(make_queue, 2)
    backend(url)

    def leave_open() -> None:
        transaction.atomic().__enter__()

    doings["open"] = leave_open
    result = example.do().enqueue("open")
    assert consume(handlers(["default"]), ONE_BATCH).join() == DRAINED
    assert heard(told, "retried") == [("open", "READY")]
    assert heard(told, "finished") == [("open", "FAILED")]
    result.refresh()
    assert (str(result.status), result.attempts) == ("FAILED", 2)
    assert "inside of a transaction" in result.errors[0].traceback
    assert counts(dead) == (1, 0)


def test_attempts_and_backoff_of_a_task_go_before_the_backends(
    make_queue: Callable[..., str],
    proxy: Proxy,
    backend: Backend,
    consume: Consume,
    told: Told,
    doings: example.Doings,
) -> None:
    dead, url = with_dead_letters(make_queue, 9)
    backend(url, max_attempts=5, backoff=[1000, 1000])

    def fail() -> None:
        raise ValueError("bad")

    doings["bad"] = fail
    example.do().using(max_attempts=2, backoff=(0, 0)).enqueue("bad")
    assert consume(handlers(["default"]), ONE_BATCH, backoff=(2000, 2000)).join() == DRAINED
    assert heard(told, "retried") == [("bad", "READY")]
    assert heard(told, "finished") == [("bad", "FAILED")]
    assert counts(dead) == (1, 0)


def test_only_what_this_site_has_signed_is_run(
    make_queue: Callable[..., str],
    backend: Backend,
    consume: Consume,
    told: Told,
    settings: Settings,
) -> None:
    dead, url = with_dead_letters(make_queue, 5)
    backend(url)
    example.do().enqueue("unsigned")
    backend(url, sign=True)
    example.do().enqueue("signed")
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "a new one", [settings.SECRET_KEY]
    example.do().enqueue("after the change of the key")
    (message,) = [
        one
        for one in sqs.receive_message(url, 10, visibility_timeout=0)["Messages"]
        if '"signed"' in one["Body"]
    ]
    sqs.send_message(url, message["Body"].replace('"signed"', '"forged"'))
    assert consume(handlers(["default"]), ONE_BATCH).join() == DRAINED
    assert sorted(heard(told, "finished")) == [
        ("after the change of the key", "SUCCESSFUL"),
        ("signed", "SUCCESSFUL"),
    ]
    parked = sqs.receive_message(dead, 10)["Messages"]
    assert sorted(json.loads(one["Body"])["args"][0] for one in parked) == ["forged", "unsigned"]
