"""What became of one entry of a batch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..codes import kind_of
from ..exceptions import RETRIED, Kind
from .entries import BatchEntry


@dataclass(frozen=True, kw_only=True)
class EntryOutcome:
    """What became of one entry."""

    position: int
    """Its place among all entries, from 0."""
    successful: bool
    """Whether SQS has it."""
    record: Mapping[str, Any]
    """Boto's dict of it, from ``Successful`` or ``Failed``, under the caller's ``Id``."""
    metadata: Mapping[str, Any] = field(default_factory=dict)
    """Boto's ``ResponseMetadata`` of the request it was in; empty where it was in none."""


def failed(code: str, message: str, *, by_sender: bool = False) -> dict[str, Any]:
    """Return the dict of an entry that failed, in boto's form but for its ``Id``."""
    return {"SenderFault": by_sender, "Code": code, "Message": message}


def held_back(entry: BatchEntry) -> EntryOutcome:
    """Return the outcome of an entry that was not sent because one before it failed."""
    sentence = f"Not sent, to keep the order: an entry before it in group {entry.group!r} failed."
    return EntryOutcome(
        position=entry.position,
        successful=False,
        record={"Id": entry.id, **failed("PrecedingEntryFailed", sentence)},
    )


def kind_of_failure(record: Mapping[str, Any]) -> Kind:
    """Return whether sending an entry again may do that SQS reports as failed by ``record``."""
    kind = kind_of(str(record.get("Code", "")), 0, other_region=False)
    # SQS may call it the sender's fault to have been too fast.
    if record.get("SenderFault"):
        return kind if kind is Kind.THROTTLED else Kind.PERMANENT
    return kind if kind in RETRIED else Kind.TRANSIENT
