from __future__ import annotations

import gc
import json
import threading
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pytest_django import Settings

from philo_aws import clients, patience, sqs
from philo_aws.clients import get_client
from philo_aws.exceptions import (
    AccessDeniedError,
    AWSError,
    CredentialsError,
    InvalidRequestError,
    NetworkError,
    QueueNotFoundError,
    ServiceError,
    ThrottledError,
)
from philo_aws.sqs import channel as channel_module
from philo_aws.sqs.channel import NOT_NAMED, Channel
from philo_aws.sqs.proof import fault_of_sent
from tests.servers import LocalAWS
from tests.sqs.proxy import Proxy, Reply, refusal

ENTRIES: list[dict[str, Any]] = [
    {"Id": "0", "MessageBody": "hällo \u2028"},
    {
        "Id": "1",
        "MessageBody": "x",
        "MessageAttributes": {
            "b": {"DataType": "Binary", "BinaryValue": b"\0\xff"},
            "s": {"DataType": "String", "StringValue": "ü"},
        },
    },
]


@pytest.fixture(params=["past botocore", "by botocore"])
def way(request: pytest.FixtureRequest, proxy: Proxy) -> Iterator[str]:
    """Both ways that a request may go; the second is that of a site with handlers of its own."""
    if request.param == "by botocore":
        get_client("sqs").meta.events.register("before-call.sqs", _look)
    yield str(request.param)
    if request.param == "by botocore":
        clients.clear()


def _look(**kwargs: Any) -> None:
    return None


_look.__module__ = "site.handlers"


def in_use(channel: Channel) -> bool:
    return channel._is_plain and channel_module._ways.get(channel._client()) is not None


class TestBothWays:
    def test_send_receive_hide_delete(self, aws: LocalAWS, way: str, queue_url: str) -> None:
        channel = Channel(queue_url)
        told = channel.send(ENTRIES)
        assert [one["Id"] for one in told["Successful"]] == ["0", "1"]
        assert told["ResponseMetadata"]["HTTPStatusCode"] == 200

        received = channel.receive(10, wait=1, visibility=100)
        assert received.damaged == []
        by_body = {message["Body"]: message for message in received.messages}
        assert by_body.keys() == {"hällo \u2028", "x"}
        assert by_body["x"]["MessageAttributes"] == ENTRIES[1]["MessageAttributes"]
        assert by_body["x"]["Attributes"]["ApproximateReceiveCount"] == "1"
        assert channel.receive(10, wait=0).messages == []

        handles = [message["ReceiptHandle"] for message in received.messages]
        assert channel.change_visibility([(handle, 0) for handle in handles]) == [None, None]
        again = [message["ReceiptHandle"] for message in channel.receive(10, wait=1).messages]
        assert len(again) == 2
        assert channel.delete(again) == [None, None]
        assert channel.delete([]) == []
        assert in_use(channel) == (way == "past botocore")

    def test_send_one(self, aws: LocalAWS, way: str, queue_url: str) -> None:
        channel = Channel(queue_url)
        message = {key: value for key, value in ENTRIES[1].items() if key != "Id"}
        told = channel.send_one(message)
        assert told["MessageId"]
        assert fault_of_sent(message, told) is None
        assert told["ResponseMetadata"]["HTTPStatusCode"] == 200
        (received,) = channel.receive(10, wait=1).messages
        assert received["MessageAttributes"] == message["MessageAttributes"]
        assert in_use(channel) == (way == "past botocore")

    def test_what_is_told_is_the_same(
        self, proxy: Proxy, way: str, queue_url: str, settings: Settings
    ) -> None:
        if way == "by botocore":
            get_client("sqs").meta.events.register("before-call.sqs", _look)
        answer = {"Messages": [{"Body": "x", "ReceiptHandle": "h", "MessageId": "m", "Other": 1}]}
        answer["Messages"][0]["MD5OfBody"] = "9dd4e461268c8034f5c8564e155c67a6"
        proxy.behaviour = lambda call, forward: Reply(200, answer)

        (message,) = Channel(queue_url).receive().messages

        # What botocore does not know it leaves out.
        assert message == {
            key: answer["Messages"][0][key] for key in answer["Messages"][0].keys() - {"Other"}
        }

    @pytest.mark.parametrize(
        ("trouble", "kind"),
        [
            (refusal("AccessDenied", 403), AccessDeniedError),
            (refusal("QueueDoesNotExist"), QueueNotFoundError),
            (refusal("AWS.SimpleQueueService.NonExistentQueue"), QueueNotFoundError),
            (refusal("InvalidClientTokenId", 403), CredentialsError),
            (refusal("RequestThrottled"), ThrottledError),
            (refusal("SomethingNew"), InvalidRequestError),
            (Reply(503, b"<html>busy</html>"), ServiceError),
            (Reply(500, {}), ServiceError),
            (Reply(301, b""), AWSError),
            (Reply(204, b""), ServiceError),
            (Reply(200, b"<html>log in</html>"), ServiceError),
            (Reply(200, b""), ServiceError),
            (Reply(200, [1]), ServiceError),
            (Reply(200, None), ServiceError),
            (Reply(200, {"Successful": {"0": 1}}), ServiceError),
            (Reply(200, {}), ServiceError),
            (Reply(0, None), NetworkError),
        ],
    )
    def test_errors_are_botocores(
        self,
        proxy: Proxy,
        queue_url: str,
        settings: Settings,
        trouble: Reply,
        kind: type[AWSError],
    ) -> None:
        settings.AWS = {**settings.AWS, "timeouts": {"commands": {"max_attempts": 2}}}
        proxy.behaviour = lambda call, forward: trouble
        told: list[tuple[type[AWSError], str, str, Any]] = []
        calls: list[int] = []
        channel = Channel(queue_url)
        for handler in (None, _look):
            if handler:
                clients.clear()
                channel = Channel(queue_url)
                get_client("sqs").meta.events.register("before-call.sqs", handler)
            proxy.calls.clear()
            with pytest.raises(AWSError) as caught:
                channel.send(ENTRIES[:1])
            told.append(
                (type(caught.value), caught.value.code, str(caught.value), caught.value.kind)
            )
            calls.append(len(proxy.calls))
        clients.clear()

        assert told[0] == told[1]
        assert calls[0] == calls[1]
        assert issubclass(told[0][0], kind)


