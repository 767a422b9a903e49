"""What became of one entry of a batch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..codes import kind_of
from ..exceptions import RETRIED, Kind
from .entries import BatchEntry


# Not frozen: that would double what it costs to make one, and there are a hundred thousand.
@dataclass(kw_only=True, slots=True)
class EntryOutcome:
    """What became of one entry; it is not changed."""

    position: int
    """Its place among all entries, from 0."""
    successful: bool
    """Whether SQS has it."""
    record: Mapping[str, Any]
    """Boto's dict of it, from ``Successful`` or ``Failed``, under the caller's ``Id``."""
    metadata: Mapping[str, Any] = field(default_factory=dict)
    """Boto's ``ResponseMetadata`` of the request it was in; empty where it was in none."""


class InOrder:
    """Outcomes as they come, given out in the order of the entries."""

    def __init__(self) -> None:
        self.position = 0
        """That of the first entry whose outcome was not given out."""
        self._held: dict[int, EntryOutcome] = {}

    def add(self, outcome: EntryOutcome) -> None:
        """Take an outcome."""
        self._held[outcome.position] = outcome

    def ready(self) -> Iterator[EntryOutcome]:
        """Give out all that nothing before them is missing of."""
        while (outcome := self._held.pop(self.position, None)) is not None:
            self.position += 1
            yield outcome


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
