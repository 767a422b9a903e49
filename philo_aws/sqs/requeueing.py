"""Dead letters moved back to their queues, one by one: sent, and only then deleted.

Unlike SQS's own message-move tasks this chooses among them, takes what a consumer parked, and works
where an endpoint has no such tasks.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Generator, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from django.utils.translation import gettext_noop

from ..arguments import list_of_strings, some_text, whole_number
from ..conf import Purpose
from ..exceptions import AWSError, UsageError
from ..sentences import Sentence
from .batch import send_entries
from .dead_letters import DeadLetter, decoded
from .holding import Holding
from .origins import Origins
from .queues import get_queue_attributes
from .urls import parse_queue_url

Status = Literal["moved", "left", "twice"]
"""What became of a message: it is in its queue and no more in this one; it is in this one; it was
sent to its queue and could not be deleted from this one, so it may be in both."""

MAX_HELD = 500
"""Messages that a step of a page holds at most: they are given back before the page answers."""


@dataclass(frozen=True, kw_only=True)
class Requeued:
    """What became of one message that was chosen."""

    letter: DeadLetter
    """The message."""
    status: Status
    """What became of it."""
    to: str
    """The URL of the queue that it was for; empty where none is known."""
    message_id: str
    """The id that it has there; empty where it was not sent."""
    reason: str
    """Why it is still here."""


@dataclass(kw_only=True)
class RequeueFigures:
    """How many messages a run came to, and what became of them."""

    moved: int = 0
    """Those that are in their queues."""
    left: int = 0
    """Those that were chosen and are still here."""
    twice: int = 0
    """Those that were sent and not deleted."""
    unmatched: int = 0
    """Those that were not chosen."""
    unreached: int = 0
    """Of a FIFO queue: those that stand behind others of their group, which were not chosen."""
    hidden: int = 0
    """Those that are here and come back only when they have been hidden for long enough."""
    damaged: int = 0
    """Those that changed on the way here: they stay, and come back so too."""
    missing: tuple[str, ...] = ()
    """Those of the ids that were not found."""
    complete: bool = False
    """Whether all that was to be had was looked at."""

    @property
    def matched(self) -> int:
        """Those that were chosen."""
        return self.moved + self.left + self.twice


@dataclass(kw_only=True)
class RequeueResult(RequeueFigures):
    """The same, with what became of each message that was chosen."""

    records: list[Requeued] = field(default_factory=list)
    """In the order in which it was known."""
    failure: AWSError | None = None
    """Why it ended before its end, where something had been done by then."""


def requeue(
    queue_url: str,
    region: str | None = None,
    *,
    ids: Collection[str] | None = None,
    error: str | None = None,
    task: str | None = None,
    everything: bool = False,
    to: str | None = None,
    most: int | None = None,
    purpose: Purpose = "commands",
) -> RequeueResult:
    """Move messages of a dead-letter queue back to their queues, and say what became of each.

    Chosen are those with one of ``ids``, with this class of ``error`` (``"ValueError"``), of this
    ``task`` (the path under ``"task"`` in the JSON of the body); of more than one of these those
    that are all of it, and all messages with ``everything``. They go to where each says it came
    from, or to the queue ``to`` (a name or a URL); ``most`` bounds how many are chosen.

    A message is sent with the attributes that it had, without those of its parking, and its message
    group; for a FIFO queue with a new deduplication id, for SQS would drop it under the old one.
    Then it is deleted. One that could not be sent stays; one that could not be deleted may be in
    both queues, and its record says so. What is not chosen is given back at the end. The records
    are kept in memory: :class:`Requeue` gives them one by one.

    Raises :exc:`~philo_aws.exceptions.UsageError` for a choice that cannot be, and any
    :exc:`~philo_aws.exceptions.AWSError` that stops the work at the dead-letter queue while nothing
    is known of any message; after that it is the result's ``failure``.
    """
    work = Requeue(
        queue_url,
        region,
        ids=ids,
        error=error,
        task=task,
        everything=everything,
        to=to,
        most=most,
        purpose=purpose,
    )
    result = RequeueResult()
    work.figures = result
    try:
        for record in work.run():
            result.records.append(record)
    except AWSError as problem:
        if not result.records:
            raise
        result.failure = problem
    return result


class Requeue:
    """One run of :func:`requeue`; the same arguments, and those that bound it for a page."""

    def __init__(
        self,
        queue_url: str,
        region: str | None = None,
        *,
        ids: Collection[str] | None = None,
        error: str | None = None,
        task: str | None = None,
        everything: bool = False,
        to: str | None = None,
        most: int | None = None,
        seconds: float | None = None,
        most_held: int | None = None,
        allowed: Callable[[str], bool] | None = None,
        purpose: Purpose = "commands",
    ) -> None:
        """``seconds``, after the first receive, and ``most_held`` end it early.

        ``allowed`` is asked of the URL of each queue that a message is to go to.
        """
        if isinstance(ids, str):
            raise UsageError(Sentence(gettext_noop("The ids are one text. Give a list of them.")))
        self._ids = None if ids is None else set(list_of_strings("ids", list(ids)))
        self._error = None if error is None else some_text("error", error)
        self._task = None if task is None else some_text("task", task)
        chosen = [given for given in (ids, error, task) if given is not None]
        if everything == bool(chosen):
            raise UsageError(
                Sentence(
                    gettext_noop(
                        "Say which messages: by ids, error or task, or everything, and not both."
                    )
                )
            )
        if most is not None:
            whole_number("most", most, 1)
        self.figures = RequeueFigures()
        """How far it is."""
        self._queue_url, self._region, self._purpose = queue_url, region, purpose
        self._is_fifo = parse_queue_url(queue_url).is_fifo
        self._origins = Origins(queue_url, region, to=to, purpose=purpose)
        self._most, self._most_held = most, most_held
        self._end = None if seconds is None else time.monotonic() + seconds
        self._allowed = allowed
        self._closed: dict[str, AWSError] = {}

    def run(self) -> Generator[Requeued, None, None]:
        """Move them, yielding what became of each that was chosen as soon as it is known.

        Once: make another one for another run.
        """
        holding = Holding(self._queue_url, self._region, self._purpose)
        figures = self.figures
        try:
            while room := self._room(holding):
                messages = holding.receive(room)
                if not messages:
                    figures.complete = True
                    break
                chosen = []
                for raw in messages:
                    letter = decoded(raw)
                    if self._is_chosen(letter):
                        chosen.append(letter)
                    else:
                        figures.unmatched += 1
                        holding.hold(raw)
                for record in self._move(holding, chosen):
                    self._count(record)
                    yield record
                if holding.failure:
                    raise holding.failure
            if self._is_fifo and holding.held and figures.complete:
                figures.unreached = self._ask_waiting()
        finally:
            figures.damaged = len(holding.damaged)
            figures.missing = tuple(sorted(self._ids or ()))
            figures.hidden = holding.give_back()

    def _room(self, holding: Holding) -> int:
        """Return how many messages may be received next."""
        begun = self.figures.matched or self.figures.unmatched
        if begun and self._end is not None and time.monotonic() >= self._end:
            return 0
        if self._most_held is not None and holding.held >= self._most_held:
            return 0
        if self._ids is not None and not self._ids:
            return 0
        return 10 if self._most is None else max(0, min(10, self._most - self.figures.matched))

    def _is_chosen(self, letter: DeadLetter) -> bool:
        if self._ids is not None and letter.id not in self._ids:
            return False
        if self._error is not None and self._error not in (
            letter.error_class,
            letter.error_class.rpartition(".")[2],
        ):
            return False
        if self._task is not None and letter.task != self._task:
            return False
        if self._ids is not None:
            self._ids.discard(letter.id)
        return True

    def _count(self, record: Requeued) -> None:
        setattr(self.figures, record.status, getattr(self.figures, record.status) + 1)

    def _move(self, holding: Holding, letters: Sequence[DeadLetter]) -> Iterator[Requeued]:
        """Move up to ten messages: those for the same queue together, in their order."""
        parts: dict[str, list[DeadLetter]] = {}
        for letter in letters:
            try:
                parts.setdefault(self._target(letter), []).append(letter)
            except AWSError as error:
                yield _left(holding, letter, "", error.message)
        for url, part in parts.items():
            yield from self._move_to(holding, url, part)

    def _target(self, letter: DeadLetter) -> str:
        if letter.fault:
            raise letter.fault
        url = self._origins.url_of(letter)
        if self._allowed and not self._allowed(url):
            raise UsageError(
                Sentence(
                    gettext_noop(
                        "You may not move messages to the queue {name!r}, or it is not there."
                    ),
                    name=parse_queue_url(url).name,
                )
            )
        return url

    def _move_to(
        self, holding: Holding, url: str, letters: Sequence[DeadLetter]
    ) -> Iterator[Requeued]:
        sent: dict[int, str] = {}
        refused: dict[int, str] = {}
        problem: AWSError | None = self._closed.get(url)
        reasons: list[str] = []
        try:
            if problem is None:
                entries = [entry_for(letter, url) for letter in letters]
                region = self._region if parse_queue_url(url).region is None else None
                for outcome in send_entries(url, entries, region, purpose=self._purpose):
                    record = outcome.record
                    if outcome.successful:
                        sent[outcome.position] = str(record.get("MessageId", ""))
                    else:
                        refused[outcome.position] = str(record.get("Message", ""))
        except AWSError as error:
            # What is wrong with the queue, or on the way to it, is so for the next message too.
            problem = self._closed[url] = error
        finally:
            # Also where it was interrupted: what is known to be sent is not to stay here as well.
            places = sorted(sent)
            if places:
                reasons = holding.delete([letters[place].raw for place in places])
        left = problem.message if problem else Sentence(gettext_noop("It was not sent."))
        for place, letter in enumerate(letters):
            if place not in sent:
                yield _left(holding, letter, url, refused.get(place) or left)
                continue
            reason = reasons[places.index(place)]
            yield Requeued(
                letter=letter,
                status="twice" if reason else "moved",
                to=url,
                message_id=sent[place],
                reason=of_both(reason) if reason else "",
            )

    def _ask_waiting(self) -> int:
        """Return how many messages there still are that nobody holds; 0 where that is not told."""
        try:
            answer = get_queue_attributes(
                self._queue_url,
                self._region,
                attribute_names=["ApproximateNumberOfMessages"],
                purpose=self._purpose,
            )
            return int(answer["Attributes"].get("ApproximateNumberOfMessages", 0))
        except (AWSError, ValueError):
            return 0


def _left(holding: Holding, letter: DeadLetter, url: str, reason: str) -> Requeued:
    holding.hold(letter.raw)
    return Requeued(letter=letter, status="left", to=url, message_id="", reason=reason)


def of_both(reason: str) -> Sentence:
    """Return what is said of a message that was sent and, for this reason, not deleted."""
    return Sentence(
        gettext_noop("It was sent and could not be deleted, so it may be in both queues: {reason}"),
        reason=reason,
    )


def entry_for(letter: DeadLetter, url: str) -> dict[str, Any]:
    """Return the message as it is sent again, in boto's words."""
    entry: dict[str, Any] = {"MessageBody": letter.body}
    if letter.attributes:
        entry["MessageAttributes"] = dict(letter.attributes)
    if trace := (letter.raw.get("Attributes") or {}).get("AWSTraceHeader"):
        text = {"DataType": "String", "StringValue": trace}
        entry["MessageSystemAttributes"] = {"AWSTraceHeader": text}
    if parse_queue_url(url).is_fifo:
        entry["MessageGroupId"] = letter.group or letter.id
        # Under its old one SQS would drop it, and say that it has it. Sent again because it could
        # not be deleted, it is dropped, as it should be.
        entry["MessageDeduplicationId"] = f"requeued-{letter.id}"
    elif letter.group:
        entry["MessageGroupId"] = letter.group
    return entry
