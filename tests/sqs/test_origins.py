"""Which queue a dead letter goes back to."""

from __future__ import annotations

from typing import Any

import pytest
from pytest_django import Settings

from philo_aws.exceptions import InvalidRequestError, QueueNotFoundError, UsageError
from philo_aws.sqs.dead_letters import decoded
from philo_aws.sqs.origins import Origins
from tests.servers import LocalAWS
from tests.sqs.proxy import Call, Forward, Proxy, Reply

ON_AWS = "https://sqs.eu-west-1.amazonaws.com/123456789012/"


def letter(source: str, *, by_sqs: bool = False) -> Any:
    if by_sqs:
        return decoded({"Attributes": {"DeadLetterQueueSourceArn": source}})
    value = {"DataType": "String", "StringValue": source}
    return decoded({"MessageAttributes": {"philo.source": value}})


@pytest.mark.parametrize("by_sqs", [True, False])
def test_an_arn(by_sqs: bool) -> None:
    arn = "arn:aws:sqs:eu-west-1:123456789012:orders"
    assert Origins(f"{ON_AWS}dead").url_of(letter(arn, by_sqs=by_sqs)) == f"{ON_AWS}orders"


@pytest.mark.parametrize("source", ["orders", f"{ON_AWS}orders"])
def test_a_name_or_a_url_as_a_handler_has_it(source: str) -> None:
    assert Origins(f"{ON_AWS}dead").url_of(letter(source)) == f"{ON_AWS}orders"


def test_a_queue_of_the_settings(settings: Settings) -> None:
    other = "https://sqs.eu-north-1.amazonaws.com/123456789012/orders"
    origins = Origins(f"{ON_AWS}dead")
    with pytest.raises(InvalidRequestError, match="no queue of this account and region"):
        origins.url_of(letter(other))
    settings.AWS = {"queues": [other]}
    assert origins.url_of(letter(other)) == other


@pytest.mark.parametrize(
    "source",
    [
        "arn:aws:sqs:eu-west-2:123456789012:orders",
        "arn:aws:sqs:eu-west-1:999999999999:orders",
        "arn:aws:sns:eu-west-1:123456789012:orders",
        "https://sqs.eu-west-1.amazonaws.com/999999999999/orders",
        f"{ON_AWS}a/b",
        f"{ON_AWS}../999999999999/orders",
        "x" * 5000,
    ],
)
def test_strangers_are_refused(source: str) -> None:
    with pytest.raises(InvalidRequestError, match="no queue of this account and region") as caught:
        Origins(f"{ON_AWS}dead").url_of(letter(source))
    assert len(str(caught.value)) < 500


def test_none() -> None:
    with pytest.raises(InvalidRequestError, match="does not say which queue"):
        Origins(f"{ON_AWS}dead").url_of(letter(""))


@pytest.mark.parametrize("source", ["dead", "arn:aws:sqs:eu-west-1:123456789012:dead"])
def test_itself(source: str) -> None:
    with pytest.raises(UsageError, match="in this queue already"):
        Origins(f"{ON_AWS}dead").url_of(letter(source))
    with pytest.raises(UsageError, match="in this queue already"):
        Origins(f"{ON_AWS}dead", to=f"{ON_AWS}dead")


def test_a_url_without_an_account(aws: LocalAWS, proxy: Proxy, queue_url: str) -> None:
    """Other stores have such URLs; the queue itself says what account it is of."""
    arn = "arn:aws:sqs:eu-west-1:123456789012:dead"

    def tell(call: Call, forward: Forward) -> Reply:
        return Reply(200, {"Attributes": {"QueueArn": arn}})

    proxy.behaviour = tell
    origins = Origins(f"{proxy.endpoint_url}/queue/dead", "eu-west-1")
    for name in ("orders", "bills"):
        found = origins.url_of(letter(f"arn:aws:sqs:eu-west-1:123456789012:{name}"))
        assert found == f"{proxy.endpoint_url}/queue/{name}"
    assert len(proxy.actions("GetQueueAttributes")) == 1


class TestTheOneThatIsNamed:
    def test_by_url(self) -> None:
        origins = Origins(f"{ON_AWS}dead", to=f"{ON_AWS}other")
        assert origins.url_of(letter("")) == f"{ON_AWS}other"

    def test_by_a_name_of_the_settings(self, settings: Settings) -> None:
        settings.AWS = {"queues": [f"{ON_AWS}other"]}
        assert Origins(f"{ON_AWS}dead", to="other").url_of(letter("")) == f"{ON_AWS}other"

    def test_by_a_name(self, aws: LocalAWS, queue_url: str) -> None:
        name = queue_url.rpartition("/")[2]
        assert Origins(f"{queue_url}-dead", to=name).url_of(letter("")) == queue_url

    def test_that_is_not_there(self, aws: LocalAWS, queue_url: str) -> None:
        with pytest.raises(QueueNotFoundError):
            Origins(queue_url, to="no-such-queue")

    def test_that_is_no_queue(self) -> None:
        with pytest.raises(UsageError, match="is no queue URL"):
            Origins(f"{ON_AWS}dead", to="http://")
