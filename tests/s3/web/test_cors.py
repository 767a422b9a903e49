from __future__ import annotations

import time
from typing import Any

import pytest

from philo_aws.s3.web.cors import _matches, allows_origin
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


@pytest.mark.parametrize(
    ("pattern", "origin", "allowed"),
    [
        ("*", "https://a.example", True),
        ("https://*", "https://a.example", True),
        ("https://*", "http://a.example", False),
        ("*.example", "https://a.example", True),
        ("https://*.a.*", "https://x.a.b", True),
        ("https://*.a.*", "https://x.b.c", False),
        ("ab*ba", "aba", False),
        ("ab*ba", "abba", True),
        ("a*b*b", "ab", False),
        ("https://[a].example", "https://a.example", False),
        ("https://?.example", "https://a.example", False),
        ("https://[a].example", "https://[a].example", True),
    ],
)
def test_one_character_is_special_in_a_pattern(pattern: str, origin: str, allowed: bool) -> None:
    assert _matches(origin, pattern) is allowed


def test_no_pattern_is_tried_again_and_again() -> None:
    began = time.process_time()
    assert not _matches("-" * 2000 + "x", "*-" * 200 + ".log")
    assert time.process_time() - began < 1
