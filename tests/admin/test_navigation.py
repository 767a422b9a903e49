"""The buttons of all pages, which each page declares for itself: where, as what, for whom."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, get_args

import pytest
from django.contrib.admin import AdminSite
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.test import RequestFactory
from django.urls import path

from philo_aws.admin import BucketAdmin, QueueAdmin
from philo_aws.admin.base import Button, Place
from philo_aws.admin.buckets.base import BucketView
from philo_aws.admin.buckets.rows import RowMenu
from philo_aws.admin.queues.sources import Sources
from philo_aws.exceptions import AWSError, UsageError
from philo_aws.models import Bucket, Queue

BUCKET = "/admin/philo_aws/bucket/b/"
QUEUE = "/admin/philo_aws/queue/us-east-1_2Fq/"
DEEP = [
    ("Upload", "primary", f"{BUCKET}upload/?prefix=d%2F"),
    ("Create folder", "", f"{BUCKET}folder/?prefix=d%2F"),
    ("Usage", "", f"{BUCKET}usage/?prefix=d%2F"),
    ("Deleted objects", "", f"{BUCKET}deleted/?prefix=d%2F"),
    ("Unfinished uploads", "", f"{BUCKET}unfinished/?prefix=d%2F"),
    ("Download as zip", "", f"{BUCKET}zip/?select_folder=d%2F"),
    ("Rename folder", "", f"{BUCKET}rename/?select_folder=d%2F"),
    ("History", "", f"{BUCKET}history/"),
    ("Delete folder", "danger", f"{BUCKET}delete-objects/?select_folder=d%2F"),
]
# What a page has, by the name of the page and its query.
BUCKETS: list[tuple[str, dict[str, str], list[tuple[str, str, str]]]] = [
    ("changelist", {}, [("Create bucket", "primary", "/admin/philo_aws/bucket/add/")]),
    (
        "change",
        {},
        [
            ("Upload", "primary", f"{BUCKET}upload/"),
            ("Create folder", "", f"{BUCKET}folder/"),
            ("Usage", "", f"{BUCKET}usage/"),
            ("Deleted objects", "", f"{BUCKET}deleted/"),
            ("Unfinished uploads", "", f"{BUCKET}unfinished/"),
            ("Settings", "", f"{BUCKET}settings/"),
            ("History", "", f"{BUCKET}history/"),
            ("Empty bucket", "danger", f"{BUCKET}empty/"),
            ("Delete bucket", "danger", f"{BUCKET}delete/"),
        ],
    ),
    ("change", {"prefix": "d/"}, DEEP),
    (
        "change",
        {"prefix": "x/d/"},
        [
            ("Upload", "primary", f"{BUCKET}upload/?prefix=x%2Fd%2F"),
            ("Create folder", "", f"{BUCKET}folder/?prefix=x%2Fd%2F"),
            ("Usage", "", f"{BUCKET}usage/?prefix=x%2Fd%2F"),
            ("Deleted objects", "", f"{BUCKET}deleted/?prefix=x%2Fd%2F"),
            ("Unfinished uploads", "", f"{BUCKET}unfinished/?prefix=x%2Fd%2F"),
            ("Download as zip", "", f"{BUCKET}zip/?prefix=x%2F&select_folder=x%2Fd%2F"),
            ("Rename folder", "", f"{BUCKET}rename/?prefix=x%2F&select_folder=x%2Fd%2F"),
            ("History", "", f"{BUCKET}history/"),
            (
                "Delete folder",
                "danger",
                f"{BUCKET}delete-objects/?prefix=x%2F&select_folder=x%2Fd%2F",
            ),
        ],
    ),
    # The beginning of a name is looked for in its folder, and is no folder itself.
    ("change", {"prefix": "d/e"}, DEEP),
    (
        "change",
        {"prefix": "e"},
        [
            ("Upload", "primary", f"{BUCKET}upload/"),
            ("Create folder", "", f"{BUCKET}folder/"),
            ("Usage", "", f"{BUCKET}usage/"),
            ("Deleted objects", "", f"{BUCKET}deleted/"),
            ("Unfinished uploads", "", f"{BUCKET}unfinished/"),
            ("History", "", f"{BUCKET}history/"),
        ],
    ),
    (
        "deleted",
        {"prefix": "d/"},
        [("As it was at a time", "", f"{BUCKET}rewind/?prefix=d%2F")],
    ),
    (
        "object",
        {"key": "d/a"},
        [
            ("Download", "primary", f"{BUCKET}download/?key=d%2Fa"),
            ("Share", "", f"{BUCKET}share/?key=d%2Fa"),
            ("Rename", "", f"{BUCKET}rename/?key=d%2Fa"),
            ("Copy", "", f"{BUCKET}copy/?key=d%2Fa"),
            ("Move", "", f"{BUCKET}move/?key=d%2Fa"),
            ("Edit properties", "", f"{BUCKET}metadata/?key=d%2Fa"),
            ("Edit tags", "", f"{BUCKET}tags/?key=d%2Fa"),
            ("Delete", "danger", f"{BUCKET}delete-objects/?key=d%2Fa"),
        ],
    ),
    (
        "object",
        {"key": "a", "version": "v"},
        [
            ("Download", "primary", f"{BUCKET}download/?key=a&version=v"),
            ("Share", "", f"{BUCKET}share/?key=a&version=v"),
            ("Restore this version", "", f"{BUCKET}restore/?key=a&version=v"),
            ("Delete this version", "danger", f"{BUCKET}delete-version/?key=a&version=v"),
        ],
    ),
]
ALONE = [
    ("Send message", "primary", f"{QUEUE}send/"),
    ("Peek", "", f"{QUEUE}peek/"),
    ("Edit", "", f"{QUEUE}attributes/"),
    ("History", "", f"{QUEUE}history/"),
    ("Purge", "danger", f"{QUEUE}purge/"),
    ("Delete", "danger", f"{QUEUE}delete/"),
]
TARGET = [*ALONE[:2], ("Redrive", "", f"{QUEUE}redrive/"), *ALONE[2:]]

Opened = Callable[..., Any]


@pytest.fixture
def opened(admin_user: Any, rf: RequestFactory) -> Opened:
    """A page as a superuser, or ``user``, opens it; nothing is asked of AWS for that."""

    def make(site_admin: Any, name: str, query: dict[str, str], user: Any = admin_user) -> Any:
        request: HttpRequest = rf.get("/", query)
        request.user = user
        view = site_admin.get_views()[name](model_admin=site_admin)
        about = {"object_id": "us-east-1_2Fq" if isinstance(site_admin, QueueAdmin) else "b"}
        view.setup(request, **(about if "<" in view.route else {}))
        return view

    return make


def shown(tools: Any) -> list[tuple[str, str, str]]:
    return [(str(tool.label), tool.kind, tool.url) for tool in tools]


@pytest.mark.parametrize(("name", "query", "wanted"), BUCKETS)
def test_the_buttons_about_buckets(
    opened: Opened, name: str, query: dict[str, str], wanted: list[tuple[str, str, str]]
) -> None:
    view = opened(BucketAdmin(Bucket, AdminSite()), name, query)
    assert shown(view.get_tools()) == wanted


def test_the_buttons_about_what_was_ticked(opened: Opened) -> None:
    view = opened(BucketAdmin(Bucket, AdminSite()), "change", {"prefix": "d/"})
    actions = [(str(each["label"]), each["url"]) for each in view.get_actions()]
    assert actions == [
        ("Download as zip", f"{BUCKET}zip/?prefix=d%2F"),
        ("Copy", f"{BUCKET}copy/?prefix=d%2F"),
        ("Move", f"{BUCKET}move/?prefix=d%2F"),
        ("Delete", f"{BUCKET}delete-objects/?prefix=d%2F"),
    ]


def test_the_buttons_of_a_row(opened: Opened) -> None:
    view = opened(BucketAdmin(Bucket, AdminSite()), "change", {"prefix": "d/"})
    assert shown(RowMenu(view, "object_row").of(key="d/a")) == [
        ("Download", "primary", f"{BUCKET}download/?key=d%2Fa"),
        ("Share", "", f"{BUCKET}share/?key=d%2Fa"),
        ("Rename", "", f"{BUCKET}rename/?key=d%2Fa"),
        ("Copy", "", f"{BUCKET}copy/?key=d%2Fa"),
        ("Move", "", f"{BUCKET}move/?key=d%2Fa"),
        ("Delete", "danger", f"{BUCKET}delete-objects/?key=d%2Fa"),
    ]
    menu = RowMenu(view, "folder_row").of(prefix="d/", select_folder="d/e/")
    assert [str(tool.label) for tool in menu] == [
        "Rename",
        "Copy",
        "Move",
        "Download as zip",
        "Delete",
    ]
    assert menu[0].url == f"{BUCKET}rename/?prefix=d%2F&select_folder=d%2Fe%2F"


def test_the_buttons_about_queues(opened: Opened) -> None:
    queues = QueueAdmin(Queue, AdminSite())
    add = ("Create queue", "primary", "/admin/philo_aws/queue/add/")
    assert shown(opened(queues, "changelist", {}).get_tools()) == [add]
    view = opened(queues, "change", {})
    assert shown(view.get_tools()) == ALONE
    for sources in (
        Sources(queues=[view.queue]),
        Sources(error=AWSError("No.")),
        Sources(partial=True),
    ):
        view.sources = sources
        assert shown(view.get_tools()) == TARGET
    redrive = opened(queues, "redrive", {})
    cancel = ("Cancel the redrive", "danger", f"{QUEUE}redrive/cancel/")
    assert shown(redrive.running_tools) == [cancel]


def test_nobody_has_the_button_of_a_page_that_is_closed(opened: Opened) -> None:
    buckets, queues = BucketAdmin(Bucket, AdminSite()), QueueAdmin(Queue, AdminSite())
    for name, query, _ in BUCKETS:
        assert shown(opened(buckets, name, query, AnonymousUser()).get_tools()) == []
    for name in ("changelist", "change"):
        assert shown(opened(queues, name, {}, AnonymousUser()).get_tools()) == []


class FreezeView(BucketView):
    """A page of a site's own."""

    route = "<str:object_id>/freeze/"
    permissions = ("delete_object",)
    title = "Freeze"
    buttons = (
        Button(at=("bucket",), order=85, kind="danger"),
        Button(at=("selection",), order=5, label="Freeze these"),
    )


