"""Addresses in the place of buckets and keys, words without flags, and the settings' bucket."""

from __future__ import annotations

import io
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from philo_aws.management.parsing import Unnamed
from philo_aws.management.s3_addresses import resolve
from tests.running import Result
from tests.servers import LocalAWS

Run = Callable[..., Result]


@pytest.fixture
def there(aws: LocalAWS, bucket: str) -> Callable[[], dict[str, bytes]]:
    """What is in the bucket."""

    def read() -> dict[str, bytes]:
        client = aws.client("s3")
        listed = client.list_objects_v2(Bucket=bucket).get("Contents", [])
        return {
            row["Key"]: client.get_object(Bucket=bucket, Key=row["Key"])["Body"].read()
            for row in listed
        }

    return read


@pytest.fixture(autouse=True)
def folder(tmp_path: Path) -> Iterator[None]:
    before = Path.cwd()
    os.chdir(tmp_path)
    Path("report.pdf").write_bytes(b"content")
    yield
    os.chdir(before)


def test_a_file_there_and_back_by_words_alone(
    run: Run, bucket: str, there: Callable[[], dict[str, bytes]]
) -> None:
    assert run("aws_s3", "upload_file", "report.pdf", f"s3://{bucket}/reports/").code == 0
    assert run("aws_s3", "upload_file", "report.pdf", f"s3://{bucket}").code == 0
    assert there() == dict.fromkeys(["report.pdf", "reports/report.pdf"], b"content")
    Path("down").mkdir()
    address = f"s3://{bucket}/reports/report.pdf"
    assert run("aws_s3", "download_file", address, "down").code == 0
    assert run("aws_s3", "download_file", address, "named").code == 0
    assert Path("down/report.pdf").read_bytes() == Path("named").read_bytes() == b"content"
    assert run("aws_s3", "copy_object", address, f"s3://{bucket}/old/").code == 0
    shown = run("aws_s3", "head_object", f"s3://{bucket}/old/report.pdf").out
    assert re.search(r"^ContentLength: +7$", shown, re.MULTILINE)
    assert run("aws_s3", "du", f"s3://{bucket}/old/").out.count("report") == 0
    keys = [f"s3://{bucket}/{key}" for key in ("report.pdf", "old/report.pdf")]
    assert run("aws_s3", "delete_objects", *keys).code == 0
    assert list(there()) == ["reports/report.pdf"]


def test_folders(run: Run, bucket: str, there: Callable[[], dict[str, bytes]]) -> None:
    assert run("aws_s3", "upload_dir", ".", f"s3://{bucket}/static").code == 0
    assert list(there()) == ["static/report.pdf"]
    assert run("aws_s3", "download_dir", f"s3://{bucket}/static", "back").code == 0
    assert Path("back/report.pdf").read_bytes() == b"content"
    assert run("aws_s3", "delete_objects", "--prefix", f"s3://{bucket}/static").code == 0
    assert there() == {}


def test_by_call_command(bucket: str, there: Callable[[], dict[str, bytes]]) -> None:
    def call(*words: str, **flags: Any) -> None:
        call_command("aws_s3", *words, stdout=io.StringIO(), stderr=io.StringIO(), **flags)

    call("upload_file", fname="report.pdf", key=f"s3://{bucket}/a")
    call("upload_file", "report.pdf", f"s3://{bucket}/b/")
    call("copy_object", key=f"s3://{bucket}/a", destination_key=f"s3://{bucket}/c")
    call("delete_objects", key=[f"s3://{bucket}/a", "c"])
    assert list(there()) == ["b/report.pdf"]
    with pytest.raises(CommandError, match="Name one bucket") as caught:
        call("head_object", bucket="other", key=f"s3://{bucket}/a")
    assert caught.value.returncode == 2


