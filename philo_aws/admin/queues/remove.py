"""Purge a queue, delete a queue: its name must be typed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django.contrib.admin.models import DELETION
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from ...exceptions import AWSError
from ...sqs.figures import read_figures
from ...sqs.queues import delete_queue, purge_queue
from ..base import Button
from ..numbers import grouped
from ..operations import OperationOutcome, TypeNameForm
from ..text import visible
from .base import QueueOperation

if TYPE_CHECKING:
    from django import forms
    from django.utils.functional import _StrPromise as StrPromise


class RemoveView(QueueOperation):
    """Takes all messages away."""

    destructive = True
    type_name = True

    def get_form(self, *, bound: bool) -> forms.Form:
        return TypeNameForm(self.request.POST if bound else None, expected=self.queue.name)

    def count(self) -> str | StrPromise:
        """Return the sentence that says how many messages are lost."""
        try:
            figures = self.ask_aws(read_figures, self.queue)
        except AWSError as error:
            return _("How many messages there are could not be found out: %(reason)s") % {
                "reason": visible(error.message)
            }
        total = figures.available + figures.in_flight + figures.delayed
        text = ngettext(
            "About %(count)s message is in the queue “%(name)s”, %(flight)s in flight.",
            "About %(count)s messages are in the queue “%(name)s”, %(flight)s in flight.",
            total,
        )
        return text % {
            "count": grouped(total),
            "name": self.queue.name,
            "flight": grouped(figures.in_flight),
        }


class PurgeView(RemoveView):
    """Deletes all messages."""

    route = "<str:object_id>/purge/"
    permissions = ("view", "purge_queue")
    title = _("Purge queue")
    buttons = (Button(at=("queue",), order=85, label=_("Purge"), kind="danger"),)
    submit_label = _("Purge")

    def get_summary(self) -> Sequence[str | StrPromise]:
        return [
            self.count(),
            _(
                "All of them are deleted, those in flight too: what a worker is busy with goes as "
                "well. This takes up to 60 seconds, can be done once in 60 seconds and cannot be "
                "undone."
            ),
        ]

    def perform(self, data: dict[str, Any]) -> OperationOutcome:
        self.ask_aws(purge_queue, self.queue_url, self.queue.region)
        return OperationOutcome(
            message=_("The queue “%(name)s” is being purged. This takes up to 60 seconds.")
            % {"name": self.queue.name},
            audit="Purged.",
        )


class DeleteView(RemoveView):
    """Deletes the queue."""

    route = "<str:object_id>/delete/"
    permissions = ("view", "delete")
    title = _("Delete queue")
    buttons = (Button(at=("queue",), order=90, label=_("Delete"), kind="danger"),)
    submit_label = _("Delete")

    def get_summary(self) -> Sequence[str | StrPromise]:
        return [
            self.count(),
            _(
                "The queue is deleted with all its messages. This takes up to 60 seconds, for as "
                "long no queue of this name can be made, and it cannot be undone."
            ),
        ]

    def get_cancel_url(self) -> str:
        return self.link("change") or super().get_cancel_url()

    def get_success_url(self) -> str:
        return self.link("changelist") or self.model_admin.url("changelist")

    def perform(self, data: dict[str, Any]) -> OperationOutcome:
        self.ask_aws(delete_queue, self.queue_url, self.queue.region)
        return OperationOutcome(
            message=_("The queue “%(name)s” is being deleted. It may be listed for 60 seconds.")
            % {"name": self.queue.name},
            audit="Deleted.",
            flag=DELETION,
        )
