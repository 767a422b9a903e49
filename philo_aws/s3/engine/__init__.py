"""The engines that move objects: ``crt`` (awscrt) and ``classic`` (boto3 in threads)."""

from __future__ import annotations

from .base import INTERRUPTED, Copy, Download, Engine, Options, Result, Task, Upload
from .choice import create

__all__ = [
    "INTERRUPTED",
    "Copy",
    "Download",
    "Engine",
    "Options",
    "Result",
    "Task",
    "Upload",
    "create",
]
