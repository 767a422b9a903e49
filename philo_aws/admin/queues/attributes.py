"""Change the attributes of a queue that nobody can be locked out by."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.utils.translation import gettext_lazy as _

from ...exceptions import AWSError
from ...sqs import directory
from ...sqs.directory import QueueName
from ...sqs.figures import redrive_policy_of
from ...sqs.queues import get_queue_attributes, set_queue_attributes
from ..base import Button
from ..operations import OperationOutcome
from .base import QueueOperation, QueueView
from .create import arn_of
from .forms import AttributesForm, attributes_of

if TYPE_CHECKING:
    from django import forms
    from django.http import HttpResponse


class AttributesView(QueueOperation):
    """Edits a queue; its access policy and encryption stay as they are."""

    route = "<str:object_id>/attributes/"
    permissions = ("view", "change")
    title = _("Edit queue")
    buttons = (Button(at=("queue",), order=40, label=_("Edit")),)
    submit_label = _("Save")
    template_name = "admin/philo_aws/queue/attributes.html"

    @cached_property
    def attributes(self) -> dict[str, str]:
        """The attributes as they are now."""
        answer = self.ask_aws(get_queue_attributes, self.queue_url, self.queue.region)
        return dict(answer["Attributes"])

    def get_form(self, *, bound: bool) -> forms.Form:
        options: dict[str, Any] = {"data": self.request.POST} if bound else {}
        return AttributesForm(
            **options,
            initial=AttributesForm.initial_of(self.attributes),
            fifo=self.queue.fifo,
            own_name=self.queue.name,
        )

    def render(self, template_name: str = "", *, status: int = 200, **context: Any) -> HttpResponse:
        return super().render(
            template_name, status=status, queue_names=names_beside(self, self.queue), **context
        )

    def perform(self, data: dict[str, Any]) -> OperationOutcome:
        changes: dict[str, Any] = {
            name: value
            for name, value in attributes_of(data, fifo=self.queue.fifo).items()
            if self.attributes.get(name) != value
        }
        policy = redrive_policy_of(self.attributes)
        before = (
            (policy.target_arn.rpartition(":")[2], policy.max_receive_count) if policy else None
        )
        partner = data["dead_letter_queue"]
        after = (partner, data["max_receive_count"]) if partner else None
        if before != after:
            changes["RedrivePolicy"] = self._policy(partner, data["max_receive_count"])
        if not changes:
            return OperationOutcome(message=_("Nothing was changed."), level=messages.INFO)
        self.ask_aws(set_queue_attributes, self.queue_url, changes, self.queue.region)
        told = ", ".join(
            f"{name}: {self.attributes.get(name) or '-'} → {_told(value)}"
            for name, value in changes.items()
        )
        return OperationOutcome(
            message=_("The queue was changed. SQS takes up to a minute to apply it everywhere."),
            audit=f"Changed {told}.",
        )

    def _policy(self, partner: str, max_receive_count: int) -> dict[str, str] | str:
        if not partner:
            return ""
        queue = QueueName(region=self.queue.region, name=partner)
        self.require(("view",), queue)
        return {
            "deadLetterTargetArn": arn_of(self, queue),
            "maxReceiveCount": str(max_receive_count),
        }


def names_beside(view: QueueView, queue: QueueName) -> list[str]:
    """Return the names of the queues of the same region and type, to choose from."""
    try:
        queues = view.ask_aws(directory.queues_of_region, queue.region)
    except AWSError:
        return []
    return [
        other.name
        for other in queues
        if other != queue and other.fifo == queue.fifo and view.may_view(other)
    ]


def _told(value: Any) -> str:
    if isinstance(value, dict):
        return f"{value['deadLetterTargetArn']} after {value['maxReceiveCount']}"
    return str(value) or "-"
