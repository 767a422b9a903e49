"""Names of files as Django has them, and the keys that they are under."""

from __future__ import annotations

import posixpath
from typing import Any

from django.core.exceptions import SuspiciousFileOperation


def normalised(name: Any) -> str:
    """Return a name as a path below the storage's root, which itself is an empty text.

    Backslashes are slashes, as everywhere in Django. Raises
    :exc:`~django.core.exceptions.SuspiciousFileOperation` for what would be outside of the root:
    an absolute path, and one whose ``..`` lead out of it.
    """
    text = "" if name is None else str(name).replace("\\", "/")
    # Before the location comes in front of it: "static/" and "a/../../b" together look harmless.
    made = posixpath.normpath(text) if text else ""
    if made.startswith("/"):
        if not made.strip("/"):
            return ""
        raise SuspiciousFileOperation(
            f"The name {name!r} is an absolute path. Give one relative to the storage's location."
        )
    if made == ".." or made.startswith("../"):
        raise SuspiciousFileOperation(
            f"The name {name!r} leads out of the storage's location. Leave the '..' out."
        )
    return "" if made == "." else made


def required(name: Any) -> str:
    """Return a name, normalised, that is a file's and not the root's.

    Raises :exc:`ValueError`, and what :func:`normalised` raises.
    """
    made = normalised(name)
    if not made:
        raise ValueError(f"{name!r} is no name of a file. Give one.")
    return made


def path_of_url(name: Any) -> str:
    """Return a name as it stands in a URL: normalised, a slash at its end kept.

    Slashes at its beginning go: ``//example.com/x`` would be another host.
    """
    text = "" if name is None else str(name).replace("\\", "/").lstrip("/")
    made = normalised(text)
    return f"{made}/" if made and text.endswith("/") else made
