"""What attributes of a queue mean for whoever works with it: pure, from what SQS told.

The numbers are from
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-quotas.html
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from ..conf import ConsumerConfig
from .figures import RedrivePolicy, redrive_policy_of

Attributes = Mapping[str, str]
Severity = Literal["error", "warning", "note"]

MAX_IN_FLIGHT = 120_000
"""Messages that a queue has in flight at most."""
OLD_MAX_IN_FLIGHT = 20_000
"""The same of FIFO queues, where SQS still has its older limit."""
NEAR = 0.8
"""The share of a limit from which it is near."""
SKEW = 60.0
"""Seconds of difference of two clocks that are worth a word; SQS refuses 15 minutes."""
FEWEST_RECEIVES = 3
"""Receives below which a deployment or a crash may use up all that a message has."""
SHORTEST_RETENTION = 3600
"""Seconds of retention below which a short outage loses messages."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that was found."""

    severity: Severity
    """``error``: something will be lost or stop; ``warning``: it will surprise; ``note``: to know.
    """
    code: str
    """A word for programs."""
    text: str
    """What is so."""
    cure: str
    """What to do; empty where nothing is to be done."""


def of_times(own: Attributes, config: ConsumerConfig) -> Iterator[Finding]:
    """Yield what is to say of visibility, delay and retention."""
    visibility, delay = number(own, "VisibilityTimeout"), number(own, "DelaySeconds")
    if visibility == 0:
        yield Finding(
            severity="warning",
            code="no_visibility_timeout",
            text="Its VisibilityTimeout is 0: whoever receives without one of his own gets each "
            "message again and again, and so do others at the same time.",
            cure="Set VisibilityTimeout to more than the work takes.",
        )
    elif visibility is not None and visibility != config.visibility_timeout:
        yield Finding(
            severity="note",
            code="visibility_ignored",
            text=f"Its VisibilityTimeout of {visibility} s is not what counts: the consumer hides "
            f"what it receives for {config.visibility_timeout} s, and renews that.",
            cure='AWS["consumer"]["visibility_timeout"] sets it.',
        )
    if delay:
        yield Finding(
            severity="note",
            code="delay",
            text=f"Each message comes {delay} s late: DelaySeconds.",
            cure="Set DelaySeconds to 0, unless that is meant.",
        )
    retention = number(own, "MessageRetentionPeriod")
    if retention is not None and retention < SHORTEST_RETENTION:
        yield Finding(
            severity="error",
            code="short_retention",
            text=f"SQS deletes a message after {retention} s, handled or not.",
            cure="Raise MessageRetentionPeriod; 345,600 (4 days) is the default, 1,209,600 "
            "(14 days) the most.",
        )
    longest = _longest(own, config)
    if retention is not None and longest > retention >= SHORTEST_RETENTION:
        yield Finding(
            severity="error",
            code="retention_before_last_attempt",
            text=f"The waits between the attempts are up to {longest:,.0f} s in all, and SQS "
            f"deletes a message after {retention:,} s.",
            cure='Lower AWS["consumer"]["backoff"] or "max_attempts", or raise '
            "MessageRetentionPeriod.",
        )


def of_attempts(own: Attributes, config: ConsumerConfig, *, is_target: bool) -> Iterator[Finding]:
    """Yield what is to say of how often a message is given out, and where it goes at last.

    ``is_target`` says that the queue is itself one for dead letters.
    """
    policy = redrive_policy_of(own)
    if policy is None and own.get("RedrivePolicy"):
        yield Finding(
            severity="error",
            code="redrive_policy_unread",
            text="Its RedrivePolicy cannot be read.",
            cure="Set RedrivePolicy anew: deadLetterTargetArn and maxReceiveCount.",
        )
    elif policy is None and not config.dead_letter and not is_target:
        deletes = config.on_poison == "delete"
        yield Finding(
            severity="error",
            code="no_dead_letter_queue",
            text="It has no dead-letter queue: the consumer "
            + (
                "deletes what fails for good."
                if deletes
                else "leaves what fails for good in it, where it comes again and again until SQS "
                "deletes it at the end of its retention."
            ),
            cure='Give it a RedrivePolicy, or name a queue in AWS["consumer"]["dead_letter"].',
        )
    if policy is not None:
        yield from _of_receives(policy, config)
    is_fifo = own.get("FifoQueue") == "true"
    if is_fifo and policy is not None:
        yield Finding(
            severity="note",
            code="order_ends_at_dead_letters",
            text="It keeps an order, and has a dead-letter queue: behind a message that is moved "
            "there its group goes on.",
            cure="Where the order may never break, take RedrivePolicy away and look after it.",
        )


