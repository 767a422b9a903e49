"""A copy of a large object from page to page: it goes on, ends, fails, and can be stopped."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.test import Client

from philo_aws.admin.buckets.copying import CopyView, MoveView
from philo_aws.admin.buckets.stepwise_copies import RewriteView
from philo_aws.exceptions import NetworkError
from philo_aws.s3.objects import partcopy
from philo_aws.s3.web import copysteps
from tests.admin.buckets.conftest import Pages
from tests.admin.buckets.test_removal import hidden_of
from tests.servers import LocalAWS

pytestmark = pytest.mark.aws_servers("ministack")

MIB = 1024**2
BODY = bytes(range(256)) * (11 * MIB // 256)


@pytest.fixture(autouse=True)
def small_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(copysteps, "WHOLE_BYTES", MIB)
    monkeypatch.setattr(partcopy, "PART_SIZE", 5 * MIB)
    for view in (CopyView, MoveView, RewriteView):
        monkeypatch.setattr(view, "step_seconds", 0)


@pytest.fixture
def large(aws: LocalAWS, pages: Pages) -> str:
    aws.client("s3").put_object(
        Bucket=pages.bucket,
        Key="large.bin",
        Body=BODY,
        ContentType="text/css",
        CacheControl="max-age=1",
        Metadata={"k": "v"},
    )
    return "large.bin"


def content(aws: LocalAWS, bucket: str, key: str) -> Any:
    return aws.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()


def keys_of(aws: LocalAWS, bucket: str) -> list[str]:
    answer = aws.client("s3").list_objects_v2(Bucket=bucket)
    return [item["Key"] for item in answer.get("Contents", ())]


def uploads_of(aws: LocalAWS, bucket: str) -> list[str]:
    answer = aws.client("s3").list_multipart_uploads(Bucket=bucket)
    return [item["Key"] for item in answer.get("Uploads", ())]


def message_of(response: Any) -> str:
    found = re.search(r'class="aws-progress-message">(.*?)</p>', response.content.decode())
    assert found, response.content.decode()
    return unescape(found[1]).replace("\xa0", " ")


def told_by(response: Any) -> list[str]:
    return [str(message) for message in get_messages(response.wsgi_request)]


def go_on(pages: Pages, page: str, response: Any, **query: Any) -> list[Any]:
    """Send the progress page's form until another page comes; return all answers."""
    answers = [response]
    while response.status_code == 200:
        response = pages.post(page, hidden_of(response), **query)
        answers.append(response)
        assert len(answers) < 20
    return answers


def test_only_who_may_copy_may_stop_it(
    staff: Callable[..., Client], aws: LocalAWS, pages: Pages, large: str
) -> None:
    data = {"select_key": large, "bucket": pages.bucket, "key": "new.bin"}
    fields = hidden_of(pages.post("copy", data))
    other = Pages(staff("view_bucket", "list_objects", "change_object"), pages.bucket)
    assert other.post("metadata", {**fields, "stop": "yes"}, key=large).status_code == 400
    assert other.post("copy", {**fields, "stop": "yes"}).status_code == 403


@pytest.mark.parametrize("page", ["copy", "move"])
def test_a_large_object_goes_step_by_step_with_its_properties(
    aws: LocalAWS,
    pages: Pages,
    large: str,
    history: Callable[[str], list[str]],
    calls: list[str],
    page: str,
) -> None:
    data = {"select_key": large, "bucket": pages.bucket, "key": "new.bin"}
    answers = go_on(pages, page, pages.post(page, data))

    assert [message_of(answer) for answer in answers[:-1]] == [
        "“large.bin”: 5 MiB of 11 MiB copied.",
        "“large.bin”: 10 MiB of 11 MiB copied.",
    ]
    assert f'value="{5 * MIB}" max="{len(BODY)}"' in answers[0].content.decode()
    assert told_by(answers[-1]) == [f"1 object was {'moved' if page == 'move' else 'copied'}."]
    assert content(aws, pages.bucket, "new.bin") == BODY
    head = aws.client("s3").head_object(Bucket=pages.bucket, Key="new.bin")
    assert (head["ContentType"], head["CacheControl"]) == ("text/css", "max-age=1")
    assert head["Metadata"] == {"k": "v"}
    assert keys_of(aws, pages.bucket) == (["new.bin"] if page == "move" else [large, "new.bin"])
    assert uploads_of(aws, pages.bucket) == []
    verb = "Moved" if page == "move" else "Copied"
    assert history(pages.bucket) == [f"{verb} 'large.bin' to 's3://{pages.bucket}/new.bin'."]


