"""Copies and moves in bounded steps, for callers that must answer soon.

What is small goes by one request, several side by side; a large object goes in parts, as many as
there is time for. Each function does a part, says where it stopped, and is called again with that.
"""

from __future__ import annotations

import contextlib
import time
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from django.utils.translation import gettext_noop

from ...conf import for_writes
from ...daemons import Daemons
from ...exceptions import (
    AWSError,
    ConflictError,
    CredentialsError,
    InvalidRequestError,
    NetworkError,
    ThrottledError,
)
from ...sentences import Sentence
from ..delete_requests import delete_keys
from ..objects import partcopy
from ..objects.copying import Copy, begin_parts, copy_whole, prepare
from ..objects.properties import head_object, is_same_object
from .page import ListedObject, pages
from .steps import STEP_SECONDS, BoundedStep

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from ...conf import Purpose
    from ..objects.partcopy import PartCopy

COPY_WORKERS = 8
COPY_BATCH = 64
# What S3 copies in a few seconds. A larger object goes in parts.
WHOLE_BYTES = 128 * 1024**2
# After the time to begin anything new, what is on its way is waited for so long.
GRACE_SECONDS = 5.0


@dataclass(kw_only=True)
class CopyStep(BoundedStep):
    """What one step of a copy did."""

    copied: list[str] = field(default_factory=list)
    """The sources of a move whose copies are there, but which could not be deleted."""
    left: list[tuple[str, str]] = field(default_factory=list)
    """The pairs that are still to be copied, in the order they will be."""
    part: PartCopy | None = None
    """The large object that was begun; it comes first in the next step."""
    part_bytes: int = 0
    """How much of it is copied."""


