"""Send messages that a person holds again, or move them to another queue."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from ...exceptions import AWSError
from ...sqs import directory
from ...sqs.directory import QueueName
from ...sqs.looks import Sent, send_on
from ..operations import OperationOutcome
from .attributes import names_beside
from .create import arn_of
from .held import ChosenView, messages_in_words
from .message_forms import TargetForm

if TYPE_CHECKING:
    from django import forms
    from django.http import HttpResponse
    from django.utils.functional import _StrPromise as StrPromise


class ResendView(ChosenView):
    """Sends messages on, and deletes here what is there."""

    def cut(self) -> list[int]:
        """Return those of which only the beginning is kept, which cannot be sent."""
        return [number for number in self.numbers if self.batch and number in self.batch.cut]

    def get_summary(self) -> Sequence[str | StrPromise]:
        sentences = list(super().get_summary())
        if cut := len(self.cut()):
            sentence = ngettext(
                "%d stays: it is too large for the page, which keeps only its beginning.",
                "%d stay: they are too large for the page, which keeps only their beginnings.",
                cut,
            )
            sentences.append(sentence % cut)
        return sentences

    def send(self, to: str, *, as_before: bool) -> tuple[list[str], list[str], int]:
        """Send them on; return the ids of those that are there, the problems, and the lost."""
        lost = self.hold_chosen()
        cut = self.cut()
        numbers = [number for number in self.numbers if number not in cut]
        sent: list[Sent] = []
        if numbers:
            sent = self.ask_aws(
                send_on,
                self.queue_url,
                [self.held[number] for number in numbers],
                self.queue.region,
                to=to,
                as_before=as_before,
            )
        there = [number for number, each in zip(numbers, sent, strict=True) if each.is_sent]
        ids = [str(self.held[number]["MessageId"]) for number in there]
        problems = [each.reason for each in sent if each.reason]
        problems += [str(_("Only its beginning is kept.")) for _number in cut]
        self.done(there)
        return ids, problems, lost


class SendAgainView(ResendView):
    """Sends messages to their own queue again."""

    route = "<str:object_id>/peek/send-again/"
    permissions = ("view", "send_message", "delete_message")
    title = _("Send messages again")
    submit_label = _("Send again")

    def describe(self, count: int) -> Sequence[str | StrPromise]:
        sentence = ngettext(
            "%d message is sent to this queue as a new one, which has not been received yet, and "
            "the old one is deleted.",
            "%d messages are sent to this queue as new ones, which have not been received yet, and "
            "the old ones are deleted.",
            count,
        )
        sentences: list[str | StrPromise] = [sentence % count]
        if self.queue.fifo:
            sentences.append(_("Each comes to the end of its message group."))
        return sentences

    def perform(self, data: dict[str, Any]) -> OperationOutcome:
        ids, problems, lost = self.send(self.queue_url, as_before=False)
        said = ngettext("%d message was sent again.", "%d messages were sent again.", len(ids))
        told = f"Sent {messages_in_words(len(ids))} again"
        return self.outcome(said % len(ids), told, ids, problems, lost)


class MoveMessagesView(ResendView):
    """Moves messages to another queue."""

    route = "<str:object_id>/peek/move/"
    permissions = ("view", "delete_message")
    title = _("Move messages")
    submit_label = _("Move")
    template_name = "admin/philo_aws/queue/move.html"

    names: Sequence[str] = ()
    """The queues to choose from."""

    def get_form(self, *, bound: bool) -> forms.Form:
        return TargetForm(self.request.POST if bound else None, own_name=self.queue.name)

    def describe(self, count: int) -> Sequence[str | StrPromise]:
        sentence = ngettext(
            "%d message is sent to the queue that you name, as it was before it failed, and then "
            "deleted here:",
            "%d messages are sent to the queue that you name, as they were before they failed, and "
            "then deleted here:",
            count,
        )
        return [sentence % count]

    def ask(self, form: forms.Form | None, *, error: AWSError | None = None) -> HttpResponse:
        # Not from the template: what fails there is not told as the page tells it.
        self.names = names_beside(self, self.queue)
        return super().ask(form, error=error)

    def perform(self, data: dict[str, Any]) -> OperationOutcome:
        name = data["destination"]
        target = QueueName(region=self.queue.region, name=name)
        self.require(("view", "send_message"), target)
        # A URL is no proof that there is a queue.
        arn_of(self, target)
        url = self.ask_aws(directory.queue_url, target)
        ids, problems, lost = self.send(url, as_before=True)
        said = ngettext("%d message was moved.", "%d messages were moved.", len(ids))
        told = f"Moved {messages_in_words(len(ids))} to {name}"
        return self.outcome(said % len(ids), told, ids, problems, lost)
