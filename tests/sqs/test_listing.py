from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from pytest_django import Settings

from philo_aws import clients, sqs
from philo_aws.sqs import listing
from tests.running import start_process
from tests.servers import LocalAWS, free_port
from tests.sqs.proxy import Call, Forward, Proxy, Reply, refusal

SEVENTEEN = [
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "ap-south-1",
    "ap-southeast-1",
    "ap-southeast-2",
    "ca-central-1",
    "eu-central-1",
    "eu-north-1",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "sa-east-1",
    "us-east-1",
    "us-east-2",
    "us-west-1",
    "us-west-2",
]


class TestRegions:
    def test_each_has_its_own_queues(
        self, aws: LocalAWS, settings: Settings, make_queue: Callable[..., str]
    ) -> None:
        settings.AWS = {**aws.settings, "regions": ["us-west-2", "eu-west-1", "sa-east-1"]}
        one, two = make_queue(region="us-west-2"), make_queue(region="eu-west-1")

        found = sqs.list_queues()

        assert list(found) == ["us-west-2", "eu-west-1", "sa-east-1"]
        assert one in found["us-west-2"]["QueueUrls"]
        assert two in found["eu-west-1"]["QueueUrls"]
        assert one not in found["eu-west-1"]["QueueUrls"]
        assert found["sa-east-1"] == {"QueueUrls": []}

    def test_the_accounts_where_the_settings_name_none(
        self, aws: LocalAWS, make_queue: Callable[..., str]
    ) -> None:
        queue_url = make_queue(region="us-west-2")

        found = sqs.list_queues()

        assert len(found) > 20
        assert queue_url in found["us-west-2"]["QueueUrls"]

    def test_those_asked_for(self, proxy: Proxy) -> None:
        assert list(sqs.list_queues(regions=["eu-west-1", "eu-west-1"])) == ["eu-west-1"]
        assert [(call.action, call.region) for call in proxy.calls] == [("ListQueues", "eu-west-1")]
        assert sqs.list_queues(regions=[]) == {}

    def test_all_are_asked_at_the_same_time(self, proxy: Proxy, settings: Settings) -> None:
        settings.AWS = {**settings.AWS, "regions": SEVENTEEN}
        # Nobody is answered before everybody has asked; asked in turn, nobody ever is.
        everybody = threading.Barrier(len(SEVENTEEN))

        def wait_for_all(call: Call, forward: Forward) -> Reply:
            everybody.wait(timeout=20)
            return forward()

        proxy.behaviour = wait_for_all

        found = sqs.list_queues()

        assert list(found) == SEVENTEEN
        assert [region for region, row in found.items() if "Error" in row] == []


def test_more_than_a_thousand_queues(proxy: Proxy) -> None:
    # Making 1,001 queues takes longer than everything else here; the pages are what counts.
    def page(call: Call, forward: Forward) -> Reply:
        assert call.body["MaxResults"] == 1000
        start = int(call.body.get("NextToken", 0))
        urls = [f"http://x/1/q-{number}" for number in range(start, start + 1000)]
        return Reply(200, {"QueueUrls": urls} | ({"NextToken": "1000"} if not start else {}))

    proxy.behaviour = page

    urls = sqs.list_queues(regions=["us-east-1"])["us-east-1"]["QueueUrls"]

    assert len(urls) == len(set(urls)) == 2000


