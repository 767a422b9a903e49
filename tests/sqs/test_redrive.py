from __future__ import annotations

from collections.abc import Callable

import pytest

from philo_aws import sqs
from philo_aws.exceptions import InvalidRequestError, NotSupportedError, RegionError
from tests.servers import LocalAWS
from tests.sqs.proxy import Call, Forward, Proxy, Reply

ARN = "arn:aws:sqs:eu-west-1:123456789012:dead"


class TestSources:
    @pytest.mark.aws_servers("moto")
    def test_are_listed(self, aws: LocalAWS, make_queue: Callable[..., str]) -> None:
        dead = make_queue()
        arn = sqs.get_queue_attributes(dead)["Attributes"]["QueueArn"]
        queue_url = make_queue()
        sqs.set_queue_attributes(
            queue_url, {"RedrivePolicy": {"deadLetterTargetArn": arn, "maxReceiveCount": 3}}
        )

        assert sqs.list_dead_letter_source_queues(dead) == {"queueUrls": [queue_url]}
        assert sqs.list_dead_letter_source_queues(queue_url) == {"queueUrls": []}

    def test_all_pages(self, proxy: Proxy, queue_url: str) -> None:
        # No server here pages this operation.
        def page(call: Call, forward: Forward) -> Reply:
            if "NextToken" in call.body:
                return Reply(200, {"queueUrls": ["http://x/1/b"]})
            return Reply(200, {"queueUrls": ["http://x/1/a"], "NextToken": "t"})

        proxy.behaviour = page

        found = sqs.list_dead_letter_source_queues(queue_url)

        assert found == {"queueUrls": ["http://x/1/a", "http://x/1/b"]}
        assert [call.body["MaxResults"] for call in proxy.calls] == [1000, 1000]

    @pytest.mark.aws_servers("ministack")
    def test_an_endpoint_without_the_operation(self, aws: LocalAWS, queue_url: str) -> None:
        with pytest.raises(NotSupportedError, match="does not have the operation"):
            sqs.list_dead_letter_source_queues(queue_url)


class TestMoveTasks:
    @pytest.mark.aws_servers("ministack")
    @pytest.mark.parametrize(
        "call",
        [
            lambda: sqs.start_message_move_task(ARN),
            lambda: sqs.list_message_move_tasks(ARN),
            lambda: sqs.cancel_message_move_task("handle"),
        ],
        ids=["start", "list", "cancel"],
    )
    def test_an_endpoint_without_them(self, aws: LocalAWS, call: Callable[[], object]) -> None:
        with pytest.raises(NotSupportedError, match="does not have the operation"):
            call()

    # No server of the suite has these operations: what is sent is all there is to see.

    def test_start(self, proxy: Proxy) -> None:
        proxy.behaviour = lambda call, forward: Reply(200, {"TaskHandle": "h"})

        answer = sqs.start_message_move_task(
            ARN, destination_arn=f"{ARN}-not", max_number_of_messages_per_second=500
        )

        assert answer["TaskHandle"] == "h"
        assert proxy.calls == [
            Call(
                "StartMessageMoveTask",
                "eu-west-1",
                {
                    "SourceArn": ARN,
                    "DestinationArn": f"{ARN}-not",
                    "MaxNumberOfMessagesPerSecond": 500,
                },
            )
        ]

    def test_list(self, proxy: Proxy) -> None:
        proxy.behaviour = lambda call, forward: Reply(200, {})

        assert sqs.list_message_move_tasks(ARN)["Results"] == []
        assert proxy.calls == [
            Call("ListMessageMoveTasks", "eu-west-1", {"SourceArn": ARN, "MaxResults": 10})
        ]

    def test_cancel(self, proxy: Proxy) -> None:
        proxy.behaviour = lambda call, forward: Reply(200, {"ApproximateNumberOfMessagesMoved": 7})

        answer = sqs.cancel_message_move_task("h", "sa-east-1")

        assert answer["ApproximateNumberOfMessagesMoved"] == 7
        assert proxy.calls == [Call("CancelMessageMoveTask", "sa-east-1", {"TaskHandle": "h"})]

    @pytest.mark.parametrize("arn", ["", "dead", "arn:aws:s3:::bucket", ARN + ":x", None])
    def test_what_is_no_queue_arn(self, proxy: Proxy, arn: str) -> None:
        with pytest.raises(InvalidRequestError, match="is no queue ARN"):
            sqs.start_message_move_task(arn)
        with pytest.raises(InvalidRequestError, match="is no queue ARN"):
            sqs.start_message_move_task(ARN, destination_arn=arn or "")

        assert proxy.calls == []

    def test_a_region_that_contradicts_the_arn(self, proxy: Proxy) -> None:
        with pytest.raises(RegionError, match="is in region 'eu-west-1', not 'us-east-1'"):
            sqs.list_message_move_tasks(ARN, "us-east-1")

    @pytest.mark.parametrize("rate", [0, 501])
    def test_the_rate_has_limits(self, proxy: Proxy, rate: int) -> None:
        with pytest.raises(InvalidRequestError, match="1 to 500"):
            sqs.start_message_move_task(ARN, max_number_of_messages_per_second=rate)

    @pytest.mark.parametrize("number", [0, 11])
    def test_ten_tasks_at_most(self, proxy: Proxy, number: int) -> None:
        with pytest.raises(InvalidRequestError, match="1 to 10"):
            sqs.list_message_move_tasks(ARN, max_results=number)
