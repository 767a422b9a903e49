"""What SQS is asked is asked again, as S3 is: a scripted server says what no local one does."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from pytest_django import Settings

from philo_aws import patience, sqs
from philo_aws.exceptions import CredentialsError, NotFoundError, ThrottledError
from philo_aws.sqs.md5 import md5_of_body
from tests.test_patience import RESET, Answer, credential_process, store_that

__all__ = ["credential_process"]

URL = "http://127.0.0.1/123456789012/jobs"
ARN = "arn:aws:sqs:us-east-1:123456789012:jobs"


def refusal(code: str, status: int = 400) -> Answer:
    return (status, json.dumps({"__type": f"com.amazonaws.sqs#{code}", "message": "m"}))


SENT = {"MessageId": "m", "MD5OfMessageBody": md5_of_body("x")}

WORK: dict[str, tuple[Callable[[], Any], dict[str, Any]]] = {
    "send": (lambda: sqs.send_message(URL, "x"), SENT),
    "batch": (
        lambda: sqs.send_message_batch(URL, ["x"])["Successful"][0],
        {"Successful": [{"Id": "0", **SENT}]},
    ),
    "receive": (lambda: sqs.receive_message(URL), {}),
    "delete": (lambda: sqs.delete_message(URL, "h"), {}),
    "purge": (lambda: sqs.purge_queue(URL), {}),
    "create": (lambda: sqs.create_queue("jobs"), {"QueueUrl": URL}),
    "attributes": (lambda: sqs.get_queue_attributes(URL), {}),
    "sources": (lambda: sqs.list_dead_letter_source_queues(URL), {"queueUrls": []}),
    "move": (lambda: sqs.start_message_move_task(ARN), {"TaskHandle": "h"}),
}


@pytest.fixture(autouse=True)
def hardly_any_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "LONGEST_DELAY", 0.001)


@pytest.mark.parametrize("name", WORK)
def test_whatever_passes_is_borne(settings: Settings, name: str) -> None:
    work, good = WORK[name]
    troubles = [
        refusal("RequestThrottled"),
        refusal("ThrottlingException", 429),
        refusal("KMS.ThrottlingException"),
        refusal("InternalFailure", 500),
        (503, ""),
        (200, "<html>log in</html>"),
        (408, ""),
        RESET,
    ]
    with store_that(settings, *troubles, (200, json.dumps(good))) as store:
        assert work()
        assert len(store.tokens) == len(troubles) + 1


@pytest.mark.parametrize("name", WORK)
def test_expired_tokens_are_renewed(
    settings: Settings,
    credential_process: Callable[[str], None],
    name: str,
) -> None:
    credential_process('{"Expiration": "2099-01-01T00:00:00Z"}')
    work, good = WORK[name]
    answers = refusal("ExpiredTokenException", 403), (200, json.dumps(good))
    with store_that(settings, *answers, credentials=None) as store:
        assert work()
        first, second = store.tokens
        assert first != second


def test_so_they_are_for_the_queues_of_all_regions(
    settings: Settings,
    credential_process: Callable[[str], None],
) -> None:
    credential_process('{"Expiration": "2099-01-01T00:00:00Z"}')
    answers = refusal("ExpiredToken", 403), (200, json.dumps({"QueueUrls": [URL]}))
    with store_that(settings, *answers, credentials=None):
        assert sqs.list_queues(regions=["us-east-1"]) == {"us-east-1": {"QueueUrls": [URL]}}


def test_those_that_cannot_be_are_told_at_once(settings: Settings) -> None:
    with store_that(settings, refusal("ExpiredToken", 403)) as store:
        with pytest.raises(CredentialsError, match="expired"):
            sqs.send_message_batch(URL, ["x"] * 100)
        assert len(store.tokens) == 1


def test_what_to_do_about_throttling_names_no_flag(settings: Settings) -> None:
    once = {"commands": {"max_attempts": 1}}
    with store_that(settings, refusal("RequestThrottled"), timeouts=once):
        with pytest.raises(ThrottledError) as caught:
            sqs.send_message(URL, "x")
        assert "--" not in str(caught.value)


def test_a_move_task_of_a_queue_that_is_not_there(settings: Settings) -> None:
    answer = refusal("ResourceNotFoundException", 404)
    with store_that(settings, answer), pytest.raises(NotFoundError, match="does not exist"):
        sqs.start_message_move_task(ARN)
