"""A cache that all see who take part: a run of Django's tests is one process."""

from __future__ import annotations

from django.core.cache.backends.locmem import LocMemCache


class SharedCache(LocMemCache):
    """Kept in the memory of the one process that there is."""
