"""Waiting for an object: until it is there, is gone, or is another one."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any, Literal

from ...arguments import number, one_of, some_text
from ...aws_errors import translated
from ...conf import Purpose
from ...exceptions import AccessDeniedError, IncompleteError, ObjectNotFoundError, UsageError
from ...patience import delay
from ..engine.proof import bare_etag
from ..request.access import client_for
from ..request.extra_args import check_args, given_for
from ..request.names import check_key
from .properties import head_object, state_of

Until = Literal["exists", "gone", "changed"]
UNTIL: tuple[Until, ...] = ("exists", "gone", "changed")
MAX_TIMEOUT = 7 * 24 * 3600
TIMED_OUT = "TimedOut"
"""The code of the error of what did not come about in time."""
_NOT_YET = {
    "exists": "is not there",
    "gone": "is there still",
    "changed": "is what it was",
}


def wait_object(
    bucket_name: str,
    key: str,
    region_name: str | None = None,
    *,
    until: Until = "exists",
    etag: str | None = None,
    timeout: float = 300,
    extra_args: Mapping[str, Any] | None = None,
    on_wait: Callable[[], None] | None = None,
    purpose: Purpose = "commands",
) -> dict[str, Any]:
    """Wait until an object is there, is gone or is another one; return boto's dict of its HEAD.

    That of one that is gone is empty. ``changed`` is said of what the object is at the start, by
    ETag, time and version, or by ``etag`` where that is given; one that appears or goes has
    changed. It is looked at again after a tenth of a second, then twice that, and so on, up to
    five seconds; ``on_wait`` is called once, before the first pause. ``timeout`` are seconds, 0 to
    604,800 (7 days); a request that is under way then comes to its end.

    Raises :exc:`~philo_aws.exceptions.IncompleteError` with the code ``TimedOut``,
    :exc:`~philo_aws.exceptions.BucketNotFoundError` where that can be told, and
    :exc:`~philo_aws.exceptions.AccessDeniedError`.
    """
    one_of("until", until, UNTIL)
    number("timeout", timeout, 0, MAX_TIMEOUT)
    check_key(key)
    if etag is not None:
        some_text("etag", etag)
        if until != "changed":
            raise UsageError("An ETag says what is to change: give it with until='changed'.")
    given = check_args(extra_args, "HeadObject")

    def look() -> dict[str, Any]:
        try:
            return head_object(bucket_name, key, region_name, extra_args=given, purpose=purpose)
        except ObjectNotFoundError:
            return {}

    deadline = time.monotonic() + timeout
    head = look()
    if not head:
        # To HEAD no store says whether it is the bucket that is not there.
        _check_bucket(bucket_name, region_name, given, purpose)
    before = state_of(head) if head else ""
    attempts = 0
    while not _is_reached(head, until, before, etag):
        left = deadline - time.monotonic()
        if left <= 0:
            raise IncompleteError(
                f"The object {key!r} in bucket {bucket_name!r} {_NOT_YET[until]} after "
                f"{timeout:,g} seconds.",
                code=TIMED_OUT,
            )
        attempts += 1
        if attempts == 1 and on_wait:
            on_wait()
        time.sleep(min(delay(attempts), left))
        head = look()
    return head


def _is_reached(head: Mapping[str, Any], until: Until, before: str, etag: str | None) -> bool:
    if until == "exists":
        return bool(head)
    if until == "gone":
        return not head
    if etag is not None:
        return not head or bare_etag(head["ETag"]) != bare_etag(etag)
    return (state_of(head) if head else "") != before


def _check_bucket(
    bucket_name: str, region_name: str | None, given: Mapping[str, Any], purpose: Purpose
) -> None:
    client = client_for(bucket_name, region_name, purpose)
    arguments: Any = {**given_for("HeadBucket", given), "Bucket": bucket_name}
    try:
        with translated(bucket=bucket_name, region=region_name, operation="HeadBucket"):
            client.head_bucket(**arguments)
    except AccessDeniedError:
        return  # who may read an object need not be allowed to list
