"""Move the messages of a dead-letter queue, by SQS's own message-move tasks."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop, ngettext

from ...clients import has_own_endpoint
from ...exceptions import AWSError, NotSupportedError, ServiceError
from ...sentences import Sentence
from ...sqs.directory import QueueName
from ...sqs.redrive import (
    cancel_message_move_task,
    list_message_move_tasks,
    start_message_move_task,
)
from ..base import Button, Tool
from ..numbers import grouped
from ..operations import OperationOutcome
from ..text import visible
from .attributes import names_beside
from .base import QueueOperation
from .create import arn_of
from .message_forms import DestinationForm, RedriveForm
from .presentation import moment
from .sources import Sources, SourcesMixin

if TYPE_CHECKING:
    from django import forms
    from django.http import HttpResponse
    from django.utils.functional import _StrPromise as StrPromise

_STATUS: Mapping[str, StrPromise] = {
    "RUNNING": _("Running"),
    "COMPLETED": _("Completed"),
    "CANCELLING": _("Being cancelled"),
    "CANCELLED": _("Cancelled"),
    "FAILED": _("Failed"),
}


@dataclass(frozen=True, kw_only=True)
class MoveTask:
    """One move of messages."""

    status: str
    """AWS's word."""
    label: str | StrPromise
    """The same for people."""
    moved: int
    """Messages moved so far."""
    total: int
    """Messages to move, as counted at the start; 0 where AWS does not tell."""
    destination: str | StrPromise
    """Where they go."""
    started: dt.datetime | None
    """When it began."""
    reason: str
    """Why it failed."""
    handle: str
    """What cancels it; only a running task has one."""
    active: bool
    """Whether it goes on."""

    @classmethod
    def of(cls, entry: Mapping[str, Any]) -> MoveTask:
        """Return a task of ``ListMessageMoveTasks``."""
        status = str(entry.get("Status", ""))
        destination = str(entry.get("DestinationArn", "")).rpartition(":")[2]
        return cls(
            status=status,
            label=_STATUS.get(status, visible(status)),
            moved=int(entry.get("ApproximateNumberOfMessagesMoved") or 0),
            total=int(entry.get("ApproximateNumberOfMessagesToMove") or 0),
            destination=visible(destination) if destination else _("Where they came from"),
            started=moment(str(entry.get("StartedTimestamp", "")), scale=1000),
            reason=visible(str(entry.get("FailureReason", ""))),
            handle=str(entry.get("TaskHandle", "")),
            active=status in ("RUNNING", "CANCELLING"),
        )


class Tasks(SourcesMixin):
    """What the pages about redriving share."""

    @cached_property
    def arn(self) -> str:
        """The ARN of this queue."""
        return arn_of(self, self.queue)

    def read_tasks(self) -> list[MoveTask]:
        """Return the latest tasks, the newest first."""
        with explained():
            answer = self.ask_aws(list_message_move_tasks, self.arn, self.queue.region)
        return [MoveTask.of(entry) for entry in answer["Results"]]


@contextlib.contextmanager
def explained() -> Iterator[None]:
    """Say of an endpoint of one's own that fails at a move task that it has none, most likely."""
    try:
        yield
    except ServiceError as error:
        # moto answers 500 to what it has not got.
        if not has_own_endpoint("sqs"):
            raise
        raise NotSupportedError(
            Sentence(
                gettext_noop(
                    "This endpoint failed at the operation and does not seem to have it: {error}"
                ),
                error=error.message,
            ),
            code=error.code,
            request_id=error.request_id,
        ) from error


