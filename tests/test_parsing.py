from __future__ import annotations

from typing import Any

import pytest
from botocore.model import OperationModel
from botocore.parsers import ResponseParserError

from philo_aws._parsing import ParserFactory
from philo_aws.clients import get_session


@pytest.fixture(scope="module")
def operation() -> OperationModel:
    return get_session().get_service_model("sqs").operation_model("ListQueues")


def read(operation: OperationModel, body: bytes) -> Any:
    response = {"body": body, "headers": {}, "status_code": 200, "context": {}}
    return ParserFactory().create_parser("json").parse(response, operation.output_shape)


def test_an_answer_of_aws_is_read(operation: OperationModel) -> None:
    assert read(operation, b'{"QueueUrls": ["u"]}')["QueueUrls"] == ["u"]


@pytest.mark.parametrize("body", [b"null", b"[]", b'"text"', b'{"QueueUrls": 1}'])
def test_what_is_none_is_told_as_such(operation: OperationModel, body: bytes) -> None:
    with pytest.raises(ResponseParserError):
        read(operation, body)
