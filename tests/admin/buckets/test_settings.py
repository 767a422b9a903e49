"""The page of a bucket's settings: what it says of each part, to whom, and by how many requests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from philo_aws.admin.buckets.settings import PARTS
from tests.admin.buckets.conftest import Pages
from tests.admin.stores import Answer, Asked, Store, refusal, serving
from tests.servers import LocalAWS

READS = [
    "GetBucketCors",
    "GetBucketEncryption",
    "GetBucketLifecycleConfiguration",
    "GetBucketPolicy",
    "GetBucketTagging",
    "GetBucketVersioning",
    "GetBucketWebsite",
    "GetPublicAccessBlock",
]
HOSTILE = "<script>alert(1)</script>\u202e"


def test_a_bucket_for_which_nothing_is_set(
    aws: LocalAWS, pages: Pages, text_of: Callable[[Any], str], calls: list[str]
) -> None:
    response = pages.get("settings")
    assert sorted(calls) == READS
    text = text_of(response)
    for words in (
        "Versions Off – what is overwritten or deleted is gone for good.",
        "No tags.",
        "Uploads from this site (http://testserver) go through its server",
        "No rules: only pages of the bucket itself may use it from a browser.",
        "No rules: everything stays until somebody deletes it",
        "None: only the policies of identities count.",
        "The bucket is not served as a website.",
    ):
        assert words in text
    assert "aws-row-error" not in response.content.decode()


def test_everything_that_is_set_is_shown(
    aws: LocalAWS, pages: Pages, text_of: Callable[[Any], str]
) -> None:
    s3 = aws.client("s3")
    s3.put_bucket_versioning(Bucket=pages.bucket, VersioningConfiguration={"Status": "Suspended"})
    s3.put_bucket_tagging(
        Bucket=pages.bucket, Tagging={"TagSet": [{"Key": "team", "Value": "web"}]}
    )
    s3.put_bucket_cors(
        Bucket=pages.bucket,
        CORSConfiguration={
            "CORSRules": [
                {
                    "AllowedMethods": ["GET", "PUT"],
                    "AllowedOrigins": ["http://testserver", "https://other.example.com"],
                    "ExposeHeaders": ["ETag"],
                }
            ]
        },
    )
    s3.put_bucket_website(
        Bucket=pages.bucket, WebsiteConfiguration={"IndexDocument": {"Suffix": "start.html"}}
    )
    s3.put_bucket_policy(
        Bucket=pages.bucket,
        Policy='{"Version": "2012-10-17", "Statement": [{"Sid": "Kept", "Effect": "Deny", '
        '"Principal": "*", "Action": "s3:DeleteBucket", "Resource": "arn:aws:s3:::x"}]}',
    )
    text = text_of(pages.get("settings"))
    for words in (
        "Versions Suspended –",
        "team web",
        "GET, PUT",
        "http://testserver, https://other.example.com",
        "Uploads from this site (http://testserver) go straight to S3.",
        '"Suffix": "start.html"',
        '"Sid": "Kept"',
    ):
        assert words in text
    assert "Allow uploads from this site" not in text


def test_a_lifecycle_rule_is_a_sentence_or_json(
    aws: LocalAWS, pages: Pages, text_of: Callable[[Any], str]
) -> None:
    rules: Any = [
        {
            "ID": "one",
            "Status": "Disabled",
            "Filter": {"Prefix": "logs/"},
            "Expiration": {"Days": 1},
        },
        {
            "ID": "both",
            "Status": "Enabled",
            "Filter": {"Prefix": ""},
            "Expiration": {"Days": 1},
            "NoncurrentVersionExpiration": {"NoncurrentDays": 4},
        },
    ]
    aws.client("s3").put_bucket_lifecycle_configuration(
        Bucket=pages.bucket, LifecycleConfiguration={"Rules": rules}
    )
    text = text_of(pages.get("settings"))
    assert (
        "Objects are deleted after 1 day. Only names that begin with “logs/”. one Off Change Remove"
        in text
    )
    assert '"NoncurrentDays": 4' in text
    # What the form cannot hold has no way to it.
    assert text.count("Change Remove") == 1


@pytest.mark.aws_servers("ministack")
def test_what_was_set_is_never_markup(aws: LocalAWS, pages: Pages) -> None:
    aws.client("s3").put_bucket_cors(
        Bucket=pages.bucket,
        CORSConfiguration={
            "CORSRules": [
                {
                    "AllowedMethods": ["GET"],
                    "AllowedOrigins": [HOSTILE],
                    "AllowedHeaders": [HOSTILE],
                }
            ]
        },
    )
    aws.client("s3").put_bucket_lifecycle_configuration(
        Bucket=pages.bucket,
        LifecycleConfiguration={
            "Rules": [
                {
                    "ID": HOSTILE,
                    "Status": "Enabled",
                    "Filter": {"Prefix": HOSTILE},
                    "Expiration": {"Days": 1},
                }
            ]
        },
    )
    body = pages.get("settings").content.decode()
    assert "<script>alert" not in body
    assert "\u202e" not in body
    assert body.count("&lt;script&gt;alert(1)&lt;/script&gt;\\u202e") == 4


@pytest.mark.aws_servers("ministack")
def test_who_may_look_may_not_change(
    aws: LocalAWS, bucket: str, staff: Callable[..., Client], text_of: Callable[[Any], str]
) -> None:
    aws.client("s3").put_bucket_cors(
        Bucket=bucket,
        CORSConfiguration={
            "CORSRules": [{"AllowedMethods": ["GET"], "AllowedOrigins": ["https://a.example.com"]}]
        },
    )
    looking = Pages(staff("view_bucket_settings"), bucket)
    body = looking.get("settings").content.decode()
    assert "https://a.example.com" in body
    assert "settings/" not in body.partition('id="content-start"')[2]
    assert "<form" not in body.partition('id="content-start"')[2]
    for page in PAGES:
        assert looking.get(page).status_code == 403
        assert looking.post(page, {"seen": "x"}).status_code == 403
    # Nor does it help to change alone, or to be let at the objects.
    others = Pages(staff("change_bucket_settings", "view_bucket", "list_objects"), bucket)
    for page in ("settings", *PAGES):
        assert others.get(page).status_code == 403


PAGES = (
    "settings/versioning",
    "settings/public-access",
    "settings/encryption",
    "settings/tags",
    "settings/allow-uploads",
    "settings/cors",
    "settings/cors/remove",
    "settings/lifecycle",
    "settings/lifecycle/remove",
)


@pytest.fixture
def store(settings: Settings) -> Iterator[Store]:
    """A store that implements the versions alone, which neither local AWS is."""

    def answer(asked: Asked) -> Answer:
        if "versioning" in asked.query:
            body = b"<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>"
            return Answer(200, body)
        if "policy" in asked.query:
            return refusal(asked, "AccessDenied", 403)
        return refusal(asked, "NotImplemented", 501)

    with serving(answer) as running:
        settings.AWS = running.settings()
        yield running


def test_what_a_store_does_not_have_is_said_there(
    store: Store, admin_client: Client, text_of: Callable[[Any], str]
) -> None:
    response = admin_client.get("/admin/philo_aws/bucket/media/settings/")
    assert response.status_code == 200
    body, text = response.content.decode(), text_of(response)
    assert body.count('class="aws-row-error"') == len(PARTS) - 1
    assert "Versions On –" in text
    # What is not known cannot be changed; what is known can.
    assert "settings/versioning/" in body
    for page in ("public-access", "encryption", "tags", "cors", "lifecycle", "allow-uploads"):
        assert f"settings/{page}/" not in body


def test_a_bucket_that_is_not_there_is_said_once(
    aws: LocalAWS, admin_client: Client, text_of: Callable[[Any], str]
) -> None:
    text = text_of(admin_client.get("/admin/philo_aws/bucket/no-such-bucket/settings/"))
    assert text.count("There is no bucket") == 1


@pytest.mark.parametrize("depth", [800, 3000])
def test_a_policy_that_is_nested_as_no_policy_is(
    admin_client: Client, settings: Settings, depth: int
) -> None:
    """How deep Python reads, and how deep it writes, is another number in each of its versions."""
    policy = '{"Statement": ' + "[" * depth + "]" * depth + "}"

    def answer(asked: Asked) -> Answer:
        if "policy" in asked.query:
            return Answer(200, policy.encode(), "application/json")
        return refusal(asked, "AccessDenied", 403)

    with serving(answer) as running:
        settings.AWS = running.settings()
        response = admin_client.get("/admin/philo_aws/bucket/media/settings/")
    assert response.status_code == 200
    body = response.content.decode()
    told = ("Statement", "reports no error", "nested too deeply")
    assert sum(each in body for each in told) == 1
    assert 'id="aws-website"' in body
