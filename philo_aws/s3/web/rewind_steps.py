"""A folder as it was at a moment, by the versions that its bucket keeps: in bounded steps.

The same as :func:`philo_aws.s3.rewinding.restore_prefix`, for callers that must answer soon: each
function does a part, says where it stopped, and is called again with that.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from django.utils.translation import gettext_noop

from ...arguments import number, yes_or_no
from ...exceptions import AWSError, ConflictError
from ...sentences import Sentence
from ...side_by_side import SideBySide
from ..delete_requests import delete_one
from ..listing.versions import Version
from ..objects.restoring import Way, bring_back, check_moment, current_at, way_back
from ..request.remote import Remote, make_remote
from .copysteps import WHOLE_BYTES
from .deleted import Walk
from .steps import STEP_SECONDS, BoundedStep
from .undeleting import AT_ONCE
from .usage import LONGEST

if TYPE_CHECKING:
    import datetime

    from ...conf import Purpose


@dataclass(kw_only=True)
class Difference:
    """How a folder differs from what it was, as far as it was looked."""

    undeleted: int = 0
    """Objects that were deleted since."""
    overwritten: int = 0
    """Objects of which another version is the newest since."""
    added: int = 0
    """Objects that were not there."""
    same: int = 0
    """Objects that were written last before that."""
    complete: bool = True
    """Whether that is all."""


@dataclass(kw_only=True)
class RewindStep(BoundedStep):
    """What one step did: ``done`` are the objects that were brought back."""

    deleted: int = 0
    """Objects that were deleted, as they were not there."""


def compare_with_then(
    bucket_name: str,
    prefix: str,
    moment: datetime.datetime,
    region_name: str | None = None,
    *,
    limit: int = 10_000,
    seconds: float = STEP_SECONDS,
    purpose: Purpose = "web",
) -> Difference:
    """Say how what is below ``prefix`` differs from what it was, until ``limit`` or ``seconds``.

    An object that was overwritten with the same content counts as overwritten.
    """
    check_moment(moment)
    deadline = time.monotonic() + number("seconds", seconds, 0, LONGEST)
    found, looked = Difference(), 0
    for keys, more in Walk(bucket_name, region_name, prefix, purpose=purpose):
        for versions in keys:
            looked += 1
            then = current_at(versions, moment)
            if then is None:
                found.added += not versions[0].is_delete_marker
            elif then.version_id == versions[0].version_id:
                found.same += 1
            elif versions[0].is_delete_marker:
                found.undeleted += 1
            else:
                found.overwritten += 1
        if more and (looked >= limit or time.monotonic() > deadline):
            found.complete = False
            return found
    return found


def rewind_step(
    bucket_name: str,
    prefix: str,
    moment: datetime.datetime,
    region_name: str | None = None,
    *,
    after: str = "",
    delete: bool = False,
    seconds: float = STEP_SECONDS,
    purpose: Purpose = "web",
) -> RewindStep:
    """Make objects below ``prefix`` what they were at ``moment``, for about ``seconds``.

    With ``delete`` what was not there is deleted, which only hides it. Versions all stay. An object
    of which S3 could not copy the old version in one request of a few seconds is refused.
    """
    check_moment(moment)
    yes_or_no("delete", delete)
    deadline = time.monotonic() + number("seconds", seconds, 0, LONGEST)
    remote = make_remote(bucket_name, region_name, "", None, None, purpose)
    step = RewindStep(after=after)
    with SideBySide(AT_ONCE, AT_ONCE, "philo-aws-rewind") as pool:
        for keys, more in Walk(bucket_name, region_name, prefix, after=after, purpose=purpose):
            for start in range(0, len(keys), AT_ONCE):
                now = keys[start : start + AT_ONCE]
                _book(step, now, pool.map(partial(_rewind, remote, moment, delete), now))
                step.after = now[-1][0].key
                last = not more and start + AT_ONCE >= len(keys)
                if not last and time.monotonic() > deadline:
                    return step
    step.after = ""
    return step


def _rewind(
    remote: Remote, moment: datetime.datetime, delete: bool, versions: Sequence[Version]
) -> str | AWSError:
    """Return what was done to a key: ``"back"``, ``"deleted"`` or nothing; or why it was not."""
    newest, then = versions[0], current_at(versions, moment)
    try:
        if then is None:
            if newest.is_delete_marker or not delete:
                return ""
            return delete_one(remote, newest.key, newest.etag) or "deleted"
        way = way_back(versions, then)
        if way is None:
            return ""
        if not way.markers and way.size > WHOLE_BYTES:
            return _too_large(way)
        return "" if bring_back(remote, way).how == "unchanged" else "back"
    except AWSError as error:
        return error


def _too_large(way: Way) -> ConflictError:
    return ConflictError(
        Sentence(
            gettext_noop(
                "The object {key!r} has more than {most} MiB. Restore its version on the page of "
                "the object."
            ),
            key=way.key,
            most=WHOLE_BYTES // 1024**2,
        )
    )


def _book(
    step: RewindStep, keys: Sequence[Sequence[Version]], results: Iterable[str | AWSError]
) -> None:
    for versions, result in zip(keys, results, strict=True):
        key = versions[0].key
        if isinstance(result, AWSError):
            step.refused[key] = result
        elif result == "deleted":
            step.deleted += 1
        elif result:
            step.done += 1
