"""How equal files are known: the strategies of ``compare``, in one table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, get_args

from ..files.tree import File
from ..listing.xml import Object
from .plan import UNDECIDED, Differs

Compare = Literal["checksum", "size_mtime", "size", "always"]
COMPARISONS: tuple[Compare, ...] = get_args(Compare)


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """One strategy; its functions are pure, for :func:`philo_aws.s3.transfer.plan.compare`."""

    up: Differs
    """Says why a file replaces an object."""
    down: Differs
    """Says why an object replaces a file."""
    across: Differs
    """Says why an object replaces another one, as its copy."""
    looks: bool = True
    """Whether it matters what the target has: else that is not listed where nothing is deleted."""
    by_content: bool = False
    """Whether what they call undecided is settled by the content, for which files are read, or
    objects asked about."""


def _always(source: Any, target: Any) -> str:
    return "always"


def _other_size(source: Any, target: Any) -> str:
    return "" if source.size == target.size else "size"


def _newer_file(source: File, target: Object) -> str:
    if source.size != target.size:
        return "size"
    return "mtime" if source.mtime_ns > target.mtime_ns else ""


def _other_time(source: Object, target: File) -> str:
    if source.size != target.size:
        return "size"
    return "" if source.mtime_ns == target.mtime_ns else "mtime"


def _newer_object(source: Object, target: Object) -> str:
    if source.size != target.size:
        return "size"
    return "mtime" if source.mtime_ns > target.mtime_ns else ""


def _other_content(source: Any, target: Any) -> str:
    return UNDECIDED if source.size == target.size else "size"


STRATEGIES: dict[Compare, Comparison] = {
    "checksum": Comparison(
        up=_other_content, down=_other_content, across=_other_content, by_content=True
    ),
    "size_mtime": Comparison(up=_newer_file, down=_other_time, across=_newer_object),
    "size": Comparison(up=_other_size, down=_other_size, across=_other_size),
    "always": Comparison(up=_always, down=_always, across=_always, looks=False),
}
