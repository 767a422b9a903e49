"""A handler that writes down when it begins and ends, and does what its message says."""

from __future__ import annotations

import os
import time

from philo_aws.sqs.consumer import Message, handler


def note(word: str, message: Message) -> None:
    # One write of a short line is never mixed with another's.
    with open(os.environ["SITE_NOTES"], "ab", buffering=0) as file:
        file.write(f"{word} {message.body.split()[0]} {os.getpid()}\n".encode())


@handler(os.environ["SITE_QUEUE"])
def take(message: Message) -> None:
    """Work for as long as the body says: ``NAME SECONDS``."""
    note("begin", message)
    _, _, seconds = message.body.partition(" ")
    time.sleep(float(seconds or 0))
    note("end", message)
