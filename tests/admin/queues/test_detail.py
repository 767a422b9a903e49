from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.admin.queues.conftest import ROOT, Console
from tests.sqs.proxy import Call, Forward, Proxy, Reply, refusal

Read = Callable[[Any], str]


def test_figures_and_attributes_in_words(console: Console, read: Read) -> None:
    console.send("a", "b")
    console.sqs.set_queue_attributes(
        QueueUrl=console.url,
        Attributes={"VisibilityTimeout": "90", "MessageRetentionPeriod": "1209600"},
    )
    response = console.get("change")
    text = read(response)

    assert response.context["figures"].available == 2
    assert "Visibility timeout 1 minute 30 seconds" in text
    assert "Messages are kept for 14 days" in text
    assert f"ARN {console.attributes['QueueArn']}" in text
    assert "us-east-1 · Standard queue" in text


def test_dead_letters_are_linked_both_ways(
    with_dead_letters: tuple[Console, Console], read: Read
) -> None:
    queue, dead = with_dead_letters

    there = queue.get("change")
    assert f'<a href="{dead.path("change")}">{dead.name}</a>' in there.content.decode()
    assert f"Failed messages go to {dead.name} after 2 receives" in read(there)
    assert "Redrive" not in read(there)

    back = dead.get("change")
    assert f'<a href="{queue.path("change")}">{queue.name}</a>' in back.content.decode()
    assert f"Receives the failed messages of {queue.name}" in read(back)
    assert "Redrive" in read(back)


@pytest.mark.aws_servers("ministack")
def test_it_says_when_the_endpoint_cannot_tell_the_sources(
    with_dead_letters: tuple[Console, Console], read: Read
) -> None:
    assert "This endpoint cannot tell the sources" in read(with_dead_letters[1].get("change"))


@pytest.mark.aws_servers("ministack")
def test_it_says_when_not_every_queue_was_asked_for_its_target(
    with_dead_letters: tuple[Console, Console], read: Read
) -> None:
    dead = with_dead_letters[1]
    assert "There may be more." not in read(dead.get("change"))
    for _number in range(4):
        dead.aws.make_queue(region=dead.region)
    text = read(dead.get("change"))
    assert "5 queues of the region were asked one by one instead. There may be more." in text


@pytest.mark.aws_servers("ministack")
def test_a_target_in_a_foreign_account_is_text_and_no_link(
    proxy: Proxy, console: Console, read: Read
) -> None:
    foreign = "arn:aws:sqs:us-east-1:999999999999:theirs"

    # No server lets a queue point at another account's.
    def answer(call: Call, forward: Forward) -> Reply:
        reply = forward()
        if call.action == "GetQueueAttributes":
            data = json.loads(reply.body)
            policy = {"deadLetterTargetArn": foreign, "maxReceiveCount": 3}
            data["Attributes"]["RedrivePolicy"] = json.dumps(policy)
            return Reply(200, data)
        return reply

    proxy.behaviour = answer
    response = console.get("change")

    assert f"Failed messages go to {foreign} after 3 receives" in read(response)
    assert "us-east-1_2Ftheirs" not in response.content.decode()


def test_the_age_of_the_oldest_message_is_cloudwatchs(console: Console, read: Read) -> None:
    assert "it has no measurement of the last 15 minutes" in read(console.get("change"))

    console.aws.client("cloudwatch").put_metric_data(
        Namespace="AWS/SQS",
        MetricData=[
            {
                "MetricName": "ApproximateAgeOfOldestMessage",
                "Dimensions": [{"Name": "QueueName", "Value": console.name}],
                "Timestamp": dt.datetime.now(dt.UTC) - dt.timedelta(minutes=2),
                "Value": 3720.0,
            }
        ],
    )
    text = read(console.get("change"))

    assert "Oldest message 1 hour 2 minutes CloudWatch at" in text


@pytest.mark.aws_servers("ministack")
def test_without_an_endpoint_cloudwatch_is_not_asked(
    console: Console, settings: Any, read: Read
) -> None:
    settings.AWS = {**settings.AWS, "endpoint_url": {"sqs": console.aws.endpoint_url}}
    assert "SQS has an endpoint of its own, and CloudWatch has none." in read(console.get("change"))


def test_tags_and_policies_are_text(console: Console, read: Read) -> None:
    hostile = "<script>alert(1)</script>"
    console.sqs.tag_queue(QueueUrl=console.url, Tags={"team": hostile})
    response = console.get("change")

    assert hostile not in response.content.decode()
    assert f"team {hostile}" in read(response)


@pytest.mark.aws_servers("ministack")
def test_one_page_asks_each_thing_once(proxy: Proxy, console: Console) -> None:
    def sources(call: Call, forward: Forward) -> Reply:
        if call.action == "ListDeadLetterSourceQueues":
            return Reply(200, {"queueUrls": []})
        return forward()

    proxy.behaviour = sources
    console.get("change")
    first = len(proxy.calls)
    console.get("change")

    assert [call.action for call in proxy.calls[:1]] == ["GetQueueUrl"]
    assert len(proxy.calls) - first == first - 1, "the URL of a region is asked for once"
    assert {call.action for call in proxy.calls[first:]} >= {
        "GetQueueAttributes",
        "ListQueueTags",
        "ListDeadLetterSourceQueues",
    }


@pytest.mark.aws_servers("ministack")
class TestWhatIsNot:
    def test_a_queue_that_is_gone(self, console: Console, read: Read) -> None:
        gone = console.of(console.url + "-gone")
        assert "There is no queue" in read(gone.get("change"))

    def test_a_region_that_is_not_in_use(self, proxy: Proxy, console: Console, read: Read) -> None:
        far = console.of(console.url, "ap-south-1")
        assert "'ap-south-1' is not one of those in use" in read(far.get("change"))
        assert proxy.calls == []

    @pytest.mark.parametrize(
        "made_up",
        [
            "orders",
            "us-east-1_2F",
            "us-east-1_2Fa b",
            "us-east-1_2F123456789012_2Forders",
            "https_3A_2F_2Fsqs.us-east-1.amazonaws.com_2F999999999999_2Ftheirs",
            "arn_3Aaws_3Asqs_3Aus-east-1_3A999999999999_3Atheirs",
            "us-east-1_2F..",
            "us-east-1_2F%00",
            "us-east-1_2Forders_0A",
        ],
    )
    def test_a_made_up_address_asks_nobody(
        self, proxy: Proxy, console: Console, made_up: str
    ) -> None:
        for page in ("change", "send", "peek", "purge", "delete"):
            assert console.client.get(f"{ROOT}{made_up}/{page}/").status_code == 404
            assert console.client.post(f"{ROOT}{made_up}/{page}/").status_code == 404
        assert proxy.calls == []

    def test_a_refusal_is_a_page_that_quotes_it_as_text(
        self, proxy: Proxy, console: Console, read: Read
    ) -> None:
        hostile = "<img src=x onerror=alert(1)>"
        proxy.behaviour = lambda call, forward: refusal("AccessDenied", 403, hostile)
        response = console.get("change")

        assert hostile not in response.content.decode()
        assert f"AWS said: {hostile}" in read(response)
