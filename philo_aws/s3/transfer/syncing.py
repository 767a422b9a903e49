"""Making one side equal to the other: what is wanted is looked at here, and goes its way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, get_args

from ... import arguments
from ...conf import Purpose, TransferConfig
from ...exceptions import UsageError
from ..filters import Rule
from ..headers import HeaderRule
from ..report import Report, Watcher
from ..request.extra_args import is_for_reading
from ..request.remote import make_remote
from .comparisons import Compare
from .extras import Guards
from .sides import Path
from .sync_down import sync_down
from .sync_up import sync_up
from .wanted import check_flags, check_folder, comparison, filter_of, headers_of

Direction = Literal["up", "down"]
DIRECTIONS: tuple[Direction, ...] = get_args(Direction)


def sync(
    folder: Path,
    bucket_name: str,
    region_name: str | None = None,
    *,
    direction: Direction = "up",
    prefix: str = "",
    rules: Sequence[Rule] = (),
    compare: Compare = "checksum",
    delete: bool = False,
    max_delete: int | None = None,
    allow_empty: bool = False,
    headers: Sequence[HeaderRule] = (),
    default_headers: Mapping[str, str] | None = None,
    follow_symlinks: bool = False,
    dry_run: bool = False,
    extra_args: Mapping[str, Any] | None = None,
    transfer: TransferConfig | None = None,
    watcher: Watcher | None = None,
    purpose: Purpose = "commands",
) -> Report:
    """Bring the differences between ``folder`` and the bucket up or down.

    ``up`` makes the objects under the folder ``prefix`` equal to the files, ``down`` the files to
    the objects. With ``delete`` what only the target has is deleted, after everything else, and
    only when both sides were read whole and nothing failed; never what ``rules`` exclude, never
    more than ``max_delete`` (then nothing), and never because the source is empty unless
    ``allow_empty``; a dry run names what would go all the same. Where a file that is to be deleted
    is in the place of an object's folder, or such files' folder in an object's, that object comes
    after the deleting. A local file that changed after it was looked at is not deleted. Raises what
    :func:`upload_dir` and :func:`download_dir` raise, and
    :exc:`~philo_aws.exceptions.IncompleteError` when a guard stops the deleting.
    """
    direction = arguments.one_of("direction", direction, DIRECTIONS)
    if direction == "down" and (headers or default_headers or follow_symlinks):
        raise UsageError("Headers and follow_symlinks are for the direction up.")
    remote = make_remote(bucket_name, region_name, prefix, extra_args, transfer, purpose)
    if direction == "down" and not is_for_reading(remote.extra_args):
        raise UsageError("Properties of objects are for the direction up.")
    chosen, how = filter_of(rules), comparison(compare)
    check_flags(
        delete=delete, allow_empty=allow_empty, follow_symlinks=follow_symlinks, dry_run=dry_run
    )
    if max_delete is not None:
        arguments.whole_number("max_delete", max_delete)
    check_folder("folder", folder)
    guards = Guards(max_delete=max_delete, allow_empty=allow_empty) if delete else None
    if direction == "down":
        return sync_down(
            folder,
            remote,
            chosen=chosen,
            how=how,
            guards=guards,
            dry_run=dry_run,
            watcher=watcher,
        )
    return sync_up(
        folder,
        remote,
        chosen=chosen,
        how=how,
        headers=headers_of(headers, default_headers),
        follow_symlinks=follow_symlinks,
        guards=guards,
        dry_run=dry_run,
        watcher=watcher,
    )
