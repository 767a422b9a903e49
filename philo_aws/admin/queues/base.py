"""What the queue pages share: the queue of the address, its URL and the time there is for AWS."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied

from ...models import Queue
from ...sqs import directory
from ...sqs.directory import QueueName
from ..base import AWSView
from ..operations import OperationView


class QueueView(AWSView):
    """A page about one queue, or about all of them."""

    @cached_property
    def queue(self) -> QueueName:
        """The queue of the address."""
        return QueueName.parse(self.obj.pk)

    @cached_property
    def queue_url(self) -> str:
        """Its URL, made from region, account and name."""
        return self.ask_aws(directory.queue_url, self.queue)

    def queue_link(self, queue: QueueName) -> str:
        """Return the address of another queue's page; empty where the person may not see it."""
        return self.link("change", obj=Queue(pk=str(queue)))

    def may_view(self, queue: QueueName) -> bool:
        """Say whether the person may see this queue."""
        return self.model_admin.may(self.request, ("view",), Queue(pk=str(queue)))

    def require(self, codenames: Iterable[str], queue: QueueName) -> None:
        """Raise ``PermissionDenied`` unless the person may do this with another queue, too."""
        if not self.model_admin.may(self.request, codenames, Queue(pk=str(queue))):
            raise PermissionDenied

    def get_media(self) -> forms.Media:
        """Return the style sheets, and the page's scripts as modules."""
        scripts: list[Any] = [forms.Script(script, type="module") for script in self.scripts]
        return self.model_admin.media + forms.Media(js=scripts)


class QueueOperation(QueueView, OperationView):
    """A page that writes to a queue."""
