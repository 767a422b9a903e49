"""An answer in XML: whether it is one to its end, and values in it that cannot be read."""

from __future__ import annotations

import functools
import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from django.utils.translation import gettext_noop

from ...answers import NO_PROOF
from ...exceptions import Kind, ServiceError
from ...sentences import Sentence

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

ROOTS = {
    "DeleteObjects": "DeleteResult",
    "ListBuckets": "ListAllMyBucketsResult",
    "ListMultipartUploads": "ListMultipartUploadsResult",
    "ListObjectVersions": "ListVersionsResult",
    "ListObjectsV2": "ListBucketResult",
    "ListParts": "ListPartsResult",
}
"""The operations that may be asked, each with the XML element that its answer is."""

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TIMES = frozenset({"CreationDate", "Initiated", "LastModified", "RestoreExpiryDate"})
_NUMBERS = frozenset(
    {"KeyCount", "MaxKeys", "MaxParts", "MaxUploads", "NextPartNumberMarker"}
    | {"PartNumber", "PartNumberMarker", "Size"}
)
_SECONDS = re.compile(r"-?\d{1,11}(\.\d+)?")


def check_whole(body: bytes, operation: str) -> None:
    """Raise :exc:`~philo_aws.exceptions.ServiceError` unless ``body`` is an answer to its end.

    Such an answer may pass. One that has nothing to do with S3, such as a page to log in at, comes
    from an endpoint that was not reached. What defines entities is none either: before the element
    nothing is allowed but the declaration of XML.
    """
    begins, ends = _pattern_of(operation)
    found = begins.match(body)
    if found is None:
        raise ServiceError(
            Sentence(
                gettext_noop(
                    "The endpoint answered something else where S3 answers {operation}. Most "
                    "likely it is a proxy, a page to log in at or no S3 at all: check the "
                    "endpoint and the network."
                ),
                operation=operation,
            ),
            code=NO_PROOF,
            kind=Kind.UNREACHABLE,
        )
    if not found[0].endswith(b"/>") and not ends.search(body, max(0, len(body) - 200)):
        raise ServiceError(
            Sentence(
                gettext_noop("The answer to {operation} is cut off. Try again."),
                operation=operation,
            ),
            code=NO_PROOF,
            kind=Kind.TRANSIENT,
        )


@functools.cache
def _pattern_of(operation: str) -> tuple[re.Pattern[bytes], re.Pattern[bytes]]:
    # Some stores call the answer by the operation. That to ListObjectsV2 is read here alone.
    names = [ROOTS[operation]]
    if operation != "ListObjectsV2":
        names += [f"{operation}Response", f"{operation}Result"]
    name = rb"(?:[\w.-]+:)?(?:%b)" % "|".join(names).encode()
    return (
        re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:<\?xml\b[^>]*\?>\s*)?<" + name + rb"(?:\s[^>]*)?/?>"),
        re.compile(rb"</" + name + rb"\s*>\s*\Z"),
    )


def parsed(body: bytes) -> Element:
    """Return the element that a whole answer is."""
    from xml.etree import ElementTree

    try:
        return ElementTree.fromstring(body)  # noqa: S314 - no entities: check_whole()
    except ElementTree.ParseError as error:
        raise unreadable(error) from error


def unreadable(error: Exception) -> ServiceError:
    """Return the error of an answer that is no XML."""
    return ServiceError(
        Sentence(
            gettext_noop("A page of the listing cannot be read: {error}. Try again."),
            error=str(error),
        )
    )


def moment(text: str, key: str, name: str = "LastModified") -> datetime:
    """Return a time, of which UTC is taken where it names no zone.

    Stores write ISO 8601 as AWS does, the form of HTTP's headers, or seconds since 1970. Raises
    :exc:`~philo_aws.exceptions.ServiceError` that names the field for anything else.
    """
    found = _moment(text.strip())
    if found is None:
        raise ServiceError(
            Sentence(
                gettext_noop("The store gives {value!r} for the {name} of {key!r}."),
                value=text[:40],
                name=name,
                key=key,
            )
        )
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _moment(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        pass
    from email.utils import parsedate_to_datetime

    try:
        if _SECONDS.fullmatch(text):
            return EPOCH + timedelta(seconds=float(text))
        return parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None


def unreadable_field(body: bytes) -> ServiceError:
    """Return the error of an answer with a value that cannot be read, which it names."""
    for element in parsed(body).iter():
        name, text = element.tag.rpartition("}")[2], (element.text or "").strip()
        wrong = (name in _TIMES and _moment(text) is None) or (
            name in _NUMBERS and not re.fullmatch(r"-?\d{1,18}", text)
        )
        if wrong:
            return ServiceError(
                Sentence(
                    gettext_noop("The store gives {value!r} for a {name}."),
                    value=text[:40],
                    name=name,
                )
            )
    return ServiceError(Sentence(gettext_noop("The store gives a value that cannot be read.")))
