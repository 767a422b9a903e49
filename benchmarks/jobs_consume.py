"""What one process of the benchmark of consumers does: `python -m benchmarks.jobs_consume TOOL`.

With `body` behind it, it prints the body of a message that the tool itself would send. The
interpreter is the one that the tool is installed for.
"""

# mypy: ignore-errors
from __future__ import annotations

import os
import sys
from urllib.parse import urlsplit

from benchmarks.tally import Tally

URL = os.environ["BENCH_QUEUE"]
CONCURRENCY = 10


def loop(tally: Tally) -> None:
    """boto3 as one writes it by hand: ten at a time, deleted at once."""
    import boto3

    client = boto3.client("sqs")
    while True:
        found = client.receive_message(QueueUrl=URL, MaxNumberOfMessages=10, WaitTimeSeconds=20)
        entries = []
        for number, message in enumerate(found.get("Messages", [])):
            tally.run()
            entries.append({"Id": str(number), "ReceiptHandle": message["ReceiptHandle"]})
        if entries:
            client.delete_message_batch(QueueUrl=URL, Entries=entries)


def aws_sqs_consumer(tally: Tally) -> None:
    """Its batches of ten."""
    from aws_sqs_consumer import Consumer

    class Counting(Consumer):
        def handle_message_batch(self, messages):
            for _ in messages:
                tally.run()

    Counting(queue_url=URL, batch_size=10, wait_time_seconds=20).start()


def raw(tally: Tally) -> None:
    """Our consumer without a site around it."""
    import django
    from django.conf import settings

    settings.configure(INSTALLED_APPS=["philo_aws"], AWS={})
    django.setup()
    from philo_aws.sqs.consumer.registry import Handler
    from philo_aws.sqs.consumer.run import Consumer, Life

    handler = Handler(queue=URL, function=lambda message: tally.run())
    Consumer([handler], life=Life(max_messages=int(os.environ["BENCH_NUMBER"]))).run()


def celery_app():
    """Celery with one task and one queue that is there."""
    import celery

    parts = urlsplit(URL)
    app = celery.Celery("benchmark", broker=f"sqs://AKIDEXAMPLE:secret@{parts.netloc}")
    app.conf.update(
        broker_transport_options={
            "is_secure": False,
            "region": "us-east-1",
            "polling_interval": 0,
            "wait_time_seconds": 20,
            "predefined_queues": {"bench": {"url": URL}},
        },
        task_default_queue="bench",
        task_create_missing_queues=True,
        task_ignore_result=True,
        task_acks_late=True,
        worker_prefetch_multiplier=1,
        worker_send_task_events=False,
        worker_enable_remote_control=False,
        broker_connection_retry_on_startup=True,
    )
    tally = Tally()

    @app.task(name="benchmark.take")
    def take():
        tally.run()

    return app


def celery(tally: Tally) -> None:
    """Its worker with threads."""
    celery_app().worker_main(
        [
            *("worker", "--pool", "threads", "--concurrency", str(CONCURRENCY)),
            *("--loglevel", "ERROR", "--without-gossip", "--without-mingle"),
            "--without-heartbeat",
        ]
    )


def tasks_site() -> None:
    """A site with django-tasks-sqs."""
    import django
    from django.conf import settings

    backend = {
        "BACKEND": "django_tasks_sqs.SQSBackend",
        "QUEUES": ["default"],
        "OPTIONS": {"queue_urls": {"default": URL}, "region_name": "us-east-1"},
    }
    settings.configure(
        INSTALLED_APPS=["django_tasks_sqs"],
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
        TASKS={"default": backend},
        USE_TZ=True,
    )
    django.setup()


def django_tasks_sqs(tally: Tally) -> None:
    """Its worker, ten threads that receive ten each."""
    tasks_site()
    from django.core.management import call_command

    call_command("sqs_worker", concurrency=CONCURRENCY, max_messages=10, wait_time=20)


WORKERS = {
    "boto3 loop": loop,
    "aws-sqs-consumer": aws_sqs_consumer,
    "philo_aws, no site": raw,
    "Celery": celery,
    "django-tasks-sqs": django_tasks_sqs,
}


def send_one(tool: str) -> None:
    """Have the tool send one message of its own."""
    if tool == "philo_aws, tasks":
        import django

        django.setup()
        from benchmarks.tasks_site.tasks import take

        take.enqueue()
    if tool == "Celery":
        celery_app().send_task("benchmark.take")
    if tool == "django-tasks-sqs":
        tasks_site()
        from benchmarks.tally_task import take

        take.enqueue()


if __name__ == "__main__":
    if sys.argv[2:] == ["send"]:
        send_one(sys.argv[1])
    else:
        WORKERS[sys.argv[1]](Tally())
