"""A consumer of queues: what a site's ``sqs_handlers`` modules import.

::

    from philo_aws.sqs.consumer import Reject, Retry, handler, idempotent

    @handler("orders")
    def take(message):
        ...

``manage.py aws_sqs consume`` runs them.
"""

from __future__ import annotations

from .idempotency import idempotent
from .message import Message
from .outcomes import Reject, Retry
from .registry import handler

__all__ = ["Message", "Reject", "Retry", "handler", "idempotent"]
