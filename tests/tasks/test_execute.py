"""What becomes of a task: its result, who is told, and when it is tried again."""

from __future__ import annotations

import datetime as dt
import json
import logging
from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from philo_aws import sqs
from philo_aws.sqs.dead_letters import read_dead_letters
from philo_aws.tasks import task_retried
from philo_aws.tasks.backend import SQSBackendMethods
from philo_aws.tasks.execute import worker_id
from tests.sqs.consumer.conftest import counts, with_dead_letters
from tests.sqs.proxy import Call, Forward, Proxy, Reply
from tests.tasks import jobs

pytestmark = pytest.mark.aws_servers("ministack")
Work = Callable[..., Any]
Told = list[tuple[str, Any]]


def test_a_task_that_returns(backend: SQSBackendMethods, work: Work, told: Told) -> None:
    result = jobs.add.enqueue(1, two=3)
    assert (str(result.status), result.attempts) == ("READY", 0)
    work()
    result.refresh()
    assert result.return_value == 4
    assert result.worker_ids == [worker_id()]
    assert result.enqueued_at <= result.started_at <= result.finished_at
    assert told == [
        ("task_enqueued", "READY"),
        ("task_started", "RUNNING"),
        ("task_finished", "SUCCESSFUL"),
    ]


def test_a_coroutine_function_and_one_that_takes_the_context(
    backend: SQSBackendMethods, work: Work
) -> None:
    later, context = jobs.add_later.enqueue(7), jobs.tell.enqueue()
    work()
    later.refresh()
    context.refresh()
    assert later.return_value == 7
    assert context.return_value == [context.id, 1]


def test_a_task_that_fails_is_tried_again_and_then_parked_with_its_traceback(
    backend: SQSBackendMethods,
    configure: Callable[..., SQSBackendMethods],
    make_queue: Callable[..., str],
    work: Work,
    told: Told,
    caplog: pytest.LogCaptureFixture,
) -> None:
    dead, queue = with_dead_letters(make_queue, 9)
    configure(queue, results={"cache": "default"}, max_attempts=3)
    result = jobs.fail.enqueue("the reason")
    with caplog.at_level(logging.ERROR, "django.tasks"):
        figures = work()
    assert figures["parked"] == 1
    assert jobs.done == ["the reason"] * 3
    assert [name for name, _ in told] == [
        "task_enqueued",
        *("task_started", "task_retried") * 2,
        *("task_started", "task_finished"),
    ]
    assert told[2] == ("task_retried", "READY")
    assert told[-1] == ("task_finished", "FAILED")
    result.refresh()
    assert str(result.status) == "FAILED"
    assert result.attempts == 3
    assert [error.exception_class for error in result.errors] == [ValueError] * 3
    assert "jobs.py" in result.errors[0].traceback
    [letter] = read_dead_letters(dead)
    assert letter.task == "tests.tasks.jobs.fail"
    assert letter.error == "ValueError: the reason"
    assert "raise ValueError(why)" in letter.traceback


def test_where_sqs_itself_moves_it_away_the_last_attempt_is_the_end_too(
    backend: SQSBackendMethods,
    configure: Callable[..., SQSBackendMethods],
    make_queue: Callable[..., str],
    work: Work,
    told: Told,
) -> None:
    dead, queue = with_dead_letters(make_queue, 2)
    configure(queue, max_attempts=5)
    jobs.fail.enqueue()
    work()
    assert [name for name, _ in told].count("task_finished") == 1
    [letter] = read_dead_letters(dead)
    assert letter.error == "ValueError: no"


@pytest.mark.parametrize(
    ("task", "error"), [(jobs.leave, SystemExit), (jobs.make_object, TypeError)]
)
def test_what_else_is_a_failure(
    backend: SQSBackendMethods, work: Work, task: Any, error: type[BaseException]
) -> None:
    result = task.using(max_attempts=1).enqueue()
    work(on_poison="delete")
    result.refresh()
    assert str(result.status) == "FAILED"
    assert result.errors[0].exception_class is error


def test_an_interrupt_is_tried_again_and_its_result_says_so(
    backend: SQSBackendMethods, work: Work, told: Told
) -> None:
    result = jobs.interrupt.enqueue()
    work(max_messages=1)
    result.refresh()
    assert (str(result.status), result.attempts) == ("READY", 1)
    work(on_poison="delete", max_attempts=2)
    result.refresh()
    assert str(result.status) == "FAILED"
    assert [error.exception_class for error in result.errors] == [KeyboardInterrupt] * 2
    assert len(jobs.done) == 2
    # No task_finished: Django too does not log an interrupt as an error.
    assert [name for name, _ in told] == [
        "task_enqueued",
        *("task_started", "task_retried"),
        "task_started",
    ]


