"""What was deleted from a folder and can be brought back, found by a bounded number of requests.

A bucket that keeps versions hides a deleted object behind a delete marker. Where nothing is left
behind the marker, nothing can be brought back, and the object is not told of here.
"""

from __future__ import annotations

import datetime
import itertools
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from ...arguments import list_of_strings, number, text, whole_number
from ...limits import MAX_KEYS
from ..listing.paging import Progress
from ..listing.versions import Version, list_versions, newest_first
from ..request.names import check_prefix
from .steps import STEP_SECONDS, Count
from .usage import LONGEST

if TYPE_CHECKING:
    from ...conf import Purpose

SCAN_PAGES = 5
"""Requests for one page of deleted objects, of a thousand versions each."""
# No key that people make comes after it in a folder.
_LAST = "\U0010ffff"


@dataclass(frozen=True, kw_only=True)
class DeletedObject:
    """An object that was deleted, of which a version is left."""

    key: str
    """Its key."""
    deleted: datetime.datetime
    """When it was deleted, for the last time."""
    size: int
    """The bytes of what comes back."""
    markers: tuple[str, ...]
    """The delete markers that hide it, the newest first."""


@dataclass(kw_only=True)
class DeletedFolder:
    """A folder that holds deleted objects."""

    prefix: str
    """The whole of it, with the slash."""
    objects: int = 0
    """How many were found."""
    complete: bool = True
    """Whether that is all."""


@dataclass(kw_only=True)
class DeletedPage:
    """What was found in a folder, as far as it was looked."""

    objects: list[DeletedObject] = field(default_factory=list)
    """Those of the folder itself."""
    folders: dict[str, DeletedFolder] = field(default_factory=dict)
    """The folders in it that hold some, by prefix."""
    seen: int = 0
    """Versions looked at."""
    after: str = ""
    """Where to go on; empty where all was looked at."""


class Walk:
    """The versions below a prefix, page by page, those of a key always together."""

    def __init__(
        self,
        bucket_name: str,
        region_name: str | None,
        prefix: str,
        *,
        after: str = "",
        purpose: Purpose = "web",
    ) -> None:
        self._ask = partial(
            list_versions,
            bucket_name,
            region_name,
            prefix=check_prefix(text("prefix", prefix)),
            delimiter="",
            limit=MAX_KEYS,
            purpose=purpose,
        )
        self._next = (text("after", after), "")
        self._progress = Progress()
        self.pending: list[Version] = []
        """The versions of the last key, of which there may be more on the next page."""
        self.seen = 0
        """How many came."""

    def skip(self, folder: str) -> None:
        """Leave out what else is in a folder, from the next page on."""
        self._next = (folder + _LAST, "")
        self.pending = []

    def __iter__(self) -> Iterator[tuple[list[list[Version]], bool]]:
        """Yield the keys of a page, each as its versions, the newest first, and if more follow."""
        more = True
        while more:
            key, version = self._next
            page = self._ask(key_marker=key, version_marker=version)
            # Some stores, as moto, begin with the key of the marker, and not after it.
            come = [found for found in page.versions if version or found.key > key]
            self._progress.see(
                [(found.key, found.version_id) for found in come], [found.key for found in come]
            )
            self.seen += len(come)
            more = bool(page.next_key)
            self._next = (page.next_key, page.next_version)
            every = (*self.pending, *come)
            keys = [
                newest_first(group)
                for _, group in itertools.groupby(every, key=lambda found: found.key)
            ]
            self.pending = keys.pop() if more and keys else []
            yield keys, more


def deleted_object(versions: Sequence[Version]) -> DeletedObject | None:
    """Return what a key was, of its versions, the newest first; ``None`` where it is there."""
    markers = tuple(itertools.takewhile(lambda version: version.is_delete_marker, versions))
    if not markers or len(markers) == len(versions):
        return None
    return DeletedObject(
        key=markers[0].key,
        deleted=markers[0].last_modified,
        size=versions[len(markers)].size,
        markers=tuple(marker.version_id for marker in markers),
    )


def scan_deleted(
    bucket_name: str,
    prefix: str,
    region_name: str | None = None,
    *,
    after: str = "",
    limit: int = MAX_KEYS,
    pages: int = SCAN_PAGES,
    purpose: Purpose = "web",
) -> DeletedPage:
    """Look for deleted objects in a folder and for the folders in it that hold some.

    By at most ``pages`` requests and until ``limit`` were found; ``after`` is where the page before
    ended. Of a folder that holds some the rest is not looked at, so that the next one is reached.
    Raises what :func:`~philo_aws.s3.listing.versions.list_versions` does.
    """
    whole_number("limit", limit, 1)
    found, walk = (
        DeletedPage(),
        Walk(bucket_name, region_name, prefix, after=after, purpose=purpose),
    )
    last = ""
    for asked, (keys, more) in enumerate(walk, start=1):
        found.seen = walk.seen
        if more and not keys and asked >= pages and not last:
            # One key with more versions than a page looks at: the newest of them tell enough.
            keys.append(walk.pending)
        for versions in keys:
            last = versions[0].key
            _add(found, prefix, versions)
            if len(found.objects) + len(found.folders) >= limit:
                return _stopped(found, prefix, last)
        if more and asked >= pages:
            return _stopped(found, prefix, last)
        if more and walk.pending:
            folder = _folder_of(prefix, walk.pending[0].key)
            if folder in found.folders:
                found.folders[folder].complete = False
                walk.skip(folder)
                last = folder + _LAST
    return found


def _stopped(found: DeletedPage, prefix: str, last: str) -> DeletedPage:
    found.after = last
    if folder := found.folders.get(_folder_of(prefix, last)):
        folder.complete = False
    return found


def _add(found: DeletedPage, prefix: str, versions: Sequence[Version]) -> None:
    what = deleted_object(versions)
    if what is None:
        return
    folder = _folder_of(prefix, what.key)
    if not folder:
        found.objects.append(what)
        return
    found.folders.setdefault(folder, DeletedFolder(prefix=folder)).objects += 1


def _folder_of(prefix: str, key: str) -> str:
    """Return the folder right below ``prefix`` that a key is in; empty for one beside them."""
    name, slash, _rest = key[len(prefix) :].partition("/")
    return prefix + name + slash if slash else ""


def count_deleted(
    bucket_name: str,
    prefixes: Sequence[str],
    region_name: str | None = None,
    *,
    limit: int = 10_000,
    seconds: float = STEP_SECONDS,
    purpose: Purpose = "web",
) -> Count:
    """Count what can be brought back below ``prefixes``, until ``limit`` or ``seconds``."""
    whole_number("limit", limit, 1)
    deadline = time.monotonic() + number("seconds", seconds, 0, LONGEST)
    objects = size = 0
    for prefix in list_of_strings("prefixes", prefixes):
        for keys, more in Walk(bucket_name, region_name, prefix, purpose=purpose):
            for what in filter(None, map(deleted_object, keys)):
                objects += 1
                size += what.size
            if more and (objects >= limit or time.monotonic() > deadline):
                return Count(objects=objects, bytes=size, complete=False)
    return Count(objects=objects, bytes=size, complete=True)