class RedriveView(Tasks, QueueOperation):
    """Starts a move, and shows those that run or ran."""

    route = "<str:object_id>/redrive/"
    permissions = ("view", "redrive_queue")
    title = _("Redrive messages")
    buttons = (Button(at=("dead_letter_queue",), order=30, label=_("Redrive")),)
    submit_label = _("Start redrive")
    template_name = "admin/philo_aws/queue/redrive.html"
    scripts = ("philo_aws/queues/redrive.js",)

    tasks: Sequence[MoveTask] = ()
    unsupported: NotSupportedError | None = None
    failure: AWSError | None = None
    sources: Sources = Sources()

    def get_form(self, *, bound: bool) -> forms.Form:
        return RedriveForm(self.request.POST if bound else None, own_name=self.queue.name)

    def ask(self, form: forms.Form | None, *, error: AWSError | None = None) -> HttpResponse:
        try:
            self.tasks = self.read_tasks()
        except NotSupportedError as found:
            self.unsupported = found
        except AWSError as found:
            self.failure = found
        self.sources = self.ask_sources()
        self.names = names_beside(self, self.queue)
        return super().ask(form, error=error)

    def get_move_form(self) -> forms.Form:
        """Return the form of the page that moves them without SQS's tasks."""
        return DestinationForm(own_name=self.queue.name)

    @property
    def running(self) -> MoveTask | None:
        """The task that goes on; SQS runs one at a time."""
        return next((task for task in self.tasks if task.active), None)

    @property
    def running_tools(self) -> list[Tool]:
        """The buttons beside the task that goes on."""
        return self.buttons_at({"redrive": {}})

    def get_success_url(self) -> str:
        return self.link("redrive") or super().get_success_url()

    def get_cancel_url(self) -> str:
        return self.link("change") or super().get_success_url()

    def perform(self, data: dict[str, Any]) -> OperationOutcome:
        destination = None
        if data["destination"]:
            target = QueueName(region=self.queue.region, name=data["destination"])
            self.require(self.permissions, target)
            destination = arn_of(self, target)
        else:
            self.check_sources(self.permissions)
        with explained():
            self.ask_aws(
                start_message_move_task,
                self.arn,
                self.queue.region,
                destination_arn=destination,
                max_number_of_messages_per_second=data["rate"],
            )
        told = f"to {data['destination']}" if destination else "to where the messages came from"
        return OperationOutcome(
            message=_("The redrive has started."), audit=f"Started a redrive {told}."
        )


class TasksView(Tasks):
    """The latest tasks, for the page's script."""

    route = "<str:object_id>/redrive/tasks/"
    permissions = ("view", "redrive_queue")
    answers_json = True

    def get(self, *args: Any, **kwargs: Any) -> HttpResponse:
        return self.json(
            {
                "tasks": [
                    {
                        "label": str(task.label),
                        "active": task.active,
                        "moved": task.moved,
                        "total": task.total,
                        "text": progress_text(task),
                    }
                    for task in self.read_tasks()
                ]
            }
        )


class CancelRedriveView(Tasks, QueueOperation):
    """Stops a move."""

    route = "<str:object_id>/redrive/cancel/"
    permissions = ("view", "redrive_queue")
    title = _("Cancel redrive")
    buttons = (Button(at=("redrive",), order=90, label=_("Cancel the redrive"), kind="danger"),)
    submit_label = _("Cancel the redrive")

    def get_summary(self) -> Sequence[str | StrPromise]:
        return [_("The messages that were moved stay where they are; the others stay here.")]

    def get_success_url(self) -> str:
        return self.link("redrive") or super().get_success_url()

    def perform(self, data: dict[str, Any]) -> OperationOutcome:
        # The handle is looked up here: one from the browser could be of another queue's task.
        running = next((task for task in self.read_tasks() if task.handle), None)
        if running is None:
            return OperationOutcome(message=_("No redrive is running any more."))
        with explained():
            answer = self.ask_aws(cancel_message_move_task, running.handle, self.queue.region)
        moved = int(answer.get("ApproximateNumberOfMessagesMoved") or 0)
        text = ngettext(
            "The redrive was cancelled after %(count)s message.",
            "The redrive was cancelled after %(count)s messages.",
            moved,
        )
        return OperationOutcome(
            message=text % {"count": grouped(moved)},
            audit=f"Cancelled a redrive after {moved} messages.",
        )


def progress_text(task: MoveTask) -> str:
    """Return how far a task is."""
    if task.total:
        figures = {"moved": grouped(task.moved), "total": grouped(task.total)}
        return str(_("%(moved)s of %(total)s moved") % figures)
    text = ngettext("%(count)s message moved", "%(count)s messages moved", task.moved)
    return text % {"count": grouped(task.moved)}
