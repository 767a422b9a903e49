"""Received messages, any number in one call: deleted, or hidden for another time."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from django.utils.translation import gettext_noop

from ..arguments import show
from ..conf import Purpose
from ..exceptions import RETRIED, AWSError, Kind, UsageError
from ..limits import MAX_VISIBILITY_TIMEOUT
from ..patience import failures_noted
from ..sentences import Sentence
from .batch import collected
from .channel import Channel, Record
from .crew import Crew
from .limits import MAX_BATCH_ENTRIES, check_number
from .outcome import EntryOutcome, InOrder, failed, kind_of_failure
from .refusals import is_about_entries
from .sender import MOST_AHEAD
from .tries import Tries

Entry = Mapping[str, Any] | str
"""A receipt handle, or a dict that has it as ``ReceiptHandle``: a message as it was received."""


@dataclass(kw_only=True, slots=True)
class Handle:
    """One entry of a batch."""

    position: int
    id: str
    handle: str
    timeout: int
    """Seconds to hide it for; of no meaning where it is deleted."""


Ask = Callable[[list[Handle]], list[Record | None]]


def delete_message_batch(
    queue_url: str,
    entries: Iterable[Entry],
    region: str | None = None,
    *,
    purpose: Purpose = "commands",
) -> dict[str, Any]:
    """Delete any number of received messages; return boto's dict, every entry accounted for.

    ``entries`` are receipt handles, or dicts with a ``ReceiptHandle``, such as the messages that
    were received; an ``Id`` of theirs names them in ``Successful`` and ``Failed``, else it is the
    position, from 0. Both lists are in the order of the entries and always there;
    ``ResponseMetadata`` is empty where no request was made.

    Ten go in a request, and requests side by side. What fails by the fault of SQS is sent again,
    as long as :mod:`philo_aws.patience` says; a message that is deleted already is no failure.
    Where a request fails altogether its entries are in ``Failed`` with the code of the error.

    Raises, before anything is sent, :exc:`~philo_aws.exceptions.UsageError` for what is no list,
    and for an entry of a list that is none; any :exc:`~philo_aws.exceptions.AWSError` that stops
    the first request; and :exc:`~philo_aws.exceptions.IncompleteError`, with the answer as its
    ``result``, where an iterator gives what is no entry after others.
    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_DeleteMessageBatch.html
    """
    return collected(deleted(queue_url, entries, region, purpose=purpose))


def change_message_visibility_batch(
    queue_url: str,
    entries: Iterable[Entry],
    region: str | None = None,
    *,
    visibility_timeout: int | None = None,
    purpose: Purpose = "commands",
) -> dict[str, Any]:
    """Hide any number of received messages for so many seconds from now; return boto's dict.

    ``entries`` are as for :func:`delete_message_batch`; one may have a ``VisibilityTimeout`` of its
    own, 0 to 43,200, which goes before ``visibility_timeout``. 0 gives a message back at once. What
    is returned and raised is as there; a message that is not in flight is in ``Failed``.
    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ChangeMessageVisibilityBatch.html
    """
    return collected(
        hidden(queue_url, entries, region, visibility_timeout=visibility_timeout, purpose=purpose)
    )


def deleted(
    queue_url: str,
    entries: Iterable[Entry],
    region: str | None = None,
    *,
    purpose: Purpose = "commands",
) -> Generator[EntryOutcome, None, None]:
    """Delete as :func:`delete_message_batch` does, yielding each outcome as soon as it is known."""
    channel = Channel(queue_url, region, purpose)

    def delete(request: list[Handle]) -> list[Record | None]:
        return channel.delete([entry.handle for entry in request])

    return _Batches(delete, _read(entries, None, timed=False), purpose).outcomes()


def hidden(
    queue_url: str,
    entries: Iterable[Entry],
    region: str | None = None,
    *,
    visibility_timeout: int | None = None,
    purpose: Purpose = "commands",
) -> Generator[EntryOutcome, None, None]:
    """Do as :func:`change_message_visibility_batch`, yielding each outcome once it is known."""
    if visibility_timeout is not None:
        _check_timeout("visibility_timeout", visibility_timeout)
    channel = Channel(queue_url, region, purpose)

    def hide(request: list[Handle]) -> list[Record | None]:
        return channel.change_visibility([(entry.handle, entry.timeout) for entry in request])

    read = _read(entries, visibility_timeout, timed=True)
    return _Batches(hide, read, purpose).outcomes()


def _check_timeout(name: str, value: object) -> None:
    check_number(name, value, 0, MAX_VISIBILITY_TIMEOUT, gettext_noop("seconds"))


def _read(entries: Iterable[Entry], timeout: int | None, *, timed: bool) -> Iterator[Handle]:
    given: Any = entries
    if isinstance(given, str | bytes | Mapping) or not isinstance(given, Iterable):
        raise UsageError(
            Sentence(
                gettext_noop(
                    "The entries are one {kind}, not a list of receipt handles or messages."
                ),
                kind=type(given).__name__,
            )
        )
    read = (_handle(*pair, timeout, timed=timed) for pair in enumerate(given))
    return iter(list(read)) if isinstance(given, Sequence) else read


def _handle(position: int, given: Any, timeout: int | None, *, timed: bool) -> Handle:
    entry = {"ReceiptHandle": given} if isinstance(given, str) else given
    handle = entry.get("ReceiptHandle") if isinstance(entry, Mapping) else None
    if not isinstance(handle, str) or not handle:
        raise UsageError(
            Sentence(
                gettext_noop(
                    "Entry {number} is {value}. Give a receipt handle, or a dict with one as its "
                    "'ReceiptHandle'."
                ),
                number=position + 1,
                value=show(given),
            )
        )
    seconds: Any = entry.get("VisibilityTimeout", timeout) if timed else 0
    if seconds is None:
        raise UsageError(
            Sentence(
                gettext_noop(
                    "Entry {number} has no 'VisibilityTimeout', and there is no "
                    "visibility_timeout for all."
                ),
                number=position + 1,
            )
        )
    if timed:
        _check_timeout("VisibilityTimeout", seconds)
    id_ = entry.get("Id")
    return Handle(
        position=position,
        id=str(position) if id_ is None else str(id_),
        handle=handle,
        timeout=seconds,
    )


class _Batches:
    """Requests of ten, side by side, until each of their entries has an outcome."""

    def __init__(self, ask: Ask, entries: Iterator[Handle], purpose: Purpose) -> None:
        self._ask = ask
        self._entries = entries
        self._purpose: Purpose = purpose
        self._told = InOrder()
        self._number = 0
        self._succeeded = False
        self._stop: AWSError | None = None
        self._fault: UsageError | None = None

    def outcomes(self) -> Generator[EntryOutcome, None, None]:
        """Yield the outcome of each entry, in their order."""
        with Crew(self._settle) as crew:
            while True:
                request: list[Handle] = []
                # The first one goes alone: where it is refused nothing was done, and it raises.
                if self._stop is None and (
                    not crew.in_flight
                    or (self._succeeded and crew.has_room and not self._is_far_ahead())
                ):
                    request = self._next()
                if request:
                    crew.begin(request)
                elif not crew.in_flight:
                    break
                for _, settled in crew.ended(wait=not request):
                    self._take(settled)
                yield from self._told.ready()
        while self._stop is not None and (request := self._next()):
            record = failed(self._stop.code, f"Not sent. {self._stop}")
            for entry in request:
                self._told.add(_outcome(entry, record))
            yield from self._told.ready()
        if self._fault is not None:
            raise self._fault

    def _is_far_ahead(self) -> bool:
        return self._number - self._told.position >= MOST_AHEAD

    def _next(self) -> list[Handle]:
        request: list[Handle] = []
        try:
            # One by one: those before one that is none are not lost.
            for entry in islice(self._entries, MAX_BATCH_ENTRIES):
                request.append(entry)  # noqa: PERF402
        except UsageError as error:
            self._fault = error
        self._number += len(request)
        return request

    def _take(self, settled: _Settled) -> None:
        for outcome in settled.outcomes:
            self._succeeded = self._succeeded or outcome.successful
            self._told.add(outcome)
        if settled.stop is None:
            # Entries that fail one by one say nothing of the others.
            self._succeeded = True
        elif not self._succeeded:
            raise settled.stop
        else:
            self._stop = self._stop or settled.stop

    def _settle(self, request: list[Handle], failures: list[AWSError]) -> _Settled:
        settled = _Settled()
        self._send(request, settled, failures)
        return settled

    def _send(self, request: list[Handle], settled: _Settled, failures: list[AWSError]) -> None:
        tries = Tries(self._purpose)
        while request:
            try:
                with failures_noted() as noted:
                    records = self._ask(request)
            except AWSError as error:
                failures += [*noted, error]
                self._refused(request, error, settled, failures)
                return
            failures += noted
            again: list[tuple[Handle, Record, Kind]] = []
            for entry, record in zip(request, records, strict=True):
                kind = None if record is None else kind_of_failure(record)
                if record is not None and kind in RETRIED:
                    again.append((entry, record, kind))
                else:
                    settled.outcomes.append(_outcome(entry, record))
            if not again:
                return
            failures.append(
                AWSError(Sentence(gettext_noop("Some entries failed.")), kind=again[0][2])
            )
            if not tries.another(again[0][2]):
                settled.outcomes += [_outcome(entry, record) for entry, record, _ in again]
                return
            request = [entry for entry, *_ in again]

    def _refused(
        self,
        request: list[Handle],
        error: AWSError,
        settled: _Settled,
        failures: list[AWSError],
    ) -> None:
        """Let one bad entry not spoil its neighbours."""
        of_entries = is_about_entries(error) or error.code.endswith("ReceiptHandleIsInvalid")
        if settled.stop is not None or not of_entries or len(request) == 1:
            by_sender = of_entries and len(request) == 1
            settled.stop = settled.stop or (None if by_sender else error)
            code = error.code or type(error).__name__
            record = failed(code, str(error), by_sender=by_sender)
            settled.outcomes += [_outcome(entry, record) for entry in request]
            return
        half = len(request) // 2
        self._send(request[:half], settled, failures)
        self._send(request[half:], settled, failures)


@dataclass
class _Settled:
    """What became of a request."""

    outcomes: list[EntryOutcome] = field(default_factory=list)
    stop: AWSError | None = None
    """Why it was refused, where the requests after it would be too."""


def _outcome(entry: Handle, record: Record | None) -> EntryOutcome:
    return EntryOutcome(
        position=entry.position,
        successful=record is None,
        record={"Id": entry.id, **(record or {})},
    )
