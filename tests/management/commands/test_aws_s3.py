"""`manage.py aws_s3`, as its user sees it: stdout, stderr, exit code."""

from __future__ import annotations

import io
import json
import os
import re
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from pytest_django import Settings

from philo_aws.window import MOST
from tests.running import Result
from tests.s3.files.test_tree import plant
from tests.s3.transfer.test_folders import local, stored
from tests.servers import LocalAWS, free_port

Run = Callable[..., Result]


@pytest.fixture
def s3(run: Run, bucket: str) -> Run:
    """`manage.py aws_s3 ACTION --bucket BUCKET …`."""
    return lambda action, *flags, **options: run(
        "aws_s3", action, "--bucket", bucket, *flags, **options
    )


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    plant(tmp_path / "tree", "a.txt", "css/a.css", "css/b.css.map")
    return tmp_path / "tree"


def lines(result: Result) -> list[dict[str, Any]]:
    return [json.loads(line) for line in result.out.splitlines()]


# Buckets


def test_buckets(aws: LocalAWS, run: Run, bucket: str) -> None:
    name = f"{bucket}-x"
    assert run("aws_s3", "create_bucket", "--bucket", name).code == 0
    result = run("aws_s3", "list_buckets")
    assert result.code == 0
    # Another test's bucket may have a longer name.
    assert re.search(rf"\| {name} +\|", result.out)
    assert "Creation Date" in result.out
    assert name in [
        row["Name"] for row in lines(run("aws_s3", "list_buckets", "--format", "jsonl"))
    ]
    made = run("aws_s3", "delete_bucket", "--bucket", name, "--format", "json")
    assert json.loads(made.out)["ResponseMetadata"]["HTTPStatusCode"] == 204
    assert run("aws_s3", "delete_bucket", "--bucket", name).code == 1


@pytest.mark.parametrize("name", ["My_Bucket", "a", "a..b", "-a-b", "a b"])
def test_an_impossible_bucket_name(ministack: LocalAWS, run: Run, name: str) -> None:
    result = run("aws_s3", "create_bucket", f"--bucket={name}")
    assert result.code == 2
    assert result.out == ""
    assert f"{name!r} is no possible bucket name" in result.err
    assert "Traceback" not in result.err


# Listing


def test_an_empty_bucket_is_an_empty_table(s3: Run) -> None:
    result = s3("list_objects_v2")
    assert result.code == 0
    assert "Last Modified" in result.out
    assert s3("list_objects_v2", "--format", "json").out == "[]\n"
    assert s3("list_objects_v2", "--format", "jsonl").out == ""


def test_the_listing_for_programs(aws: LocalAWS, bucket: str, s3: Run) -> None:
    for key in ('a"b', "caf\xe9"):
        aws.client("s3").put_object(Bucket=bucket, Key=key, Body=b"xyz")
    rows = lines(s3("list_objects_v2", "--format", "jsonl"))
    assert rows == json.loads(s3("list_objects_v2", "--format", "json").out)
    own = aws.client("s3").list_objects_v2(Bucket=bucket)["Contents"]
    assert [(r["Key"], r["Size"], r["ETag"], r["StorageClass"]) for r in rows] == [
        (r["Key"], r["Size"], r["ETag"], r["StorageClass"]) for r in own
    ]


def test_control_characters_do_not_reach_the_terminal(
    ministack: LocalAWS, bucket: str, s3: Run
) -> None:
    ministack.client("s3").put_object(Bucket=bucket, Key="\x1b[31mred\n", Body=b"")
    result = s3("list_objects_v2")
    assert "\x1b" not in result.out
    assert r"\x1b[31mred\n" in result.out


def test_nothing_matched(s3: Run) -> None:
    result = s3("list_objects_v2", "--prefix", "none/")
    assert result.code == 3
    assert "No key matches" in result.err


def test_filters_of_the_listing(s3: Run, tree: Path) -> None:
    s3("upload_dir", "--root_folder", tree)
    found = s3("list_objects_v2", "--include", "css/", "--exclude", "*.map", "--format", "jsonl")
    assert [row["Key"] for row in lines(found)] == ["css/a.css"]


