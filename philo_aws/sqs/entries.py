"""The entries of a batch: read, checked, and cut into requests that SQS takes."""

from __future__ import annotations

import itertools
import math
import time
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_noop

from ..exceptions import InvalidRequestError
from ..sentences import Sentence
from .attributes import typed_attributes
from .limits import MAX_BATCH_BYTES, MAX_BATCH_ENTRIES, size_of_plain
from .message import check, entry_of_received

if TYPE_CHECKING:
    from botocore.model import Shape

# How far ahead a FIFO queue's entries are read to find groups that are in no request.
LOOK_AHEAD_ENTRIES = 1000
LOOK_AHEAD_BYTES = 8 * 1024 * 1024

# What a message has that was received.
_RECEIVED = frozenset({"Body", "MessageId"})
_TEXTS = frozenset({"Id", "MessageBody", "MessageGroupId", "MessageDeduplicationId"})


# Not frozen: that would double what it costs to make one, and there are a hundred thousand.
@dataclass(kw_only=True, slots=True)
class BatchEntry:
    """One message of a batch; it is not changed."""

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


Request = list[BatchEntry]
"""The entries of one request."""


def _is_of_texts(entry: Mapping[Any, Any]) -> bool:
    """Say whether an entry is so plain that botocore's validator need not look at it."""
    if "MessageBody" not in entry or not entry.keys() <= _TEXTS:
        return False
    return all(isinstance(value, str) for value in entry.values())


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
        if type(given) is str and not self._fifo and (size := size_of_plain(given)):
            # As most are: nothing more is to be asked of it.
            id_ = self._made(position)
            return BatchEntry(position=position, id=id_, message={"MessageBody": given}, size=size)
        entry = self._form(position, given)
        id_ = self._id(position, entry.pop("Id", None))
        try:
            size = check(entry, fifo=self._fifo)
        except InvalidRequestError as fault:
            return BatchEntry(position=position, id=id_, message=entry, fault=fault)
        return BatchEntry(position=position, id=id_, message=entry, size=size)

    def _form(self, position: int, given: object) -> dict[str, Any]:
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
        if _is_of_texts(entry):
            return entry
        if entry.keys() >= _RECEIVED:
            entry = entry_of_received(entry, fifo=self._fifo)
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
        from botocore.validate import ParamValidator

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
    group: a group is in one request at a time, and its next one is cut once that is over.
    """

    def __init__(self, entries: Iterator[BatchEntry], *, fifo: bool) -> None:
        self.max_bytes = MAX_BATCH_BYTES
        """The limit, which may be lowered between two requests."""
        self.one_of_each = False
        """Whether a request holds one entry of a group at most: once one of them has failed."""
        self.error: InvalidRequestError | None = None
        """Why the entries ended before their end: one of them is no message."""
        self.has_ended = False
        """Whether all entries were read."""
        self.number_read = 0
        """How many were."""
        self._entries = entries
        self._fifo = fifo
        # By group, of which standard queues have one: those that are in no request.
        self._waiting: dict[str, deque[BatchEntry]] = {}
        self._count = self._bytes = 0
        # The groups that have entries and are in no request, and those that are in one.
        self._ready: deque[str] = deque()
        self._busy: set[str] = set()

    def next(self, *, seconds: float = math.inf) -> Request | None:
        """Return the entries of the next request.

        An empty list when there are none, or those that wait are of groups that are in a request;
        ``None`` when after so many ``seconds`` ten were not yet read.
        """
        until = time.monotonic() + seconds
        is_enough, next_entry, wait = self._is_enough, self._next_entry, self._wait
        while not is_enough():
            if self._count >= LOOK_AHEAD_ENTRIES or self._bytes >= LOOK_AHEAD_BYTES:
                break
            entry = next_entry()
            if entry is None:
                break
            wait(entry)
            if time.monotonic() >= until and not is_enough():
                return None
        return self._cut()

    def over(self, request: Request) -> None:
        """Let the groups of a request be in the next one."""
        if not self._fifo:
            return
        for group in dict.fromkeys(entry.group for entry in request):
            if group in self._busy:
                self._busy.remove(group)
                if group in self._waiting:
                    self._ready.append(group)

    def put_back(self, entries: Request) -> None:
        """Take entries back, to be cut anew before all others."""
        for entry in sorted(entries, key=_position, reverse=True):
            self._wait(entry, first=True)

    def rest(self) -> Iterator[BatchEntry]:
        """Yield all entries that are in no request."""
        left = [entry for entries in self._waiting.values() for entry in entries]
        self._waiting.clear()
        self._ready.clear()
        self._count = self._bytes = 0
        yield from sorted(left, key=_position)
        while entry := self._next_entry():
            yield entry

    def _is_enough(self) -> bool:
        if not self._fifo:
            return self._count >= MAX_BATCH_ENTRIES
        found = len(self._ready)
        if found and not self.one_of_each:
            # Those of the first few groups are looked at: of the others each has one at least.
            first = itertools.islice(self._ready, MAX_BATCH_ENTRIES)
            found = sum(len(self._waiting[group]) for group in first)
        return found >= MAX_BATCH_ENTRIES

    def _cut(self) -> Request:
        chosen: Request = []
        room = self.max_bytes
        most = 1 if self.one_of_each and self._fifo else MAX_BATCH_ENTRIES
        while self._ready and len(chosen) < MAX_BATCH_ENTRIES:
            group = self._ready[0]
            waiting = self._waiting[group]
            taken = 0
            # An entry that is too large for any request goes alone, for SQS to say so.
            while (
                waiting
                and taken < most
                and len(chosen) < MAX_BATCH_ENTRIES
                and (not chosen or waiting[0].size <= room)
            ):
                chosen.append(waiting.popleft())
                taken += 1
                room -= chosen[-1].size
            if taken and self._fifo:
                self._busy.add(group)
            if not waiting:
                del self._waiting[group]
            if not waiting or (taken and self._fifo):
                self._ready.popleft()
            if waiting and taken < most:
                break  # it is full
        self._count -= len(chosen)
        self._bytes -= sum(entry.size for entry in chosen)
        return chosen

    def _wait(self, entry: BatchEntry, *, first: bool = False) -> None:
        group = entry.group if self._fifo else ""
        waiting = self._waiting.get(group)
        if waiting is None:
            waiting = self._waiting[group] = deque()
            if group not in self._busy:
                self._ready.append(group)
        if first:
            waiting.appendleft(entry)
        else:
            waiting.append(entry)
        self._count += 1
        self._bytes += entry.size

    def _next_entry(self) -> BatchEntry | None:
        if self.has_ended:
            return None
        try:
            entry = next(self._entries, None)
        except InvalidRequestError as error:
            # Those before it are sent first, so that each of them is accounted for.
            self.error = error
            entry = None
        if entry is None:
            self.has_ended = True
        else:
            self.number_read += 1
        return entry


def _position(entry: BatchEntry) -> int:
    return entry.position