def test_the_signature_holds(signed_aws: LocalAWS) -> None:
    queue_url = signed_aws.client("sqs").create_queue(QueueName="signed")["QueueUrl"]

    told = Channel(queue_url).send(ENTRIES)

    assert len(told["Successful"]) == 2
    assert in_use(Channel(queue_url))


def test_a_wrong_secret_is_told(signed_aws: LocalAWS, settings: Settings) -> None:
    queue_url = signed_aws.client("sqs").create_queue(QueueName="signed")["QueueUrl"]
    wrong = {**signed_aws.settings["credentials"], "aws_secret_access_key": "wrong"}
    settings.AWS = {**settings.AWS, "credentials": wrong}

    with pytest.raises(CredentialsError):
        Channel(queue_url).send(ENTRIES)


@pytest.mark.aws_servers("ministack")
class TestAnswers:
    def test_an_entry_that_is_not_named(self, proxy: Proxy, queue_url: str) -> None:
        failed = {"Id": "2", "SenderFault": True, "Code": "ReceiptHandleIsInvalid", "Message": "m"}
        proxy.behaviour = lambda call, forward: Reply(
            200, {"Successful": [{"Id": "1"}], "Failed": [failed]}
        )

        told = Channel(queue_url).delete(["a", "b", "c"])

        del failed["Id"]
        assert told == [NOT_NAMED, None, failed]

    def test_a_message_that_changed_is_not_given_out(self, proxy: Proxy, queue_url: str) -> None:
        sqs.send_message(queue_url, "hello")

        def damage(call: Any, forward: Any) -> Reply:
            return Reply(200, forward().body.replace(b"hello", b"hallo"))

        proxy.behaviour = damage

        received = Channel(queue_url).receive()

        assert received.messages == []
        assert [one["Code"] for one in received.damaged] == ["BadDigest"]
        assert received.fault is not None

    def test_silence_ends_when_it_is_said(
        self, proxy: Proxy, queue_url: str, settings: Settings
    ) -> None:
        settings.AWS = {**settings.AWS, "timeouts": {"commands": {"max_attempts": 1}}}
        go_on = threading.Event()

        def wait(call: Any, forward: Callable[..., Reply]) -> Reply:
            go_on.wait(20)
            return forward()

        proxy.behaviour = wait
        with pytest.raises(NetworkError):
            Channel(queue_url).receive(read_timeout=0.2)
        go_on.set()


def test_a_queue_url_of_a_stranger_is_refused() -> None:
    with pytest.raises(InvalidRequestError):
        Channel("not a url")


def test_settings_take_effect_at_once(aws: LocalAWS, queue_url: str, settings: Settings) -> None:
    channel = Channel(queue_url)
    before = channel._client()

    settings.AWS = {**settings.AWS, "timeouts": {"commands": {"read": 33}}}

    assert channel._client() is not before
    config: Any = channel._client().meta.config
    assert config.read_timeout == 33


@pytest.mark.aws_servers("ministack")
def test_connections_go_with_their_client(aws: LocalAWS, queue_url: str) -> None:
    channel = Channel(queue_url)
    channel.receive()
    way = channel_module._ways[channel._client()]
    assert way is not None
    kept = weakref.ref(way.connections)
    assert len(way.connections._kept) == 1

    del channel, way
    clients.clear()
    gc.collect()

    assert kept() is None


def test_credentials_are_asked_for_each_request(aws: LocalAWS, queue_url: str) -> None:
    channel = Channel(queue_url)
    channel.receive()
    asked = []
    signer: Any = channel._client()._request_signer  # type: ignore[attr-defined]
    credentials = signer._credentials

    class Counting:
        def get_frozen_credentials(self) -> Any:
            asked.append(1)
            return credentials.get_frozen_credentials()

    signer._credentials = Counting()
    try:
        channel.receive()
        channel.receive()
    finally:
        signer._credentials = credentials

    assert len(asked) == 2


@pytest.mark.aws_servers("ministack")
def test_many_threads_share_it(proxy: Proxy, queue_url: str) -> None:
    channel = Channel(queue_url)
    failures: list[BaseException] = []

    def send() -> None:
        try:
            for _ in range(5):
                channel.send(ENTRIES)
        except BaseException as error:  # noqa: BLE001 - looked at below
            failures.append(error)

    threads = [threading.Thread(target=send) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert not failures
    assert len(proxy.calls) == 40


@pytest.mark.aws_servers("ministack")
def test_what_passes_is_borne_and_noted(
    proxy: Proxy, queue_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patience, "LONGEST_DELAY", 0.001)
    troubles = iter([Reply(0, None), refusal("RequestThrottled"), Reply(200, b"<html>")])
    proxy.behaviour = lambda call, forward: next(troubles, None) or forward()

    with patience.failures_noted() as failures:
        told = Channel(queue_url).send(ENTRIES)

    assert len(told["Successful"]) == 2
    assert told["ResponseMetadata"]["RetryAttempts"] == 3
    assert [type(error) for error in failures] == [NetworkError, AWSError, ServiceError]
    assert json.dumps(told)
