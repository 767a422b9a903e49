"""A handler that counts, and sleeps where it is told to."""

from __future__ import annotations

import os

from benchmarks.tally import Tally
from philo_aws.sqs.consumer import Message, handler

tally = Tally()


@handler(os.environ["BENCH_QUEUE"])
def take(message: Message) -> None:
    """Count a message."""
    tally.run()
