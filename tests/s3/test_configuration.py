"""What buckets and objects are set to, put back as it was read."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from pytest_django import Settings

from philo_aws import s3
from philo_aws.exceptions import (
    AccessDeniedError,
    BucketNotFoundError,
    ObjectNotFoundError,
    ServiceError,
    UsageError,
)
from philo_aws.s3.configured import CONFIGURABLES
from tests.s3.scripted import ONCE, scripted
from tests.servers import LocalAWS

RULE = {
    "ID": "old",
    "Filter": {"Prefix": "logs/"},
    "Status": "Enabled",
    "Expiration": {"Days": 30},
}
EXAMPLES: dict[str, dict[str, Any]] = {
    "bucket_tagging": {"TagSet": [{"Key": "team", "Value": "web"}, {"Key": "b", "Value": ""}]},
    "bucket_versioning": {"Status": "Enabled"},
    "bucket_lifecycle_configuration": {"Rules": [RULE]},
    "bucket_cors": {
        "CORSRules": [
            {
                "AllowedMethods": ["GET", "PUT"],
                "AllowedOrigins": ["https://www.example.com"],
                "AllowedHeaders": ["*"],
                "ExposeHeaders": ["ETag"],
                "MaxAgeSeconds": 600,
            }
        ]
    },
    "bucket_encryption": {
        "Rules": [
            {
                "ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"},
                "BucketKeyEnabled": True,
            }
        ]
    },
    "bucket_website": {
        "IndexDocument": {"Suffix": "index.html"},
        "ErrorDocument": {"Key": "error.html"},
    },
    "bucket_policy": {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "Read",
                "Effect": "Allow",
                "Principal": "*",
                "Action": ["s3:GetObject"],
                "Resource": "arn:aws:s3:::b/caf\xe9*",
                "Condition": {"Bool": {"aws:SecureTransport": "true"}},
            }
        ],
    },
    "public_access_block": {
        "BlockPublicAcls": True,
        "IgnorePublicAcls": True,
        "BlockPublicPolicy": False,
        "RestrictPublicBuckets": False,
    },
    "bucket_notification_configuration": {},
}
"""What each may be set to; ``bucket_notification_configuration`` needs a queue."""


def call(verb: str, name: str, *arguments: Any, **options: Any) -> dict[str, Any]:
    found = getattr(s3, f"{verb}_{name}")(*arguments, **options)
    assert isinstance(found, dict)
    return found


def notification(aws: LocalAWS) -> dict[str, Any]:
    url = aws.make_queue()
    told = aws.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    return {
        "QueueConfigurations": [
            {
                "Id": "uploads",
                "QueueArn": told["Attributes"]["QueueArn"],
                "Events": ["s3:ObjectCreated:*"],
                "Filter": {"Key": {"FilterRules": [{"Name": "prefix", "Value": "in/"}]}},
            }
        ]
    }


@pytest.mark.parametrize("name", EXAMPLES)
def test_what_is_read_can_be_put_back_equal(aws: LocalAWS, bucket: str, name: str) -> None:
    other = aws.make_bucket()
    given = EXAMPLES[name] or notification(aws)
    assert call("get", name, bucket) in ({}, STARTS.get(name))
    answer = call("put", name, bucket, given)
    assert answer["ResponseMetadata"]["HTTPStatusCode"] in (200, 204)
    found = call("get", name, bucket)
    assert "ResponseMetadata" not in found
    if name == "bucket_tagging":
        found["TagSet"].sort(key=lambda tag: tag["Key"], reverse=True)
    # S3 tells its default beside the rules.
    rest = {n: value for n, value in found.items() if n != "TransitionDefaultMinimumObjectSize"}
    # Of notifications some stores write the names of filters in their own way.
    if name != "bucket_notification_configuration":
        assert rest == given
    # Through a file and back, onto another bucket.
    call("put", name, other, json.loads(json.dumps(found, default=str)))
    assert call("get", name, other) == found


@pytest.mark.parametrize("name", [name for name, kind in CONFIGURABLES.items() if kind.delete])
def test_what_is_set_can_be_taken_away_by_either_way(aws: LocalAWS, bucket: str, name: str) -> None:
    where: tuple[str, ...] = (bucket,)
    given = EXAMPLES.get(name, {"kind": "invoice"})
    if name.startswith("object_"):
        aws.client("s3").put_object(Bucket=bucket, Key="k", Body=b"")
        where = (bucket, "k")
    deleted = getattr(s3, CONFIGURABLES[name].delete)
    for take_away in (lambda: deleted(*where), lambda: call("put", name, *where, {})):
        call("put", name, *where, given)
        assert call("get", name, *where)
        take_away()
        assert call("get", name, *where) in ({}, STARTS.get(name))
        take_away()  # what is not set can be taken away again


STARTS: dict[str, Any] = {
    "public_access_block": EXAMPLES["public_access_block"],
    "bucket_encryption": {
        "Rules": [
            {
                "ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"},
                "BucketKeyEnabled": False,
            }
        ]
    },
}
"""What a bucket is set to from the first, at AWS and at some stores."""


def test_tags_by_name(aws: LocalAWS, bucket: str) -> None:
    aws.client("s3").put_object(Bucket=bucket, Key="k", Body=b"")
    for get, put in (
        (s3.get_bucket_tagging, s3.put_bucket_tagging),
        (
            lambda bucket: s3.get_object_tagging(bucket, "k"),
            lambda bucket, tags: s3.put_object_tagging(bucket, "k", tags),
        ),
    ):
        put(bucket, {"VersionId": "7", "TagSet": "caf\xe9"})
        found = {tag["Key"]: tag["Value"] for tag in get(bucket)["TagSet"]}
        assert found == {"VersionId": "7", "TagSet": "caf\xe9"}


@pytest.mark.aws_servers("ministack")
def test_the_tags_of_a_version(aws: LocalAWS, bucket: str) -> None:
    s3.put_bucket_versioning(bucket, {"Status": "Enabled"})
    client = aws.client("s3")
    old = client.put_object(Bucket=bucket, Key="k", Body=b"1")["VersionId"]
    client.put_object(Bucket=bucket, Key="k", Body=b"2")
    s3.put_object_tagging(bucket, "k", {"a": "1"}, version_id=old)
    assert s3.get_object_tagging(bucket, "k") == {}
    assert s3.get_object_tagging(bucket, "k", version_id=old)["TagSet"][0]["Key"] == "a"
    s3.delete_object_tagging(bucket, "k", version_id=old)
    assert s3.get_object_tagging(bucket, "k", version_id=old) == {}


@pytest.mark.aws_servers("ministack")
def test_what_boto_itself_answers_is_taken_too(aws: LocalAWS, bucket: str) -> None:
    client, other = aws.client("s3"), aws.make_bucket()
    client.put_public_access_block(
        Bucket=bucket, PublicAccessBlockConfiguration=EXAMPLES["public_access_block"]
    )
    client.put_bucket_policy(Bucket=bucket, Policy=json.dumps(EXAMPLES["bucket_policy"]))
    client.put_bucket_tagging(Bucket=bucket, Tagging=EXAMPLES["bucket_tagging"])
    for name in ("public_access_block", "bucket_policy", "bucket_tagging"):
        call("put", name, other, getattr(client, f"get_{name}")(Bucket=bucket))
        assert call("get", name, other) == call("get", name, bucket)


@pytest.mark.aws_servers("ministack")
def test_a_time_of_a_rule_comes_back(aws: LocalAWS, bucket: str) -> None:
    moment = datetime(2030, 1, 2, tzinfo=UTC)
    rule = {**RULE, "Expiration": {"Date": moment}}
    s3.put_bucket_lifecycle_configuration(bucket, {"Rules": [rule]})
    found = s3.get_bucket_lifecycle_configuration(bucket)
    assert found["Rules"][0]["Expiration"]["Date"] == moment
    found["Rules"][0]["Expiration"]["Date"] = moment.isoformat()
    s3.put_bucket_lifecycle_configuration(bucket, found)
    assert s3.get_bucket_lifecycle_configuration(bucket)["Rules"][0]["Expiration"] == {
        "Date": moment
    }


@pytest.mark.parametrize(
    ("name", "given", "words"),
    [
        (
            "bucket_cors",
            {"CORSRule": []},
            "CORSConfiguration has the name 'CORSRule', .* 'CORSRules'",
        ),
        (
            "bucket_cors",
            {"CORSRules": [{"AllowedMethod": ["GET"]}]},
            r"CORSConfiguration.CORSRules\[0\] has the name 'AllowedMethod', .* 'AllowedMethods'\?",
        ),
        ("bucket_cors", {"CORSRules": [{"AllowedMethods": ["GET"]}]}, "AllowedOrigins"),
        ("bucket_cors", {"CORSRules": "GET"}, "CORSRules"),
        ("bucket_versioning", {"Status": "enabled"}, "Did you mean 'Enabled'"),
        ("bucket_versioning", {}, "cannot be taken away"),
        ("bucket_lifecycle_configuration", {"Rules": [{"Id": "x"}]}, "'Id', .* 'ID'"),
        (
            "bucket_lifecycle_configuration",
            {"Rules": [RULE], "TransitionDefaultMinimumObjectSize": "varies_by_storage_clas"},
            "Did you mean 'varies_by_storage_class'",
        ),
        ("bucket_policy", {"Statements": []}, "'Statements', .* 'Statement'"),
        ("bucket_policy", {"Statement": [{"Actions": "*"}]}, "'Actions', .* 'Action'"),
        ("bucket_policy", {"Version": "2012-10-17"}, "has no Statement"),
        ("public_access_block", {"BlockPublicAcl": True}, "'BlockPublicAcls'"),
        ("public_access_block", {"BlockPublicAcls": "yes"}, "BlockPublicAcls"),
        ("bucket_tagging", {"a": 1}, "value of the tag|Value of the tag"),
        ("bucket_tagging", {"TagSet": [{"Key": "a", "Val": "1"}]}, "'Val', .* 'Value'"),
        ("bucket_tagging", {"TagSet": [{"Key": "a", "Value": "1"}] * 2}, "Two tags"),
        ("bucket_tagging", {f"{n}": "" for n in range(51)}, "A bucket can have 50 tags"),
        ("bucket_notification_configuration", {"QueueConfiguration": []}, "'QueueConfigurations'"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_sent(
    settings: Settings, name: str, given: dict[str, Any], words: str
) -> None:
    with scripted(settings, lambda request: (500, ""), **ONCE) as store:
        with pytest.raises(UsageError, match=words):
            call("put", name, "bucket", given)
        assert store.requests == []


def test_arguments_that_cannot_be(settings: Settings) -> None:
    with scripted(settings, lambda request: (500, ""), **ONCE) as store:
        for arguments in (("bucket", ["a"]), ("b", {"a": "b"})):
            with pytest.raises(UsageError):
                s3.put_bucket_tagging(*arguments)
        with pytest.raises(UsageError, match="10 tags"):
            s3.put_object_tagging("bucket", "k", {f"{n}": "" for n in range(11)})
        with pytest.raises(UsageError, match="version_id"):
            s3.get_object_tagging("bucket", "k", version_id="")
        with pytest.raises(UsageError, match="Bukket"):
            s3.get_bucket_cors("bucket", extra_args={"Bukket": "x"})
        assert store.requests == []


@pytest.mark.parametrize("name", CONFIGURABLES)
def test_a_page_to_log_in_at_is_no_answer(settings: Settings, name: str) -> None:
    where = ("bucket", "k") if name.startswith("object_") else ("bucket",)
    given = EXAMPLES.get(name) or ({} if "notification" in name else {"a": "b"})
    with scripted(settings, lambda request: (200, "<html>log in</html>"), **ONCE):
        calls: list[Any] = [lambda: call("get", name, *where)]
        calls.append(lambda: call("put", name, *where, given))
        if CONFIGURABLES[name].delete:
            calls.append(lambda: getattr(s3, CONFIGURABLES[name].delete)(*where))
        for each in calls:
            with pytest.raises(ServiceError):
                each()


def test_a_policy_that_is_none(settings: Settings) -> None:
    with (
        scripted(settings, lambda request: (200, '["x"]'), **ONCE),
        pytest.raises(ServiceError),
    ):
        s3.get_bucket_policy("bucket")


def test_what_is_not_there(aws: LocalAWS, bucket: str) -> None:
    for name in CONFIGURABLES:
        if not name.startswith("object_"):
            with pytest.raises(BucketNotFoundError):
                call("get", name, "no-such-bucket")
    with pytest.raises(ObjectNotFoundError):
        s3.get_object_tagging(bucket, "never")


def test_who_may_not(signed_aws: LocalAWS, bucket: str, settings: Settings) -> None:
    user = signed_aws.make_user("s3:GetBucketCORS")
    settings.AWS = {**signed_aws.settings, "credentials": user}
    assert s3.get_bucket_cors(bucket) == {}
    with pytest.raises(AccessDeniedError):
        s3.put_bucket_cors(bucket, EXAMPLES["bucket_cors"])


def test_each_function_says_what_it_does() -> None:
    for name, kind in CONFIGURABLES.items():
        for verb in ("get", "put"):
            function = getattr(s3, f"{verb}_{name}")
            assert function.__name__ == f"{verb}_{name}"
            assert kind.what in str(function.__doc__)
            assert "{" not in str(function.__doc__).replace("``{}``", "")
