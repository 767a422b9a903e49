"""Work on a whole prefix in bounded steps, for callers that must answer soon.

Each function does a part, says where it stopped, and is called again with that.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django.utils.translation import gettext_noop

from ...arguments import list_of_strings, number, text, whole_number
from ...exceptions import AWSError, InvalidRequestError
from ...limits import MAX_KEYS
from ...sentences import Sentence
from ..delete_requests import delete_keys
from ..listing.stream import objects
from .page import ListedObject, pages
from .usage import LONGEST

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ...conf import Purpose

STEP_SECONDS = 5.0
DELETE_BATCH = MAX_KEYS
PAGE = MAX_KEYS


@dataclass(kw_only=True)
class BoundedStep:
    """What one step did."""

    done: int = 0
    """Objects deleted or copied."""
    bytes: int = 0
    """Their bytes."""
    refused: dict[str, AWSError] = field(default_factory=dict)
    """The error of each key that was not done."""
    needless: list[str] = field(default_factory=list)
    """The keys with which nothing had to be done: not there any more, or there again."""
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
    purpose: Purpose = "web",
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
    everything: bool = False,
    purpose: Purpose = "web",
) -> BoundedStep:
    """Delete what is below ``prefix``, a thousand objects at a time, for about ``seconds``.

    Raises :exc:`~philo_aws.exceptions.InvalidRequestError` for an empty prefix without
    ``everything``, and what :func:`~philo_aws.s3.web.page.pages` raises for a listing that goes
    nowhere.
    """
    if not text("prefix", prefix) and not everything:
        raise InvalidRequestError(
            Sentence(gettext_noop("An empty prefix would delete everything. Give one."))
        )
    deadline = time.monotonic() + number("seconds", seconds, 0, LONGEST)
    step = BoundedStep(after=after)
    for page in pages(
        bucket_name,
        region_name,
        prefix=prefix,
        after=after,
        limit=DELETE_BATCH,
        purpose=purpose,
    ):
        refused = delete_keys(
            bucket_name, [entry.key for entry in page.entries], region_name, purpose=purpose
        )
        _book(step, page.entries, refused)
        if page.entries:
            step.after = page.entries[-1].key
        # Where only empty pages came, the next step would come no further.
        if page.next_token and step.after > after and time.monotonic() > deadline:
            return step
    step.after = ""
    return step


def _book(step: BoundedStep, entries: Sequence[ListedObject], refused: dict[str, AWSError]) -> None:
    step.refused |= refused
    for entry in entries:
        if entry.key not in refused:
            step.done += 1
            step.bytes += entry.size
