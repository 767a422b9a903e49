"""The answer to ``ListObjectsV2``, read with the standard library's XML."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import unquote_plus
from xml.parsers import expat

from ..exceptions import ServiceError

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_ROOT = re.compile(rb"<ListBucketResult[^>]*>")
_TOKEN = re.compile(rb"<NextContinuationToken>([^<]*)</NextContinuationToken>")
_TRUNCATED = re.compile(rb"<IsTruncated>\s*true\s*</IsTruncated>")
_ENCODED = re.compile(rb"<EncodingType>\s*url\s*</EncodingType>")

# No XML text can hold this character, so a name that is joined by it is told from any text.
_JOINT = "\x01"
_END = f"e{_JOINT}"
_FIELDS = ("Key", "Size", "ETag", "LastModified", "StorageClass")


class Object(NamedTuple):
    """An object as a listing shows it."""

    key: str
    """Its key, or what of it comes after the prefix of the transfer."""
    size: int
    """Its size in bytes."""
    etag: str
    """Its ETag without quotes."""
    last_modified: str
    """When it was last modified, as ISO 8601 text in UTC."""
    storage_class: str
    """Its storage class; ``STANDARD`` where the store names none."""

    @property
    def mtime_ns(self) -> int:
        """When it was last modified, in nanoseconds since 1970."""
        moment = _moment(self.last_modified)
        return int(moment.timestamp()) * 1_000_000_000 + moment.microsecond * 1000


def next_token(body: bytes) -> str:
    """Return the token of the page after ``body``, empty for the last page.

    Raises :exc:`~philo_aws.exceptions.ServiceError` for a page that has none and is not the last.
    """
    if not _TRUNCATED.search(body):
        return ""
    found = _TOKEN.search(body)
    if not found:
        raise ServiceError("The store says that there is more to list, but not how to get it.")
    return html.unescape(found[1].decode())


def objects(body: bytes, cut: int = 0, *, prefix: str = "") -> Iterable[Object]:
    """Return the objects of a page, the first ``cut`` characters of their keys cut off.

    Raises :exc:`~philo_aws.exceptions.ServiceError` for what is no whole page, and for keys that do
    not begin with ``prefix``, which was asked for.
    """
    columns = _columns(_flatten(body))
    if columns is None:
        columns = _columns_of_any(_tree(body))
    keys, sizes, etags, times, classes = columns
    decode = _decoder(body)
    if decode is not None:
        keys = [decode(key) if "%" in key or "+" in key else key for key in keys]
    if prefix and keys:
        _check_prefix(keys, prefix)
    if cut:
        keys = [key[cut:] for key in keys]
    etags = [etag.strip('"') for etag in etags]
    return map(Object._make, zip(keys, map(int, sizes), etags, times, classes, strict=True))


def _check_prefix(keys: list[str], prefix: str) -> None:
    # Of strings in order, what the first and the last begin with all others do too.
    for key in (min(keys), max(keys)):
        if not key.startswith(prefix):
            raise ServiceError(
                f"The store listed {key!r} where keys that begin with {prefix!r} were asked for. "
                "It does not support prefixes, so nothing it lists can be relied on."
            )


def contents(body: bytes) -> list[dict[str, Any]]:
    """Return boto's ``Contents`` of a page."""
    decode = _decoder(body) or str
    return [_boto(element, decode) for element in _tree(body).iter("Contents")]


def _decoder(body: bytes) -> Callable[[str], str] | None:
    return unquote_plus if _ENCODED.search(body) else None


def _plain(body: bytes, root: bytes) -> bytes:
    made, count = _ROOT.subn(root, body, count=1)
    if not count:
        raise ServiceError("The endpoint answered something else where a listing was asked for.")
    return made


def _flatten(body: bytes) -> list[str]:
    """Return texts and the names of the elements that end, in the order of the document.

    The parser calls nothing but ``list.append``: no Python runs for each element.
    """
    flat: list[str] = []
    parser = expat.ParserCreate(namespace_separator=_JOINT)
    parser.buffer_text = True
    parser.buffer_size = 1 << 16
    parser.EndElementHandler = parser.CharacterDataHandler = flat.append
    try:
        parser.Parse(_plain(body, b'<ListBucketResult xmlns="e">'), True)
    except expat.ExpatError as error:
        raise _unreadable(error) from error
    return flat


def _columns(flat: list[str]) -> list[list[str]] | None:
    """Return the columns of a page whose objects all have the same fields, as most pages do."""
    mark = _END + "Contents"
    count = flat.count(mark)
    if not count:
        return [[], [], [], [], []]
    first = flat.index(mark)
    period = flat.index(mark, first + 1) - first if count > 1 else 0
    start = first - period + 1
    stop = start + count * period
    if count < 2 or start < 0 or flat[start + period - 1 : stop : period] != [mark] * count:
        return None
    columns = {}
    for place in range(start, start + period - 1, 2):
        text, name = flat[place], flat[place + 1]
        names = flat[place + 1 : stop : period]
        if _JOINT in text or not name.startswith(_END) or names.count(name) != count:
            return None
        columns[name.removeprefix(_END)] = flat[place:stop:period]
    # Of every object there must be the same number of elements, each with its text.
    if len(columns) != (period - 1) // 2 or flat.count(_END + "Key") != count:
        return None
    columns.setdefault("StorageClass", ["STANDARD"] * count)
    columns.setdefault("ETag", [""] * count)
    if not columns.keys() >= set(_FIELDS):
        return None
    made = [columns[field] for field in _FIELDS]
    return None if any(_JOINT in text for column in made for text in column[:1]) else made


def _columns_of_any(root: Element) -> list[list[str]]:
    defaults = {"StorageClass": "STANDARD"}
    rows = [{child.tag: child.text or "" for child in item} for item in root.iter("Contents")]
    return [[row.get(field) or defaults.get(field, "") for row in rows] for field in _FIELDS]


def _tree(body: bytes) -> Element:
    from xml.etree import ElementTree

    try:
        return ElementTree.fromstring(_plain(body, b"<ListBucketResult>"))  # noqa: S314 - expat stops entity bombs
    except ElementTree.ParseError as error:
        raise _unreadable(error) from error


def _unreadable(error: Exception) -> ServiceError:
    return ServiceError(f"A page of the listing cannot be read: {error}. Try again.")


def _boto(element: Element, decode: Callable[[str], str]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for child in element:
        text = child.text or ""
        match child.tag:
            case "Key":
                made["Key"] = decode(text)
            case "Size":
                made["Size"] = int(text)
            case "LastModified":
                made["LastModified"] = _moment(text)
            case "ChecksumAlgorithm":
                made.setdefault("ChecksumAlgorithm", []).append(text)
            case "Owner":
                made["Owner"] = {part.tag: part.text or "" for part in child}
            case "RestoreStatus":
                made["RestoreStatus"] = {part.tag: _restore(part) for part in child}
            case "ETag" | "StorageClass" | "ChecksumType" as tag:
                made[tag] = text
            # Some stores tell more; boto leaves it out.
    return made


def _restore(part: Element) -> object:
    text = part.text or ""
    return text == "true" if part.tag == "IsRestoreInProgress" else _moment(text)


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