# Single files


def test_a_file_up_and_down(aws: LocalAWS, bucket: str, s3: Run, tmp_path: Path) -> None:
    (tmp_path / "up").write_bytes(b"content")
    up, down = tmp_path / "up", tmp_path / "down"
    result = s3("upload_file", "--fname", up, "--key", "k")
    assert (result.code, result.out) == (0, "")
    assert re.fullmatch(rf"Uploaded {up} to s3://{bucket}/k: 7 bytes in \d+\.\d s\.\n", result.err)
    result = s3("download_file", "--fname", down, "--key", "k")
    assert (result.code, result.out) == (0, "")
    assert re.fullmatch(
        rf"Downloaded s3://{bucket}/k to {down}: 7 bytes in \d+\.\d s\.\n", result.err
    )
    for words in (("upload_file", "--fname", up), ("download_file", "--fname", down)):
        assert s3(*words, "--key", "k", "--quiet", tty=True) == Result(0, "", "")
    assert (tmp_path / "down").read_bytes() == b"content"
    [line] = lines(s3("upload_file", "--fname", tmp_path / "up", "--key", "k", "--format", "jsonl"))
    assert (line["action"], line["key"], line["bytes"]) == ("upload", "k", 7)


def test_progress_is_shown_on_a_terminal_only(s3: Run, tmp_path: Path) -> None:
    (tmp_path / "up").write_bytes(b"." * 100_000)
    up = ("upload_file", "--fname", tmp_path / "up", "--key", "k")
    down = ("download_file", "--fname", tmp_path / "down", "--key", "k")
    for flags in (up, down):
        shown = s3(*flags, tty=True)
        assert shown.code == 0
        assert "100%" in shown.err
        assert "100k" in shown.err
        assert shown.out == ""
        for without in (s3(*flags, "--no_progress", tty=True), s3(*flags)):
            assert re.fullmatch(r"\w+loaded .*: 100\.0 kB in .* s\.\n", without.err)


@pytest.mark.parametrize("place", ["none", "tree", "css/../tree"])
def test_what_is_no_file_to_upload(s3: Run, tree: Path, place: str) -> None:
    result = s3("upload_file", "--fname", tree.parent / place, "--key", "k")
    assert result.code == 1
    assert result.err.startswith("CommandError: ")
    assert str(tree.parent / place) in result.err


def test_a_missing_folder_for_the_download(
    aws: LocalAWS, bucket: str, s3: Run, tmp_path: Path
) -> None:
    aws.client("s3").put_object(Bucket=bucket, Key="k", Body=b"x")
    result = s3("download_file", "--fname", tmp_path / "none" / "f", "--key", "k")
    assert result.code == 1
    assert "There is no folder" in result.err
    assert list(tmp_path.iterdir()) == []


def test_a_missing_key(s3: Run, tmp_path: Path) -> None:
    result = s3("download_file", "--fname", tmp_path / "f", "--key", "none")
    assert result.code == 1
    assert "There is no object 'none'" in result.err
    assert list(tmp_path.iterdir()) == []


def test_a_key_that_is_too_long(s3: Run, tmp_path: Path) -> None:
    (tmp_path / "f").touch()
    result = s3("upload_file", "--fname", tmp_path / "f", "--key", "k" * 1025)
    assert result.code == 2
    assert "1,025 bytes" in result.err


def test_an_unknown_region_gets_the_nearest(settings: Settings, run: Run, tmp_path: Path) -> None:
    settings.AWS = {"credentials": {"aws_access_key_id": "a", "aws_secret_access_key": "b"}}
    (tmp_path / "f").touch()
    result = run(
        "aws_s3",
        "upload_file",
        "--bucket",
        "bucket",
        "--fname",
        tmp_path / "f",
        "--key",
        "k",
        "--region",
        "eu-wset-1",
    )
    assert result.code == 1
    assert "Did you mean 'eu-west-1'?" in result.err


