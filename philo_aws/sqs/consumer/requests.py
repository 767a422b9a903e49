"""The requests of a consumer, each once; what became of each entry of a batch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from ..channel import Channel, Received

Fate = Literal["done", "refused", "unknown"]
"""Of an entry: SQS did it, never will (the receipt is old), or did not say so."""


def receive(
    channel: Channel,
    *,
    most: int,
    wait: int,
    visibility: int,
    silence: float | None = None,
) -> Received:
    """Return the messages whose digests are right, and those that changed.

    ``wait`` and ``visibility`` are seconds, ``silence`` those after which it has failed, by
    default 30. Raises :exc:`~philo_aws.exceptions.AWSError`.
    """
    return channel.receive(most, wait=wait, visibility=visibility, read_timeout=silence)


def delete(channel: Channel, handles: Sequence[str]) -> list[Fate]:
    """Delete up to ten messages and return what became of each.

    Raises :exc:`~philo_aws.exceptions.AWSError` where the whole request failed.
    """
    return _fates(channel.delete(handles))


def change_visibility(channel: Channel, changes: Sequence[tuple[str, int]]) -> list[Fate]:
    """Hide up to ten messages for so many seconds from now, and return what became of each.

    Raises :exc:`~philo_aws.exceptions.AWSError` where the whole request failed.
    """
    return _fates(channel.change_visibility(changes))


def _fates(failures: Sequence[Any]) -> list[Fate]:
    return [_fate(failure) for failure in failures]


def _fate(failure: Any) -> Fate:
    if failure is None:
        return "done"
    return "refused" if failure.get("SenderFault") else "unknown"
