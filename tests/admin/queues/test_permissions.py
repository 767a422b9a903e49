"""Every page × (nobody, staff without, staff with the permission) × (GET, POST)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.admin import AdminSite
from django.test import Client, RequestFactory

from philo_aws.admin import QueueAdmin
from philo_aws.models import Queue
from tests.admin.queues.conftest import ROOT, Console
from tests.sqs.proxy import Proxy

pytestmark = pytest.mark.aws_servers("ministack")

PAGES = {
    "change": ("view_queue",),
    "history": ("view_queue",),
    "attributes": ("view_queue", "change_queue"),
    "send": ("view_queue", "send_message"),
    "peek": ("view_queue", "receive_message"),
    "peek/hold": ("view_queue", "receive_message"),
    "peek/send-again": ("view_queue", "send_message", "delete_message"),
    "peek/move": ("view_queue", "delete_message"),
    "release": ("view_queue", "receive_message"),
    "delete-message": ("view_queue", "delete_message"),
    "redrive": ("view_queue", "redrive_queue"),
    "redrive/tasks": ("view_queue", "redrive_queue"),
    "redrive/cancel": ("view_queue", "redrive_queue"),
    "redrive/move": ("view_queue", "redrive_queue"),
    "purge": ("view_queue", "purge_queue"),
    "delete": ("view_queue", "delete_queue"),
}
ALL = {
    "add_queue",
    "change_queue",
    "delete_queue",
    "view_queue",
    "receive_message",
    "send_message",
    "delete_message",
    "purge_queue",
    "redrive_queue",
}
# Django takes the permission to change for the one to view.
IMPLIED = {"view_queue": {"change_queue"}}


def test_the_table_above_knows_every_page() -> None:
    routes = {view.route.partition("/")[2].rstrip("/") for view in QueueAdmin.views.values()}
    assert routes - {""} == set(PAGES) - {"history"}


@pytest.mark.parametrize("page", [*PAGES, "add", "figures", ""])
def test_nobody_is_sent_to_the_login(proxy: Proxy, console: Console, page: str) -> None:
    path = console.path(page) if page in PAGES else f"{ROOT}{page}/".replace("//", "/")
    for response in (Client().get(path), Client().post(path, {"confirm": "yes"})):
        assert response.status_code == 302
        assert response.headers["Location"].startswith("/admin/login/")
    assert proxy.calls == []


@pytest.mark.parametrize("page", [*PAGES, "add", "figures", ""])
def test_staff_without_one_of_the_permissions_get_403(
    proxy: Proxy, console: Console, staff: Callable[..., Client], page: str
) -> None:
    path = console.path(page) if page in PAGES else f"{ROOT}{page}/".replace("//", "/")
    needed = {"add": ("add_queue",)}.get(page) or PAGES.get(page) or ("view_queue",)
    for missing in needed:
        client = staff(*(ALL - {missing} - IMPLIED.get(missing, set())))
        assert client.get(path).status_code == 403
        assert client.post(path, {"confirm": "yes"}).status_code == 403
    assert proxy.calls == []


@pytest.mark.parametrize("page", PAGES)
def test_staff_with_the_permissions_and_no_others_see_the_page(
    console: Console, staff: Callable[..., Client], page: str
) -> None:
    status = 502 if page == "redrive/tasks" else 200
    assert staff(*PAGES[page]).get(console.path(page)).status_code == status


@pytest.mark.parametrize("page", [page for page in PAGES if page not in ("change", "history")])
def test_no_get_writes(
    proxy: Proxy, console: Console, page: str, history: Callable[[str], list[str]]
) -> None:
    console.send("a")
    console.client.get(console.path(page))
    console.client.get(console.path(page, confirm="yes", typed_name=console.name, count=1))

    reading = {
        "GetQueueUrl",
        "GetQueueAttributes",
        "ListQueues",
        "ListQueueTags",
        "ListDeadLetterSourceQueues",
        "ListMessageMoveTasks",
    }
    assert {call.action for call in proxy.calls} <= reading
    assert history(console.id) == []


@pytest.mark.parametrize("page", [*PAGES, "figures", "add"])
def test_a_post_without_the_token_is_refused(
    proxy: Proxy, console: Console, admin_user: Any, page: str
) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(admin_user)
    path = console.path(page) if page in PAGES else f"{ROOT}{page}/"

    assert client.post(path, {"confirm": "yes"}).status_code == 403
    assert proxy.calls == []


def test_what_a_person_may_not_do_has_no_button(
    console: Console, staff: Callable[..., Client]
) -> None:
    def buttons(*codenames: str) -> list[str]:
        response = console.by(staff("view_queue", *codenames)).get("change")
        return [str(tool.label) for tool in response.context["tools"]]

    assert buttons() == ["History"]
    assert buttons("send_message", "purge_queue") == ["Send message", "History", "Purge"]
    assert buttons("change_queue", "delete_queue") == ["Edit", "History", "Delete"]
    assert buttons("receive_message", "delete_message") == ["Peek", "History"]


def test_a_site_may_refuse_by_name_and_take_pages_away(console: Console, admin_user: Any) -> None:
    class Careful(QueueAdmin):
        views = {name: view for name, view in QueueAdmin.views.items() if name != "delete"}

        def has_purge_queue_permission(self, request: Any, obj: Any = None) -> bool:
            allowed = super().has_purge_queue_permission(request, obj)
            return allowed and not (obj and obj.name.endswith("-prod"))

    admin = Careful(Queue, AdminSite("other"))
    names = [pattern.name for pattern in admin.get_urls()]
    assert "philo_aws_queue_purge" in names
    assert "philo_aws_queue_delete" not in names
    request = RequestFactory().get("/")
    request.user = admin_user
    assert admin.may(request, ["purge_queue"], Queue(pk="us-east-1/a"))
    assert not admin.may(request, ["purge_queue"], Queue(pk="us-east-1/a-prod"))
