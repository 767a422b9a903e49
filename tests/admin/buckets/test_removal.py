from __future__ import annotations

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from html import unescape
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.test import Client
from django.utils import translation
from pytest_django import Settings

from philo_aws.admin.buckets.base import pack
from philo_aws.admin.buckets.removal import DeleteObjectsView
from philo_aws.admin.buckets.stepwise import SelectionView
from philo_aws.exceptions import AWSError
from philo_aws.s3.web import steps
from philo_aws.s3.web.steps import BoundedStep, Count
from tests.admin.buckets.conftest import HOSTILE_KEYS, Pages
from tests.servers import LocalAWS

pytestmark = pytest.mark.aws_servers("ministack")


def keys_of(aws: LocalAWS, bucket: str) -> Any:
    answer = aws.client("s3").list_objects_v2(Bucket=bucket)
    return [item["Key"] for item in answer.get("Contents", ())]


def hidden_of(response: Any) -> Any:
    """The fields that the page's form would send."""
    fields: dict[str, list[str]] = {}
    pattern = r'<input type="hidden" name="([^"]+)" value="([^"]*)">'
    body = response.content.decode().partition('id="content-start"')[2]
    for name, value in re.findall(pattern, body):
        if name != "csrfmiddlewaretoken":
            fields.setdefault(unescape(name), []).append(unescape(value))
    return fields


def put(aws: LocalAWS, bucket: str, *keys: str) -> None:
    for key in keys:
        aws.client("s3").put_object(Bucket=bucket, Key=key, Body=b"12345")


def test_nothing_is_deleted_before_it_is_confirmed(
    aws: LocalAWS, pages: Pages, text_of: Callable[[Any], str]
) -> None:
    put(aws, pages.bucket, "a", "d/1", "d/2")
    response = pages.client.post(
        pages.path("delete-objects"), {"select_key": ["a"], "select_folder": ["d/"]}
    )
    text = text_of(response)
    assert (
        "3 objects will be deleted. Those in folders have 10\xa0bytes.".replace("\xa0", " ") in text
    )
    assert "The bucket keeps no versions: what is deleted is gone for good." in text
    assert keys_of(aws, pages.bucket) == ["a", "d/1", "d/2"]


@pytest.mark.parametrize(
    ("page", "sentence"),
    [
        ("delete-objects", "12.345 Objekte werden gelöscht."),
        ("copy", "12.345 Objekte werden kopiert."),
        ("move", "12.345 Objekte werden verschoben."),
    ],
)
def test_numbers_are_written_in_the_language_of_the_page(
    pages: Pages,
    text_of: Callable[[Any], str],
    monkeypatch: pytest.MonkeyPatch,
    page: str,
    sentence: str,
) -> None:
    # So many objects would take a minute to make.
    count = Count(objects=12_345, bytes=0, complete=True)
    monkeypatch.setattr(SelectionView, "count", lambda view: count)
    with translation.override("de"):
        assert sentence in text_of(pages.get(page, select_key="a"))


