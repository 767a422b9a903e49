"""Look at messages: a table of those that a person holds, and the form that receives some."""

from __future__ import annotations

import base64
import datetime as dt
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from django.contrib import messages as notes
from django.http import HttpResponse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from ...exceptions import AWSError, ServiceError
from ...sqs.figures import RedrivePolicy, redrive_policy_of
from ...sqs.looks import hold, look
from ...sqs.queues import get_queue_attributes
from ..base import Button
from ..operations import OperationOutcome
from ..tally import NAMED_IN_HISTORY
from ..text import visible
from .drawer import Batch, new_batch
from .held import LEASE_SECONDS, HeldView
from .message_forms import MAX_LOOK, PeekForm
from .presentation import Message, messages_of

if TYPE_CHECKING:
    from django import forms
    from django.utils.functional import _StrPromise as StrPromise

ACTIONS = (
    ("release", _("Release"), False),
    ("send_again", _("Send again…"), False),
    ("move_messages", _("Move…"), False),
    ("delete_message", _("Delete…"), True),
)
"""What is done with the messages that are ticked: the page, the button, whether it is red."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """A line of the table."""

    number: int
    """What stands for the message on the page."""
    message: Message
    """The message."""
    at_limit: bool
    """Whether its next receive moves it to the dead-letter queue."""
    is_short: bool
    """Whether only the beginning of its body is kept."""


class PeekView(HeldView):
    """Receives messages, keeps them for the person, and shows what is kept."""

    route = "<str:object_id>/peek/"
    permissions = ("view", "receive_message")
    title = _("Peek at messages")
    buttons = (Button(at=("queue",), order=20, label=_("Peek")),)
    submit_label = _("Receive")
    template_name = "admin/philo_aws/queue/peek.html"

    @property
    def room(self) -> int:
        """How many messages another look may bring."""
        return MAX_LOOK - len(self.held)

    def get_form(self, *, bound: bool) -> forms.Form:
        return PeekForm(
            self.request.POST if bound else None, most=max(1, self.room), risky=bool(self.risk)
        )

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

    @property
    def limit(self) -> int:
        """How often a message may be received; 0: there is no limit, or it is not told."""
        try:
            return self.policy.max_receive_count if self.policy else 0
        except AWSError:
            return 0

    @cached_property
    def risk(self) -> StrPromise | str:
        """Why a look would move messages to the dead-letter queue; empty where it need not."""
        limit = self.limit
        if not limit:
            return ""
        if limit == 1:
            return _(
                "Every message that you look at has been received as often as the limit allows: "
                "given back, it goes to the dead-letter queue at the next receive."
            )
        spent = self.drawer.spent(limit)
        if self.batch and self.batch.is_over:
            spent += len(self.batch.last_ones())
        if not spent:
            return ""
        sentence = ngettext(
            "%(count)d message that you gave back has been received %(limit)d times: if it is "
            "still here, this look moves it to the dead-letter queue.",
            "%(count)d messages that you gave back have been received %(limit)d times: those that "
            "are still here this look moves to the dead-letter queue.",
            spent,
        )
        return sentence % {"count": spent, "limit": limit}

    def get_summary(self) -> Sequence[str | StrPromise]:
        sentences: list[str | StrPromise] = [
            _(
                "To peek is to receive: the receive count of each message rises by one, and nobody "
                "else gets it for %(seconds)d seconds, or longer while you work with it, unless "
                "you release it before."
            )
            % {"seconds": LEASE_SECONDS}
        ]
        if self.held:
            sentences.append(_("What comes is added to what you hold, which is not received anew."))
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
        if self.risk:
            sentences.append(self.risk)
        return sentences

    def get_success_url(self) -> str:
        return self.link("peek") if self.held else self.link("change")

    def get(self, *args: Any, **kwargs: Any) -> HttpResponse:
        batch = self.batch
        if batch is None or not batch.messages or "more" in self.request.GET:
            return super().get(*args, **kwargs)
        return self.table(batch)

    def table(self, batch: Batch) -> HttpResponse:
        """Return the page of what is held; it asks AWS for nothing."""
        over = batch.is_over
        actions = [] if over else [(self.link(name), *rest) for name, *rest in ACTIONS]
        return self.render(
            "admin/philo_aws/queue/messages.html",
            media=self.get_media()
            + self.media_of("philo_aws/select.js")
            + self.media_of("" if over else "philo_aws/queues/lease.js", module=True),
            batch=batch,
            rows=list(rows_of(batch)),
            over=over,
            until=dt.datetime.fromtimestamp(batch.until, dt.UTC),
            lease_seconds=LEASE_SECONDS,
            actions=[action for action in actions if action[0]],
            hold_url=self.link("hold"),
            release_url=self.link("release"),
            more_url="" if not over and self.room < 1 else self.link("peek", more="yes"),
            back_url=self.link("change"),
        )

    def post(self, *args: Any, **kwargs: Any) -> HttpResponse:
        batch = self.batch
        if self.request.POST.get("confirm") == "kept" and batch is not None:
            kept = [
                {**raw, **({"BodyIsCut": True} if number in batch.cut else {})}
                for number, raw in batch.messages.items()
            ]
            return as_file(kept, f"{self.queue.name}.json")
        return super().post(*args, **kwargs)

    def perform(self, data: dict[str, Any]) -> OperationOutcome:
        limit = self.limit
        found = self.ask_aws(
            look,
            self.queue_url,
            self.queue.region,
            most=data["count"],
            visibility=LEASE_SECONDS,
            limit=limit,
        )
        self.received = found.messages
        batch = self.batch
        if len(found.messages) < data["count"] and not (found.at_limit or found.failure):
            self.drawer.forget_spent()
        elif batch is not None and batch.is_over:
            self.drawer.spend(batch.last_ones())
        if batch is None or batch.is_over:
            batch = new_batch(found.until, limit)
        batch.limit, batch.until = limit, min(batch.until, found.until)
        for raw in found.messages:
            batch.add(raw)
        if found.messages and not self.drawer.keep(batch):
            self._give_back(batch)
        ids = [visible(raw["MessageId"]) for raw in found.messages]
        count = len(ids)
        named = ", ".join(ids[:NAMED_IN_HISTORY]) + (", …" if count > NAMED_IN_HISTORY else "")
        told = f"Peeked at {count} message{'' if count == 1 else 's'}{': ' if ids else ''}{named}."
        return OperationOutcome(
            message=self._said(found.failure, at_limit=found.at_limit, wanted=data["count"]),
            audit=told,
            level=notes.WARNING if found.failure or found.at_limit or not count else notes.SUCCESS,
            url=self.link("peek"),
        )

    def _said(self, failure: AWSError | None, *, at_limit: bool, wanted: int) -> str:
        count = len(self.received)
        if not count:
            return str(_("No message came. They may be in flight, delayed, or not there."))
        sentences = [
            ngettext("%d message was received.", "%d messages were received.", count) % count
        ]
        if failure:
            sentences.append(visible(failure.message))
        elif at_limit and count < wanted:
            sentences.append(
                str(
                    _(
                        "The look ended there, as some came for the last time that the limit "
                        "allows, and it might be so with the next."
                    )
                )
            )
        return " ".join(sentences)

    def _give_back(self, batch: Batch) -> None:
        handles = [raw["ReceiptHandle"] for raw in batch.messages.values()]
        self.drawer.close()
        self.ask_aws(hold, self.queue_url, handles, self.queue.region, seconds=0)
        raise ServiceError(
            str(
                _(
                    "The store of this site's sessions does not take the messages, so they were "
                    "given back. Look at fewer at once."
                )
            )
        )

    def finish(self, outcome: OperationOutcome) -> HttpResponse:
        if self.request.POST.get("confirm") == "file":
            self.audit(outcome.audit)
            return as_file(self.received, f"{self.queue.name}.json")
        return super().finish(outcome)


def rows_of(batch: Batch) -> Iterable[Row]:
    """Return the lines of a table."""
    shown = messages_of(list(batch.messages.values()), whole=batch.cut_in_order())
    for (number, _raw), message in zip(batch.messages.items(), shown, strict=True):
        yield Row(
            number=number,
            message=message,
            at_limit=batch.at_limit(number),
            is_short=number in batch.cut,
        )


def as_file(received: Iterable[Mapping[str, Any]], name: str) -> HttpResponse:
    """Return messages as a JSON file by AWS's names; binary values are in base64."""
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
