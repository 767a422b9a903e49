"""What in a queue's settings and state will surprise, and the cure of it.

It asks and changes nothing: no message is received.
"""

from __future__ import annotations

import datetime as dt
import email.utils
from collections.abc import Iterator, Mapping
from typing import Any

from ..conf import Purpose, get_config
from ..exceptions import AccessDeniedError, AWSError, NotFoundError
from . import symptoms
from .access import queue_client
from .consumer.source import url_of
from .directory import QueueName
from .figures import oldest_message_age, redrive_policy_of
from .queues import get_queue_attributes
from .redrive import list_dead_letter_source_queues
from .symptoms import Finding
from .urls import parse_queue_url

NO_HANDLE = "none"
"""A receipt handle that is none: whoever may not delete is told so, and nothing is deleted."""

_RANK = {"error": 0, "warning": 1, "note": 2}


def examine(
    queue_url: str, region: str | None = None, *, purpose: Purpose = "commands"
) -> list[Finding]:
    """Return what in a queue's settings and state will surprise, the worst first.

    Its attributes and those of its dead-letter queue are read and held against each other and
    against ``AWS["consumer"]``; what may not be read is a finding too. Whether messages may be
    deleted and held is tried with a receipt handle that is none.

    Raises :exc:`~philo_aws.exceptions.QueueNotFoundError`, and any other
    :exc:`~philo_aws.exceptions.AWSError` but those of a permission that is missing.
    """
    return sorted(
        _findings(queue_url, region, purpose), key=lambda finding: _RANK[finding.severity]
    )


def _findings(queue_url: str, region: str | None, purpose: Purpose) -> Iterator[Finding]:
    config = get_config().consumer
    yield from _of_permissions(queue_url, region, purpose)
    try:
        answer = get_queue_attributes(queue_url, region, purpose=purpose)
    except AccessDeniedError as error:
        yield _unread("settings", "sqs:GetQueueAttributes", error)
        return
    own: dict[str, str] = answer["Attributes"]
    sources = _sources(queue_url, region, purpose)
    yield from symptoms.of_clock(_skew(answer))
    yield from symptoms.of_attempts(own, config, is_target=bool(sources))
    yield from _of_dead_letters(queue_url, region, own, purpose)
    yield from symptoms.of_times(own, config)
    yield from symptoms.of_encryption(own)
    yield from symptoms.of_figures(own)
    if sources:
        yield from _of_target(own, sources)
    else:
        yield from symptoms.of_age(own, _age(own, purpose))


def _of_permissions(queue_url: str, region: str | None, purpose: Purpose) -> Iterator[Finding]:
    """Yield what a consumer may not do, as far as that can be tried without a message."""
    without: dict[str, tuple[str, Any]] = {
        "sqs:DeleteMessage": ("what is handled comes again and again", {}),
        "sqs:ChangeMessageVisibility": (
            "what takes longer than the visibility timeout is handled twice",
            {"VisibilityTimeout": 0},
        ),
    }
    operations = {
        "sqs:DeleteMessage": "delete_message",
        "sqs:ChangeMessageVisibility": "change_message_visibility",
    }
    for action, (what, options) in without.items():
        try:
            with queue_client(queue_url, region, purpose) as client:
                ask = getattr(client, operations[action])
                ask(QueueUrl=queue_url, ReceiptHandle=NO_HANDLE, **options)
        except AccessDeniedError as error:
            yield Finding(
                severity="error",
                code="denied",
                text=f"{action} is denied, so {what}: {error}",
                cure=f"Let the identity do {action} on this queue.",
            )
        except NotFoundError:
            raise
        except AWSError:
            # It was refused for the handle, as it should be; what else is wrong the rest will tell.
            continue


def _of_dead_letters(
    queue_url: str, region: str | None, own: Mapping[str, str], purpose: Purpose
) -> Iterator[Finding]:
    policy = redrive_policy_of(own)
    configured = get_config().consumer.dead_letter
    try:
        if policy is not None:
            head, _, name = policy.target_arn.rpartition(":")
            if head != own.get("QueueArn", "").rpartition(":")[0]:
                yield Finding(
                    severity="warning",
                    code="dead_letter_queue_elsewhere",
                    text=f"Its dead-letter queue, {policy.target_arn}, is in another account or "
                    "region: SQS takes none such, and the consumer parks nothing there.",
                    cure="Make a queue for its dead letters in its own account and region.",
                )
                return
            url = queue_url.removesuffix(parse_queue_url(queue_url).name) + name
        elif configured:
            url = url_of(configured, region)
        else:
            return
        dead = get_queue_attributes(
            url, None if parse_queue_url(url).region else region, purpose=purpose
        )["Attributes"]
    except NotFoundError as error:
        yield Finding(
            severity="error",
            code="dead_letter_queue_gone",
            text=f"Its dead-letter queue is not there: {error}",
            cure="Make it, or name another one in RedrivePolicy.",
        )
        return
    except AccessDeniedError as error:
        yield _unread("settings of its dead-letter queue", "sqs:GetQueueAttributes", error)
        return
    yield from symptoms.of_dead_letter_queue(own, dead, by_sqs=policy is not None)


def _of_target(own: Mapping[str, str], sources: list[str]) -> Iterator[Finding]:
    names = ", ".join(sorted(url.rpartition("/")[2] for url in sources)[:5])
    more = f" and {len(sources) - 5} more" if len(sources) > 5 else ""
    waiting = symptoms.number(own, "ApproximateNumberOfMessages") or 0
    yield Finding(
        severity="warning" if waiting else "note",
        code="dead_letters" if waiting else "is_dead_letter_queue",
        text=f"It is the dead-letter queue of {names}{more}; messages in it: {waiting:,}.",
        cure="aws_sqs dead_letters shows them, aws_sqs requeue moves them back." if waiting else "",
    )


def _sources(queue_url: str, region: str | None, purpose: Purpose) -> list[str]:
    try:
        answer = list_dead_letter_source_queues(queue_url, region, purpose=purpose)
    except AWSError:
        # Not every endpoint can tell, and not everybody may ask.
        return []
    return list(answer["queueUrls"])


def _age(own: Mapping[str, str], purpose: Purpose) -> int | None:
    parts = own.get("QueueArn", "").split(":")
    try:
        queue = QueueName(region=parts[3], name=parts[5])
        age = oldest_message_age(queue, purpose=purpose)
    except (AWSError, IndexError):
        return None
    return age.seconds if age else None


def _skew(answer: Mapping[str, Any]) -> float | None:
    """Return how many seconds this machine's clock is before SQS's."""
    told = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {}).get("date", "")
    try:
        there = email.utils.parsedate_to_datetime(told)
        return (dt.datetime.now(dt.UTC) - there).total_seconds()
    except (TypeError, ValueError):
        return None


def _unread(what: str, action: str, error: AWSError) -> Finding:
    return Finding(
        severity="warning",
        code="unread",
        text=f"The {what} cannot be read, so nothing can be said of them: {error}",
        cure=f"Let the identity do {action} on it.",
    )
