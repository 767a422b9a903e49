from __future__ import annotations

import datetime
import io
import re
import urllib.error
import urllib.request
import zipfile
from collections.abc import Callable
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client

from tests.admin.buckets.conftest import HOSTILE_KEYS, Pages
from tests.servers import LocalAWS

pytestmark = pytest.mark.aws_servers("ministack")


def fetch(url: str) -> Any:
    with urllib.request.urlopen(url) as answer:
        return answer.read(), answer.headers


def test_a_download_goes_to_s3_and_is_saved_not_shown(aws: LocalAWS, pages: Pages) -> None:
    aws.client("s3").put_object(
        Bucket=pages.bucket, Key="d/page.html", Body=b"<b>", ContentType="text/html"
    )
    response = pages.get("download", key="d/page.html")
    assert response.status_code == 302
    assert "no-store" in response.headers["Cache-Control"]
    body, headers = fetch(response.headers["Location"])
    assert body == b"<b>"
    assert headers["Content-Disposition"] == 'attachment; filename="page.html"'


def test_an_old_version_can_be_downloaded(aws: LocalAWS, pages: Pages) -> None:
    s3 = aws.client("s3")
    s3.put_bucket_versioning(Bucket=pages.bucket, VersioningConfiguration={"Status": "Enabled"})
    old = s3.put_object(Bucket=pages.bucket, Key="a", Body=b"old")["VersionId"]
    s3.put_object(Bucket=pages.bucket, Key="a", Body=b"new")
    assert fetch(pages.get("download", key="a", version=old).headers["Location"])[0] == b"old"


def test_hostile_names_stay_within_their_header(aws: LocalAWS, pages: Pages) -> None:
    for key in HOSTILE_KEYS:
        aws.client("s3").put_object(Bucket=pages.bucket, Key=key, Body=b"x")
        location = pages.get("download", key=key).headers["Location"]
        disposition = parse_qs(urlsplit(location).query)["response-content-disposition"][0]
        assert disposition.startswith("attachment; filename")
        assert disposition.isprintable()
        assert "/" not in disposition
        assert fetch(location)[0] == b"x"


def test_a_shared_link_works_until_the_end_it_names(
    aws: LocalAWS, pages: Pages, history: Callable[[str], list[str]], text_of: Callable[[Any], str]
) -> None:
    aws.client("s3").put_object(Bucket=pages.bucket, Key="a.txt", Body=b"content")
    assert "cannot be called back" in text_of(pages.get("share", key="a.txt"))
    response = pages.post("share", {"expires_in": "900"}, key="a.txt")
    assert "no-store" in response.headers["Cache-Control"]
    body = response.content.decode()
    (found,) = re.findall(r"<textarea[^>]*>(.*?)</textarea>", body, re.DOTALL)
    link = unescape(found)
    assert fetch(link)[0] == b"content"
    assert parse_qs(urlsplit(link).query)["X-Amz-Expires"] == ["900"]
    end = datetime.datetime.fromisoformat(re.findall(r'datetime="([^"]+)"', body)[0])
    left = end - datetime.datetime.now(datetime.UTC)
    assert datetime.timedelta(seconds=880) < left <= datetime.timedelta(seconds=900)
    (entry,) = history(pages.bucket)
    assert entry.startswith("Made a link to 'a.txt' that works until ")
    assert "Signature" not in entry


@pytest.mark.parametrize("seconds", ["0", "604801", "-1", "abc"])
def test_no_other_lifetime_can_be_asked_for(
    pages: Pages, seconds: str, history: Callable[[str], list[str]]
) -> None:
    response = pages.post("share", {"expires_in": seconds}, key="a.txt")
    assert "X-Amz-Signature" not in response.content.decode()
    assert history(pages.bucket) == []


def test_a_link_ends_with_the_credentials_that_signed_it(
    aws: LocalAWS, pages: Pages, monkeypatch: pytest.MonkeyPatch, text_of: Callable[[Any], str]
) -> None:
    # No local server gives credentials that end; botocore keeps their end in this attribute.
    from philo_aws.clients import get_session

    end = datetime.datetime.now(datetime.UTC) + datetime.timedelta(minutes=5)
    monkeypatch.setattr(get_session().get_credentials(), "_expiry_time", end, raising=False)
    text = text_of(pages.post("share", {"expires_in": "3600"}, key="a.txt"))
    assert "because the credentials that signed it end then" in text


