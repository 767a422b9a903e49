from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.test import Client

from philo_aws.admin.buckets.base import pack
from philo_aws.admin.buckets.renaming import RenameView
from philo_aws.s3.web import copysteps
from tests.admin.buckets.conftest import HOSTILE_KEYS, Pages
from tests.admin.buckets.test_copying import content
from tests.admin.buckets.test_removal import hidden_of, keys_of, put
from tests.servers import LocalAWS

pytestmark = pytest.mark.aws_servers("ministack")


def told(response: Any) -> list[str]:
    return [str(message) for message in get_messages(response.wsgi_request)]


def test_an_object_gets_another_name_where_it_is(
    aws: LocalAWS, pages: Pages, history: Callable[[str], list[str]]
) -> None:
    put(aws, pages.bucket, "d/old.txt", "kept")
    asked = pages.get("rename", key="d/old.txt").content.decode()
    assert 'name="name" value="old.txt"' in asked
    response = pages.post("rename", {"name": "new.txt"}, key="d/old.txt")
    assert response.headers["Location"] == pages.path("change", prefix="d/")
    assert told(response) == ["“old.txt” is “new.txt” now."]
    assert keys_of(aws, pages.bucket) == ["d/new.txt", "kept"]
    assert history(pages.bucket) == ["Renamed 'd/old.txt' to 'd/new.txt'."]


def test_a_folder_gets_another_name_with_all_that_is_in_it(
    aws: LocalAWS, pages: Pages, history: Callable[[str], list[str]], text_of: Any
) -> None:
    put(aws, pages.bucket, "x/old/", "x/old/1", "x/old/deep/2", "x/older/3")
    folder = {"prefix": "x/", "select_folder": "x/old/"}
    asked = pages.get("rename", **folder)
    assert "3 objects will be moved." in text_of(asked)
    response = pages.post("rename", {**hidden_of(asked), "name": "new"}, **folder)
    assert response.headers["Location"] == pages.path("change", prefix="x/")
    assert told(response) == ["“old/” is “new/” now."]
    assert keys_of(aws, pages.bucket) == ["x/new/", "x/new/1", "x/new/deep/2", "x/older/3"]
    assert history(pages.bucket) == ["Renamed 'x/old/' to 'x/new/': 3 objects."]


def test_a_folder_goes_on_under_its_new_name_step_by_step(
    aws: LocalAWS, pages: Pages, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(RenameView, "step_seconds", 0.0)
    monkeypatch.setattr(copysteps, "COPY_BATCH", 2)
    put(aws, pages.bucket, *[f"old/{number}" for number in range(7)])
    response = pages.post("rename", {"select_folder": "old/", "name": "new"})
    steps = 0
    while response.status_code == 200:
        steps += 1
        response = pages.post("rename", hidden_of(response))
    assert steps > 1
    assert keys_of(aws, pages.bucket) == [f"new/{number}" for number in range(7)]


def test_a_name_that_is_taken_is_refused(aws: LocalAWS, pages: Pages, text_of: Any) -> None:
    put(aws, pages.bucket, "a", "d/1", "e/1")
    aws.client("s3").put_object(Bucket=pages.bucket, Key="b", Body=b"another")
    refused = pages.post("rename", {"name": "b"}, key="a")
    assert "There is an object 'b'" in text_of(refused)
    refused = pages.post("rename", {"name": "e"}, select_folder="d/")
    assert "There is a folder 'e' already." in text_of(refused)
    assert keys_of(aws, pages.bucket) == ["a", "b", "d/1", "e/1"]


@pytest.mark.parametrize(
    ("name", "told"),
    [("a", "the name that it has"), ("x/a", "A name has no slash"), ("", "required")],
)
def test_what_is_no_new_name_is_refused(
    aws: LocalAWS, pages: Pages, text_of: Any, name: str, told: str
) -> None:
    put(aws, pages.bucket, "a")
    assert told in text_of(pages.post("rename", {"name": name}, key="a"))
    assert keys_of(aws, pages.bucket) == ["a"]


def test_only_one_thing_is_renamed(aws: LocalAWS, pages: Pages) -> None:
    put(aws, pages.bucket, "a", "b")
    response = pages.post("rename", {"select_key": ["a", "b"], "name": "c"})
    assert told(response) == ["Only one thing can be renamed at a time."]
    assert keys_of(aws, pages.bucket) == ["a", "b"]


@pytest.mark.parametrize("key", HOSTILE_KEYS)
def test_hostile_names_are_changed_and_taken(aws: LocalAWS, pages: Pages, key: str) -> None:
    put(aws, pages.bucket, key)
    response = pages.post("rename", {"select_key": pack(key), "name": "plain"})
    assert response.status_code == 302
    (plain,) = keys_of(aws, pages.bucket)
    assert plain == key[: key.rfind("/") + 1] + "plain"
    assert content(aws, pages.bucket, plain) == b"12345"


def test_who_may_not_move_may_not_rename(
    aws: LocalAWS, staff: Callable[..., Client], pages: Pages
) -> None:
    put(aws, pages.bucket, "a")
    for codenames in (("copy_object", "upload_object"), ("delete_object", "upload_object")):
        client = staff("view_bucket", "list_objects", *codenames)
        answer = client.post(pages.path("rename", key="a"), {"confirm": "yes", "name": "b"})
        assert answer.status_code == 403
    assert keys_of(aws, pages.bucket) == ["a"]
