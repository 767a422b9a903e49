"""Versions, public access, encryption and tags of a bucket are changed, and nothing is lost."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from philo_aws import s3
from philo_aws.admin.buckets.settings_base import fingerprint
from tests.admin.buckets.conftest import Pages
from tests.admin.buckets.test_removal import hidden_of
from tests.servers import LocalAWS


def save(pages: Pages, page: str, data: dict[str, Any], **query: str) -> Any:
    """Open a page and send its form."""
    opened = pages.get(f"settings/{page}", **query)
    return pages.post(f"settings/{page}", {**hidden_of(opened), **data}, **query)


def test_versions_are_switched_on_and_suspended(
    aws: LocalAWS, pages: Pages, history: Callable[[str], list[str]], calls: list[str]
) -> None:
    answer = save(pages, "versioning", {"status": "Enabled"})
    assert answer.headers["Location"] == pages.path("settings")
    assert calls == ["GetBucketVersioning", "GetBucketVersioning", "PutBucketVersioning"]
    assert s3.get_bucket_versioning(pages.bucket)["Status"] == "Enabled"
    save(pages, "versioning", {"status": "Suspended"})
    assert s3.get_bucket_versioning(pages.bucket)["Status"] == "Suspended"
    assert history(pages.bucket) == ["Switched versioning on.", "Suspended versioning."]


def test_what_is_set_already_is_not_written_again(
    aws: LocalAWS, pages: Pages, history: Callable[[str], list[str]], calls: list[str]
) -> None:
    save(pages, "versioning", {"status": "Enabled"})
    calls.clear()
    save(pages, "versioning", {"status": "Enabled"})
    assert calls == ["GetBucketVersioning"] * 2
    assert len(history(pages.bucket)) == 1


def test_public_access_is_blocked(
    aws: LocalAWS, pages: Pages, history: Callable[[str], list[str]]
) -> None:
    save(pages, "public-access", {"BlockPublicAcls": "on", "RestrictPublicBuckets": "on"})
    assert s3.get_public_access_block(pages.bucket) == {
        "BlockPublicAcls": True,
        "IgnorePublicAcls": False,
        "BlockPublicPolicy": False,
        "RestrictPublicBuckets": True,
    }
    assert history(pages.bucket) == [
        "Set the block of public access: BlockPublicAcls, RestrictPublicBuckets."
    ]


def test_the_default_encryption(
    aws: LocalAWS, pages: Pages, history: Callable[[str], list[str]], text_of: Callable[[Any], str]
) -> None:
    key = "arn:aws:kms:us-east-1:123456789012:key/7"
    save(pages, "encryption", {"algorithm": "aws:kms", "key": key, "bucket_key": "on"})
    [rule] = s3.get_bucket_encryption(pages.bucket)["Rules"]
    default = rule["ApplyServerSideEncryptionByDefault"]
    assert default == {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}
    assert rule["BucketKeyEnabled"] is True
    assert key in text_of(pages.get("settings"))
    refused = save(pages, "encryption", {"algorithm": "AES256", "key": key})
    assert "S3 uses its own keys here." in text_of(refused)
    assert history(pages.bucket) == [f"Set the default encryption: aws:kms with {key!r}."]


def test_tags_are_changed_and_taken_away_and_those_of_aws_stay(
    aws: LocalAWS, pages: Pages, history: Callable[[str], list[str]]
) -> None:
    save(pages, "tags", {"tags": 'team=web\n"a=b"=c'})
    found = s3.get_bucket_tagging(pages.bucket)["TagSet"]
    assert {tag["Key"]: tag["Value"] for tag in found} == {"team": "web", "a=b": "c"}
    save(pages, "tags", {"tags": ""})
    assert s3.get_bucket_tagging(pages.bucket) == {}
    assert history(pages.bucket) == ["Changed the tags of the bucket."] * 2


@pytest.mark.aws_servers("ministack")
def test_tags_of_aws_are_no_part_of_the_form_and_stay(aws: LocalAWS, pages: Pages) -> None:
    of_aws = {"Key": "aws:cloudformation:stack-name", "Value": "site"}
    s3.put_bucket_tagging(pages.bucket, {"TagSet": [of_aws, {"Key": "a", "Value": "1"}]})
    assert "aws:cloudformation" not in pages.get("settings/tags").content.decode()
    save(pages, "tags", {"tags": "b=2"})
    found = s3.get_bucket_tagging(pages.bucket)["TagSet"]
    assert sorted(tag["Key"] for tag in found) == ["aws:cloudformation:stack-name", "b"]


@pytest.mark.parametrize("tags", ["\n".join(f"t{n}=1" for n in range(51)), f"{'x' * 129}=1"])
@pytest.mark.aws_servers("ministack")
def test_tags_that_s3_refuses_are_refused_here(
    aws: LocalAWS, pages: Pages, tags: str, calls: list[str]
) -> None:
    assert 'class="errornote"' in save(pages, "tags", {"tags": tags}).content.decode()
    assert "PutBucketTagging" not in calls


@pytest.mark.parametrize(
    ("page", "data", "other"),
    [
        (
            "versioning",
            {"status": "Enabled"},
            lambda bucket: s3.put_bucket_versioning(bucket, {"Status": "Suspended"}),
        ),
        (
            "public-access",
            {},
            lambda bucket: s3.put_public_access_block(
                bucket, {"BlockPublicAcls": True, "IgnorePublicAcls": False}
            ),
        ),
        (
            "encryption",
            {"algorithm": "AES256"},
            lambda bucket: s3.put_bucket_encryption(
                bucket,
                {"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}}]},
            ),
        ),
        ("tags", {"tags": "mine=1"}, lambda bucket: s3.put_bucket_tagging(bucket, {"theirs": "1"})),
    ],
)
def test_what_somebody_else_set_meanwhile_is_not_overwritten(
    aws: LocalAWS,
    pages: Pages,
    history: Callable[[str], list[str]],
    text_of: Callable[[Any], str],
    calls: list[str],
    page: str,
    data: dict[str, str],
    other: Callable[[str], Any],
) -> None:
    opened = hidden_of(pages.get(f"settings/{page}"))
    other(pages.bucket)
    calls.clear()
    for _ in range(2):  # to press the button again does not help
        answer = pages.post(f"settings/{page}", {**opened, **data})
        assert "The setting was changed by somebody else" in text_of(answer)
    assert not [call for call in calls if call.startswith("Put")]
    assert history(pages.bucket) == []
    # What the person had typed is there still; opened anew, it can be saved.
    assert "mine=1" in answer.content.decode() or page != "tags"
    assert save(pages, page, data).status_code == 302


def test_a_form_that_carries_nothing_of_what_was_seen_saves_nothing(
    aws: LocalAWS, pages: Pages, text_of: Callable[[Any], str], calls: list[str]
) -> None:
    answer = pages.post("settings/versioning", {"status": "Enabled"})
    assert "changed by somebody else" in text_of(answer)
    assert "PutBucketVersioning" not in calls


def test_tags_have_no_order() -> None:
    one, two = {"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}
    assert fingerprint({"TagSet": [one, two]}) == fingerprint({"TagSet": [two, one]})
    assert fingerprint({"Rules": [one, two]}) != fingerprint({"Rules": [two, one]})
