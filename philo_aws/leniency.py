"""Headers of an answer that a store writes in another way than AWS: boto stumbles over them."""

from __future__ import annotations

import functools
from collections.abc import Callable, MutableMapping
from typing import Any

Reader = Callable[[str], object]


def watch(client: Any) -> None:
    """Leave out of every answer to ``client`` the headers that cannot be read.

    A date that is none, or a number with letters in it, is the same as none at all: the object is
    there for all that.
    """
    name = client.meta.service_model.service_id.hyphenize()
    client.meta.events.register(
        f"before-parse.{name}", leave_out_unreadable, unique_id="philo_aws.leniency"
    )


def leave_out_unreadable(
    operation_model: Any, response_dict: MutableMapping[str, Any], **kwargs: Any
) -> None:
    """Take the headers out of ``response_dict`` that botocore's parser would raise for."""
    headers = response_dict["headers"]
    for header, read in _read_by(operation_model.service_model, operation_model.name):
        value = headers.get(header)
        if value is None:
            continue
        try:
            read(value)
        except (ValueError, TypeError, OverflowError, RuntimeError):
            del headers[header]


@functools.cache
def _read_by(service: Any, operation: str) -> tuple[tuple[str, Reader], ...]:
    """Return the names of the headers of an answer that are no texts, and what reads each."""
    from botocore.utils import parse_timestamp

    readers: dict[str, Reader] = {
        "integer": int,
        "long": int,
        "float": float,
        "double": float,
        "timestamp": parse_timestamp,
    }
    shape = service.operation_model(operation).output_shape
    return tuple(
        (member.serialization.get("name", name), readers[member.type_name])
        for name, member in (shape.members.items() if shape else ())
        if member.serialization.get("location") == "header" and member.type_name in readers
    )
