"""What is found at real queues; what attributes mean is in test_symptoms."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Callable
from email.utils import format_datetime

import pytest
from pytest_django import Settings

from philo_aws import sqs
from philo_aws.exceptions import QueueNotFoundError
from philo_aws.sqs.doctor import examine
from tests.servers import LocalAWS
from tests.sqs.graveyard import Graveyard, dig
from tests.sqs.proxy import Call, Forward, Proxy, Reply, refusal

FOURTEEN_DAYS = {"MessageRetentionPeriod": 1_209_600}


def codes(url: str) -> dict[str, str]:
    return {finding.code: finding.severity for finding in examine(url)}


def test_a_queue_that_is_as_it_should_be(graveyard: Graveyard) -> None:
    sqs.set_queue_attributes(graveyard.dead, FOURTEEN_DAYS)
    assert codes(graveyard.url) == {"visibility_ignored": "note"}


def test_a_queue_as_it_is_made(queue_url: str) -> None:
    assert codes(queue_url) == {"no_dead_letter_queue": "error", "visibility_ignored": "note"}
    [first, _] = examine(queue_url)
    assert first.severity == "error"


def test_nothing_is_received_and_nothing_changed(proxy: Proxy, graveyard: Graveyard) -> None:
    sqs.send_message(graveyard.url, "body")
    before = sqs.get_queue_attributes(graveyard.url)["Attributes"]
    proxy.calls.clear()
    assert codes(graveyard.url)["backlog"] == "note"
    assert proxy.actions("ReceiveMessage") == []
    assert sqs.get_queue_attributes(graveyard.url)["Attributes"] == before


def test_dead_letters_that_end_before_they_are_seen(graveyard: Graveyard) -> None:
    assert codes(graveyard.url)["dead_letters_end_early"] == "error"


def test_the_dead_letter_queue_is_gone(graveyard: Graveyard) -> None:
    sqs.delete_queue(graveyard.dead)
    assert codes(graveyard.url)["dead_letter_queue_gone"] == "error"


@pytest.mark.aws_servers("ministack")
def test_the_queue_for_dead_letters_of_the_settings(
    queue_url: str, make_queue: Callable[..., str], settings: Settings
) -> None:
    fifo = make_queue(FifoQueue="true")
    settings.AWS = {**settings.AWS, "consumer": {"dead_letter": fifo}}
    assert codes(queue_url)["dead_letter_queue_of_other_kind"] == "warning"
    settings.AWS = {**settings.AWS, "consumer": {"dead_letter": "not-there"}}
    assert codes(queue_url)["dead_letter_queue_gone"] == "error"


@pytest.mark.aws_servers("ministack")
def test_one_in_another_account(proxy: Proxy, queue_url: str) -> None:
    def tell(call: Call, forward: Forward) -> Reply:
        if call.action != "GetQueueAttributes":
            return forward()
        answer = json.loads(forward().body)
        answer["Attributes"]["RedrivePolicy"] = json.dumps(
            {
                "deadLetterTargetArn": "arn:aws:sqs:us-east-1:999999999999:dead",
                "maxReceiveCount": 5,
            }
        )
        return Reply(200, answer)

    proxy.behaviour = tell
    assert codes(queue_url)["dead_letter_queue_elsewhere"] == "warning"


@pytest.mark.aws_servers("moto")
def test_a_queue_that_is_for_dead_letters(graveyard: Graveyard) -> None:
    assert codes(graveyard.dead)["is_dead_letter_queue"] == "note"
    sqs.send_message(graveyard.dead, "body")
    found = codes(graveyard.dead)
    assert found["dead_letters"] == "warning"
    assert "no_dead_letter_queue" not in found


@pytest.mark.aws_servers("ministack")
def test_a_clock_that_is_wrong(proxy: Proxy, graveyard: Graveyard) -> None:
    def tell(call: Call, forward: Forward) -> Reply:
        answer = forward()
        late = format_datetime(dt.datetime.now(dt.UTC) - dt.timedelta(minutes=8), usegmt=True)
        return Reply(answer.status, answer.body, (("Date", late),))

    proxy.behaviour = tell
    [finding] = [one for one in examine(graveyard.url) if one.code == "clock_skew"]
    assert finding.severity == "error"
    assert re.search(r"48\d s fast", finding.text)


def test_no_queue(queue_url: str) -> None:
    with pytest.raises(QueueNotFoundError):
        examine(f"{queue_url}-gone")


class TestPermissions:
    def test_to_delete_and_to_hold(self, signed_aws: LocalAWS, settings: Settings) -> None:
        graveyard = dig(signed_aws)
        user = signed_aws.make_user("sqs:GetQueueAttributes", "sqs:ReceiveMessage")
        settings.AWS = {**settings.AWS, "credentials": user}
        denied = [one for one in examine(graveyard.url) if one.code == "denied"]
        assert [one.severity for one in denied] == ["error", "error"]
        assert "sqs:DeleteMessage is denied" in denied[0].text
        assert "sqs:ChangeMessageVisibility is denied" in denied[1].text

    def test_to_read_the_settings(self, signed_aws: LocalAWS, settings: Settings) -> None:
        graveyard = dig(signed_aws)
        user = signed_aws.make_user("sqs:DeleteMessage", "sqs:ChangeMessageVisibility")
        settings.AWS = {**settings.AWS, "credentials": user}
        [finding] = examine(graveyard.url)
        assert (finding.severity, finding.code) == ("warning", "unread")
        assert "sqs:GetQueueAttributes" in finding.cure

    @pytest.mark.aws_servers("ministack")
    def test_to_read_those_of_the_dead_letter_queue(
        self, proxy: Proxy, graveyard: Graveyard
    ) -> None:
        proxy.behaviour = lambda call, forward: (
            refusal("AccessDenied", 403)
            if call.action == "GetQueueAttributes" and call.body["QueueUrl"] == graveyard.dead
            else forward()
        )
        assert codes(graveyard.url)["unread"] == "warning"
