"""A bucket or queue that a site hides is closed at every address, by every way to it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib.admin import AdminSite
from django.contrib.admin.utils import quote
from django.http import HttpRequest
from django.test import Client
from django.urls import path
from pytest_django import Settings

from philo_aws.admin import BucketAdmin, QueueAdmin
from philo_aws.models import Bucket, Queue
from tests.admin.stores import Store, refusal, serving

OPEN_BUCKETS = ("media", "reports")
ALIAS = "backups-ap-0123456789abcdefghij0123456-s3alias"
HIDDEN_BUCKETS = ("backups", "arn:aws:s3:eu-west-1:123456789012:accesspoint/media", ALIAS, "Media")


class AllowedBuckets(BucketAdmin):
    def has_access(self, request: HttpRequest, obj: Any) -> bool:
        return super().has_access(request, obj) and obj.name in OPEN_BUCKETS


class AllowedQueues(QueueAdmin):
    def has_access(self, request: HttpRequest, obj: Any) -> bool:
        return super().has_access(request, obj) and not obj.name.endswith("/secret")


class HiddenByView(BucketAdmin):
    """As sites did it that hid a bucket from the list."""

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        secret = obj is not None and obj.name == "backups"
        return super().has_view_permission(request, obj) and not secret


allowing = AdminSite(name="allowing")
allowing.register(Bucket, AllowedBuckets)
allowing.register(Queue, AllowedQueues)
viewing = AdminSite(name="viewing")
viewing.register(Bucket, HiddenByView)
urlpatterns = [path("allowing/", allowing.urls), path("viewing/", viewing.urls)]

pytestmark = [
    pytest.mark.urls(__name__),
    pytest.mark.filterwarnings("ignore:.*urls.W005"),
]


@pytest.fixture
def store(settings: Settings) -> Iterator[Store]:
    """An AWS that is asked for nothing where all is closed."""
    with serving(lambda asked: refusal(asked, "AccessDenied", 403)) as running:
        settings.AWS = running.settings()
        yield running


def routes_of(site: AdminSite, model: Any) -> list[str]:
    """The routes of an admin about one object."""
    patterns = site.get_model_admin(model).get_urls()
    routes = [str(pattern.pattern) for pattern in patterns]
    return [route for route in routes if "object_id>" in route]


def visit(client: Client, site: str, model: str, route: str, name: str) -> Iterator[Any]:
    where = route.replace("<str:object_id>", quote(name)).replace("<path:object_id>", quote(name))
    url = f"/{site}/philo_aws/{model}/{where}?key=a&prefix=d/&select_key=a&version=v"
    yield client.get(url, follow=True)
    data = {"key": "a", "size": 1, "select_key": "a", "confirm": "yes", "name": "x"}
    yield client.post(url, data, follow=True)
    yield client.post(url, json.dumps(data), content_type="application/json", follow=True)


@pytest.mark.parametrize("name", HIDDEN_BUCKETS)
@pytest.mark.parametrize("route", routes_of(allowing, Bucket))
def test_every_page_of_a_bucket_asks_first(
    store: Store, admin_client: Client, route: str, name: str
) -> None:
    answers = list(visit(admin_client, "allowing", "bucket", route, name))
    assert [answer.status_code for answer in answers] == [403, 403, 403]
    assert store.asked == []


@pytest.mark.parametrize("route", routes_of(allowing, Queue))
def test_every_page_of_a_queue_asks_first(store: Store, admin_client: Client, route: str) -> None:
    answers = list(visit(admin_client, "allowing", "queue", route, "us-east-1/secret"))
    assert [answer.status_code for answer in answers] == [403, 403, 403]
    assert store.asked == []


@pytest.mark.parametrize("route", routes_of(viewing, Bucket))
def test_what_is_hidden_from_the_list_is_closed_too(
    store: Store, staff: Callable[..., Client], route: str
) -> None:
    everything = [
        *("view_bucket", "delete_bucket", "list_objects", "download_object", "share_object"),
        *("upload_object", "copy_object", "change_object", "delete_object", "restore_object"),
        *("view_bucket_settings", "change_bucket_settings"),
    ]
    for codenames in (everything, everything[1:]):
        answers = list(visit(staff(*codenames), "viewing", "bucket", route, "backups"))
        assert [answer.status_code for answer in answers] == [403, 403, 403]
    assert store.asked == []


@pytest.mark.parametrize("page", ["copy", "move"])
def test_nothing_goes_into_a_hidden_bucket(store: Store, admin_client: Client, page: str) -> None:
    data = {"select_key": "a", "bucket": "backups", "key": "b", "confirm": "yes"}
    answer = admin_client.post(f"/allowing/philo_aws/bucket/media/{page}/", data)
    assert answer.status_code == 403
    assert store.asked == []


def test_no_messages_go_into_a_hidden_queue(store: Store, admin_client: Client) -> None:
    url = "/allowing/philo_aws/queue/us-east-1_2Forders/"
    data = {"destination": "secret", "confirm": "yes"}
    assert admin_client.post(f"{url}redrive/", data).status_code == 403
    assert not [asked for asked in store.asked if asked.action == "StartMessageMoveTask"]


def test_no_hidden_name_can_be_made(store: Store, admin_client: Client) -> None:
    data = {"name": "backups", "confirm": "yes"}
    assert admin_client.post("/allowing/philo_aws/bucket/add/", data).status_code == 403
    assert store.asked == []
    queue = {
        "name": "secret",
        **dict.fromkeys(("visibility_timeout", "delay", "wait"), 0),
        "retention": 60,
        "largest": 1024,
        "kind": "standard",
        "dead_letter": "none",
        "region": "us-east-1",
    }
    answer = admin_client.post("/allowing/philo_aws/queue/add/", {**queue, "confirm": "yes"})
    assert answer.status_code == 403
    assert not [asked for asked in store.asked if asked.action in ("CreateQueue", "GetQueueUrl")]


def test_no_figures_of_a_hidden_queue(store: Store, admin_client: Client) -> None:
    data = {"queues": ["us-east-1/secret"]}
    url = "/allowing/philo_aws/queue/figures/"
    answer = admin_client.post(url, data, content_type="application/json")
    assert answer.json() == {"queues": {}}
    assert store.asked == []


def test_a_hidden_bucket_is_in_no_list(
    store: Store, settings: Settings, admin_client: Client
) -> None:
    settings.AWS = store.settings(buckets=["media", "backups"])
    text = admin_client.get("/allowing/philo_aws/bucket/").content.decode()
    assert "media" in text
    assert "backups" not in text


def test_what_is_open_is_open(store: Store, admin_client: Client) -> None:
    url = "/allowing/philo_aws/bucket/media/"
    assert admin_client.get(f"{url}change/").status_code == 200
    assert admin_client.get(f"{url}history/").status_code == 200
    assert admin_client.get(f"{url}download/?key=a").status_code == 302


def test_without_a_rule_of_the_site_the_permissions_alone_decide(
    store: Store, staff: Callable[..., Client], settings: Settings
) -> None:
    settings.ROOT_URLCONF = "tests.urls"
    client = staff("download_object")
    assert client.get("/admin/philo_aws/bucket/media/download/?key=a").status_code == 302
