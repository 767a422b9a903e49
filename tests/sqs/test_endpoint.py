from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import botocore.session
import pytest
from botocore import UNSIGNED
from botocore.awsrequest import AWSResponse
from botocore.config import Config
from botocore.credentials import Credentials

from philo_aws.sqs.endpoint import Endpoint, endpoint_of, identity_of, is_plain

QUEUE = "https://sqs.eu-west-1.amazonaws.com/123456789012/jobs"
KEYS = {"aws_access_key_id": "AKIDEXAMPLE", "aws_secret_access_key": "secret"}


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)


def client(region: str = "eu-west-1", **kwargs: Any) -> Any:
    session = botocore.session.Session()
    return session.create_client("sqs", region_name=region, **{**KEYS, **kwargs})


def endpoint(made: Any) -> Endpoint:
    found = endpoint_of(made)
    assert found is not None
    return found


def sent_by(made: Any) -> dict[str, Any]:
    """What botocore would send; no socket is opened."""
    held: dict[str, Any] = {}

    class Body:
        def stream(self, *args: Any, **kwargs: Any) -> Iterator[bytes]:
            return iter((b'{"Successful": []}',))

    def hold(request: Any, **kwargs: Any) -> AWSResponse:
        headers = {
            str(name).lower(): value.decode() if isinstance(value, bytes) else value
            for name, value in request.headers.items()
        }
        held.update(url=request.url, body=request.body, headers=headers)
        return AWSResponse(request.url, 200, {}, Body())  # type: ignore[arg-type]

    made.meta.events.register("before-send.sqs", hold)
    made.send_message_batch(QueueUrl=QUEUE, Entries=[{"Id": "0", "MessageBody": "hällo"}])
    return held


@pytest.mark.parametrize(
    "kwargs",
    [
        {},
        {"aws_session_token": "token+/="},
        {"region": "cn-north-1"},
        {"region": "us-gov-west-1", "config": Config(use_fips_endpoint=True)},
        {"config": Config(use_dualstack_endpoint=True)},
        {"endpoint_url": "http://127.0.0.1:4566"},
        {"endpoint_url": "https://vpce-1-sqs.eu-west-1.vpce.amazonaws.com"},
        {"endpoint_url": "http://localhost:9000/some/path"},
        {"config": Config(user_agent_extra="mine/1.0")},
    ],
    ids=["plain", "token", "china", "fips", "dual", "local", "vpce", "path", "agent"],
)
def test_a_request_is_botocores_to_the_signature(kwargs: dict[str, Any]) -> None:
    made = client(**kwargs)
    found = endpoint(made)
    theirs = sent_by(made)
    identity = identity_of(made._request_signer._credentials.get_frozen_credentials())
    assert identity is not None
    stamp = theirs["headers"]["x-amz-date"]

    head = found.head("SendMessageBatch", identity, stamp, theirs["body"]).decode()

    first, *lines = head.removesuffix("\r\n\r\n").split("\r\n")
    ours = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    left_out = {"amz-sdk-invocation-id", "amz-sdk-request"}
    assert ours == {
        name: value for name, value in theirs["headers"].items() if name not in left_out
    }
    path = re.sub("^https?://[^/]+", "", theirs["url"]) or "/"
    assert first == f"POST {path} HTTP/1.1"
    assert theirs["url"].rstrip("/") == found.url.rstrip("/")


def test_nothing_is_left_on_the_client() -> None:
    made = client()
    endpoint(made)

    held = sent_by(made)

    assert QUEUE.encode() in held["body"]


@pytest.mark.parametrize(
    "event",
    ["before-call.sqs", "before-sign.sqs.SendMessageBatch", "request-created.sqs", "before-send"],
)
def test_handlers_of_the_sites_own_are_asked_by_botocore(event: str) -> None:
    made = client()
    made.meta.events.register(event, lambda **kwargs: None)

    assert not is_plain(made)


def test_handlers_on_other_things_do_not_matter() -> None:
    made = client()
    made.meta.events.register("before-call.s3", lambda **kwargs: None)

    assert is_plain(made)


def test_without_a_public_name_for_handlers_all_is_botocores() -> None:
    # When this fails, botocore has renamed them: every request is botocore's until it is mended.
    made = client()

    assert made.meta.events._emitter._handlers.prefix_search("before-call.sqs.SendMessageBatch")


@pytest.mark.parametrize("name", ["https_proxy", "HTTPS_PROXY"])
def test_a_proxy_is_botocores(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "http://127.0.0.1:3128")

    assert endpoint_of(client()) is None
    assert endpoint_of(client(endpoint_url="http://127.0.0.1:4566")) is not None
    assert endpoint_of(client(config=Config(proxies={"http": "http://127.0.0.1:1"}))) is not None
    assert endpoint_of(client(config=Config(proxies={"https": "http://127.0.0.1:1"}))) is None


def test_hosts_without_a_proxy_are_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:3128")
    monkeypatch.setenv("no_proxy", ".amazonaws.com")

    assert endpoint_of(client()) is not None


def test_what_is_not_signed_is_botocores() -> None:
    assert endpoint_of(client(config=Config(signature_version=UNSIGNED))) is None


def test_a_function_that_is_traced_is_botocores() -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_LAMBDA_FUNCTION_NAME", "f")
        assert endpoint_of(client()) is None


@pytest.mark.parametrize("part", ["access_key", "token"])
def test_what_no_header_can_hold_is_botocores(part: str) -> None:
    keys = {"access_key": "AKID", "secret_key": "s", "token": "t"}
    assert identity_of(Credentials(**keys).get_frozen_credentials()) is not None

    assert identity_of(Credentials(**{**keys, part: "a\r\nb: c"}).get_frozen_credentials()) is None
