"""What is told beside Django's ``task_enqueued``, ``task_started`` and ``task_finished``."""

from __future__ import annotations

from django.dispatch import Signal

task_retried = Signal()
"""Sent when an attempt failed and the task will be run again; ``task_finished`` is not sent then.

Receivers get ``task_result``, of status ``READY`` and with the error of the attempt, and ``delay``,
the seconds until the next attempt, or ``None`` where the consumer's ``backoff`` says so. The sender
is the class of the backend.
"""
