"""The HTTP headers of an uploaded object: the same on every machine for the same file."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ..arguments import list_of, mapping, text
from ..exceptions import UsageError
from .files.charset import blocks_are_utf8, file_is_utf8
from .files.media_types import guess_type, is_text, name_for_type
from .files.rooted import ANYWHERE, Root
from .globs import glob

# https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html
_SETTABLE = {
    name.lower(): name
    for name in (
        "Cache-Control",
        "Content-Disposition",
        "Content-Encoding",
        "Content-Language",
        "Content-Type",
        "Expires",
        "x-amz-website-redirect-location",
    )
}
_METADATA = "x-amz-meta-"
_METADATA_NAME = re.compile(r"[A-Za-z0-9_.-]+")
MAX_RULES = 10_000
"""The most rules of a transfer: every key is held against every one of them."""
_RULE = re.compile(r"(?P<glob>.+?):(?P<name>[A-Za-z][A-Za-z0-9_.-]*)=(?P<value>.*)", re.DOTALL)


@dataclass(frozen=True, kw_only=True)
class HeaderRule:
    """A header for the keys that match a pattern; of two rules for one header the later wins.

    Raises :exc:`~philo_aws.exceptions.UsageError` for a pattern that can match nothing, a header
    that cannot be chosen by object, and a value that no header can hold.
    """

    pattern: str
    """As in :class:`~philo_aws.s3.filters.Rule`."""
    name: str
    """The header; an entity header or ``x-amz-meta-…``."""
    value: str
    """Its value; empty leaves the header out."""

    def __post_init__(self) -> None:
        glob(text("The pattern of a header rule", self.pattern))
        _checked(_checked_name(self.name), self.value)


def parse_rule(rule: str) -> HeaderRule:
    """Return the rule written as ``GLOB:Name=Value``.

    Raises :exc:`~philo_aws.exceptions.UsageError` for another form, for a header that
    cannot be chosen by object, and for a value with a line break.
    """
    found = _RULE.fullmatch(text("A header rule", rule))
    if not found:
        raise UsageError(
            f"{rule!r} is no header rule. Write GLOB:Name=Value, such as "
            "'*.css:Cache-Control=max-age=3600'."
        )
    return HeaderRule(pattern=found["glob"], name=found["name"], value=found["value"])


class Headers:
    """Makes the headers of one object after another, for the options of one transfer.

    Objects whose headers are equal share one dict, which the engines count on to be quick.
    """

    def __init__(
        self, rules: Sequence[HeaderRule] = (), defaults: Mapping[str, str] | None = None
    ) -> None:
        """``defaults`` (header to value) stand over what the name says and under ``rules``.

        Raises :exc:`~philo_aws.exceptions.UsageError`.
        """
        self._defaults = [
            (_checked_name(name), _checked(name, value))
            for name, value in mapping("default_headers", defaults).items()
        ]
        self._rules = [
            (glob(rule.pattern), _checked_name(rule.name), _checked(rule.name, rule.value))
            for rule in list_of("headers", rules, HeaderRule)
        ]
        if len(self._rules) > MAX_RULES:
            raise UsageError(
                f"There are {len(self._rules):,} header rules; {MAX_RULES:,} are the most. "
                "Use patterns that match more."
            )
        self._of_name: dict[str, _Made] = {}

    def of(
        self,
        key: str,
        path: str = "",
        size: int = 0,
        root: Root = ANYWHERE,
        *,
        blocks: Sequence[bytes] | None = None,
    ) -> Mapping[str, str]:
        """Return the headers for ``key``, which is relative to the prefix of the transfer.

        Text is declared to be UTF-8 where the file ``path`` of ``size`` bytes, which ``root``
        opens, holds nothing else, or the content in ``blocks``.
        """
        name = name_for_type(key)
        known = self._of_name.get(name)
        if known is None:
            known = self._by_name(name)
            if len(self._of_name) < 1000:
                self._of_name[name] = known
        made = known.headers
        if known.utf8:
            if blocks is not None:
                is_utf8 = blocks_are_utf8(blocks, known.encoding)
            else:
                is_utf8 = bool(path) and file_is_utf8(path, size, known.encoding, root)
            made = known.utf8 if is_utf8 else made
        if not self._rules:
            return made
        changed = dict(made)
        for pattern, header, value in self._rules:
            if pattern.match(key):
                _put(changed, header, value)
        return changed

    def _by_name(self, name: str) -> _Made:
        kind, encoding = guess_type(name)
        made = {"Content-Type": kind}
        if encoding:
            made["Content-Encoding"] = encoding
        for header, value in self._defaults:
            _put(made, header, value)
        given = {header for header, _ in self._defaults}
        utf8 = is_text(kind) and "Content-Type" not in given
        return _Made(
            headers=made,
            utf8=made | {"Content-Type": f"{kind}; charset=utf-8"} if utf8 else None,
            encoding=encoding,
        )


@dataclass(frozen=True, kw_only=True)
class _Made:
    headers: dict[str, str]
    utf8: dict[str, str] | None
    """The same for a text that is UTF-8; ``None`` where nothing is said of it."""
    encoding: str


def _put(made: dict[str, str], header: str, value: str) -> None:
    if value:
        made[header] = value
    else:
        made.pop(header, None)


def _checked_name(name: str) -> str:
    lowered = text("The name of a header", name).lower()
    if lowered in _SETTABLE:
        return _SETTABLE[lowered]
    if lowered.startswith(_METADATA) and _METADATA_NAME.fullmatch(lowered[len(_METADATA) :]):
        return lowered
    raise UsageError(
        f"{name!r} is no header that can be set by object. "
        f"There are {', '.join(_SETTABLE.values())} and {_METADATA}NAME."
    )


def _checked(name: str, value: str) -> str:
    text(f"The value of the header {name!r}", value)
    if not all(" " <= character <= "~" or character == "\t" for character in value):
        raise UsageError(
            f"The value {value!r} of the header {name!r} has characters that headers cannot hold. "
            "Use printable ASCII."
        )
    return value.strip()


def metadata_of(pairs: Iterable[str]) -> dict[str, str]:
    """Return the dict for ``NAME=VALUE`` pairs, as metadata and tags are written on a command line.

    Raises :exc:`~philo_aws.exceptions.UsageError`.
    """
    made = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals or not name:
            raise UsageError(f"{pair!r} is no pair. Write NAME=VALUE.")
        if name in made:
            raise UsageError(f"{name!r} is given twice. Keep one value.")
        made[name] = value
    return made
