from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.test import Client
from pytest_django import Settings

from tests.admin.stores import Answer, refusal, serving
from tests.servers import LocalAWS

LIST = "/admin/philo_aws/bucket/"


def test_lists_the_buckets_with_one_request(
    admin_client: Client, bucket: str, calls: list[str], text_of: Callable[[Any], str]
) -> None:
    text = text_of(admin_client.get(LIST))
    assert bucket in text
    assert calls == ["ListBuckets"]


@pytest.mark.aws_servers("ministack")
def test_names_of_the_settings_are_shown_with_the_reason_they_fail(
    aws: LocalAWS, admin_client: Client, settings: Settings, text_of: Callable[[Any], str]
) -> None:
    settings.AWS = {**aws.settings, "buckets": ["no-such-bucket-here"]}
    text = text_of(admin_client.get(LIST))
    assert "no-such-bucket-here There is no bucket 'no-such-bucket-here'" in text


def test_where_listing_is_denied_the_settings_names_are_shown(
    signed_aws: LocalAWS, admin_client: Client, settings: Settings, text_of: Callable[[Any], str]
) -> None:
    name = signed_aws.make_bucket()
    keys = signed_aws.make_user("s3:ListBucket", "s3:GetObject")
    settings.AWS = {**signed_aws.settings, "credentials": keys, "buckets": [name]}
    response = admin_client.get(LIST)
    text = text_of(response)
    assert "AWS does not let these credentials list the buckets" in text
    assert f'href="{LIST}{name}/change/"' in response.content.decode()


@pytest.mark.aws_servers("ministack")
@pytest.mark.parametrize(
    ("address", "page"),
    [
        ("s3://{b}", "change/"),
        ("  S3://{b}/", "change/"),
        ("{b}", "change/"),
        ("s3://{b}/a/b/", "change/?prefix=a%2Fb%2F"),
        ("{b}/a/b/", "change/?prefix=a%2Fb%2F"),
        ("s3://{b}/a/b.txt", "object/?key=a%2Fb.txt"),
        ("{b}/a/b.txt", "object/?key=a%2Fb.txt"),
        ("s3://{b}/a b?x=1#y", "object/?key=a+b%3Fx%3D1%23y"),
        ("arn:aws:s3:::{b}/k", "object/?key=k"),
        ("https://{b}.s3.eu-west-1.amazonaws.com/a/b.txt", "object/?key=a%2Fb.txt"),
        ("https://s3.eu-west-1.amazonaws.com/{b}/a/", "change/?prefix=a%2F"),
        (
            "https://eu-west-1.console.aws.amazon.com/s3/object/{b}?prefix=k&versionId=v",
            "object/?key=k&version=v",
        ),
    ],
)
def test_a_pasted_address_opens_what_it_names(
    admin_client: Client, bucket: str, address: str, page: Any
) -> None:
    response = admin_client.get(f"{LIST}open/", {"address": address.format(b=bucket)})
    assert response.headers["Location"] == f"{LIST}{bucket}/{page}"


@pytest.mark.aws_servers("ministack")
@pytest.mark.parametrize(
    ("pasted", "page"),
    [
        ("reports/2026", "change/?prefix=reports%2F2026%2F"),
        ("reports", "change/?prefix=reports%2F"),
        # What is both is the object, as its address says.
        ("both", "object/?key=both"),
        ("reports/20", "change/?prefix=reports%2F&q=20"),
        ("bo", "change/?q=bo"),
        ("nothing", "object/?key=nothing"),
    ],
)
def test_the_name_of_a_folder_opens_it_and_a_beginning_what_begins_so(
    aws: LocalAWS, admin_client: Client, bucket: str, calls: list[str], pasted: str, page: str
) -> None:
    for key in ("reports/2026-draft", "reports/2026/january", "both", "both/inside"):
        aws.client("s3").put_object(Bucket=bucket, Key=key, Body=b"")
    response = admin_client.get(f"{LIST}open/", {"address": f"s3://{bucket}/{pasted}"})
    assert response.headers["Location"] == f"{LIST}{bucket}/{page}"
    assert calls == ["ListObjectsV2"] * 2


@pytest.mark.aws_servers("ministack")
def test_who_may_not_look_into_a_bucket_has_it_not_looked_into(
    aws: LocalAWS, staff: Callable[..., Client], bucket: str, calls: list[str]
) -> None:
    client = staff("view_bucket")
    response = client.get(f"{LIST}open/", {"address": f"{bucket}/reports"})
    assert client.get(response.headers["Location"]).status_code == 403
    assert calls == []


def test_where_aws_refuses_the_look_the_object_is_opened(
    admin_client: Client, settings: Settings
) -> None:
    with serving(lambda asked: refusal(asked, "AccessDenied", 403)) as store:
        settings.AWS = store.settings()
        response = admin_client.get(f"{LIST}open/", {"address": "media/reports"})
    assert response.headers["Location"] == f"{LIST}media/object/?key=reports"


@pytest.mark.aws_servers("ministack")
@pytest.mark.parametrize("address", ["", "/key", "https://evil.example/", "s3://B?/x"])
def test_anything_else_is_refused_with_an_example(
    aws: LocalAWS, admin_client: Client, address: str, calls: list[str]
) -> None:
    response = admin_client.get(f"{LIST}open/", {"address": address})
    assert response.headers["Location"].startswith(LIST)
    if not address.startswith("s3://"):
        messages = [str(message) for message in get_messages(response.wsgi_request)]
        assert any("s3://bucket/folder/file.txt" in message for message in messages)
    assert calls == []


def test_thousands_of_buckets_come_in_pages(admin_client: Client, settings: Settings) -> None:
    names = [f"bucket-{number:04}" for number in range(1203)]
    buckets = "".join(f"<Bucket><Name>{name}</Name></Bucket>" for name in names)
    answer = f"<ListAllMyBucketsResult><Buckets>{buckets}</Buckets></ListAllMyBucketsResult>"
    with serving(lambda asked: Answer(200, answer.encode())) as store:
        settings.AWS = store.settings()
        pages = [admin_client.get(LIST, {"p": number}).content.decode() for number in (1, 3)]
        found = admin_client.get(LIST, {"q": "T-0007"}).content.decode()
    assert "1,203 buckets" in pages[0]
    assert "bucket-0499" in pages[0]
    assert "bucket-0500" not in pages[0]
    assert "Page 1 of 3" in pages[0]
    assert "bucket-1202" in pages[1]
    assert "bucket-0999" not in pages[1]
    assert "bucket-0007" in found
    assert "bucket-0008" not in found
