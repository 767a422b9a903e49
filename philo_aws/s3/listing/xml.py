"""The answers to listings, read with the standard library's XML, above all ``ListObjectsV2``'s."""

from __future__ import annotations

import contextlib
import functools
import html
import re
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import unquote_plus
from xml.parsers import expat

from django.utils.translation import gettext_noop

from ...exceptions import ServiceError
from ...sentences import Sentence
from ..engine.proof import bare_etag
from ..request.xml import EPOCH, check_whole, moment, parsed, unreadable

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_ROOT = re.compile(rb"<ListBucketResult[^>]*>")
_TRUE, _FALSE = frozenset({"true", "1"}), frozenset({"false", "0"})
_KEY = b"<Key>"
_OF_HEX = b'0123456789abcdef-"'
_NO_SIZE = 10**18
_MICROSECOND = timedelta(microseconds=1)

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
        """When it was last modified, in nanoseconds since 1970.

        Raises :exc:`~philo_aws.exceptions.ServiceError` for a time that cannot be read.
        """
        since = moment(self.last_modified, self.key) - EPOCH
        return since // _MICROSECOND * 1000


class Columns(NamedTuple):
    """The objects of a page, field by field."""

    keys: list[str]
    sizes: list[int]
    etags: list[str]
    times: list[str]
    classes: list[str]


def field(body: bytes, name: str) -> str | None:
    """Return the text of the one element of a page with this name; ``None`` where it is not there.

    Raises :exc:`~philo_aws.exceptions.ServiceError` where there is more than one.
    """
    # Most pages have 300 kB, most fields stand near one of their ends: no pattern is sought for.
    opening, found, place = b"<" + name.encode(), list[bytes](), -1
    while (place := body.find(opening, place + 1)) >= 0:
        if match := _pattern_of(name).match(body, place):
            found.append(match[1] or b"")
    if len(found) > 1:
        raise ServiceError(
            Sentence(
                gettext_noop("A page of the listing has {count} values for {name}."),
                count=len(found),
                name=name,
            )
        )
    if not found:
        return None
    try:
        return html.unescape(found[0].decode()).strip()
    except UnicodeDecodeError as error:
        raise unreadable(error) from error


@functools.cache
def _pattern_of(name: str) -> re.Pattern[bytes]:
    tag = name.encode()
    return re.compile(rb"<%b(?:\s[^>]*)?(?:/>|>([^<]*)</%b\s*>)" % (tag, tag))


def plain(body: bytes) -> bytes:
    """Return a page in which every ``<`` begins an element: no comments, no CDATA, no prefixes.

    So what looks like an element is one, and no part of a key.
    """
    # A single byte is found fastest, and most pages have neither of these two.
    declared = body.find(b"?>") + 1 if body.startswith(b"<?xml") else 0
    hiding = (b"!" in body and b"<!" in body) or (
        body.find(b"?", declared + 1) >= 0 and body.find(b"<?", declared) >= 0
    )
    if not hiding and b":" not in body[-80:].rpartition(b"</")[2]:
        return body
    from xml.etree import ElementTree

    root = parsed(body)
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
    made: bytes = ElementTree.tostring(root, encoding="utf-8")
    return made


def is_truncated(body: bytes) -> bool | None:
    """Return whether a page says that there is more to list; ``None`` where it does not say."""
    text = (field(body, "IsTruncated") or "").lower()
    return True if text in _TRUE else False if text in _FALSE else None


def check_end(body: bytes) -> None:
    """Raise :exc:`~philo_aws.exceptions.ServiceError` if the last page may not be the last one.

    It must not say that there is more, nor say anything that is neither yes nor no.
    """
    if is_truncated(body):
        raise ServiceError(
            Sentence(
                gettext_noop("The store says that there is more to list, but not how to get it.")
            )
        )
    text = field(body, "IsTruncated")
    if text and is_truncated(body) is None:
        raise ServiceError(
            Sentence(
                gettext_noop(
                    "The store does not say whether there is more to list: IsTruncated is {text!r}."
                ),
                text=text,
            )
        )


def next_token(body: bytes) -> str:
    """Return the token of the page after ``body``, empty for the last page.

    A token is followed where the page does not say whether it is the last. Raises
    :exc:`~philo_aws.exceptions.ServiceError` for a page that contradicts itself: one that is not
    the last and has no token, or the last and has one.
    """
    token = field(body, "NextContinuationToken")
    if not token:
        check_end(body)
        return ""
    if is_truncated(body) is False:
        raise ServiceError(
            Sentence(
                gettext_noop(
                    "The store says that the listing ends here, and also how it goes on, so "
                    "nothing it lists can be relied on."
                )
            )
        )
    return token


def ends(body: bytes) -> tuple[str, str]:
    """Return the first and the last key of a page as its text shows them, empty where it does not.

    Nothing else of the page is read, which costs next to nothing.
    """
    first, last = body.find(_KEY), body.rfind(_KEY)
    if first < 0:
        return "", ""
    decode = _decoder(body) or str
    places = [place + len(_KEY) for place in (first, last)]
    texts = (body[place : body.find(b"<", place)] for place in places)
    low, high = (decode(html.unescape(text.decode(errors="replace"))) for text in texts)
    return low, high


