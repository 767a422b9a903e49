"""The four requests of a consumer, each once; what became of each entry of a batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from ..access import queue_client

Fate = Literal["done", "refused", "unknown"]
"""Of an entry: SQS did it, never will (the receipt is old), or did not say so."""


def receive(
    queue_url: str,
    region: str | None,
    *,
    most: int,
    wait: int,
    visibility: int,
) -> dict[str, Any]:
    """Return boto's dict of messages whose digests are right, and of those that changed.

    ``wait`` and ``visibility`` are seconds. Raises :exc:`~philo_aws.exceptions.AWSError`.
    """
    from ..messages import receive_message

    return receive_message(
        queue_url,
        most,
        region,
        wait_time_seconds=wait,
        visibility_timeout=visibility,
        purpose="poll",
    )


def delete(queue_url: str, region: str | None, handles: Sequence[str]) -> list[Fate]:
    """Delete up to ten messages and return what became of each.

    Raises :exc:`~philo_aws.exceptions.AWSError` where the whole request failed.
    """
    # By their place: two of them may be the same message.
    entries = [{"Id": str(place), "ReceiptHandle": one} for place, one in enumerate(handles)]
    with queue_client(queue_url, region, "ack") as client:
        answer: Any = client.delete_message_batch(QueueUrl=queue_url, Entries=entries)  # type: ignore[arg-type]
    return _fates(answer, len(entries))


def change_visibility(
    queue_url: str, region: str | None, changes: Sequence[tuple[str, int]]
) -> list[Fate]:
    """Hide up to ten messages for so many seconds from now, and return what became of each.

    Raises :exc:`~philo_aws.exceptions.AWSError` where the whole request failed.
    """
    entries = [
        {"Id": str(place), "ReceiptHandle": handle, "VisibilityTimeout": seconds}
        for place, (handle, seconds) in enumerate(changes)
    ]
    with queue_client(queue_url, region, "ack") as client:
        answer: Any = client.change_message_visibility_batch(QueueUrl=queue_url, Entries=entries)  # type: ignore[arg-type]
    return _fates(answer, len(entries))


def _fates(answer: Mapping[str, Any], number: int) -> list[Fate]:
    """Return what an answer says of each entry; of what it leaves out nothing is known."""
    fates: list[Fate] = ["unknown"] * number
    for record in answer.get("Successful") or ():
        _put(fates, record, "done")
    for record in answer.get("Failed") or ():
        _put(fates, record, "refused" if record.get("SenderFault") else "unknown")
    return fates


def _put(fates: list[Fate], record: Mapping[str, Any], fate: Fate) -> None:
    place = str(record.get("Id", ""))
    if place.isascii() and place.isdigit() and int(place) < len(fates):
        fates[int(place)] = fate
