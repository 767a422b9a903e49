from __future__ import annotations

from typing import Any

import pytest
from pytest_django import Settings

from philo_aws import sqs
from philo_aws.exceptions import (
    AccessDeniedError,
    CredentialsError,
    InvalidRequestError,
    NetworkError,
    QueueNotFoundError,
    RegionError,
)
from philo_aws.sqs.access import queue_client, region_client
from tests.servers import LocalAWS, free_port
from tests.sqs.proxy import Proxy

IRISH = "https://sqs.eu-west-1.amazonaws.com/123456789012/jobs"
KEYS = {"aws_access_key_id": "AKIAIOSFODNN7EXAMPLE", "aws_secret_access_key": "x"}


def region_used(queue_url: str, region: str | None = None) -> str:
    with queue_client(queue_url, region, "commands") as client:
        return client.meta.region_name


class TestRegion:
    @pytest.fixture(autouse=True)
    def on_aws(self, settings: Settings) -> None:
        settings.AWS = {"credentials": KEYS, "region": "us-east-1"}

    def test_the_urls_own_wins_over_the_settings(self) -> None:
        assert region_used(IRISH) == "eu-west-1"

    def test_the_same_may_be_given(self) -> None:
        assert region_used(IRISH, "eu-west-1") == "eu-west-1"

    def test_one_that_contradicts_the_url_is_an_error(self) -> None:
        with pytest.raises(
            RegionError, match=r"is in region 'eu-west-1', not 'us-west-2'\. Leave the region out"
        ):
            region_used(IRISH, "us-west-2")

    def test_the_settings_where_the_url_has_none(self, settings: Settings) -> None:
        settings.AWS = {**settings.AWS, "endpoint_url": "http://127.0.0.1:1"}

        assert region_used("http://127.0.0.1:1/123456789012/jobs") == "us-east-1"
        assert region_used("http://127.0.0.1:1/123456789012/jobs", "sa-east-1") == "sa-east-1"

    def test_botos_where_the_settings_have_none(
        self, settings: Settings, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        keys = {**KEYS, "aws_access_key_id": "AKIAI44QH8DHBEXAMPLE"}  # a session of its own
        settings.AWS = {"credentials": keys, "endpoint_url": "http://127.0.0.1:1"}
        with monkeypatch.context() as patch:
            patch.setenv("AWS_DEFAULT_REGION", "eu-north-1")

            assert region_used("http://127.0.0.1:1/123456789012/jobs") == "eu-north-1"

    def test_none_anywhere_is_an_error_that_says_where_to_write_one(
        self, settings: Settings
    ) -> None:
        settings.AWS = {"credentials": KEYS}

        with (
            pytest.raises(RegionError, match=r'settings\.AWS\["region"\]'),
            region_client(None, "commands"),
        ):
            pass

    @pytest.mark.parametrize(
        "url", [IRISH.replace("eu-west-1", "eu-wset-1"), IRISH.replace("eu-west-1", "eu-west-11")]
    )
    def test_an_unknown_one_in_the_url_gets_the_nearest_known(self, url: str) -> None:
        with pytest.raises(RegionError, match="Did you mean 'eu-west-1'"):
            region_used(url)

    def test_an_unknown_one_given_gets_the_nearest_known(self) -> None:
        with (
            pytest.raises(RegionError, match="Did you mean 'us-west-2'"),
            region_client("us-wset-2", "commands"),
        ):
            pass


class TestHost:
    def test_a_local_url_without_an_endpoint_is_not_sent_to_aws(self, settings: Settings) -> None:
        settings.AWS = {"credentials": KEYS, "region": "us-east-1"}

        with pytest.raises(InvalidRequestError, match="host 'localhost' of the queue URL is not"):
            region_used("http://localhost:4566/000000000000/jobs")

    def test_a_local_server_may_be_reached_by_another_name(
        self, aws: LocalAWS, queue_url: str
    ) -> None:
        sqs.send_message(queue_url.replace("127.0.0.1", "aws.internal"), "hello")

        assert sqs.receive_message(queue_url)["Messages"][0]["Body"] == "hello"

    def test_a_url_of_aws_goes_to_the_endpoint_configured(
        self, proxy: Proxy, aws: LocalAWS
    ) -> None:
        name = aws.make_queue(region="us-west-2").rpartition("/")[2]
        account = aws.client("sts").get_caller_identity()["Account"]

        sqs.send_message(f"https://sqs.us-west-2.amazonaws.com/{account}/{name}", "hello")

        assert [call.region for call in proxy.actions("SendMessage")] == ["us-west-2"]


class TestErrors:
    def test_a_missing_queue(self, aws: LocalAWS, queue_url: str) -> None:
        with pytest.raises(QueueNotFoundError, match=f"There is no queue '{queue_url}-gone'"):
            sqs.receive_message(f"{queue_url}-gone")

    def test_a_queue_of_another_region_is_missing(self, aws: LocalAWS, queue_url: str) -> None:
        with pytest.raises(QueueNotFoundError, match="Check the URL and the region"):
            sqs.receive_message(queue_url, region="eu-west-1")

    def test_nobody_listens(self, settings: Settings) -> None:
        endpoint = f"http://127.0.0.1:{free_port()}"
        settings.AWS = {
            "credentials": KEYS,
            "region": "us-east-1",
            "endpoint_url": endpoint,
            "timeouts": {"commands": {"max_attempts": 1}},
        }

        with pytest.raises(NetworkError, match=f"AWS at {endpoint} cannot be reached"):
            sqs.send_message(f"{endpoint}/123456789012/jobs", "hello")

    def test_a_wrong_secret(self, signed_aws: LocalAWS, settings: Settings) -> None:
        queue_url = signed_aws.make_queue()
        sqs.send_message(queue_url, "with the right one")
        wrong = {**signed_aws.credentials, "aws_secret_access_key": "x" * 40}
        settings.AWS = {**signed_aws.settings, "credentials": wrong}

        with pytest.raises(CredentialsError, match="does not belong to the access key id"):
            sqs.send_message(queue_url, "with the wrong one")

    def test_a_denied_action(self, signed_aws: LocalAWS, settings: Settings) -> None:
        queue_url = signed_aws.make_queue()
        keys = signed_aws.make_user("sqs:SendMessage")
        settings.AWS = {**signed_aws.settings, "credentials": keys}

        sqs.send_message(queue_url, "allowed")
        with pytest.raises(AccessDeniedError, match=f"denied access to queue '{queue_url}'"):
            sqs.receive_message(queue_url)


def test_the_purpose_chooses_the_timeouts(aws: LocalAWS, settings: Settings) -> None:
    settings.AWS = {**aws.settings, "timeouts": {"web": {"read": 7}, "commands": {"read": 50}}}

    with region_client(None, "web") as web, region_client(None, "commands") as commands:
        configs: list[Any] = [web.meta.config, commands.meta.config]

    assert [config.read_timeout for config in configs] == [7, 50]
