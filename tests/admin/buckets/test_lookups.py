from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.admin import AdminSite
from django.http import HttpRequest
from django.test import Client
from django.urls import path
from pytest_django import Settings

from philo_aws.admin import BucketAdmin
from philo_aws.admin.buckets import lookups
from philo_aws.models import Bucket
from philo_aws.s3.web.page import list_page
from philo_aws.s3.web.steps import count_prefixes
from tests.admin.buckets.conftest import HOSTILE_KEYS, Pages
from tests.admin.buckets.test_removal import put
from tests.servers import LocalAWS

pytestmark = pytest.mark.aws_servers("ministack")


class OpenBuckets(BucketAdmin):
    def has_access(self, request: HttpRequest, obj: Any) -> bool:
        return super().has_access(request, obj) and not obj.name.startswith("secret")


closing = AdminSite(name="closing")
closing.register(Bucket, OpenBuckets)
urlpatterns = [path("closing/", closing.urls)]


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ({}, "Everything selected: 4 objects"),
        ({"prefix": "d/"}, "Everything selected: 3 objects"),
        ({"prefix": "d/", "q": "e"}, "Everything selected: 1 object"),
    ],
)
def test_all_of_a_folder_is_counted(
    aws: LocalAWS, pages: Pages, query: dict[str, str], told: str
) -> None:
    put(aws, pages.bucket, "a", "d/1", "d/2", "d/e/3")
    assert pages.get("count", **query).json() == {"text": told}


def test_where_counting_ends_is_said(
    aws: LocalAWS, pages: Pages, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(aws, pages.bucket, "a", "b", "c")
    found = count_prefixes(pages.bucket, [""], limit=2)
    monkeypatch.setattr(lookups, "count_prefixes", lambda *args, **options: found)
    told = "Everything selected: more than 2 objects"
    assert pages.get("count").json() == {"text": told}


def test_folders_lead_down_and_up_again(aws: LocalAWS, pages: Pages) -> None:
    put(aws, pages.bucket, "a", "d/1", "d/e/f/2", "z/3")
    top = pages.get("folders", **{"in": pages.bucket, "name": "x.txt"}).json()
    assert [place["label"] for place in top["places"]] == ["d/", "z/"]
    assert (top["bucket"], top["value"], top["more"]) == (pages.bucket, "x.txt", False)
    down = pages.client.get(top["places"][0]["url"]).json()
    assert [place["label"] for place in down["places"]] == ["e/"]
    assert down["value"] == "d/x.txt"
    assert down["here"] == f"{pages.bucket}/d/"
    assert pages.client.get(down["above"]["url"]).json() == top
    buckets = pages.client.get(top["above"]["url"]).json()
    (own,) = [place for place in buckets["places"] if place["label"] == pages.bucket]
    assert pages.client.get(own["url"]).json() == top


def test_names_come_as_the_field_holds_them(aws: LocalAWS, pages: Pages) -> None:
    keys = [key for key in HOSTILE_KEYS if "/" not in key and len(key.encode()) < 1000]
    put(aws, pages.bucket, *[f"{key}/x" for key in keys], "copied")
    found = pages.get("folders", **{"in": pages.bucket}).json()["places"]
    assert len(found) == len(keys)
    for place in found:
        value = pages.client.get(place["url"]).json()["value"]
        data = {"select_key": "copied", "bucket": pages.bucket, "key": value, "many": "on"}
        assert pages.post("copy", data).status_code == 302
    stored = aws.client("s3").list_objects_v2(Bucket=pages.bucket)["Contents"]
    there = {each["Key"] for each in stored}
    assert {f"{key}/copied" for key in keys} <= there


def test_folders_behind_many_objects_are_found(
    aws: LocalAWS, pages: Pages, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(aws, pages.bucket, *[f"a{number}" for number in range(7)], "b/1", "c/1", "d/1")
    real = list_page
    monkeypatch.setattr(lookups, "list_page", lambda *a, **k: real(*a, **k, limit=2))
    found = pages.get("folders", **{"in": pages.bucket}).json()
    assert [place["label"] for place in found["places"]] == ["b/", "c/", "d/"]
    monkeypatch.setattr(lookups, "MOST_PAGES", 4)
    found = pages.get("folders", **{"in": pages.bucket}).json()
    assert ([place["label"] for place in found["places"]], found["more"]) == (["b/"], True)


def test_buckets_to_choose_are_those_that_one_may_see(
    aws: LocalAWS, pages: Pages, staff: Callable[..., Client]
) -> None:
    found = pages.get("folders").json()
    assert pages.bucket in [place["label"] for place in found["places"]]
    client = staff("view_bucket", "upload_object")
    assert client.get(pages.path("folders")).status_code == 403


@pytest.mark.urls(__name__)
@pytest.mark.filterwarnings("ignore:.*urls.W005")
def test_a_hidden_bucket_cannot_be_looked_into(
    aws: LocalAWS, admin_client: Client, bucket: str
) -> None:
    url = f"/closing/philo_aws/bucket/{bucket}/folders/"
    s3 = aws.client("s3")
    s3.create_bucket(Bucket="secret-bucket")
    try:
        assert admin_client.get(url, {"in": "secret-bucket"}).status_code == 403
        places = admin_client.get(url).json()["places"]
        assert "secret-bucket" not in [place["label"] for place in places]
    finally:
        s3.delete_bucket(Bucket="secret-bucket")


def test_who_sees_a_folder_chooses_in_it(
    aws: LocalAWS, pages: Pages, settings: Settings, staff: Callable[..., Client]
) -> None:
    """The way down to it is shown without asking S3, and nothing beside it."""
    put(aws, pages.bucket, "a/open/1", "a/open/b/2", "a/closed/3", "z/4")
    settings.AWS = settings.AWS | {
        "access": [{"groups": ["*"], "buckets": [f"{pages.bucket}/a/open/"]}]
    }
    client = staff("view_bucket", "list_objects", "upload_object", "copy_object")
    top = client.get(pages.path("folders"), {"in": pages.bucket}).json()
    assert ([each["label"] for each in top["places"]], top["above"]) == (["a/"], {})
    way = client.get(top["places"][0]["url"]).json()
    assert [each["label"] for each in way["places"]] == ["open/"]
    down = client.get(way["places"][0]["url"]).json()
    assert [each["label"] for each in down["places"]] == ["b/"]
    assert client.get(down["above"]["url"]).json() == way
    beside = {"in": pages.bucket, "prefix": "z/"}
    assert client.get(pages.path("folders"), beside).status_code == 403
    assert client.get(pages.path("folders")).status_code == 403
    assert client.get(pages.path("count"), {"prefix": "a/"}).status_code == 403
    counted = client.get(pages.path("count"), {"prefix": "a/open/"}).json()
    assert counted == {"text": "Everything selected: 2 objects"}
