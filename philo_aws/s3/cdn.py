"""Invalidations: CloudFront forgets what it has in its caches of objects that changed."""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Callable, Iterable
from typing import Any

from ..arguments import list_of_strings, number, text, whole_number, yes_or_no
from ..aws_errors import translated
from ..clients import get_client
from ..exceptions import AWSError, IncompleteError, NotFoundError, ThrottledError, UsageError
from .cdn_paths import MAX_PATHS, MAX_WILDCARDS, PathPlan, plan_paths

WAIT_SECONDS = 900.0
"""How long an invalidation is waited for, where nothing else is said."""
COMPLETED = "completed"
BUSY = "TooManyInvalidationsInProgress"
_FIRST_PAUSE = 1.0
# https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_GetInvalidation.html is asked at
# least so often; most are done in a minute or two.
_LONGEST_PAUSE = 10.0
_DISTRIBUTION = re.compile(r"[A-Za-z0-9_-]{1,64}")

Remark = Callable[[str], object]


def invalidate(
    distribution_id: str,
    paths: Iterable[str] = (),
    *,
    keys: Iterable[str] = (),
    origin_path: str = "",
    path_prefix: str = "",
    max_paths: int = MAX_PATHS,
    caller_reference: str | None = None,
    wait: bool = False,
    timeout: float = WAIT_SECONDS,
    dry_run: bool = False,
    on_remark: Remark = lambda sentence: None,
) -> dict[str, Any]:
    """Invalidate ``paths`` of a distribution, and those of objects by their ``keys``.

    A path begins with ``/`` and may end with ``*``; keys become paths as
    :func:`~philo_aws.s3.cdn_paths.plan_paths` says, which ``origin_path``, ``path_prefix`` and
    ``max_paths`` (1 to 3,000, wildcards included) are for. ``on_remark`` is told sentences about
    what is invalidated beside what was named. ``wait`` returns when CloudFront has done it, after
    ``timeout`` seconds (1 to 86,400) at most, and waits for others that are in its way. ``dry_run``
    sends nothing.

    A request whose answer is lost is sent again under the same ``caller_reference``, for which
    CloudFront does it once. Give one of your own, and the same paths, to repeat a call.

    Returns boto's dict; in a dry run one with ``InvalidationBatch``; an empty one where there is
    nothing to invalidate. Raises :exc:`~philo_aws.exceptions.UsageError`,
    :exc:`~philo_aws.exceptions.NotFoundError` for a distribution that is not there,
    :exc:`~philo_aws.exceptions.ThrottledError` where too many invalidations are at work, and
    :exc:`~philo_aws.exceptions.IncompleteError`, with the last answer as its ``result``, where it
    was not done in time.
    """
    if not _DISTRIBUTION.fullmatch(text("The distribution", distribution_id)):
        raise UsageError(
            f"{distribution_id!r} is no id of a distribution. It is such as 'E1A2B3C4D5E6F7', not"
            " the name of its host."
        )
    yes_or_no("wait", wait)
    yes_or_no("dry_run", dry_run)
    number("timeout", timeout, 1, 86400)
    whole_number("max_paths", max_paths, 1, MAX_PATHS)
    plan = plan_paths(
        list_of_strings("paths", paths),
        list_of_strings("keys", keys),
        origin_path=text("origin_path", origin_path),
        path_prefix=text("path_prefix", path_prefix),
        max_paths=max_paths,
    )
    for remark in plan.remarks:
        on_remark(remark)
    if not plan.paths:
        return {}
    batch = _batch(plan, caller_reference)
    if dry_run:
        return {"InvalidationBatch": batch}
    with translated():
        return _Invalidation(distribution_id, batch).made(timeout if wait else None)


def _batch(plan: PathPlan, reference: str | None) -> dict[str, Any]:
    if reference is not None and not text("caller_reference", reference).strip():
        raise UsageError("The caller reference is empty. Give a text, or none for a new one.")
    return {
        "Paths": {"Quantity": len(plan.paths), "Items": list(plan.paths)},
        "CallerReference": reference or f"django-philo-aws-{uuid.uuid4()}",
    }


class _Invalidation:
    """One invalidation: asked for, and waited for."""

    def __init__(self, distribution: str, batch: dict[str, Any]) -> None:
        self._distribution = distribution
        self._batch = batch
        self._client: Any = get_client("cloudfront")
        self._pause = _FIRST_PAUSE

    def made(self, seconds: float | None) -> dict[str, Any]:
        """Return boto's dict; with ``seconds``, once it is completed."""
        deadline = None if seconds is None else time.monotonic() + seconds
        answer = self._created(deadline)
        while deadline is not None and not _is_completed(answer):
            if not self._rest(deadline):
                name = answer["Invalidation"]["Id"]
                raise IncompleteError(
                    f"The invalidation {name} was not done after {seconds:,.0f} s; CloudFront"
                    " goes on with it. Wait longer with --timeout.",
                    result=answer,
                    code="InvalidationTimeout",
                )
            found = self._client.get_invalidation(
                DistributionId=self._distribution, Id=answer["Invalidation"]["Id"]
            )
            answer["Invalidation"] = found["Invalidation"]
        return answer

    def _created(self, deadline: float | None) -> dict[str, Any]:
        while True:
            try:
                with translated():
                    made: dict[str, Any] = self._client.create_invalidation(
                        DistributionId=self._distribution, InvalidationBatch=self._batch
                    )
                    return made
            except AWSError as error:
                if error.code == BUSY and deadline is not None and self._rest(deadline):
                    continue
                raise _told(error, self._distribution) from error

    def _rest(self, deadline: float) -> bool:
        """Wait a moment; say whether there is time left for another look."""
        left = deadline - time.monotonic()
        if left <= 0:
            return False
        time.sleep(min(self._pause, left))
        self._pause = min(self._pause * 1.5, _LONGEST_PAUSE)
        return True


def _is_completed(answer: dict[str, Any]) -> bool:
    # Stand-ins for CloudFront write it in capitals.
    return str(answer["Invalidation"]["Status"]).lower() == COMPLETED


def _told(error: AWSError, distribution: str) -> AWSError:
    """Return the error in words of invalidations, where AWS's own do not say what to do."""
    if error.code == "NoSuchDistribution":
        return NotFoundError(
            f"There is no distribution {distribution!r} in this account. Its id is in the console,"
            " in the list of distributions.",
            code=error.code,
            request_id=error.request_id,
        )
    if error.code == BUSY:
        return ThrottledError(
            f"CloudFront is at work on other invalidations of {distribution}; it takes"
            f" {MAX_PATHS:,} paths and {MAX_WILDCARDS} wildcards at a time. Wait for them with"
            " --wait, or try again later.",
            code=error.code,
            request_id=error.request_id,
        )
    return error
