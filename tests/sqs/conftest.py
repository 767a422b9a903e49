"""`proxy`: `settings.AWS` goes through a recording proxy to the server of the test."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from pytest_django import Settings

from tests.servers import LocalAWS
from tests.sqs.graveyard import Graveyard, dig
from tests.sqs.proxy import Proxies, Proxy


@pytest.fixture(scope="session")
def proxies() -> Iterator[Proxies]:
    with Proxies() as running:
        yield running


@pytest.fixture
def proxy(aws: LocalAWS, settings: Settings, proxies: Proxies) -> Proxy:
    proxy = proxies.before(aws)
    settings.AWS = {**aws.settings, "endpoint_url": proxy.endpoint_url}
    return proxy


@pytest.fixture
def received(aws: LocalAWS) -> Callable[..., list[str]]:
    """`received(queue_url, region=None)`: the bodies in a queue, in order; it is empty then."""

    def receive(queue_url: str, region: str | None = None) -> list[str]:
        client = aws.client("sqs", region)
        bodies: list[str] = []
        while messages := client.receive_message(QueueUrl=queue_url, MaxNumberOfMessages=10).get(
            "Messages", []
        ):
            for message in messages:
                bodies.append(message["Body"])
                client.delete_message(QueueUrl=queue_url, ReceiptHandle=message["ReceiptHandle"])
        return bodies

    return receive


@pytest.fixture
def graveyard(aws: LocalAWS) -> Graveyard:
    """A queue with its dead-letter queue."""
    return dig(aws)


@pytest.fixture
def fifo_graveyard(aws: LocalAWS) -> Graveyard:
    """A FIFO queue with its dead-letter queue."""
    return dig(aws, fifo=True)
