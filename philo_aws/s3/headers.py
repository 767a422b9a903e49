"""The HTTP headers of an uploaded object: the same on every machine for the same name."""

from __future__ import annotations

import functools
import mimetypes
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ..exceptions import UsageError
from .filters import glob

DEFAULT_TYPE = "application/octet-stream"

# Over the standard library's table, which differs from one Python to the next; the machine's own
# mime.types is never asked.
_TYPES = {
    ".avif": "image/avif",
    ".cjs": "text/javascript",
    ".csv": "text/csv",
    ".eot": "application/vnd.ms-fontobject",
    ".geojson": "application/geo+json",
    ".gz": "application/gzip",
    ".ico": "image/x-icon",
    ".js": "text/javascript",
    ".json": "application/json",
    ".jsonl": "application/jsonl",
    ".map": "application/json",
    ".md": "text/markdown",
    ".mjs": "text/javascript",
    ".mp4": "video/mp4",
    ".otf": "font/otf",
    ".rst": "text/x-rst",
    ".rtf": "application/rtf",
    ".svg": "image/svg+xml",
    ".toml": "application/toml",
    ".ttf": "font/ttf",
    ".wasm": "application/wasm",
    ".wav": "audio/wav",
    ".webm": "video/webm",
    ".webmanifest": "application/manifest+json",
    ".webp": "image/webp",
    ".woff": "font/woff",
    ".woff2": "font/woff2",
    ".xhtml": "application/xhtml+xml",
    ".xml": "application/xml",
    ".yaml": "application/yaml",
    ".yml": "application/yaml",
    ".zip": "application/zip",
    ".7z": "application/x-7z-compressed",
    ".br": DEFAULT_TYPE,
    ".bz2": "application/x-bzip2",
    ".xz": "application/x-xz",
    ".zst": "application/zstd",
}
_ENCODINGS = {".gz": "gzip", ".br": "br", ".zst": "zstd"}
# What web servers send compressed. Anything else that ends in .gz is an archive, not a variant.
_COMPRESSIBLE = re.compile(
    r"text/.*|image/svg\+xml|image/x-icon|font/(ttf|otf)|application/"
    r"(json|jsonl|javascript|xml|wasm|yaml|toml|vnd\.ms-fontobject|.*\+(json|xml))"
)
_WITH_CHARSET = re.compile(r"text/.*|image/svg\+xml|application/(.*\+)?xml")

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
_RULE = re.compile(r"(?P<glob>.+?):(?P<name>[A-Za-z][A-Za-z0-9_-]*)=(?P<value>.*)", re.DOTALL)


@dataclass(frozen=True, kw_only=True)
class HeaderRule:
    """A header for the keys that match a pattern; of two rules for one header the later wins."""

    pattern: str
    """As in :class:`~philo_aws.s3.filters.Rule`."""
    name: str
    """The header; an entity header or ``x-amz-meta-…``."""
    value: str
    """Its value; empty leaves the header out."""


def parse_rule(text: str) -> HeaderRule:
    """Return the rule written as ``GLOB:Name=Value``.

    Raises :exc:`~philo_aws.exceptions.UsageError` for another form, for a header that
    cannot be chosen by object, and for a value with a line break.
    """
    found = _RULE.fullmatch(text)
    if not found:
        raise UsageError(
            f"{text!r} is no header rule. Write GLOB:Name=Value, such as "
            "'*.css:Cache-Control=max-age=3600'."
        )
    return HeaderRule(pattern=found["glob"], name=found["name"], value=found["value"])


def guess_type(key: str) -> tuple[str, str]:
    """Return the ``Content-Type`` and the ``Content-Encoding`` (or an empty string) for ``key``.

    Both come from the name alone. Text is declared to be UTF-8.
    """
    name = key.rpartition("/")[2]
    stem, extension = _split(name)
    encoding = _ENCODINGS.get(extension, "")
    if encoding:
        inner = _type_of(_split(stem)[1])
        if _COMPRESSIBLE.fullmatch(inner):
            return _with_charset(inner), encoding
    return _with_charset(_type_of(extension)), ""


class Headers:
    """Makes the headers of one object after another, for the options of one transfer."""

    def __init__(
        self, rules: Sequence[HeaderRule] = (), defaults: Mapping[str, str] | None = None
    ) -> None:
        """``defaults`` (header to value) stand over what the name says and under ``rules``."""
        self._defaults = [(_checked_name(n), _checked(n, v)) for n, v in (defaults or {}).items()]
        self._rules = [
            (glob(rule.pattern), _checked_name(rule.name), _checked(rule.name, rule.value))
            for rule in rules
        ]
        self._of_ending: dict[str, dict[str, str]] = {}

    def of(self, key: str) -> Mapping[str, str]:
        """Return the headers for ``key``, which is relative to the prefix of the transfer."""
        stem, ending = _split(key.rpartition("/")[2])
        if ending in _ENCODINGS:
            ending = _split(stem)[1] + ending
        known = self._of_ending.get(ending)
        if known is None:
            known = self._by_name(f"x{ending}")
            if len(self._of_ending) < 1000:
                self._of_ending[ending] = known
        if not self._rules:
            return known
        made = dict(known)
        for pattern, header, value in self._rules:
            if pattern.match(key):
                _put(made, header, value)
        return made

    def _by_name(self, name: str) -> dict[str, str]:
        kind, encoding = guess_type(name)
        made = {"Content-Type": kind}
        if encoding:
            made["Content-Encoding"] = encoding
        for header, value in self._defaults:
            _put(made, header, value)
        return made


def _put(made: dict[str, str], header: str, value: str) -> None:
    if value:
        made[header] = value
    else:
        made.pop(header, None)


def _checked_name(name: str) -> str:
    lowered = name.lower()
    if lowered in _SETTABLE:
        return _SETTABLE[lowered]
    if lowered.startswith(_METADATA) and len(lowered) > len(_METADATA):
        return lowered
    raise UsageError(
        f"{name!r} is no header that can be set by object. "
        f"There are {', '.join(_SETTABLE.values())} and {_METADATA}NAME."
    )


def _checked(name: str, value: str) -> str:
    if not all(" " <= character <= "~" or character == "\t" for character in value):
        raise UsageError(
            f"The value {value!r} of the header {name!r} has characters that headers cannot hold. "
            "Use printable ASCII."
        )
    return value.strip()


def _split(name: str) -> tuple[str, str]:
    stem, dot, extension = name.rpartition(".")
    return (stem, f".{extension.lower()}") if dot and stem else (name, "")


def _type_of(extension: str) -> str:
    return _TYPES.get(extension) or _library().get(extension, DEFAULT_TYPE)


def _with_charset(kind: str) -> str:
    return f"{kind}; charset=utf-8" if _WITH_CHARSET.fullmatch(kind) else kind


@functools.cache
def _library() -> Mapping[str, str]:
    return mimetypes.MimeTypes(filenames=()).types_map[True]


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
