"""What a person does with the messages that they hold: hold longer, release, delete."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages as notes
from django.http import HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from ...exceptions import AWSError
from ...sqs.looks import delete, hold
from ..operations import OperationOutcome
from ..tally import NAMED_IN_HISTORY
from ..text import visible
from .base import QueueOperation
from .drawer import Batch, Drawer, Raw
from .presentation import message_of

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise as StrPromise

LEASE_SECONDS = 120
"""For which messages are hidden from others after each step of the person's work."""


class HeldView(QueueOperation):
    """A page about the messages that the person holds of a queue."""

    @cached_property
    def drawer(self) -> Drawer:
        """Where they are kept."""
        return Drawer(self.request, str(self.queue))

    @cached_property
    def batch(self) -> Batch | None:
        """What is kept there."""
        return self.drawer.open()

    @property
    def held(self) -> Mapping[int, Raw]:
        """The messages that are held; none once their time is over."""
        return self.batch.messages if self.batch and not self.batch.is_over else {}

    def media_of(self, script: str, *, module: bool = False) -> forms.Media:
        """Return a script of the page; nothing for an empty path."""
        kind: Any = {"type": "module"} if module else {"defer": True}
        scripts: list[Any] = [forms.Script(script, **kind)] if script else []
        return forms.Media(js=scripts)

    def hold_all(self) -> int:
        """Hold all of them for longer; return how many are not held any more, which are dropped."""
        held = self.held
        batch = self.batch
        if not held or batch is None:
            return 0
        until = time.time() + LEASE_SECONDS
        reasons = self.ask_aws(
            hold,
            self.queue_url,
            [raw["ReceiptHandle"] for raw in held.values()],
            self.queue.region,
            seconds=LEASE_SECONDS,
        )
        lost = [number for number, reason in zip(held, reasons, strict=True) if reason]
        for number in lost:
            batch.drop(number)
        batch.until = until
        self.put_away()
        return len(lost)

    def put_away(self) -> None:
        """Keep what is still held, or nothing."""
        batch = self.batch
        if batch is not None and batch.messages:
            self.drawer.keep(batch)
        else:
            self.drawer.close()

    def get_success_url(self) -> str:
        return self.link("peek") or super().get_success_url()


class HoldView(HeldView):
    """Holds messages for longer: the page's script asks, or the person."""

    route = "<str:object_id>/peek/hold/"
    permissions = ("view", "receive_message")
    title = _("Hold for longer")
    submit_label = _("Hold for longer")

    def post(self, *args: Any, **kwargs: Any) -> HttpResponse:
        asked_by_script = "application/json" in self.request.headers.get("Accept", "")
        self.writing = True
        try:
            self.hold_all()
        except AWSError as error:
            if asked_by_script:
                return self.json({"error": visible(error.message)}, status=502)
            raise
        if asked_by_script:
            batch = self.batch
            left = batch.until - time.time() if batch and self.held else 0
            return self.json({"seconds": max(0, round(left))})
        return HttpResponseRedirect(self.get_success_url())


class ChosenView(HeldView):
    """Does something with the messages that were ticked, and goes back to the rest."""

    @cached_property
    def numbers(self) -> list[int]:
        """The messages that were ticked and are still held."""
        batch = self.batch
        if batch is None or batch.is_over or batch.token != self.request.POST.get("look"):
            return []
        asked = self.request.POST.getlist("message")
        if asked == ["all"]:
            return list(batch.messages)
        texts = set(asked)
        return [number for number in batch.messages if str(number) in texts]

    @property
    def chosen(self) -> list[Raw]:
        """The same, as they were received."""
        return [self.held[number] for number in self.numbers if number in self.held]

    def get_hidden(self) -> Mapping[str, str | Sequence[str]]:
        look = self.request.POST.get("look", "")[:20]
        return {"look": look, "message": [str(number) for number in self.numbers]}

    def get_items(self) -> Sequence[str]:
        return [f"{raw['MessageId']}   {message_of(raw).beginning}" for raw in self.chosen]

    def get_subjects(self) -> Sequence[str]:
        return [str(raw["MessageId"]) for raw in self.chosen]

    def nothing(self) -> str | StrPromise:
        """Return what to say where there is nothing to do it with."""
        if self.batch is not None and self.batch.is_over:
            return _("The time of these messages is over: others may have them. Peek again.")
        return _("Nothing was done: select messages that you hold, or peek at some first.")

    def get_summary(self) -> Sequence[str | StrPromise]:
        return self.describe(len(self.numbers)) if self.numbers else [self.nothing()]

    def describe(self, count: int) -> Sequence[str | StrPromise]:
        """Return what will happen to so many."""
        raise NotImplementedError

    def post(self, *args: Any, **kwargs: Any) -> HttpResponse:
        if not self.numbers:
            notes.add_message(self.request, notes.WARNING, str(self.nothing()))
            return HttpResponseRedirect(self.get_success_url())
        if "confirm" not in self.request.POST:
            try:
                self.hold_chosen()
            except AWSError as error:
                return self.ask(self.get_form(bound=False), error=error)
        return super().post(*args, **kwargs)

    def hold_chosen(self) -> int:
        """Hold all for longer; return how many of the chosen were lost meanwhile."""
        before = self.numbers
        self.hold_all()
        self.numbers = [number for number in before if number in self.held]
        return len(before) - len(self.numbers)

    def done(self, numbers: Sequence[int]) -> None:
        """Forget messages that are not in the queue any more."""
        batch = self.batch
        if batch is None:
            return
        for number in numbers:
            batch.drop(number)
        self.put_away()

    def outcome(
        self, done: str, told: str, ids: Sequence[str], problems: Sequence[str], lost: int
    ) -> OperationOutcome:
        """Return what is said of a job: ``done`` on the page, ``told`` in the history."""
        sentences = [done]
        if problems:
            sentences.append(
                str(
                    _("%(count)d could not be: %(reason)s")
                    % {"count": len(problems), "reason": visible(problems[0])}
                )
            )
        if lost:
            sentence = ngettext(
                "%d was not held any more, so nothing was done to it.",
                "%d were not held any more, so nothing was done to them.",
                lost,
            )
            sentences.append(sentence % lost)
        named = ", ".join(visible(id_) for id_ in ids[:NAMED_IN_HISTORY])
        more = ", …" if len(ids) > NAMED_IN_HISTORY else ""
        return OperationOutcome(
            message=" ".join(sentences),
            audit=f"{told}: {named}{more}." if ids else "",
            level=notes.WARNING if problems or lost or not ids else notes.SUCCESS,
        )


