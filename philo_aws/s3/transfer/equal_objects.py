"""Is an object what another one of its size is: by what is known of both, without their content."""

from __future__ import annotations

from collections.abc import Mapping

from ..engine import proof
from ..listing.xml import Object
from ..objects.properties import head_object
from ..request.remote import Remote
from .changes import DIFFERENT
from .plan import PlanStep

_CHECKSUMS = tuple(f"x-amz-checksum-{name}" for name in proof.NAMES)
_TYPE = "x-amz-checksum-type"


class ObjectCheck:
    """Compares an object with what may be its copy.

    By the ETags where they tell: equal ones are of equal content, and different ones of different
    content where both are MD5s. Else, as for objects sent in parts or encrypted with a key, both
    are asked about, and their checksums compared. Where these do not tell either, the one that is
    not older than its source is taken for its copy.
    """

    def __init__(self, source: Remote, target: Remote) -> None:
        self._source = source
        self._target = target

    def __call__(self, step: PlanStep) -> str:
        """Return why the two of ``step`` differ, or an empty string."""
        reason = self.by_etag(step)
        return self.by_asking(step) if reason is None else reason

    def by_etag(self, step: PlanStep) -> str | None:
        """Return the same by what was listed, ``None`` where that does not tell."""
        one, other = step.source.etag, step.target.etag
        if not one or not other:
            return None
        if one == other:
            return ""
        # A copy in a single part has an ETag of its own.
        return "" if _is_one_part(one, other) or _is_one_part(other, one) else None

    def by_asking(self, step: PlanStep) -> str:
        """Return the same by what the store tells of both, which takes two requests."""
        one, other = _head(self._source, step.key), _head(self._target, step.key)
        if proof.is_md5(proof.md5_of(one)) and proof.is_md5(proof.md5_of(other)):
            return DIFFERENT  # they were not equal
        same = _same_checksum(one, other)
        if same is None:
            source, target = _objects(step)
            same = target.mtime_ns >= source.mtime_ns
        return "" if same else DIFFERENT


def _is_one_part(etag: str, other: str) -> bool:
    return other.endswith("-1") and other == proof.etag_of_one_part(etag)


def _objects(step: PlanStep) -> tuple[Object, Object]:
    return step.source, step.target


def _head(remote: Remote, key: str) -> Mapping[str, str]:
    """Return the headers of what is told of an object, their names in lower case."""
    told = head_object(
        remote.bucket,
        remote.prefix + key,
        remote.region,
        extra_args=remote.given_for("HeadObject"),
        purpose=remote.purpose,
    )
    found = told["ResponseMetadata"]["HTTPHeaders"]
    return {name.lower(): value for name, value in found.items()}


def _same_checksum(one: Mapping[str, str], other: Mapping[str, str]) -> bool | None:
    """Compare two answers by a checksum that both have; ``None`` where that does not tell.

    Of parts there is one over their checksums, which differs where they were cut differently.
    """
    for header in _CHECKSUMS:
        mine, theirs = one.get(header), other.get(header)
        if not mine or not theirs:
            continue
        if mine == theirs:
            return True
        of_parts = "-" in mine + theirs or "COMPOSITE" in (one.get(_TYPE), other.get(_TYPE))
        if not of_parts:
            return False
    return None
