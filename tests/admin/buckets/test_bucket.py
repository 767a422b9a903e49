from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from pytest_django import Settings

from tests.admin.buckets.conftest import Pages
from tests.admin.stores import refusal, serving
from tests.servers import LocalAWS

ADD = "/admin/philo_aws/bucket/add/"


@pytest.fixture
def name() -> Any:
    return f"made-{uuid.uuid4().hex[:12]}"


def test_a_bucket_is_made_in_its_region_and_audited(
    aws: LocalAWS, admin_client: Client, name: str
) -> None:
    response = admin_client.post(ADD, {"confirm": "yes", "name": name, "region": "eu-west-1"})
    assert response.headers["Location"] == f"/admin/philo_aws/bucket/{name}/change/"
    where = aws.client("s3").get_bucket_location(Bucket=name)["LocationConstraint"]
    assert where == "eu-west-1"
    entry = LogEntry.objects.get(object_id=name)
    assert entry.is_addition()
    assert entry.get_change_message() == "Created in eu-west-1."


@pytest.mark.aws_servers("ministack")
@pytest.mark.parametrize("bad", ["", "ab", "Capital", "a..b", "10.0.0.1", "x" * 64, "<b>"])
def test_an_impossible_name_is_refused_before_aws_is_asked(
    aws: LocalAWS, admin_client: Client, bad: str, calls: list[str]
) -> None:
    response = admin_client.post(ADD, {"confirm": "yes", "name": bad, "region": ""})
    assert 'class="errornote"' in response.content.decode()
    assert calls == []


@pytest.mark.aws_servers("moto")  # ministack gives the bucket again
def test_a_taken_name_gives_the_form_again_with_the_reason(
    admin_client: Client, bucket: str, aws: LocalAWS, text_of: Callable[[Any], str]
) -> None:
    elsewhere = {"confirm": "yes", "name": bucket, "region": "eu-west-1"}
    response = admin_client.post(ADD, elsewhere)
    assert "already own" in text_of(response) or "is taken" in text_of(response)
    assert f'value="{bucket}"' in response.content.decode()


def test_a_bucket_is_deleted_once_its_name_is_typed(aws: LocalAWS, pages: Pages) -> None:
    assert pages.get("delete").status_code == 200
    pages.post("delete", {"typed_name": "another"})
    assert aws.client("s3").head_bucket(Bucket=pages.bucket)
    response = pages.post("delete", {"typed_name": pages.bucket})
    assert response.headers["Location"] == "/admin/philo_aws/bucket/"
    listed = [b["Name"] for b in aws.client("s3").list_buckets()["Buckets"]]
    assert pages.bucket not in listed
    entry = LogEntry.objects.get(object_id=pages.bucket)
    assert entry.is_deletion()


def test_it_is_looked_into_first_by_two_requests(
    aws: LocalAWS, pages: Pages, calls: list[str], text_of: Callable[[Any], str]
) -> None:
    text = text_of(pages.get("delete"))
    assert "It is empty: no objects, no older versions, no unfinished uploads." in text
    assert sorted(calls) == ["ListMultipartUploads", "ListObjectVersions"]


@pytest.mark.aws_servers("ministack")  # moto does not list a mark that is all there is
@pytest.mark.parametrize("held", ["an object", "a mark", "an upload"])
def test_where_something_is_in_it_emptying_is_offered(
    aws: LocalAWS, pages: Pages, held: str
) -> None:
    s3 = aws.client("s3")
    if held == "an upload":
        s3.create_multipart_upload(Bucket=pages.bucket, Key="u")
    elif held == "a mark":
        s3.put_bucket_versioning(Bucket=pages.bucket, VersioningConfiguration={"Status": "Enabled"})
        s3.delete_object(Bucket=pages.bucket, Key="a")
    else:
        s3.put_object(Bucket=pages.bucket, Key="a", Body=b"")
    response = pages.get("delete")
    assert response.headers["Location"] == pages.path("empty", delete="1")


@pytest.mark.aws_servers("ministack")
def test_who_may_not_delete_objects_is_told_to_have_it_emptied(
    aws: LocalAWS, staff: Callable[..., Client], pages: Pages, text_of: Callable[[Any], str]
) -> None:
    aws.client("s3").put_object(Bucket=pages.bucket, Key="a", Body=b"")
    client = staff("view_bucket", "delete_bucket")
    text = text_of(client.get(pages.path("delete")))
    assert "S3 deletes only empty buckets" in text
    assert "It is empty" not in text
    assert client.get(pages.path("empty")).status_code == 403
    assert client.post(pages.path("empty"), {"confirm": "yes"}).status_code == 403


def test_what_cannot_be_looked_at_is_said(
    admin_client: Client, settings: Settings, text_of: Callable[[Any], str]
) -> None:
    with serving(lambda asked: refusal(asked, "AccessDenied", 403)) as store:
        settings.AWS = store.settings()
        text = text_of(admin_client.get("/admin/philo_aws/bucket/media/delete/"))
        assert "Whether it is empty could not be found out: " in text
        assert "Type the name to confirm" in text
        text = text_of(admin_client.get("/admin/philo_aws/bucket/media/empty/"))
        assert "Not all that it holds could be found out: " in text


def test_a_bucket_with_objects_stays(
    aws: LocalAWS, pages: Pages, text_of: Callable[[Any], str]
) -> None:
    aws.client("s3").put_object(Bucket=pages.bucket, Key="a", Body=b"")
    response = pages.post("delete", {"typed_name": pages.bucket})
    assert "is not empty" in text_of(response)
    assert aws.client("s3").head_object(Bucket=pages.bucket, Key="a")
