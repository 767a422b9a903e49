from __future__ import annotations

from typing import Any

import pytest
from botocore.model import OperationModel
from botocore.parsers import ResponseParserError, ResponseParserFactory

from philo_aws._parsing import ParserFactory
from philo_aws.clients import get_session


@pytest.fixture(scope="module")
def operation() -> OperationModel:
    return get_session().get_service_model("sqs").operation_model("ListQueues")


def read(
    operation: OperationModel, body: bytes, factory: type[ResponseParserFactory] = ParserFactory
) -> Any:
    response = {"body": body, "headers": {}, "status_code": 200, "context": {}}
    parser: Any = factory().create_parser("json")
    return parser.parse(response, operation.output_shape)


def test_an_answer_of_aws_is_read(operation: OperationModel) -> None:
    assert read(operation, b'{"QueueUrls": ["u"]}')["QueueUrls"] == ["u"]


NONE = [b"null", b"[]", b'"text"', b'{"QueueUrls": 1}']


@pytest.mark.parametrize("body", NONE)
def test_what_is_none_is_told_as_such(operation: OperationModel, body: bytes) -> None:
    with pytest.raises(ResponseParserError):
        read(operation, body)


def test_botocores_own_parser_still_stumbles(operation: OperationModel) -> None:
    # When this fails, philo_aws._parsing has no reason any more.
    stumbled = []
    for body in NONE:
        try:
            found = read(operation, body, ResponseParserFactory)
        except ResponseParserError:
            continue
        except Exception as error:  # noqa: BLE001 - whatever it is
            found = error
        if not isinstance(found, dict):
            stumbled.append(body)
    assert stumbled
