"""Where a page stands and where it leads, as data for the templates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

from ..arguments import one_of

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise as StrPromise

Place = Literal[
    # Of buckets: the list of them, what a bucket or a folder of it holds, and each of these itself.
    "buckets",
    "contents",
    "bucket",
    "folder",
    "object",
    "version",
    # A row of a folder, what was ticked in one, and what was deleted from one.
    "object_row",
    "folder_row",
    "selection",
    "deleted",
    # Of queues: the list of them, one, one that others send their failed messages to, and the
    # moving of these while it goes on.
    "queues",
    "queue",
    "dead_letter_queue",
    "redrive",
]
"""What a page can show and another page can be about."""


@dataclass(frozen=True, kw_only=True)
class Button:
    """The way to a page, declared by that page: at what it stands, as what, and in which order.

    Raises :exc:`~philo_aws.exceptions.UsageError` for a place that there is not.
    """

    at: tuple[Place, ...]
    """The things at which it stands, wherever a page shows one of them."""
    order: int
    """What is less stands before it."""
    label: str | StrPromise = ""
    """What is read; default the title of the page."""
    kind: Literal["", "primary", "danger"] = ""
    """How it looks: the first thing to do, or one that takes something away."""

    def __post_init__(self) -> None:
        for place in self.at:
            one_of("at", place, get_args(Place))


@dataclass(frozen=True, kw_only=True)
class Crumb:
    """One step of the breadcrumbs."""

    label: str | StrPromise
    """What is read; hostile text is escaped by the template."""
    url: str = ""
    """Where it leads; empty for the page itself."""


@dataclass(frozen=True, kw_only=True)
class Tool:
    """A button as a page shows it to somebody who may press it."""

    label: str | StrPromise
    """What is read."""
    url: str
    """Where it leads."""
    kind: str = ""
    """``"primary"``, ``"danger"`` or nothing."""
    order: int = 0
    """What is less stands before it."""
    name: str = ""
    """The name of the page that it leads to, for scripts."""
