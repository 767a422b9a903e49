from __future__ import annotations

import html
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils import translation
from pytest_django import Settings

from philo_aws.admin.buckets.base import pack
from philo_aws.admin.buckets.search import SearchView
from tests.admin.buckets.conftest import HOSTILE_KEYS, Pages
from tests.admin.stores import serving
from tests.s3.web.test_search import endless
from tests.servers import LocalAWS


def put(aws: LocalAWS, bucket: str, *keys: str) -> None:
    for key in keys:
        aws.client("s3").put_object(Bucket=bucket, Key=key, Body=b"1")


def names_in(response: Any) -> list[str]:
    body = response.content.decode()
    cells = re.findall(r'<th scope="row">.*?<bdi>(.*?)</bdi>', body, re.DOTALL)
    return [html.unescape(cell) for cell in cells]


def test_a_name_is_found_wherever_it_lies_by_a_request_for_each_thousand(
    aws: LocalAWS, pages: Pages, calls: list[str], text_of: Callable[[Any], str]
) -> None:
    put(aws, pages.bucket, "d/a/Invoice.pdf", "d/invoices/1.pdf", "d/other", "invoice")
    response = pages.get("search", prefix="d/", q="INVOICE")
    assert names_in(response) == ["invoices/", "a/Invoice.pdf"]
    assert "2 found. All of it was looked at: 3 objects." in text_of(response)
    assert calls == ["ListObjectsV2"]
    body = response.content.decode()
    assert f'href="{pages.path("object", key="d/a/Invoice.pdf")}"' in body
    assert f'href="{pages.path("change", prefix="d/invoices/")}"' in body
    assert 'name="select_key" value="d/a/Invoice.pdf"' in body
    assert f'formaction="{pages.path("delete-objects", prefix="d/")}"' in body


def test_it_says_how_far_it_came_and_goes_on(
    aws: LocalAWS,
    pages: Pages,
    text_of: Callable[[Any], str],
    links_of: Callable[[Any], dict[str, str]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(SearchView, "search_limit", 4)
    put(aws, pages.bucket, *(f"d/k{n}" for n in range(10)))
    first = pages.get("search", prefix="d/", q="k")
    assert "4 found. Looked at 4 objects, up to “k3”; there are more." in text_of(first)
    second = pages.client.get(links_of(first)["Go on searching"])
    assert names_in(second) == ["k4", "k5", "k6", "k7"]
    assert "8 found. Looked at 8 objects, up to “k7”; there are more." in text_of(second)
    third = pages.client.get(links_of(second)["Go on searching"])
    assert names_in(third) == ["k8", "k9"]
    assert "10 found. All of it was looked at: 10 objects." in text_of(third)
    again = pages.client.get(links_of(third)["First page"])
    assert names_in(again) == names_in(first)


def test_ten_thousand_objects_are_looked_at_by_ten_requests(
    admin_client: Client, settings: Settings, text_of: Callable[[Any], str]
) -> None:
    with serving(endless) as store:
        settings.AWS = store.settings()
        url = "/admin/philo_aws/bucket/some-bucket/search/"
        text = text_of(admin_client.get(url, {"q": "nothing"}))
        assert "0 found. Looked at 10,000 objects, up to “k000009999”; there are more." in text
        assert "Nothing so far." in text
        with translation.override("de"):
            text = text_of(admin_client.get(url, {"q": "nothing", "seen": "10000"}))
        assert "0 gefunden. 20.000 Objekte wurden durchgesehen" in text
    assert len(store.asked) == 20


def test_a_page_of_what_was_found_has_no_more_rows_than_can_be_ticked(
    aws: LocalAWS, pages: Pages, settings: Settings, text_of: Callable[[Any], str]
) -> None:
    settings.DATA_UPLOAD_MAX_NUMBER_FIELDS = 25
    put(aws, pages.bucket, *(f"k{n}" for n in range(8)))
    response = pages.get("search", q="k")
    assert len(names_in(response)) == 5
    assert "5 found. Looked at 5 objects, up to “k4”" in text_of(response)


@pytest.mark.parametrize("query", ["", "   "])
def test_nothing_is_looked_for_without_a_text(pages: Pages, calls: list[str], query: str) -> None:
    response = pages.get("search", prefix="d/", q=query)
    assert response.headers["Location"] == pages.path("change", prefix="d/")
    assert calls == []


@pytest.mark.aws_servers("ministack")  # moto cannot store some of these keys
def test_hostile_keys_are_found_and_shown_escaped(aws: LocalAWS, pages: Pages) -> None:
    put(aws, pages.bucket, *HOSTILE_KEYS)
    for query, key in (
        ("<IMG SRC", HOSTILE_KEYS[1]),
        ("W\nLINE", HOSTILE_KEYS[2]),
        ("\u202egpj", HOSTILE_KEYS[7]),
        ("%}.txt", HOSTILE_KEYS[9]),
    ):
        body = pages.get("search", q=query).content.decode()
        assert f'name="select_key" value="{html.escape(pack(key))}"' in body
        for harm in ("<script>alert", "<img src=x", "\u202egpj.exe"):
            assert harm not in body.partition('class="aws-table')[2]


@pytest.mark.parametrize("figure", ["-1", "x", "9" * 40, "\u0663"])
def test_figures_of_the_address_that_are_none_count_nothing(
    aws: LocalAWS, pages: Pages, text_of: Callable[[Any], str], figure: str
) -> None:
    put(aws, pages.bucket, "a")
    text = text_of(pages.get("search", q="a", seen=figure, found=figure))
    assert "1 found. All of it was looked at: 1 object." in text


@pytest.mark.aws_servers("ministack")
def test_a_search_by_the_beginning_leads_to_one_that_contains_and_back(
    aws: LocalAWS, pages: Pages, links_of: Callable[[Any], dict[str, str]]
) -> None:
    put(aws, pages.bucket, "d/report", "d/x/my report")
    begins = pages.get("change", prefix="d/", q="rep")
    contains = pages.client.get(links_of(begins)["Names that contain it, in all folders below"])
    assert names_in(contains) == ["report", "x/my report"]
    back = pages.client.get(links_of(contains)["Only names that begin so"])
    assert names_in(back) == ["report"]


@pytest.mark.aws_servers("ministack")
def test_who_may_not_list_may_not_search(
    aws: LocalAWS, staff: Callable[..., Client], pages: Pages, calls: list[str]
) -> None:
    answer = staff("view_bucket").get(pages.path("search", q="a"))
    assert (answer.status_code, calls) == (403, [])