class TestFailures:
    def test_a_region_that_fails_has_a_row_and_the_others_are_there(
        self, proxy: Proxy, settings: Settings, make_queue: Callable[..., str]
    ) -> None:
        name = make_queue(region="us-west-2").rpartition("/")[2]
        settings.AWS = {**settings.AWS, "regions": ["us-west-2", "eu-west-1", "eu-west-2"]}
        answers = {"eu-west-1": refusal("AccessDenied", 403), "eu-west-2": Reply(0, None)}
        proxy.behaviour = lambda call, forward: answers.get(call.region) or forward()

        found = sqs.list_queues(purpose="web")

        assert any(url.endswith(f"/{name}") for url in found["us-west-2"]["QueueUrls"])
        assert found["eu-west-1"]["QueueUrls"] == found["eu-west-2"]["QueueUrls"] == []
        assert "AWS denied access" in found["eu-west-1"]["Error"]
        assert f"AWS at {proxy.endpoint_url} broke off" in found["eu-west-2"]["Error"]

    def test_a_region_that_is_switched_off(self, proxy: Proxy, settings: Settings) -> None:
        settings.AWS = {**settings.AWS, "regions": ["us-west-2", "me-south-1"]}
        off = refusal("InvalidClientTokenId", 403)
        proxy.behaviour = lambda call, forward: off if call.region == "me-south-1" else forward()

        error = sqs.list_queues()["me-south-1"]["Error"]

        assert "the account has not enabled it" in error

    def test_bad_keys_are_not_blamed_on_the_regions(self, proxy: Proxy, settings: Settings) -> None:
        settings.AWS = {**settings.AWS, "regions": ["us-west-2", "me-south-1"]}
        proxy.behaviour = lambda call, forward: refusal("InvalidClientTokenId", 403)

        errors = {row["Error"] for row in sqs.list_queues().values()}

        assert len(errors) == 1
        assert "does not know this access key id" in errors.pop()

    def test_an_unknown_region(self, settings: Settings) -> None:
        settings.AWS = {
            "credentials": {"aws_access_key_id": "a", "aws_secret_access_key": "b"},
            "regions": ["eu-wset-1"],
        }

        assert "Did you mean 'eu-west-1'" in sqs.list_queues()["eu-wset-1"]["Error"]

    def test_nobody_listens(self, settings: Settings) -> None:
        settings.AWS = {
            "credentials": {"aws_access_key_id": "a", "aws_secret_access_key": "b"},
            "region": "us-east-1",
            "endpoint_url": {"sqs": f"http://127.0.0.1:{free_port()}"},
            "timeouts": {"commands": {"max_attempts": 1}},
        }

        found = sqs.list_queues()

        assert list(found) == ["us-east-1"]
        assert "cannot be reached" in found["us-east-1"]["Error"]

    def test_a_profile_that_is_not_there(self, settings: Settings) -> None:
        settings.AWS = {"profile": "nobody", "region": "eu-west-1"}

        found = sqs.list_queues()

        assert found["eu-west-1"]["QueueUrls"] == []
        assert "There is no AWS profile 'nobody'" in found["eu-west-1"]["Error"]

    def test_a_bug_is_no_regions_failure(
        self, aws: LocalAWS, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def broken(client: object) -> list[str]:
            raise RuntimeError("a bug")

        monkeypatch.setattr(listing, "_pages", broken)

        with pytest.raises(RuntimeError, match="a bug"):
            sqs.list_queues(regions=["us-east-1"])


class TestWithoutCredentials:
    @pytest.fixture
    def metadata_requests(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
        """The requests that come to this machine's instance metadata service."""
        seen: list[str] = []

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                seen.append(self.path)
                self.send_error(404)

            do_PUT = do_GET  # noqa: N815 - the name http.server looks for

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                pass

        with (
            ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server,
            monkeypatch.context() as patch,
        ):
            thread = threading.Thread(target=server.serve_forever, args=(0.01,))
            thread.start()
            port = server.server_address[1]
            patch.setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", f"http://127.0.0.1:{port}/")
            patch.setenv("AWS_EC2_METADATA_DISABLED", "false")
            clients.clear()
            yield seen
            clients.clear()
            server.shutdown()
            thread.join()

    def test_one_error_says_how_to_give_some(
        self, settings: Settings, metadata_requests: list[str]
    ) -> None:
        settings.AWS = {"region": "eu-west-1"}

        found = sqs.list_queues()

        assert list(found) == ["eu-west-1"]
        assert (
            "No AWS credentials were found. Give them in one of three"
            in (found["eu-west-1"]["Error"])
        )

    def test_they_are_looked_for_once_for_all_regions(
        self, settings: Settings, metadata_requests: list[str]
    ) -> None:
        settings.AWS = {"regions": SEVENTEEN}

        found = sqs.list_queues()

        assert list(found) == SEVENTEEN
        assert all("No AWS credentials" in row["Error"] for row in found.values())
        assert metadata_requests.count("/latest/api/token") == 1


def test_an_interrupt_does_not_wait_for_the_slowest_region(
    proxy: Proxy, settings: Settings
) -> None:
    import signal

    asked, done = threading.Event(), threading.Event()

    def never(call: Call, forward: Forward) -> Reply:
        asked.set()
        done.wait(timeout=30)
        return forward()

    proxy.behaviour = never
    with start_process("aws_sqs", "list_queues", "--region", "us-east-1", aws=settings.AWS) as run:
        assert asked.wait(timeout=30)
        run.send_signal(signal.SIGINT)
        # Were it to wait for the region, it would do so until `never` ends, after this times out.
        _, err = run.communicate(timeout=20)
        done.set()

    assert run.returncode == 130
    assert "Interrupted." in err
    assert "Traceback" not in err
