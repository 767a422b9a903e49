"""Sends the requests of a batch side by side until every entry has its outcome."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from ..exceptions import AWSError
from .channel import Channel
from .crew import Crew
from .delivery import Delivered, Deliverer
from .entries import BatchEntry, Request, Requests
from .outcome import EntryOutcome, InOrder, failed, held_back
from .refusals import ALWAYS_ALLOWED_BYTES
from .tries import unsure

REMEMBERED_MESSAGES = 10_000
"""The latest messages of a FIFO queue among which a duplicate is recognised."""
MOST_AHEAD = 10_000
"""Entries that are read before the outcome of the first of them is known, at most."""
READING = 0.01
"""Seconds of waiting for entries after which answers are looked at."""


class Sender:
    """Sends the entries of one call."""

    def __init__(
        self, channel: Channel, deliverer: Deliverer, requests: Requests, *, fifo: bool
    ) -> None:
        self._channel = channel
        self._deliverer = deliverer
        self._requests = requests
        self._fifo = fifo
        self._crew: Crew[Request, Delivered] = Crew(deliverer.deliver)
        self._told: InOrder = InOrder()
        self._closed_groups: set[str] = set()
        self._asked = False
        self._accepted = False
        self._stop: AWSError | None = None
        self._messages: OrderedDict[str, str] = OrderedDict()

    def send(self) -> Iterator[EntryOutcome]:
        """Yield the outcome of each entry, in the order given, as soon as it is known."""
        with self._crew as crew:
            while True:
                request: Request | None = []
                if self._has_room():
                    request = self._requests.next(seconds=READING)
                if request:
                    self._begin(request)
                elif request is not None and not crew.in_flight:
                    break
                # Where entries come slowly there is no waiting but for them.
                for sent, done in crew.ended(wait=request is not None and not request):
                    self._take(sent, done)
                yield from self._in_order()
        if self._stop is not None:
            for entry in self._requests.rest():
                self._told.add(self._not_sent(entry, self._stop))
                yield from self._in_order()

    def _has_room(self) -> bool:
        if self._stop is not None:
            return False
        if not self._crew.in_flight:
            return True
        # The first one goes alone: where it is refused nothing has arrived, and the call raises.
        ahead = self._requests.number_read - self._told.position
        return self._accepted and self._crew.has_room and ahead < MOST_AHEAD

    def _begin(self, request: Request) -> None:
        if self._is_over_limit(request):
            self._requests.put_back(request)
            self._requests.over(request)
            return
        good = []
        for entry in request:
            if entry.fault:
                record = failed(entry.fault.code, str(entry.fault), by_sender=True)
                self._fail(entry, record)
            elif entry.group in self._closed_groups:
                self._told.add(held_back(entry))
            else:
                good.append(entry)
        if len(good) < len(request):
            groups = {entry.group for entry in good}
            self._requests.over([entry for entry in request if entry.group not in groups])
        if good:
            self._crew.begin(good)

    def _is_over_limit(self, request: Request) -> bool:
        total = sum(entry.size for entry in request)
        if self._asked or len(request) == 1 or total <= ALWAYS_ALLOWED_BYTES:
            return False
        self._asked = True
        limit = min(self._requests.max_bytes, self._ask_limit(self._requests.max_bytes))
        self._requests.max_bytes = limit
        return total > limit

    def _ask_limit(self, default: int) -> int:
        try:
            told = self._channel.attributes("MaximumMessageSize")
            return int(told["MaximumMessageSize"])
        except (AWSError, KeyError, ValueError):
            # Who may send need not be allowed to ask; a request that is too long is halved.
            return default

    def _take(self, sent: Request, done: Delivered) -> None:
        """Take note of what became of a request."""
        for outcome in done.outcomes:
            self._accepted = self._accepted or outcome.successful
            self._told.add(outcome)
        if self._fifo:
            self._closed_groups |= done.closed
        if done.limit is not None:
            self._requests.max_bytes = min(self._requests.max_bytes, done.limit)
        self._requests.one_of_each = self._requests.one_of_each or done.some_failed
        self._requests.put_back(done.put_back)
        self._requests.over(sent)
        if done.stop is not None:
            self._stopped(done, done.stop)

    def _stopped(self, done: Delivered, error: AWSError) -> None:
        if not self._accepted:
            arrived = any(map(self._deliverer.is_unsure, done.stopped))
            raise unsure(error, "Messages of this request") if arrived else error
        self._stop = self._stop or error
        for entry in done.stopped:
            self._fail(entry, failed(_code_of(error), str(error)))
        for entry in done.unsent:
            self._told.add(self._not_sent(entry, error))

    def _fail(self, entry: BatchEntry, record: Mapping[str, Any]) -> None:
        if self._fifo:
            self._closed_groups.add(entry.group)
        self._told.add(self._deliverer.failed(entry, record))

    def _not_sent(self, entry: BatchEntry, error: AWSError) -> EntryOutcome:
        return self._deliverer.failed(entry, failed(_code_of(error), f"Not sent. {error}"))

    def _in_order(self) -> Iterator[EntryOutcome]:
        for outcome in self._told.ready():
            first = self._first_of(outcome) if self._fifo and outcome.successful else None
            if first is None:
                yield outcome
            else:
                yield replace(outcome, record={**outcome.record, "DuplicateOf": first})

    def _first_of(self, outcome: EntryOutcome) -> str | None:
        """Return the ``Id`` of the entry that SQS took this one for, and remember this one."""
        message = outcome.record["MessageId"]
        first = self._messages.get(message)
        self._messages.setdefault(message, outcome.record["Id"])
        self._messages.move_to_end(message)
        if len(self._messages) > REMEMBERED_MESSAGES:
            self._messages.popitem(last=False)
        return first


def _code_of(error: AWSError) -> str:
    return error.code or type(error).__name__
