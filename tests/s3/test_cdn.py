"""Invalidations on the servers that have CloudFront, and on one that is as slow as CloudFront."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from pytest_django import Settings

from philo_aws import s3
from philo_aws.exceptions import IncompleteError, NotFoundError, ThrottledError, UsageError
from philo_aws.s3 import cdn
from tests.s3.engine.conftest import FaultProxy, fault_proxy  # noqa: F401 - a fixture
from tests.s3.scripted import Answer, Request, scripted
from tests.servers import LocalAWS


def make_distribution(aws: LocalAWS) -> str:
    """A distribution of nobody else's."""
    origin = {
        "Id": "files",
        "DomainName": "files.s3.amazonaws.com",
        "S3OriginConfig": {"OriginAccessIdentity": ""},
    }
    config = {
        "CallerReference": uuid.uuid4().hex,
        "Comment": "",
        "Enabled": True,
        "Origins": {"Quantity": 1, "Items": [origin]},
        "DefaultCacheBehavior": {
            "TargetOriginId": "files",
            "ViewerProtocolPolicy": "allow-all",
            "MinTTL": 0,
            "ForwardedValues": {"QueryString": False, "Cookies": {"Forward": "none"}},
        },
    }
    made = aws.client("cloudfront").create_distribution(DistributionConfig=config)
    return str(made["Distribution"]["Id"])


def invalidations(aws: LocalAWS, distribution: str) -> list[dict[str, Any]]:
    """What was asked of a distribution: paths and reference of each."""
    client = aws.client("cloudfront")
    listed = client.list_invalidations(DistributionId=distribution)["InvalidationList"]
    return [
        client.get_invalidation(DistributionId=distribution, Id=item["Id"])["Invalidation"][
            "InvalidationBatch"
        ]
        for item in listed.get("Items", [])
    ]


@pytest.fixture
def distribution(aws: LocalAWS) -> str:
    return make_distribution(aws)


class TestServers:
    def test_paths_and_keys_go_in_one_request(self, aws: LocalAWS, distribution: str) -> None:
        answer = s3.invalidate(distribution, ["/static/*"], keys=["größe.png"])
        paths = ["/gr%C3%B6%C3%9Fe.png", "/static/*"]
        [batch] = invalidations(aws, distribution)
        assert batch["Paths"] == {"Quantity": 2, "Items": paths}
        assert answer["Invalidation"]["InvalidationBatch"] == batch
        assert answer["Invalidation"]["Id"]

    def test_waits_until_it_is_done(self, distribution: str) -> None:
        answer = s3.invalidate(distribution, ["/*"], wait=True, timeout=5)
        assert answer["Invalidation"]["Status"].lower() == "completed"

    def test_each_call_is_one_of_its_own(self, aws: LocalAWS, distribution: str) -> None:
        s3.invalidate(distribution, ["/a"])
        s3.invalidate(distribution, ["/a"])
        assert len({each["CallerReference"] for each in invalidations(aws, distribution)}) == 2

    @pytest.mark.aws_servers("ministack")
    def test_one_reference_is_done_once(self, aws: LocalAWS, distribution: str) -> None:
        for _ in range(2):
            s3.invalidate(distribution, ["/a"], caller_reference="release-7")
        assert len(invalidations(aws, distribution)) == 1

    @pytest.mark.aws_servers("ministack")
    def test_a_lost_answer_does_not_invalidate_twice(
        self,
        aws: LocalAWS,
        distribution: str,
        fault_proxy: FaultProxy,  # noqa: F811
        settings: Settings,
    ) -> None:
        settings.AWS = aws.settings | {"endpoint_url": fault_proxy.url}
        fault_proxy.set({"do": "reset_after", "method": "POST", "path": "invalidation", "times": 1})
        s3.invalidate(distribution, ["/a"])
        assert fault_proxy.report()["done"] == [1]
        assert len(invalidations(aws, distribution)) == 1

    def test_a_dry_run_sends_nothing(self, aws: LocalAWS, distribution: str) -> None:
        answer = s3.invalidate(distribution, keys=["a"], dry_run=True)
        assert answer["InvalidationBatch"]["Paths"] == {"Quantity": 1, "Items": ["/a"]}
        assert invalidations(aws, distribution) == []

    def test_nothing_to_invalidate_is_an_empty_answer(
        self, aws: LocalAWS, distribution: str
    ) -> None:
        told: list[str] = []
        answer = s3.invalidate(distribution, keys=["a"], origin_path="site", on_remark=told.append)
        assert answer == {}
        assert "outside of 'site'" in told[0]
        assert invalidations(aws, distribution) == []

    def test_a_distribution_that_is_not_there(self, aws: LocalAWS) -> None:
        with pytest.raises(NotFoundError, match="There is no distribution 'E0NONE'"):
            s3.invalidate("E0NONE", ["/a"])


