"""A walk over every address of the admin: who has no access gets nothing, by none of them.

The addresses are those of the URL patterns, so a new page is walked over too. What it asks of AWS
is seen at the store, which takes note of each request; what is refused has to be refused before it.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import unquote

import pytest
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.admin.utils import quote
from django.contrib.auth.models import Group, Permission, User
from django.core import signing
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils.http import urlencode
from pytest_django import Settings

from philo_aws.admin import BucketAdmin, QueueAdmin
from philo_aws.admin.addresses import pack
from philo_aws.models import Bucket, Queue
from tests.admin.stores import Answer, Asked, Store, serving

OPEN = "exports/"
HIDDEN = "forbidden"
"""It is in every name that nobody here may come to, and in no other."""


def routes(patterns: list[Any], before: str = "") -> Iterator[str]:
    """The routes of all pages of the admin that are ours."""
    for each in patterns:
        route = before + str(each.pattern)
        if isinstance(each, URLResolver):
            yield from routes(each.url_patterns, route)
        elif isinstance(each, URLPattern) and "philo_aws/" in route:
            yield route


ROUTES = list(routes(get_resolver("tests.urls").url_patterns))
OF_BUCKETS = [route for route in ROUTES if "/bucket/" in route and "object_id" in route]
OF_QUEUES = [route for route in ROUTES if "/queue/" in route and "object_id" in route]
OF_ALL = [route for route in ROUTES if "object_id" not in route and "app_list" not in route]


def test_the_walk_meets_every_page() -> None:
    for model, ours, kind in ((Bucket, BucketAdmin, OF_BUCKETS), (Queue, QueueAdmin, OF_QUEUES)):
        registered = admin.site.get_model_admin(model)
        assert type(registered) is ours
        walked = {*kind, *OF_ALL}
        for name, view in registered.get_views().items():
            assert f"admin/philo_aws/{model._meta.model_name}/{view.route}" in walked, name


def listing(*keys: str) -> bytes:
    items = "".join(
        f"<Contents><Key>{key}</Key><Size>1</Size><ETag>&quot;e&quot;</ETag>"
        "<LastModified>2026-01-01T00:00:00Z</LastModified></Contents>"
        for key in keys
    )
    return f"<ListBucketResult><IsTruncated>false</IsTruncated>{items}</ListBucketResult>".encode()


def all_buckets(*names: str) -> bytes:
    items = "".join(f"<Bucket><Name>{name}</Name></Bucket>" for name in names)
    tag = "ListAllMyBucketsResult"
    return f"<{tag}><Buckets>{items}</Buckets></{tag}>".encode()


def versions(prefix: str) -> bytes:
    """A version, and one that was deleted."""
    facts = "<VersionId>v</VersionId><IsLatest>true</IsLatest>"
    facts += "<LastModified>2026-01-01T00:00:00Z</LastModified>"
    size = "<Size>1</Size><ETag>&quot;e&quot;</ETag>"
    return (
        "<ListVersionsResult><IsTruncated>false</IsTruncated>"
        f"<Version><Key>{prefix}a</Key>{facts}{size}</Version>"
        f"<DeleteMarker><Key>{prefix}b</Key>{facts}</DeleteMarker></ListVersionsResult>"
    ).encode()


def unfinished(prefix: str) -> bytes:
    return (
        "<ListMultipartUploadsResult><IsTruncated>false</IsTruncated><Upload>"
        f"<Key>{prefix}a</Key><UploadId>u</UploadId>"
        "<Initiated>2026-01-01T00:00:00Z</Initiated></Upload></ListMultipartUploadsResult>"
    ).encode()


LISTINGS = {"versions": versions, "uploads": unfinished}
PARTS = {
    "tagging": b"<Tagging><TagSet/></Tagging>",
    "versioning": b"<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>",
}
"""What is asked for by a word in the query. A body that is no answer would be asked for again."""


def obliging(asked: Asked) -> Answer:
    """A store that has whatever it is asked for, so that a page goes as far as it can."""
    if asked.action:
        bodies: dict[str, Any] = {
            "ListQueues": {
                "QueueUrls": [f"http://127.0.0.1/000/{name}" for name in ("orders", "forbidden-q")]
            },
            "GetQueueUrl": {"QueueUrl": "http://127.0.0.1/000000000000/orders"},
            "GetQueueAttributes": {"Attributes": {"QueueArn": "arn:aws:sqs:us-east-1:000:orders"}},
            "ListDeadLetterSourceQueues": {"queueUrls": []},
        }
        body = bodies.get(asked.action, {})
        return Answer(200, json.dumps(body).encode(), "application/x-amz-json-1.0")
    if asked.method == "GET" and asked.path == "/":
        return Answer(200, all_buckets("media", "forbidden"))
    if asked.method == "GET" and (known := asked.query.keys() & LISTINGS.keys()):
        return Answer(200, LISTINGS[known.pop()](asked.query.get("prefix", "")))
    if asked.method == "GET" and (known := asked.query.keys() & PARTS.keys()):
        return Answer(200, PARTS[known.pop()])
    if asked.method == "GET" and "prefix" in asked.query:
        return Answer(200, listing(f"{asked.query['prefix']}a"))
    return Answer(200, b"", headers=(("ETag", '"e"'),))


@pytest.fixture
def store(settings: Settings) -> Iterator[Store]:
    with serving(obliging) as running:
        settings.AWS = running.settings(queues=["orders", "forbidden-q"])
        yield running


@pytest.fixture
def member(db: None) -> Callable[[], Client]:
    """Somebody with every permission of this app, and a group."""

    def make() -> Client:
        user = User.objects.create_user("member", is_staff=True)
        user.user_permissions.set(Permission.objects.filter(content_type__app_label="philo_aws"))
        user.groups.add(Group.objects.create(name="Editors"))
        client = Client()
        client.force_login(user)
        return client

    return make


def limit(settings: Settings, *rules: dict[str, list[str]]) -> None:
    settings.AWS = settings.AWS | {"access": [{"groups": ["Editors"], **rule} for rule in rules]}


def address(route: str, name: str) -> str:
    for converter in ("<str:object_id>", "<path:object_id>"):
        route = route.replace(converter, quote(name))
    assert "<" not in route, "The walk does not know what this stands for."
    return f"/{route}"


NAMED = (
    *("key", "prefix", "address", "bucket", "destination", "source", "name", "q", "folder"),
    *("target", "destination_bucket", "dead_letter_queue", "queue", "to"),
)
PACKED = ("select_key", "select_folder", "after", "token")
LISTS = ("keys", "prefixes", "queues")
OTHERS = {
    "confirm": "yes",
    "version": "v",
    "upload_id": "u",
    "part_number": 1,
    "size": 1,
    "overwrite": "on",
    "region": "us-east-1",
    "kind": "standard",
    "dead_letter": "existing",
    "max_receive_count": 3,
    "delay": 0,
    "wait": 0,
    "visibility_timeout": 30,
    "rate": 1,
    "retention": 60,
    "largest": 1024,
    "body": "x",
    "message": "all",
    "look": "x",
    "count": 1,
    "metadata": "",
    "tags": "",
    "expires_in": 3600,
    "storage_class": "STANDARD",
    "stop": "yes",
    "seen": "x",
}


def fields(value: str) -> dict[str, Any]:
    """Every name under which pages are told what to do, each saying the same."""
    return {
        **dict.fromkeys(NAMED, value),
        **{name: [pack(value)] for name in PACKED},
        **{name: [value] for name in LISTS},
        **OTHERS,
        "typed_name": value,
    }


def visits(client: Client, url: str, query: dict[str, Any], body: dict[str, Any]) -> Iterator[Any]:
    """One address by every method, with what is in the query and in each kind of body."""
    there = f"{url}?{urlencode(query, doseq=True)}"
    yield client.get(there)
    for posted in (body, {name: value for name, value in body.items() if name != "confirm"}):
        yield client.post(there, posted)
    yield client.post(there, json.dumps(body), content_type="application/json")
    yield client.put(there, json.dumps(body), content_type="application/json")
    yield client.delete(there)


CLOSED = {403, 404, 405}


def is_closed(answer: Any) -> bool:
    # A short address leads to the page, which is then asked itself.
    return answer.status_code in CLOSED or (
        answer.status_code == 302 and answer["Location"].endswith("/change/")
    )


NAMES = {"bucket": "media", "queue": "us-east-1/orders"}


@pytest.mark.parametrize("route", [*OF_BUCKETS, *OF_QUEUES, *OF_ALL])
@pytest.mark.parametrize("why", ["no permission", "no rule", "a rule for others", "anonymous"])
def test_without_access_no_page_answers(
    route: str, why: str, store: Store, settings: Settings, member: Any, staff: Any
) -> None:
    client = staff() if why == "no permission" else member()
    if why == "anonymous":
        client = Client()
    elif why == "no rule":
        limit(settings)
    elif why == "a rule for others":
        other = {"groups": ["Others"], "buckets": ["*"], "queues": ["*"]}
        limit(settings, other)
    name = NAMES["queue" if "/queue/" in route else "bucket"]
    for query in ({}, fields("exports/a")) if why == "no rule" else ({},):
        for answer in visits(client, address(route, name), query, fields("exports/a")):
            if why == "anonymous":
                assert answer.status_code == 302
                assert "/login/" in answer["Location"]
            else:
                assert is_closed(answer), (answer.status_code, answer.content[:300])
    assert store.asked == []
    assert not LogEntry.objects.exists()


@pytest.mark.parametrize("route", [*OF_BUCKETS, *OF_QUEUES])
def test_beside_what_is_open_no_page_answers(
    route: str, store: Store, settings: Settings, member: Any
) -> None:
    limit(settings, {"buckets": ["media"], "queues": ["orders"]})
    client = member()
    name = "us-east-1/forbidden-q" if "/queue/" in route else "forbidden"
    for query in ({}, fields("a")):
        for answer in visits(client, address(route, name), query, fields("a")):
            assert is_closed(answer)
    assert store.asked == []
    assert not LogEntry.objects.exists()


def is_inside(key: str) -> bool:
    return key.startswith(OPEN) and not {".", ".."} & set(key.split("/"))


def leaves_the_folder(asked: Asked) -> bool:
    """Whether a request to S3 is about anything outside of the folder that is open."""
    bucket, _, key = unquote(asked.path).removeprefix("/").partition("/")
    if bucket != "media":
        return True
    named = re.findall("<Key>(.*?)</Key>", asked.body.decode(errors="replace"))
    if key or "prefix" in asked.query or "versions" in asked.query or "list-type" in asked.query:
        named.append(key or asked.query.get("prefix", ""))
    return not all(is_inside(name) for name in named)


def names_hidden_queue(asked: Asked) -> bool:
    """Whether a request to SQS is about a queue that is hidden; a listing is of all of them."""
    return asked.action != "ListQueues" and HIDDEN in asked.body.decode(errors="replace")


def wholes(good: str, bad: str) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Queries and bodies, one of which is open."""
    yield fields(bad), fields(bad)
    yield fields(good), fields(bad)
    yield fields(bad), fields(good)
    yield {}, fields(bad)
    for name in ("key", "prefix"):
        yield {f"{name}_b64": in_base64(bad)}, fields(good)


