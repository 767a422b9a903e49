from __future__ import annotations

from typing import Any

import pytest

from philo_aws.s3.cors import allows_origin
from tests.servers import LocalAWS


def allow(aws: LocalAWS, bucket: str, *rules: tuple[list[str], list[str]]) -> None:
    chosen: Any = [
        {"AllowedOrigins": origins, "AllowedMethods": methods} for origins, methods in rules
    ]
    aws.client("s3").put_bucket_cors(Bucket=bucket, CORSConfiguration={"CORSRules": chosen})


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        ("https://www.example.com", True),
        ("https://www.example.com:8443", False),
        ("http://www.example.com", False),
        ("https://a.example.org", True),
        ("https://example.org", False),
        ("https://EXAMPLE.net", False),
    ],
)
def test_by_origin(aws: LocalAWS, bucket: str, origin: str, allowed: bool) -> None:
    allow(aws, bucket, (["https://www.example.com", "https://*.example.org"], ["PUT"]))
    assert allows_origin(bucket, origin, "PUT") is allowed


def test_by_method_and_origin_of_one_rule(aws: LocalAWS, bucket: str) -> None:
    allow(aws, bucket, (["*"], ["GET"]), (["https://www.example.com"], ["PUT", "POST"]))
    assert allows_origin(bucket, "https://other.example", "GET")
    assert not allows_origin(bucket, "https://other.example", "PUT")
    assert allows_origin(bucket, "https://www.example.com", "PUT")


def test_without_rules_or_where_they_cannot_be_read_no_one_is(aws: LocalAWS, bucket: str) -> None:
    assert not allows_origin(bucket, "https://www.example.com", "PUT")
    assert not allows_origin("no-such-bucket-here", "https://www.example.com", "PUT")
    assert not allows_origin("no bucket", "https://www.example.com", "PUT")