def _of_receives(policy: RedrivePolicy, config: ConsumerConfig) -> Iterator[Finding]:
    most = policy.max_receive_count
    if most < FEWEST_RECEIVES:
        yield Finding(
            severity="error" if most < 2 else "warning",
            code="few_receives",
            text=f"Its maxReceiveCount is {most}: each crash, deployment or look at a message may "
            "cost it one receive, though nobody handled it.",
            cure="Raise maxReceiveCount to 5 or more.",
        )
    if config.max_attempts > most:
        yield Finding(
            severity="warning",
            code="attempts_cut_short",
            text=f"SQS gives a message out {most} times at most, so its {config.max_attempts} "
            "attempts are never reached: the last of those is its last.",
            cure="Raise maxReceiveCount above max_attempts, or lower "
            'AWS["consumer"]["max_attempts"].',
        )


def of_dead_letter_queue(
    own: Attributes, dead: Attributes, *, by_sqs: bool = True
) -> Iterator[Finding]:
    """Yield what is to say of the attributes of the queue for its dead letters.

    ``by_sqs`` says that SQS moves them there, by a redrive policy; else the consumer parks them.
    """
    fifo, dead_fifo = (_name(one).endswith(".fifo") for one in (own, dead))
    if fifo != dead_fifo:
        kinds = {True: "FIFO", False: "standard"}
        what = "SQS moves nothing there." if by_sqs else "what comes back has lost its order."
        yield Finding(
            severity="error" if by_sqs else "warning",
            code="dead_letter_queue_of_other_kind",
            text=f"It is a {kinds[fifo]} queue and its dead-letter queue a {kinds[dead_fifo]} one: "
            f"{what}",
            cure=f"Make a {kinds[fifo]} queue for its dead letters.",
        )
    if _name(own) == _name(dead):
        yield Finding(
            severity="error",
            code="dead_letter_queue_is_itself",
            text="It is its own dead-letter queue: what fails for good never ends.",
            cure="Make another queue for its dead letters.",
        )
        return
    kept, dead_kept = (number(one, "MessageRetentionPeriod") for one in (own, dead))
    if by_sqs and kept is not None and dead_kept is not None and dead_kept <= kept:
        yield Finding(
            severity="warning" if fifo else "error",
            code="dead_letters_end_early",
            text=f"Dead letters are kept for {dead_kept:,} s, no longer than messages ({kept:,} s)"
            + (
                "."
                if fifo
                else ", and their time is counted from when they were first sent: one that fails "
                "late is deleted soon after."
            ),
            cure="Raise MessageRetentionPeriod of the dead-letter queue to 1,209,600 (14 days).",
        )
    if by_sqs and not _is_allowed(own, dead):
        yield Finding(
            severity="error",
            code="dead_letter_queue_refuses",
            text="The RedriveAllowPolicy of its dead-letter queue does not let it move messages "
            "there.",
            cure="Add its ARN to sourceQueueArns there, or set redrivePermission to allowAll.",
        )
    key, dead_key = own.get("KmsMasterKeyId", ""), dead.get("KmsMasterKeyId", "")
    if dead_key and dead_key != key:
        yield Finding(
            severity="warning",
            code="dead_letter_queue_of_other_key",
            text=f"Its dead-letter queue is encrypted with another key, {dead_key!r}.",
            cure="See that the consumer may use that key as well (kms:GenerateDataKey, "
            "kms:Decrypt): else nothing can be parked.",
        )