def test_no_network(settings: Settings, run: Run, tree: Path) -> None:
    settings.AWS = {
        "credentials": {"aws_access_key_id": "a", "aws_secret_access_key": "b"},
        "region": "eu-west-1",
        "endpoint_url": f"http://127.0.0.1:{free_port()}",
        "timeouts": {"commands": {"max_attempts": 1}},
    }
    result = run("aws_s3", "list_objects_v2", "--bucket", "bucket")
    assert result.code == 1
    assert "cannot be reached" in result.err
    assert "Traceback" not in result.err


def test_a_wrong_secret(
    signed_aws: LocalAWS, bucket: str, s3: Run, settings: Settings, tree: Path
) -> None:
    credentials = {**signed_aws.credentials, "aws_secret_access_key": "wrong-and-secret"}
    settings.AWS = {**signed_aws.settings, "credentials": credentials}
    for flags in (
        ("upload_file", "--fname", tree / "a.txt", "--key", "k"),
        ("upload_dir", "--root_folder", tree),
        ("list_objects_v2",),
    ):
        result = s3(*flags)
        assert result.code == 1
        assert "signature" in result.err
        assert "wrong-and-secret" not in result.err
    # A HEAD request, whose answer has no body.
    assert "the credentials are wrong, or" in s3("head_object", "--key", "k").err
    assert stored(signed_aws, bucket) == {}


def test_head_copy_and_presign(aws: LocalAWS, bucket: str, s3: Run, tmp_path: Path) -> None:
    import urllib.request

    aws.client("s3").put_object(Bucket=bucket, Key="k", Body=b"content", Metadata={"a": "1"})
    assert json.loads(s3("head_object", "--key", "k", "--format", "json").out)["ContentLength"] == 7
    assert "\nContentLength: 7\n" in s3("head_object", "--key", "k").out
    assert (
        s3("copy_object", "--key", "k", "--destination_key", "copy", "--metadata", "b=2").code == 0
    )
    assert aws.client("s3").head_object(Bucket=bucket, Key="copy")["Metadata"] == {"b": "2"}
    again = ("copy_object", "--key", "copy", "--destination_key", "copy")
    assert s3(*again, "--cache_control", "no-cache", "--tags", "t=1", "--sse", "AES256").code == 0
    head = aws.client("s3").head_object(Bucket=bucket, Key="copy")
    assert (head["CacheControl"], head["Metadata"]) == ("no-cache", {"b": "2"})
    assert head["ServerSideEncryption"] == "AES256"
    tags = aws.client("s3").get_object_tagging(Bucket=bucket, Key="copy")["TagSet"]
    assert tags == [{"Key": "t", "Value": "1"}]
    link = s3("presign", "--key", "k", "--expires_in", "60").out.strip()
    with urllib.request.urlopen(link) as answer:
        assert answer.read() == b"content"
    assert lines(s3("presign", "--key", "k", "--format", "jsonl"))[0]["url"].startswith("http")


# Folders


def test_a_folder_up(aws: LocalAWS, bucket: str, s3: Run, tree: Path) -> None:
    result = s3("upload_dir", "--root-folder", tree, "--prefix", "static")
    assert result.code == 0
    assert result.out == ""
    assert result.err.startswith("3 uploaded, 0 failed; 27 bytes in ")
    assert stored(aws, bucket) == {f"static/{key}": data for key, data in local(tree).items()}


def test_each_object_and_the_sum_for_programs(s3: Run, tree: Path) -> None:
    (tree / "broken").symlink_to("nowhere")
    result = s3("upload_dir", "--root_folder", tree, "--format", "jsonl")
    assert result.code == 1
    *objects, total = lines(result)
    assert {row["key"]: row["status"] for row in objects} == {
        "a.txt": "done",
        "broken": "failed",
        "css/a.css": "done",
        "css/b.css.map": "done",
    }
    assert {
        "action",
        "status",
        "key",
        "path",
        "bytes",
        "reason",
        "error",
        "code",
        "request_id",
    } == {name for row in objects for name in row}
    assert total["action"] == "summary"
    assert (total["planned"], total["uploaded"], total["failed"]) == (4, 3, 1)
    assert total["bytes"] == sum(map(len, local(tree).values()))
    assert (
        json.loads(s3("upload_dir", "--root_folder", tree, "--format", "json").out)[-1]["planned"]
        == 4
    )


