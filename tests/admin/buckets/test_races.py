"""Somebody else writes at the same moment: what was promised to stay stays, and is said."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connections

from philo_aws.clients import get_client
from tests.admin.buckets.conftest import Pages
from tests.admin.buckets.test_removal import hidden_of, keys_of, put
from tests.servers import LocalAWS

pytestmark = pytest.mark.aws_servers("ministack")

PURPOSES = ("web", "web_writes", "commands")


@contextlib.contextmanager
def just_before(operation: str, work: Callable[[], Any]) -> Iterator[list[None]]:
    """Let somebody else do `work` when the first request of `operation` is made but not sent."""
    done: list[None] = []

    def first(**kwargs: Any) -> None:
        if not done:
            done.append(None)
            work()

    clients = [get_client("s3", purpose=purpose) for purpose in PURPOSES]  # type: ignore[call-overload]
    for client in clients:
        client.meta.events.register(f"before-send.s3.{operation}", first)
    try:
        yield done
    finally:
        for client in clients:
            client.meta.events.unregister(f"before-send.s3.{operation}", first)


def content(aws: LocalAWS, bucket: str, key: str) -> bytes:
    body: bytes = aws.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
    return body


@pytest.mark.parametrize("page", ["copy", "move"])
@pytest.mark.parametrize(
    ("body", "last"), [(b"mine", "CompleteMultipartUpload"), (b"", "PutObject")]
)
def test_what_appears_in_the_place_of_a_copy_stays(
    aws: LocalAWS,
    pages: Pages,
    text_of: Callable[[Any], str],
    page: str,
    body: bytes,
    last: str,
) -> None:
    s3 = aws.client("s3")
    s3.put_object(Bucket=pages.bucket, Key="source", Body=body)
    data = {"select_key": "source", "bucket": pages.bucket, "key": "target"}

    def appear() -> None:
        s3.put_object(Bucket=pages.bucket, Key="target", Body=b"theirs")

    with just_before(last, appear) as done:
        response = pages.post(page, data)
    assert done
    assert "already" in text_of(response)
    assert content(aws, pages.bucket, "target") == b"theirs"
    assert content(aws, pages.bucket, "source") == body


def test_two_moves_onto_one_free_name_lose_nothing(aws: LocalAWS, pages: Pages) -> None:
    s3 = aws.client("s3")
    for key in ("a", "b"):
        s3.put_object(Bucket=pages.bucket, Key=key, Body=key.encode())

    def other() -> None:
        try:
            pages.post("move", {"select_key": "b", "bucket": pages.bucket, "key": "free"})
        finally:
            connections.close_all()  # the request was made in a thread of the copy's

    with just_before("CompleteMultipartUpload", other):
        pages.post("move", {"select_key": "a", "bucket": pages.bucket, "key": "free"})
    kept = {content(aws, pages.bucket, key) for key in keys_of(aws, pages.bucket)}
    assert kept == {b"a", b"b"}


def test_what_appears_in_the_place_of_an_upload_stays(
    aws: LocalAWS, pages: Pages, text_of: Callable[[Any], str]
) -> None:
    s3 = aws.client("s3")

    def appear() -> None:
        s3.put_object(Bucket=pages.bucket, Key="a.txt", Body=b"theirs")

    with just_before("PutObject", appear) as done:
        response = pages.post("upload", {"files": SimpleUploadedFile("a.txt", b"mine")})
    assert done
    assert response.status_code == 302
    assert content(aws, pages.bucket, "a.txt") == b"theirs"
    assert "already" in text_of(pages.client.get(response.headers["Location"]))


def test_what_appears_in_the_place_of_a_large_upload_stays(aws: LocalAWS, pages: Pages) -> None:
    s3 = aws.client("s3")

    def appear() -> None:
        s3.put_object(Bucket=pages.bucket, Key="a.bin", Body=b"theirs")

    with just_before("CompleteMultipartUpload", appear) as done:
        pages.post("upload", {"files": SimpleUploadedFile("a.bin", bytes(17 * 1024**2))})
    assert done
    assert content(aws, pages.bucket, "a.bin") == b"theirs"
    assert "Uploads" not in s3.list_multipart_uploads(Bucket=pages.bucket)


def test_a_large_file_of_the_form_arrives_whole(aws: LocalAWS, pages: Pages) -> None:
    body = bytes(range(256)) * (17 * 4096)
    pages.post("upload", {"files": SimpleUploadedFile("a.bin", body)})
    assert content(aws, pages.bucket, "a.bin") == body


def test_what_appears_in_the_place_of_a_folder_stays(
    aws: LocalAWS, pages: Pages, text_of: Callable[[Any], str]
) -> None:
    s3 = aws.client("s3")

    def appear() -> None:
        s3.put_object(Bucket=pages.bucket, Key="new/", Body=b"theirs")

    with just_before("PutObject", appear) as done:
        response = pages.post("folder", {"name": "new"})
    assert done
    assert "already" in text_of(response)
    assert content(aws, pages.bucket, "new/") == b"theirs"


@pytest.mark.parametrize("moment", ["HeadObject", "DeleteObjects"])
def test_a_source_that_is_rewritten_after_its_copy_stays(
    aws: LocalAWS,
    pages: Pages,
    text_of: Callable[[Any], str],
    history: Callable[[str], list[str]],
    moment: str,
) -> None:
    s3 = aws.client("s3")
    s3.put_object(Bucket=pages.bucket, Key="a", Body=b"old")
    data = {"select_key": "a", "bucket": pages.bucket, "key": "b"}

    def rewrite() -> None:
        s3.put_object(Bucket=pages.bucket, Key="a", Body=b"new")

    with contextlib.ExitStack() as stack:
        if moment == "HeadObject":
            # The copy is made with the last of its requests; then it is looked at the source.
            stack.enter_context(
                just_before(
                    "CompleteMultipartUpload",
                    lambda: stack.enter_context(just_before(moment, rewrite)),
                )
            )
        else:
            stack.enter_context(just_before("DeleteObjects", rewrite))
            stack.enter_context(just_before("DeleteObject", rewrite))
        response = pages.post("move", data)
    assert response.status_code == 200
    assert content(aws, pages.bucket, "a") == b"new"
    assert content(aws, pages.bucket, "b") == b"old"
    assert history(pages.bucket) == ["Copied 'a', but could not delete what was copied."]


def test_of_two_sources_of_one_name_none_is_lost(
    aws: LocalAWS, pages: Pages, text_of: Callable[[Any], str]
) -> None:
    s3 = aws.client("s3")
    for key in ("x/a", "y/a", "z/b"):
        s3.put_object(Bucket=pages.bucket, Key=key, Body=key.encode())
    data = {"select_key": ["x/a", "y/a", "z/b"], "bucket": pages.bucket, "key": "to/"}
    response = pages.post("move", {**data, "overwrite": "on"})
    assert keys_of(aws, pages.bucket) == ["to/b", "x/a", "y/a"]
    told = text_of(pages.client.get(response.headers["Location"]))
    assert "More than one of the objects would become 'to/a'" in told


def test_properties_of_what_was_replaced_meanwhile_are_not_overwritten(
    aws: LocalAWS, pages: Pages, text_of: Callable[[Any], str]
) -> None:
    s3 = aws.client("s3")
    s3.put_object(Bucket=pages.bucket, Key="a", Body=b"old", ContentType="text/plain")
    fields = {
        "ContentType": "text/css",
        "storage_class": "STANDARD",
        **hidden_of(pages.get("metadata", key="a")),
    }
    s3.put_object(Bucket=pages.bucket, Key="a", Body=b"new", ContentType="text/html")
    assert "changed by somebody else" in text_of(pages.post("metadata", fields, key="a"))
    head = s3.head_object(Bucket=pages.bucket, Key="a")
    assert (head["ContentType"], head["ContentLength"]) == ("text/html", 3)
    # What is seen now may be changed.
    fields |= hidden_of(pages.get("metadata", key="a"))
    assert pages.post("metadata", fields, key="a").status_code == 302
    assert s3.head_object(Bucket=pages.bucket, Key="a")["ContentType"] == "text/css"
    assert content(aws, pages.bucket, "a") == b"new"


def test_properties_are_not_saved_over_what_comes_at_the_last_moment(
    aws: LocalAWS, pages: Pages
) -> None:
    s3 = aws.client("s3")
    s3.put_object(Bucket=pages.bucket, Key="a", Body=b"old")
    fields = {"storage_class": "STANDARD", **hidden_of(pages.get("metadata", key="a"))}

    def replace() -> None:
        s3.put_object(Bucket=pages.bucket, Key="a", Body=b"new", ContentType="text/html")

    with just_before("CopyObject", replace) as done:
        response = pages.post("metadata", fields, key="a")
    assert done
    assert response.status_code == 200
    assert content(aws, pages.bucket, "a") == b"new"
    assert s3.head_object(Bucket=pages.bucket, Key="a")["ContentType"] == "text/html"


def test_tags_that_were_changed_meanwhile_are_not_overwritten(
    aws: LocalAWS, pages: Pages, text_of: Callable[[Any], str]
) -> None:
    s3 = aws.client("s3")
    s3.put_object(Bucket=pages.bucket, Key="a", Body=b"x", Tagging="team=web")
    fields = {"tags": "team=ops", **hidden_of(pages.get("tags", key="a"))}
    theirs = [{"Key": "cost", "Value": "42"}]
    s3.put_object_tagging(Bucket=pages.bucket, Key="a", Tagging={"TagSet": theirs})
    assert "changed by somebody else" in text_of(pages.post("tags", fields, key="a"))
    assert s3.get_object_tagging(Bucket=pages.bucket, Key="a")["TagSet"] == theirs


def test_a_move_that_may_not_delete_is_told_and_comes_to_its_end_later(
    signed_aws: LocalAWS, pages: Pages, settings: Any, history: Callable[[str], list[str]]
) -> None:
    put(signed_aws, pages.bucket, "a")
    may_not = signed_aws.make_user(
        "s3:GetObject*", "s3:PutObject*", "s3:List*", "s3:AbortMultipartUpload"
    )
    whole = settings.AWS
    settings.AWS = whole | {"credentials": may_not}
    data = {"select_key": "a", "bucket": pages.bucket, "key": "b"}
    assert pages.post("move", data).status_code == 200
    assert keys_of(signed_aws, pages.bucket) == ["a", "b"]
    assert history(pages.bucket) == ["Copied 'a', but could not delete what was copied."]
    settings.AWS = whole
    assert pages.post("move", data).status_code == 302
    assert keys_of(signed_aws, pages.bucket) == ["b"]
    assert history(pages.bucket)[1:] == [f"Moved 'a' to 's3://{pages.bucket}/b'."]


def test_a_move_does_not_take_another_object_for_its_copy(
    aws: LocalAWS, pages: Pages, text_of: Callable[[Any], str]
) -> None:
    s3 = aws.client("s3")
    s3.put_object(Bucket=pages.bucket, Key="a", Body=b"12345", Metadata={"owner": "web"})
    s3.put_object(Bucket=pages.bucket, Key="b", Body=b"12345")
    data = {"select_key": "a", "bucket": pages.bucket, "key": "b"}
    assert "already" in text_of(pages.post("move", data))
    assert keys_of(aws, pages.bucket) == ["a", "b"]
