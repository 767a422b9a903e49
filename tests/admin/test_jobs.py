"""A job is one line of the history, whatever becomes of it: by its pages, over a real socket."""

from __future__ import annotations

import datetime
import json
import re
import subprocess
import sys
import time
from collections.abc import Callable
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.messages import get_messages
from django.core import signing
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone, translation

from philo_aws import s3
from philo_aws.admin.buckets.emptying import EmptyBucketView
from philo_aws.admin.buckets.rewinding import LOCAL, RewindView
from philo_aws.admin.buckets.stepwise import SelectionView
from philo_aws.exceptions import NetworkError
from philo_aws.s3.web import copysteps, emptysteps, rewind_steps, steps, undeleting
from tests.admin.buckets.conftest import Pages
from tests.admin.buckets.test_removal import hidden_of, keys_of, put
from tests.running import ROOT, process_environment
from tests.servers import LocalAWS

pytestmark = pytest.mark.aws_servers("ministack")

History = Callable[[str], list[str]]


@pytest.fixture
def pages(admin_client: Client, bucket: str) -> Pages:
    return Pages(admin_client, bucket)


@pytest.fixture
def text_of() -> Callable[[Any], str]:
    return lambda response: re.sub(r"<.*?>", "", unescape(response.content.decode()))


@pytest.fixture(autouse=True)
def small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each step does two objects."""
    for view in (SelectionView, EmptyBucketView, RewindView):
        monkeypatch.setattr(view, "step_seconds", 0)
    monkeypatch.setattr(steps, "DELETE_BATCH", 2)
    monkeypatch.setattr(copysteps, "COPY_BATCH", 2)
    monkeypatch.setattr(copysteps, "COPY_WORKERS", 2)
    monkeypatch.setattr(emptysteps, "PAGE", 2)
    monkeypatch.setattr(rewind_steps, "AT_ONCE", 2)
    monkeypatch.setattr(undeleting, "AT_ONCE", 2)


def said(response: Any) -> str:
    return " ".join(str(message) for message in get_messages(response.wsgi_request))


def to_the_end(pages: Pages, page: str, response: Any, history: History, **query: Any) -> list[str]:
    """Go on from step to step; return what the history said after each of them."""
    seen = []
    while response.status_code == 200:
        [line] = history(pages.bucket)
        seen.append(line)
        response = pages.post(page, hidden_of(response), **query)
        assert len(seen) < 20
    [line] = history(pages.bucket)
    return [*seen, line]


def five(aws: LocalAWS, bucket: str) -> None:
    put(aws, bucket, "a", "d/1", "d/2", "d/3", "d/4", "d/5")


# One line for each job


def test_deleting(aws: LocalAWS, pages: Pages, history: History) -> None:
    five(aws, pages.bucket)
    response = pages.post("delete-objects", {"select_key": ["a"], "select_folder": ["d/"]})
    seen = to_the_end(pages, "delete-objects", response, history)
    assert seen == [
        "Deleted 'd/', 'a': 1 object, so far.",
        "Deleted 'd/', 'a': 3 objects, so far.",
        "Deleted 'd/', 'a': 5 objects, so far.",
        "Deleted 'd/', 'a': 6 objects.",
    ]
    assert keys_of(aws, pages.bucket) == []


def test_copying_to_another_bucket_is_one_line_in_both(
    aws: LocalAWS, pages: Pages, history: History, make_bucket: Callable[..., str]
) -> None:
    five(aws, pages.bucket)
    target = make_bucket()
    put(aws, target, "new/d/2")
    data = {"select_folder": "d/", "bucket": target, "key": "new/"}
    seen = to_the_end(pages, "copy", pages.post("copy", data), history)
    to = f"to 's3://{target}/new/'"
    assert seen[0] == f"Copied 'd/' {to}: 1 object, 1 skipped, so far."
    assert seen[-1] == f"Copied 'd/' {to}: 4 objects, 1 skipped."
    assert history(target) == [
        f"Copied 'd/' from bucket {pages.bucket} {to}: 4 objects, 1 skipped."
    ]


def test_moving_and_renaming(aws: LocalAWS, pages: Pages, history: History) -> None:
    five(aws, pages.bucket)
    data = {"select_folder": "d/", "bucket": pages.bucket, "key": "e/"}
    seen = to_the_end(pages, "move", pages.post("move", data), history)
    assert len(seen) > 2
    assert seen[-1] == f"Moved 'd/' to 's3://{pages.bucket}/e/': 5 objects."
    LogEntry.objects.all().delete()
    data = {"select_folder": "e/d/", "name": "f"}
    seen = to_the_end(pages, "rename", pages.post("rename", data), history)
    assert seen[0] == "Renamed 'e/d/' to 'e/f/': 2 objects, so far."
    assert seen[-1] == "Renamed 'e/d/' to 'e/f/': 5 objects."


def test_undeleting(aws: LocalAWS, pages: Pages, history: History) -> None:
    s3.put_bucket_versioning(pages.bucket, {"Status": "Enabled"})
    five(aws, pages.bucket)
    client = aws.client("s3")
    for key in keys_of(aws, pages.bucket):
        client.delete_object(Bucket=pages.bucket, Key=key)
    data = {"select_key": ["a"], "select_folder": ["d/"]}
    seen = to_the_end(pages, "undelete", pages.post("undelete", data), history)
    assert seen[0] == "Undeleted 'd/', 'a': 1 object, so far."
    assert seen[-1] == "Undeleted 'd/', 'a': 6 objects."


def test_a_folder_as_it_was(aws: LocalAWS, pages: Pages, history: History) -> None:
    s3.put_bucket_versioning(pages.bucket, {"Status": "Enabled"})
    five(aws, pages.bucket)
    client = aws.client("s3")
    moment = client.head_object(Bucket=pages.bucket, Key="d/5")["LastModified"]
    moment += datetime.timedelta(seconds=1)
    # S3 tells times in whole seconds: what follows has to be of a later one.
    while datetime.datetime.now(datetime.UTC) < moment + datetime.timedelta(seconds=1):
        time.sleep(0.05)
    for key in keys_of(aws, pages.bucket):
        client.delete_object(Bucket=pages.bucket, Key=key)
    data = {"at": timezone.localtime(moment).strftime(LOCAL)}
    data |= hidden_of(pages.post("rewind", data, prefix="d/"))
    seen = to_the_end(
        pages, "rewind", pages.post("rewind", data, prefix="d/"), history, prefix="d/"
    )
    then = f"Restored 'd/' as of {moment.isoformat()}: "
    assert seen[0] == f"{then}2 objects, so far."
    assert seen[-1] == f"{then}5 objects."


def test_emptying(aws: LocalAWS, pages: Pages, history: History) -> None:
    five(aws, pages.bucket)
    aws.client("s3").create_multipart_upload(Bucket=pages.bucket, Key="u")
    response = pages.post("empty", {"typed_name": pages.bucket})
    seen = to_the_end(pages, "empty", response, history)
    assert seen[0] == "Emptied: 2 versions and delete markers, so far."
    assert seen[-1] == "Emptied: 6 versions and delete markers, 1 unfinished upload."


def test_files_of_one_form(aws: LocalAWS, pages: Pages, history: History) -> None:
    files = [SimpleUploadedFile(f"{number}", b"xx") for number in range(3)]
    pages.post("upload", {"files": files}, prefix="in/")
    assert history(pages.bucket) == ["Uploaded 'in/0', 'in/1', 'in/2': 3 files, 6 bytes."]
    # Those that are there are left alone, and nothing is written of it.
    files = [SimpleUploadedFile("1", b"yy")]
    assert "There is an object" in said(pages.post("upload", {"files": files}, prefix="in/"))
    assert len(history(pages.bucket)) == 1


def test_files_of_a_script(aws: LocalAWS, pages: Pages, history: History) -> None:
    job = ""
    for number in range(22):
        done = finish(pages, f"in/{number}", job=job, left=21 - number)
        assert done["job"]
        job = done["job"]
        [line] = history(pages.bucket)
        assert line.endswith(", so far.") is (number < 21)
    names = ", ".join(f"'in/{number}'" for number in range(20))
    assert history(pages.bucket) == [f"Uploaded {names} and 2 more: 22 files, 44 bytes."]
    # A line of somebody else's is not changed by it, nor what is no line at all.
    finish(pages, "in/other", job=f"{job}x", left=0)
    finish(pages, "in/more", job={"entries": 1}, left="many")
    assert history(pages.bucket)[1:] == [
        "Uploaded 'in/other': 1 file, 2 bytes.",
        "Uploaded 'in/more': 1 file, 2 bytes.",
    ]


def finish(pages: Pages, key: str, **more: Any) -> Any:
    def ask(step: str, **data: Any) -> Any:
        path = pages.path(f"upload/{step}")
        return pages.client.post(path, json.dumps(data), "application/json").json()

    upload = ask("begin", key=key, size=2)["upload_id"]
    path = pages.path("upload/part", key=key, upload_id=upload, part_number=1)
    assert pages.client.post(path, b"xx", "application/octet-stream").status_code == 200
    return ask("finish", key=key, upload_id=upload, size=2, **more)


# What does not come to its end


def test_a_job_that_is_left_leaves_a_true_line(
    aws: LocalAWS, pages: Pages, history: History, text_of: Callable[[Any], str]
) -> None:
    five(aws, pages.bucket)
    pages.post("delete-objects", {"select_folder": "d/"})
    assert history(pages.bucket) == ["Deleted 'd/': 2 objects, so far."]
    assert keys_of(aws, pages.bucket) == ["a", "d/3", "d/4", "d/5"]
    # Who does the rest later does another job.
    response = pages.post("delete-objects", {"select_folder": "d/"})
    pages.post("delete-objects", hidden_of(response))
    assert history(pages.bucket) == [
        "Deleted 'd/': 2 objects, so far.",
        "Deleted 'd/': 3 objects.",
    ]
    with translation.override("de"):
        text = text_of(pages.get("history"))
    assert "'d/' gelöscht: 2 Objekte, bisher." in text


def test_a_step_whose_answer_was_lost_is_told_with_the_others(
    aws: LocalAWS, pages: Pages, history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    five(aws, pages.bucket)
    response = pages.post("delete-objects", {"select_folder": "d/"})

    def lose(*args: Any, **options: Any) -> None:
        raise NetworkError("AWS did not answer in time.")

    # A local server cannot lose the second answer of a page alone.
    with monkeypatch.context() as patched:
        patched.setattr("philo_aws.admin.buckets.removal.delete_step", lose)
        failed = pages.post("delete-objects", hidden_of(response))
    assert history(pages.bucket) == ["Deleted 'd/': 2 objects, 1 step without an answer, so far."]
    seen = to_the_end(pages, "delete-objects", failed, history)
    assert seen[-1] == "Deleted 'd/': 5 objects, 1 step without an answer."


def test_what_fails_at_first_is_counted_with_what_is_done_later(
    aws: LocalAWS, pages: Pages, history: History
) -> None:
    put(aws, pages.bucket, "d/1")
    data = {"select_key": ["gone"], "select_folder": ["d/"], "bucket": pages.bucket, "key": "e/"}
    response = pages.post("copy", data)
    assert history(pages.bucket) == []
    pages.post("copy", hidden_of(response))
    to = f"to 's3://{pages.bucket}/e/'"
    assert history(pages.bucket) == [f"Copied 'd/' {to}: 1 object, 1 failed."]


# Whose line it is


@pytest.fixture
def begun(aws: LocalAWS, pages: Pages, history: History) -> dict[str, list[str]]:
    """The fields of the second step of a job that deletes five objects."""
    five(aws, pages.bucket)
    fields: dict[str, list[str]] = hidden_of(pages.post("delete-objects", {"select_folder": "d/"}))
    assert history(pages.bucket) == ["Deleted 'd/': 2 objects, so far."]
    return fields


NEW = ["Deleted 'd/': 2 objects, so far."] * 2


@pytest.mark.parametrize("how", ["missing", "cut", "turned", "made up", "of another salt"])
def test_a_number_that_is_not_signed_changes_nothing(
    pages: Pages, history: History, begun: dict[str, list[str]], how: str
) -> None:
    [token] = begun["job"]
    entry = LogEntry.objects.get()
    forged = {
        "missing": [],
        "cut": token[:-1],
        "turned": token[::-1],
        "made up": str(entry.pk),
        "of another salt": signing.dumps({"entries": {pages.bucket: entry.pk}}),
    }[how]
    pages.post("delete-objects", {**begun, "job": forged})
    assert history(pages.bucket) == NEW


def test_it_is_of_no_use_to_others_and_for_nothing_else(
    aws: LocalAWS,
    pages: Pages,
    history: History,
    begun: dict[str, list[str]],
    staff: Callable[..., Client],
    make_bucket: Callable[..., str],
) -> None:
    # Another person, who has seen it.
    other = Pages(staff("view_bucket", "list_objects", "delete_object"), pages.bucket)
    other.post("delete-objects", begun)
    assert history(pages.bucket) == NEW
    assert len(set(LogEntry.objects.values_list("user_id", flat=True))) == 2
    # Another bucket.
    there = Pages(pages.client, make_bucket())
    five(aws, there.bucket)
    there.post("delete-objects", begun)
    assert history(there.bucket) == ["Deleted 'd/': 2 objects, so far."]
    # Another job.
    put(aws, pages.bucket, "e/1")
    pages.post("delete-objects", {**begun, "select_folder": ["e/"], "after": ""})
    assert history(pages.bucket) == [*NEW, "Deleted 'e/': 1 object."]
    # Another page.
    put(aws, pages.bucket, "d/9")
    pages.post("copy", {**begun, "bucket": there.bucket, "key": "x/"})
    assert history(pages.bucket)[0] == NEW[0]
    assert history(pages.bucket)[3].startswith("Copied 'd/' to ")


def test_a_line_that_was_taken_away_is_written_anew(
    pages: Pages, history: History, begun: dict[str, list[str]]
) -> None:
    LogEntry.objects.all().delete()
    response = pages.post("delete-objects", begun)
    seen = to_the_end(pages, "delete-objects", response, history)
    assert seen == ["Deleted 'd/': 2 objects, so far.", "Deleted 'd/': 3 objects."]


# What was gone already


def test_a_form_that_is_sent_twice_is_one_line(
    aws: LocalAWS, pages: Pages, history: History
) -> None:
    put(aws, pages.bucket, "a", "b", "c", "d/1")
    assert said(pages.post("delete-objects", {"select_key": ["a"]})) == "1 object was deleted."
    again = pages.post("delete-objects", {"select_key": ["a"]})
    assert said(again).endswith("Nothing was deleted. 1 was not there any more.")
    assert history(pages.bucket) == ["Deleted 'a'."]
    some = pages.post("delete-objects", {"select_key": ["a", "b", "c"]})
    assert said(some).endswith("2 objects were deleted. 1 was not there any more.")
    assert history(pages.bucket)[1:] == ["Deleted 'b', 'c': 2 objects, 1 skipped."]
    for _ in range(2):
        pages.post("delete-objects", {"select_folder": "d/"})
    assert history(pages.bucket)[2:] == ["Deleted 'd/': 1 object."]
    for _ in range(2):
        response = pages.post("delete-objects", {"select_key": ["a"], "select_folder": ["d/"]})
        pages.post("delete-objects", hidden_of(response))
    assert len(history(pages.bucket)) == 3


def test_what_was_deleted_gets_no_second_mark(
    aws: LocalAWS, pages: Pages, history: History
) -> None:
    s3.put_bucket_versioning(pages.bucket, {"Status": "Enabled"})
    put(aws, pages.bucket, "a")
    for _ in range(2):
        pages.post("delete-objects", {"select_key": ["a"]})
    answer = aws.client("s3").list_object_versions(Bucket=pages.bucket)
    assert len(answer["DeleteMarkers"]) == 1
    assert history(pages.bucket) == ["Deleted 'a'."]
    assert said(pages.post("undelete", {"select_key": ["a"]})) != ""
    again = pages.post("undelete", {"select_key": ["a"]})
    assert said(again).endswith("Nothing was brought back. 1 was there already.")
    assert history(pages.bucket) == ["Deleted 'a'.", "Undeleted 'a'."]


def test_a_step_that_is_sent_twice_counts_once(
    aws: LocalAWS, pages: Pages, history: History, begun: dict[str, list[str]]
) -> None:
    response = pages.post("delete-objects", begun)
    response = pages.post("delete-objects", hidden_of(response))
    assert history(pages.bucket) == ["Deleted 'd/': 5 objects."]
    pages.post("delete-objects", begun)
    assert history(pages.bucket) == ["Deleted 'd/': 5 objects."]


def test_a_move_that_is_sent_twice(aws: LocalAWS, pages: Pages, history: History) -> None:
    put(aws, pages.bucket, "a")
    data = {"select_key": ["a"], "bucket": pages.bucket, "key": "b"}
    for _ in range(2):
        pages.post("move", data)
    assert history(pages.bucket) == [f"Moved 'a' to 's3://{pages.bucket}/b'."]


RACE = """
import sys
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
import django
from django.conf import settings
# As Django does without settings for it.
settings.DATABASES["default"] |= {"NAME": sys.argv[1], "OPTIONS": {"timeout": 20}}
django.setup()
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import connection
from philo_aws.admin.jobs import amend
from philo_aws.admin.tally import read_line
from philo_aws.models import Bucket
call_command("migrate", verbosity=0)
user = User.objects.create_superuser("a", password="a")
bucket = Bucket(pk="some-bucket")
entry = LogEntry.objects.log_actions(
    user.pk, [bucket], CHANGE, change_message="Deleted 'd/': 1 object, so far.", single_object=True
)
request = SimpleNamespace(user=user)
def more(text):
    return str(read_line(text).add({"objects": 1}, "so far"))
def step(number):
    try:
        return amend(request, bucket, entry.pk, more)
    finally:
        connection.close()
with ThreadPoolExecutor(8) as pool:
    assert all(pool.map(step, range(64)))
entry.refresh_from_db()
print(entry.change_message)
"""


def test_steps_at_the_same_moment_are_all_counted(
    aws: LocalAWS, settings: Any, tmp_path: Path
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", RACE, str(tmp_path / "db")],
        env=process_environment(settings.AWS, {}),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.strip() == "Deleted 'd/': 65 objects, so far.", done.stderr