def test_its_tags_are_given_to_the_upload(pages: Pages, aws: LocalAWS, large: str) -> None:
    # ministack forgets the tags of a multipart upload, so the request is looked at.
    from philo_aws.clients import get_client

    tags = {"TagSet": [{"Key": "team", "Value": "a b"}]}
    aws.client("s3").put_object_tagging(Bucket=pages.bucket, Key=large, Tagging=tags)
    asked: list[Any] = []
    events = get_client("s3", purpose="web").meta.events
    name = "before-parameter-build.s3.CreateMultipartUpload"

    def note(params: dict[str, Any], **kwargs: Any) -> None:
        asked.append(params["Tagging"])

    events.register(name, note)
    try:
        pages.post("copy", {"select_key": large, "bucket": pages.bucket, "key": "new.bin"})
    finally:
        events.unregister(name, note)
    assert asked == ["team=a+b"]


def test_the_history_of_the_other_bucket_tells_it_once(
    pages: Pages,
    large: str,
    make_bucket: Callable[..., str],
    history: Callable[[str], list[str]],
) -> None:
    target = make_bucket()
    data = {"select_key": large, "bucket": target, "key": "new.bin"}
    go_on(pages, "copy", pages.post("copy", data))
    to = f"to 's3://{target}/new.bin'"
    assert history(pages.bucket) == [f"Copied 'large.bin' {to}."]
    assert history(target) == [f"Copied 'large.bin' from bucket {pages.bucket} {to}."]


def test_the_last_one_left_still_goes_into_the_folder(
    aws: LocalAWS, pages: Pages, large: str
) -> None:
    aws.client("s3").put_object(Bucket=pages.bucket, Key="a.txt", Body=b"a")
    data = {"select_key": ["a.txt", large], "bucket": pages.bucket, "key": "new"}
    answers = go_on(pages, "copy", pages.post("copy", data))
    assert len(answers) > 2
    assert keys_of(aws, pages.bucket) == ["a.txt", large, "new/a.txt", "new/large.bin"]


def test_among_others_it_keeps_its_name(aws: LocalAWS, pages: Pages, large: str) -> None:
    s3 = aws.client("s3")
    s3.put_object(Bucket=pages.bucket, Key="a.txt", Body=b"a")
    s3.put_object(Bucket=pages.bucket, Key="d/b.txt", Body=b"b")
    s3.put_object(Bucket=pages.bucket, Key="d/large.bin", Body=BODY)
    data = {
        "select_key": ["a.txt", large],
        "select_folder": "d/",
        "bucket": pages.bucket,
        "key": "new",
    }
    answers = go_on(pages, "move", pages.post("move", data))
    assert told_by(answers[-1]) == ["4 objects were moved."]
    wanted = ["new/a.txt", "new/d/b.txt", "new/d/large.bin", "new/large.bin"]
    assert keys_of(aws, pages.bucket) == wanted
    assert content(aws, pages.bucket, "new/d/large.bin") == BODY
    assert uploads_of(aws, pages.bucket) == []


def test_stopping_leaves_nothing_behind(
    aws: LocalAWS, pages: Pages, large: str, history: Callable[[str], list[str]]
) -> None:
    data = {"select_key": large, "bucket": pages.bucket, "key": "new.bin"}
    progress = pages.post("copy", data)
    assert uploads_of(aws, pages.bucket) == ["new.bin"]
    assert '<button type="submit" name="stop" value="yes"' in progress.content.decode()

    stopped = pages.post("copy", {**hidden_of(progress), "stop": "yes"})
    assert told_by(stopped) == ["The copying of “large.bin” was stopped. Nothing of it is left."]
    assert stopped.headers["Location"] == pages.path("change")
    assert uploads_of(aws, pages.bucket) == []
    assert keys_of(aws, pages.bucket) == [large]
    assert history(pages.bucket) == [
        f"Copied 'large.bin' to 's3://{pages.bucket}/new.bin': given up."
    ]
    again = pages.post("copy", {**hidden_of(progress), "stop": "yes"})
    assert told_by(again)[-1] == "The copying of “large.bin” had ended already."


