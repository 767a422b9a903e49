from __future__ import annotations

import urllib.request
from collections.abc import Callable
from typing import Any

import botocore.session
import pytest
from botocore.exceptions import ParamValidationError

from philo_aws.clients import get_client
from philo_aws.exceptions import ConflictError, InvalidRequestError, ObjectNotFoundError, UsageError
from philo_aws.s3.objects import copying, partcopy
from philo_aws.s3.objects.copying import copy_object
from tests.servers import LocalAWS

ACCOUNT = "000000000000"
OWN_HEADERS = (
    "x-amz-request-payer",
    "x-amz-expected-bucket-owner",
    "x-amz-source-expected-bucket-owner",
    "x-amz-acl",
)


def test_metadata_headers_and_tags_go_along(
    aws: LocalAWS, bucket: str, make_bucket: Callable[..., str]
) -> None:
    s3, target = aws.client("s3"), make_bucket()
    s3.put_object(
        Bucket=bucket,
        Key="a",
        Body=b"content",
        ContentType="text/css",
        CacheControl="max-age=1",
        Metadata={"k": "v"},
        Tagging="t=1",
    )
    answer = copy_object(bucket, "a", target, "deep/b")
    assert answer["CopyObjectResult"]["ETag"]
    found = s3.get_object(Bucket=target, Key="deep/b")
    assert found["Body"].read() == b"content"
    assert (found["ContentType"], found["CacheControl"]) == ("text/css", "max-age=1")
    assert found["Metadata"] == {"k": "v"}
    tags = s3.get_object_tagging(Bucket=target, Key="deep/b")["TagSet"]
    assert tags == [{"Key": "t", "Value": "1"}]


def test_given_properties_replace_the_old_ones(aws: LocalAWS, bucket: str) -> None:
    s3 = aws.client("s3")
    s3.put_object(Bucket=bucket, Key="a", Body=b"x", CacheControl="no-cache", Metadata={"old": "1"})
    copy_object(bucket, "a", bucket, "a", headers={"ContentType": "text/css", "CacheControl": ""})
    head = s3.head_object(Bucket=bucket, Key="a")
    assert head["ContentType"] == "text/css"
    assert "CacheControl" not in head
    assert head["Metadata"] == {"old": "1"}
    copy_object(bucket, "a", bucket, "a", metadata={"new": "2"}, storage_class="STANDARD_IA")
    head = s3.head_object(Bucket=bucket, Key="a")
    assert (head["Metadata"], head["ContentType"]) == ({"new": "2"}, "text/css")
    assert head["StorageClass"] == "STANDARD_IA"


