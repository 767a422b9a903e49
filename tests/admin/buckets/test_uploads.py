from __future__ import annotations

import json
import urllib.request
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django import Settings

from tests.admin.buckets.conftest import Pages
from tests.servers import LocalAWS

pytestmark = pytest.mark.aws_servers("ministack")

MIB = 1024**2


def messages_of(response: Any) -> Any:
    return " ".join(str(message) for message in get_messages(response.wsgi_request))


def content(aws: LocalAWS, bucket: str, key: str) -> Any:
    return aws.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()


def test_a_text_is_declared_utf_8_only_where_it_is(aws: LocalAWS, pages: Pages) -> None:
    for name, body, kind in (
        ("a.txt", "ü".encode(), "text/plain; charset=utf-8"),
        ("b.txt", "ü".encode("latin-1"), "text/plain"),
    ):
        pages.post("upload", {"files": [SimpleUploadedFile(name, body)]})
        head = aws.client("s3").head_object(Bucket=pages.bucket, Key=name)
        assert (head["ContentType"], head["ContentLength"]) == (kind, len(body))


def test_the_form_uploads_many_files_to_the_folder(
    aws: LocalAWS, pages: Pages, history: Callable[[str], list[str]]
) -> None:
    files = [SimpleUploadedFile("a.txt", b"first"), SimpleUploadedFile("bild ü.png", b"second")]
    response = pages.post("upload", {"files": files}, prefix="in/")
    assert response.headers["Location"] == pages.path("change", prefix="in/")
    assert messages_of(response) == "2 files were uploaded."
    assert content(aws, pages.bucket, "in/a.txt") == b"first"
    assert content(aws, pages.bucket, "in/bild ü.png") == b"second"
    head = aws.client("s3").head_object(Bucket=pages.bucket, Key="in/a.txt")
    assert head["ContentType"] == "text/plain; charset=utf-8"
    assert history(pages.bucket) == ["Uploaded 'in/a.txt', 'in/bild ü.png': 2 files, 11 bytes."]


def test_a_large_file_arrives_whole(aws: LocalAWS, pages: Pages) -> None:
    body = bytes(range(256)) * 4096 * 20
    pages.post("upload", {"files": [SimpleUploadedFile("big.bin", body)]})
    assert content(aws, pages.bucket, "big.bin") == body


def test_what_is_there_is_replaced_only_when_asked(aws: LocalAWS, pages: Pages) -> None:
    aws.client("s3").put_object(Bucket=pages.bucket, Key="a", Body=b"old")
    response = pages.post(
        "upload", {"files": [SimpleUploadedFile("a", b"new"), SimpleUploadedFile("b", b"new")]}
    )
    assert "1 file was uploaded. a: There is an object 'a'" in messages_of(response)
    assert content(aws, pages.bucket, "a") == b"old"
    assert content(aws, pages.bucket, "b") == b"new"
    pages.post("upload", {"files": [SimpleUploadedFile("a", b"new")], "overwrite": "on"})
    assert content(aws, pages.bucket, "a") == b"new"


def test_an_empty_file_is_a_file(aws: LocalAWS, pages: Pages) -> None:
    pages.post("upload", {"files": [SimpleUploadedFile("empty", b"")]})
    assert content(aws, pages.bucket, "empty") == b""


def ask(pages: Pages, step: str, data: Any, **headers: str) -> Any:
    response = pages.client.post(
        pages.path(f"upload/{step}"), json.dumps(data), "application/json", headers=headers
    )
    return response, response.json()


def send(pages: Pages, key: str, upload_id: str, number: int, body: bytes) -> Any:
    query = {"key": key, "upload_id": upload_id, "part_number": number}
    path = pages.path("upload/part", **query)
    return pages.client.post(path, body, "application/octet-stream")


