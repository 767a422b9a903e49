"""Enqueuing: what is sent, what is refused, and that nothing is told that did not happen."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.utils import timezone

from philo_aws import sqs
from philo_aws.exceptions import AWSError, IncompleteError, QueueNotFoundError, UsageError
from philo_aws.tasks import call
from philo_aws.tasks.backend import SQSBackendMethods
from tests.sqs.proxy import Call, Forward, Proxy, Reply, refusal
from tests.tasks import jobs

pytestmark = pytest.mark.aws_servers("ministack")
Configure = Callable[..., SQSBackendMethods]
Told = list[tuple[str, Any]]


def messages(queue_url: str, most: int = 10) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = sqs.receive_message(queue_url, most)["Messages"]
    return found


def bodies(queue_url: str) -> list[dict[str, Any]]:
    return [json.loads(each["Body"]) for each in messages(queue_url)]


def test_what_is_sent(backend: SQSBackendMethods, queue_url: str, told: Told) -> None:
    result = jobs.add.using(priority=0).enqueue(1, two=3)
    [sent] = bodies(queue_url)
    assert sent == {
        "v": 1,
        "id": result.id,
        "task": "tests.tasks.jobs.add",
        "args": [1],
        "kwargs": {"two": 3},
        "queue_name": "default",
        "backend": "default",
        "enqueued_at": result.enqueued_at.isoformat(),
        "run_after": None,
        "priority": 0,
    }
    assert told == [("task_enqueued", "READY")]


def test_arguments_that_are_no_json_are_refused_before_anything_is_sent(
    backend: SQSBackendMethods, queue_url: str, told: Told
) -> None:
    with pytest.raises(TypeError):
        jobs.add.enqueue(timezone.now())
    assert (messages(queue_url), told) == ([], [])


def test_a_send_that_fails_is_raised_and_not_told(
    backend: SQSBackendMethods, proxy: Proxy, told: Told
) -> None:
    proxy.behaviour = lambda call, forward: refusal("AccessDenied", 403)
    with pytest.raises(AWSError):
        jobs.add.enqueue(1)
    assert told == []


def test_a_queue_that_was_made_anew_elsewhere_is_found_again(
    configure: Configure, make_queue: Callable[..., str]
) -> None:
    url = make_queue()
    configure(url.rpartition("/")[2])
    jobs.add.enqueue(1)
    sqs.delete_queue(url)
    with pytest.raises(QueueNotFoundError):
        jobs.add.enqueue(1)
    name = url.rpartition("/")[2]
    sqs.create_queue(name)
    jobs.add.enqueue(1)
    assert len(bodies(url)) == 1
    sqs.delete_queue(url)


def test_a_queue_without_a_mapping_has_its_own_name_in_sqs(
    configure: Configure, queue_url: str
) -> None:
    name = queue_url.rpartition("/")[2]
    configure(QUEUES=[name])
    jobs.add.using(queue_name=name).enqueue(1)
    assert bodies(queue_url)[0]["queue_name"] == name
    with pytest.raises(jobs.NAMES.invalid, match="not valid for backend"):
        jobs.add.using(queue_name="others")


def test_priorities_are_queues(configure: Configure, make_queue: Callable[..., str]) -> None:
    low, high, highest = make_queue(), make_queue(), make_queue()
    configure(low, priorities={"default": {50: high, 90: highest}})
    for priority in (0, 49, 50, 89, 90, 100):
        jobs.add.using(priority=priority).enqueue(priority)
    assert {
        url: sorted(each["priority"] for each in bodies(url)) for url in (low, high, highest)
    } == {low: [0, 49], high: [50, 89], highest: [90, 100]}


def test_without_priorities_there_are_none(backend: SQSBackendMethods) -> None:
    with pytest.raises(jobs.NAMES.invalid, match="priority"):
        jobs.add.using(priority=1)


# Put off


@pytest.mark.parametrize(("seconds", "delay"), [(-5, None), (100, 100), (900, 900), (5000, 900)])
def test_run_after(
    backend: SQSBackendMethods, proxy: Proxy, seconds: int, delay: int | None
) -> None:
    sent = []

    def note(call: Call, forward: Forward) -> Reply:
        sent.append(call.body.get("DelaySeconds"))
        return forward()

    proxy.behaviour = note
    moment = timezone.now() + dt.timedelta(seconds=seconds)
    jobs.add.using(run_after=moment).enqueue(1)
    [told] = sent
    # A moment passes between here and there.
    assert told == delay or (delay is not None and 0 < delay - told < 30)


def test_run_after_beyond_max_defer_names_what_can(configure: Configure, queue_url: str) -> None:
    configure(queue_url, max_defer=3600)
    with pytest.raises(jobs.NAMES.invalid, match=r"3600 seconds.*EventBridge Scheduler"):
        jobs.add.using(run_after=timezone.now() + dt.timedelta(hours=2))


# FIFO queues, fair groups


def test_a_fifo_queue(configure: Configure, make_queue: Callable[..., str]) -> None:
    url = make_queue(FifoQueue="true")
    configure(url)
    first = jobs.add.enqueue(1)
    jobs.add.using(group="blue", deduplication="two").enqueue(2)
    jobs.add.using(group="blue", deduplication="two").enqueue(3)
    found = [
        (
            json.loads(each["Body"])["args"],
            each["Attributes"]["MessageGroupId"],
            each["Attributes"]["MessageDeduplicationId"],
        )
        for each in messages(url)
    ]
    assert sorted(found) == [([1], "default", first.id), ([2], "blue", "two")]
    with pytest.raises(jobs.NAMES.invalid, match="FIFO queue cannot hold back one message"):
        jobs.add.using(run_after=timezone.now() + dt.timedelta(seconds=60))


def test_a_group_on_a_standard_queue(backend: SQSBackendMethods, queue_url: str) -> None:
    jobs.add.using(group="tenant-1").enqueue(1)
    [message] = messages(queue_url)
    assert message["Attributes"]["MessageGroupId"] == "tenant-1"
    with pytest.raises(jobs.NAMES.invalid, match="for FIFO queues"):
        jobs.add.using(deduplication="one")


# Many


def test_many_at_once(backend: SQSBackendMethods, queue_url: str, told: Told, proxy: Proxy) -> None:
    requests = []

    def note(call: Call, forward: Forward) -> Reply:
        requests.append(call.action)
        return forward()

    proxy.behaviour = note
    calls = [(1,), [2, 3], {"one": 4}, call(5, two=6), *((number,) for number in range(16))]
    results = jobs.add.enqueue_many(iter(calls))
    assert requests == ["SendMessageBatch"] * 2
    assert [(each.args, each.kwargs) for each in results[:4]] == [
        ([1], {}),
        ([2, 3], {}),
        ([], {"one": 4}),
        ([5], {"two": 6}),
    ]
    assert told == [("task_enqueued", "READY")] * 20
    sent = [each["id"] for each in bodies(queue_url) + bodies(queue_url)]
    assert sorted(sent) == sorted(each.id for each in results)


def test_many_of_which_one_is_no_call(backend: SQSBackendMethods, queue_url: str) -> None:
    with pytest.raises(UsageError, match="no call of a task"):
        jobs.add.enqueue_many(["no call"])
    assert messages(queue_url) == []


def test_many_of_which_some_were_not_sent(
    backend: SQSBackendMethods, proxy: Proxy, told: Told
) -> None:
    def refuse_the_second(call: Call, forward: Forward) -> Reply:
        entries = call.body["Entries"]
        bad = [each["Id"] for each in entries if '"args":[1]' in each["MessageBody"]]
        reply = forward({**call.body, "Entries": [e for e in entries if e["Id"] not in bad]})
        failed = [{"Id": id_, "SenderFault": True, "Code": "Odd", "Message": "No."} for id_ in bad]
        return Reply(reply.status, {**json.loads(reply.body), "Failed": failed})

    proxy.behaviour = refuse_the_second
    with pytest.raises(IncompleteError, match=r"1 of 3 tasks were not sent.*No") as caught:
        jobs.add.enqueue_many([(0,), (1,), (2,)])
    assert [each.args for each in caught.value.result["Successful"]] == [[0], [2]]
    [failed] = caught.value.result["Failed"]
    assert (failed["Result"].args, failed["Code"]) == ([1], "Odd")
    assert told == [("task_enqueued", "READY")] * 2


# From coroutines


def test_those_of_coroutines_go_side_by_side(backend: SQSBackendMethods, proxy: Proxy) -> None:
    together = threading.Barrier(8)

    def wait(call: Call, forward: Forward) -> Reply:
        together.wait(20)
        return forward()

    proxy.behaviour = wait

    async def enqueue() -> list[Any]:
        return await asyncio.gather(*(jobs.add.aenqueue(number) for number in range(8)))

    results = asyncio.run(enqueue())
    assert [each.args for each in results] == [[number] for number in range(8)]


# Results


def test_results_are_not_kept_unless_asked_for(configure: Configure, queue_url: str) -> None:
    made = configure(queue_url)
    assert not made.supports_get_result
    result = jobs.add.enqueue(1)
    with pytest.raises(NotImplementedError):
        result.refresh()


def test_a_result_that_is_not_there(backend: SQSBackendMethods) -> None:
    assert backend.supports_get_result
    with pytest.raises(jobs.NAMES.missing):
        backend.get_result("none")
    with pytest.raises(jobs.NAMES.missing):
        asyncio.run(backend.aget_result("none"))


def test_wrong_options_are_told_when_a_task_is_enqueued(
    configure: Configure, queue_url: str
) -> None:
    configure(queue_url, reslts={})
    with pytest.raises(ImproperlyConfigured, match="Did you mean 'results'"):
        jobs.add.enqueue(1)
