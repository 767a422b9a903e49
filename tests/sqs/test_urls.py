from __future__ import annotations

from typing import Any

import boto3.session
import pytest
from botocore.config import Config
from botocore.exceptions import EndpointVariantError

from philo_aws.exceptions import InvalidRequestError
from philo_aws.sqs.urls import is_aws_host, is_queue_name, parse_queue_url

ACCOUNT = "123456789012"


class TestRegion:
    @pytest.mark.parametrize(
        ("host", "region"),
        [
            ("sqs.eu-west-1.amazonaws.com", "eu-west-1"),
            ("SQS.EU-WEST-1.AMAZONAWS.COM", "eu-west-1"),
            ("sqs.eu-west-1.amazonaws.com:443", "eu-west-1"),
            ("us-west-2.queue.amazonaws.com", "us-west-2"),
            ("queue.amazonaws.com", "us-east-1"),
            ("sqs-fips.us-east-2.amazonaws.com", "us-east-2"),
            ("sqs.ap-southeast-5.api.aws", "ap-southeast-5"),
            ("sqs-fips.ca-west-1.api.aws", "ca-west-1"),
            ("sqs.us-gov-west-1.amazonaws.com", "us-gov-west-1"),
            ("sqs.cn-north-1.amazonaws.com.cn", "cn-north-1"),
            ("cn-northwest-1.queue.amazonaws.com.cn", "cn-northwest-1"),
            ("sqs.cn-north-1.api.amazonwebservices.com.cn", "cn-north-1"),
            ("sqs.us-isob-east-1.sc2s.sgov.gov", "us-isob-east-1"),
            ("sqs.eusc-de-east-1.amazonaws.eu", "eusc-de-east-1"),
            ("vpce-0a1b2c-3d4e.sqs.us-east-1.vpce.amazonaws.com", "us-east-1"),
            ("vpce-0a1b2c-3d4e-us-east-1a.sqs.us-east-1.vpce.amazonaws.com", "us-east-1"),
        ],
    )
    def test_of_every_form_of_host(self, host: str, region: str) -> None:
        queue = parse_queue_url(f"https://{host}/{ACCOUNT}/jobs")

        assert (queue.region, queue.name, queue.is_aws) == (region, "jobs", True)

    @pytest.mark.parametrize(
        "host",
        [
            "127.0.0.1:4566",
            "localhost",
            "[::1]:9324",
            "sqs.example.com",
            "sqs.eu-west-1.amazonaws.com.example.org",
            "eu-west-1.amazonaws.com",
            "s3.eu-west-1.amazonaws.com",
        ],
    )
    def test_other_hosts_have_none(self, host: str) -> None:
        queue = parse_queue_url(f"http://{host}/{ACCOUNT}/jobs")

        assert (queue.region, queue.is_aws) == (None, False)

    @pytest.mark.parametrize(
        "options",
        [{}, {"use_fips_endpoint": True}, {"use_dualstack_endpoint": True}],
        ids=["plain", "fips", "dualstack"],
    )
    def test_every_endpoint_of_botocore_is_known(self, options: dict[str, Any]) -> None:
        session = boto3.session.Session(aws_access_key_id="a", aws_secret_access_key="b")
        regions = [
            region
            for partition in session.get_available_partitions()
            for region in session.get_available_regions("sqs", partition)
            if not region.startswith("fips-")
        ]
        missed = []
        for region in regions:
            try:
                client: Any = session.client("sqs", region_name=region, config=Config(**options))
            except EndpointVariantError:  # some partitions have no dual stack
                continue
            if parse_queue_url(f"{client.meta.endpoint_url}/{ACCOUNT}/q").region != region:
                missed.append(client.meta.endpoint_url)

        assert len(regions) > 30
        assert missed == []


class TestParts:
    def test_fifo_is_told_by_the_name(self) -> None:
        assert parse_queue_url(f"http://localhost/{ACCOUNT}/jobs.fifo").is_fifo
        assert not parse_queue_url(f"http://localhost/{ACCOUNT}/jobs-fifo").is_fifo

    def test_the_path_of_a_local_server_may_differ(self) -> None:
        assert parse_queue_url("http://localhost:9324/queue/jobs").name == "jobs"


class TestRefused:
    @pytest.mark.parametrize(
        "url",
        [
            "",
            "jobs",
            "arn:aws:sqs:eu-west-1:123456789012:jobs",
            "//sqs.eu-west-1.amazonaws.com/123456789012/jobs",
            "ftp://sqs.eu-west-1.amazonaws.com/123456789012/jobs",
            "https:///123456789012/jobs",
            "https://sqs.eu-west-1.amazonaws.com",
            "https://sqs.eu-west-1.amazonaws.com/",
            "https://sqs.eu-west-1.amazonaws.com/jobs",
            "https://sqs.eu-west-1.amazonaws.com/1234/jobs",
            "https://sqs.eu-west-1.amazonaws.com/123456789012/",
            "https://sqs.eu-west-1.amazonaws.com/123456789012/jobs/",
            "https://sqs.eu-west-1.amazonaws.com/123456789012/jobs/more",
            "https://sqs.eu-west-1.amazonaws.com/123456789012/jobs?x=1",
            "https://sqs.eu-west-1.amazonaws.com/123456789012/jobs#x",
            "https://me:secret@sqs.eu-west-1.amazonaws.com/123456789012/jobs",
            "https://sqs.eu-west-1.amazonaws.com/123456789012/jo bs",
            "https://sqs.eu-west-1.amazonaws.com/123456789012/jobs\n",
            "http://localhost:99999/1/jobs",
            "http://[::1/1/jobs",
            f"http://localhost/1/{'n' * 81}",
            None,
            7,
            b"http://localhost/1/jobs",
        ],
    )
    def test_what_is_no_queue_url(self, url: str) -> None:
        with pytest.raises(
            InvalidRequestError, match=r"is no queue URL\. Write one such as 'https:"
        ):
            parse_queue_url(url)

    def test_a_password_is_not_shown(self) -> None:
        with pytest.raises(InvalidRequestError) as caught:
            parse_queue_url(f"https://me:hunter2@sqs.eu-west-1.amazonaws.com/{ACCOUNT}/jobs")

        assert "hunter2" not in str(caught.value)

    def test_a_long_one_is_cut_in_the_message(self) -> None:
        with pytest.raises(InvalidRequestError) as caught:
            parse_queue_url("x" * 10_000)

        assert len(str(caught.value)) < 400


@pytest.mark.parametrize(
    ("name", "good"),
    [
        ("a", True),
        ("A-b_9", True),
        ("n" * 80, True),
        ("n" * 81, False),
        ("n" * 75 + ".fifo", True),
        ("n" * 76 + ".fifo", False),
        (".fifo", False),
        ("a.b", False),
        ("a b", False),
        ("a\n", False),
        ("ä", False),
        ("", False),
    ],
)
def test_queue_names(name: str, good: bool) -> None:
    assert is_queue_name(name) is good


def test_aws_hosts() -> None:
    assert is_aws_host("sqs.eu-west-1.amazonaws.com")
    assert not is_aws_host("127.0.0.1")