def test_a_task_that_rejects_is_not_tried_again(
    backend: SQSBackendMethods, work: Work, told: Told
) -> None:
    result = jobs.refuse.enqueue()
    work(on_poison="delete", max_attempts=5)
    assert told[-1] == ("task_finished", "FAILED")
    result.refresh()
    assert result.attempts == 1


def test_a_task_that_asks_to_be_tried_again(
    backend: SQSBackendMethods, work: Work, told: Told
) -> None:
    delays = []

    def note(sender: Any, task_result: Any, delay: Any, **kwargs: Any) -> None:
        delays.append(delay)

    task_retried.connect(note)
    result = jobs.wait.enqueue(0)
    work(max_attempts=1)
    assert delays == [0]
    result.refresh()
    assert str(result.status) == "SUCCESSFUL"
    assert result.attempts == 2


@pytest.mark.parametrize(
    ("backoff", "low", "high"), [((4, 60), 4.0, 8.0), (lambda attempt: attempt * 100, 200, 200)]
)
def test_the_delay_is_the_tasks_own(
    backend: SQSBackendMethods,
    work: Work,
    backoff: Any,
    low: float,
    high: float,
    queue_url: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    delays = []

    def note(sender: Any, task_result: Any, delay: Any, **kwargs: Any) -> None:
        delays.append(delay)

    task_retried.connect(note)
    # A message carries numbers; a function is the one of the task in its module.
    made = jobs.fail.using(backoff=backoff)
    monkeypatch.setattr(jobs, "fail", made)
    made.enqueue()
    sent = sqs.receive_message(queue_url, visibility_timeout=0)["Messages"][0]
    assert json.loads(sent["Body"]).get("backoff") in (None, [4.0, 60.0])
    work(max_messages=1)
    [delay] = delays
    assert low <= delay <= high
    assert counts(queue_url) == (0, 1)


def test_a_task_that_was_done_and_not_deleted_is_not_done_again(
    backend: SQSBackendMethods, work: Work, queue_url: str, told: Told
) -> None:
    jobs.add.enqueue(1)
    message = sqs.receive_message(queue_url, visibility_timeout=0)["Messages"][0]
    work()
    sqs.send_message(queue_url, message["Body"])
    sqs.receive_message(queue_url, visibility_timeout=0)
    figures = work()
    assert jobs.done == [(1, 2)]
    assert figures["duplicates"] == 1
    assert [name for name, _ in told].count("task_finished") == 1


def test_a_receiver_that_fails_is_not_the_tasks_failure(
    backend: SQSBackendMethods, work: Work
) -> None:
    def fail(**kwargs: Any) -> None:
        raise ValueError("a receiver")

    signal = jobs.NAMES.signals.task_started
    signal.connect(fail)
    try:
        result = jobs.add.enqueue(1)
        work()
    finally:
        signal.disconnect(fail)
    result.refresh()
    assert result.return_value == 3


def test_what_is_put_off_for_longer_than_sqs_holds_back_goes_in_hops(
    backend: SQSBackendMethods, proxy: Proxy, work: Work, queue_url: str, told: Told
) -> None:
    sent = []

    def note(call: Call, forward: Forward) -> Reply:
        if call.action == "SendMessage":
            sent.append((call.body.get("DelaySeconds"), call.body["MessageBody"]))
        return forward()

    proxy.behaviour = note
    later = timezone.now() + dt.timedelta(hours=2)
    result = jobs.add.using(run_after=later).enqueue(1)
    [(delay, body)] = sent
    assert (delay, json.loads(body)["id"]) == (900, result.id)
    # Its first fifteen minutes are over: what comes then is the message as it was sent.
    sqs.purge_queue(queue_url)
    sqs.send_message(queue_url, body)
    sent.clear()
    figures = work()
    assert (figures["done"], figures["failed"], jobs.done) == (1, 0, [])
    assert told == [("task_enqueued", "READY")]
    assert sent == [(900, body)]
    found = sqs.get_queue_attributes(queue_url)["Attributes"]
    assert found["ApproximateNumberOfMessagesDelayed"] == "1"
    assert counts(queue_url) == (0, 0)