def unzip(response: Any) -> Any:
    assert response.headers["Content-Type"] == "application/zip"
    return zipfile.ZipFile(io.BytesIO(b"".join(response.streaming_content)))


def test_a_folder_comes_as_a_zip(aws: LocalAWS, pages: Pages) -> None:
    for key in ("d/a.txt", "d/e/b.txt", "other"):
        aws.client("s3").put_object(Bucket=pages.bucket, Key=key, Body=key.encode())
    aws.client("s3").put_object(Bucket=pages.bucket, Key="d/e/", Body=b"")
    response = pages.get("zip", select_folder="d/")
    assert response.headers["Content-Disposition"] == 'attachment; filename="d.zip"'
    with unzip(response) as archive:
        assert archive.testzip() is None
        assert {name: archive.read(name) for name in archive.namelist()} == {
            "d/a.txt": b"d/a.txt",
            "d/e/b.txt": b"d/e/b.txt",
        }


def test_a_selection_comes_as_a_zip(aws: LocalAWS, pages: Pages) -> None:
    for key in ("d/a.txt", "d/b.txt", "d/e/c.txt"):
        aws.client("s3").put_object(Bucket=pages.bucket, Key=key, Body=b"x")
    data = {"select_key": ["d/a.txt"], "select_folder": ["d/e/"]}
    with unzip(pages.post("zip", data, prefix="d/")) as archive:
        assert sorted(archive.namelist()) == ["a.txt", "e/c.txt"]


def test_everything_of_a_folder_comes_as_a_zip(aws: LocalAWS, pages: Pages) -> None:
    for key in ("d/1", "d/e/2", "other"):
        aws.client("s3").put_object(Bucket=pages.bucket, Key=key, Body=b"x")
    response = pages.post("zip", {"select_all": "=d/"}, prefix="d/")
    assert response.headers["Content-Disposition"] == 'attachment; filename="d.zip"'
    with unzip(response) as archive:
        assert archive.namelist() == ["1", "e/2"]
    response = pages.post("zip", {"select_all": "="})
    assert f'filename="{pages.bucket}.zip"' in response.headers["Content-Disposition"]
    with unzip(response) as archive:
        assert archive.namelist() == ["d/1", "d/e/2", "other"]


def test_no_name_in_a_zip_leads_outside(aws: LocalAWS, pages: Pages) -> None:
    keys = [*HOSTILE_KEYS, "..\\windows", "C:\\x", "a/../../b", "A", "a"]
    for key in keys:
        aws.client("s3").put_object(Bucket=pages.bucket, Key=f"z/{key}", Body=b"x")
    with unzip(pages.get("zip", select_folder="z/")) as archive:
        names = archive.namelist()
    assert len(names) == len(keys)
    assert len({name.casefold() for name in names}) == len(keys)
    for name in names:
        assert not name.startswith("/")
        assert ".." not in name.split("/")
        assert "\\" not in name
        assert ":" not in name
        assert name.isprintable()


def test_an_object_that_cannot_be_read_is_named_in_the_zip(aws: LocalAWS, pages: Pages) -> None:
    aws.client("s3").put_object(Bucket=pages.bucket, Key="a", Body=b"x")
    data = {"select_key": ["a", "vanished"]}
    with unzip(pages.post("zip", data)) as archive:
        assert archive.read("a") == b"x"
        assert b"vanished" in archive.read("_NOT_INCLUDED.txt")


def test_a_bucket_that_cannot_be_listed_gives_a_page_not_a_broken_zip(
    aws: LocalAWS, admin_client: Client, text_of: Callable[[Any], str]
) -> None:
    response = admin_client.get(
        "/admin/philo_aws/bucket/no-such-bucket/zip/", {"select_folder": "x/"}
    )
    assert "There is no bucket 'no-such-bucket'" in text_of(response)
