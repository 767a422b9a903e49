"""What is saved and deleted together: seen as if it were done, and done by one run at the end."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any


class Batch:
    """To be."""


def active(storage: Any) -> Any:
    """Return the batch of ``storage`` that the caller is in, if any."""
    return None


@contextlib.contextmanager
def begun(storage: Any) -> Iterator[Batch]:
    """Begin a batch of ``storage`` and end it after the block."""
    yield Batch()
