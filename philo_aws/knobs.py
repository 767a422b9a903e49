"""What may be turned: how transfers work and how long is waited, each with its rule and default.

A new knob is a field here; the validator of ``settings.AWS``, the object and the flag of the
commands follow from it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, get_args

from .arguments import instance_of, one_of
from .limits import (
    MAX_PART_SIZE,
    MAX_VISIBILITY_TIMEOUT,
    MAX_WAIT_TIME,
    MIB,
    MIN_PART_SIZE,
)
from .rules import Flag, Number, OneOf, Span, Text, WholeNumber, check_fields, names_of, ruled

Purpose = Literal["web", "commands", "web_writes", "poll", "ack"]
"""Who waits: a page, a command, or a page that has S3 make something, which may take longer; a
consumer that waits for messages, or that says what became of them."""
PURPOSES: tuple[Purpose, ...] = get_args(Purpose)
LONGER = 1.5
"""How much longer a page waits for what it has S3 make than for any other answer."""


def for_writes(purpose: Purpose) -> Purpose:
    """Return the purpose of what S3 works on before it answers, such as a copy."""
    return "web_writes" if purpose == "web" else purpose


_SECONDS = Number(low=0.1, high=3600, unit="seconds")


@dataclass(frozen=True, kw_only=True)
class Timeout:
    """How long one kind of caller waits for AWS.

    Raises :exc:`~philo_aws.exceptions.UsageError` for a value that cannot be.
    """

    connect: float = ruled(_SECONDS)
    """Seconds to open a connection, 0.1 to 3,600."""
    read: float = ruled(_SECONDS)
    """Seconds of silence on an open connection before it is given up, 0.1 to 3,600."""
    max_attempts: int | None = ruled(
        WholeNumber(low=1, high=20, unit="attempts", optional=True), default=None
    )
    """Attempts of every request in all, the first one included, 1 to 20; ``None`` means as many as
    fit into the patience of :mod:`philo_aws.patience`."""

    def __post_init__(self) -> None:
        """Check the values."""
        check_fields(self)


@dataclass(frozen=True, kw_only=True)
class Timeouts:
    """One set for pages, where a person waits, and one for commands."""

    web: Timeout = Timeout(connect=3, read=6, max_attempts=2)
    """Used for requests made while a page is being answered."""
    commands: Timeout = Timeout(connect=10, read=60)
    """Used everywhere else."""

    def __post_init__(self) -> None:
        """Check the values."""
        for name in names_of(Timeouts):
            instance_of(name, getattr(self, name), Timeout)

    def for_purpose(self, purpose: Purpose) -> Timeout:
        """Return the set for ``purpose``.

        Raises :exc:`~philo_aws.exceptions.UsageError` where there is no such purpose.
        """
        if one_of("purpose", purpose, PURPOSES) == "web_writes":
            # Sent once: whoever waits decides whether to do it again.
            longer = min(self.web.read * LONGER, _SECONDS.high)
            return replace(self.web, read=longer, max_attempts=1)
        if purpose in _OF_CONSUMERS:
            return _OF_CONSUMERS[purpose]
        found: Timeout = getattr(self, purpose)
        return found


# A consumer is nobody's page: what it waits for is its own, and it repeats by its own rules. A
# receive may rest for 20 seconds before it is answered.
_OF_CONSUMERS: dict[str, Timeout] = {
    "poll": Timeout(connect=5, read=30, max_attempts=1),
    "ack": Timeout(connect=5, read=10, max_attempts=2),
}


@dataclass(frozen=True, kw_only=True)
class TransferConfig:
    """The defaults of every transfer; each can be overridden by a call or a flag.

    Raises :exc:`~philo_aws.exceptions.UsageError` for a value that cannot be.
    """

    engine: str = ruled(
        OneOf(choices=("auto", "crt", "classic")),
        flag=Flag(help="what moves the bytes"),
        default="auto",
    )
    """``auto``, ``crt`` or ``classic``."""
    max_concurrency: int | None = ruled(
        WholeNumber(low=1, high=1024, unit="a number of requests", optional=True),
        flag=Flag(name="concurrency", help="requests in flight at most"),
        default=None,
    )
    """Requests in flight at most, 1 to 1,024; their number finds itself. ``None``: the engine's."""
    part_size: int = ruled(
        WholeNumber(low=MIN_PART_SIZE, high=MAX_PART_SIZE, unit="bytes"),
        flag=Flag(help="bytes of a part, as 16MiB"),
        default=8 * MIB,
    )
    """Bytes of one part of a multipart transfer, 5 MiB to 5 GiB; grown where 10,000 parts would not
    do. https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html"""
    memory_limit: int | None = ruled(
        WholeNumber(low=256 * MIB, high=None, unit="bytes", optional=True), default=None
    )
    """Bytes the engine may use for buffers, 256 MiB or more; ``None`` lets the engine choose."""
    checksum: str = ruled(
        OneOf(choices=("crc64nvme", "crc32c", "crc32", "sha256", "none")),
        flag=Flag(help="what the store verifies uploads by", of_uploads=True),
        default="crc64nvme",
    )
    """The algorithm of upload checksums, or ``none``."""

    def __post_init__(self) -> None:
        """Check the values."""
        check_fields(self)