def test_a_failure_is_named_and_the_exit_code_is_1(
    aws: LocalAWS, bucket: str, s3: Run, tree: Path
) -> None:
    (tree / "broken").symlink_to("nowhere")
    (tree / "link").symlink_to("a.txt")
    result = s3("upload_dir", "--root_folder", tree)
    assert result.code == 1
    assert "broken' is a broken symbolic link" in result.err
    assert "link': symbolic link, not followed" in result.err
    assert "3 uploaded, 1 skipped (symbolic link, not followed), 1 failed" in result.err
    assert "1 of 5 were not done" in result.err
    assert len(stored(aws, bucket)) == 3


def test_an_empty_folder_is_exit_code_3(s3: Run, tmp_path: Path) -> None:
    for action in ("upload_dir", "sync"):
        result = s3(action, "--root_folder", tmp_path)
        assert result.code == 3
        assert "Nothing matched" in result.err


def test_a_file_given_as_a_folder(s3: Run, tree: Path) -> None:
    result = s3("upload_dir", "--root_folder", tree / "a.txt")
    assert result.code == 1
    assert "is a file, not a folder" in result.err


def test_flags_in_order(aws: LocalAWS, bucket: str, s3: Run, tree: Path, tmp_path: Path) -> None:
    (tmp_path / "rules").write_text("# not served\n- *.map\n")
    s3(
        "upload_dir",
        "--root_folder",
        tree,
        "--filter_from",
        tmp_path / "rules",
        "--exclude",
        "css/*",
        "--include",
        "b.css.map",
    )
    assert set(stored(aws, bucket)) == {"a.txt", "css/b.css.map"}
    s3(
        "upload_dir",
        "--root_folder",
        tree,
        "--prefix",
        "x",
        "--include",
        "css/",
        "--exclude",
        "*.map",
    )
    assert set(stored(aws, bucket)) == {"a.txt", "css/b.css.map", "x/css/a.css"}


def test_properties(aws: LocalAWS, bucket: str, s3: Run, tree: Path) -> None:
    result = s3(
        "upload_dir", "--root_folder", tree, "--storage_class", "STANDARD_IA",
        "--metadata", "release=7", "--tags", "team=web + co", "--cache_control", "no-cache",
        "--headers", "*.css:Cache-Control=max-age=9", "--acl", "private", "--sse", "AES256",
        "--checksum", "sha256", "--concurrency", "2", "--part_size", "16MiB", "--engine", "auto",
    )  # fmt: skip
    assert result.code == 0
    client: Any = aws.client("s3")
    css = client.head_object(Bucket=bucket, Key="css/a.css")
    assert css["CacheControl"] == "max-age=9"
    assert css["StorageClass"] == "STANDARD_IA"
    assert css["Metadata"] == {"release": "7"}
    assert client.head_object(Bucket=bucket, Key="a.txt")["CacheControl"] == "no-cache"
    tags = client.get_object_tagging(Bucket=bucket, Key="a.txt")["TagSet"]
    assert tags == [{"Key": "team", "Value": "web + co"}]


