"""The action of ``aws_s3`` that invalidates, and the same at the end of a transfer."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from django.core.management.base import CommandError

from .. import s3
from ..aws_errors import translated
from ..exceptions import AWSError, UsageError
from ..s3.cdn import WAIT_SECONDS
from ..s3.cdn_paths import MAX_PATHS
from . import s3_flags as flags
from .actions import Action, ActionParser
from .json_input import STDIN
from .output import Output, escape
from .process import FAILED

if TYPE_CHECKING:
    from ..s3.report import Watcher
    from ..s3.stale import StaleKeys, StaleWatcher

_NOTHING = "Nothing changed that a cache may have: nothing is to be invalidated."


def _invalidate_flags(parser: ActionParser) -> None:
    parser.add_flag("distribution", required=True, metavar="ID", help="such as E1A2B3C4D5E6F7")
    parser.add_flag("path", action="append", help="'/a.css', or '/static/*' (repeatable)")
    parser.add_flag("key", action="append", help="an object's key (repeatable)")
    parser.add_flag(
        "from",
        file=True,
        metavar="FILE",
        help="what changed, as --format jsonl of a sync tells it; - is the standard input",
    )
    parser.add_flag("include_new", action="store_true", help="with --from: what is new too")
    _origin_flag(parser)
    parser.add_flag(
        "path_prefix", default="", metavar="PATH", help="what stands before keys in addresses"
    )
    parser.add_flag(
        "max_paths",
        type=flags.count,
        default=MAX_PATHS,
        metavar="N",
        help="a wildcard for the fullest folders if more (default: %(default)s)",
    )
    parser.add_flag("caller_reference", metavar="TEXT", help="one is invalidated once")
    parser.add_flag("wait", action="store_true", help="until CloudFront has done it")
    parser.add_flag(
        "timeout",
        type=flags.count,
        default=int(WAIT_SECONDS),
        metavar="SECONDS",
        help="the longest wait (default: %(default)s)",
    )
    flags.dry_run(parser)


def _origin_flag(parser: ActionParser) -> None:
    parser.add_flag(
        "origin_path",
        default="",
        metavar="PATH",
        help="the folder of the bucket that is the distribution's top",
    )


def _invalidate(
    output: Output,
    *,
    distribution: str,
    path: list[str] | str | None,
    key: list[str] | str | None,
    include_new: bool,
    dry_run: bool,
    **options: Any,
) -> None:
    source = options.pop("from")
    if path is None and key is None and source is None:
        raise UsageError("Say what to invalidate: --path '/static/*', --key, or --from a report.")
    if include_new and source is None:
        raise UsageError("--include_new is about a report: it needs --from.")
    told = None if source is None else _told_by(source, include_new=include_new)
    keys = [*_several(key), *(told.keys if told else ())]
    if told and told.dry_run and not dry_run:
        output.note("The report is of a dry run, so nothing is invalidated.")
        dry_run = True
    answer = s3.invalidate(
        distribution,
        _several(path),
        keys=keys,
        dry_run=dry_run,
        on_remark=output.note,
        **options,
    )
    if not answer:
        output.note(_NOTHING)
    elif dry_run and output.style == "table":
        for item in answer["InvalidationBatch"]["Paths"]["Items"]:
            output.write(f"invalidate {escape(item)}")
    else:
        output.answer(answer)
    if told and not told.whole:
        raise CommandError(
            "The report is not whole: its run was interrupted, or the end is missing. What else"
            " changed is not known; invalidate the folder with --path '/…/*'.",
            returncode=FAILED,
        )


def _told_by(source: str, *, include_new: bool) -> StaleKeys:
    name = "standard input" if source == STDIN else source
    with translated(filename=name), _opened(source) as lines:
        return s3.stale_keys(lines, include_new=include_new)


def _opened(source: str) -> contextlib.AbstractContextManager[Any]:
    if source == STDIN:
        return contextlib.nullcontext(sys.stdin.buffer)
    return open(source, "rb")


def _several(values: list[str] | str | None) -> list[str]:
    return [values] if isinstance(values, str) else list(values or ())


def after_flags(parser: ActionParser) -> None:
    """Add the flags of a transfer that is followed by an invalidation."""
    parser.add_flag(
        "invalidate",
        metavar="DISTRIBUTION",
        help="have this distribution of CloudFront forget what changed",
    )
    _origin_flag(parser)


@contextlib.contextmanager
def after(output: Output, given: dict[str, Any]) -> Iterator[Callable[[Watcher], Watcher]]:
    """Invalidate what the block changed, told to the watcher that is made of the block's own.

    Takes the flags of :func:`after_flags` out of ``given``. What was changed is invalidated also
    where something else failed; an error of that comes first. After an interrupt it is not, and a
    remark says how it can be.
    """
    distribution = given.pop("invalidate", None)
    origin_path = given.pop("origin_path", "")
    if distribution is None:
        if origin_path:
            raise UsageError("--origin_path is about a distribution: it needs --invalidate.")
        yield lambda watcher: watcher
        return
    # What cannot be is refused before anything is moved.
    s3.invalidate(distribution, dry_run=True, origin_path=origin_path)
    seen: list[StaleWatcher] = []

    def watched(watcher: Watcher) -> Watcher:
        seen.append(s3.StaleWatcher(watcher))
        return seen[-1]

    def end() -> None:
        keys = [key for one in seen for key in one.keys]
        _after_all(output, distribution, keys, origin_path, dry_run=given.get("dry_run") is True)

    try:
        yield watched
    except KeyboardInterrupt:
        if any(one.keys for one in seen):
            output.note(
                "Interrupted, so what changed was not invalidated. The next run will not know of"
                f" it: manage.py aws_s3 invalidate --distribution {distribution} --path '/…/*'"
            )
        raise
    except Exception:
        try:
            end()
        except AWSError as error:
            output.note(f"Not invalidated: {error}")
        raise
    end()


def _after_all(
    output: Output, distribution: str, keys: list[str], origin_path: str, *, dry_run: bool
) -> None:
    answer = s3.invalidate(
        distribution, keys=keys, origin_path=origin_path, dry_run=dry_run, on_remark=output.note
    )
    if not answer:
        output.note(_NOTHING)
        return
    batch = answer["InvalidationBatch"] if dry_run else answer["Invalidation"]["InvalidationBatch"]
    paths = batch["Paths"]
    count = f"{paths['Quantity']:,} path{'s' if paths['Quantity'] != 1 else ''} of {distribution}"
    if dry_run:
        output.note(f"Would be invalidated: {count}: {_first(paths['Items'])}.")
    else:
        made = answer["Invalidation"]
        output.note(f"Invalidated {count}: {made['Id']}, {made['Status']}.")


def _first(paths: list[str]) -> str:
    more = f" and {len(paths) - 5:,} more" if len(paths) > 5 else ""
    return ", ".join(paths[:5]) + more


ACTIONS = (
    Action(
        name="invalidate",
        help="Have CloudFront forget what its caches have of paths or objects.",
        example="aws_s3 invalidate --distribution E1A2B3C4D5E6F7 --path '/static/*' --wait",
        method=_invalidate,
        flags=_invalidate_flags,
    ),
)
