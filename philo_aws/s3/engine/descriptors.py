"""How many files and connections a run may have open, by the limit of this process.

The soft limit is left as it is: whoever set it may count on it, and ``select()`` in other code of
the process can take no descriptor beyond 1,023.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import Any

from . import sockets

SPARE = 20
"""Descriptors that the rest of the process opens meanwhile: folders that are read, listings, names
that are looked up, and a client's own."""
FOR_LARGE = 64
"""Descriptors that are enough for large objects, of which few are in flight at once."""


@dataclass(frozen=True, kw_only=True)
class Allowance:
    """What may be open at once."""

    small: int
    """Small objects, each with a connection and a file."""
    parts: int
    """Parts of large objects, each with a connection and a file."""
    loops: int
    """Threads of awscrt that move large objects, each with three descriptors of its own."""


def allowance() -> Allowance:
    """Return what this process has room for now, at least one of each."""
    return shared_out(free())


def shared_out(descriptors: int | None) -> Allowance:
    """Return what so many descriptors are good for; ``None`` means any number."""
    if descriptors is None:
        descriptors = 1 << 20
    large = min(descriptors // 2, FOR_LARGE)
    return Allowance(
        small=max(1, (descriptors - large) // 2),
        parts=max(1, large // 4),
        loops=max(1, large // 8),
    )


def free() -> int | None:
    """Return how many descriptors this process may still open; ``None`` where nothing tells."""
    try:
        resource: Any = importlib.import_module("resource")
    except ImportError:  # Windows
        return None
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    known = sockets.descriptors()
    if soft == resource.RLIM_INFINITY or not known:
        return None
    return max(0, int(soft) - len(known) - SPARE)