def messages_in_words(count: int) -> str:
    """Return "1 message" or "2 messages", for the history."""
    return f"{count} message{'' if count == 1 else 's'}"


class ReleaseView(ChosenView):
    """Gives messages back before their time."""

    route = "<str:object_id>/release/"
    permissions = ("view", "receive_message")
    title = _("Release messages")
    submit_label = _("Release")

    @property
    def last(self) -> int:
        """How many of the chosen the next receive moves to the dead-letter queue."""
        batch = self.batch
        return sum(batch.at_limit(number) for number in self.numbers) if batch else 0

    def describe(self, count: int) -> Sequence[str | StrPromise]:
        sentence = ngettext(
            "%d message can be received by others at once.",
            "%d messages can be received by others at once.",
            count,
        )
        sentences: list[str | StrPromise] = [sentence % count]
        if self.last:
            warning = ngettext(
                "%d of them has been received as often as the limit allows: the next receive, by "
                "whomever, moves it to the dead-letter queue. To keep it here, send it again "
                "instead.",
                "%d of them have been received as often as the limit allows: the next receive, by "
                "whomever, moves them to the dead-letter queue. To keep them here, send them again "
                "instead.",
                self.last,
            )
            sentences.append(warning % self.last)
        return sentences

    def post(self, *args: Any, **kwargs: Any) -> HttpResponse:
        # Nothing is lost by it, so it asks only where the limit would take them.
        if self.numbers and not self.last and "confirm" not in self.request.POST:
            posted = self.request.POST.copy()
            posted["confirm"] = "yes"
            self.request.POST = posted  # type: ignore[assignment]
        return super().post(*args, **kwargs)

    def perform(self, data: dict[str, Any]) -> OperationOutcome:
        numbers, chosen = self.numbers, self.chosen
        reasons = self.ask_aws(
            hold,
            self.queue_url,
            [raw["ReceiptHandle"] for raw in chosen],
            self.queue.region,
            seconds=0,
        )
        batch = self.batch
        if batch is not None:
            self.drawer.spend(
                batch.messages[number] for number in numbers if batch.at_limit(number)
            )
            for number in numbers:
                batch.drop(number)
            self.put_away()
        ids = [str(raw["MessageId"]) for raw, why in zip(chosen, reasons, strict=True) if not why]
        said = ngettext("%d message was released.", "%d messages were released.", len(ids))
        problems = [why for why in reasons if why]
        told = f"Released {messages_in_words(len(ids))}"
        return self.outcome(said % len(ids), told, ids, problems, 0)


class DeleteMessageView(ChosenView):
    """Deletes messages that are held."""

    route = "<str:object_id>/delete-message/"
    permissions = ("view", "delete_message")
    title = _("Delete messages")
    submit_label = _("Delete")
    destructive = True

    def describe(self, count: int) -> Sequence[str | StrPromise]:
        sentence = ngettext(
            "%(count)d message is deleted for good. It stays hidden for another %(seconds)d "
            "seconds:",
            "%(count)d messages are deleted for good. They stay hidden for another %(seconds)d "
            "seconds:",
            count,
        )
        return [sentence % {"count": count, "seconds": LEASE_SECONDS}]

    def perform(self, data: dict[str, Any]) -> OperationOutcome:
        # SQS says yes to a handle whose time is over and may delete nothing; to hold it says no.
        lost = self.hold_chosen()
        numbers, chosen = self.numbers, self.chosen
        reasons: list[str] = []
        if chosen:
            handles = [raw["ReceiptHandle"] for raw in chosen]
            reasons = self.ask_aws(delete, self.queue_url, handles, self.queue.region)
        gone = [number for number, why in zip(numbers, reasons, strict=True) if not why]
        ids = [str(self.held[number]["MessageId"]) for number in gone]
        self.done(gone)
        said = ngettext("%d message was deleted.", "%d messages were deleted.", len(ids))
        problems = [why for why in reasons if why]
        told = f"Deleted {messages_in_words(len(ids))}"
        return self.outcome(said % len(ids), told, ids, problems, lost)
