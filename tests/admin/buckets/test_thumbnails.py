from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from django.test import Client

from philo_aws.admin.buckets import preview, thumbnails
from tests.admin.buckets.conftest import HOSTILE_KEYS, Pages
from tests.servers import LocalAWS

pytestmark = pytest.mark.aws_servers("ministack")

PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 50


def shown(response: Any) -> list[str]:
    found = re.findall(r'<img class="aws-thumbnail" src="([^"]*)"', response.content.decode())
    return [unescape(url) for url in found]


@pytest.fixture
def images(aws: LocalAWS, pages: Pages) -> None:
    for key in ("d/a.png", "d/b.PNG", "d/c.txt", "d/e/f.png"):
        aws.client("s3").put_object(Bucket=pages.bucket, Key=key, Body=PNG)


def test_thumbnails_are_shown_where_they_are_wanted(
    images: None, pages: Pages, calls: list[str], links_of: Callable[[Any], dict[str, str]]
) -> None:
    plain = pages.get("change", prefix="d/")
    assert shown(plain) == []
    wanted = pages.client.get(links_of(plain)["Show thumbnails"])
    assert calls == ["ListObjectsV2"] * 2
    found = shown(wanted)
    assert [url.partition("?")[2] for url in found] == [
        "key=d%2Fa.png&as=thumbnail",
        "key=d%2Fb.PNG&as=thumbnail",
    ]
    assert wanted.content.decode().count('loading="lazy"') == 2
    image = pages.client.get(found[0])
    assert image.content == PNG
    assert image.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    # It stays so in the folders below, the other way round, and until it is not wanted any more.
    links = links_of(wanted)
    assert "thumbs=1" in links["e/"]
    assert "thumbs=1" in links["Size"]
    assert shown(pages.client.get(links["Hide thumbnails"])) == []


def test_a_folder_without_images_offers_none(
    aws: LocalAWS, pages: Pages, links_of: Callable[[Any], dict[str, str]]
) -> None:
    aws.client("s3").put_object(Bucket=pages.bucket, Key="a.txt", Body=b"x")
    assert "Show thumbnails" not in links_of(pages.get("change"))


def test_a_search_and_its_way_back_keep_them(
    images: None, pages: Pages, links_of: Callable[[Any], dict[str, str]]
) -> None:
    kept = '<input type="hidden" name="thumbs" value="1">'
    assert kept in pages.get("change", prefix="d/", thumbs="1").content.decode()
    assert kept not in pages.get("change", prefix="d/").content.decode()
    found = pages.get("search", prefix="d/", q="a", thumbs="1")
    assert shown(found)
    assert kept in found.content.decode()
    assert "thumbs=1" in links_of(found)["Only names that begin so"]
    begun = links_of(pages.get("change", prefix="d/", q="a", thumbs="1"))
    for name in ("Names that contain it, in all folders below", "Show all"):
        assert "thumbs=1" in begun[name]
        assert "prefix=d" in begun[name]
    assert "q=" not in begun["Show all"]
    assert "thumbs=1" in pages.get("end", prefix="d/", thumbs="1")["Location"]


def test_who_may_not_read_sees_none(
    images: None,
    pages: Pages,
    staff: Callable[..., Client],
    links_of: Callable[[Any], dict[str, str]],
) -> None:
    client = staff("view_bucket", "list_objects")
    response = client.get(pages.path("change", prefix="d/", thumbs="1"))
    assert shown(response) == []
    assert "Hide thumbnails" not in links_of(response)


def test_their_number_and_their_bytes_are_bounded(
    images: None, aws: LocalAWS, pages: Pages, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(thumbnails, "MOST_THUMBNAILS", 1)
    assert len(shown(pages.get("change", prefix="d/", thumbs="1"))) == 1
    monkeypatch.setattr(thumbnails, "THUMBNAIL_LIMIT", len(PNG) - 1)
    assert shown(pages.get("change", prefix="d/", thumbs="1")) == []
    monkeypatch.setattr(preview, "THUMBNAIL_LIMIT", len(PNG) - 1)
    assert pages.get("preview", key="d/a.png", **{"as": "thumbnail"}).status_code == 404
    assert pages.get("preview", key="d/a.png").status_code == 200


@pytest.mark.parametrize("body", [b"<svg onload=alert(1)>", b"%PDF-1.7", b"<script>1</script>"])
def test_what_is_no_image_is_never_sent_as_one(aws: LocalAWS, pages: Pages, body: bytes) -> None:
    aws.client("s3").put_object(
        Bucket=pages.bucket, Key="x.png", Body=body, ContentType="text/html"
    )
    assert pages.get("preview", key="x.png", **{"as": "thumbnail"}).status_code == 404


def test_hostile_names_lead_to_their_own_images(aws: LocalAWS, pages: Pages) -> None:
    keys = [f"{number}{key}"[:300] + ".png" for number, key in enumerate(HOSTILE_KEYS)]
    keys = [key.replace("/", "_") for key in keys]
    for key in keys:
        aws.client("s3").put_object(Bucket=pages.bucket, Key=key, Body=PNG + key.encode())
    bodies = {pages.client.get(url).content for url in shown(pages.get("change", thumbs="1"))}
    assert bodies == {PNG + key.encode() for key in keys}
