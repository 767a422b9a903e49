from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from pytest_django import Settings

from philo_aws.exceptions import (
    InvalidRequestError,
    QueueNotFoundError,
    RegionError,
    UsageError,
)
from philo_aws.sqs import directory
from philo_aws.sqs.directory import (
    QueueName,
    allowed_regions,
    configured_queues,
    find_queue,
    queue_url,
)
from tests.servers import LocalAWS
from tests.sqs.proxy import Proxy

ARN = "arn:aws:sqs:eu-west-1:123456789012:"


@pytest.fixture(autouse=True)
def forget() -> Iterator[None]:
    directory.forget()
    yield
    directory.forget()


def queue(name: str, region: str = "us-east-1") -> QueueName:
    return QueueName(region=region, name=name)


class TestNames:
    def test_there_and_back(self) -> None:
        found = QueueName.parse("eu-west-1/orders.fifo")
        assert found == queue("orders.fifo", "eu-west-1")
        assert found.fifo
        assert str(found) == "eu-west-1/orders.fifo"

    @pytest.mark.parametrize(
        "text",
        ["", "orders", "/orders", "us-east-1/", "us-east-1/a/b", "us-east-1/a\n", "US/a", "u/a b"],
    )
    def test_what_is_none(self, text: str) -> None:
        with pytest.raises(InvalidRequestError, match="is no queue"):
            QueueName.parse(text)

    @pytest.mark.parametrize(
        ("arn", "name"),
        [
            (f"{ARN}dead", "dead"),
            ("arn:aws:sqs:eu-west-1:999999999999:dead", None),
            ("arn:aws:sqs:us-east-1:123456789012:dead", None),
            ("arn:aws:sns:eu-west-1:123456789012:dead", None),
            (f"{ARN}a b", None),
            ("dead", None),
            ("", None),
        ],
    )
    def test_an_arn_is_a_queue_in_the_same_account_and_region_only(
        self, arn: str, name: str | None
    ) -> None:
        found = directory.queue_of_arn(arn, f"{ARN}orders")
        assert (found.name if found else None) == name

    def test_an_arn_beside_none(self) -> None:
        assert directory.queue_of_arn("dead", "") is None


class TestSettings:
    def test_names_and_urls(self, settings: Settings) -> None:
        url = "https://sqs.eu-west-1.amazonaws.com/123456789012/mail"
        settings.AWS = {"region": "us-west-2", "queues": ["orders", url, "no such thing"]}

        assert configured_queues() == {
            queue("orders", "us-west-2"): "",
            queue("mail", "eu-west-1"): url,
        }

    def test_their_regions_are_allowed(self, settings: Settings) -> None:
        url = "https://sqs.eu-west-1.amazonaws.com/123456789012/mail"
        settings.AWS = {"region": "us-west-2", "regions": ["us-west-2"], "queues": [url]}
        assert allowed_regions() == ("eu-west-1", "us-west-2")
        directory.check_allowed("eu-west-1")
        with pytest.raises(RegionError, match="not one of those in use"):
            directory.check_allowed("eu-west-2")


class TestURLs:
    def test_of_the_account_with_one_question_a_region(
        self, proxy: Proxy, aws: LocalAWS, make_queue: Callable[..., str]
    ) -> None:
        first, second = make_queue(), make_queue()
        names = [url.rpartition("/")[2] for url in (first, second)]

        found = [queue_url(queue(name)) for name in names]

        assert [url.partition("//")[2].partition("/")[2] for url in found] == [
            url.partition("//")[2].partition("/")[2] for url in (first, second)
        ]
        assert [call.action for call in proxy.calls] == ["GetQueueUrl"]

    def test_a_listing_tells_the_account_too(
        self, proxy: Proxy, aws: LocalAWS, queue_url: str
    ) -> None:
        name = queue_url.rpartition("/")[2]
        assert queue(name) in directory.queues_of_region("us-east-1")
        directory.queue_url(queue(name))

        assert proxy.actions("GetQueueUrl") == []

    def test_one_of_the_settings_is_taken_as_it_is(
        self, proxy: Proxy, aws: LocalAWS, settings: Settings
    ) -> None:
        url = f"{aws.endpoint_url}/999999999999/shared"
        settings.AWS = {**settings.AWS, "queues": [url]}

        assert queue_url(queue("shared")) == url
        assert proxy.calls == []

    def test_a_queue_that_is_not_there(self, aws: LocalAWS) -> None:
        with pytest.raises(QueueNotFoundError):
            queue_url(queue("not-there"))

    def test_a_region_that_is_not_in_use_is_not_asked(
        self, proxy: Proxy, aws: LocalAWS, settings: Settings
    ) -> None:
        settings.AWS = {**settings.AWS, "regions": ["us-east-1"]}
        with pytest.raises(RegionError, match="'eu-west-1' is not one of those in use"):
            queue_url(queue("orders", "eu-west-1"))
        assert proxy.calls == []


def test_the_regions_are_asked_for_once(proxy: Proxy, aws: LocalAWS) -> None:
    regions = allowed_regions()
    asked = len(proxy.calls)

    assert allowed_regions() == regions
    assert asked > 0
    assert len(proxy.calls) == asked


class TestFindQueue:
    def test_the_accounts(self, aws: LocalAWS, queue_url: str) -> None:
        assert find_queue(queue_url.rpartition("/")[2]) == (queue_url, None)
        assert find_queue(queue_url.rpartition("/")[2], "us-east-1") == (queue_url, "us-east-1")

    def test_that_of_the_setting_goes_first(self, settings: Settings) -> None:
        url = "https://sqs.eu-west-1.amazonaws.com/123456789012/orders"
        settings.AWS = {"region": "us-east-1", "queues": [url, "jobs"]}

        assert find_queue("orders") == (url, "eu-west-1")

    def test_one_in_several_regions_has_to_be_told_apart(self, settings: Settings) -> None:
        urls = [f"https://sqs.{r}.amazonaws.com/123456789012/q" for r in ("eu-west-1", "us-west-2")]
        settings.AWS = {"region": "us-east-1", "queues": urls}

        assert find_queue("q", "us-west-2") == (urls[1], "us-west-2")
        with pytest.raises(UsageError, match="several regions: eu-west-1, us-west-2"):
            find_queue("q")

    @pytest.mark.parametrize("name", ["", "a b", "https://x/1/q"])
    def test_what_is_no_name(self, name: str) -> None:
        with pytest.raises(UsageError, match="no possible queue name"):
            find_queue(name)
