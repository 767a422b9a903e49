"""What the caller of a transfer wants, looked at before anything is listed, moved or deleted."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

from ... import arguments
from ...exceptions import UsageError
from ..filters import Filter, Rule
from ..headers import HeaderRule, Headers
from .comparisons import COMPARISONS, STRATEGIES, Compare, Comparison


def filter_of(rules: Sequence[Rule]) -> Filter:
    """Return the filter of ``rules``, which are checked."""
    return Filter(arguments.list_of("rules", rules, Rule))


def comparison(compare: Compare) -> Comparison:
    """Return the strategy of this name, which is checked."""
    return STRATEGIES[arguments.one_of("compare", compare, COMPARISONS)]


def headers_of(headers: Sequence[HeaderRule], defaults: Mapping[str, str] | None) -> Headers:
    """Return what gives the headers of a key, from rules that are checked."""
    given = arguments.mapping("default_headers", defaults)
    for name, value in given.items():
        arguments.text(f"default_headers[{name!r}]", value)
    return Headers(arguments.list_of("headers", headers, HeaderRule), given)


def check_flags(**flags: object) -> None:
    """Check what is yes or no: ``"false"`` would be yes."""
    for name, value in flags.items():
        arguments.yes_or_no(name, value)


def check_folder(name: str, folder: object) -> None:
    """Check what is the path of a folder, and not empty: that would be the current one."""
    if not isinstance(folder, str | os.PathLike) or not isinstance(os.fspath(folder), str):
        raise UsageError(f"{name} is {folder!r:.80}. Give the path of a folder.")
    if not os.fspath(folder) or "\0" in os.fspath(folder):
        raise UsageError(f"{name} is {folder!r:.80}, no path. Write '.' for the current folder.")
