"""The temporary files of downloads: their names, and when nobody comes back to one."""

from __future__ import annotations

import itertools
import os
import secrets
import time

PREFIX = ".philo-aws-"
SUFFIX = ".part"
"""A file between these two is a download that has not ended; nothing else has such a name."""
ABANDONED_AFTER = 24 * 3600
"""Seconds without a change after which no run, on whatever machine, will end that download."""

_numbers = itertools.count()
_process = secrets.token_hex(6)


def new_name(mark: str = "") -> str:
    """Return a name that no other file has, with ``mark`` in it."""
    # The process id too: forked processes count on from the same number.
    return f"{PREFIX}{_process}-{os.getpid():x}-{next(_numbers):x}{mark}{SUFFIX}"


def is_temporary(key: str) -> bool:
    """Say whether a key, or a file's name, is that of a download that has not ended."""
    return key.endswith(SUFFIX) and key.rpartition("/")[2].startswith(PREFIX)


def is_abandoned(status: os.stat_result) -> bool:
    """Say whether a temporary file is one that nobody will come back to."""
    # The time of the last change too: the modification time becomes the object's before the end.
    return time.time() - max(status.st_mtime, status.st_ctime) > ABANDONED_AFTER