def test_a_source_that_is_changed_meanwhile_ends_it(
    aws: LocalAWS, pages: Pages, large: str, text_of: Callable[[Any], str]
) -> None:
    data = {"select_key": large, "bucket": pages.bucket, "key": "new.bin"}
    progress = pages.post("move", data)
    aws.client("s3").put_object(Bucket=pages.bucket, Key=large, Body=b"x" * len(BODY))
    response = pages.post("move", hidden_of(progress))
    assert "it was changed meanwhile" in text_of(response)
    assert 'name="part"' not in response.content.decode()
    assert uploads_of(aws, pages.bucket) == []
    assert keys_of(aws, pages.bucket) == [large]


def test_after_an_aws_that_was_away_it_goes_on_from_where_it_was(
    aws: LocalAWS,
    pages: Pages,
    large: str,
    text_of: Callable[[Any], str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    data = {"select_key": large, "bucket": pages.bucket, "key": "new.bin"}
    progress = pages.post("copy", data)

    def fail(*args: Any, **kwargs: Any) -> None:
        raise NetworkError("AWS is away.")

    # A local server cannot be away between two requests.
    with monkeypatch.context() as patched:
        patched.setattr(partcopy, "advance", fail)
        failed = pages.post("copy", hidden_of(progress))
    assert "AWS is away." in text_of(failed)
    assert '<button type="submit" name="stop" value="yes"' in failed.content.decode()
    fields = {**hidden_of(failed), "bucket": pages.bucket, "key": "new.bin"}
    go_on(pages, "copy", pages.post("copy", fields))
    assert content(aws, pages.bucket, "new.bin") == BODY
    assert uploads_of(aws, pages.bucket) == []


def test_what_was_begun_cannot_be_made_up(
    aws: LocalAWS, pages: Pages, large: str, make_bucket: Callable[..., str]
) -> None:
    data = {"select_key": large, "bucket": pages.bucket, "key": "new.bin"}
    fields = hidden_of(pages.post("copy", data))
    token = fields["part"][0]
    for part in ("x", token[:-1], f"a{token}"):
        for button in ({}, {"stop": "yes"}):
            assert pages.post("copy", {**fields, **button, "part": part}).status_code == 400
    # Of another bucket's page, and of another object.
    other = Pages(pages.client, make_bucket())
    assert other.post("copy", fields).status_code == 400
    aws.client("s3").put_object(Bucket=pages.bucket, Key="x", Body=b"x")
    data = {"part": token, "storage_class": "STANDARD"}
    assert pages.post("metadata", data, key="x").status_code == 400
    assert uploads_of(aws, pages.bucket) == ["new.bin"]


def test_the_properties_of_a_large_object_are_edited_step_by_step(
    aws: LocalAWS, pages: Pages, large: str, history: Callable[[str], list[str]]
) -> None:
    data = {"ContentType": "text/plain", "metadata": "owner=web\nx=y", "storage_class": "STANDARD"}
    data |= hidden_of(pages.get("metadata", key=large))
    answers = go_on(pages, "metadata", pages.post("metadata", data, key=large), key=large)
    assert len(answers) == 3
    assert told_by(answers[-1]) == ["The properties were saved."]
    found = aws.client("s3").get_object(Bucket=pages.bucket, Key=large)
    assert found["Body"].read() == BODY
    assert (found["ContentType"], found["Metadata"]) == ("text/plain", {"owner": "web", "x": "y"})
    assert "CacheControl" not in found
    assert history(pages.bucket) == ["Changed the properties of 'large.bin'."]
    assert uploads_of(aws, pages.bucket) == []


def test_a_large_older_version_is_restored_step_by_step(
    aws: LocalAWS, pages: Pages, large: str
) -> None:
    s3 = aws.client("s3")
    s3.put_bucket_versioning(Bucket=pages.bucket, VersioningConfiguration={"Status": "Enabled"})
    old = s3.put_object(Bucket=pages.bucket, Key=large, Body=BODY)["VersionId"]
    s3.put_object(Bucket=pages.bucket, Key=large, Body=b"new")
    query = {"key": large, "version": old}
    answers = go_on(pages, "restore", pages.post("restore", **query), **query)
    assert len(answers) == 3
    assert content(aws, pages.bucket, large) == BODY
    assert uploads_of(aws, pages.bucket) == []
