"""Send one message."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django.utils.translation import gettext_lazy as _

from ...exceptions import AWSError
from ...sqs.messages import send_message
from ..base import Button
from ..operations import OperationOutcome
from .base import QueueOperation
from .message_forms import AttributesFormSet, MessageAttributes, SendForm

if TYPE_CHECKING:
    from django import forms
    from django.http import HttpResponse


class SendView(QueueOperation):
    """Sends a message; neither body nor attributes get into the history."""

    route = "<str:object_id>/send/"
    permissions = ("view", "send_message")
    title = _("Send message")
    buttons = (Button(at=("queue",), order=10, kind="primary"),)
    submit_label = _("Send")
    template_name = "admin/philo_aws/queue/send.html"
    # The other encoding of forms makes three characters of each byte beyond ASCII: 1 MiB would be
    # more than Django takes.
    multipart = True

    def get_form(self, *, bound: bool) -> forms.Form:
        return SendForm(self.request.POST if bound else None, fifo=self.queue.fifo)

    def post(self, *args: Any, **kwargs: Any) -> HttpResponse:
        if "confirm" in self.request.POST and not self.attribute_rows(bound=True).is_valid():
            form = self.get_form(bound=True)
            form.is_valid()
            return self.ask(form)
        return super().post(*args, **kwargs)

    def attribute_rows(self, *, bound: bool) -> MessageAttributes:
        """Return the rows for the message's attributes."""
        return cast(
            "MessageAttributes",
            AttributesFormSet(self.request.POST if bound else None, prefix="attributes"),
        )

    def ask(self, form: forms.Form | None, *, error: AWSError | None = None) -> HttpResponse:
        self.rows = self.attribute_rows(bound=form is not None and form.is_bound)
        return super().ask(form, error=error)

    def perform(self, data: dict[str, Any]) -> OperationOutcome:
        rows = self.attribute_rows(bound=True)
        rows.is_valid()
        answer = self.ask_aws(
            send_message,
            self.queue_url,
            data["body"],
            self.queue.region,
            delay_seconds=data.get("delay"),
            message_attributes=rows.boto(),
            message_group_id=data.get("group_id") or None,
            message_deduplication_id=data.get("deduplication_id") or None,
        )
        return OperationOutcome(
            message=_("The message was sent. Its id is %(id)s.") % {"id": answer["MessageId"]},
            audit=f"Sent message {answer['MessageId']}.",
        )
