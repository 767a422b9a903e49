"""The answers of which s3transfer lets go in the middle, because another part has failed."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator, Mapping
from contextvars import ContextVar
from typing import Any

_last: ContextVar[dict[int, Any] | None] = ContextVar("philo_aws_bodies", default=None)
"""The last body that each thread has got: what came before it was read, or has broken."""


def watch(client: Any) -> None:
    """See the answers that ``client``, which may be shared, gets."""
    client.meta.events.register("after-call.s3.GetObject", _note, unique_id="philo_aws.bodies")


@contextlib.contextmanager
def closed_at_end() -> Iterator[Mapping[int, Any]]:
    """Close what is left open of the objects got in the block, by whatever thread it has work.

    Gives the last body of each thread.
    """
    bodies: dict[int, Any] = {}
    token = _last.set(bodies)
    try:
        yield bodies
    finally:
        _last.reset(token)
        # A part that was tried again is in a cycle with its traceback, and so is its new body: the
        # garbage collector may come to the socket before it comes to what would close it.
        for body in bodies.values():
            body.close()


def _note(parsed: Mapping[str, Any], **kwargs: Any) -> None:
    bodies, body = _last.get(), parsed.get("Body")
    if bodies is not None and body is not None:
        bodies[threading.get_ident()] = body
