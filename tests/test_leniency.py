"""Headers that boto cannot read."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.awsrequest import HeadersDict
from botocore.parsers import ResponseParserError, ResponseParserFactory
from pytest_django import Settings

from philo_aws.clients import get_client
from philo_aws.leniency import leave_out_unreadable
from philo_aws.s3.objects.properties import head_object, object_exists
from philo_aws.s3.web.buckets import find_buckets
from tests.running import Result
from tests.s3.engine.bare import Answer, BareStore, bare_store


@pytest.fixture
def store(settings: Settings) -> Iterator[BareStore]:
    with bare_store() as made:
        settings.AWS = made.settings(timeouts={"commands": {"max_attempts": 1}})
        yield made


DENIED: Answer = (403, b"<Error><Code>AccessDenied</Code></Error>", {})
UNREADABLE = {
    "Last-Modified": "yesterday",
    "Expires": "never",
    "x-amz-missing-meta": "some",
    "x-amz-mp-parts-count": "1.5",
    "x-amz-tagging-count": "",
    "x-amz-object-lock-retain-until-date": "soon",
    "x-amz-object-lock-mode": "GOVERNANCE",
}


@pytest.mark.parametrize("header", UNREADABLE)
def test_what_cannot_be_read_is_left_out(store: BareStore, header: str) -> None:
    store.body, store.own = b"12345", {header: UNREADABLE[header]}
    for patient in (True, False):
        head = get_client("s3", patient=patient).head_object(Bucket="bucket", Key="f")
        assert head["ContentLength"] == 5
    assert object_exists("bucket", "f")
    assert head_object("bucket", "f")["ContentLength"] == 5


def test_by_every_door_that_looks_at_heads(
    store: BareStore, run: Callable[..., Result], settings: Settings
) -> None:
    store.body, store.own = b"12345", dict(UNREADABLE)
    told = run("aws_s3", "head_object", "--bucket=bucket", "--key=f", "--format=json")
    assert (told.code, json.loads(told.out)["ContentLength"]) == (0, 5)
    assert "LastModified" not in told.out
    settings.AWS = settings.AWS | {"buckets": ["bucket"]}
    store.instead = lambda asked: None if asked.method == "HEAD" else DENIED
    (found,) = find_buckets().buckets
    assert (found.name, found.error) == ("bucket", None)


def test_what_can_be_read_stays() -> None:
    headers = {
        "Last-Modified": "Thu, 01 Jan 2026 00:00:00 GMT",
        "Content-Length": "5",
        "x-amz-tagging-count": "nine",
        "x-amz-object-lock-retain-until-date": "2026-01-01T00:00:00Z",
        "x-amz-restore": "any text",
    }
    kept = {name: value for name, value in headers.items() if value != "nine"}
    operation = get_client("s3", "us-east-1").meta.service_model.operation_model("GetObject")
    leave_out_unreadable(operation, {"headers": headers})
    assert headers == kept


def test_an_operation_without_an_answer_has_nothing_to_leave_out() -> None:
    operation = get_client("s3", "us-east-1").meta.service_model.operation_model("DeleteBucket")
    headers = {"Last-Modified": "yesterday"}
    leave_out_unreadable(operation, {"headers": headers})
    assert headers


def test_botocores_own_parser_still_raises_for_them() -> None:
    # When this fails, philo_aws.leniency has no reason any more.
    operation = get_client("s3", "us-east-1").meta.service_model.operation_model("GetObject")
    parser: Any = ResponseParserFactory().create_parser("rest-xml")
    for header in ("Last-Modified", "x-amz-missing-meta"):
        headers = HeadersDict({header: UNREADABLE[header]})
        response = {"body": b"", "headers": headers, "status_code": 200, "context": {}}
        with pytest.raises((ResponseParserError, ValueError)):
            parser.parse(response, operation.output_shape)
