"""Move the messages of a dead-letter queue one by one: in steps, where SQS's tasks will not do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from django.contrib import messages as notes
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from ...exceptions import AWSError
from ...models import Queue
from ...sentences import localized
from ...sqs import directory
from ...sqs.directory import QueueName
from ...sqs.movesteps import STEP_SECONDS, MoveStep, move_step
from ...sqs.queues import get_queue_attributes
from ..numbers import grouped
from ..operations import OperationOutcome
from ..text import visible
from .attributes import names_beside
from .base import QueueOperation
from .create import arn_of
from .message_forms import DestinationForm
from .sources import SourcesMixin

if TYPE_CHECKING:
    from django import forms
    from django.http import HttpResponse
    from django.utils.functional import _StrPromise as StrPromise

CARRIED = ("done", "total")


class MoveView(SourcesMixin, QueueOperation):
    """Moves messages back by receiving, sending and deleting each."""

    route = "<str:object_id>/redrive/move/"
    permissions = ("view", "redrive_queue")
    title = _("Move messages back one by one")
    submit_label = _("Move them back")
    template_name = "admin/philo_aws/queue/move.html"
    step_seconds: ClassVar[float] = STEP_SECONDS
    """How long a step begins anything new."""

    names: Sequence[str] = ()
    """The queues to choose from."""

    def get_form(self, *, bound: bool) -> forms.Form:
        return DestinationForm(self.request.POST if bound else None, own_name=self.queue.name)

    def get_summary(self) -> Sequence[str | StrPromise]:
        return [
            _(
                "Each message is sent to the queue it came from, or to the one you name, as it was "
                "before it failed, and then deleted here."
            ),
            _("One whose queue is not known, or not there, stays."),
        ]

    def get_hidden(self) -> Mapping[str, str | Sequence[str]]:
        # After a step that failed the figures go on.
        return {name: value for name in CARRIED if (value := self.request.POST.get(name))}

    def get_success_url(self) -> str:
        return self.link("redrive") or super().get_success_url()

    def ask(self, form: forms.Form | None, *, error: AWSError | None = None) -> HttpResponse:
        # Not from the template: what fails there is not told as the page tells it.
        self.names = names_beside(self, self.queue)
        return super().ask(form, error=error)

    def perform(self, data: dict[str, Any]) -> OperationOutcome:
        name = data["destination"]
        to = self._url_of(name) if name else None
        total = self._number("total") or self._count()
        step = self.ask_aws(
            move_step,
            self.queue_url,
            self.queue.region,
            to=to,
            seconds=self.step_seconds,
            # Asked for here: a hook of the site may need the database, which threads have not.
            allowed=None if to else frozenset(self._allowed()).__contains__,
        )
        done = self._number("done") + step.moved
        message = _told(step, done)
        told = f"to {name}" if name else "to where they came from"
        self.job.tell(
            {self.obj: f"Moved messages {told}."},
            # What is left is received again by each step: only the last one knows how many.
            {
                "messages": step.moved,
                "twice": step.twice,
                "failed": 0 if step.goes_on else step.left,
            },
            unfinished=step.goes_on or step.failure is not None,
        )
        carry = {"destination": name, "done": str(done), "total": str(total)}
        good = not (step.left or step.twice or step.failure)
        return OperationOutcome(
            message=message,
            level=notes.SUCCESS if good else notes.WARNING,
            carry=carry if step.goes_on else None,
            progress=(done, max(done, total)) if total else None,
        )

    def _url_of(self, name: str) -> str:
        target = QueueName(region=self.queue.region, name=name)
        self.require(self.permissions, target)
        if "done" not in self.request.POST:
            # A URL is no proof that there is a queue.
            arn_of(self, target)
        return self.ask_aws(directory.queue_url, target)

    def _count(self) -> int:
        """Return how many messages there are; 0 where that is not told."""
        name = "ApproximateNumberOfMessages"
        try:
            answer = self.ask_aws(
                get_queue_attributes, self.queue_url, self.queue.region, attribute_names=[name]
            )
            return int(answer["Attributes"].get(name, 0))
        except (AWSError, ValueError):
            return 0

    def _allowed(self) -> list[str]:
        """Return the URLs of the queues that the person may move messages to.

        A message says itself where it came from, and who wrote it may have lied: the credentials
        of the site may do more than the person.
        """
        known = directory.configured_queues()
        try:
            found = self.ask_aws(directory.queues_of_region, self.queue.region)
        except AWSError:
            found = self.ask_sources().queues
        beside = self.queue_url.removesuffix(self.queue.name)
        known = {queue: beside + queue.name for queue in found} | {
            queue: url or beside + queue.name for queue, url in known.items()
        }
        return [
            url
            for queue, url in known.items()
            if self.model_admin.may(self.request, self.permissions, Queue(pk=str(queue)))
        ]

    def _number(self, name: str) -> int:
        text = self.request.POST.get(name, "")
        return int(text) if text.isascii() and text.isdecimal() and len(text) < 16 else 0


def _told(step: MoveStep, done: int) -> str:
    """Return what is said of a step, with all that was moved until then."""
    moved = ngettext("%(count)s message was moved.", "%(count)s messages were moved.", done)
    sentences = [moved % {"count": grouped(done)}]
    reason = visible(localized(step.reason))
    if step.left:
        left = ngettext(
            "%(count)s was not: %(reason)s", "%(count)s were not: %(reason)s", step.left
        )
        sentences.append(left % {"count": grouped(step.left), "reason": reason})
        if not step.complete and not step.goes_on:
            sentences.append(str(_("There may be more.")))
    if step.twice:
        twice = ngettext(
            "%(count)s may be in both queues, as it could not be deleted here.",
            "%(count)s may be in both queues, as they could not be deleted here.",
            step.twice,
        )
        sentences.append(twice % {"count": grouped(step.twice)})
    if step.failure:
        sentences.append(visible(localized(step.failure.message)))
    return " ".join(sentences)
