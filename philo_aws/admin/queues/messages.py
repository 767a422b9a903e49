"""Look at messages, give them back, delete one."""

from __future__ import annotations

import base64
import datetime as dt
import json
from collections.abc import Mapping, Sequence
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

from django.contrib import messages as notes
from django.http import HttpResponse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from ...exceptions import AWSError
from ...sqs.figures import RedrivePolicy, redrive_policy_of
from ...sqs.messages import change_message_visibility, delete_message, receive_message
from ...sqs.queues import get_queue_attributes
from ..base import Button
from ..operations import OperationOutcome
from ..text import visible
from .base import QueueOperation
from .message_forms import PeekForm
from .presentation import messages_of

if TYPE_CHECKING:
    from django import forms
    from django.utils.functional import _StrPromise as StrPromise

LEASE_SECONDS = 30
# One second of long polling asks all of SQS's servers; without it some messages are not found.
WAIT_SECONDS = 1
MAX_RECEIPTS = 10


class PeekView(QueueOperation):
    """Receives messages and shows them; they stay in the queue, hidden for 30 seconds."""

    route = "<str:object_id>/peek/"
    permissions = ("view", "receive_message")
    title = _("Peek at messages")
    buttons = (Button(at=("queue",), order=20, label=_("Peek")),)
    submit_label = _("Receive")
    template_name = "admin/philo_aws/queue/peek.html"

    def get_form(self, *, bound: bool) -> forms.Form:
        return PeekForm(self.request.POST if bound else None)

    @cached_property
    def policy(self) -> RedrivePolicy | None:
        """The queue's redrive policy."""
        answer = self.ask_aws(
            get_queue_attributes,
            self.queue_url,
            self.queue.region,
            attribute_names=["RedrivePolicy"],
        )
        return redrive_policy_of(answer["Attributes"])

    def get_summary(self) -> Sequence[str | StrPromise]:
        sentences: list[str | StrPromise] = [
            _(
                "To peek is to receive: the receive count of each message rises by one, and nobody "
                "else gets it for 30 seconds, unless you release it before."
            )
        ]
        if self.queue.fifo:
            sentences.append(_("Meanwhile the rest of its message group waits too."))
        try:
            policy = self.policy
        except AWSError as error:
            sentences.append(
                _("Whether this queue has a receive limit could not be found out: %(reason)s")
                % {"reason": visible(error.message)}
            )
            return sentences
        if policy is None:
            sentences.append(
                _("This queue has no dead-letter queue, so there is no limit to the receives.")
            )
            return sentences
        sentences.append(
            _(
                "The limit of this queue is %(count)d: a message that was received as often goes "
                "to the dead-letter queue “%(name)s” at the next receive, which may be this one."
            )
            % {
                "count": policy.max_receive_count,
                "name": visible(policy.target_arn.rpartition(":")[2]),
            }
        )
        return sentences

    def perform(self, data: dict[str, Any]) -> OperationOutcome:
        answer = self.ask_aws(
            receive_message,
            self.queue_url,
            data["count"],
            self.queue.region,
            wait_time_seconds=WAIT_SECONDS,
            visibility_timeout=LEASE_SECONDS,
        )
        self.received: Sequence[Mapping[str, Any]] = answer["Messages"]
        ids = ", ".join(visible(message.get("MessageId", "")) for message in self.received)
        count = len(self.received)
        told = f"Peeked at {count} message{'' if count == 1 else 's'}" + (
            f": {ids}." if ids else "."
        )
        return OperationOutcome(message="", audit=told)

    def finish(self, outcome: OperationOutcome) -> HttpResponse:
        self.audit(outcome.audit)
        if self.request.POST.get("confirm") == "file":
            return as_file(self.received, f"{self.queue.name}.json")
        try:
            policy = self.policy
        except AWSError:
            policy = None
        return self.render(
            "admin/philo_aws/queue/messages.html",
            received=messages_of(self.received),
            limit=policy.max_receive_count if policy else 0,
            lease_seconds=LEASE_SECONDS,
            lease_ends=timezone.now() + dt.timedelta(seconds=LEASE_SECONDS),
            count=self.request.POST.get("count", "1"),
            release_url=self.link("release"),
            delete_url=self.link("delete_message"),
            back_url=self.link("change"),
        )