class Copier:
    """Copies from one bucket to another until its time is over."""

    def __init__(
        self,
        bucket_name: str,
        destination_bucket: str,
        region_name: str | None = None,
        *,
        move: bool = False,
        overwrite: bool = False,
        seconds: float = STEP_SECONDS,
        purpose: Purpose = "web",
    ) -> None:
        self._bucket = bucket_name
        self._destination = destination_bucket
        self._region = region_name
        self._move = move
        self._overwrite = overwrite
        self._purpose: Purpose = purpose
        self._end = time.monotonic() + seconds
        self.step = CopyStep()
        """What was done so far."""

    def copy_pairs(
        self, pairs: Sequence[tuple[str, str]], part: PartCopy | None = None
    ) -> CopyStep:
        """Copy each source key to its destination key.

        ``part`` is that of the step before, which belongs to the first pair.
        """
        left = self._apart(pairs)
        if part:
            self._check(part, left[0] if left else ("", ""))
            if not self.go_on(part):
                self.step.left = left
                return self.step
            del left[0]
        while left and not self._must_stop():
            chunk, left = left[:COPY_WORKERS], left[COPY_WORKERS:]
            large = self.copy_small(chunk)
            left = [pair for pair, _copy in large] + left
            for _pair, copy in large:
                if self._must_stop() or not self.begin(copy):
                    break
                del left[0]
        self.step.left = left
        return self.step

    def copy_prefix(
        self, prefix: str, destination_prefix: str, after: str, part: PartCopy | None = None
    ) -> CopyStep:
        """Copy what is below ``prefix`` and after the key ``after``; ``part`` as in the other.

        Raises what :func:`~philo_aws.s3.web.page.pages` raises for a listing that goes nowhere.
        """
        step = self.step
        step.after = after
        if part:
            name = part.source_key.removeprefix(prefix)
            self._check(part, (prefix + name, destination_prefix + name))
            if not self.go_on(part):
                return step
            step.after = part.source_key
        begun = step.after
        for page in pages(
            self._bucket, prefix=prefix, after=begun, limit=COPY_BATCH, purpose=self._purpose
        ):
            for chunk in _chunks(page.entries):
                if self._must_stop():
                    return step
                large = self.copy_small(
                    [(e.key, destination_prefix + e.key[len(prefix) :]) for e in chunk]
                )
                if not all(self.begin(copy) for _pair, copy in large):
                    return step
                step.after = chunk[-1].key
            # Where only empty pages came, the next step would come no further.
            if page.next_token and step.after > begun and self.is_over():
                return step
        step.after = ""
        return step

    def copy_one(self, copy: Copy | None, part: PartCopy | None) -> CopyStep:
        """Make one copy that was prepared, or go on with one that was begun.

        One in parts that fails is given up in any case.
        """
        if part:
            self.go_on(part, new=True)
        elif copy and copy.size > WHOLE_BYTES:
            self.begin(copy)
        elif copy:
            copy_whole(copy, self._region, purpose=self._purpose)
            self._done({copy.source["Key"]: copy.head["ETag"]}, copy.size)
        return self.step

    def copy_small(self, pairs: Sequence[tuple[str, str]]) -> list[tuple[tuple[str, str], Copy]]:
        """Copy side by side what is small, and return what is large."""
        # An interrupted or late page leaves its threads alone: they end with their requests.
        with Daemons(COPY_WORKERS, "philo-aws-copies") as pool:
            begun = {pair: pool.submit(self._copy_small, pair) for pair in pairs}
            made = {pair: future.result() for pair, future in begun.items()}
        copied: dict[str, str] = {}
        size = 0
        for (source, _target), copy in made.items():
            if isinstance(copy, AWSError):
                self.step.refused[source] = copy
            elif copy.size <= WHOLE_BYTES or copy.made_before:
                copied[source] = copy.head["ETag"]
                size += copy.size
        self._done(copied, size)
        return [
            (pair, copy)
            for pair, copy in made.items()
            if isinstance(copy, Copy) and copy.size > WHOLE_BYTES and not copy.made_before
        ]

    def begin(self, copy: Copy) -> bool:
        """Begin a copy in parts and say whether it is over and done with already."""
        try:
            part = begin_parts(copy, self._region, purpose=self._purpose)
        except AWSError as error:
            self.step.refused[copy.source["Key"]] = error
            return True
        return self.go_on(part, new=True)

    def go_on(self, part: PartCopy, *, new: bool = False) -> bool:
        """Copy parts while there is time, and say whether the copy is over and done with.

        One that fails is given up, and its parts with it; but where AWS is only away for the
        moment, and the caller has the copy still, the error is raised and the copy stays.
        """
        left = max(0.0, self._end - time.monotonic())
        try:
            progress = partcopy.advance(
                part,
                self._region,
                seconds=left,
                limit=left + GRACE_SECONDS,
                purpose=self._purpose,
            )
        except AWSError as error:
            if not new and isinstance(error, NetworkError | ThrottledError | CredentialsError):
                raise
            with contextlib.suppress(AWSError):
                partcopy.abort(part, self._region, purpose=self._purpose)
            self.step.refused[part.source_key] = error
            return True
        if progress.answer is None:
            self.step.part, self.step.part_bytes = part, progress.bytes
            return False
        self._done({part.source_key: part.etag}, part.size)
        return True

    def is_over(self) -> bool:
        """Say whether the time is over in which anything new is begun."""
        return time.monotonic() > self._end

    def _copy_small(self, pair: tuple[str, str]) -> Copy | AWSError:
        source, target = pair
        try:
            if self._move and (self._bucket, source) == (self._destination, target):
                raise InvalidRequestError(
                    Sentence(gettext_noop("Source and destination are the same."))
                )
            copy = self._prepare(pair, overwrite=self._overwrite)
            if copy.size <= WHOLE_BYTES:
                copy_whole(copy, self._region, purpose=self._purpose)
        except ConflictError as error:
            return self._copied_before(source, target) or error
        except AWSError as error:
            return error
        return copy

    def _prepare(self, pair: tuple[str, str], *, overwrite: bool) -> Copy:
        source, target = pair
        return prepare(
            self._bucket,
            source,
            self._destination,
            target,
            self._region,
            overwrite=overwrite,
            purpose=self._purpose,
        )

    def _copied_before(self, source: str, target: str) -> Copy | None:
        """Return the copy of a move that stopped between copy and delete, if that is what it is.

        A move that is done again then comes to its end.
        """
        if not self._move:
            return None
        try:
            copy = self._prepare((source, target), overwrite=True)
            there = head_object(self._destination, target, self._region, purpose=self._purpose)
        except AWSError:
            return None
        # Then nothing is left to copy.
        return replace(copy, made_before=True) if is_same_object(copy.head, there) else None

    def _done(self, sources: Mapping[str, str], size: int) -> None:
        """Note what is copied; when moving, a source goes now that its copy is there.

        It goes only as it was copied: ``sources`` are the keys with their ETags.
        """
        refused: dict[str, AWSError] = {}
        if self._move and sources:
            refused = self._delete(sources)
            self.step.copied += refused
        self.step.refused |= refused
        self.step.done += len(sources) - len(refused)
        self.step.bytes += size

    def _delete(self, sources: Mapping[str, str]) -> dict[str, AWSError]:
        try:
            return delete_keys(
                self._bucket,
                list(sources),
                purpose=for_writes(self._purpose),
                etags=sources,
            )
        except AWSError as error:
            # Their copies are there all the same, which has to be told.
            return dict.fromkeys(sources, error)

    def _apart(self, pairs: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
        """Return the pairs whose targets no other one has; of two sources one would be lost."""
        often = Counter(target for _source, target in pairs)
        left = []
        for source, target in pairs:
            if often[target] == 1:
                left.append((source, target))
                continue
            self.step.refused[source] = ConflictError(
                Sentence(
                    gettext_noop(
                        "More than one of the objects would become {target!r}. Copy or move them "
                        "one by one, under other names."
                    ),
                    target=target,
                ),
                code="SameDestination",
            )
        return left

    def _must_stop(self) -> bool:
        # Every step does something, however little time it has.
        did_something = self.step.done or self.step.refused
        return bool(self.step.part or (did_something and self.is_over()))

    def _check(self, part: PartCopy, pair: tuple[str, str]) -> None:
        begun = (part.source_bucket, part.source_key, part.bucket, part.key)
        if begun != (self._bucket, pair[0], self._destination, pair[1]):
            raise InvalidRequestError(
                Sentence(gettext_noop("The copy that was begun is another one."))
            )


def _chunks(entries: Sequence[ListedObject]) -> Iterator[list[ListedObject]]:
    """Yield entries that are copied together: few bytes in all, or one that is large."""
    chunk: list[ListedObject] = []
    size = 0
    for entry in entries:
        if chunk and size + entry.size > WHOLE_BYTES:
            yield chunk
            chunk, size = [], 0
        chunk.append(entry)
        size += entry.size
    if chunk:
        yield chunk
