"""A task that does what a test says, and what must never be called by a message."""

from __future__ import annotations

import contextlib
import functools
import importlib
from collections.abc import Callable, Iterator
from typing import Any

from tests.tasks.consuming.site.names import NAMES

called: list[str] = []


class Doings(dict[str, Callable[[], Any]]):
    """What is done by name, and the names that came."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []


_doings: list[Doings] = []


@contextlib.contextmanager
def doing() -> Iterator[Doings]:
    _doings.append(Doings())
    try:
        yield _doings[-1]
    finally:
        _doings.pop()


def act(name: str) -> Any:
    """Do what the test says."""
    _doings[-1].seen.append(name)
    return _doings[-1].get(name, lambda: name)()


def no_task(*args: Any, **kwargs: Any) -> None:
    """A function that nobody may call by a message."""
    called.append("no_task")


@functools.cache
def do() -> Any:
    """The task; made when a test has set TASKS, and found under its path from then on."""
    global act, same_task  # noqa: PLW0603
    act = importlib.import_module(NAMES.package).task()(act)
    same_task = act
    return act


same_task: Any = None
