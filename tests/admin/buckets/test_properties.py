from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.admin.buckets.conftest import Pages
from tests.admin.buckets.test_removal import hidden_of
from tests.servers import LocalAWS

pytestmark = pytest.mark.aws_servers("ministack")


def test_a_folder_is_created_where_one_is(
    aws: LocalAWS, pages: Pages, history: Callable[[str], list[str]]
) -> None:
    response = pages.post("folder", {"name": "new/deep"}, prefix="a/")
    assert response.headers["Location"] == pages.path("change", prefix="a/new/deep/")
    assert aws.client("s3").head_object(Bucket=pages.bucket, Key="a/new/deep/")
    assert history(pages.bucket) == ["Created folder 'a/new/deep/'."]


def test_a_folder_that_is_there_is_not_made_again(
    pages: Pages, text_of: Callable[[Any], str]
) -> None:
    pages.post("folder", {"name": "x"})
    assert "already" in text_of(pages.post("folder", {"name": "x"}))


@pytest.mark.parametrize("name", ["", "/", "x" * 1025])
def test_a_folder_needs_a_possible_name(pages: Pages, name: str) -> None:
    response = pages.post("folder", {"name": name})
    assert response.status_code == 200
    assert 'class="errornote"' in response.content.decode()


def properties(**changes: str) -> Any:
    fields = {
        "ContentType": "",
        "CacheControl": "",
        "ContentDisposition": "",
        "ContentEncoding": "",
        "ContentLanguage": "",
        "metadata": "",
        "storage_class": "STANDARD",
    }
    return fields | changes


def seen(pages: Pages, page: str) -> Any:
    """What the form of a page carries of the object as it was when the page was opened."""
    return hidden_of(pages.get(page, key="a"))


def test_properties_are_shown_changed_and_the_rest_kept(
    aws: LocalAWS, pages: Pages, history: Callable[[str], list[str]]
) -> None:
    s3 = aws.client("s3")
    s3.put_object(
        Bucket=pages.bucket,
        Key="a.txt",
        Body=b"content",
        ContentType="text/plain",
        CacheControl="no-cache",
        Metadata={"owner": "ops"},
        Tagging="k=v",
    )
    asked = pages.get("metadata", key="a.txt")
    body = asked.content.decode()
    assert 'value="no-cache"' in body
    assert "owner=ops" in body
    changed = properties(
        ContentType="text/css", metadata="owner=web\nTeam-Two=a=b", storage_class="STANDARD_IA"
    )
    response = pages.post("metadata", changed | hidden_of(asked), key="a.txt")
    assert response.headers["Location"] == pages.path("object", key="a.txt")
    head = s3.head_object(Bucket=pages.bucket, Key="a.txt")
    assert head["ContentType"] == "text/css"
    assert "CacheControl" not in head
    assert head["Metadata"] == {"owner": "web", "team-two": "a=b"}
    assert head["StorageClass"] == "STANDARD_IA"
    assert s3.get_object(Bucket=pages.bucket, Key="a.txt")["Body"].read() == b"content"
    tags = s3.get_object_tagging(Bucket=pages.bucket, Key="a.txt")["TagSet"]
    assert tags == [{"Key": "k", "Value": "v"}]
    assert history(pages.bucket) == ["Changed the properties of 'a.txt'."]


@pytest.mark.parametrize("metadata", ["no pair", "a=1\na=2", "ümlaut=x", "x=ümlaut", "a b=c"])
def test_metadata_that_no_header_can_carry_is_refused(
    aws: LocalAWS, pages: Pages, metadata: str
) -> None:
    aws.client("s3").put_object(Bucket=pages.bucket, Key="a", Body=b"x", Metadata={"old": "1"})
    response = pages.post("metadata", properties(metadata=metadata), key="a")
    assert 'class="errornote"' in response.content.decode()
    head = aws.client("s3").head_object(Bucket=pages.bucket, Key="a")
    assert head["Metadata"] == {"old": "1"}


def test_tags_are_changed_and_taken_away(
    aws: LocalAWS, pages: Pages, history: Callable[[str], list[str]]
) -> None:
    s3 = aws.client("s3")
    s3.put_object(Bucket=pages.bucket, Key="a", Body=b"x", Tagging="old=1")
    assert "old=1" in pages.get("tags", key="a").content.decode()
    changed = {"tags": "team=web\nwhy=ümläute + more"}
    form = changed | seen(pages, "tags")
    pages.post("tags", form, key="a")
    # Sent twice, it is not what the page showed any more.
    assert pages.post("tags", form, key="a").status_code == 200
    tags = s3.get_object_tagging(Bucket=pages.bucket, Key="a")["TagSet"]
    assert {tag["Key"]: tag["Value"] for tag in tags} == {"team": "web", "why": "ümläute + more"}
    pages.post("tags", {"tags": ""} | seen(pages, "tags"), key="a")
    assert s3.get_object_tagging(Bucket=pages.bucket, Key="a")["TagSet"] == []
    assert history(pages.bucket) == ["Changed the tags of 'a'."] * 2


@pytest.mark.parametrize(
    "tags", ["\n".join(f"t{n}=1" for n in range(11)), f"{'x' * 129}=1", f"a={'x' * 257}"]
)
def test_tags_that_s3_refuses_are_refused_here(aws: LocalAWS, pages: Pages, tags: str) -> None:
    aws.client("s3").put_object(Bucket=pages.bucket, Key="a", Body=b"x")
    response = pages.post("tags", {"tags": tags}, key="a")
    assert 'class="errornote"' in response.content.decode()


def test_what_was_typed_is_still_there_when_aws_refuses(
    pages: Pages, text_of: Callable[[Any], str]
) -> None:
    response = pages.post("tags", {"tags": "a=typed words"}, key="vanished")
    assert response.status_code == 200
    assert "There is no object 'vanished'" in text_of(response)
