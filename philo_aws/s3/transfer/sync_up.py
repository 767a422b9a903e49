"""A bucket is made equal to a folder."""

from __future__ import annotations

from ..deleting import delete_and_count
from ..files import tree
from ..files.rooted import Root
from ..filters import Filter
from ..headers import Headers
from ..report import Report, Watcher, reported
from ..request.remote import Remote
from .comparisons import Comparison
from .extras import Extras, Guards
from .folders import steps, uploads
from .line import Line
from .sides import Path, listed, without_leftovers


def sync_up(
    folder: Path,
    remote: Remote,
    *,
    chosen: Filter,
    how: Comparison,
    headers: Headers,
    follow_symlinks: bool,
    guards: Guards | None,
    dry_run: bool,
    watcher: Watcher | None,
) -> Report:
    """Make the objects below the prefix equal to the files, as :func:`philo_aws.s3.sync` says.

    Nothing is deleted without ``guards``.
    """
    with Root(folder, follow=follow_symlinks) as root, Extras(remote.prefix) as extras:
        files = without_leftovers(tree.walk(root, chosen=chosen))
        with reported(dry_run, watcher) as report:
            make = uploads(remote, headers, root)
            line = Line(remote, report, "upload", make, on_extra=extras.note if guards else None)
            line.run(steps(files, listed(remote, chosen), remote, root, how, upload=True))
            if guards and extras.may_go(guards, report, sources=line.sources):
                delete_and_count(remote, extras.keys(), report)
    return report
