from __future__ import annotations

import html
import re
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.test import Client

from philo_aws.admin.buckets import folder
from philo_aws.admin.buckets.folder import BrowseView
from philo_aws.s3.web import ends
from philo_aws.s3.web.page import list_page
from tests.admin.buckets.conftest import HOSTILE_KEYS, Pages
from tests.servers import LocalAWS


def names_in(response: Any) -> Any:
    body = response.content.decode()
    cells = re.findall(r'<th scope="row">.*?<bdi>(.*?)</bdi>', body, re.DOTALL)
    return [html.unescape(cell) for cell in cells]


def test_folders_and_objects_come_with_one_request(
    aws: LocalAWS, pages: Pages, calls: list[str]
) -> None:
    s3 = aws.client("s3")
    for key in ("b.txt", "a/1.txt", "a/2.txt", "c/d/3.txt"):
        s3.put_object(Bucket=pages.bucket, Key=key, Body=b"12345")
    response = pages.get("change")
    assert response.status_code == 200
    assert names_in(response) == ["a/", "c/", "b.txt"]
    assert "5\xa0bytes" in response.content.decode()
    assert calls == ["ListObjectsV2"]


def test_a_folder_shows_what_is_below_it_and_leads_back(
    aws: LocalAWS, pages: Pages, links_of: Callable[[Any], dict[str, str]]
) -> None:
    aws.client("s3").put_object(Bucket=pages.bucket, Key="a/b/c.txt", Body=b"")
    response = pages.get("change", prefix="a/b/")
    assert names_in(response) == ["c.txt"]
    links = links_of(response)
    assert links["a/"] == pages.path("change", prefix="a/")
    assert links[pages.bucket] == pages.path("change")


def test_a_large_folder_is_paged_by_token_one_request_a_page(
    aws: LocalAWS,
    pages: Pages,
    calls: list[str],
    monkeypatch: pytest.MonkeyPatch,
    links_of: Callable[[Any], dict[str, str]],
) -> None:
    monkeypatch.setattr(BrowseView, "page_size", 3)
    for number in range(7):
        aws.client("s3").put_object(Bucket=pages.bucket, Key=f"k{number}", Body=b"")
    seen, url = [], pages.path("change")
    for page in range(3):
        response = pages.client.get(url)
        seen += names_in(response)
        url = links_of(response).get("Next page", "")
        assert bool(url) == (page < 2)
    assert seen == [f"k{number}" for number in range(7)]
    assert calls == ["ListObjectsV2"] * 3
    assert links_of(response)["First page"] == pages.path("change")


def test_search_asks_s3_for_the_beginning_of_names_and_says_so(
    aws: LocalAWS, pages: Pages, text_of: Callable[[Any], str]
) -> None:
    for key in ("f/report-1", "f/report-2", "f/other"):
        aws.client("s3").put_object(Bucket=pages.bucket, Key=key, Body=b"")
    response = pages.get("change", prefix="f/", q="rep")
    assert names_in(response) == ["report-1", "report-2"]
    assert "S3 searches by the beginning of a name" in text_of(response)


@pytest.mark.aws_servers("ministack")
@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("", ["a", "b", "c"]),
        ("-name", ["c", "b", "a"]),
        ("size", ["b", "c", "a"]),
        ("-size", ["a", "c", "b"]),
        ("nonsense", ["a", "b", "c"]),
    ],
)
def test_sorts_within_the_page(aws: LocalAWS, pages: Pages, sort: str, expected: list[str]) -> None:
    for key, size in (("a", 30), ("b", 10), ("c", 20)):
        aws.client("s3").put_object(Bucket=pages.bucket, Key=key, Body=b"x" * size)
    assert names_in(pages.get("change", sort=sort)) == expected


