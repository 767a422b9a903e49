"""Each page for each person by GET and POST, CSRF, and an AWS that is dead, denied or hostile."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from philo_aws.admin import BucketAdmin
from tests.servers import LocalAWS

pytestmark = pytest.mark.aws_servers("ministack")

QUERY = {"key": "a", "select_key": "a", "version": "v"}
VIEWS = sorted(BucketAdmin.views.items())
WRITES = [name for name, view in VIEWS if hasattr(view, "perform") and name != "zip"]


def codenames(view: Any) -> Any:
    suffix = {"view": "view_bucket", "add": "add_bucket", "delete": "delete_bucket"}
    return [suffix.get(name, name) for name in view.permissions]


def path_of(view: Any, bucket: str) -> Any:
    return "/admin/philo_aws/bucket/" + view.route.replace("<str:object_id>", bucket)


def ask(client: Client, view: Any, bucket: str, method: str) -> Any:
    path = path_of(view, bucket)
    if method == "get":
        return client.get(path, QUERY)
    query = "&".join(f"{name}={value}" for name, value in QUERY.items())
    return client.post(f"{path}?{query}", {"select_key": "a"})


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize(("name", "view"), VIEWS)
def test_who_is_not_logged_in_is_sent_to_the_login(
    db: None, name: str, view: Any, method: str
) -> None:
    response = ask(Client(), view, "some-bucket", method)
    assert response.status_code == 302
    assert response.headers["Location"].startswith("/admin/login/")


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize(("name", "view"), VIEWS)
def test_staff_need_every_permission_of_a_page(
    aws: LocalAWS, bucket: str, staff: Callable[..., Client], name: str, view: Any, method: str
) -> None:
    assert ask(staff(), view, bucket, method).status_code == 403
    needed = codenames(view)
    everything = {
        permission
        for _, other in VIEWS
        for permission in codenames(other)
        if permission not in needed
    }
    for lacking in needed:
        client = staff(*everything, *(set(needed) - {lacking}))
        assert ask(client, view, bucket, method).status_code == 403, lacking


@pytest.mark.parametrize(("name", "view"), VIEWS)
def test_staff_with_the_permission_are_let_in(
    aws: LocalAWS, bucket: str, staff: Callable[..., Client], name: str, view: Any
) -> None:
    aws.client("s3").put_object(Bucket=bucket, Key="a", Body=b"x")
    response = ask(staff(*codenames(view)), view, bucket, "get")
    assert response.status_code in (200, 302, 405) or name == "preview"


@pytest.mark.parametrize("name", WRITES)
def test_a_write_needs_the_token_of_the_form(
    aws: LocalAWS, bucket: str, admin_user: Any, name: str
) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(admin_user)
    assert ask(client, BucketAdmin.views[name], bucket, "post").status_code == 403


@pytest.mark.parametrize("name", WRITES)
def test_looking_at_a_write_changes_nothing(
    aws: LocalAWS, bucket: str, admin_client: Client, name: str
) -> None:
    s3 = aws.client("s3")
    s3.put_object(Bucket=bucket, Key="a", Body=b"x", Metadata={"k": "v"})
    before = s3.head_object(Bucket=bucket, Key="a")
    ask(admin_client, BucketAdmin.views[name], bucket, "get")
    ask(admin_client, BucketAdmin.views[name], bucket, "post")
    after = s3.head_object(Bucket=bucket, Key="a")
    assert after["LastModified"] == before["LastModified"]
    assert after["Metadata"] == {"k": "v"}
    assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 1


@pytest.fixture
def silent() -> Iterator[str]:
    """The address of a server that takes every connection and never says a word."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as server:
        server.settimeout(0.1)
        taken: list[socket.socket] = []
        done = threading.Event()

        def take() -> None:
            while not done.is_set():
                try:
                    taken.append(server.accept()[0])
                except TimeoutError:
                    continue

        thread = threading.Thread(target=take)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
        done.set()
        thread.join()
        for connection in taken:
            connection.close()


PAGES = [(name, view) for name, view in VIEWS if not name.startswith("upload_")]


@pytest.mark.parametrize(("name", "view"), PAGES)
@pytest.mark.parametrize("endpoint", ["http://127.0.0.1:9", "silent"])
def test_a_dead_aws_gives_a_message_in_time(
    admin_client: Client,
    settings: Settings,
    request: pytest.FixtureRequest,
    name: str,
    view: Any,
    endpoint: str,
) -> None:
    if endpoint == "silent":
        endpoint = request.getfixturevalue("silent")
    settings.AWS = {
        "credentials": {"aws_access_key_id": "test", "aws_secret_access_key": "very-secret-key"},
        "region": "us-east-1",
        "endpoint_url": endpoint,
        "timeouts": {"web": {"connect": 0.3, "read": 0.3, "max_attempts": 1}},
    }
    for method in ("get", "post"):
        started = time.monotonic()
        response = ask(admin_client, view, "some-bucket", method)
        assert time.monotonic() - started < 5
        assert response.status_code in ((502, 405) if view.answers_json else (200, 302, 405))
        if not response.streaming:
            assert "very-secret-key" not in response.content.decode()
            assert "Traceback" not in response.content.decode()


def test_the_waits_of_a_page_end_within_15_seconds() -> None:
    """What botocore waits at most with the defaults: attempts, and the pauses between them."""
    from philo_aws.conf import Timeouts

    web = Timeouts().web
    assert web.max_attempts is not None
    longest = web.max_attempts * max(web.connect, web.read)
    pauses = sum(2**attempt for attempt in range(web.max_attempts - 1))
    assert longest + pauses <= 15


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("denied", "denied access"),
        ("unknown", "does not know this access key id"),
    ],
)
def test_refused_credentials_give_a_message(
    signed_aws: LocalAWS,
    admin_client: Client,
    settings: Settings,
    kind: str,
    words: str,
    text_of: Callable[[Any], str],
) -> None:
    bucket = signed_aws.make_bucket()
    keys = (
        signed_aws.make_user("sqs:*")
        if kind == "denied"
        else {
            "aws_access_key_id": "AKIAIOSFODNN7EXAMPLE",
            "aws_secret_access_key": "no-such-secret",
        }
    )
    settings.AWS = {**signed_aws.settings, "credentials": keys}
    response = admin_client.get(f"/admin/philo_aws/bucket/{bucket}/change/")
    assert response.status_code == 200
    assert words in text_of(response)
    assert "no-such-secret" not in response.content.decode()


def test_the_words_of_aws_are_escaped(
    admin_client: Client,
    settings: Settings,
    aws: LocalAWS,
    bucket: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # No local server can be made to answer with markup in its error.
    from philo_aws.admin.buckets import folder
    from philo_aws.exceptions import ServiceError

    def refuse(*args: Any, **kwargs: Any) -> None:
        raise ServiceError("<script>alert(1)</script>\u202e", code="<b>", request_id="<i>")

    monkeypatch.setattr(folder, "list_page", refuse)
    body = admin_client.get(f"/admin/philo_aws/bucket/{bucket}/change/").content.decode()
    assert "<script>alert" not in body
    assert "<b>" not in body
    assert "\u202e" not in body
    assert "&lt;script&gt;alert(1)&lt;/script&gt;\\u202e" in body
