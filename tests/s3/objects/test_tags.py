from __future__ import annotations

from typing import Any

import pytest

from philo_aws.exceptions import InvalidRequestError, ObjectNotFoundError
from philo_aws.s3.objects.tags import get_object_tags, put_object_tags
from tests.servers import LocalAWS


def test_tags_are_replaced_and_taken_away(aws: LocalAWS, bucket: str) -> None:
    aws.client("s3").put_object(Bucket=bucket, Key="d/a", Body=b"x", Tagging="old=1&same=1")
    assert get_object_tags(bucket, "d/a") == {"old": "1", "same": "1"}
    put_object_tags(bucket, "d/a", {"same": "2", "größe:x": "a b+c", "empty": ""})
    assert get_object_tags(bucket, "d/a") == {"same": "2", "größe:x": "a b+c", "empty": ""}
    put_object_tags(bucket, "d/a", {})
    assert get_object_tags(bucket, "d/a") == {}
    assert aws.client("s3").get_object(Bucket=bucket, Key="d/a")["Body"].read() == b"x"


@pytest.mark.aws_servers("ministack")
def test_the_tags_of_a_version(aws: LocalAWS, bucket: str) -> None:
    s3 = aws.client("s3")
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    old = s3.put_object(Bucket=bucket, Key="a", Body=b"1", Tagging="n=1")["VersionId"]
    s3.put_object(Bucket=bucket, Key="a", Body=b"2", Tagging="n=2")
    assert get_object_tags(bucket, "a", version_id=old) == {"n": "1"}
    assert get_object_tags(bucket, "a") == {"n": "2"}


def test_an_object_that_is_not_there_is_named(aws: LocalAWS, bucket: str) -> None:
    with pytest.raises(ObjectNotFoundError, match="'missing'"):
        get_object_tags(bucket, "missing")
    with pytest.raises(ObjectNotFoundError, match="'missing'"):
        put_object_tags(bucket, "missing", {"a": "b"})


@pytest.mark.parametrize(
    ("tags", "sentence"),
    [
        ({str(n): "" for n in range(11)}, "10 tags; these are 11"),
        ({"": "x"}, "1 to 128 characters"),
        ({"n" * 129: "x"}, "has 129"),
        ({"n": "v" * 257}, "has 257"),
        # S3 counts in UTF-16.
        ({"\U00020000" * 65: "x"}, "has 130"),
        ({"n": "\U00020000" * 129}, "has 258"),
        ({"a,b": "x"}, "The name 'a,b' of a tag has ','. Tags are made of letters, digits, spaces"),
        ({"n": "a!"}, "has '!'"),
        ({"n": "a\nb"}, "of a tag has"),
        ({"n": "e\u0301"}, "of a tag has"),
        ({"n": "\udcff"}, "of a tag has"),
        ({"n": "\U0001f600"}, "of a tag has"),
        ({"aws:x": "1"}, "'aws:', which AWS keeps"),
        ({"AWS:x": "1"}, "'aws:', which AWS keeps"),
        ({"n": 1}, "The value of the tag 'n' is 1. Give a text"),
        ({1: "n"}, "no text"),
        ("n=1", "tags is no dict"),
    ],
)
def test_what_s3_would_refuse_is_refused_before(tags: Any, sentence: str) -> None:
    with pytest.raises(InvalidRequestError, match=sentence):
        put_object_tags("some-bucket", "a", tags)
