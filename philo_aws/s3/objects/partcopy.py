"""A copy made by S3 in parts, which can be gone on with later and by another process.

S3 itself keeps what is done: each step asks it for the parts it has and has the others copied. So
nothing is lost or done twice when a step ends early.
"""

from __future__ import annotations

import math
import re
import time
from collections import deque
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from ...aws_errors import translated
from ...clients import has_own_endpoint
from ...conf import for_writes
from ...daemons import Daemons
from ...exceptions import AWSError, NotFoundError
from ...limits import MIB, part_size_for
from ..listing.paging import pages
from ..request.access import client_for
from ..request.expires import with_texts
from ..request.extra_args import given_for
from .properties import head_object
from .tags import get_object_tags, put_object_tags

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ...conf import Purpose

PART_SIZE = 128 * MIB
WORKERS = 8
TICK = 0.25
"""Seconds after which it is seen whether anybody waits still."""
LAST_PARTS = 4.0
"""Seconds in which parts may still end when nobody waits any more."""
# What of an upload's parameters each of its requests must have again.
_AGAIN = re.compile(r"RequestPayer|Expected.*BucketOwner|(CopySource)?SSECustomer")


@dataclass(frozen=True, kw_only=True)
class PartCopy:
    """A copy that was begun: all that is needed to go on with it."""

    source_bucket: str
    """Where the object is."""
    source_key: str
    """Its key."""
    source_version: str
    """Its version; empty for the newest."""
    etag: str
    """Its ETag: a source that is changed meanwhile is not copied on."""
    size: int
    """Its bytes."""
    part_size: int
    """The bytes of each part but the last."""
    bucket: str
    """Where the copy goes."""
    key: str
    """The key of the copy."""
    upload_id: str
    """AWS's id of the multipart upload."""
    overwrite: bool = True
    """Whether an object of the key may be replaced."""
    tagging: str = ""
    """The tags it is to have, as a query."""
    extra_args: dict[str, Any] = field(default_factory=dict, repr=False)
    """What every request of it is given besides, in boto's names."""

    @property
    def count(self) -> int:
        """The number of parts."""
        return -(-self.size // self.part_size)

    def range_of(self, number: int) -> tuple[int, int]:
        """Return the first and the last byte of a part, the first of which has number 1."""
        start = (number - 1) * self.part_size
        return start, min(start + self.part_size, self.size) - 1


@dataclass(frozen=True, kw_only=True)
class Progress:
    """How far a copy is."""

    bytes: int
    """The bytes that S3 has copied."""
    answer: dict[str, Any] | None = None
    """boto's dict of the request that made the object; ``None`` while there is more to do."""


def begin(
    source: Mapping[str, str],
    head: Mapping[str, Any],
    options: Mapping[str, Any],
    region_name: str | None = None,
    *,
    overwrite: bool = True,
    purpose: Purpose = "commands",
) -> PartCopy:
    """Begin a copy of ``source`` (``Bucket``, ``Key``, ``VersionId``) whose ``head`` is known.

    ``options`` are boto's of ``CreateMultipartUpload``: the destination and its properties.
    """
    bucket, key, size = options["Bucket"], options["Key"], head["ContentLength"]
    client = with_texts(client_for(bucket, region_name, purpose), "CreateMultipartUpload")
    with translated(bucket=bucket, key=key, region=region_name):
        given = given_for("CreateMultipartUpload", options)
        upload_id = client.create_multipart_upload(**given)["UploadId"]
    return PartCopy(
        source_bucket=source["Bucket"],
        source_key=source["Key"],
        source_version=source.get("VersionId", ""),
        etag=head["ETag"],
        size=size,
        part_size=part_size_for(size, PART_SIZE),
        bucket=bucket,
        key=key,
        upload_id=upload_id,
        overwrite=overwrite,
        tagging=options.get("Tagging", ""),
        extra_args={name: value for name, value in options.items() if _AGAIN.match(name)},
    )


def advance(
    copy: PartCopy,
    region_name: str | None = None,
    *,
    seconds: float = math.inf,
    limit: float = math.inf,
    purpose: Purpose = "commands",
    moved: Callable[[int], None] | None = None,
    check: Callable[[], None] | None = None,
) -> Progress:
    """Copy parts for about ``seconds``, eight side by side, and make the object of them at the end.

    No part begins after ``seconds``, but one does in any case; after ``limit`` seconds those still
    on their way are not waited for. ``moved`` is told the bytes of each part that is copied, and
    ``check`` asked four times a second: an :exc:`~philo_aws.exceptions.AWSError` of it ends the
    work soon. Raises :exc:`~philo_aws.exceptions.ConflictError` where the source was changed or the
    destination came to be, and what else AWS answers; then :func:`abort` it, or try again.
    """
    worker = _Worker(copy, region_name, seconds, limit, purpose, moved, check)
    try:
        etags = _parts_of(copy, region_name, purpose)
    except NotFoundError:
        # A step before this one may have ended before it heard that the object was made.
        if _is_there(copy, region_name, purpose):
            return Progress(bytes=copy.size, answer={})
        raise
    try:
        worker.copy_parts(etags)
        answer = worker.complete(etags) if len(etags) == copy.count else None
    finally:
        worker.end()
    return Progress(bytes=_bytes(copy, etags), answer=answer)


class _Worker:
    """The requests of one step, which end in time."""

    def __init__(
        self,
        copy: PartCopy,
        region_name: str | None,
        seconds: float,
        limit: float,
        purpose: Purpose,
        moved: Callable[[int], None] | None,
        check: Callable[[], None] | None,
    ) -> None:
        self._moved = moved
        self._check = check
        self._copy = copy
        self._region = region_name
        self._purpose = purpose
        self._client = client_for(copy.bucket, region_name, for_writes(purpose))
        self._pool = Daemons(WORKERS, "philo-aws-copy")
        self._last_begin = time.monotonic() + seconds
        self._end = time.monotonic() + limit

    def copy_parts(self, etags: dict[int, str]) -> None:
        """Have parts copied that ``etags`` lacks, and add those that are."""
        numbers = range(1, self._copy.count + 1)
        missing = deque(number for number in numbers if number not in etags)
        running: set[Future[tuple[int, str]]] = set()
        try:
            # One part is begun in any case, so that every step gets on.
            while missing or running:
                while missing and len(running) < WORKERS:
                    running.add(self._pool.submit(self._copy_part, missing.popleft()))
                    if time.monotonic() > self._last_begin:
                        missing.clear()
                ended, running = wait(running, self._pause(), return_when=FIRST_COMPLETED)
                for part in ended:
                    self._note(etags, *part.result())
                if time.monotonic() > self._last_begin:
                    missing.clear()
                if not ended and self._left() == 0:
                    return
                if self._check:
                    self._check()
        except AWSError:
            # What is on its way would outlive an abort.
            self._wait_for(running)
            raise

    def _note(self, etags: dict[int, str], number: int, etag: str) -> None:
        etags[number] = etag
        if self._moved:
            first, last = self._copy.range_of(number)
            self._moved(last - first + 1)

    def _wait_for(self, running: set[Future[tuple[int, str]]]) -> None:
        """Wait for parts, as long as somebody waits for the copy."""
        end = math.inf
        while running and self._left() != 0 and time.monotonic() < end:
            _, running = wait(running, self._pause())
            try:
                if self._check:
                    self._check()
            except AWSError:
                end = min(end, time.monotonic() + LAST_PARTS)

    def complete(self, etags: Mapping[int, str]) -> dict[str, Any] | None:
        """Have the object made of its parts; ``None`` when that takes too long."""
        made = self._pool.submit(self._complete, etags)
        return None if wait([made], self._left()).not_done else made.result()

    def end(self) -> None:
        """Let go; what is on its way ends by itself."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _pause(self) -> float | None:
        left = self._left()
        if self._check is None:
            return left
        return TICK if left is None else min(left, TICK)

    def _left(self) -> float | None:
        return None if self._end == math.inf else max(0.0, self._end - time.monotonic())

    def _copy_part(self, number: int) -> tuple[int, str]:
        copy = self._copy
        first, last = copy.range_of(number)
        # Of what is 5 MiB or less S3 copies no range, only the whole.
        part: Any = {"CopySourceRange": f"bytes={first}-{last}"} if copy.count > 1 else {}
        source = {"Bucket": copy.source_bucket, "Key": copy.source_key}
        if copy.source_version:
            source["VersionId"] = copy.source_version
        with translated(bucket=copy.bucket, key=copy.key, region=self._region):
            answer = self._client.upload_part_copy(
                **_request("UploadPartCopy", copy),
                PartNumber=number,
                CopySource=source,  # type: ignore[arg-type]
                **part,
                CopySourceIfMatch=copy.etag,
            )
        return number, answer["CopyPartResult"]["ETag"]

    def _complete(self, etags: Mapping[int, str]) -> dict[str, Any]:
        copy = self._copy
        parts = [{"PartNumber": number, "ETag": etags[number]} for number in sorted(etags)]
        condition: Any = {} if copy.overwrite else {"IfNoneMatch": "*"}
        with translated(bucket=copy.bucket, key=copy.key, region=self._region):
            answer = dict(
                self._client.complete_multipart_upload(
                    **_request("CompleteMultipartUpload", copy),
                    MultipartUpload={"Parts": parts},  # type: ignore[typeddict-item]
                    **condition,
                )
            )
        if copy.tagging and has_own_endpoint("s3"):
            self._tag()
        return answer

    def _tag(self) -> None:
        """See that the tags are there: some stores forget those of an upload in parts."""
        copy = self._copy
        wanted = dict(parse_qsl(copy.tagging, keep_blank_values=True))
        where = (copy.bucket, copy.key)
        if get_object_tags(*where, self._region, purpose=self._purpose) != wanted:
            put_object_tags(*where, wanted, self._region, purpose=self._purpose)


def abort(copy: PartCopy, region_name: str | None = None, *, purpose: Purpose = "commands") -> bool:
    """Give the copy up: S3 deletes its parts. False where it was completed or aborted already."""
    client = client_for(copy.bucket, region_name, purpose)
    try:
        with translated(bucket=copy.bucket, key=copy.key, region=region_name):
            client.abort_multipart_upload(**_request("AbortMultipartUpload", copy))
    except NotFoundError:
        return False
    return True


def _parts_of(copy: PartCopy, region_name: str | None, purpose: Purpose) -> dict[int, str]:
    client = client_for(copy.bucket, region_name, purpose)
    with translated(bucket=copy.bucket, key=copy.key, region=region_name, operation="ListParts"):
        return {
            part["PartNumber"]: part["ETag"]
            for page in pages(client, "ListParts", _request("ListParts", copy))
            for part in page.get("Parts", ())
        }


def _request(operation: str, copy: PartCopy) -> dict[str, Any]:
    given = given_for(operation, copy.extra_args)
    return {**given, "Bucket": copy.bucket, "Key": copy.key, "UploadId": copy.upload_id}


def _is_there(copy: PartCopy, region_name: str | None, purpose: Purpose) -> bool:
    try:
        given = given_for("HeadObject", copy.extra_args)
        head = head_object(copy.bucket, copy.key, region_name, extra_args=given, purpose=purpose)
    except NotFoundError:
        return False
    suffix = f'-{copy.count}"'
    return bool(head["ContentLength"] == copy.size and head["ETag"].endswith(suffix))


def _bytes(copy: PartCopy, etags: Mapping[int, str]) -> int:
    ranges = (copy.range_of(number) for number in etags)
    return sum(last - first + 1 for first, last in ranges)
