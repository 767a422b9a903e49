"""The answers of which s3transfer lets go in the middle, because another part has failed."""

from __future__ import annotations

import contextlib
from collections import deque
from collections.abc import Iterator, Mapping
from contextvars import ContextVar
from typing import Any

KEPT = 64
"""The last bodies, of which only those in flight can be open."""

_open: ContextVar[deque[Any] | None] = ContextVar("philo_aws_bodies", default=None)


def watch(client: Any) -> None:
    """See the answers that ``client``, which may be shared, gets."""
    client.meta.events.register("after-call.s3.GetObject", _note, unique_id="philo_aws.bodies")


@contextlib.contextmanager
def closed_at_end() -> Iterator[None]:
    """Close what is left open of the objects got in the block, by whatever thread it has work."""
    bodies: deque[Any] = deque(maxlen=KEPT)
    token = _open.set(bodies)
    try:
        yield
    finally:
        _open.reset(token)
        while bodies:
            bodies.pop().close()


def _note(parsed: Mapping[str, Any], **kwargs: Any) -> None:
    bodies, body = _open.get(), parsed.get("Body")
    if bodies is not None and body is not None:
        bodies.append(body)
