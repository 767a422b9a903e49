"""Which objects are not there any more, where S3's own answer to a delete does not tell."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from ...arguments import list_of_strings
from ...exceptions import AWSError
from ...limits import MAX_KEYS
from .page import list_page

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ...conf import Purpose

MOST_LISTS = 8
"""Requests that one call makes at most."""


def missing_keys(
    bucket_name: str,
    keys: Sequence[str],
    region_name: str | None = None,
    *,
    purpose: Purpose = "web",
) -> list[str]:
    """Return those of ``keys`` that are certainly not in the bucket.

    By a request for each folder that they lie in, or two; at most :data:`MOST_LISTS` in all. What
    could not be found out, because there are too many, or S3 refused to list, counts as there.
    """
    groups: dict[tuple[str, bool], list[str]] = defaultdict(list)
    for key in sorted(set(list_of_strings("keys", keys))):
        folder, slash, _name = key.rpartition("/")
        # What ends in a slash is no object to a listing of folders.
        groups[(key, True) if key.endswith("/") else (folder + slash, False)].append(key)
    missing: set[str] = set()
    lists = MOST_LISTS
    for (folder, _alone), names in groups.items():
        # A key comes first of all that begins like it.
        one = len(names) == 1
        after = "" if one else names[0][:-1]
        token, seen = "", set[str]()
        while lists:
            lists -= 1
            try:
                page = list_page(
                    bucket_name,
                    region_name,
                    prefix=names[0] if one else folder,
                    delimiter="" if one else "/",
                    token=token,
                    start_after=after,
                    limit=1 if one else MAX_KEYS,
                    purpose=purpose,
                )
            except AWSError:
                return [key for key in keys if key in missing]
            seen.update(entry.key for entry in page.entries)
            token, last = page.next_token, page.entries[-1].key if page.entries else ""
            sure = [name for name in names if not token or one or name <= last]
            missing.update(name for name in sure if name not in seen)
            if len(sure) == len(names):
                break
    return [key for key in keys if key in missing]
