"""`manage.py aws_s3 wait_object` and `restore_archive`: stdout, stderr, exit code."""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Callable
from typing import Any

import pytest

from tests.running import Result
from tests.servers import LocalAWS

Run = Callable[..., Result]


@pytest.fixture
def s3(run: Run, bucket: str) -> Run:
    """`manage.py aws_s3 ACTION --bucket BUCKET …`."""
    return lambda action, *flags, **options: run(
        "aws_s3", action, "--bucket", bucket, *flags, **options
    )


def test_what_is_so_already(aws: LocalAWS, bucket: str, s3: Run) -> None:
    etag = aws.client("s3").put_object(Bucket=bucket, Key="k", Body=b"1")["ETag"]
    assert s3("wait_object", "--key", "k") == Result(0, "", f"'k' is there, ETag {etag}.\n")
    told = s3("wait_object", "--key", "k", "--format", "json")
    assert (told.code, told.err) == (0, "")
    answer = json.loads(told.out)
    assert (answer["key"], answer["etag"], answer["bytes"]) == ("k", etag, 1)
    gone = s3("wait_object", "--key", "never", "--until", "gone")
    assert gone == Result(0, "", "'never' is not there.\n")
    changed = s3("wait_object", "--key", "k", "--until", "changed", "--etag", "0")
    assert changed.code == 0


def test_what_does_not_come_in_time(s3: Run) -> None:
    result = s3("wait_object", "--key", "k", "--timeout", "0s", "--format", "json")
    assert (result.code, result.out) == (1, "")
    assert "The object 'k' in bucket" in result.err
    assert "is not there after 0 seconds." in result.err


@pytest.mark.aws_servers("ministack")
def test_it_is_waited_for_until_it_comes(
    aws: LocalAWS, bucket: str, start_process: Callable[..., subprocess.Popen[str]]
) -> None:
    process = start_process("aws_s3", "wait_object", "--bucket", bucket, "--key", "k")
    assert process.stderr is not None
    assert process.stderr.readline() == "Waiting for 'k', up to 300 seconds …\n"
    aws.client("s3").put_object(Bucket=bucket, Key="k", Body=b"1")
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (0, "")
    assert err.startswith("'k' is there")


@pytest.mark.aws_servers("ministack")
def test_an_interrupt_ends_the_wait(
    aws: LocalAWS, bucket: str, start_process: Callable[..., subprocess.Popen[str]]
) -> None:
    process = start_process("aws_s3", "wait_object", "--bucket", bucket, "--key", "k")
    assert process.stderr is not None
    process.stderr.readline()
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (130, "")
    assert err == "CommandError: Interrupted.\n"


@pytest.mark.aws_servers("ministack")
def test_flags_of_the_wait_that_cannot_be(s3: Run) -> None:
    for flags, words in (
        (["--timeout", "5"], "is no age"),
        (["--timeout", "8d"], "timeout is"),
        (["--until", "exist"], "invalid choice"),
        (["--etag", "x"], "An ETag says"),
    ):
        result = s3("wait_object", "--key", "k", *flags)
        assert (result.code, result.out) == (2, "")
        assert words in result.err


@pytest.fixture
def archive(aws: LocalAWS, bucket: str) -> Any:
    client = aws.client("s3")
    for key, storage_class in (("a/1", "GLACIER"), ("a/2", "DEEP_ARCHIVE"), ("a/3", "STANDARD")):
        client.put_object(Bucket=bucket, Key=key, Body=b"1", StorageClass=storage_class)
    return client


def test_archived_objects_are_asked_for(archive: Any, s3: Run) -> None:
    flags = ("restore_archive", "--prefix", "a/", "--days", "2", "--tier", "Bulk")
    dry = s3(*flags, "--dry_run")
    assert (dry.code, dry.out) == (
        0,
        "request a/1 (GLACIER)\nrequest a/2 (DEEP_ARCHIVE)\n",
    )
    assert "Dry run, would be: 2 requested, 1 skipped (can be read as it is)" in dry.err
    result = s3(*flags)
    assert (result.code, result.out) == (0, "")
    assert "2 requested, 1 skipped" in result.err
    again = s3(*flags, "--format", "jsonl")
    assert again.code == 0
    last = json.loads(again.out.splitlines()[-1])
    assert (last["requested"], last["skipped"], last["failed"]) == (0, 3, 0)


def test_archived_objects_are_waited_for(archive: Any, bucket: str, s3: Run) -> None:
    result = s3("restore_archive", "--key", "a/1", "--key", "a/2", "--wait", "--timeout", "60s")
    assert (result.code, result.out) == (0, "")
    assert "2 restored, 2 requested, 0 failed" in result.err
    assert archive.get_object(Bucket=bucket, Key="a/2")["Body"].read() == b"1"


def test_what_is_not_archived_is_refused(archive: Any, s3: Run) -> None:
    result = s3("restore_archive", "--key", "a/3")
    assert (result.code, result.out) == (1, "")
    assert "is not archived: its class is STANDARD" in result.err
    nothing = s3("restore_archive", "--prefix", "none/")
    assert (nothing.code, nothing.out) == (3, "")


def test_reading_an_archived_object_says_how(archive: Any, s3: Run, tmp_path: Any) -> None:
    result = s3("download_file", "--key", "a/1", "--fname", tmp_path / "f")
    assert (result.code, result.out) == (1, "")
    assert "`manage.py aws_s3 restore_archive` does that" in result.err
    assert not (tmp_path / "f").exists()


@pytest.mark.aws_servers("ministack")
def test_flags_of_an_archive_that_cannot_be(s3: Run) -> None:
    for flags, words in (
        ([], "either --key or --prefix"),
        (["--key", "k", "--days", "0"], "days is 0"),
        (["--key", "k", "--tier", "bulk"], "invalid choice"),
        (["--key", "k", "--timeout", "soon"], "is no age"),
    ):
        result = s3("restore_archive", *flags)
        assert (result.code, result.out) == (2, "")
        assert words in result.err
