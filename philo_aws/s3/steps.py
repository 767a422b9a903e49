"""Work on a whole prefix in bounded steps, for callers that must answer soon.

Each function does a part, says where it stopped, and is called again with that.
"""

from __future__ import annotations

import concurrent.futures
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..exceptions import AWSError, InvalidRequestError
from .browse import Entry, list_page
from .copying import copy_object
from .removal import delete_keys

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..conf import Purpose

STEP_SECONDS = 5.0
COPY_WORKERS = 8
DELETE_BATCH = 1000
COPY_BATCH = 64


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
    deadline = time.monotonic() + seconds
    objects = size = 0
    for prefix in prefixes:
        token = ""
        while True:
            page = list_page(
                bucket_name, region_name, prefix=prefix, delimiter="", token=token, purpose=purpose
            )
            objects += len(page.entries)
            size += sum(entry.size for entry in page.entries)
            token = page.next_token
            if not token:
                break
            if objects >= limit or time.monotonic() > deadline:
                return Count(objects=objects, bytes=size, complete=False)
    return Count(objects=objects, bytes=size, complete=True)


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

    Raises :exc:`~philo_aws.exceptions.InvalidRequestError` for an empty prefix.
    """
    if not prefix:
        raise InvalidRequestError("An empty prefix would delete everything. Give one.")
    deadline = time.monotonic() + seconds
    step = Step(after=after)
    while True:
        page = list_page(
            bucket_name,
            region_name,
            prefix=prefix,
            delimiter="",
            start_after=step.after,
            limit=DELETE_BATCH,
            purpose=purpose,
        )
        refused = delete_keys(
            bucket_name, [entry.key for entry in page.entries], region_name, purpose=purpose
        )
        _book(step, page.entries, refused)
        if not page.next_token:
            step.after = ""
            return step
        step.after = page.entries[-1].key
        if time.monotonic() > deadline:
            return step


def copy_step(
    bucket_name: str,
    prefix: str,
    destination_bucket: str,
    destination_prefix: str,
    region_name: str | None = None,
    *,
    move: bool = False,
    overwrite: bool = False,
    after: str = "",
    seconds: float = STEP_SECONDS,
    purpose: Purpose = "commands",
) -> Step:
    """Copy or move what is below ``prefix`` to below ``destination_prefix``, for about ``seconds``.

    Raises :exc:`~philo_aws.exceptions.InvalidRequestError` where the destination lies inside the
    source, which would never end.
    """
    if bucket_name == destination_bucket and destination_prefix.startswith(prefix):
        raise InvalidRequestError(
            "The destination lies inside the source. Choose a folder outside of it."
        )
    deadline = time.monotonic() + seconds
    step = Step(after=after)
    while True:
        page = list_page(
            bucket_name,
            region_name,
            prefix=prefix,
            delimiter="",
            start_after=step.after,
            limit=COPY_BATCH,
            purpose=purpose,
        )
        pairs = [(e.key, destination_prefix + e.key[len(prefix) :]) for e in page.entries]
        refused = copy_keys(
            bucket_name,
            pairs,
            destination_bucket,
            region_name,
            move=move,
            overwrite=overwrite,
            purpose=purpose,
        )
        _book(step, page.entries, refused)
        if not page.next_token:
            step.after = ""
            return step
        step.after = page.entries[-1].key
        if time.monotonic() > deadline:
            return step


def copy_keys(
    bucket_name: str,
    pairs: Sequence[tuple[str, str]],
    destination_bucket: str,
    region_name: str | None = None,
    *,
    move: bool = False,
    overwrite: bool = False,
    purpose: Purpose = "commands",
) -> dict[str, AWSError]:
    """Copy each source key to its destination key, side by side; return the errors by source key.

    With ``move`` a source is deleted once its copy is there, and only then.
    """

    def copy_one(pair: tuple[str, str]) -> AWSError | None:
        try:
            if move and (bucket_name, pair[0]) == (destination_bucket, pair[1]):
                raise InvalidRequestError("Source and destination are the same.")
            copy_object(
                bucket_name,
                pair[0],
                destination_bucket,
                pair[1],
                region_name,
                overwrite=overwrite,
                purpose=purpose,
            )
        except AWSError as error:
            return error
        return None

    with concurrent.futures.ThreadPoolExecutor(COPY_WORKERS) as pool:
        errors = list(pool.map(copy_one, pairs))
    refused = {
        pair[0]: error for pair, error in zip(pairs, errors, strict=True) if error is not None
    }
    if move:
        copied = [source for source, _target in pairs if source not in refused]
        refused |= delete_keys(bucket_name, copied, purpose=purpose)
    return refused


def _book(step: Step, entries: Sequence[Entry], refused: dict[str, AWSError]) -> None:
    step.refused |= refused
    for entry in entries:
        if entry.key not in refused:
            step.done += 1
            step.bytes += entry.size
