from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from pytest_django import Settings

from philo_aws import clients, patience, sqs
from philo_aws.exceptions import ServiceError, UsageError
from philo_aws.sqs import listing
from philo_aws.sqs.directory import queues_of_region
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


class TestArguments:
    @pytest.mark.parametrize("regions", ["us-east-1", b"x", {"us-east-1": 1}, 5, ["a", 5], [None]])
    def test_what_is_no_list_of_regions(self, proxy: Proxy, regions: Any) -> None:
        with pytest.raises(UsageError, match="regions"):
            sqs.list_queues(regions=regions)

        assert proxy.calls == []

    def test_any_iterable(self, proxy: Proxy) -> None:
        assert list(sqs.list_queues(regions=iter(("eu-west-1",)))) == ["eu-west-1"]


@pytest.mark.aws_servers("ministack")
class TestSilence:
    """Regions that say nothing; half a second counts as long here."""

    @pytest.fixture(autouse=True)
    def half_a_second(self, monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
        monkeypatch.setattr(listing, "SILENCE", 0.5)

    @pytest.fixture
    def end(self) -> Iterator[threading.Event]:
        event = threading.Event()
        yield event
        event.set()

    def test_one_is_given_up_and_the_others_come_first(
        self, proxy: Proxy, end: threading.Event
    ) -> None:
        def reply(call: Call, forward: Forward) -> Reply:
            if call.region == "eu-west-1":
                end.wait(30)
            return Reply(200, {"QueueUrls": ["http://x/1/q"]})

        proxy.behaviour = reply
        begun = time.monotonic()
        rows = listing.rows_of(["eu-west-1", "us-east-1", "us-west-2"])

        first = [next(rows)[0], next(rows)[0]]
        region, row = next(rows)

        assert sorted(first) == ["us-east-1", "us-west-2"]
        assert (region, row["QueueUrls"]) == ("eu-west-1", [])
        assert "has said nothing for" in row["Error"]
        assert list(rows) == []
        assert time.monotonic() - begun < 20

    def test_all_of_them_end_together(self, proxy: Proxy, end: threading.Event) -> None:
        proxy.behaviour = lambda call, forward: Reply(200 if end.wait(30) else 500, {})
        begun = time.monotonic()

        found = sqs.list_queues(regions=["eu-west-1", "us-east-1"])

        assert all("has said nothing for" in row["Error"] for row in found.values())
        assert time.monotonic() - begun < 15

    def test_who_asks_late_hears_all_that_was_said(self, proxy: Proxy) -> None:
        proxy.behaviour = lambda call, forward: Reply(200, {"QueueUrls": ["http://x/1/q"]})
        rows = listing.rows_of(["eu-west-1", "us-east-1", "us-west-2"])
        next(rows)
        while len(proxy.calls) < 3:
            time.sleep(0.01)
        time.sleep(0.8)  # longer than a region may be silent

        assert [row for _, row in rows] == [{"QueueUrls": ["http://x/1/q"]}] * 2

    def test_one_that_speaks_now_and_then_is_waited_for(self, proxy: Proxy) -> None:
        def slow(call: Call, forward: Forward) -> Reply:
            number = int(call.body.get("NextToken", 0))
            # The whole takes longer than silence may, a page does not.
            time.sleep(0.2)
            more = {"NextToken": str(number + 1)} if number < 4 else {}
            return Reply(200, {"QueueUrls": [f"http://x/1/q{number}"], **more})

        proxy.behaviour = slow

        assert len(sqs.list_queues(regions=["us-east-1"])["us-east-1"]["QueueUrls"]) == 5

    def test_so_is_one_that_asks_for_patience(
        self, proxy: Proxy, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(patience, "FIRST_DELAY", 0.2)
        monkeypatch.setattr(patience, "LONGEST_DELAY", 0.2)
        busy = iter([Reply(503, {})] * 6)
        proxy.behaviour = lambda call, forward: (
            next(busy, None) or Reply(200, {"QueueUrls": ["http://x/1/q"]})
        )

        found = sqs.list_queues(regions=["us-east-1"])

        assert found == {"us-east-1": {"QueueUrls": ["http://x/1/q"]}}

    def test_one_that_is_not_there_says_why(
        self, proxy: Proxy, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        proxy.behaviour = lambda call, forward: Reply(0, None)

        row = sqs.list_queues(regions=["us-east-1"])["us-east-1"]

        assert "broke off the connection" in row["Error"]


@pytest.mark.parametrize(
    "page",
    [
        lambda token: {"QueueUrls": [f"http://x/1/{token}"], "NextToken": "ab"[len(token) % 2]},
        lambda token: {"QueueUrls": ["http://x/1/q"], "NextToken": f"{token}x"},
        lambda token: {"NextToken": f"{token}x"},
    ],
    ids=["a circle of tokens", "the same page", "empty pages"],
)
@pytest.mark.aws_servers("ministack")
def test_a_list_without_end_is_an_error(
    proxy: Proxy, queue_url: str, page: Callable[[str], dict[str, Any]]
) -> None:
    def reply(call: Call, forward: Forward) -> Reply:
        answer = page(call.body.get("NextToken", ""))
        if call.action == "ListDeadLetterSourceQueues":
            answer["queueUrls"] = answer.pop("QueueUrls", [])
        return Reply(200, answer)

    proxy.behaviour = reply

    row = sqs.list_queues(regions=["us-east-1"])["us-east-1"]
    assert row["QueueUrls"] == []
    assert "The list of queues has no end" in row["Error"]
    for call in (
        lambda: sqs.list_dead_letter_source_queues(queue_url),
        lambda: queues_of_region("us-east-1"),
    ):
        with pytest.raises(ServiceError, match="has no end"):
            call()
    assert len(proxy.calls) < 500


class TestFailures:
    @pytest.mark.parametrize("body", [b"<html>", b"", b'{"QueueUrls": ["ht', {"QueueUrls": 5}, []])
    @pytest.mark.aws_servers("ministack")
    def test_an_answer_that_proves_nothing(
        self, proxy: Proxy, settings: Settings, body: object
    ) -> None:
        settings.AWS = {**settings.AWS, "timeouts": {"commands": {"max_attempts": 2}}}
        proxy.behaviour = lambda call, forward: Reply(200, body)

        row = sqs.list_queues(regions=["us-east-1"])["us-east-1"]

        assert row["QueueUrls"] == []
        assert "it is not AWS's" in row["Error"]

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
        def broken(client: object, prefix: str) -> list[str]:
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