@pytest.mark.aws_servers("ministack")
def test_a_key_by_its_flag_is_what_it_is(aws: LocalAWS, run: Run, bucket: str) -> None:
    words = ("--bucket", bucket, "--fname", "report.pdf", "--key", "reports/")
    result = run("aws_s3", "upload_file", *words)
    assert result.code == 2
    assert "Give the file a name in it: 'reports/report.pdf'" in result.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("head_object", "--bucket", "b-1", "s3://b-2/k"), "'b-2', but the bucket 'b-1' was named"),
        (("head_object", "--bucket", "s3://b-1/x", "--key", "y"), "names 'x', and --key 'y'"),
        (("delete_objects", "s3://b-1/x", "s3://b-2/x"), "Name one bucket"),
        (("delete_objects", "--bucket", "s3://b-1/x"), "Give it as --key or --prefix"),
        (("create_bucket", "s3://b-1/x"), "create_bucket takes a bucket alone"),
        (("copy_object", "s3://b-1/x", "--destination_bucket", "b-2", "s3://b-3/x"), "'b-2' was"),
        (("upload_file", "-", "s3://b-1/x/"), "stdin has no name: write one, as in x/NAME"),
        (("head_object", "s3://B!/k"), "no possible bucket name"),
        (("head_object", "s3://b-1"), "The key is empty"),
    ],
)
def test_what_contradicts_itself_is_a_sentence_and_sends_nothing(
    run: Run, words: tuple[str, ...], said: str, settings: Settings
) -> None:
    settings.AWS = {**settings.AWS, "endpoint_url": "http://127.0.0.1:9"}
    result = run("aws_s3", *words)
    assert (result.code, result.out) == (2, "")
    assert said in result.err
    assert result.err.startswith("CommandError: ")


class TestTheBucketOfTheSettings:
    @pytest.fixture(autouse=True)
    def default(self, settings: Settings, aws: LocalAWS, bucket: str) -> None:
        settings.AWS = {**settings.AWS, "bucket": bucket}

    def test_stands_where_none_is_named(
        self, run: Run, there: Callable[[], dict[str, bytes]], aws: LocalAWS
    ) -> None:
        assert run("aws_s3", "upload_file", "report.pdf", "reports/").code == 0
        assert list(there()) == ["reports/report.pdf"]
        assert "report.pdf" in run("aws_s3", "list_objects_v2").out
        other = aws.make_bucket()
        assert run("aws_s3", "copy_object", "reports/report.pdf", f"s3://{other}/x").code == 0
        assert run("aws_s3", "head_object", f"s3://{other}/x").code == 0
        assert run("aws_s3", "delete_objects", "--prefix", "reports/").code == 0
        assert there() == {}

    @pytest.mark.parametrize(
        "words",
        [
            ("delete_bucket",),
            ("delete_objects", "--prefix", ""),
            ("sync", "--root_folder", ".", "--delete"),
            ("rm", "--recursive", ""),
        ],
    )
    def test_what_deletes_all_of_it_wants_it_named(
        self, run: Run, bucket: str, words: tuple[str, ...], aws: LocalAWS
    ) -> None:
        aws.client("s3").put_object(Bucket=bucket, Key="k")
        result = run("aws_s3", *words)
        assert (result.code, result.out) == (2, "")
        assert f"--bucket {bucket}" in result.err
        assert run("aws_s3", "head_object", "k").code == 0
        named = [f"s3://{bucket}" if word == "" and "rm" in words else word for word in words]
        more = () if "rm" in words else ("--bucket", bucket)
        assert f"--bucket {bucket}" not in run("aws_s3", *named, *more).err

    def test_the_help_says_so(self, run: Run) -> None:
        assert 'AWS["bucket"]' in " ".join(run("aws_s3", "head_object", "--help").out.split())


def test_without_one_it_is_asked_for(run: Run) -> None:
    result = run("aws_s3", "head_object", "k")
    assert result.code == 2
    assert "required: --bucket (or s3://BUCKET/… for the key, or AWS" in result.err


def test_the_ends_of_a_copy_within_a_bucket_need_no_second_one() -> None:
    values: dict[str, Any] = {
        "bucket": None,
        "key": Unnamed("arn:aws:s3:::b-1/x/1.pdf"),
        "destination_bucket": None,
        "destination_key": Unnamed("old/"),
    }
    resolve("copy_object", ("key", "destination_key"), values)
    assert values == {
        "bucket": "b-1",
        "key": "x/1.pdf",
        "destination_bucket": None,
        "destination_key": "old/1.pdf",
    }