def test_numbers_of_what_was_done_are_too(
    pages: Pages, text_of: Callable[[Any], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def some(view: DeleteObjectsView, keys: Any, data: Any) -> BoundedStep:
        return BoundedStep(
            done=12_345, refused=dict.fromkeys(map(str, range(1_000)), AWSError("Nein."))
        )

    monkeypatch.setattr(DeleteObjectsView, "do_keys", some)
    with translation.override("de"):
        response = pages.post("delete-objects", {"select_key": "a"})
        told = [str(message) for message in get_messages(response.wsgi_request)]
    assert told == ["12.345 Objekte wurden gelöscht. Bei 1.000 ging es nicht: Nein."]


def test_selected_objects_and_folders_go_step_by_step(
    aws: LocalAWS, pages: Pages, history: Callable[[str], list[str]], text_of: Callable[[Any], str]
) -> None:
    put(aws, pages.bucket, "a", "b", "d/1", "d/2", "e/1")
    data = {"select_key": ["a"], "select_folder": ["d/", "e/"]}
    progress = pages.post("delete-objects", data)
    assert "1 object was deleted." in text_of(progress)
    progress = pages.post("delete-objects", hidden_of(progress))
    assert "3 objects were deleted." in text_of(progress)
    response = pages.post("delete-objects", hidden_of(progress))
    assert response.status_code == 302
    assert [str(m) for m in get_messages(response.wsgi_request)] == ["4 objects were deleted."]
    assert keys_of(aws, pages.bucket) == ["b"]
    assert history(pages.bucket) == ["Deleted 'd/', 'e/', 'a': 4 objects."]


def test_a_large_folder_takes_several_bounded_steps(
    aws: LocalAWS, pages: Pages, monkeypatch: pytest.MonkeyPatch, text_of: Callable[[Any], str]
) -> None:
    monkeypatch.setattr(DeleteObjectsView, "step_seconds", 0.0)
    monkeypatch.setattr(steps, "DELETE_BATCH", 4)
    put(aws, pages.bucket, *[f"d/{number}" for number in range(10)], "kept")
    response = pages.post("delete-objects", {"select_folder": ["d/"]})
    counts: list[str] = []
    while response.status_code == 200:
        counts += re.findall(r"(\d+) objects were deleted", text_of(response))
        response = pages.post("delete-objects", hidden_of(response))
    assert counts == ["4", "8"]
    assert keys_of(aws, pages.bucket) == ["kept"]


def progress_of(response: Any) -> list[tuple[int, int]]:
    """How far the bar of the page is, if it says so."""
    found = re.findall(r'<progress[^>]* value="(\d+)" max="(\d+)"', response.content.decode())
    return [(int(value), int(most)) for value, most in found]


def test_each_step_says_how_many_of_how_many(
    aws: LocalAWS, pages: Pages, monkeypatch: pytest.MonkeyPatch, text_of: Callable[[Any], str]
) -> None:
    monkeypatch.setattr(DeleteObjectsView, "step_seconds", 0.0)
    monkeypatch.setattr(steps, "DELETE_BATCH", 4)
    put(aws, pages.bucket, *[f"d/{number}" for number in range(10)], "a")
    asked = pages.client.post(
        pages.path("delete-objects"), {"select_folder": ["d/"], "select_key": ["a"]}
    )
    response = pages.post("delete-objects", hidden_of(asked))
    told: list[str] = []
    bars: list[tuple[int, int]] = []
    while response.status_code == 200:
        told += re.findall(r"(\d+ of \d+) objects were deleted", text_of(response))
        bars += progress_of(response)
        # What comes meanwhile was not counted, and no figure says more than all.
        if len(bars) == 2 and told[-1] == "5 of 11":
            put(aws, pages.bucket, *[f"d/z{number}" for number in range(8)])
        response = pages.post("delete-objects", hidden_of(response))
    assert told == ["1 of 11", "5 of 11", "9 of 11"]
    assert bars == [(1000, 11000), (5000, 11000), (9000, 11000)]
    assert keys_of(aws, pages.bucket) == []


def test_what_could_not_be_counted_has_no_end_in_sight(
    aws: LocalAWS, pages: Pages, monkeypatch: pytest.MonkeyPatch, text_of: Callable[[Any], str]
) -> None:
    count = Count(objects=3, bytes=0, complete=False)
    monkeypatch.setattr(SelectionView, "count", lambda view: count)
    monkeypatch.setattr(DeleteObjectsView, "step_seconds", 0.0)
    monkeypatch.setattr(steps, "DELETE_BATCH", 2)
    put(aws, pages.bucket, *[f"d/{number}" for number in range(5)])
    asked = pages.client.post(pages.path("delete-objects"), {"select_folder": ["d/"]})
    response = pages.post("delete-objects", {**hidden_of(asked), "typed_number": "3"})
    assert "2 objects were deleted." in text_of(response)
    assert "<progress" in response.content.decode()
    assert " max=" not in response.content.decode()


@pytest.mark.parametrize(
    ("query", "begin", "kept"),
    [
        ({}, "", []),
        ({"prefix": "d/"}, "d/", ["a", "da"]),
        ({"prefix": "d/"}, "d/1", ["a", "d/2", "da"]),
    ],
)
def test_everything_is_selected_beyond_the_page(
    aws: LocalAWS,
    pages: Pages,
    text_of: Callable[[Any], str],
    history: Callable[[str], list[str]],
    query: dict[str, str],
    begin: str,
    kept: list[str],
) -> None:
    put(aws, pages.bucket, "a", "d/1", "d/12", "d/1e/x", "d/2", "da")
    # The ticks of the page come with it.
    data = {"select_all": f"={begin}", "select_key": ["d/1"]}
    asked = pages.client.post(pages.path("delete-objects", **query), data)
    count = 6 - len(kept)
    assert f"{count} objects will be deleted." in text_of(asked)
    assert keys_of(aws, pages.bucket) == ["a", "d/1", "d/12", "d/1e/x", "d/2", "da"]
    response = pages.post("delete-objects", hidden_of(asked), **query)
    assert response.headers["Location"] == pages.path("change", **query)
    assert keys_of(aws, pages.bucket) == kept
    what = f"'{begin}'" if begin else "everything"
    assert history(pages.bucket) == [f"Deleted {what}: {count} objects."]


@pytest.mark.parametrize("value", ["", "d/", "=a/", "=d"])
def test_everything_is_never_more_than_the_page_was_about(
    aws: LocalAWS, pages: Pages, value: str
) -> None:
    put(aws, pages.bucket, "a/1", "d/1", "d2")
    for data in ({"select_all": value}, {"select_all": value, "select_key": ""}):
        response = pages.post("delete-objects", data, prefix="d/")
        assert [str(m) for m in get_messages(response.wsgi_request)][-1:] == [
            "Nothing was selected."
        ]
    assert keys_of(aws, pages.bucket) == ["a/1", "d/1", "d2"]


def test_hostile_keys_are_deleted_and_only_they(aws: LocalAWS, pages: Pages) -> None:
    put(aws, pages.bucket, *HOSTILE_KEYS, "kept")
    page = pages.get("change").content.decode()
    values = [unescape(v) for v in re.findall(r'name="select_key" value="([^"]*)"', page)]
    assert pack("new\nline.txt") in values
    asked = pages.client.post(
        pages.path("delete-objects"), {"select_key": [v for v in values if v != "kept"]}
    )
    pages.post("delete-objects", hidden_of(asked))
    left = keys_of(aws, pages.bucket)
    assert "kept" in left
    assert not set(left) & {key for key in HOSTILE_KEYS if "/" not in key.rstrip("/")}


def test_nothing_selected_deletes_nothing(aws: LocalAWS, pages: Pages) -> None:
    put(aws, pages.bucket, "d/1")
    response = pages.post("delete-objects", prefix="d/")
    assert response.headers["Location"] == pages.path("change", prefix="d/")
    assert [str(m) for m in get_messages(response.wsgi_request)] == ["Nothing was selected."]
    assert keys_of(aws, pages.bucket) == ["d/1"]


def test_a_folder_is_not_mistaken_for_what_begins_like_it(aws: LocalAWS, pages: Pages) -> None:
    put(aws, pages.bucket, "d/1", "d2/1", "d")
    pages.post("delete-objects", {"select_folder": ["d/"]})
    assert keys_of(aws, pages.bucket) == ["d", "d2/1"]


def test_where_versions_are_kept_the_page_says_so(
    aws: LocalAWS, pages: Pages, text_of: Callable[[Any], str]
) -> None:
    put(aws, pages.bucket, "a")
    aws.client("s3").put_bucket_versioning(
        Bucket=pages.bucket, VersioningConfiguration={"Status": "Enabled"}
    )
    text = text_of(pages.get("delete-objects", select_key="a"))
    assert "what is deleted can be brought back" in text


def test_what_aws_refuses_is_told_and_not_called_done(
    signed_aws: LocalAWS, admin_client: Client, settings: Settings
) -> None:
    bucket = signed_aws.make_bucket()
    put(signed_aws, bucket, "a")
    keys = signed_aws.make_user("s3:ListBucket", "s3:GetObject")
    settings.AWS = {**signed_aws.settings, "credentials": keys}
    response = admin_client.post(
        f"/admin/philo_aws/bucket/{bucket}/delete-objects/",
        {"confirm": "yes", "select_key": ["a"]},
    )
    shown = response.content.decode() + "".join(
        str(message) for message in get_messages(response.wsgi_request)
    )
    assert "denied" in shown
    assert keys_of(signed_aws, bucket) == ["a"]


def test_the_number_of_many_that_cannot_be_brought_back_is_typed(
    aws: LocalAWS, pages: Pages, calls: list[str], text_of: Callable[[Any], str]
) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: put(aws, pages.bucket, f"d/{number}"), range(1_004)))
    asked = pages.client.post(pages.path("delete-objects"), {"select_folder": ["d/"]})
    assert sorted(calls) == ["GetBucketVersioning", "ListObjectsV2", "ListObjectsV2"]
    assert "Type the number of objects to confirm" in text_of(asked)
    hidden = hidden_of(asked)
    for wrong in ("", "1", "1005", "-1004", "all"):
        refused = pages.post("delete-objects", {**hidden, "typed_number": wrong})
        assert 'class="errornote"' in refused.content.decode(), wrong
    assert keys_of(aws, pages.bucket)
    calls.clear()
    response = pages.post("delete-objects", {**hidden, "typed_number": " 1,004 "})
    assert response.status_code == 302
    assert keys_of(aws, pages.bucket) == []
    # Nothing is counted anew.
    assert set(calls) == {"ListObjectsV2", "DeleteObjects"}
    assert calls.count("ListObjectsV2") == 2