@pytest.mark.parametrize(
    "flags, code, message",
    [
        (["--part_size", "1MiB"], 2, "5 MiB to 5 GiB"),
        (["--part_size", "many"], 2, "no size"),
        (["--concurrency", "0"], 2, "1 to 1,024"),
        (["--concurrency", "100000"], 2, "1 to 1,024"),
        (["--concurrency", "-1"], 2, "expected|no number"),
        (["--headers", "x"], 2, "GLOB:Name=Value"),
        (["--sse_kms_key_id", "k"], 2, "--sse aws:kms"),
        (["--metadata", "x"], 2, "NAME=VALUE"),
        (["--metadata", "a b=x"], 2, "no metadata name"),
        (["--metadata", "a=1", "--metadata", "A=2"], 2, "differ in their case"),
        (["--tags", "x"], 2, "NAME=VALUE"),
        (["--tags", "a=1", "--tags", "a=2"], 2, "given twice"),
        (["--storage_class", "A\r\nx-evil: 1"], 2, "no header can carry"),
        (["--expected_bucket_owner", "a\r\nb"], 2, "no header can carry"),
        (["--exclude", ""], 2, "matches nothing"),
        (["--include", "/"], 2, "matches nothing"),
        (["--exclude", "[z-a]"], 2, "a set that cannot be"),
        (["--filter_from", "/none"], 1, "no file or folder"),
        (["--checksum", "md5"], 2, "invalid choice"),
    ],
)
def test_flags_that_cannot_be(
    ministack: LocalAWS, s3: Run, tree: Path, flags: list[str], code: int, message: str
) -> None:
    import re

    result = s3("upload_dir", "--root_folder", tree, *flags)
    assert result.code == code
    assert re.search(message, result.err)
    assert s3("list_objects_v2", "--format", "jsonl").out == ""


@pytest.mark.parametrize(
    "words, message",
    [
        (["du", "--depth", "0"], "whole number of 1 or more"),
        (["presign", "--key", "k", "--expires_in", "0"], "1 to 604,800"),
        (["presign", "--key", "k", "--method", "PUT", "--content_disposition", "x"], "neither"),
        (["delete_objects", "--key", "a", "--exclude", "x"], "Rules choose"),
        (["sync", "--root_folder", ".", "--direction", "down", "--cache_control", "x"], "up"),
        (["sync", "--root_folder", ".", "--direction", "down", "--storage_class", "x"], "up"),
        (["sync", "--root_folder", ".", "--direction", "down", "--checksum", "sha256"], "up"),
        (["copy_object", "--key", "a", "--destination_key", "b", "--metadata", "a b=x"], "name"),
        (["list_objects_v2", "--expected_bucket_owner", "a\r\nb"], "no header can carry"),
    ],
)
def test_flags_that_cannot_be_together_or_at_all(
    settings: Settings, run: Run, words: list[str], message: str
) -> None:
    # Nobody listens there: nothing is asked before the flags are looked at.
    settings.AWS = {
        "credentials": {"aws_access_key_id": "a", "aws_secret_access_key": "b"},
        "region": "eu-west-1",
        "endpoint_url": f"http://127.0.0.1:{free_port()}",
        "timeouts": {"commands": {"max_attempts": 1}},
    }
    result = run("aws_s3", *words, "--bucket", "bucket")
    assert (result.code, result.out) == (2, "")
    assert message in result.err
    assert len(result.err.splitlines()) == 1


def test_a_line_that_is_no_rule(s3: Run, tree: Path, tmp_path: Path) -> None:
    (tmp_path / "rules").write_text("- *.map # not served\n")
    result = s3("upload_dir", "--root_folder", tree, "--filter_from", tmp_path / "rules")
    assert (result.code, result.out) == (2, "")
    assert "Line 1 of" in result.err