def mixtures(good: str, bad: str) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """The same, and those in which one thing is hidden among others that are open."""
    yield from wholes(good, bad)
    for name, value in fields(bad).items():
        if name not in (*NAMED, *PACKED, *LISTS):
            continue
        yield fields(good) | {name: value}, fields(good)
        yield fields(good), fields(good) | {name: value}
        if isinstance(value, list):
            yield fields(good), fields(good) | {name: [*fields(good)[name], *value]}


class Tries:
    """Requests to one page, none of which is made twice."""

    def __init__(self, client: Client, url: str) -> None:
        self._client = client
        self._url = url
        self._got: dict[str, int] = {}

    def __call__(self, query: dict[str, Any], body: dict[str, Any]) -> Iterator[Any]:
        there = f"{self._url}?{urlencode(query, doseq=True)}"
        yield self._client.post(there, body)
        if there not in self._got:
            answer = self._client.get(there)
            self._got[there] = answer.status_code
            yield answer
        if self._got[there] == 405:
            yield self._client.post(there, json.dumps(body), content_type="application/json")


def in_base64(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode()


@pytest.mark.parametrize("route", OF_BUCKETS)
@pytest.mark.parametrize("bad", ["forbidden/a", "exports/../forbidden/a"])
def test_beside_an_open_folder_nothing_is_asked_for(
    route: str, bad: str, store: Store, settings: Settings, member: Any
) -> None:
    limit(settings, {"buckets": [f"media/{OPEN}"]})
    tries = Tries(member(), address(route, "media"))
    for query, body in (mixtures if bad.startswith(HIDDEN) else wholes)("exports/a", bad):
        for answer in tries(query, body):
            assert answer.status_code < 500 or answer.status_code == 502
        assert not [asked for asked in store.asked if leaves_the_folder(asked)], (query, body)
        store.asked.clear()
    assert not LogEntry.objects.filter(object_id__contains=HIDDEN).exists()


@pytest.mark.parametrize("route", OF_BUCKETS)
def test_the_whole_bucket_is_not_asked_for_by_who_sees_a_folder(
    route: str, store: Store, settings: Settings, member: Any
) -> None:
    limit(settings, {"buckets": [f"media/{OPEN}"]})
    client = member()
    for empty in ({}, {"prefix": "", "key": ""}, {"prefix": "e"}, {"select_folder": "e"}):
        for answer in visits(client, address(route, "media"), empty, {"confirm": "yes", **empty}):
            assert answer.status_code < 500
    assert store.asked == []
    assert not LogEntry.objects.exists()


@pytest.mark.parametrize("route", OF_QUEUES)
def test_beside_an_open_queue_nothing_is_asked_for(
    route: str, store: Store, settings: Settings, member: Any
) -> None:
    limit(settings, {"queues": ["orders"]})
    tries = Tries(member(), address(route, "us-east-1/orders"))
    for query, body in mixtures("orders", "forbidden-q"):
        for answer in tries(query, body):
            assert answer.status_code < 500 or answer.status_code == 502
        assert not [asked for asked in store.asked if names_hidden_queue(asked)], (query, body)
        store.asked.clear()
    assert not LogEntry.objects.filter(object_id__contains=HIDDEN).exists()


@pytest.mark.parametrize("route", OF_ALL)
def test_pages_of_all_have_only_what_is_open(
    route: str, store: Store, settings: Settings, member: Any
) -> None:
    limit(settings, {"buckets": ["media"], "queues": ["orders"]})
    client = member()
    for bad in (HIDDEN, f"s3://{HIDDEN}/a", f"us-east-1/{HIDDEN}-q", f"{HIDDEN}-q"):
        for answer in visits(client, address(route, ""), {"o": "-backlog"}, fields(bad)):
            assert answer.status_code < 500 or answer.status_code == 502
        for answer in visits(client, address(route, ""), {"address": bad, "figures": ""}, {}):
            if answer.status_code == 200:
                assert HIDDEN not in answer.content.decode().replace(bad, "")
        for asked in store.asked:
            assert not names_hidden_queue(asked)
            assert asked.action or asked.path == "/", asked
        store.asked.clear()
    assert not LogEntry.objects.exists()


def test_what_is_open_is_open(store: Store, settings: Settings, member: Any) -> None:
    limit(settings, {"buckets": [f"media/{OPEN}"], "queues": ["orders"]})
    client = member()
    bucket = "/admin/philo_aws/bucket/media/"
    listed = client.get("/admin/philo_aws/bucket/").content.decode()
    assert "media" in listed
    assert HIDDEN not in listed
    assert f"{bucket}history/" not in listed
    top = client.get(f"{bucket}change/").content.decode()
    assert f"{bucket}change/?prefix=exports%2F" in top
    assert f"{bucket}upload/" not in top
    asked = len(store.asked)
    folder = client.get(f"{bucket}change/?prefix=exports/").content.decode()
    assert len(store.asked) == asked + 1
    assert f"{bucket}object/?key=exports%2Fa" in folder
    assert f"{bucket}upload/?prefix=exports%2F" in folder
    assert client.get(f"{bucket}download/?key=exports/a").status_code == 302
    assert client.get("/admin/philo_aws/queue/us-east-1_2Forders/change/").status_code == 200
    queues = client.get("/admin/philo_aws/queue/").content.decode()
    assert "us-east-1_2Forders" in queues
    assert HIDDEN not in queues


def test_the_way_to_a_folder_is_shown_step_by_step(
    store: Store, settings: Settings, member: Any
) -> None:
    limit(settings, {"buckets": ["media/a/b/c/", "media/a/d/", "media/e/"]})
    client = member()
    page = "/admin/philo_aws/bucket/media/change/"
    for prefix, ways in (("", ["a/", "e/"]), ("a/", ["a/b/", "a/d/"]), ("a/b/", ["a/b/c/"])):
        text = client.get(page, {"prefix": prefix}).content.decode()
        links = [way for way in ways if f'?prefix={way.replace("/", "%2F")}"' in text]
        assert links == ways
    assert store.asked == []
    assert client.get(page, {"prefix": "b/"}).status_code == 403
    searched = client.get(page, {"q": "e"}).content.decode()
    assert "?prefix=e%2F" in searched
    assert "?prefix=a%2F" not in searched


def test_groups_are_asked_for_once(store: Store, settings: Settings, member: Any) -> None:
    limit(settings, {"buckets": ["media-*"]}, {"buckets": ["other"], "queues": ["*"]})
    client = member()
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    every = all_buckets(*(f"media-{number}" for number in range(300)))
    store.answer = lambda asked: Answer(200, every)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        text = client.get("/admin/philo_aws/bucket/").content.decode()
    assert text.count("/change/") >= 300
    of_groups = [query for query in queries if "auth_user_groups" in query["sql"]]
    # One for the rules, and Django's own for the permissions that groups give.
    assert len([query for query in of_groups if "auth_permission" not in query["sql"]]) == 1
    assert len(queries) <= 6


def test_an_index_without_access_has_no_row_of_ours(
    store: Store, settings: Settings, member: Any
) -> None:
    limit(settings, {"queues": ["orders"]})
    text = member().get("/admin/").content.decode()
    assert "/admin/philo_aws/queue/" in text
    assert "/admin/philo_aws/bucket/" not in text


def test_a_superuser_needs_no_rule(store: Store, settings: Settings, admin_client: Client) -> None:
    limit(settings)
    assert admin_client.get("/admin/philo_aws/bucket/media/change/").status_code == 200
    assert admin_client.get("/admin/philo_aws/queue/us-east-1_2Forders/change/").status_code == 200


def test_a_rule_gives_no_permission(store: Store, settings: Settings, staff: Any) -> None:
    settings.AWS = settings.AWS | {"access": [{"groups": ["*"], "buckets": ["*"]}]}
    client = staff("view_bucket", "list_objects")
    page = "/admin/philo_aws/bucket/media/"
    assert client.get(f"{page}change/").status_code == 200
    assert client.get(f"{page}download/?key=a").status_code == 403


def test_the_actions_of_a_rule_are_all_there_are(
    store: Store, settings: Settings, member: Any
) -> None:
    limit(settings, {"buckets": ["media"], "actions": ["list_objects"]})
    client = member()
    page = "/admin/philo_aws/bucket/media/"
    assert client.get(f"{page}change/").status_code == 200
    for closed in ("download/?key=a", "upload/", "delete/", "history/", "delete-objects/?key=a"):
        assert client.get(page + closed).status_code == 403, closed
    assert client.get("/admin/philo_aws/bucket/").status_code == 403


@pytest.mark.parametrize("page", ["copy", "move"])
@pytest.mark.parametrize(
    ("bucket", "key", "status"),
    [
        ("media", "in/b", 200),
        ("media", "exports/b", 403),
        ("media", "in/../b", 403),
        ("media", "b", 403),
        ("other", "in/b", 403),
    ],
)
def test_a_copy_needs_the_upload_where_it_goes(
    page: str, bucket: str, key: str, status: int, store: Store, settings: Settings, member: Any
) -> None:
    look = ["view_bucket", "list_objects", "copy_object", "delete_object"]
    limit(
        settings,
        {"buckets": ["media/exports/"], "actions": look},
        {"buckets": ["media/in/"], "actions": ["upload_object"]},
    )
    data = {"select_key": "exports/a", "bucket": bucket, "key": key, "confirm": "yes"}
    answer = member().post(f"/admin/philo_aws/bucket/media/{page}/", data)
    assert answer.status_code in ({200, 302} if status == 200 else {403})
    assert bool(store.asked) is (status == 200)


def test_a_copy_that_was_begun_is_of_its_page_and_person(
    store: Store, settings: Settings, member: Any, admin_client: Client
) -> None:
    import dataclasses

    from philo_aws.admin.buckets.stepwise_copies import SALT
    from philo_aws.s3.objects.partcopy import PartCopy

    def signed(salt: str, source: str = "exports/a") -> str:
        values = {field.name: "" for field in dataclasses.fields(PartCopy)}
        names = {"source_bucket": "media", "source_key": source, "bucket": "media"}
        return signing.dumps(values | names | {"key": "exports/b", "size": 1}, salt=salt)

    limit(settings, {"buckets": [f"media/{OPEN}"]})
    client = member()
    user = User.objects.get(username="member")
    page = "/admin/philo_aws/bucket/media/copy/"
    route = "<str:object_id>/copy/"
    data = {"select_key": "exports/a", "bucket": "media", "key": "exports/b", "stop": "yes"}
    for salt in (SALT, f"{SALT}:{route}:0", f"{SALT}:<str:object_id>/move/:{user.pk}"):
        assert client.post(page, data | {"part": signed(salt)}).status_code == 400
    good = f"{SALT}:{route}:{user.pk}"
    hidden = data | {"part": signed(good, "forbidden/a")}
    assert client.post(page, hidden).status_code == 403
    assert store.asked == []
    assert client.post(page, data | {"part": signed(good)}).status_code in (200, 302)
    assert store.asked


def test_a_rule_that_went_ends_a_job(store: Store, settings: Settings, member: Any) -> None:
    limit(settings, {"buckets": [f"media/{OPEN}"]})
    client = member()
    page = "/admin/philo_aws/bucket/media/delete-objects/"
    step = {
        "select_folder": pack(OPEN),
        "confirm": "yes",
        "done": "1000",
        "after": pack("exports/a"),
    }
    assert client.post(page, step).status_code in (200, 302)
    limit(settings)
    store.asked.clear()
    assert client.post(page, step).status_code == 403
    assert store.asked == []


class Strict(BucketAdmin):
    """A site's own rule, by code."""

    def has_bucket_permission(
        self, request: Any, bucket: str, action: str, *, key: str | None = ""
    ) -> bool:
        asked.append((bucket, action, key))
        allowed = super().has_bucket_permission(request, bucket, action, key=key)
        return allowed and (key is None or key.startswith(OPEN))

    def get_prefixes(self, request: Any, bucket: str) -> list[str]:
        return [OPEN]


asked: list[tuple[str, str, str | None]] = []
strict = admin.AdminSite(name="strict")
strict.register(Bucket, Strict)


@pytest.mark.parametrize("route", [str(url.pattern) for url in Strict(Bucket, strict).get_urls()])
def test_a_site_decides_by_code(
    route: str, store: Store, settings: Settings, admin_client: Client
) -> None:
    from django.urls import path

    settings.ROOT_URLCONF = (path("strict/", strict.urls),)
    asked.clear()
    tries = Tries(admin_client, address(f"strict/philo_aws/bucket/{route}", "media"))
    for query, body in wholes("exports/a", "forbidden/a"):
        for answer in tries(query, body):
            assert answer.status_code < 500 or answer.status_code == 502
        assert not [each for each in store.asked if each.path != "/" and leaves_the_folder(each)]
        store.asked.clear()
    if "object_id" in route and not route.endswith("object_id>/"):
        assert asked
