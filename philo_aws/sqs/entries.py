"""The entries of a batch: read, checked, and cut into requests that SQS takes."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_noop

from ..exceptions import InvalidRequestError
from ..sentences import Sentence
from .attributes import typed_attributes
from .limits import MAX_BATCH_BYTES, MAX_BATCH_ENTRIES
from .message import check

if TYPE_CHECKING:
    from botocore.model import Shape

# How far ahead a FIFO queue's entries are read to find other groups for the same request.
LOOK_AHEAD_ENTRIES = 100
LOOK_AHEAD_BYTES = 8 * 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class BatchEntry:
    """One message of a batch."""

    position: int
    """Its place among all entries, from 0."""
    id: str
    """The caller's id, or the position where the caller gave none."""
    message: Any
    """The entry in boto's words, without ``Id``."""
    size: int = 0
    """The bytes it counts."""
    fault: InvalidRequestError | None = None
    """Why SQS could never take it."""

    @property
    def group(self) -> str:
        """The message group, an empty string where there is none."""
        return str(self.message.get("MessageGroupId") or "")


class Reader:
    """Makes a :class:`BatchEntry` of each thing given, and refuses what cannot be understood."""

    def __init__(self, shape: Shape, *, fifo: bool, reserved: Iterable[str] = ()) -> None:
        self._shape = shape
        self._fifo = fifo
        self._reserved = frozenset(reserved)
        # The ids that are no positions, and the positions of the entries that have them.
        self._ids: set[str] = set()
        self._named: set[int] = set()

    def read(self, position: int, given: object) -> BatchEntry:
        """Return the entry.

        Raises :exc:`~philo_aws.exceptions.InvalidRequestError` for one that is neither a string nor
        a dict of boto's form, or whose ``Id`` was there before.
        """
        entry = self._form(position, given)
        id_ = self._id(position, entry.pop("Id", None))
        try:
            size = check(entry, fifo=self._fifo)
        except InvalidRequestError as fault:
            return BatchEntry(position=position, id=id_, message=entry, fault=fault)
        return BatchEntry(position=position, id=id_, message=entry, size=size)

    def _form(self, position: int, given: object) -> dict[str, Any]:
        from botocore.validate import ParamValidator

        if isinstance(given, str):
            return {"MessageBody": given}
        if not isinstance(given, Mapping):
            raise InvalidRequestError(
                Sentence(
                    gettext_noop(
                        "Entry {position} is a {kind}, neither a dict nor a string. Write "
                        '{{"MessageBody": "…"}}, or the body alone.'
                    ),
                    position=position + 1,
                    kind=type(given).__name__,
                )
            )
        entry = dict(given)
        if isinstance(entry.get("MessageAttributes"), Mapping):
            try:
                entry["MessageAttributes"] = typed_attributes(entry["MessageAttributes"])
            except InvalidRequestError as error:
                raise InvalidRequestError(
                    Sentence(
                        gettext_noop("Entry {position}: {error}"),
                        position=position + 1,
                        error=error.message,
                    )
                ) from error
        report = ParamValidator().validate({"Id": "", **entry}, self._shape)
        if report.has_errors():
            problem = " ".join(report.generate_report().split())
            raise InvalidRequestError(
                Sentence(
                    gettext_noop("Entry {position} is no message: {problem}"),
                    position=position + 1,
                    problem=problem,
                )
            )
        return entry

    def _id(self, position: int, given: str | None) -> str:
        if given is None:
            return self._made(position)
        if not given or given in self._ids or self._is_made(given, position):
            fault = gettext_noop("which is empty")
            if given:
                fault = gettext_noop("which an entry before it has")
            raise InvalidRequestError(
                Sentence(
                    gettext_noop(
                        "Entry {position} has the Id {given!r}, {fault}. Give each entry an Id "
                        "of its own, or leave the ids out."
                    ),
                    position=position + 1,
                    given=given,
                    fault=Sentence(fault),
                ),
                code="BatchEntryIdsNotDistinct",
            )
        self._ids.add(given)
        self._named.add(position)
        return given

    def _made(self, position: int) -> str:
        # Positions need not be remembered, of however many entries.
        made = str(position)
        if made not in self._reserved and made not in self._ids:
            return made
        numbers = itertools.count(1)
        while made in self._reserved or made in self._ids:
            made = f"{position}-{next(numbers)}"
        self._ids.add(made)
        self._named.add(position)
        return made

    def _is_made(self, id_: str, position: int) -> bool:
        """Say whether an entry before ``position`` has ``id_`` as its position."""
        if len(id_) > len(str(position)) or not id_.isdecimal() or str(int(id_)) != id_:
            return False
        return int(id_) < position and int(id_) not in self._named


class Requests:
    """Cuts entries into requests of at most 10 entries and ``max_bytes``, reading as it goes.

    For a standard queue they keep the order given. A FIFO queue keeps the order of each message
    group, and a message that fails for a passing reason must arrive before its group's next one is
    sent: so a request holds one entry of a group at most, and entries of other groups fill it.
    """

    def __init__(self, entries: Iterator[BatchEntry], *, fifo: bool) -> None:
        self.max_bytes = MAX_BATCH_BYTES
        """The limit, which may be lowered between two requests."""
        self.error: InvalidRequestError | None = None
        """Why the entries ended before their end: one of them is no message."""
        self._entries = entries
        self._fifo = fifo
        self._waiting: list[BatchEntry] = []

    def next(self) -> list[BatchEntry]:
        """Return the entries of the next request; an empty list when there are no more."""
        self._read_ahead()
        chosen: list[BatchEntry] = []
        left: list[BatchEntry] = []
        groups: set[str] = set()
        room = self.max_bytes
        full = False
        for entry in self._waiting:
            # An entry that is too large for any request goes alone, for SQS to say so.
            full = full or len(chosen) == MAX_BATCH_ENTRIES or bool(chosen and entry.size > room)
            if full or entry.group in groups:
                left.append(entry)
                continue
            chosen.append(entry)
            room -= entry.size
            if self._fifo:
                groups.add(entry.group)
        self._waiting = left
        return chosen

    def put_back(self, entries: list[BatchEntry]) -> None:
        """Take entries back, to be cut anew before all others."""
        self._waiting = sorted([*entries, *self._waiting], key=lambda entry: entry.position)

    def rest(self) -> Iterator[BatchEntry]:
        """Yield all entries that no request was made for."""
        yield from self._waiting
        self._waiting = []
        while entry := self._read():
            yield entry

    def _read_ahead(self) -> None:
        wanted = LOOK_AHEAD_ENTRIES if self._fifo else MAX_BATCH_ENTRIES
        size = sum(entry.size for entry in self._waiting)
        while len(self._waiting) < wanted and size < LOOK_AHEAD_BYTES:
            entry = self._read()
            if entry is None:
                return
            self._waiting.append(entry)
            size += entry.size

    def _read(self) -> BatchEntry | None:
        try:
            return next(self._entries, None)
        except InvalidRequestError as error:
            # Those before it are sent first, so that each of them is accounted for.
            self.error = error
            return None