@dataclass(frozen=True, kw_only=True)
class ConsumerConfig:
    """How a consumer of queues works; each can be overridden by a flag.

    Raises :exc:`~philo_aws.exceptions.UsageError` for a value that cannot be.
    """

    concurrency: int = ruled(
        WholeNumber(low=1, high=1000, unit="messages"),
        flag=Flag(help="messages handled at the same time"),
        default=10,
    )
    """Messages handled at the same time, 1 to 1,000: a thread each, or a task for coroutines."""
    visibility_timeout: int = ruled(
        WholeNumber(low=2, high=MAX_VISIBILITY_TIMEOUT, unit="seconds"),
        flag=Flag(help="seconds of the lease of a message; it is renewed as long as it is held"),
        default=60,
    )
    """Seconds of a lease, 2 to 43,200: after a crash a message comes back that much later. It is
    renewed as long as the message is held, so it need not be as long as the work."""
    wait_time_seconds: int = ruled(
        WholeNumber(low=0, high=MAX_WAIT_TIME, unit="seconds"),
        flag=Flag(help="seconds that a receive waits for a message"),
        default=20,
    )
    """Seconds that a receive waits for a message, 0 to 20; an idle consumer ends no sooner."""
    drain_timeout: float = ruled(
        Number(low=0, high=43_200, unit="seconds"),
        flag=Flag(help="seconds that what runs may take after a signal to end"),
        default=25,
    )
    """Seconds that handlers may go on for after SIGTERM, before their messages are given back."""
    max_attempts: int = ruled(
        WholeNumber(low=0, high=1000, unit="attempts"),
        flag=Flag(help="receives of a message after which it is parked"),
        default=0,
    )
    """Receives of a message after which a failure is its last, 1 to 1,000; 0 means as many as the
    queue's own redrive policy says."""
    backoff: tuple[float, float] = ruled(
        Span(low=0, high=MAX_VISIBILITY_TIMEOUT, unit="seconds"), default=(10, 900)
    )
    """Seconds before the second attempt, doubled for each further one, and the most they become."""
    prefetch_seconds: float = ruled(Number(low=0, high=60, unit="seconds"), default=0.5)
    """Seconds of work that may wait here for a thread, 0 to 60; nothing waits of FIFO queues."""
    dead_letter: str | None = ruled(
        Text(optional=True, what="the name or the URL of a queue"), default=None
    )
    """The queue that gets what failed for good, where a queue names none of its own."""
    on_poison: str = ruled(OneOf(choices=("leave", "delete")), default="leave")
    """What becomes of that where there is no such queue: ``leave`` it to come again, seldom, or
    ``delete`` it."""

    def __post_init__(self) -> None:
        """Check the values."""
        check_fields(self)
        # A list cannot be the key of what is kept for the settings.
        object.__setattr__(self, "backoff", tuple(self.backoff))
