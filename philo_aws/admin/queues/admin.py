"""The queue admin: its table of pages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

from django import forms
from django.http import Http404, HttpRequest

from ...exceptions import InvalidRequestError
from ...models import Queue
from ..model_admin import AWSAdmin, asks_permissions
from ..views import Views

if TYPE_CHECKING:
    from django.db import models

    from ..base import AWSView


@asks_permissions(Queue)
class QueueAdmin(AWSAdmin):
    """Queues; every hook gets a ``Queue`` of which only the name (region and name) is known."""

    views: ClassVar[Mapping[str, type[AWSView]]] = Views(
        __package__,
        {
            "changelist": "list.ListView",
            "figures": "list.FiguresView",
            "add": "create.CreateView",
            "change": "detail.DetailView",
            "attributes": "attributes.AttributesView",
            "send": "send.SendView",
            "peek": "messages.PeekView",
            "hold": "held.HoldView",
            "release": "held.ReleaseView",
            "delete_message": "held.DeleteMessageView",
            "send_again": "resend.SendAgainView",
            "move_messages": "resend.MoveMessagesView",
            "redrive": "redrive.RedriveView",
            "redrive_tasks": "redrive.TasksView",
            "redrive_cancel": "redrive.CancelRedriveView",
            "redrive_move": "move.MoveView",
            "purge": "remove.PurgeView",
            "delete": "remove.DeleteView",
        },
    )

    def has_queue_permission(self, request: HttpRequest, queue: str, action: str) -> bool:
        """Say whether the person may do something with a queue.

        Every page, link, list and script's request asks it first, once for each action it takes,
        also for the queue that messages are moved to or come from. Override it to forbid more,
        with ``super()``, or to decide it all. ``queue`` is region and name, ``eu-west-1/orders``;
        ``action`` the codename of a permission, such as ``"send_message"`` or ``"view_queue"``.

        Raises :exc:`~philo_aws.exceptions.UsageError` for an action that is none.
        """
        is_open = self.get_access(request).to_queue(queue, action)
        return self.decide(request, self.model(pk=queue), action, is_open=is_open)

    def is_permitted(
        self, request: HttpRequest, obj: models.Model, action: str, key: str | None
    ) -> bool:
        return self.has_queue_permission(request, str(obj.pk), action)

    def is_open_anywhere(self, request: HttpRequest, action: str) -> bool:
        return self.get_access(request).to_any_queue(action)

    @property
    def media(self) -> forms.Media:
        # Both are named, so that this one comes after the other.
        sheets = ["philo_aws/admin.css", "philo_aws/queues.css"]
        return super().media + forms.Media(css={"all": sheets})

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> models.Model:
        """Return the queue of a region and a name; 404 for what can be none."""
        from ...sqs.directory import QueueName

        try:
            QueueName.parse(object_id)
        except InvalidRequestError:
            raise Http404 from None
        return super().get_object(request, object_id, from_field)

    if TYPE_CHECKING:
        # What the decorator makes, for sites that have their types checked.
        has_receive_message_permission = AWSAdmin.has_view_permission
        has_send_message_permission = AWSAdmin.has_view_permission
        has_delete_message_permission = AWSAdmin.has_view_permission
        has_purge_queue_permission = AWSAdmin.has_view_permission
        has_redrive_queue_permission = AWSAdmin.has_view_permission