ANSWER = (
    '<Invalidation xmlns="http://cloudfront.amazonaws.com/doc/2020-05-31/"><Id>I1</Id>'
    "<Status>{status}</Status><CreateTime>2026-01-02T03:04:05Z</CreateTime><InvalidationBatch>"
    "<Paths><Quantity>1</Quantity><Items><Path>/a</Path></Items></Paths>"
    "<CallerReference>r</CallerReference></InvalidationBatch></Invalidation>"
)
BUSY = (
    '<ErrorResponse xmlns="http://cloudfront.amazonaws.com/doc/2020-05-31/"><Error>'
    f"<Type>Sender</Type><Code>{cdn.BUSY}</Code><Message>Too many.</Message></Error>"
    "<RequestId>1</RequestId></ErrorResponse>"
)


def after(*answers: Answer) -> Callable[[Request], Answer]:
    """Answer with each of these, and with the last from then on."""
    left = list(answers)
    return lambda request: left.pop(0) if len(left) > 1 else left[0]


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pauses of a hundredth of what they are: CloudFront takes minutes, the tests' does not."""
    monkeypatch.setattr(cdn, "_FIRST_PAUSE", 0.01)


@pytest.mark.usefixtures("impatient")
class TestWaiting:
    """No server takes any time, so one of a few lines does."""

    def test_asks_until_it_is_completed(self, settings: Settings) -> None:
        at_work, done = ((201, ANSWER.format(status=s)) for s in ("InProgress", "Completed"))
        with scripted(settings, after(at_work, at_work, at_work, done)) as cloudfront:
            answer = s3.invalidate("E1", ["/a"], wait=True)
        assert answer["Invalidation"]["Status"] == "Completed"
        asked = [(request.method, request.path) for request in cloudfront.requests]
        made = "/2020-05-31/distribution/E1/invalidation"
        assert asked == [("POST", made)] + [("GET", f"{made}/I1")] * 3

    def test_without_it_one_request_is_all(self, settings: Settings) -> None:
        with scripted(settings, after((201, ANSWER.format(status="InProgress")))) as cloudfront:
            answer = s3.invalidate("E1", ["/a"])
        assert answer["Invalidation"]["Status"] == "InProgress"
        assert len(cloudfront.requests) == 1

    def test_has_an_end(self, settings: Settings) -> None:
        with (
            scripted(settings, after((201, ANSWER.format(status="InProgress")))),
            pytest.raises(IncompleteError, match="I1 was not done after 1 s") as failed,
        ):
            s3.invalidate("E1", ["/a"], wait=True, timeout=1)
        assert failed.value.code == "InvalidationTimeout"
        assert failed.value.result["Invalidation"]["Id"] == "I1"

    def test_waits_for_others_that_are_in_its_way(self, settings: Settings) -> None:
        done = (201, ANSWER.format(status="Completed"))
        with scripted(settings, after((400, BUSY), (400, BUSY), done)) as cloudfront:
            assert s3.invalidate("E1", ["/a"], wait=True)["Invalidation"]["Id"] == "I1"
        references = {
            found
            for request in cloudfront.requests
            for found in re.findall(rb"<CallerReference>(.+)</CallerReference>", request.body)
        }
        assert len(cloudfront.requests) == 3
        assert len(references) == 1

    @pytest.mark.parametrize("wait", [False, True])
    def test_others_in_its_way_are_told(self, settings: Settings, wait: bool) -> None:
        with (
            scripted(settings, after((400, BUSY))),
            pytest.raises(ThrottledError, match="3,000 paths and 15 wildcards") as failed,
        ):
            s3.invalidate("E1", ["/a"], wait=wait, timeout=1)
        assert failed.value.code == cdn.BUSY

    def test_an_answer_of_somebody_else_is_no_success(self, settings: Settings) -> None:
        attempts = {"commands": {"max_attempts": 1}}
        with (
            scripted(settings, after((200, "<html>Log in</html>")), timeouts=attempts),
            pytest.raises(Exception, match="does not say that it was done"),
        ):
            s3.invalidate("E1", ["/a"])


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"distribution_id": "d111.cloudfront.net"}, "no id of a distribution"),
        ({"distribution_id": ""}, "no id of a distribution"),
        ({"paths": "/a"}, "Give a list"),
        ({"keys": "a"}, "Give a list"),
        ({"paths": ["a"]}, "Begin it with"),
        ({"wait": "no"}, "Give True or False"),
        ({"dry_run": 1}, "Give True or False"),
        ({"timeout": 0}, "Give a number"),
        ({"max_paths": 3001}, "Give a whole number"),
        ({"max_paths": 0}, "Give a whole number"),
        ({"origin_path": None}, "Give a text"),
        ({"caller_reference": " "}, "reference is empty"),
    ],
)
def test_what_cannot_be_is_refused(given: dict[str, Any], said: str, settings: Settings) -> None:
    # Nobody listens there: a request would be another error.
    settings.AWS = {"endpoint_url": "http://127.0.0.1:9"}
    with pytest.raises(UsageError, match=said):
        s3.invalidate(**({"distribution_id": "E1", "paths": ["/a"]} | given))


def test_cloudfront_may_have_an_endpoint_of_its_own(settings: Settings) -> None:
    with scripted(settings, after((201, ANSWER.format(status="Completed")))) as cloudfront:
        own = settings.AWS["endpoint_url"]
        settings.AWS |= {"endpoint_url": {"s3": "http://127.0.0.1:9", "cloudfront": own}}
        s3.invalidate("E1", ["/a"])
    assert len(cloudfront.requests) == 1
