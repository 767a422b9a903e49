from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from django.test import Client

from tests.admin.buckets.conftest import HOSTILE_KEYS, Pages
from tests.servers import LocalAWS

pytestmark = pytest.mark.aws_servers("ministack")


def values(response: Any) -> list[str]:
    found = re.findall(r'data-aws-value="([^"]*)"', response.content.decode())
    return [unescape(value) for value in found]


@pytest.fixture
def stored(aws: LocalAWS, pages: Pages) -> None:
    for key in ("press/a.png", "press/old/b.png", "press/old/2025/c.png", "other.png"):
        aws.client("s3").put_object(Bucket=pages.bucket, Key=key, Body=b"x")


def test_a_folder_is_chosen_from_by_one_request(
    stored: None, pages: Pages, calls: list[str], links_of: Callable[[Any], dict[str, str]]
) -> None:
    response = pages.get("pick", prefix="press/", root="press/")
    assert calls == ["ListObjectsV2"]
    assert values(response) == ["press/a.png"]
    below = pages.client.get(links_of(response)["old/"])
    assert values(below) == ["press/old/b.png"]
    deeper = pages.client.get(links_of(below)["2025/"])
    links = links_of(deeper)
    # The way back, up to where the field begins and no further.
    assert links["old/"] == pages.path("pick", prefix="press/old/", root="press/")
    assert links[f"{pages.bucket}/press/"] == pages.path("pick", prefix="press/", root="press/")
    assert pages.bucket not in links
    assert "Buckets" not in links


def test_of_any_bucket_the_value_has_its_name_too(
    stored: None, pages: Pages, calls: list[str], links_of: Callable[[Any], dict[str, str]]
) -> None:
    buckets = pages.client.get("/admin/philo_aws/bucket/pick/", {"q": pages.bucket})
    chosen = pages.client.get(links_of(buckets)[pages.bucket])
    assert values(chosen) == [f"{pages.bucket}/other.png"]
    below = pages.client.get(links_of(chosen)["press/"])
    assert values(below) == [f"{pages.bucket}/press/a.png"]
    assert links_of(below)["Buckets"] == "/admin/philo_aws/bucket/pick/"


def test_a_search_and_a_long_folder_go_on_choosing(
    aws: LocalAWS, stored: None, pages: Pages, links_of: Callable[[Any], dict[str, str]]
) -> None:
    assert values(pages.get("pick", q="oth")) == ["other.png"]
    for number in range(120):
        aws.client("s3").put_object(Bucket=pages.bucket, Key=f"many/{number:03}", Body=b"")
    first = pages.get("pick", prefix="many/", whole="1")
    second = pages.client.get(links_of(first)["Next page"])
    assert len(values(first)) == 100
    assert values(second)[-1] == f"{pages.bucket}/many/119"


def test_hostile_names_are_chosen_as_they_are_or_not_at_all(aws: LocalAWS, pages: Pages) -> None:
    for key in HOSTILE_KEYS:
        aws.client("s3").put_object(Bucket=pages.bucket, Key=f"d/{key.replace('/', '_')}"[:400])
    response = pages.get("pick", prefix="d/")
    wanted = {f"d/{key.replace('/', '_')}"[:400] for key in HOSTILE_KEYS}
    assert set(values(response)) == {key for key in wanted if not set(key) & set("\n\t")}
    body = response.content.decode()
    assert "<script>alert" not in body
    assert "<img src=x" not in body
    assert body.count("Its name cannot be kept in a field.") == 2


def test_it_is_closed_to_who_may_not_list(
    stored: None,
    pages: Pages,
    staff: Callable[..., Client],
    text_of: Callable[[Any], str],
    calls: list[str],
) -> None:
    client = staff("view_bucket")
    assert client.get(pages.path("pick")).status_code == 403
    assert not calls
    response = client.get("/admin/philo_aws/bucket/pick/")
    assert "There is no bucket that you may look into." in text_of(response)
    assert staff("list_objects").get("/admin/philo_aws/bucket/pick/").status_code == 403
    looking = staff("list_objects").get(pages.path("pick", prefix="press/")).content.decode()
    assert "aws-thumbnail" not in looking


def test_who_may_upload_has_the_way_there(
    stored: None,
    pages: Pages,
    staff: Callable[..., Client],
    links_of: Callable[[Any], dict[str, str]],
) -> None:
    links = links_of(pages.get("pick", prefix="press/"))
    assert links["Upload"] == pages.path("upload", prefix="press/")
    looking = staff("list_objects").get(pages.path("pick", prefix="press/"))
    assert "Upload" not in links_of(looking)


def test_an_error_is_a_page_in_the_window(pages: Pages) -> None:
    response = pages.client.get("/admin/philo_aws/bucket/no-such-bucket-here/pick/")
    assert response.status_code == 200
    assert 'id="header"' not in response.content.decode()