def test_beyond_the_limit_the_copy_is_made_in_parts(
    aws: LocalAWS, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    part = 5 * 1024**2
    monkeypatch.setattr(copying, "MAX_SINGLE_COPY", part)
    monkeypatch.setattr(partcopy, "PART_SIZE", part)
    s3, body = aws.client("s3"), bytes(range(256)) * 48_000
    s3.put_object(
        Bucket=bucket,
        Key="a",
        Body=body,
        ContentType="text/css",
        Metadata={"k": "v"},
        Tagging="t=1&u=a%20b",
    )
    copy_object(bucket, "a", bucket, "b")
    found = s3.get_object(Bucket=bucket, Key="b")
    assert found["Body"].read() == body
    assert found["ETag"].endswith('-3"')
    assert (found["ContentType"], found["Metadata"]) == ("text/css", {"k": "v"})
    if aws.name not in ("ministack", "signed"):  # which forgets the tags of a multipart upload
        tags = s3.get_object_tagging(Bucket=bucket, Key="b")["TagSet"]
        assert {tag["Key"]: tag["Value"] for tag in tags} == {"t": "1", "u": "a b"}


@pytest.mark.parametrize("expires", ["0", "Thu, 01 Dec 2094 16:00:00 GMT"])
@pytest.mark.parametrize(
    "way",
    [{}, {"metadata": {"new": "1"}}, {"headers": {"ContentType": "text/css"}}, "parts", "itself"],
)
def test_expiry_and_redirect_go_along(
    aws: LocalAWS, bucket: str, monkeypatch: pytest.MonkeyPatch, expires: str, way: Any
) -> None:
    put_with_expiry(aws, bucket, "a", expires)
    target, options = ("a", {}) if way == "itself" else ("b", {} if way == "parts" else way)
    if way == "parts":
        monkeypatch.setattr(copying, "MAX_SINGLE_COPY", 0)
    copy_object(bucket, "a", bucket, target, **options)
    head = aws.client("s3").head_object(Bucket=bucket, Key=target)
    assert head["ExpiresString"] == expires
    assert head["WebsiteRedirectLocation"] == "/elsewhere"
    assert ("CacheControl" in head) == ("headers" not in options)


def test_a_redirect_is_sent_along(ministack: LocalAWS, bucket: str) -> None:
    # S3 leaves it out of a copy unless it is told; the local servers take it along in any case.
    put_with_expiry(ministack, bucket, "a", "0")
    sent: list[Any] = []

    def note(request: Any, **kwargs: Any) -> None:
        sent.append(request.headers.get("x-amz-website-redirect-location"))

    events = get_client("s3").meta.events
    events.register("before-send.s3.CopyObject", note)
    try:
        copy_object(bucket, "a", bucket, "b")
    finally:
        events.unregister("before-send.s3.CopyObject", note)
    assert sent == [b"/elsewhere"]


def test_expiry_and_redirect_can_be_given_and_left_out(aws: LocalAWS, bucket: str) -> None:
    put_with_expiry(aws, bucket, "a", "0")
    given = {"Expires": "never", "WebsiteRedirectLocation": ""}
    copy_object(bucket, "a", bucket, "b", headers=given)
    head = aws.client("s3").head_object(Bucket=bucket, Key="b")
    assert head["ExpiresString"] == "never"
    assert "WebsiteRedirectLocation" not in head


def test_a_parameter_of_botos_replaces_that_property_alone(aws: LocalAWS, bucket: str) -> None:
    s3 = aws.client("s3")
    s3.put_object(
        Bucket=bucket,
        Key="a",
        Body=b"x",
        ContentType="text/css",
        CacheControl="no-cache",
        Metadata={"old": "1"},
        Tagging="t=1",
    )
    given = {"CacheControl": "max-age=60", "Tagging": "u=2", "ServerSideEncryption": "AES256"}
    copy_object(bucket, "a", bucket, "b", extra_args=given)
    head = s3.head_object(Bucket=bucket, Key="b")
    assert (head["CacheControl"], head["ContentType"]) == ("max-age=60", "text/css")
    assert (head["Metadata"], head["ServerSideEncryption"]) == ({"old": "1"}, "AES256")
    tags = s3.get_object_tagging(Bucket=bucket, Key="b")["TagSet"]
    assert tags == [{"Key": "u", "Value": "2"}]
    copy_object(bucket, "a", bucket, "a", extra_args={"CacheControl": "", "Metadata": {}})
    head = s3.head_object(Bucket=bucket, Key="a")
    assert ("CacheControl" in head, head["Metadata"]) == (False, {})
    assert head["ContentType"] == "text/css"


def test_every_request_of_a_copy_carries_its_parameters(
    aws: LocalAWS, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    part = 5 * 1024**2
    monkeypatch.setattr(partcopy, "PART_SIZE", part)
    aws.client("s3").put_object(Bucket=bucket, Key="a", Body=bytes(part + 1))
    given = {
        "RequestPayer": "requester",
        "ExpectedBucketOwner": ACCOUNT,
        "ExpectedSourceBucketOwner": ACCOUNT,
        "ACL": "bucket-owner-full-control",
    }

    def copy(*, overwrite: bool) -> list[tuple[str, set[str]]]:
        sent = []

        def note(request: Any, event_name: str, **kwargs: Any) -> None:
            names = {name.lower() for name in request.headers}
            sent.append((event_name.rpartition(".")[2], names & set(OWN_HEADERS)))

        events = get_client("s3").meta.events
        events.register("before-send.s3", note)
        try:
            copy_object(bucket, "a", bucket, "b", extra_args=given, overwrite=overwrite)
        finally:
            events.unregister("before-send.s3", note)
        return sent

    payer, owner, source, acl = OWN_HEADERS
    assert copy(overwrite=True) == [
        ("HeadObject", {payer, owner}),
        ("CopyObject", {payer, owner, source, acl}),
    ]
    aws.client("s3").delete_object(Bucket=bucket, Key="b")
    monkeypatch.setattr(copying, "MAX_SINGLE_COPY", part)
    assert sorted(copy(overwrite=False), key=lambda each: each[0]) == [
        ("CompleteMultipartUpload", {payer, owner}),
        ("CreateMultipartUpload", {payer, owner, acl}),
        ("GetObjectTagging", {payer, owner}),
        ("HeadObject", {payer, owner}),
        ("HeadObject", {payer, owner}),
        ("ListParts", {payer, owner}),
        ("UploadPartCopy", {payer, owner, source}),
        ("UploadPartCopy", {payer, owner, source}),
    ]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"CacheContrl": "x"}, "Did you mean 'CacheControl'"),
        ({"MetadataDirective": "COPY"}, "MetadataDirective is chosen by the copy itself"),
        ({"Tagging": "a=1&a=2"}, "same name"),
    ],
)
def test_parameters_that_cannot_be_are_refused(
    ministack: LocalAWS, aws: LocalAWS, bucket: str, given: dict[str, str], said: str
) -> None:
    aws.client("s3").put_object(Bucket=bucket, Key="a", Body=b"x")
    with pytest.raises(UsageError, match=said):
        copy_object(bucket, "a", bucket, "b", extra_args=given)
    assert aws.client("s3").list_objects_v2(Bucket=bucket)["KeyCount"] == 1