def of_encryption(own: Attributes) -> Iterator[Finding]:
    """Yield what is to say of a key that is not SQS's own."""
    key = own.get("KmsMasterKeyId", "")
    if key and key != "alias/aws/sqs":
        yield Finding(
            severity="note",
            code="own_key",
            text=f"It is encrypted with the key {key!r}; whether that key may be used cannot be "
            "seen from here.",
            cure="Who sends needs kms:GenerateDataKey and kms:Decrypt, who receives kms:Decrypt.",
        )


def of_figures(own: Attributes) -> Iterator[Finding]:
    """Yield what is to say of the messages in flight, and of the limit for them."""
    in_flight = number(own, "ApproximateNumberOfMessagesNotVisible") or 0
    fifo = _name(own).endswith(".fifo")
    near = in_flight >= NEAR * MAX_IN_FLIGHT
    if near or (fifo and in_flight >= NEAR * OLD_MAX_IN_FLIGHT):
        limit = MAX_IN_FLIGHT if near else OLD_MAX_IN_FLIGHT
        where = "" if near else " where SQS has its older limit,"
        yield Finding(
            severity="error" if near else "warning",
            code="in_flight_near_limit",
            text=f"{in_flight:,} messages are in flight. At {limit:,},{where} nobody gets another "
            "one.",
            cure="Have what was received deleted or given back, and lower the concurrency or the "
            "visibility timeout.",
        )


def of_age(own: Attributes, seconds: int | None) -> Iterator[Finding]:
    """Yield what is to say of the backlog; ``seconds`` is the age of the oldest message."""
    waiting = number(own, "ApproximateNumberOfMessages") or 0
    retention = number(own, "MessageRetentionPeriod") or 0
    if seconds is not None and retention and seconds > retention / 2:
        soon = seconds > NEAR * retention
        yield Finding(
            severity="error" if soon else "warning",
            code="backlog_near_retention",
            text=f"Messages that wait: {waiting:,}, the oldest for {seconds:,} s: SQS deletes it "
            f"after {retention:,} s.",
            cure="Have more consumers, or raise MessageRetentionPeriod now: it holds for what is "
            "there too.",
        )
    elif waiting:
        age = "" if seconds is None else f", the oldest for {seconds:,} s"
        yield Finding(
            severity="note",
            code="backlog",
            text=f"Messages that wait: {waiting:,}{age}.",
            cure="",
        )


def of_clock(seconds: float | None) -> Iterator[Finding]:
    """Yield what is to say of this machine's clock, ``seconds`` before SQS's."""
    if seconds is not None and abs(seconds) > SKEW:
        word = "fast" if seconds > 0 else "slow"
        yield Finding(
            severity="error" if abs(seconds) > 5 * SKEW else "warning",
            code="clock_skew",
            text=f"This machine's clock is {abs(seconds):,.0f} s {word}. From 15 minutes on SQS "
            "refuses what it signs.",
            cure="Have the clock set by NTP.",
        )


def number(attributes: Attributes, name: str) -> int | None:
    """Return a number among attributes; ``None`` where it is not told."""
    try:
        return int(attributes[name])
    except (KeyError, ValueError):
        return None


def _name(attributes: Attributes) -> str:
    return attributes.get("QueueArn", "").rpartition(":")[2]


def _is_allowed(own: Attributes, dead: Attributes) -> bool:
    try:
        policy = json.loads(dead.get("RedriveAllowPolicy") or "{}")
        permission = policy.get("redrivePermission", "allowAll")
        sources = policy.get("sourceQueueArns", [])
    except (AttributeError, ValueError):
        return True
    if permission == "denyAll":
        return False
    return permission != "byQueue" or own.get("QueueArn") in sources


def _longest(own: Attributes, config: ConsumerConfig) -> float:
    """Return the seconds that a consumer lets pass between first and last attempt, at most."""
    policy = redrive_policy_of(own)
    attempts = config.max_attempts or (policy.max_receive_count if policy else 0)
    base, most = config.backoff
    return sum(min(most, base * 2.0 ** min(number, 32)) for number in range(attempts - 1))