@pytest.mark.aws_servers("ministack")  # moto cannot store some of these keys
def test_hostile_keys_are_shown_escaped_and_lead_to_their_objects(
    aws: LocalAWS, pages: Pages
) -> None:
    s3 = aws.client("s3")
    for key in HOSTILE_KEYS:
        s3.put_object(Bucket=pages.bucket, Key=key, Body=b"content")
    body = pages.get("change").content.decode()
    assert "<script>alert" not in body
    assert "<img src=x" not in body
    assert "\u202e" not in body
    assert "\\u202egpj.exe" in body
    assert "new\\nline.txt" in body
    for key in HOSTILE_KEYS:
        response = pages.get("object", key=key)
        assert response.status_code == 200
        assert "content" in response.content.decode(), key
        assert "<script>alert" not in response.content.decode()


def test_the_empty_object_of_a_folder_is_not_in_it(
    aws: LocalAWS, pages: Pages, text_of: Callable[[Any], str]
) -> None:
    aws.client("s3").put_object(Bucket=pages.bucket, Key="empty/", Body=b"")
    assert "This folder is empty." in text_of(pages.get("change", prefix="empty/"))


@pytest.mark.aws_servers("ministack")
def test_what_a_person_may_not_do_is_not_offered(
    aws: LocalAWS, staff: Callable[..., Client], bucket: str, pages: Pages
) -> None:
    aws.client("s3").put_object(Bucket=bucket, Key="f/a", Body=b"")
    client = staff("view_bucket", "list_objects")
    body = client.get(pages.path("change", prefix="f/")).content.decode()
    for word in ("Upload", "Create folder", "Delete<", "Copy<", "Move", "Download", "checkbox"):
        assert word not in body, word
    assert "Delete folder" not in body
    # A menu without anything in it that works without a script.
    assert body.count('name="aws-menu" hidden>') == 1


@pytest.mark.aws_servers("ministack")
def test_a_bucket_that_is_not_there_gives_a_message(
    db: None, admin_client: Client, aws: LocalAWS, text_of: Callable[[Any], str]
) -> None:
    response = admin_client.get("/admin/philo_aws/bucket/no-such-bucket/change/")
    assert response.status_code == 200
    assert "There is no bucket 'no-such-bucket'" in text_of(response)


@pytest.mark.aws_servers("ministack")
def test_the_address_without_a_page_leads_to_the_bucket(pages: Pages) -> None:
    response = pages.client.get(f"/admin/philo_aws/bucket/{pages.bucket}/")
    assert response.headers["Location"] == pages.path("change")


