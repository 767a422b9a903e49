"""What one process of the benchmark of SQS does: `python -m benchmarks.jobs_sqs JOB TOOL QUEUE N`.

It prints the messages a second, the processor time for each and the peak of its memory as JSON.
"""

from __future__ import annotations

import collections
import contextlib
import itertools
import json
import resource
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

GROUPS = 100
BODY = "x" * 490


def bodies(number: int) -> Iterator[str]:
    """So many bodies of 500 bytes, all different."""
    return (f"{BODY}{n:010}" for n in range(number))


def grouped(number: int) -> Iterator[dict[str, str]]:
    """So many messages of 100 groups, in turns."""
    for n in range(number):
        yield {
            "MessageBody": f"{n:07}{BODY}",
            "MessageGroupId": f"g{n % GROUPS}",
            "MessageDeduplicationId": str(n),
        }


def tens(items: Iterable[Any]) -> Iterator[list[Any]]:
    """The items, ten at a time."""
    left = iter(items)
    while part := list(itertools.islice(left, 10)):
        yield part


class Boto3:
    """boto3, called by so many threads."""

    def __init__(self, queue: str, threads: int) -> None:
        import boto3
        from botocore.config import Config

        self._threads = threads
        self.client = boto3.client("sqs", config=Config(max_pool_connections=max(10, threads)))
        self.url = self.client.create_queue(QueueName=queue)["QueueUrl"]

    def send(self, entries: Iterable[dict[str, str]]) -> None:
        """Send all of them."""
        parts = tens(entries)

        def one(part: list[dict[str, str]]) -> None:
            made: list[Any] = [{"Id": str(n), **entry} for n, entry in enumerate(part)]
            answer = self.client.send_message_batch(QueueUrl=self.url, Entries=made)
            assert not answer.get("Failed")

        self._share(parts, one)

    def drain(self, number: int) -> None:
        """Receive and delete so many, ten at a time."""

        def one(_: Any) -> None:
            found = self.client.receive_message(QueueUrl=self.url, MaxNumberOfMessages=10)
            entries: list[Any] = [
                {"Id": str(n), "ReceiptHandle": message["ReceiptHandle"]}
                for n, message in enumerate(found["Messages"])
            ]
            answer = self.client.delete_message_batch(QueueUrl=self.url, Entries=entries)
            assert len(answer["Successful"]) == 10

        self._share(iter(range(number // 10)), one)

    def _share(self, parts: Iterator[Any], one: Callable[[Any], None]) -> None:
        lock = threading.Lock()
        end = object()

        def work() -> None:
            while True:
                with lock:
                    part = next(parts, end)
                if part is end:
                    return
                one(part)

        if self._threads == 1:
            return work()
        threads = [threading.Thread(target=work) for _ in range(self._threads)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return None


class BatchLib:
    """aws-sqs-batchlib."""

    def __init__(self, queue: str) -> None:
        import boto3

        self.client = boto3.client("sqs")
        self.url = self.client.create_queue(QueueName=queue)["QueueUrl"]

    def send(self, entries: Iterable[dict[str, str]]) -> None:
        """Send all of them."""
        import aws_sqs_batchlib  # type: ignore[import-not-found]

        made = [{"Id": str(n), **entry} for n, entry in enumerate(entries)]
        answer = aws_sqs_batchlib.send_message_batch(
            QueueUrl=self.url, Entries=made, sqs_client=self.client
        )
        assert len(answer["Successful"]) == len(made)


class Ours:
    """The functions of this package, in a Django that has nothing else."""

    def __init__(self, queue: str) -> None:
        import django
        from django.conf import settings

        settings.configure(INSTALLED_APPS=["philo_aws"], AWS={})
        django.setup()
        from philo_aws import sqs

        self.sqs = sqs
        self.url = sqs.create_queue(queue)["QueueUrl"]

    def send(self, entries: Iterable[Any]) -> None:
        """Send all of them, and look at what became of each."""
        expected = itertools.count()
        for outcome in self.sqs.send_entries(self.url, entries):
            assert outcome.successful
            assert outcome.position == next(expected)

    def drain(self, number: int) -> None:
        """Receive and delete so many."""
        left = number
        while left:
            found = self.sqs.receive_messages(self.url, min(left, 2000))["Messages"]
            answer = self.sqs.delete_message_batch(self.url, found)
            assert not answer["Failed"]
            left -= len(found)


def tool_of(name: str, queue: str) -> Any:
    """The tool of this name."""
    if name == "philo_aws":
        return Ours(queue)
    if name == "aws-sqs-batchlib":
        return BatchLib(queue)
    words = name.split()
    return Boto3(queue, 1 if words[1] == "loop" else int(words[1]))


def check_order(tool: Any, number: int) -> None:
    """Look whether the messages of each group come out in their order."""
    client = Boto3.__new__(Boto3)
    import boto3

    client.client = boto3.client("sqs")
    seen: dict[str, list[int]] = collections.defaultdict(list)
    while messages := client.client.receive_message(
        QueueUrl=tool.url, MaxNumberOfMessages=10, MessageSystemAttributeNames=["All"]
    ).get("Messages"):
        for message in messages:
            seen[message["Attributes"]["MessageGroupId"]].append(int(message["Body"][:7]))
    assert sum(map(len, seen.values())) == number
    assert all(numbers == sorted(numbers) for numbers in seen.values())


def main() -> None:
    """Do one job."""
    job, name, queue, count = sys.argv[1:]
    number = int(count)
    tool = tool_of(name, queue)
    entries: Iterable[Any] = ({"MessageBody": body} for body in bodies(number))
    if job == "fifo":
        entries = grouped(number)
    if job == "drain":
        # By boto3, so that what is measured begins alike for all.
        with contextlib.suppress(ImportError):
            Boto3(queue, 8).send(entries)
    cpu, wall = time.process_time(), time.perf_counter()
    if job == "drain":
        tool.drain(number)
    else:
        tool.send(entries)
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    memory = float(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
    memory /= 1024 if sys.platform != "darwin" else 1024 * 1024
    if job == "fifo":
        check_order(tool, number)
    print(json.dumps({"rate": number / wall, "cpu": cpu / number * 1e6, "memory": memory}))


if __name__ == "__main__":
    main()
