"""Work on a whole prefix in bounded steps, for callers that must answer soon.

Each function does a part, says where it stopped, and is called again with that.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django.utils.translation import gettext_noop

from ..arguments import list_of_strings, number, text, whole_number
from ..exceptions import AWSError, InvalidRequestError, ServiceError
from ..limits import MAX_KEYS
from ..sentences import Sentence
from .browse import Entry, list_page
from .lister import objects
from .paging import Progress
from .removal import delete_keys
from .usage import LONGEST

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..conf import Purpose

STEP_SECONDS = 5.0
DELETE_BATCH = MAX_KEYS
PAGE = MAX_KEYS


@dataclass(kw_only=True)
class Step:
    """What one step did."""

    done: int = 0
    """Objects deleted or copied."""
    bytes: int = 0
    """Their bytes."""
    refused: dict[str, AWSError] = field(default_factory=dict)
    """The error of each key that was not done."""
    after: str = ""
    """The last key looked at; empty when the prefix is finished."""


@dataclass(frozen=True, kw_only=True)
class Count:
    """How much there is, as far as it was looked."""

    objects: int
    """Objects seen."""
    bytes: int
    """Their bytes."""
    complete: bool
    """Whether that is all."""


def count_prefixes(
    bucket_name: str,
    prefixes: Sequence[str],
    region_name: str | None = None,
    *,
    limit: int = 10_000,
    seconds: float = STEP_SECONDS,
    purpose: Purpose = "commands",
) -> Count:
    """Count what is below ``prefixes``, until ``limit`` objects or ``seconds`` are reached."""
    whole_number("limit", limit, 1)
    deadline = time.monotonic() + number("seconds", seconds, 0, LONGEST)
    seen = size = 0
    for prefix in list_of_strings("prefixes", prefixes):
        for item in objects(bucket_name, region_name, prefix=prefix, purpose=purpose):
            if seen >= limit or (seen and not seen % PAGE and time.monotonic() > deadline):
                return Count(objects=seen, bytes=size, complete=False)
            seen += 1
            size += item.size
    return Count(objects=seen, bytes=size, complete=True)


def delete_step(
    bucket_name: str,
    prefix: str,
    region_name: str | None = None,
    *,
    after: str = "",
    seconds: float = STEP_SECONDS,
    purpose: Purpose = "commands",
) -> Step:
    """Delete what is below ``prefix``, a thousand objects at a time, for about ``seconds``.

    Raises :exc:`~philo_aws.exceptions.InvalidRequestError` for an empty prefix, and what
    :func:`~philo_aws.s3.browse.list_page` raises for a listing that goes nowhere.
    """
    if not text("prefix", prefix):
        raise InvalidRequestError(
            Sentence(gettext_noop("An empty prefix would delete everything. Give one."))
        )
    deadline = time.monotonic() + number("seconds", seconds, 0, LONGEST)
    step, token, progress = Step(after=after), "", Progress()
    while True:
        page = list_page(
            bucket_name,
            region_name,
            prefix=prefix,
            delimiter="",
            token=token,
            start_after=after,
            limit=DELETE_BATCH,
            purpose=purpose,
        )
        progress.see([entry.key for entry in page.entries])
        _check_after(page.entries, after)
        refused = delete_keys(
            bucket_name, [entry.key for entry in page.entries], region_name, purpose=purpose
        )
        _book(step, page.entries, refused)
        token = page.next_token
        if not token:
            step.after = ""
            return step
        if page.entries:
            step.after = page.entries[-1].key
        if step.after > after and time.monotonic() > deadline:
            return step


def _check_after(entries: Sequence[Entry], after: str) -> None:
    """Raise where the store lists from its beginning again, which would never end."""
    if entries and entries[0].key <= after:
        raise ServiceError(
            Sentence(
                gettext_noop(
                    "The store lists {key!r} where what comes after {after!r} was asked for, "
                    "so it cannot be deleted in steps. Use `manage.py aws_s3 delete_objects "
                    "--prefix`."
                ),
                key=entries[0].key,
                after=after,
            )
        )


def _book(step: Step, entries: Sequence[Entry], refused: dict[str, AWSError]) -> None:
    step.refused |= refused
    for entry in entries:
        if entry.key not in refused:
            step.done += 1
            step.bytes += entry.size