def test_it_is_asked_once_and_not_at_every_step(
    aws: LocalAWS, pages: Pages, monkeypatch: pytest.MonkeyPatch
) -> None:
    from philo_aws.s3.web import steps

    monkeypatch.setattr(DeleteObjectsView, "freely", 3)
    monkeypatch.setattr(DeleteObjectsView, "step_seconds", 0.0)
    monkeypatch.setattr(steps, "DELETE_BATCH", 4)
    put(aws, pages.bucket, *(f"d/{number}" for number in range(6)))
    asked = pages.client.post(pages.path("delete-objects"), {"select_folder": ["d/"]})
    response = pages.post("delete-objects", {**hidden_of(asked), "typed_number": "6"})
    assert "4 of 6 objects were deleted." in response.content.decode()
    response = pages.post("delete-objects", hidden_of(response))
    assert response.status_code == 302
    assert keys_of(aws, pages.bucket) == []


def test_the_number_of_another_selection_is_none(
    aws: LocalAWS, pages: Pages, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(DeleteObjectsView, "freely", 3)
    put(aws, pages.bucket, *(f"{folder}/{n}" for folder in "de" for n in range(4)), "f/1")
    small = hidden_of(pages.client.post(pages.path("delete-objects"), {"select_folder": ["f/"]}))
    data = {"select_folder": ["d/"], "counted": small["counted"]}
    assert 'class="errornote"' in pages.post("delete-objects", data).content.decode()
    for forged in ("", "x", "1:2:3"):
        data = {"select_folder": ["d/"], "counted": forged, "typed_number": "5"}
        assert 'class="errornote"' in pages.post("delete-objects", data).content.decode()
    assert len(keys_of(aws, pages.bucket)) == 9
    assert pages.post("delete-objects", {"select_folder": ["f/"], **small}).status_code == 302


def test_no_number_where_versions_are_kept_or_few_go(
    aws: LocalAWS, pages: Pages, text_of: Callable[[Any], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    put(aws, pages.bucket, *(f"d/{number}" for number in range(4)))
    sentence = "Type the number of objects to confirm"
    assert sentence not in text_of(pages.get("delete-objects", select_folder="d/"))
    monkeypatch.setattr(DeleteObjectsView, "freely", 3)
    assert sentence in text_of(pages.get("delete-objects", select_folder="d/"))
    aws.client("s3").put_bucket_versioning(
        Bucket=pages.bucket, VersioningConfiguration={"Status": "Enabled"}
    )
    assert sentence not in text_of(pages.get("delete-objects", select_folder="d/"))
    assert pages.post("delete-objects", {"select_folder": ["d/"]}).status_code == 302