def test_a_full_page_of_ticked_keys_is_taken(
    aws: LocalAWS, pages: Pages, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    settings.DATA_UPLOAD_MAX_NUMBER_FIELDS = 40
    monkeypatch.setattr(BrowseView, "page_size", 1000)
    for number in range(25):
        aws.client("s3").put_object(Bucket=pages.bucket, Key=f"{number:02}", Body=b"")
    body = pages.get("change").content.decode()
    ticked = re.findall(r'name="select_key" value="([^"]*)"', body)
    assert len(ticked) == 20
    asked = pages.client.post(pages.path("delete-objects"), {"select_key": ticked})
    assert "20 objects will be deleted." in asked.content.decode()
    assert pages.post("delete-objects", {"select_key": ticked}).status_code == 302
    assert len(aws.client("s3").list_objects_v2(Bucket=pages.bucket)["Contents"]) == 5


def test_deep_folders_have_breadcrumbs_of_the_first_and_the_last(pages: Pages) -> None:
    body = pages.get("change", prefix="".join(f"f{n}/" for n in range(60))).content.decode()
    crumbs = re.findall(r"<bdi>(f\d+/|…)</bdi>", body.partition("</ol>")[0])
    assert crumbs[:7] == [*(f"f{n}/" for n in range(6)), "…"]
    assert crumbs[-1] == "f59/"
    assert len(crumbs) == 20


def test_the_last_page_is_a_click_away(
    aws: LocalAWS,
    pages: Pages,
    calls: list[str],
    monkeypatch: pytest.MonkeyPatch,
    links_of: Callable[[Any], dict[str, str]],
) -> None:
    monkeypatch.setattr(BrowseView, "page_size", 3)
    for number in range(11):
        aws.client("s3").put_object(Bucket=pages.bucket, Key=f"d/k{number:02}", Body=b"x" * number)
    first = links_of(pages.get("change", prefix="d/"))
    calls.clear()
    response = pages.client.get(first["Last page"], follow=True)
    assert names_in(response) == ["k08", "k09", "k10"]
    # One to find it, one to show it.
    assert calls == ["ListObjectsV2"] * 2
    links = links_of(response)
    assert "Next page" not in links
    assert "Last page" not in links
    assert links["First page"] == pages.path("change", prefix="d/")
    turned = pages.client.get(links["Size"])
    assert names_in(turned) == ["k08", "k09", "k10"]
    assert names_in(pages.client.get(links_of(turned)["Size"])) == ["k10", "k09", "k08"]


def test_where_the_end_is_too_far_it_is_said_and_gone_on_with(
    aws: LocalAWS,
    pages: Pages,
    monkeypatch: pytest.MonkeyPatch,
    text_of: Callable[[Any], str],
    links_of: Callable[[Any], dict[str, str]],
) -> None:
    # So that it takes several steps, a page of S3 is small and a step is one request.
    monkeypatch.setattr(ends, "list_page", partial(list_page, limit=4))
    monkeypatch.setattr(folder, "find_end", partial(ends.find_end, most=1))
    monkeypatch.setattr(BrowseView, "page_size", 3)
    for number in range(12):
        aws.client("s3").put_object(Bucket=pages.bucket, Key=f"k{number:02}", Body=b"")
    response = pages.client.get(pages.path("end"), follow=True)
    assert "S3 lists forwards only, and its end was not found in time." in text_of(response)
    assert names_in(response) == ["k04", "k05", "k06"]
    for _ in range(2):
        response = pages.client.get(links_of(response)["Last page"], follow=True)
    assert names_in(response) == ["k09", "k10", "k11"]
    assert "forwards only" not in text_of(response)


@pytest.mark.aws_servers("ministack")
def test_who_may_not_list_finds_no_end(
    aws: LocalAWS, staff: Callable[..., Client], pages: Pages, calls: list[str]
) -> None:
    assert (staff("view_bucket").get(pages.path("end")).status_code, calls) == (403, [])


def test_that_a_page_is_sorted_by_itself_is_said_where_it_is_so(
    aws: LocalAWS,
    pages: Pages,
    monkeypatch: pytest.MonkeyPatch,
    text_of: Callable[[Any], str],
    links_of: Callable[[Any], dict[str, str]],
) -> None:
    for number in range(5):
        aws.client("s3").put_object(Bucket=pages.bucket, Key=f"k{number}", Body=b"x" * number)
    said, hint = "Only this page is sorted", "(sorts this page only)"
    whole = text_of(pages.get("change", sort="-size"))
    assert said not in whole
    assert hint not in whole
    monkeypatch.setattr(BrowseView, "page_size", 3)
    for query in ({}, {"sort": "name"}):
        part = text_of(pages.get("change", **query))
        assert said not in part
        assert part.count(hint) == 3
    part = pages.get("change", sort="-size")
    assert said in text_of(part)
    assert names_in(part) == ["k2", "k1", "k0"]
    back = links_of(part)["In the order of S3"]
    assert names_in(pages.client.get(back)) == ["k0", "k1", "k2"]
    last = pages.client.get(links_of(part)["Next page"])
    assert said in text_of(last)
    back = links_of(last)["In the order of S3"]
    assert names_in(pages.client.get(back)) == ["k3", "k4"]
    assert said in text_of(pages.get("search", q="k", sort="-size"))
    monkeypatch.setattr(BrowseView, "page_size", 100)
    assert said not in text_of(pages.get("search", q="k", sort="-size"))
