"""The pages about buckets and their objects."""

from __future__ import annotations

from .admin import BucketAdmin

__all__ = ["BucketAdmin"]
