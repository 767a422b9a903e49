from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from philo_aws.exceptions import ServiceError
from philo_aws.pages import MAX_EMPTY_PAGES, follow


def asking(pages: Iterator[dict[str, Any]]) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda request: next(pages)


def listed(pages: Iterator[dict[str, Any]]) -> list[str]:
    return [item for page in follow(asking(pages), "Urls", what="queues") for item in page]


def page(*urls: str, token: object = None) -> dict[str, Any]:
    return {"Urls": list(urls), **({"NextToken": token} if token else {})}


def test_all_pages() -> None:
    asked: list[dict[str, Any]] = []
    pages = iter([page("a", "b", token="1"), page(token="2"), page("c")])

    def ask(request: dict[str, Any]) -> dict[str, Any]:
        asked.append(request)
        return next(pages)

    assert list(follow(ask, "Urls", what="queues")) == [["a", "b"], ["c"]]
    assert asked == [{}, {"NextToken": "1"}, {"NextToken": "2"}]


@pytest.mark.parametrize("answer", [{}, {"Urls": []}, {"Urls": None}, {"NextToken": ""}])
def test_none(answer: dict[str, Any]) -> None:
    assert listed(iter([answer])) == []


def test_none_twice() -> None:
    assert listed(iter([page("a", "b", "a", token="1"), page("b", "c")])) == ["a", "b", "c"]


ENDLESS: dict[str, Callable[[], Iterator[dict[str, Any]]]] = {
    "one token": lambda: (page(f"u{n}", token="same") for n in itertools.count()),
    "a circle": lambda: (page(f"u{n}", token="ab"[n % 2]) for n in itertools.count()),
    "the same page": lambda: (page("a", "b", token=f"t{n}") for n in itertools.count()),
    "empty pages": lambda: (page(token=f"t{n}") for n in itertools.count()),
    "pages in a circle": lambda: (page("ab"[n % 2], token=f"t{n}") for n in itertools.count()),
}


@pytest.mark.parametrize("pages", ENDLESS.values(), ids=ENDLESS)
def test_a_list_without_end(pages: Callable[[], Iterator[dict[str, Any]]]) -> None:
    endless = pages()

    with pytest.raises(ServiceError, match="The list of queues has no end") as caught:
        listed(endless)

    assert caught.value.code == "EndlessListing"
    # It was not asked for long.
    rest = next(endless).get("NextToken")
    assert rest in {"same", "a", "b", "t2", "t3", f"t{MAX_EMPTY_PAGES + 1}"}


def test_some_empty_pages_are_none_without_end() -> None:
    empty = [page(token=f"t{n}") for n in range(MAX_EMPTY_PAGES)]

    assert listed(iter([*empty, page("a")])) == ["a"]


@pytest.mark.parametrize("answer", [{"Urls": "a"}, {"Urls": [5]}, {"Urls": ["a"], "NextToken": 5}])
def test_what_is_no_page(answer: dict[str, Any]) -> None:
    with pytest.raises(ServiceError, match="cannot be understood"):
        listed(iter([answer]))