def test_no_other_checksum_comes_of_a_copy_in_parts(
    ministack: LocalAWS, aws: LocalAWS, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    aws.client("s3").put_object(Bucket=bucket, Key="a", Body=b"content")
    given = {"ChecksumAlgorithm": "SHA256"}
    copy_object(bucket, "a", bucket, "b", extra_args=given)
    monkeypatch.setattr(copying, "MAX_SINGLE_COPY", 1)
    with pytest.raises(UsageError, match="Leave ChecksumAlgorithm out"):
        copy_object(bucket, "a", bucket, "c", extra_args=given)
    assert "Uploads" not in aws.client("s3").list_multipart_uploads(Bucket=bucket)


def put_with_expiry(aws: LocalAWS, bucket: str, key: str, expires: str) -> None:
    """Put an object by a link, for botocore alone takes dates only."""
    headers = {
        "Expires": expires,
        "x-amz-website-redirect-location": "/elsewhere",
        "Cache-Control": "no-cache",
    }
    url = aws.client("s3").generate_presigned_url("put_object", {"Bucket": bucket, "Key": key})
    request = urllib.request.Request(url, b"content", headers, method="PUT")
    with urllib.request.urlopen(request, timeout=10) as answer:
        assert answer.status == 200


def test_a_copy_in_parts_that_fails_leaves_no_parts(
    ministack: LocalAWS, aws: LocalAWS, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copying, "MAX_SINGLE_COPY", 1)
    aws.client("s3").put_object(Bucket=bucket, Key="a", Body=b"content")
    with pytest.raises(InvalidRequestError):
        copy_object(bucket, "a", bucket, "b", storage_class="NO_SUCH_CLASS")
    assert "Uploads" not in aws.client("s3").list_multipart_uploads(Bucket=bucket)


def test_what_is_there_is_kept_unless_it_may_be_replaced(aws: LocalAWS, bucket: str) -> None:
    s3 = aws.client("s3")
    s3.put_object(Bucket=bucket, Key="a", Body=b"a")
    s3.put_object(Bucket=bucket, Key="b", Body=b"b")
    with pytest.raises(ConflictError, match="already"):
        copy_object(bucket, "a", bucket, "b", overwrite=False)
    assert s3.get_object(Bucket=bucket, Key="b")["Body"].read() == b"b"
    copy_object(bucket, "a", bucket, "b")
    assert s3.get_object(Bucket=bucket, Key="b")["Body"].read() == b"a"


def test_a_source_that_is_not_there_is_named(aws: LocalAWS, bucket: str) -> None:
    with pytest.raises(ObjectNotFoundError, match="'missing'"):
        copy_object(bucket, "missing", bucket, "b")


def test_an_older_version_is_copied(ministack: LocalAWS, aws: LocalAWS, bucket: str) -> None:
    s3 = aws.client("s3")
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    old = s3.put_object(Bucket=bucket, Key="a", Body=b"old")["VersionId"]
    s3.put_object(Bucket=bucket, Key="a", Body=b"new")
    copy_object(bucket, "a", bucket, "b", version_id=old)
    assert s3.get_object(Bucket=bucket, Key="b")["Body"].read() == b"old"


def test_what_may_not_be_replaced_is_bound_by_a_condition_on_aws(
    aws: LocalAWS, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    aws.client("s3").put_object(Bucket=bucket, Key="a", Body=b"x")
    # No server here is AWS, which alone takes the condition for a copy.
    monkeypatch.setattr(copying, "has_own_endpoint", lambda service: False)
    sent = []

    def note(request: Any, **kwargs: Any) -> None:
        sent.append({name.lower(): str(value) for name, value in request.headers.items()})

    events = get_client("s3").meta.events
    events.register("before-send.s3.CopyObject", note)
    try:
        copy_object(bucket, "a", bucket, "b", overwrite=False)
        copy_object(bucket, "a", bucket, "a")
        copy_object(bucket, "a", bucket, "b")
    finally:
        events.unregister("before-send.s3.CopyObject", note)
    free, itself, over = sent
    assert free["if-none-match"] in ("*", "b'*'")
    assert itself["if-match"].strip("b'").strip('"') == aws.client("s3").head_object(
        Bucket=bucket, Key="a"
    )["ETag"].strip('"')
    assert not {"if-match", "if-none-match"} & set(over)


@pytest.mark.parametrize("body", [b"", b"mine"])
def test_a_copy_that_may_replace_nothing_keeps_properties_and_tags(
    aws: LocalAWS, bucket: str, body: bytes
) -> None:
    s3 = aws.client("s3")
    s3.put_object(
        Bucket=bucket,
        Key="a",
        Body=body,
        ContentType="text/css",
        Metadata={"k": "v"},
        Tagging="t=1",
    )
    copy_object(bucket, "a", bucket, "b", overwrite=False)
    head = s3.head_object(Bucket=bucket, Key="b")
    assert (head["ContentType"], head["Metadata"]) == ("text/css", {"k": "v"})
    assert s3.get_object_tagging(Bucket=bucket, Key="b")["TagSet"] == [{"Key": "t", "Value": "1"}]
    assert s3.get_object(Bucket=bucket, Key="b")["Body"].read() == body


def test_botocore_still_refuses_a_text_that_is_no_date() -> None:
    # When this fails, philo_aws.s3.request.expires has no reason any more.
    client: Any = botocore.session.Session().create_client("s3", region_name="us-east-1")
    with pytest.raises(ParamValidationError, match="Expires"):
        client.put_object(Bucket="b", Key="k", Expires="never")
    client.close()
