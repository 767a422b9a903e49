"""Tags of the queue pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django import template
from django.utils.html import format_html

if TYPE_CHECKING:
    from ..admin.queues.base import QueueView
    from ..admin.queues.redrive import MoveTask
    from ..sqs.directory import QueueName

register = template.Library()


@register.simple_tag
def queue_link(view: QueueView, queue: QueueName) -> str:
    """Return a link to a queue's page, or its name alone where the person may not see it."""
    url = view.queue_link(queue)
    return format_html('<a href="{}">{}</a>', url, queue.name) if url else queue.name


@register.simple_tag
def queue_page(view: QueueView, name: str) -> str:
    """Return the address of another page about the same queue, empty where there is none."""
    return view.link(name)


@register.filter
def task_progress(task: MoveTask) -> str:
    """Return how far a redrive is."""
    from ..admin.queues.redrive import progress_text

    return progress_text(task)
