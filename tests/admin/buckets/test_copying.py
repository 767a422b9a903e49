from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from django.http import HttpRequest
from pytest_django import Settings

from philo_aws.admin.addresses import pack
from philo_aws.admin.buckets.copying import CopyView
from philo_aws.s3.web import copysteps
from tests.admin.buckets.conftest import Pages
from tests.admin.buckets.test_removal import hidden_of, keys_of, progress_of, put
from tests.servers import LocalAWS

pytestmark = pytest.mark.aws_servers("ministack")


def content(aws: LocalAWS, bucket: str, key: str) -> Any:
    return aws.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()


def test_an_object_is_copied_with_its_properties_to_another_bucket(
    aws: LocalAWS,
    pages: Pages,
    make_bucket: Callable[..., str],
    history: Callable[[str], list[str]],
) -> None:
    s3, target = aws.client("s3"), make_bucket()
    s3.put_object(
        Bucket=pages.bucket, Key="a.txt", Body=b"x", Metadata={"k": "v"}, ContentType="text/css"
    )
    data = {"select_key": "a.txt", "bucket": target, "key": "deep/b.txt"}
    response = pages.post("copy", data)
    assert response.status_code == 302
    head = s3.head_object(Bucket=target, Key="deep/b.txt")
    assert (head["Metadata"], head["ContentType"]) == ({"k": "v"}, "text/css")
    assert keys_of(aws, pages.bucket) == ["a.txt"]
    to = f"to 's3://{target}/deep/b.txt'"
    assert history(pages.bucket) == [f"Copied 'a.txt' {to}."]
    assert history(target) == [f"Copied 'a.txt' from bucket {pages.bucket} {to}."]


def test_an_object_is_renamed(
    aws: LocalAWS, pages: Pages, history: Callable[[str], list[str]]
) -> None:
    put(aws, pages.bucket, "old.txt")
    asked = pages.get("move", select_key="old.txt")
    assert 'value="old.txt"' in asked.content.decode()
    pages.post("move", {"select_key": "old.txt", "bucket": pages.bucket, "key": "new.txt"})
    assert keys_of(aws, pages.bucket) == ["new.txt"]
    assert history(pages.bucket) == [f"Moved 'old.txt' to 's3://{pages.bucket}/new.txt'."]


def test_what_is_there_is_replaced_only_when_asked(
    aws: LocalAWS, pages: Pages, text_of: Callable[[Any], str]
) -> None:
    s3 = aws.client("s3")
    s3.put_object(Bucket=pages.bucket, Key="a", Body=b"a")
    s3.put_object(Bucket=pages.bucket, Key="b", Body=b"b")
    data = {"select_key": "a", "bucket": pages.bucket, "key": "b"}
    response = pages.post("move", data)
    assert "already" in text_of(response)
    assert (content(aws, pages.bucket, "a"), content(aws, pages.bucket, "b")) == (b"a", b"b")
    pages.post("move", {**data, "overwrite": "on"})
    assert keys_of(aws, pages.bucket) == ["b"]
    assert content(aws, pages.bucket, "b") == b"a"


def test_a_move_onto_itself_loses_nothing(
    aws: LocalAWS, pages: Pages, text_of: Callable[[Any], str]
) -> None:
    put(aws, pages.bucket, "a")
    data = {"select_key": "a", "bucket": pages.bucket, "key": "a", "overwrite": "on"}
    assert "are the same" in text_of(pages.post("move", data))
    assert keys_of(aws, pages.bucket) == ["a"]


def test_a_folder_is_moved_with_all_below_it(aws: LocalAWS, pages: Pages) -> None:
    put(aws, pages.bucket, "d/1", "d/e/2", "other")
    data = {"select_folder": "d/", "bucket": pages.bucket, "key": "archive"}
    pages.post("move", data)
    assert keys_of(aws, pages.bucket) == ["archive/d/1", "archive/d/e/2", "other"]


def test_a_folder_cannot_be_moved_into_itself(
    aws: LocalAWS, pages: Pages, text_of: Callable[[Any], str]
) -> None:
    put(aws, pages.bucket, "d/1")
    data = {"select_folder": "d/", "bucket": pages.bucket, "key": "d/"}
    assert "lies inside the source" in text_of(pages.post("move", data))
    assert keys_of(aws, pages.bucket) == ["d/1"]


def test_a_selection_keeps_its_names(aws: LocalAWS, pages: Pages) -> None:
    put(aws, pages.bucket, "x/a", "x/d/1", "x/kept")
    data = {"select_key": "x/a", "select_folder": "x/d/", "bucket": pages.bucket, "key": "y"}
    progress = pages.post("move", data, prefix="x/")
    pages.post("move", hidden_of(progress), prefix="x/")
    assert keys_of(aws, pages.bucket) == ["x/kept", "y/a", "y/d/1"]