class FreezingAdmin(BucketAdmin):
    views = {**BucketAdmin.views, "freeze": FreezeView}


freezing = AdminSite(name="freezing")
freezing.register(Bucket, FreezingAdmin)
urlpatterns = [path("freezing/", freezing.urls)]


@pytest.mark.urls(__name__)
@pytest.mark.filterwarnings("ignore:.*urls.W005")
def test_a_new_page_has_its_buttons_where_it_says(opened: Opened) -> None:
    site_admin = freezing.get_model_admin(Bucket)
    labels = [str(tool.label) for tool in opened(site_admin, "change", {}).get_tools()]
    assert labels[-4:] == ["History", "Freeze", "Empty bucket", "Delete bucket"]
    view = opened(site_admin, "change", {"prefix": "d/"})
    assert "Freeze" not in [str(tool.label) for tool in view.get_tools()]
    first = view.get_actions()[0]
    assert (first["label"], first["url"]) == (
        "Freeze these",
        "/freezing/philo_aws/bucket/b/freeze/?prefix=d%2F",
    )


def test_every_place_has_a_button() -> None:
    declared = {
        place
        for each in (BucketAdmin, QueueAdmin)
        for view in each.views.values()
        for button in view.buttons
        for place in button.at
    }
    assert declared == set(get_args(Place))


def test_a_place_that_is_misspelt_is_refused() -> None:
    misspelt: Any = "objekt"
    with pytest.raises(UsageError, match="Did you mean 'object'"):
        Button(at=(misspelt,), order=1)
