"""The two sides of a transfer: objects below a prefix, files below a folder, and who takes part."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from ...exceptions import LocalFileError
from ..files import leftovers, tree
from ..files.names import to_name
from ..files.rooted import Root
from ..filters import Filter
from ..listing.stream import objects
from ..listing.xml import Object
from ..report import Report
from ..request.remote import Remote

FOLDER_MARKER = "folder marker"
LEFTOVER = "download that did not end"
GOING_ON = "temporary file of a download, younger than a day"

Path = str | os.PathLike[str]


def listed(remote: Remote, chosen: Filter) -> Iterator[Object]:
    """Yield the objects below the prefix that the filter keeps, their keys relative to it."""
    found = objects(
        remote.bucket,
        remote.region,
        prefix=remote.prefix + chosen.common_prefix(),
        relative_to=remote.prefix,
        purpose=remote.purpose,
        extra_args=remote.given_for("ListObjectsV2"),
    )
    return (item for item in found if chosen.keeps(item.key)) if chosen else found


def without_markers(remote: Remote, chosen: Filter, report: Report) -> Iterator[Object]:
    """Yield the listed objects; what is no file's is counted as skipped.

    That is what only stands for a folder, and what has the name of a temporary file.
    """
    for item in listed(remote, chosen):
        if is_marker(item):
            report.skip("download", remote.prefix + item.key, "", FOLDER_MARKER)
        elif leftovers.is_temporary(item.key):
            report.skip("download", remote.prefix + item.key, "", LEFTOVER)
        else:
            yield item


def is_marker(item: Any) -> bool:
    """Say whether ``item`` is an empty object that stands for a folder, as consoles make them.

    It is no file, so it is neither compared nor deleted.
    """
    return bool(item.key[-1:] in ("/", "") and not item.size)


def files_of(
    root: Root, chosen: Filter, on_temporary: Callable[[tree.File], None] | None = None
) -> Iterable[tree.Found]:
    """Yield the files of a target folder; none where it is not there yet.

    Other runs may be at work there. What vanishes meanwhile is not there, and a temporary file is
    none of the folder's, but for one that nobody comes back to; ``on_temporary`` is told of it.
    """
    if not os.path.isdir(root.path):
        return
    for found in tree.walk(root, chosen=chosen):
        if isinstance(found, tree.Obstacle):
            if found.error is None or found.error.code != tree.VANISHED:
                yield found
        elif not leftovers.is_temporary(found.key) or _is_abandoned(root, found):
            yield found
        elif on_temporary:
            on_temporary(found)


def _is_abandoned(root: Root, file: tree.File) -> bool:
    try:
        return leftovers.is_abandoned(root.stat(to_name(file.key)))
    except OSError:
        return False  # it is gone, as its download has ended


def without_leftovers(files: Iterator[tree.Found]) -> Iterator[tree.Found]:
    """Yield what is in a tree; a temporary file of a killed download is no file to upload."""
    for found in files:
        if leftovers.is_temporary(found.key):
            yield tree.Obstacle(found.key, found.path, LEFTOVER, None)
        else:
            yield found


def prepare(destination_dir: Path, *, dry_run: bool) -> str:
    """Make the target folder, not its parents, and return its path."""
    folder = os.fspath(destination_dir)
    if os.path.isdir(folder):
        return folder
    if os.path.lexists(folder):
        raise LocalFileError(f"{folder!r} is not a folder. Give the name of a folder.")
    if not os.path.isdir(os.path.dirname(os.path.abspath(folder))):
        parent = os.path.dirname(os.path.abspath(folder))
        raise LocalFileError(f"There is no folder {parent!r}. Make it first, or check the path.")
    if not dry_run:
        try:
            os.mkdir(folder)
        except OSError as error:
            raise LocalFileError(
                f"The folder {folder!r} cannot be made: {error.strerror}."
            ) from error
    return folder
