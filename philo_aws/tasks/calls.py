"""The arguments of many calls of one task."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..exceptions import UsageError


@dataclass(frozen=True, kw_only=True)
class Call:
    """The arguments of one call."""

    args: Sequence[Any]
    """Those by position."""
    kwargs: Mapping[str, Any]
    """Those by name."""


def call(*args: Any, **kwargs: Any) -> Call:
    """Note the arguments of one call for ``enqueue_many``."""
    return Call(args=args, kwargs=kwargs)


def read(given: object) -> Call:
    """Return a call given as one, as a list of arguments, or as a dict of named ones.

    Raises :exc:`~philo_aws.exceptions.UsageError` for anything else.
    """
    if isinstance(given, Call):
        return given
    if isinstance(given, Mapping):
        return Call(args=(), kwargs=given)
    if isinstance(given, list | tuple):
        return Call(args=given, kwargs={})
    raise UsageError(
        f"{given!r} is no call of a task. Give its arguments as a list or a tuple, the named ones "
        "as a dict, or both by philo_aws.tasks.call(1, two=3)."
    )
