"""The next page: the one home of how a listing goes on, when it ends, and whether it gets anywhere.

A store may say of itself what cannot be: a last page with a successor, tokens in a circle, a page
twice. Then the listing ends with an error, and never as if it were complete.
"""

from __future__ import annotations

import operator
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_noop

from ...exceptions import ServiceError
from ...sentences import Sentence
from ..request.xml_requests import Answer, ask
from . import xml

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

MAX_EMPTY_PAGES = 1000
"""Pages in a row without a single item, after which a listing is taken to go nowhere.

AWS gives some where much was deleted."""


class Progress:
    """Finds out whether a listing gets anywhere, in memory of two pages however long it is.

    A page may hold nothing twice, nothing of the page before, and, where the store lists in order,
    nothing between the first and the last that were listed. Directory buckets and some stores list
    in no order, which their pages show: of them Brent's algorithm finds every circle.
    """

    def __init__(self) -> None:
        self._empty = 0
        self._before: set[Hashable] = set()
        self._ordered = True
        self._low: Any = None
        self._high: Any = None
        self._pages = 0
        self._turn = 1
        self._mark: Hashable = None

    def see(self, items: Sequence[Hashable], places: Sequence[Any] | None = None) -> None:
        """Take a page: its ``items``, and their places in the order, by default themselves.

        Two items may have one place. Raises :exc:`~philo_aws.exceptions.ServiceError` for a page
        that does not go on.
        """
        if not items:
            self._empty += 1
            if self._empty > MAX_EMPTY_PAGES:
                raise ServiceError(
                    Sentence(
                        gettext_noop(
                            "The store answered {empty:,} empty pages of the listing in a row, and "
                            "says each time that there is more."
                        ),
                        empty=self._empty,
                    )
                )
            return
        self._empty = 0
        known = set(items)
        order = list(items if places is None else places)
        self._ordered = self._ordered and order == sorted(order)
        if len(known) < len(items) or self._mark in known:
            raise _twice(items[0])
        if self._pages and not (self._ordered and order[0] > self._high):
            if not known.isdisjoint(self._before):
                raise _twice(items[0])
            if self._ordered and not (order[-1] < self._low or order[0] == self._high):
                raise ServiceError(
                    Sentence(
                        gettext_noop(
                            "The store goes back in the listing, from {high!r} to {low!r}, so "
                            "nothing it lists can be relied on."
                        ),
                        high=self._high,
                        low=order[0],
                    )
                )
        if self._ordered:
            self._low = min(order[0], self._low) if self._pages else order[0]
            self._high = max(order[-1], self._high) if self._pages else order[-1]
        self._before = known
        self._pages += 1
        if self._pages == self._turn:
            self._mark, self._turn = items[0], 2 * self._turn


def _twice(item: Hashable) -> ServiceError:
    return ServiceError(
        Sentence(
            gettext_noop(
                "The store lists the same page twice, the one that begins with {item!r}, or the "
                "same item in two of them, so nothing it lists can be relied on."
            ),
            item=item,
        )
    )


@dataclass(frozen=True, kw_only=True)
class Listing:
    """How the pages of an operation follow each other."""

    markers: Mapping[str, str]
    """The parameters of the request for the next page, each with the field that it stands in."""
    items: Mapping[str, tuple[str, ...]]
    """The lists in an answer, each with the fields that tell an item of it from the others."""


LISTINGS = {
    "ListBuckets": Listing(
        markers={"ContinuationToken": "ContinuationToken"}, items={"Buckets": ("Name",)}
    ),
    "ListMultipartUploads": Listing(
        markers={"KeyMarker": "NextKeyMarker", "UploadIdMarker": "NextUploadIdMarker"},
        items={"Uploads": ("Key", "UploadId")},
    ),
    "ListObjectVersions": Listing(
        markers={"KeyMarker": "NextKeyMarker", "VersionIdMarker": "NextVersionIdMarker"},
        items={"Versions": ("Key", "VersionId"), "DeleteMarkers": ("Key", "VersionId")},
    ),
    "ListParts": Listing(
        markers={"PartNumberMarker": "NextPartNumberMarker"},
        items={"Parts": ("PartNumber",)},
    ),
}