def columns(body: bytes, *, prefix: str = "") -> Columns:
    """Return the objects of a page.

    Raises :exc:`~philo_aws.exceptions.ServiceError` for what is no whole page, for keys that do
    not begin with ``prefix``, which was asked for, and for values that cannot be.
    """
    found = _columns(_flatten(body))
    if found is None:
        found = _columns_of_any(_tree(body))
    keys, sizes, etags, times, classes = found
    decode = _decoder(body)
    if decode is not None:
        keys = [decode(key) if "%" in key or "+" in key else key for key in keys]
    _check_keys(keys, prefix)
    _check_count(body, len(keys))
    # All at once: no Python runs for each object, but for stores that spell in other ways.
    if "".join(etags).encode().translate(None, _OF_HEX):
        etags = [bare_etag(etag) for etag in etags]
    else:
        etags = [etag.strip('"') for etag in etags]
    return Columns(keys, _sizes(sizes, keys), etags, times, classes)


def objects(body: bytes, cut: int = 0, *, prefix: str = "") -> Iterable[Object]:
    """Return the objects of a page, the first ``cut`` characters of their keys cut off.

    Raises what :func:`columns` raises.
    """
    return rows(columns(body, prefix=prefix), cut)


def rows(found: Columns, cut: int = 0) -> Iterable[Object]:
    """Return the objects of a page, the first ``cut`` characters of their keys cut off."""
    keys, *others = found
    if cut:
        keys = [key[cut:] for key in keys]
    return map(Object._make, zip(keys, *others, strict=True))


def _check_keys(keys: list[str], prefix: str) -> None:
    if not all(keys):
        raise ServiceError(Sentence(gettext_noop("The store lists an object without a Key.")))
    if prefix and keys:
        _check_prefix(keys, prefix)


def _check_count(body: bytes, count: int) -> None:
    """Raise unless there are as many objects and prefixes as the page says at least."""
    text = field(body, "KeyCount")
    if not text:
        return
    if not text.isascii() or not text.isdecimal():
        raise ServiceError(
            Sentence(
                gettext_noop("The store gives {text!r} for the KeyCount of a page of the listing."),
                text=text,
            )
        )
    told = int(text[:18])
    if told > count and told > count + body.count(b"<CommonPrefixes"):
        raise ServiceError(
            Sentence(
                gettext_noop(
                    "A page of the listing should hold {told:,} keys, as it says itself, and "
                    "holds {count:,}. Try again."
                ),
                told=told,
                count=count,
            )
        )


def _sizes(texts: list[str], keys: list[str]) -> list[int]:
    together = "".join(texts)
    if together.isdecimal() and together.isascii() and all(texts):
        with contextlib.suppress(ValueError):  # of more than 4,300 digits
            found = list(map(int, texts))
            if max(found) < _NO_SIZE:
                return found
    return [_size(text, key) for text, key in zip(texts, keys, strict=True)]


def _size(text: str, key: str) -> int:
    text = text.strip()
    if text.isascii() and text.isdecimal() and len(text) < 19:
        return int(text)
    raise ServiceError(
        Sentence(
            gettext_noop("The store gives {value!r} for the Size of {key!r}."),
            value=text[:40],
            key=key,
        )
    )


def _check_prefix(keys: list[str], prefix: str) -> None:
    # Of strings in order, what the first and the last begin with all others do too.
    for key in (min(keys), max(keys)):
        if not key.startswith(prefix):
            raise ServiceError(
                Sentence(
                    gettext_noop(
                        "The store listed {key!r} where keys that begin with {prefix!r} were "
                        "asked for. It does not support prefixes, so nothing it lists can be "
                        "relied on."
                    ),
                    key=key,
                    prefix=prefix,
                )
            )


def contents(body: bytes) -> list[dict[str, Any]]:
    """Return boto's ``Contents`` of a page."""
    decode = _decoder(body) or str
    return [_boto(element, decode) for element in _tree(body).iter("Contents")]


def common_prefixes(body: bytes) -> list[str]:
    """Return the prefixes that a page gives for what lies below the delimiter."""
    decode = _decoder(body) or str
    return [
        decode(item.findtext("Prefix") or "") for item in _tree(body).iterfind("CommonPrefixes")
    ]


def _decoder(body: bytes) -> Callable[[str], str] | None:
    return _decoded if field(body, "EncodingType") == "url" else None


def _decoded(text: str) -> str:
    try:
        return unquote_plus(text, errors="strict")
    except UnicodeDecodeError as error:
        raise ServiceError(
            Sentence(gettext_noop("The store lists a key that is no UTF-8: {text!r}."), text=text)
        ) from error


def _with_root(body: bytes, root: bytes) -> bytes:
    check_whole(body, "ListObjectsV2")
    return _ROOT.sub(root, body, count=1)


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
        parser.Parse(_with_root(body, b'<ListBucketResult xmlns="e">'), True)
    except expat.ExpatError as error:
        raise unreadable(error) from error
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
    return parsed(_with_root(body, b"<ListBucketResult>"))


def _boto(element: Element, decode: Callable[[str], str]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    key = decode(element.findtext("Key") or "")
    if not key:
        raise ServiceError(Sentence(gettext_noop("The store lists an object without a Key.")))
    for child in element:
        text = child.text or ""
        match child.tag:
            case "Key":
                made["Key"] = key
            case "Size":
                made["Size"] = _size(text, key)
            case "LastModified":
                made["LastModified"] = moment(text, key)
            case "ChecksumAlgorithm":
                made.setdefault("ChecksumAlgorithm", []).append(text)
            case "Owner":
                made["Owner"] = {part.tag: part.text or "" for part in child}
            case "RestoreStatus":
                made["RestoreStatus"] = {part.tag: _restore(part, key) for part in child}
            case "ETag" | "StorageClass" | "ChecksumType" as tag:
                made[tag] = text
            # Some stores tell more; boto leaves it out.
    return made


def _restore(part: Element, key: str) -> object:
    text = part.text or ""
    if part.tag == "IsRestoreInProgress":
        return text.strip().lower() in _TRUE
    return moment(text, key, part.tag)
