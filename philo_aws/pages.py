"""Listings that come in pages, followed to their end and not in circles."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from django.utils.translation import gettext_noop

from .exceptions import ServiceError
from .sentences import Sentence

MAX_EMPTY_PAGES = 100
"""Pages in a row that may hold nothing: each is a request, and something is still to come."""


def follow(
    ask: Callable[[dict[str, Any]], Mapping[str, Any]], key: str, *, what: str
) -> Iterator[list[str]]:
    """Yield the strings that each page holds under ``key``, none twice.

    ``ask({})`` gives the first page, ``ask({"NextToken": …})`` the one after the page that had it.
    ``what`` the strings are is marked for translation where it is written.
    Raises :exc:`~philo_aws.exceptions.ServiceError` for a listing without end (a token that comes
    again, a page with nothing new, a long run of empty pages), and for a page that holds no list.
    """
    tokens: set[str] = set()
    seen: set[str] = set()
    empty = 0
    request: dict[str, Any] = {}
    while True:
        answer = ask(request)
        page, token = answer.get(key) or [], answer.get("NextToken")
        if not _is_page(page, token):
            raise ServiceError(
                Sentence(
                    gettext_noop(
                        "The answer to the question for {what} cannot be understood. Check the "
                        "endpoint."
                    ),
                    what=Sentence(what),
                ),
                code="NoProof",
            )
        new = list(dict.fromkeys(item for item in page if item not in seen))
        seen.update(new)
        if new:
            yield new
        if not token:
            return
        empty = 0 if page else empty + 1
        if token in tokens or (page and not new) or empty > MAX_EMPTY_PAGES:
            raise ServiceError(
                Sentence(
                    gettext_noop(
                        "The list of {what} has no end: its pages repeat after {number:,} {what}. "
                        "Try again; if it stays so, ask whoever runs the endpoint."
                    ),
                    what=Sentence(what),
                    number=len(seen),
                ),
                code="EndlessListing",
            )
        tokens.add(token)
        request = {"NextToken": token}


def _is_page(page: object, token: object) -> bool:
    return (
        isinstance(page, list)
        and all(isinstance(item, str) for item in page)
        and isinstance(token, str | None)
    )
