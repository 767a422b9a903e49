"""Which paths of a CloudFront distribution go stale with which keys, within CloudFront's limits.

Pure: no request is made here. What CloudFront takes as a path is told at
https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/invalidation-specifying-objects.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import quote

from ..arguments import show, text
from ..exceptions import UsageError

# https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/InvalidationLimits.html
MAX_PATHS = 3000
"""Paths without a wildcard that a distribution has in work at a time, at most."""
MAX_WILDCARDS = 15
"""Paths that end with ``*`` and are in work at a time, at most."""
MAX_LENGTH = 4000
"""Characters of a path, at most."""

# Everything that prints in ASCII but what RFC 1738 calls unsafe, and "?", which begins a query.
# CloudFront wants those encoded and no others.
_LEFT_AS_IT_IS = "!$&'()+,-./:;=@_"
# As Django, and so a link of a storage, spells the name of a file.
_LEFT_IN_LINKS = "/~!*()'"
# No path may have the one, in whatever spelling, and the other is a wildcard wherever it stands.
_UNSPEAKABLE = re.compile(r"[~*]")


@dataclass(frozen=True, kw_only=True)
class PathPlan:
    """What is to be invalidated."""

    paths: tuple[str, ...]
    """Paths in order, those with a wildcard among them; none is within another."""
    remarks: tuple[str, ...] = ()
    """Sentences that say where more is invalidated than was named, or less."""


def plan_paths(
    paths: Iterable[str],
    keys: Iterable[str] = (),
    *,
    origin_path: str = "",
    path_prefix: str = "",
    max_paths: int = MAX_PATHS,
) -> PathPlan:
    """Return what to invalidate for ``paths`` as they are, and for objects by their ``keys``.

    ``origin_path`` is the folder of the bucket that the distribution serves as its top: keys
    outside of it are left out. ``path_prefix`` stands before each key in the addresses of the
    distribution. Of more than ``max_paths`` (or than 15 wildcards) those of the fullest folders
    are taken together by a wildcard, and all of them where that does not do.

    Raises :exc:`~philo_aws.exceptions.UsageError` for a path that CloudFront does not take.
    """
    found = {check_path(path) for path in paths}
    outside = 0
    within, before = origin_path.strip("/"), path_prefix.strip("/")
    for key in keys:
        place = key.removeprefix(f"{within}/") if within else key
        if within and place == key:
            outside += 1
        else:
            found.update(paths_of(f"{before}/{place}" if before else place))
    remarks = []
    if outside:
        remarks.append(
            f"{outside:,} that changed are outside of {within!r}, which the distribution serves."
        )
    wild = _widest({path for path in found if path.endswith("*")})
    single = {path for path in found if not path.endswith("*") and not _is_within(path, wild)}
    if len(wild) > MAX_WILDCARDS or len(single) + len(wild) > max_paths:
        folded = _folded(single, wild, max_paths)
        remarks.append(
            f"{len(single) + len(wild):,} paths are more than are invalidated at a time: "
            f"{', '.join(sorted(folded - single - wild))} stands for those within."
        )
        return PathPlan(paths=tuple(sorted(folded)), remarks=tuple(remarks))
    return PathPlan(paths=tuple(sorted(single | wild)), remarks=tuple(remarks))


def check_path(path: str) -> str:
    """Return ``path`` as CloudFront takes it: what it wants encoded is, and ``%20`` stays so.

    Raises :exc:`~philo_aws.exceptions.UsageError`.
    """
    text("A path", path)
    if not path.startswith("/"):
        raise UsageError(
            f"{show(path)} is no path of a distribution. Begin it with '/', as in an address behind"
            " the name of the host: '/static/site.css', or '/static/*' for all within."
        )
    spelled = quote(path, safe=f"{_LEFT_AS_IT_IS}%?*~")
    if "~" in path:
        raise UsageError(
            f"{show(path)} has a '~', which CloudFront takes in no path. End the path before it"
            " with a '*'."
        )
    if "*" in path[:-1]:
        raise UsageError(
            f"{show(path)} has a '*' that is not at its end, where alone CloudFront takes one."
        )
    if len(spelled) > MAX_LENGTH:
        raise UsageError(
            f"A path of {len(spelled):,} characters is longer than the {MAX_LENGTH:,} that"
            " CloudFront takes. End it earlier, with a '*'."
        )
    return spelled


def paths_of(place: str) -> set[str]:
    """Return the paths of what is at ``place``, which is a key or what stands for one.

    Two where CloudFront's own spelling is not that of links: which of them was asked for, and is
    in the cache, is not known. Where there is none, that of all that begin so, by a wildcard.
    """
    stem = _UNSPEAKABLE.split(place, maxsplit=1)[0]
    end = "" if stem == place else "*"
    made = set()
    for safe in (_LEFT_AS_IT_IS, _LEFT_IN_LINKS):
        path = f"/{quote(stem, safe=safe)}{end}"
        made.add(path if len(path) <= MAX_LENGTH else _shortened(stem))
    return made


def _shortened(stem: str) -> str:
    # One character of a key has 12 at most in a path.
    return f"/{quote(stem[: MAX_LENGTH // 12 - 1], safe=_LEFT_AS_IT_IS)}*"


def _widest(wild: set[str]) -> set[str]:
    kept: set[str] = set()
    for path in sorted(wild, key=len):
        if not _is_within(path, kept):
            kept.add(path)
    return kept


def _is_within(path: str, wild: set[str]) -> bool:
    return any(path.startswith(other[:-1]) for other in wild)


def _folded(single: set[str], wild: set[str], most: int) -> set[str]:
    """Return wildcards for the fullest folders, and what is left beside them."""
    top = _folder_of_all(single | wild)
    within: dict[str, set[str]] = {}
    for path in single | wild:
        name, slash, _ = path[len(top) :].partition("/")
        if slash:
            within.setdefault(f"{top}{name}/*", set()).add(path)
    left = single | wild
    for folder in sorted(within, key=lambda folder: (-len(within[folder]), folder)):
        left = (left - within[folder]) | {folder}
        wildcards = sum(path.endswith("*") for path in left)
        if len(left) <= most and wildcards <= MAX_WILDCARDS:
            return left
    return {f"{top}*"}


def _folder_of_all(paths: set[str]) -> str:
    first, last = min(paths), max(paths)
    length = next(
        (
            place
            for place, (one, other) in enumerate(zip(first, last, strict=False))
            if one != other
        ),
        min(len(first), len(last)),
    )
    return first[: first.rindex("/", 0, max(length, 1)) + 1]
