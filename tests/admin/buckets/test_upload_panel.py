from __future__ import annotations

import json
import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.utils import translation
from pytest_django import Settings

from tests.admin.buckets.conftest import Pages

pytestmark = pytest.mark.aws_servers("ministack")


def data_of(response: Any) -> dict[str, str]:
    """The attributes that the script reads."""
    body = response.content.decode()
    [panel] = re.findall(r'<section id="aws-upload"(.*?)>', body, re.DOTALL)
    found = re.findall(r'data-([\w-]+)="(.*?)"', panel, re.DOTALL)
    return {name: unescape(value) for name, value in found}


@pytest.mark.parametrize("page", ["change", "upload"])
def test_a_page_says_where_what_is_dropped_goes(pages: Pages, page: str) -> None:
    hostile = 'd"><script>/\n/'
    data = data_of(pages.get(page, prefix=hostile))
    assert data["prefix"] == hostile
    assert data["begin-url"] == pages.path("upload/begin", prefix=hostile)
    assert data["part-url"] == pages.path("upload/part")
    # What begins with a name is looked for in the folder, and is uploaded into it.
    assert data_of(pages.get("change", prefix="d/e"))["prefix"] == "d/"


def test_a_folder_costs_no_more_requests_for_it(pages: Pages, calls: list[str]) -> None:
    pages.get("change", prefix="d/")
    assert calls == ["ListObjectsV2"]
    calls.clear()
    pages.get("upload", prefix="d/")
    assert calls == []


def test_only_who_may_upload_has_it(staff: Callable[..., Client], bucket: str) -> None:
    for codenames, there in (
        (("view_bucket", "list_objects"), False),
        (("view_bucket", "list_objects", "upload_object"), True),
    ):
        response = Pages(staff(*codenames), bucket).get("change")
        assert (b'id="aws-upload"' in response.content) is there


@pytest.mark.parametrize(
    "hidden", [{"CSRF_COOKIE_HTTPONLY": True}, {"CSRF_USE_SESSIONS": True}, {}]
)
def test_the_script_reads_the_cookie_where_it_can(
    pages: Pages, settings: Settings, hidden: dict[str, bool]
) -> None:
    for name, value in hidden.items():
        setattr(settings, name, value)
    expected = "" if hidden else settings.CSRF_COOKIE_NAME
    assert data_of(pages.get("upload"))["csrf-cookie"] == expected


def test_the_words_are_the_persons(pages: Pages) -> None:
    with translation.override("de"):
        pages.client.cookies["django_language"] = "de"
        body = pages.get("upload").content.decode()
    [words] = re.findall(r'<script id="aws-upload-texts"[^>]*>(.*?)</script>', body)
    assert json.loads(words)["both"] == "Beide behalten"