def as_file(received: Sequence[Mapping[str, Any]], name: str) -> HttpResponse:
    """Return messages whole, as a JSON file by AWS's names; binary values are in base64."""
    kept = [
        {field: value for field, value in message.items() if field != "ReceiptHandle"}
        for message in received
    ]
    text = json.dumps(kept, indent=2, ensure_ascii=False, default=_base64)
    return HttpResponse(
        # SQS has no surrogates; a store that has them would else make a page of errors of this.
        text.encode("utf-8", "backslashreplace"),
        content_type="application/json",
        headers={
            "Content-Disposition": content_disposition_header(as_attachment=True, filename=name),
            "X-Content-Type-Options": "nosniff",
        },
    )


def _base64(value: bytes) -> str:
    return base64.b64encode(value).decode("ascii")


class ReleaseView(QueueOperation):
    """Gives received messages back before their time."""

    route = "<str:object_id>/release/"
    permissions = ("view", "receive_message")
    title = _("Release messages")
    submit_label = _("Release")

    @property
    def receipts(self) -> list[str]:
        """The receipt handles that the page carries."""
        return self.request.POST.getlist("receipt")[:MAX_RECEIPTS]

    def get_hidden(self) -> Mapping[str, str | Sequence[str]]:
        return {"receipt": self.receipts}

    def get_summary(self) -> Sequence[str | StrPromise]:
        count = len(self.receipts)
        if not count:
            return [_("There is nothing to release: peek at messages first.")]
        sentence = ngettext(
            "%d message can be received by others at once.",
            "%d messages can be received by others at once.",
            count,
        )
        return [sentence % count]

    def perform(self, data: dict[str, Any]) -> OperationOutcome:
        answers = self.ask_aws_together(
            {
                receipt: partial(
                    change_message_visibility,
                    self.queue_url,
                    receipt,
                    self.queue.region,
                    visibility_timeout=0,
                )
                for receipt in self.receipts
            }
        )
        errors = [answer for answer in answers.values() if isinstance(answer, AWSError)]
        if errors and len(errors) == len(answers):
            raise errors[0]
        released = len(answers) - len(errors)
        message = ngettext("%d message was released.", "%d messages were released.", released)
        text = message % released
        if errors:
            text += " " + str(
                _("%(count)d could not be: %(reason)s")
                % {"count": len(errors), "reason": visible(errors[0].message)}
            )
        return OperationOutcome(
            message=text,
            audit=f"Released {released} message{'' if released == 1 else 's'}." if answers else "",
            level=notes.WARNING if errors or not answers else notes.SUCCESS,
        )


class DeleteMessageView(QueueOperation):
    """Deletes one message that was received."""

    route = "<str:object_id>/delete-message/"
    permissions = ("view", "delete_message")
    title = _("Delete message")
    submit_label = _("Delete")
    destructive = True

    @property
    def receipt(self) -> str:
        """The receipt handle that the page carries."""
        return self.request.POST.get("receipt", "")

    @property
    def message_id(self) -> str:
        """The id of the message, for people."""
        return self.request.POST.get("message_id", "")[:100]

    def get_hidden(self) -> Mapping[str, str | Sequence[str]]:
        return {"receipt": self.receipt, "message_id": self.message_id}

    def get_items(self) -> Sequence[str]:
        return [self.message_id] if self.message_id else []

    def get_summary(self) -> Sequence[str | StrPromise]:
        if not self.receipt:
            return [_("There is nothing to delete: peek at messages first.")]
        return [_("One message is deleted for good. It stays hidden for another 30 seconds:")]

    def post(self, *args: Any, **kwargs: Any) -> HttpResponse:
        if "confirm" not in self.request.POST and self.receipt:
            try:
                self._hold()
            except AWSError as error:
                return self.ask(None, error=error)
        return super().post(*args, **kwargs)

    def perform(self, data: dict[str, Any]) -> OperationOutcome:
        # SQS says yes to a handle whose time is over and may delete nothing; this call says no.
        self._hold()
        self.ask_aws(delete_message, self.queue_url, self.receipt, self.queue.region)
        return OperationOutcome(
            message=_("The message was deleted."),
            audit=f"Deleted message {visible(self.message_id)}.",
        )

    def _hold(self) -> None:
        self.ask_aws(
            change_message_visibility,
            self.queue_url,
            self.receipt,
            self.queue.region,
            visibility_timeout=LEASE_SECONDS,
        )