def test_the_destination_must_allow_uploads(
    aws: LocalAWS,
    settings: Settings,
    rf: Any,
    admin_user: Any,
    pages: Pages,
    make_bucket: Callable[..., str],
) -> Any:
    from django.contrib import admin
    from django.core.exceptions import PermissionDenied

    from philo_aws.admin import BucketAdmin
    from philo_aws.admin.buckets.copying import CopyView
    from philo_aws.models import Bucket

    class OneBucket(BucketAdmin):
        def has_upload_object_permission(self, request: HttpRequest, obj: Any = None) -> bool:
            return obj is None or obj.name == pages.bucket

    target = make_bucket()
    put(aws, pages.bucket, "a")
    request = rf.post("/", {"confirm": "yes", "select_key": "a", "bucket": target, "key": "a"})
    request.user = admin_user
    view = CopyView.as_view(model_admin=OneBucket(Bucket, admin.site))
    with pytest.raises(PermissionDenied):
        view(request, object_id=pages.bucket)
    assert keys_of(aws, target) == []


def test_a_key_with_a_line_feed_can_be_renamed(aws: LocalAWS, pages: Pages) -> None:
    put(aws, pages.bucket, "new\nline")
    asked = pages.get("move", select_key=pack("new\nline"))
    data = {**hidden_of(asked), "bucket": pages.bucket, "key": "plain"}
    pages.post("move", data)
    assert keys_of(aws, pages.bucket) == ["plain"]


@pytest.mark.parametrize("key", ["ü" * 500, "日" * 341 + "x", "a/" * 511 + "b", "%" * 1024])
def test_a_key_of_any_characters_is_within_reach_of_every_page(
    aws: LocalAWS, pages: Pages, key: str
) -> None:
    put(aws, pages.bucket, key)
    seen = pages.get("object", key=key).content.decode()
    links = [unescape(link) for link in re.findall(r'(?:href|src|action)="([^"]*)"', seen)]
    # Gunicorn takes 4,094 characters for the first line of a request.
    assert max(map(len, links)) < 3500
    folder = key[: key.rfind("/") + 1]
    listed = pages.get("change", prefix=folder).content.decode()
    assert max(map(len, re.findall(r'href="([^"]*)"', listed))) < 3500
    for page in ("copy", "move", "delete-objects"):
        [link] = {link for link in links if f"/{page}/?" in link}
        asked = pages.client.get(link)
        data = {**hidden_of(asked), "confirm": "yes", "bucket": pages.bucket, "key": f"{page}.txt"}
        assert pages.client.post(link, data).status_code == 302
        if page == "move":
            put(aws, pages.bucket, key)
    assert keys_of(aws, pages.bucket) == ["copy.txt", "move.txt"]


def test_a_copy_of_a_key_with_a_line_feed_is_called_as_the_form_says(
    aws: LocalAWS, pages: Pages
) -> None:
    put(aws, pages.bucket, "new\nline")
    asked = pages.get("copy", select_key=pack("new\nline"))
    [shown] = re.findall(r'name="key" value="([^"]*)"', asked.content.decode())
    assert unescape(shown) == '"new\\nline"'
    target = aws.make_bucket()
    pages.post("copy", {**hidden_of(asked), "bucket": target, "key": unescape(shown)})
    assert keys_of(aws, target) == ["new\nline"]


def test_everything_of_a_folder_is_copied_without_the_folder(
    aws: LocalAWS, pages: Pages, make_bucket: Callable[..., str]
) -> None:
    target = make_bucket()
    put(aws, pages.bucket, "d/1", "d/e/2", "other")
    asked = pages.client.post(pages.path("copy", prefix="d/"), {"select_all": "=d/"})
    data = {**hidden_of(asked), "bucket": target, "key": "new"}
    pages.post("copy", data, prefix="d/")
    assert keys_of(aws, target) == ["new/1", "new/e/2"]
    # A whole bucket into another one.
    pages.post("move", {"select_all": "=", "bucket": target, "key": "all/"})
    assert keys_of(aws, target) == ["all/d/1", "all/d/e/2", "all/other", "new/1", "new/e/2"]
    assert keys_of(aws, pages.bucket) == []


@pytest.mark.parametrize(("page", "verb"), [("copy", "copied"), ("move", "moved")])
def test_each_step_says_how_many_of_how_many(
    aws: LocalAWS, pages: Pages, monkeypatch: pytest.MonkeyPatch, page: str, verb: str
) -> None:
    monkeypatch.setattr(CopyView, "step_seconds", 0.0)
    monkeypatch.setattr(copysteps, "COPY_BATCH", 2)
    put(aws, pages.bucket, *[f"d/{number}" for number in range(5)])
    asked = pages.client.post(pages.path(page), {"select_folder": "d/"})
    data = {"bucket": pages.bucket, "key": "to/"}
    response = pages.post(page, {**hidden_of(asked), **data})
    told: list[str] = []
    bars: list[tuple[int, int]] = []
    while response.status_code == 200:
        told += re.findall(rf"(\d of 5) objects were {verb}", response.content.decode())
        bars += progress_of(response)
        response = pages.post(page, hidden_of(response))
    assert told == ["2 of 5", "4 of 5"]
    assert bars == [(2000, 5000), (4000, 5000)]
