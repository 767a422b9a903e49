"""More than Django takes, or JSON that is none: an answer in the admin's own words."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client, RequestFactory
from pytest_django import Settings

from philo_aws.admin.posted import most_ticked, read_json
from philo_aws.exceptions import InvalidRequestError
from tests.admin.stores import Store, refusal, serving

BUCKET = "/admin/philo_aws/bucket/some-bucket/"
QUEUE = "/admin/philo_aws/queue/us-east-1_2Forders/"


@pytest.fixture
def store(settings: Settings) -> Iterator[Store]:
    with serving(lambda asked: refusal(asked, "AccessDenied", 403)) as running:
        settings.AWS = running.settings()
        yield running


def assert_own_page(response: Any, sentence: str) -> None:
    assert response.status_code == 400
    body = response.content.decode()
    assert sentence in body
    assert 'id="content-main"' in body


def test_too_many_fields(store: Store, admin_client: Client) -> None:
    data = {"select_key": [str(number) for number in range(1001)], "confirm": "yes"}
    for page in ("delete-objects", "copy", "move", "zip"):
        response = admin_client.post(f"{BUCKET}{page}/", data)
        assert_own_page(response, "1,000 fields of a form")
    assert store.asked == []


def test_too_much_text(store: Store, admin_client: Client) -> None:
    data = {"body": "x" * 2_700_000, "confirm": "yes"}
    assert_own_page(admin_client.post(f"{QUEUE}send/", data), "takes at once: 2.5")
    assert store.asked == []


def test_too_many_files(store: Store, admin_client: Client, settings: Settings) -> None:
    settings.DATA_UPLOAD_MAX_NUMBER_FILES = 3
    files = [SimpleUploadedFile(f"{number}", b"x") for number in range(4)]
    response = admin_client.post(f"{BUCKET}upload/", {"files": files, "confirm": "yes"})
    assert_own_page(response, "3 files")
    assert store.asked == []


def test_it_says_nothing_to_who_may_not_see_the_page(
    store: Store, staff: Callable[..., Client]
) -> None:
    data = {"select_key": [str(number) for number in range(1001)]}
    assert staff().post(f"{BUCKET}delete-objects/", data).status_code == 403
    assert Client().post(f"{BUCKET}delete-objects/", data).status_code == 302


def test_the_token_of_the_form_is_still_needed(store: Store, admin_user: Any) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(admin_user)
    for path in (f"{BUCKET}delete-objects/", f"{BUCKET}upload/begin/", f"{QUEUE}purge/"):
        assert client.post(path, {"select_key": "a", "confirm": "yes"}).status_code == 403
    assert store.asked == []
    client.get(f"{BUCKET}delete-objects/?select_key=a")
    token = client.cookies["csrftoken"].value
    response = client.post(
        f"{BUCKET}delete-objects/", {"select_key": "a", "csrfmiddlewaretoken": token}
    )
    assert response.status_code == 200


@pytest.mark.parametrize(
    ("limit", "wanted", "rows"),
    [(1000, 100, 100), (1000, 1000, 980), (None, 1000, 1000), (5, 9, 1)],
)
def test_a_page_has_no_more_rows_than_can_be_ticked(
    settings: Settings, limit: int | None, wanted: int, rows: int
) -> None:
    settings.DATA_UPLOAD_MAX_NUMBER_FIELDS = limit
    assert most_ticked(wanted) == rows


@pytest.mark.parametrize(
    "body",
    [
        '{"key": "a", "size": 1, "upload_id": "\\ud800", "queues": []}',
        *(
            "",
            "x",
            "[" * 16_000,
            "[]",
            "1",
            "null",
            '"a"',
            '{"key": "\\ud800"}',
            "\x00",
            "{" * 9000,
        ),
        *(
            '{"a":' * 3000,
            '{"key": ' + "9" * 10_000 + "}",
            '{"key"',
            b"\xff\xfe{",
            b"{\xed\xa0\x80}",
        ),
    ],
)
@pytest.mark.parametrize(
    "path", [f"{BUCKET}upload/begin/", f"{BUCKET}upload/finish/", "/admin/philo_aws/queue/figures/"]
)
def test_what_is_no_json_object_is_refused_with_a_sentence(
    store: Store, admin_client: Client, path: str, body: Any
) -> None:
    response = admin_client.post(path, body, content_type="application/json")
    assert response.status_code == 400
    assert response.json()["error"]
    assert store.asked == []


@pytest.mark.parametrize(
    "data",
    [
        *({"queues": "a"}, {"queues": [1]}, {"queues": None}, {}, {"queues": ["x"]}),
        *({"queues": [["us-east-1/a"]]}, {"queues": ["us-east-1/a"] * 201}, {"queues": {"a": 1}}),
    ],
)
def test_what_is_no_list_of_queues_is_refused(
    store: Store, admin_client: Client, data: dict[str, Any]
) -> None:
    url = "/admin/philo_aws/queue/figures/"
    response = admin_client.post(url, data, content_type="application/json")
    assert response.status_code == 400
    assert response.json()["error"]


def test_the_most_that_is_read(rf: RequestFactory) -> None:
    body = json.dumps({"a": "x" * 90})

    def read(most: int) -> dict[str, Any]:
        return read_json(rf.post("/", body, content_type="application/json"), most)

    assert read(len(body)) == json.loads(body)
    with pytest.raises(InvalidRequestError, match="longer than 98"):
        read(len(body) - 1)


def test_a_name_that_no_database_can_be_asked_for(store: Store, admin_client: Client) -> None:
    for page in ("history", "change", "download"):
        assert admin_client.get(f"/admin/philo_aws/bucket/a%00b/{page}/").status_code == 404
