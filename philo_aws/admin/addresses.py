"""Keys in addresses and forms, short enough for every server whatever the key is.

A key of 1,024 bytes is 3,072 characters in a query string, and 5,120 where it is quoted twice;
Gunicorn takes 4,094 for a whole request line. What is long travels in base64: 1,366 characters, and
no more of them when it is quoted again.
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, quote_plus, unquote

from django.utils.http import urlencode

if TYPE_CHECKING:
    from collections.abc import Mapping

LONG = 600
"""Characters of a quoted value beyond which it is sent in base64."""
SUFFIX = "_b64"
"""What the name of a parameter has at its end whose value is in base64."""
_MARK = "b64:"
# What pack() has made short is not made longer again.
_PACKED = re.compile(r"b64:[\w-]*", re.ASCII).fullmatch


def query_string(values: Mapping[str, Any]) -> str:
    """Return the query string of an address; empty values are left out."""
    given: dict[str, Any] = {}
    for name, value in values.items():
        if isinstance(value, str) and len(quote_plus(value)) > LONG and not _PACKED(value):
            given[name + SUFFIX] = _encoded(value)
        elif value not in (None, ""):
            given[name] = value
    return urlencode(given, doseq=True)


def read_parameter(values: Mapping[str, str], name: str) -> str:
    """Return a value of a query string that :func:`query_string` may have made; else nothing."""
    return str(values.get(name) or _decoded(values.get(name + SUFFIX, "")))


def pack(key: str) -> str:
    """Return ``key`` as a form can carry it unchanged, line feeds and all."""
    packed = quote(key, safe="/")
    return packed if len(quote_plus(packed)) <= LONG else _MARK + _encoded(key)


def unpack(value: str) -> str:
    """Return the key that :func:`pack` made ``value`` of."""
    # A colon is never left as it is by quote().
    return _decoded(value[len(_MARK) :]) if value.startswith(_MARK) else unquote(value)


def _encoded(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode()


def _decoded(text: str) -> str:
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode()
    except (binascii.Error, ValueError):
        return ""
