"""Copies that the store makes itself: what asks for one, what proves it, and those in parts.

A copy has size classes of its own: it moves no byte over this machine's link, but keeps the store
busy for as long as its size takes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import quote

from ...codes import from_code
from ...daemons import Daemons
from ...exceptions import AccessDeniedError, ConflictError, Context, Kind
from ...limits import GIB, MIB
from ...window import FIRST
from . import errors, proof
from .base import Copy, PartCopier, Task
from .failure import Failure
from .size_class import SizeClass, Transfer

if TYPE_CHECKING:
    from .run import Run

WHOLE = 256 * MIB
"""The largest object that one request copies. S3 takes 5 GiB, but says nothing until they are
copied, and awscrt ends a connection on which nothing came for 30 seconds. A copy in parts costs a
few requests more, and has an ETag of its own; so there are none of what is done in a few seconds.
"""
IN_FLIGHT = 2 * GIB
"""Bytes that the store is to copy at the same time, by requests that copy a whole object."""
PARTWISE_AT_ONCE = 4
"""Objects that are copied in parts at the same time; each has several parts on their way."""
MOST_ANSWERED = 64 * 1024
"""Bytes of an answer that are looked at; AWS's have some 500."""

_ARN = re.compile(r"arn:aws[a-z0-9-]*:s3[a-z-]*:")
_RESULT = re.compile(rb"<(?:\w+:)?CopyObjectResult[\s/>]")
_ETAG = re.compile(rb"<(?:\w+:)?ETag>([^<]*)<")
_ERROR = re.compile(rb"\s*(?:<\?xml[^>]*>)?\s*<Error[\s>]")
# What is wrong with the source, and not with the copy.
_OF_SOURCE = frozenset({"InvalidObjectState", "NoSuchKey", "NoSuchVersion"})


def source_headers(task: Copy) -> list[tuple[str, str]]:
    """Return the headers that say what is to be copied, and that it must be what was listed.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html
    """
    bucket = task.source_bucket
    key = f"object/{task.source_key}" if _ARN.match(bucket) else task.source_key
    source = quote(f"{bucket}/{key}", safe="/-._~")
    if task.version_id:
        source += f"?versionId={quote(task.version_id, safe='-._~')}"
    headers = [("x-amz-copy-source", source)]
    if task.etag:
        headers.append(("x-amz-copy-source-if-match", f'"{task.etag}"'))
    return headers


def source_arguments(task: Copy) -> dict[str, object]:
    """Return the same as boto's parameters."""
    source = {"Bucket": task.source_bucket, "Key": task.source_key}
    if task.version_id:
        source["VersionId"] = task.version_id
    made: dict[str, object] = {"CopySource": source}
    if task.etag:
        made["CopySourceIfMatch"] = f'"{task.etag}"'
    return made


def is_error(body: bytes) -> bool:
    """Say whether an answer with status 200 is an error, which came after it had begun."""
    return _ERROR.match(body) is not None


def etag_of(task: Copy, body: bytes, headers: Mapping[str, str]) -> str:
    """Return the copy's bare ETag by the answer, whose headers' names are in lower case.

    Raises :exc:`~philo_aws.exceptions.ServiceError` for an answer without one, which proves
    nothing: S3 says it of every copy.
    """
    found = _ETAG.search(body) if _RESULT.search(body) else None
    etag = proof.bare_etag(found[1].decode("utf-8", "replace")) if found else ""
    if not etag or proof.is_page(headers):
        raise errors.unproven(task)
    return etag


def changed(task: Copy) -> ConflictError:
    """Return the error of a source that is not the one that was listed."""
    return ConflictError(
        f"The object {task.source_key!r} in bucket {task.source_bucket!r} was changed or replaced "
        "after it was listed, so it was not copied. Do it again.",
        code="PreconditionFailed",
    )


def explained(failure: Failure, task: Task) -> Failure:
    """Return ``failure``, whose error names the source where that is what is wrong."""
    code = failure.error.code
    if not isinstance(task, Copy):
        return failure
    if code in ("PreconditionFailed", "412"):
        return replace(failure, error=changed(task))
    if code in _OF_SOURCE:
        where = Context(bucket=task.source_bucket, key=task.source_key, operation="CopyObject")
        made = from_code(code, 0, "", where, request_id=failure.error.request_id)
        return replace(failure, error=made)
    if isinstance(failure.error, AccessDeniedError):
        denied = AccessDeniedError(
            f"{failure.error} A copy also needs to read {task.source_key!r} in bucket "
            f"{task.source_bucket!r}, with its tags.",
            code=code,
            request_id=failure.error.request_id,
            kind=failure.kind,
        )
        return replace(failure, error=denied)
    return failure


# --------------------------------------------------------------------------- size classes


def size_classes(limit: int, *, at_first: int = FIRST) -> tuple[SizeClass, SizeClass]:
    """Return those of copies: whole objects, of which so many may be in flight, and in parts."""
    return (
        SizeClass(limit=limit, at_first=at_first, budget=IN_FLIGHT),
        SizeClass(limit=PARTWISE_AT_ONCE, budget=1 << 62),
    )


def is_whole(task: Copy) -> bool:
    """Say whether one request copies it."""
    return task.size <= WHOLE


# ------------------------------------------------------------------------------- in parts


class PartCopyAttempt:
    """One attempt at a copy in parts."""

    def __init__(self, run: Run, transfer: Transfer) -> None:
        self._run = run
        self._transfer = transfer
        self.ended = False
        """Whether nobody waits for it any more."""

    def cancel(self) -> None:
        """Make it end soon; its thread gives the copy up, and calls ``run.failed``."""
        self.ended = True

    def discard(self) -> None:
        """Nothing is left here."""

    def moved(self, count: int) -> None:
        """Take note of a part that was copied."""
        self._run.progress(self._transfer, count)

    def check(self) -> None:
        """Raise where nobody waits any more."""
        if self.ended:
            raise errors.ended()


class PartCopies:
    """The copies in parts of one run, each in a thread, for either transport."""

    def __init__(
        self, copier: PartCopier, failure_of: Callable[[BaseException, Task], Failure]
    ) -> None:
        self._copier = copier
        self._failure_of = failure_of
        self._pool = Daemons(PARTWISE_AT_ONCE, "philo-aws-part-copies")

    def start(self, run: Run, transfer: Transfer) -> None:
        """Begin an attempt."""
        transfer.attempt = attempt = PartCopyAttempt(run, transfer)
        self._pool.submit(self._copy, run, transfer, attempt)

    def close(self) -> None:
        """Let the threads go."""
        self._pool.shutdown(wait=False)

    def _copy(self, run: Run, transfer: Transfer, attempt: PartCopyAttempt) -> None:
        task = transfer.task
        assert isinstance(task, Copy)  # noqa: S101 - what the size class is for
        try:
            etag = self._copier(task, moved=attempt.moved, check=attempt.check)
        except BaseException as error:  # noqa: BLE001 - the run reports it
            transfer.attempt = None
            failure = explained(self._failure_of(error, task), task)
            if attempt.ended:
                failure = Failure(kind=Kind.CANCELLED, error=errors.ended())
            run.failed(transfer, errors.begun_anew(failure, transfer))
        else:
            transfer.attempt = None
            transfer.etag = etag
            run.succeeded(transfer, task.size)
