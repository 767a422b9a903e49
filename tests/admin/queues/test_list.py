from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from philo_aws.admin.queues import list as queue_list
from tests.admin.queues.conftest import REGIONS, ROOT, Console
from tests.servers import LocalAWS
from tests.sqs.proxy import Call, Forward, Proxy, Reply, refusal

Read = Callable[[Any], str]


def names_in(response: Any) -> list[str]:
    return [row.queue.name for row in response.context["rows"]]


class TestList:
    def test_queues_of_all_regions_with_links(self, console: Console) -> None:
        far = console.of(console.aws.make_queue(region="eu-west-1"), "eu-west-1")

        for queue in (console, far):
            response = console.browse(q=queue.name)
            assert names_in(response) == [queue.name]
            assert f'href="{queue.path("change")}"' in response.content.decode()

    def test_names_cost_one_request_a_region_and_figures_none(
        self, proxy: Proxy, console: Console
    ) -> None:
        console.browse()

        asked = [(call.action, call.region) for call in proxy.calls]
        assert sorted(asked) == [("ListQueues", region) for region in sorted(REGIONS)]

    def test_a_failed_region_is_named_and_the_others_are_shown(
        self, proxy: Proxy, console: Console, read: Read
    ) -> None:
        def fail(call: Call, forward: Forward) -> Reply:
            return refusal("AccessDenied") if call.region == "eu-west-1" else forward()

        proxy.behaviour = fail
        response = console.browse(q=console.name)

        assert names_in(response) == [console.name]
        assert "eu-west-1 : AWS denied access" in read(response)

    def test_regions_that_fail_alike_are_one_note(self, proxy: Proxy, console: Console) -> None:
        proxy.behaviour = lambda call, forward: refusal("AccessDenied")

        failures = console.browse().context["listing"].failures

        assert [failure.regions for failure in failures] == [sorted(REGIONS)]

    def test_queues_of_the_settings_where_listing_is_denied(
        self, proxy: Proxy, console: Console, settings: Settings, read: Read
    ) -> None:
        def fail(call: Call, forward: Forward) -> Reply:
            return refusal("AccessDenied") if call.action == "ListQueues" else forward()

        proxy.behaviour = fail
        settings.AWS = {**settings.AWS, "queues": [console.name]}
        response = console.browse()

        assert names_in(response) == [console.name]
        assert 'as settings.AWS["queues"] names them' in read(response)
        assert console.name in read(console.get("change"))

    def test_a_search_finds_parts_of_names_in_any_case(self, console: Console) -> None:
        assert names_in(console.browse(q=console.name[3:].upper())) == [console.name]
        assert names_in(console.browse(q=console.name + "x")) == []

    def test_by_backlog_the_largest_first(self, console: Console) -> None:
        mark = console.name
        queues = [console.of(console.aws.make_queue(f"{mark}-{part}")) for part in "abc"]
        for queue, count in zip(queues, (1, 3, 2), strict=True):
            queue.send(*"x" * count)

        link = console.browse(q=mark).context["columns"]["backlog"]["url"]
        response = console.client.get(ROOT + link)

        assert names_in(response) == [f"{mark}-b", f"{mark}-c", f"{mark}-a", mark]
        assert [row.figures.available for row in response.context["rows"]] == [3, 2, 1, 0]

    def test_without_a_script_the_page_can_ask_for_the_figures(
        self, console: Console, read: Read
    ) -> None:
        console.send("a", "b")

        assert "Show the figures" in read(console.browse())
        row = console.browse(q=console.name, figures=1).context["rows"][0]
        assert row.figures.available == 2

    def test_many_queues_have_many_pages(
        self, console: Console, monkeypatch: pytest.MonkeyPatch, read: Read
    ) -> None:
        monkeypatch.setattr(queue_list, "PAGE_SIZE", 2)
        mark = console.name
        for part in "ab":
            console.aws.make_queue(f"{mark}-{part}")

        response = console.browse(q=mark)
        assert names_in(response) == [mark, f"{mark}-a"]
        assert "Page 1 of 2" in read(response)
        assert names_in(console.browse(q=mark, p=2)) == [f"{mark}-b"]

    def test_what_a_person_may_not_see_is_not_listed(
        self, console: Console, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        other = console.aws.make_queue(f"{console.name}-secret").rpartition("/")[2]
        monkeypatch.setattr(
            "philo_aws.admin.QueueAdmin.has_view_permission",
            lambda self, request, obj=None: not (obj and obj.name.endswith("-secret")),
        )

        assert names_in(console.browse(q=console.name)) == [console.name]
        assert console.figures(f"us-east-1/{other}").json() == {"queues": {}}
        assert console.client.get(console.path("change") + "?").status_code == 200
        secret = console.of(console.url + "-secret")
        assert secret.get("change").status_code == 403


class TestFigures:
    def test_of_many_queues_with_one_request(self, console: Console) -> None:
        far = console.of(console.aws.make_queue(region="eu-west-1"), "eu-west-1")
        console.send("a", "b", "c")
        far.send("later", DelaySeconds=600)

        answer = console.figures(console.id, far.id).json()["queues"]

        assert answer[console.id]["available"] == 3
        assert answer[far.id] == {
            "available": 0,
            "in_flight": 0,
            "delayed": 1,
            "dead_letter_queue": None,
        }

    def test_say_what_is_in_flight_and_where_failures_go(
        self, with_dead_letters: tuple[Console, Console]
    ) -> None:
        queue, dead = with_dead_letters
        queue.send("a", "b")
        queue.sqs.receive_message(QueueUrl=queue.url)

        answer = queue.figures(queue.id).json()["queues"][queue.id]

        assert (answer["available"], answer["in_flight"]) == (1, 1)
        assert answer["dead_letter_queue"] == {"name": dead.name, "url": dead.path("change")}

    def test_a_queue_that_is_gone_does_not_take_the_others_along(self, console: Console) -> None:
        answer = console.figures(console.id, "us-east-1/gone").json()["queues"]

        assert "available" in answer[console.id]
        assert "There is no queue" in answer["us-east-1/gone"]["error"]

    def test_when_nothing_answers_it_is_a_bad_gateway(self, console: Console) -> None:
        response = console.figures("us-east-1/gone")

        assert response.status_code == 502
        assert "There is no queue" in response.json()["error"]

    @pytest.mark.aws_servers("ministack")
    @pytest.mark.parametrize(
        "body",
        [
            b"",
            b"[]",
            b"{}",
            b'{"queues": "us-east-1/a"}',
            b'{"queues": [1]}',
            b'{"queues": ["a"]}',
            b'{"queues": ["us-east-1/../a"]}',
            b'{"queues": ["http://127.0.0.1/1/a"]}',
            b"[" * 100_000,
            json.dumps({"queues": ["us-east-1/a"] * 201}).encode(),
            b"\xff",
        ],
    )
    def test_nonsense_is_refused(self, console: Console, body: bytes) -> None:
        url = f"{ROOT}figures/"
        response = console.client.post(url, body, content_type="application/json")

        assert response.status_code == 400
        assert response.json()["error"]

    @pytest.mark.aws_servers("ministack")
    def test_a_region_that_is_not_in_use_is_not_asked(self, proxy: Proxy, console: Console) -> None:
        response = console.figures("ap-south-1/queue")

        assert "'ap-south-1' is not one of those in use" in response.json()["error"]
        assert proxy.calls == []


@pytest.mark.aws_servers("ministack")
def test_the_list_needs_the_permission_to_view(
    console: Console, staff: Callable[..., Client], aws: LocalAWS
) -> None:
    assert console.by(staff("send_message")).browse().status_code == 403
    response = console.by(staff("view_queue")).browse()
    assert response.status_code == 200
    assert "Create queue" not in response.content.decode()