def test_why_auto_took_the_slower_engine_is_told(
    s3: Run, tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    note = "The slower engine serves: Reason.\n"
    up = ("upload_dir", "--root_folder", tree)
    total = lines(s3(*up, "--format", "jsonl"))[-1]
    assert (total["engine"], total["engine_reason"]) == ("crt", "It is the fastest.")
    # What makes the other one serve has its own tests.
    monkeypatch.setattr("philo_aws.s3.engine.choice.why_not_crt", lambda options: "Reason.")
    result = s3(*up, "--engine", "auto", "--format", "jsonl")
    assert result.err == note
    total = lines(result)[-1]
    assert (total["engine"], total["engine_reason"]) == ("classic", "Reason.")
    assert s3(*up).err.startswith(f"{note}3 uploaded")
    for words in (
        ("upload_file", "--fname", tree / "a.txt", "--key", "k"),
        ("download_file", "--fname", tmp_path / "down", "--key", "k"),
    ):
        assert s3(*words).err.splitlines(keepends=True)[0] == note
        assert s3(*words, "--quiet").err == ""
    chosen = s3(*up, "--engine", "classic", "--format", "jsonl")
    assert chosen.err == ""
    assert lines(chosen)[-1]["engine_reason"] == "It was asked for."


def test_a_folder_down(s3: Run, tree: Path, tmp_path: Path) -> None:
    s3("upload_dir", "--root_folder", tree, "--prefix", "static")
    result = s3("download_dir", "--root_folder", tmp_path / "down", "--prefix", "static")
    assert result.code == 0
    assert local(tmp_path / "down") == local(tree)


def test_a_bar_with_bytes_objects_rate_and_the_sum_after_it(s3: Run, tree: Path) -> None:
    (tree / "big").write_bytes(b"." * 1_000_000)
    result = s3("upload_dir", "--root_folder", tree, tty=True)
    assert "1.00M/1.00M" in result.err
    assert "4 objects" in result.err
    assert "B/s" in result.err
    assert "4 uploaded, 0 failed" in result.err
    assert "objects]" not in s3("upload_dir", "--root_folder", tree, "--no_progress", tty=True).err


# Sync and delete


def test_sync_up_and_down(aws: LocalAWS, bucket: str, s3: Run, tree: Path, tmp_path: Path) -> None:
    assert s3("sync", "--root_folder", tree).code == 0
    result = s3("sync", "--root_folder", tree)
    assert result.code == 0
    assert result.err.startswith("3 skipped (unchanged), 0 failed")
    (tree / "a.txt").unlink()
    assert "1 deleted" in s3("sync", "--root_folder", tree, "--delete").err
    assert stored(aws, bucket) == local(tree)
    down = ("sync", "--direction", "down", "--root_folder", tmp_path / "down")
    assert s3(*down).code == 0
    assert local(tmp_path / "down") == local(tree)


def test_a_dry_run_lists_what_would_be_done(
    aws: LocalAWS, bucket: str, s3: Run, tree: Path
) -> None:
    aws.client("s3").put_object(Bucket=bucket, Key="old", Body=b"")
    result = s3("sync", "--root_folder", tree, "--delete", "--dry_run")
    assert result.code == 0
    assert "upload a.txt (new, 5 bytes)\n" in result.out
    assert "delete old\n" in result.out
    assert result.err.startswith("Dry run, would be: 3 uploaded, ")
    assert "a.txt" not in stored(aws, bucket)


def test_guards(aws: LocalAWS, bucket: str, s3: Run, tree: Path, tmp_path: Path) -> None:
    s3("sync", "--root_folder", tree)
    (tmp_path / "empty").mkdir()
    result = s3("sync", "--root_folder", tmp_path / "empty", "--delete")
    assert result.code == 1
    assert "--allow_empty" in result.err
    (tree / "a.txt").unlink()
    result = s3("sync", "--root_folder", tree, "--delete", "--max_delete", "0")
    assert result.code == 1
    assert "--max_delete allows 0" in result.err
    assert len(stored(aws, bucket)) == 3
    assert s3("sync", "--root_folder", tree, "--max_delete", "1").code == 2
    assert s3("sync", "--root_folder", tree, "--allow_empty").code == 2


def test_a_dry_run_prints_what_a_guard_would_keep_and_ends_as_the_run(
    aws: LocalAWS, bucket: str, s3: Run, tree: Path, tmp_path: Path
) -> None:
    s3("upload_dir", "--root_folder", tree)
    (tmp_path / "empty").mkdir()
    result = s3("delete_objects", "--prefix", "css/", "--max_delete", "1", "--dry_run")
    assert result.code == 1
    assert result.out == (
        "delete css/a.css (above --max_delete)\ndelete css/b.css.map (above --max_delete)\n"
    )
    assert result.err.startswith("Dry run, would be: 2 skipped (above --max_delete), 0 failed")
    assert "Nothing would be deleted: 2 would go, and --max_delete allows 1." in result.err
    result = s3("sync", "--root_folder", tmp_path / "empty", "--delete", "--dry_run")
    assert result.code == 1
    assert result.out.splitlines()[0] == "delete a.txt (the source is empty)"
    assert len(result.out.splitlines()) == len(stored(aws, bucket)) == 3


def test_a_dry_run_is_no_success_where_nothing_could_be_sent(
    s3: Run, settings: Settings, tree: Path
) -> None:
    settings.AWS = {"region": "us-east-1"}
    result = s3("upload_dir", "--root_folder", tree, "--dry_run", "--format", "jsonl")
    assert result.code == 1
    assert "No AWS credentials were found" in result.err
    [summary] = lines(result)
    assert (summary["planned"], summary["unfinished"]) == (0, 0)


def test_delete_objects(aws: LocalAWS, bucket: str, s3: Run, tree: Path) -> None:
    s3("upload_dir", "--root_folder", tree)
    assert s3("delete_objects").code == 2
    assert s3("delete_objects", "--key", "a", "--prefix", "b").code == 2
    assert s3("delete_objects", "--prefix", "none/").code == 3
    result = s3("delete_objects", "--key", "a.txt", "--key", "css/a.css", "--format", "jsonl")
    assert [row["key"] for row in lines(result)[:-1]] == ["a.txt", "css/a.css"]
    assert s3("delete_objects", "--prefix", "").err.startswith("1 deleted, 0 failed")
    assert stored(aws, bucket) == {}


def test_usage(s3: Run, tree: Path) -> None:
    s3("upload_dir", "--root_folder", tree)
    assert s3("du").out == (
        "+--------+---------+--------------+\n"
        "| Prefix | Objects | Size (bytes) |\n"
        "+--------+---------+--------------+\n"
        "|        |    1    |      5       |\n"
        "| css/   |    2    |      22      |\n"
        "| Total  |    3    |      27      |\n"
        "+--------+---------+--------------+\n"
    )
    assert lines(s3("du", "--format", "jsonl"))[1] == {"Prefix": "css/", "Objects": 2, "Bytes": 22}
    assert s3("du", "--prefix", "none/").code == 3


@pytest.mark.aws_servers("ministack")
def test_multipart_uploads(aws: LocalAWS, bucket: str, s3: Run) -> None:
    begun = aws.client("s3").create_multipart_upload(Bucket=bucket, Key="big")
    assert begun["UploadId"] in s3("list_multipart_uploads").out
    result = s3("abort_multipart_uploads")
    assert result.code == 0
    assert "begun too recently" in result.err
    for age in ("soon", "9999999d", "99999999999999d"):
        result = s3("abort_multipart_uploads", "--older_than", age)
        assert (result.code, len(result.err.splitlines())) == (2, 1)
    assert s3("abort_multipart_uploads", "--older_than", "0s").err.startswith("1 aborted")
    assert lines(s3("list_multipart_uploads", "--format", "jsonl")) == []


# As a process, and from Python


def test_call_command_takes_python_values(aws: LocalAWS, bucket: str, tree: Path) -> None:
    err = io.StringIO()
    call_command(
        "aws_s3", "upload_dir", bucket=bucket, root_folder=tree, exclude=["*"], include="*.css",
        metadata={"a": "1"}, stderr=err,
    )  # fmt: skip
    assert set(stored(aws, bucket)) == {"css/a.css"}
    assert err.getvalue().startswith("1 uploaded")


@pytest.mark.aws_servers("ministack")
def test_a_process_of_its_own_is_quiet_about_itself(
    aws: LocalAWS, bucket: str, run_process: Run, tree: Path
) -> None:
    env = {"PYTHONDEVMODE": "1", "PYTHONWARNINGS": "error"}
    result = run_process("aws_s3", "sync", "--bucket", bucket, "--root_folder", str(tree), env=env)
    assert result.code == 0
    assert result.err.startswith("3 uploaded, 0 failed")
    assert len(result.err.splitlines()) == 1


def upload_dir_told_line_by_line(bucket: str, folder: Path) -> list[str]:
    words = ["aws_s3", "upload_dir", "--bucket", bucket, "--root_folder", str(folder)]
    return [*words, "--format", "jsonl"]


@pytest.mark.aws_servers("ministack")
def test_a_reader_that_goes_away_is_no_success(
    aws: LocalAWS, bucket: str, start_process: Callable[..., Any], tmp_path: Path
) -> None:
    plant(tmp_path / "tree", *(f"{number:04}" for number in range(300)))
    process = start_process(*upload_dir_told_line_by_line(bucket, tmp_path / "tree"))
    process.stdout.close()
    process.stdout = None
    _, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "Traceback" not in err
    assert len(stored(aws, bucket)) == 300


@pytest.mark.aws_servers("ministack")
@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no device that is full")
def test_output_that_cannot_be_written_is_no_success(
    aws: LocalAWS, bucket: str, start_process: Callable[..., Any], tree: Path
) -> None:
    def ended(process: Any) -> tuple[int, str]:
        _, err = process.communicate(timeout=60)
        return process.returncode, err

    sync = ("aws_s3", "sync", "--bucket", bucket, "--root_folder", str(tree))
    with open("/dev/full", "w") as full:
        dry = start_process(*sync, "--dry_run", stdout=full)
        check = start_process("aws_check", stdout=full)
    said = "CommandError: The output cannot be written: No space left on device.\n"
    code, err = ended(dry)
    assert (code, err.splitlines(keepends=True)[-1]) == (1, said)
    assert ended(check) == (1, said)
    closed = start_process(*sync, "--format", "jsonl", stdout=None, preexec_fn=lambda: os.close(1))
    said = "CommandError: The output cannot be written: Bad file descriptor.\n"
    assert ended(closed) == (1, said)
    assert len(stored(aws, bucket)) == 3


@pytest.mark.aws_servers("ministack")
def test_an_interrupt_ends_with_130_and_a_true_sum(
    aws: LocalAWS, bucket: str, start_process: Callable[..., Any], tmp_path: Path
) -> None:
    plant(tmp_path / "tree", *(f"{number:05}" for number in range(8_000)))
    process = start_process(*upload_dir_told_line_by_line(bucket, tmp_path / "tree"))
    for _ in range(50):
        assert process.stdout.readline()
    os.kill(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Interrupted" in err
    assert "Traceback" not in err
    total = json.loads(out.splitlines()[-1])
    assert total["interrupted"] is True
    client: Any = aws.client("s3")
    pages = client.get_paginator("list_objects_v2").paginate(Bucket=bucket)
    # What was aborted because no answer came in time may have got there.
    there = sum(page["KeyCount"] for page in pages)
    assert total["uploaded"] <= there <= total["uploaded"] + MOST
    assert total["planned"] == total["uploaded"] + total["unfinished"]
    assert 50 <= total["uploaded"] < 8_000


@pytest.mark.aws_servers("ministack")
def test_after_a_kill_the_next_run_uploads_only_what_is_missing(
    aws: LocalAWS, bucket: str, start_process: Callable[..., Any], run: Run, tmp_path: Path
) -> None:
    plant(tmp_path / "tree", *(f"{number:04}" for number in range(3000)))
    sync = ("aws_s3", "sync", "--bucket", bucket, "--root_folder", str(tmp_path / "tree"))
    process = start_process(*sync, "--format", "jsonl")
    for _ in range(50):
        assert process.stdout.readline()
    process.kill()
    process.communicate(timeout=60)
    client: Any = aws.client("s3")

    def present() -> int:
        pages = client.get_paginator("list_objects_v2").paginate(Bucket=bucket)
        return sum(page["KeyCount"] for page in pages)

    there = present()
    assert 50 <= there < 3000
    total = lines(run(*sync, "--format", "jsonl"))[-1]
    # What was on its way at the kill may get there after it was counted.
    assert (total["uploaded"] + total["skipped"], total["failed"]) == (3000, 0)
    assert there <= total["skipped"] <= there + MOST
    assert present() == 3000
