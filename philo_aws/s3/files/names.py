"""Names of files as keys and back: keys are UTF-8, and so are the names, whatever the locale says.

Where the locale has another encoding (in the locale C, and without its UTF-8 mode, Python takes all
names for ASCII) Python reads the bytes of a name as other characters, or as none.
"""

from __future__ import annotations

import os
import sys

_IN_UTF_8 = sys.getfilesystemencoding() == "utf-8"


def to_key(name: str) -> str:
    """Return the text of a name, or a path, as Python has it from the system.

    Bytes that are no UTF-8 stay Python's surrogates.
    """
    if _IN_UTF_8 or name.isascii():
        return name
    return os.fsencode(name).decode("utf-8", "surrogateescape")


def to_name(key: str) -> str:
    """Return what Python has to give the system for a name that is to be ``key``."""
    if _IN_UTF_8 or key.isascii():
        return key
    return os.fsdecode(key.encode("utf-8", "surrogateescape"))
