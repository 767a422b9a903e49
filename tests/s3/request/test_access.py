from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from pytest_django import Settings

from philo_aws.exceptions import InvalidRequestError, RegionError
from philo_aws.s3.request import access
from philo_aws.s3.request.access import client_for, region_of
from tests.servers import LocalAWS

KEYS = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}


@pytest.fixture
def heads(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> Iterator[list[str]]:
    """S3 as it tells a bucket's region: the paths asked for are recorded.

    By boto3's variable an endpoint is one of one's own, which has no regions: the local servers
    cannot show what is said of AWS's, so a server of this test's stands in for it.
    """
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            asked.append(self.path)
            known = not self.path.startswith("/denied")
            self.send_response(200 if known else 403)
            if known:
                self.send_header("x-amz-bucket-region", "eu-central-1")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        url = f"http://127.0.0.1:{server.server_address[1]}"
        settings.AWS = {"credentials": KEYS, "region": "us-east-1", "endpoint_url": url}
        monkeypatch.setattr(access, "has_own_endpoint", lambda service: False)
        monkeypatch.setattr(access, "_regions", {})
        yield asked
        server.shutdown()
        thread.join()


def test_the_client_is_that_of_the_region(ministack: LocalAWS) -> None:
    assert client_for("some-bucket", "eu-west-1", "web").meta.region_name == "eu-west-1"
    assert client_for("some-bucket", None, "web").meta.region_name == "us-east-1"


@pytest.mark.parametrize("name", ["", "a", "a/b", "s3://bucket", "bücher", "x" * 256])
def test_what_can_be_no_bucket_is_refused_before_a_request(settings: Settings, name: str) -> None:
    settings.AWS = {"credentials": KEYS, "endpoint_url": "http://127.0.0.1:9"}
    with pytest.raises(InvalidRequestError, match="no possible bucket name"):
        client_for(name, None, "web")


def test_a_region_that_nobody_knows_is_refused(settings: Settings) -> None:
    settings.AWS = {"credentials": KEYS, "region": "eu-west-1"}
    with pytest.raises(RegionError, match="'eu-west-1'"):
        client_for("some-bucket", "eu-wset-1", "web")


def test_an_endpoint_of_ones_own_has_no_other_regions(ministack: LocalAWS) -> None:
    assert region_of(ministack.make_bucket("eu-west-1")) is None


def test_the_region_of_a_bucket_is_asked_once(heads: list[str]) -> None:
    assert region_of("some-bucket") == "eu-central-1"
    assert region_of("some-bucket") == "eu-central-1"
    assert heads == ["/some-bucket"]


def test_where_it_is_not_told_there_is_none(heads: list[str]) -> None:
    assert region_of("denied-bucket") is None
    assert region_of("denied-bucket") is None
    assert len(heads) == 2  # it may be told the next time