def pages(
    client: S3Client,
    operation: str,
    arguments: Mapping[str, Any],
    *,
    region_name: str | None = None,
) -> Iterator[dict[str, Any]]:
    """Yield boto's dicts of all pages of an operation of :data:`LISTINGS`.

    Raises what :func:`page` raises, and :exc:`~philo_aws.exceptions.ServiceError` for a listing
    that does not end.
    """
    progress = Progress()
    markers: dict[str, Any] = {}
    while True:
        told, following = page(client, operation, {**arguments, **markers}, region_name=region_name)
        check_turned(markers, following)
        found = _merged(told, operation)
        progress.see(found, [item[0] for item in found])
        yield told
        if not following:
            return
        markers = following


def page(
    client: S3Client,
    operation: str,
    arguments: Mapping[str, Any],
    *,
    region_name: str | None = None,
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return boto's dict of one page, and the parameters of the next, which the last page has none.

    Raises what AWS answers, and :exc:`~philo_aws.exceptions.ServiceError` for a page that is not
    whole, contradicts itself or leaves out what tells its items apart.
    """
    answer, following = page_as_sent(client, operation, arguments, region_name=region_name)
    return answer.told, following


def page_as_sent(
    client: S3Client,
    operation: str,
    arguments: Mapping[str, Any],
    *,
    region_name: str | None = None,
) -> tuple[Answer, dict[str, Any]]:
    """Do the same as :func:`page`, and return the XML of the page beside boto's dict."""
    answer = ask(client, operation, arguments, region_name=region_name)
    _items(answer.told, operation)
    return answer, _following(operation, answer)


def check_turned(asked: Any, following: Any) -> None:
    """Raise :exc:`~philo_aws.exceptions.ServiceError` for a page that leads to itself."""
    if following and following == asked:
        raise ServiceError(
            Sentence(gettext_noop("The store answers the same page of the listing again."))
        )


def _following(operation: str, answer: Answer) -> dict[str, Any]:
    body = xml.plain(answer.body)
    truncated = xml.is_truncated(body)
    markers = {
        parameter: answer.told[name]
        for parameter, name in LISTINGS[operation].markers.items()
        if answer.told.get(name) not in (None, "", 0)
    }
    # AWS names the last part and the last upload on the last page too.
    if truncated is False:
        return {}
    if not markers:
        xml.check_end(body)
    # A page that does not say whether it is the last is, where it holds nothing.
    return markers if truncated or _items(answer.told, operation) else {}


def _lists(told: Mapping[str, Any], operation: str) -> list[list[tuple[Any, ...]]]:
    """Return what tells the items of a page apart, list by list."""
    return [
        [tuple(_value(item, name) for name in names) for item in told.get(kind, ())]
        for kind, names in LISTINGS[operation].items.items()
    ]


def _items(told: Mapping[str, Any], operation: str) -> list[tuple[Any, ...]]:
    return [item for found in _lists(told, operation) for item in found]


def _merged(told: Mapping[str, Any], operation: str) -> list[tuple[Any, ...]]:
    """Return the items of all lists of a page in the order of their keys, if each list has it.

    AWS gives the versions of a key and the marks that it was deleted in two lists.
    """
    found = _items(told, operation)
    key = operator.itemgetter(0)
    in_order = all(part == sorted(part, key=key) for part in _lists(told, operation))
    return sorted(found, key=key) if in_order else found


def _value(item: Mapping[str, Any], name: str) -> Any:
    value = item.get(name)
    if value in (None, "") and name != "VersionId":
        raise ServiceError(
            Sentence(gettext_noop("The store lists something without a {name}."), name=name)
        )
    return value or ""
