"""Bring back what was deleted, many objects or a whole folder, in bounded steps."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from django.utils.translation import gettext_noop

from ...arguments import list_of_strings, number
from ...exceptions import AWSError, ObjectNotFoundError
from ...sentences import Sentence
from ...side_by_side import SideBySide
from ..delete_requests import delete_one
from ..listing.versions import versions_of
from ..request.remote import Remote, make_remote
from .deleted import DeletedObject, Walk, deleted_object
from .steps import STEP_SECONDS, BoundedStep
from .usage import LONGEST

if TYPE_CHECKING:
    from ...conf import Purpose

AT_ONCE = 16
"""Objects that are brought back side by side."""


@dataclass(kw_only=True)
class UndeleteStep(BoundedStep):
    """What one step brought back."""

    left: list[str] = field(default_factory=list)
    """The keys that are still to be brought back."""


def undelete_keys(
    bucket_name: str,
    keys: Sequence[str],
    region_name: str | None = None,
    *,
    seconds: float = STEP_SECONDS,
    purpose: Purpose = "web",
) -> UndeleteStep:
    """Bring these objects back, by taking their delete markers away, for about ``seconds``.

    With what is there already nothing has to be done. Of what cannot be brought back the error is
    told.
    """
    deadline = time.monotonic() + number("seconds", seconds, 0, LONGEST)
    remote = make_remote(bucket_name, region_name, "", None, None, purpose)
    step, left = UndeleteStep(), list_of_strings("keys", keys)
    with SideBySide(AT_ONCE, AT_ONCE, "philo-aws-undelete") as pool:
        while left and (time.monotonic() <= deadline or len(left) == len(keys)):
            now, left = left[:AT_ONCE], left[AT_ONCE:]
            for key, result in zip(now, pool.map(partial(_undelete, remote), now), strict=True):
                if isinstance(result, AWSError):
                    step.refused[key] = result
                elif result:
                    step.done += 1
                else:
                    step.needless.append(key)
    step.left = list(left)
    return step


def _undelete(remote: Remote, key: str) -> AWSError | bool:
    """Bring an object back; ``False`` where it is there."""
    try:
        versions = versions_of(remote.bucket, key, remote.region, purpose=remote.purpose)
    except AWSError as error:
        return error
    if versions and not versions[0].is_delete_marker:
        return False
    what = deleted_object(versions)
    if what is None:
        return ObjectNotFoundError(
            Sentence(
                gettext_noop("No version of object {key!r} in bucket {bucket!r} is left."),
                key=key,
                bucket=remote.bucket,
            ),
            code="NoSuchKey",
        )
    return _take_away(remote, what) or True


def _take_away(remote: Remote, what: DeletedObject) -> AWSError | None:
    # Each by a request of its own, as many at once want s3:DeleteObject besides. The oldest first:
    # the object is there again with the last of them, which is the newest.
    for marker in reversed(what.markers):
        if error := delete_one(remote, what.key, version_id=marker):
            return error
    return None


def undelete_step(
    bucket_name: str,
    prefix: str,
    region_name: str | None = None,
    *,
    after: str = "",
    seconds: float = STEP_SECONDS,
    purpose: Purpose = "web",
) -> BoundedStep:
    """Bring back what was deleted below ``prefix``, for about ``seconds``."""
    deadline = time.monotonic() + number("seconds", seconds, 0, LONGEST)
    remote = make_remote(bucket_name, region_name, "", None, None, purpose)
    step = BoundedStep(after=after)
    with SideBySide(AT_ONCE, AT_ONCE, "philo-aws-undelete") as pool:
        for keys, more in Walk(bucket_name, region_name, prefix, after=after, purpose=purpose):
            found = list(filter(None, map(deleted_object, keys)))
            for start in range(0, len(found), AT_ONCE):
                now = found[start : start + AT_ONCE]
                _book(step, now, pool.map(partial(_take_away, remote), now))
                step.after = now[-1].key
                last = not more and start + AT_ONCE >= len(found)
                if not last and time.monotonic() > deadline:
                    return step
            if keys:
                step.after = keys[-1][0].key
            if more and step.after > after and time.monotonic() > deadline:
                return step
    step.after = ""
    return step


def _book(
    step: BoundedStep, found: Sequence[DeletedObject], errors: Iterable[AWSError | None]
) -> None:
    for what, error in zip(found, errors, strict=True):
        if error is None:
            step.done += 1
            step.bytes += what.size
        else:
            step.refused[what.key] = error