def test_a_script_uploads_in_parts_through_the_site(
    aws: LocalAWS, pages: Pages, history: Callable[[str], list[str]]
) -> None:
    body = b"0123456789abcdef" * (MIB // 16) * 20
    begun = ask(pages, "begin", {"key": "d/big.css", "size": len(body)})[1]
    size, upload = begun["part_size"], begun["upload_id"]
    assert begun["direct"] is False
    # Out of order, as several requests at once arrive.
    for number in reversed(range(1, -(-len(body) // size) + 1)):
        piece = body[(number - 1) * size : number * size]
        assert send(pages, "d/big.css", upload, number, piece).status_code == 200
    done = ask(pages, "finish", {"key": "d/big.css", "upload_id": upload, "size": len(body)})[1]
    assert done["url"] == pages.path("object", key="d/big.css")
    assert content(aws, pages.bucket, "d/big.css") == body
    head = aws.client("s3").head_object(Bucket=pages.bucket, Key="d/big.css")
    # The pieces are never all in one hand: nobody has seen whether they are UTF-8.
    assert head["ContentType"] == "text/css"
    assert history(pages.bucket) == [f"Uploaded 'd/big.css': 1 file, {len(body):,} bytes."]


def test_where_cors_allows_it_parts_go_straight_to_s3(aws: LocalAWS, pages: Pages) -> None:
    aws.client("s3").put_bucket_cors(
        Bucket=pages.bucket,
        CORSConfiguration={
            "CORSRules": [
                {"AllowedOrigins": ["https://*.example.com"], "AllowedMethods": ["PUT", "GET"]}
            ]
        },
    )
    data = {"key": "a", "size": 5}
    for origin, direct in (("https://www.example.com", True), ("https://evil.example", False)):
        answer = ask(pages, "begin", data, origin=origin)[1]
        assert answer["direct"] is direct
    upload = answer["upload_id"]
    link = ask(pages, "sign", {"key": "a", "upload_id": upload, "part_number": 1})[1]["url"]
    request = urllib.request.Request(link, data=b"12345", method="PUT")
    with urllib.request.urlopen(request):
        pass
    response, _ = ask(pages, "finish", {"key": "a", "upload_id": upload, "size": 5})
    assert response.status_code == 200
    assert content(aws, pages.bucket, "a") == b"12345"


def test_an_upload_that_lacks_bytes_is_not_finished(
    aws: LocalAWS, pages: Pages, history: Callable[[str], list[str]]
) -> None:
    upload = ask(pages, "begin", {"key": "a", "size": 10})[1]["upload_id"]
    send(pages, "a", upload, 1, b"12345")
    response, answer = ask(pages, "finish", {"key": "a", "upload_id": upload, "size": 10})
    assert response.status_code == 400
    assert "Only 5 of the 10 bytes" in answer["error"]
    assert history(pages.bucket) == []
    ask(pages, "abort", {"key": "a", "upload_id": upload})
    assert "Uploads" not in aws.client("s3").list_multipart_uploads(Bucket=pages.bucket)


def test_a_script_does_not_replace_unless_asked(aws: LocalAWS, pages: Pages) -> None:
    aws.client("s3").put_object(Bucket=pages.bucket, Key="a", Body=b"old")
    response, answer = ask(pages, "begin", {"key": "a", "size": 1})
    assert response.status_code == 409
    assert "already" in answer["error"]
    response, _ = ask(pages, "begin", {"key": "a", "size": 1, "overwrite": True})
    assert response.status_code == 200


def test_what_came_to_be_meanwhile_is_not_replaced(aws: LocalAWS, pages: Pages) -> None:
    upload = ask(pages, "begin", {"key": "a", "size": 1})[1]["upload_id"]
    send(pages, "a", upload, 1, b"x")
    aws.client("s3").put_object(Bucket=pages.bucket, Key="a", Body=b"other")
    response, _ = ask(pages, "finish", {"key": "a", "upload_id": upload, "size": 1})
    assert response.status_code == 409
    assert content(aws, pages.bucket, "a") == b"other"


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"key": "", "size": 1},
        {"key": "a", "size": -1},
        {"key": "a", "size": "1"},
        {"key": "a", "size": 49 * 1024**4},
        {"key": "x" * 1025, "size": 1},
        {"key": ["a"], "size": 1},
        [],
        "text",
    ],
)
def test_nonsense_is_refused(pages: Pages, data: Any) -> None:
    response, answer = ask(pages, "begin", data)
    assert response.status_code == 400
    assert answer["error"]


def test_a_part_that_is_too_large_is_not_read(
    pages: Pages, monkeypatch: pytest.MonkeyPatch
) -> None:
    from philo_aws.admin.buckets import uploads

    monkeypatch.setattr(uploads, "MAX_PART", 10)
    response = send(pages, "a", "x", 1, b"12345678901")
    assert response.status_code == 400
    assert response.json()["code"] == "EntityTooLarge"


def test_a_dead_aws_is_a_502_for_scripts(pages: Pages, settings: Settings) -> None:
    settings.AWS = {**settings.AWS, "endpoint_url": "http://127.0.0.1:9"}
    response, answer = ask(pages, "begin", {"key": "a", "size": 1})
    assert response.status_code == 502
    assert "cannot be reached" in answer["error"]


def test_without_the_token_of_the_form_nothing_is_taken(admin_user: Any, pages: Pages) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(admin_user)
    for step in ("begin", "sign", "part", "finish", "abort"):
        response = client.post(pages.path(f"upload/{step}"), "{}", "application/json")
        assert response.status_code == 403


@pytest.mark.parametrize(
    ("folder", "key", "status"),
    [
        ("", "a", 200),
        ("in/", "in/site/css/a.css", 200),
        # What the folder itself is called is no matter of the upload.
        ("../odd//", "../odd//a", 200),
        ("in/", "in/..a/b..", 200),
        ("in/", "out/a", 400),
        ("in/", "in/../a", 400),
        ("in/", "in/./a", 400),
        ("in/", "in/site//a", 400),
        ("in/", "in/", 400),
        ("", "..", 400),
    ],
)
def test_an_upload_stays_in_its_folder(pages: Pages, folder: str, key: str, status: int) -> None:
    path = pages.path("upload/begin", **({"prefix": folder} if folder else {}))
    data = json.dumps({"key": key, "size": 1})
    response = pages.client.post(path, data, "application/json")
    assert response.status_code == status
    if status == 400:
        assert "is no path of a file in the folder" in response.json()["error"]
