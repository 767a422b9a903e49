"""The pages about queues and their messages."""

from __future__ import annotations

from .admin import QueueAdmin

__all__ = ["QueueAdmin"]
