"""Make a queue, with its dead-letter queue where one is wanted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib.admin.models import ADDITION
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from ...exceptions import AWSError, ConflictError, QueueNotFoundError
from ...models import Queue
from ...regions import home_region
from ...sentences import Sentence
from ...sqs import directory
from ...sqs.directory import QueueName
from ...sqs.queues import create_queue, get_queue_attributes, get_queue_url
from ..base import Button
from ..operations import OperationOutcome
from .base import QueueOperation, QueueView
from .forms import CreateForm, attributes_of

if TYPE_CHECKING:
    from django import forms

    from ...conf import Purpose

DEAD_LETTER_RETENTION = 1_209_600


class CreateView(QueueOperation):
    """Makes a queue."""

    route = "add/"
    permissions = ("add",)
    title = _("Create queue")
    buttons = (Button(at=("queues",), order=10, kind="primary"),)
    submit_label = _("Create")

    def get_form(self, *, bound: bool) -> forms.Form:
        options: dict[str, Any] = {"data": self.request.POST} if bound else {}
        return CreateForm(
            **options,
            initial={"region": home_region()},
            regions=self.wait_for(directory.allowed_regions),
        )

    def get_cancel_url(self) -> str:
        return self.link("changelist") or self.model_admin.url("changelist")

    def perform(self, data: dict[str, Any]) -> OperationOutcome:
        queue = QueueName(region=data["region"], name=data["name"])
        wanted = [queue]
        partner = None
        if data["dead_letter"] != "none":
            partner = QueueName(region=queue.region, name=data["dead_letter_queue"])
            if data["dead_letter"] == "new":
                wanted.append(partner)
            else:
                self.require(("view",), partner)
        for each in wanted:
            self.require(("add",), each)
        for each in wanted:
            self._refuse_existing(each)
        attributes: dict[str, Any] = attributes_of(data, fifo=queue.fifo)
        if partner:
            attributes["RedrivePolicy"] = {
                "deadLetterTargetArn": self._partner_arn(partner, data["dead_letter"] == "new"),
                "maxReceiveCount": str(data["max_receive_count"]),
            }
        self._create(queue, attributes)
        made = Queue(pk=str(queue))
        return OperationOutcome(
            message=_("The queue “%(name)s” was created.") % {"name": queue.name},
            url=self.link("change", obj=made) or self.get_cancel_url(),
        )

    def _refuse_existing(self, queue: QueueName) -> None:
        # CreateQueue answers with a queue that is there already as if it had been made.
        try:
            self.ask_aws(get_queue_url, queue.name, queue.region)
        except QueueNotFoundError:
            return
        raise ConflictError(
            Sentence(
                gettext_noop("There is a queue {name!r} in {region} already."),
                name=queue.name,
                region=queue.region,
            )
        )

    def _partner_arn(self, partner: QueueName, new: bool) -> str:
        if new:
            self._create(partner, {"MessageRetentionPeriod": DEAD_LETTER_RETENTION})
        return arn_of(self, partner)

    def _create(self, queue: QueueName, attributes: dict[str, Any]) -> None:
        directory.check_allowed(queue.region)
        self.ask_aws(create_queue, queue.name, queue.region, attributes=attributes)
        self.model_admin.audit(self.request, Queue(pk=str(queue)), "Created.", flag=ADDITION)


def arn_of(view: QueueView, queue: QueueName) -> str:
    """Return the ARN of a queue; raises an :class:`AWSError` where it is not there."""
    try:
        return view.ask_aws(_told_arn, queue)
    except KeyError:
        raise AWSError(
            Sentence(
                gettext_noop("The endpoint does not tell the ARN of {name!r}."), name=queue.name
            )
        ) from None


def _told_arn(queue: QueueName, *, purpose: Purpose = "web") -> str:
    url = directory.queue_url(queue, purpose=purpose)
    answer = get_queue_attributes(url, queue.region, attribute_names=["QueueArn"], purpose=purpose)
    return str(answer["Attributes"]["QueueArn"])
