"""A handler that writes down when it begins and ends, and does what its message says."""

from __future__ import annotations

import os
import time

from django.db import connection

from philo_aws.sqs.consumer import Message, handler


def note(word: str, message: Message) -> None:
    # One write of a short line is never mixed with another's.
    with open(os.environ["SITE_NOTES"], "ab", buffering=0) as file:
        file.write(f"{word} {message.body.split()[0]} {os.getpid()}\n".encode())


@handler(os.environ["SITE_QUEUE"])
def take(message: Message) -> None:
    """Work for as long as the body says, ``NAME SECONDS``, or ask the database: ``NAME SELECT``."""
    note("begin", message)
    _, _, work = message.body.partition(" ")
    if work == "SELECT":
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    else:
        time.sleep(float(work or 0))
    note("end", message)
