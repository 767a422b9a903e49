"""What one process of the benchmark of enqueuing does: `python -m benchmarks.jobs_enqueue TOOL N`.

It prints as JSON what each of N messages took, after some unmeasured ones: microseconds of
processor time and of the clock. A tool that ends with "gathered" prints the milliseconds of the
clock of one coroutine and of twenty at once, the medians of N rounds. The interpreter is the one
that the tool is installed for.
"""

# mypy: ignore-errors
from __future__ import annotations

import asyncio
import json
import os
import statistics
import sys
import time

URL = os.environ["BENCH_QUEUE"]
UNMEASURED = 50
GATHERED = 20


def ours():
    """Our site, and its task."""
    import django

    django.setup()
    from benchmarks.tasks_site.tasks import take

    return take


def theirs():
    """A site with django-tasks-sqs, and its task."""
    from benchmarks.jobs_consume import tasks_site

    tasks_site()
    from benchmarks.tally_task import take

    return take


def send_message():
    """Our function, with a body that a task has."""
    from philo_aws import sqs

    ours().enqueue()
    (message,) = sqs.receive_message(URL)["Messages"]
    sqs.delete_message(URL, message["ReceiptHandle"])
    body = message["Body"]
    return lambda number: [sqs.send_message(URL, body, purpose="web") for _ in range(number)]


def enqueue():
    """Our backend."""
    take = ours()
    return lambda number: [take.enqueue() for _ in range(number)]


def enqueue_many():
    """Our backend, ten to a request."""
    take = ours()
    return lambda number: take.enqueue_many([] for _ in range(number))


def boto3_loop():
    """boto3, with a body of about that length."""
    import boto3

    client = boto3.client("sqs")
    told = {"v": 1, "id": "x" * 32, "task": "benchmarks.tasks_site.tasks.take"}
    body = json.dumps(told | {"args": [], "kwargs": {}, "queue_name": "default", "pad": "x" * 90})
    return lambda number: [
        client.send_message(QueueUrl=URL, MessageBody=body) for _ in range(number)
    ]


def django_tasks_sqs():
    """Its backend."""
    take = theirs()
    return lambda number: [take.enqueue() for _ in range(number)]


def celery():
    """Its way to the same queue."""
    from benchmarks.jobs_consume import celery_app

    app = celery_app()
    return lambda number: [app.send_task("benchmark.take") for _ in range(number)]


TOOLS = {
    "philo_aws send_message": send_message,
    "philo_aws enqueue": enqueue,
    "philo_aws enqueue_many": enqueue_many,
    "boto3 send_message": boto3_loop,
    "django-tasks-sqs enqueue": django_tasks_sqs,
    "Celery send_task": celery,
}
SITES = {"philo_aws aenqueue gathered": ours, "django-tasks-sqs aenqueue gathered": theirs}


async def gathered(take, rounds):
    """Milliseconds of one at a time, and of twenty at once."""
    one, twenty = [], []
    for number in range(-3, rounds):
        begun = time.perf_counter()
        await take.aenqueue()
        middle = time.perf_counter()
        await asyncio.gather(*(take.aenqueue() for _ in range(GATHERED)))
        if number >= 0:
            one.append((middle - begun) * 1000)
            twenty.append((time.perf_counter() - middle) * 1000)
    return {"one": statistics.median(one), "twenty": statistics.median(twenty)}


def main():
    """Do what one tool does."""
    tool, number = sys.argv[1], int(sys.argv[2])
    if tool in SITES:
        print(json.dumps(asyncio.run(gathered(SITES[tool](), number))))
        return
    send = TOOLS[tool]()
    send(UNMEASURED)
    cpu, wall = time.process_time(), time.perf_counter()
    send(number)
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    print(json.dumps({"cpu": cpu / number * 1e6, "wall": wall / number * 1e6}))


if __name__ == "__main__":
    main()
