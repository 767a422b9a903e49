"""Copies, moves and syncs between buckets by `manage.py aws_s3`: stdout, stderr, exit code."""

from __future__ import annotations

import json
import re
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from pytest_django import Settings

from tests.running import Result
from tests.s3.engine.conftest import FaultProxy, fault_proxy  # noqa: F401 - a fixture
from tests.s3.files.test_tree import plant
from tests.s3.transfer.test_folders import stored
from tests.servers import LocalAWS

Run = Callable[..., Result]
TREE = {"in/a b": b"1", "in/d/ü+%": b"22", "in/z": b""}


@pytest.fixture
def s3(run: Run) -> Run:
    return lambda *words, **options: run("aws_s3", *words, **options)


@pytest.fixture
def other(make_bucket: Callable[..., str]) -> str:
    return make_bucket()


@pytest.fixture
def filled(aws: LocalAWS, bucket: str) -> str:
    for key, body in TREE.items():
        aws.client("s3").put_object(Bucket=bucket, Key=key, Body=body)
    return bucket


def sides(source: str, target: str) -> tuple[str, ...]:
    return ("--source", f"s3://{source}", "--target", f"s3://{target}")


def lines(result: Result) -> list[dict[str, Any]]:
    return [json.loads(line) for line in result.out.splitlines()]


def test_copy_dir(aws: LocalAWS, s3: Run, filled: str, other: str) -> None:
    result = s3("copy_dir", *sides(f"{filled}/in", f"{other}/out/"))
    assert (result.code, result.out) == (0, "")
    assert re.fullmatch(
        r"3 copied, 0 failed; 3 bytes in \d\.\d s \(\d+ objects/s\)\.\n", result.err
    )
    assert stored(aws, other) == {key.replace("in/", "out/", 1): TREE[key] for key in TREE}
    *told, total = lines(s3("copy_dir", *sides(filled, other), "--format", "jsonl"))
    assert {(line["action"], line["status"], line["key"]) for line in told} == {
        ("copy", "done", key) for key in TREE
    }
    assert (total["copied"], total["failed"], total["engine"]) == (3, 0, "crt")


def test_properties_and_filters(aws: LocalAWS, s3: Run, filled: str, other: str) -> None:
    flags: tuple[str, ...] = ("--cache_control", "no-store", "--metadata", "k=v", "--tags", "a=b")
    flags += ("--exclude", "z")
    result = s3("copy_dir", *sides(f"{filled}/in", other), *flags)
    assert result.code == 0
    assert stored(aws, other).keys() == {"a b", "d/ü+%"}
    head = aws.client("s3").head_object(Bucket=other, Key="d/ü+%")
    assert (head["CacheControl"], head["Metadata"]) == ("no-store", {"k": "v"})


def test_move_dir(aws: LocalAWS, s3: Run, filled: str, other: str) -> None:
    result = s3("move_dir", *sides(f"{filled}/in", other), "--dry_run")
    assert (result.code, stored(aws, other)) == (0, {})
    assert result.out.splitlines()[:2] == ["copy a b (always, 1 bytes)", "delete in/a b"]
    assert result.err.startswith("Dry run, would be: 3 copied, 3 deleted, 0 failed; 3 bytes in ")
    result = s3("move_dir", *sides(f"{filled}/in", other))
    assert (result.code, result.out) == (0, "")
    assert result.err.startswith("3 copied, 3 deleted, 0 failed; 3 bytes in ")
    assert (stored(aws, filled), len(stored(aws, other))) == ({}, 3)
    result = s3("move_dir", *sides(f"{filled}/in", other))
    assert result.code == 3
    assert "Nothing matched" in result.err


def test_move_object(aws: LocalAWS, s3: Run, filled: str, other: str) -> None:
    words: tuple[str, ...] = ("--bucket", filled, "--key", "in/d/ü+%")
    words += ("--destination_bucket", other)
    words += ("--destination_key", "k", "--content_type", "a/b")
    result = s3("move_object", *words, "--format", "json")
    assert result.code == 0
    assert json.loads(result.out)["CopyObjectResult"]["ETag"]
    assert stored(aws, filled).keys() == {"in/a b", "in/z"}
    assert stored(aws, other) == {"k": b"22"}
    assert aws.client("s3").head_object(Bucket=other, Key="k")["ContentType"] == "a/b"
    result = s3("move_object", *words)
    assert result.code == 1
    assert "no object 'in/d/ü+%'" in result.err


def test_sync_of_two_buckets(aws: LocalAWS, s3: Run, filled: str, other: str) -> None:
    words = ("sync", *sides(f"{filled}/in", f"{other}/out"))
    assert s3(*words).err.startswith("3 copied, 0 failed; ")
    result = s3(*words)
    assert (result.code, result.err[:34]) == (0, "3 skipped (unchanged), 0 failed in")
    for key in ("out/x", "out/y"):
        aws.client("s3").put_object(Bucket=other, Key=key, Body=b"")
    result = s3(*words, "--delete", "--max_delete", 1)
    assert result.code == 1
    assert "Nothing was deleted: 2 would go, and --max_delete allows 1." in result.err
    result = s3(*words, "--delete", "--dry_run")
    assert result.out == "delete out/x\ndelete out/y\n"
    assert s3(*words, "--delete").err.startswith("2 deleted, 3 skipped (unchanged), 0 failed")
    assert len(stored(aws, other)) == 3


def test_sync_of_a_folder_and_an_address(
    aws: LocalAWS, s3: Run, bucket: str, tmp_path: Path
) -> None:
    plant(tmp_path / "up", "a", "b/c")
    (tmp_path / "down").mkdir()
    result = s3("sync", "--source", tmp_path / "up", "--target", f"s3://{bucket}/x")
    assert result.err.startswith("2 uploaded, 0 failed; ")
    assert stored(aws, bucket).keys() == {"x/a", "x/b/c"}
    result = s3("sync", "--source", f"s3://{bucket}/x", "--target", tmp_path / "down")
    assert result.err.startswith("2 downloaded, 0 failed; ")
    assert (tmp_path / "down" / "b" / "c").read_bytes() == (tmp_path / "up/b/c").read_bytes()
    flags = ("--delete", "--dry_run")
    (tmp_path / "down" / "more").touch()
    result = s3("sync", "--source", f"s3://{bucket}/x", "--target", tmp_path / "down", *flags)
    assert result.out == "delete x/more\n"


def test_by_call_command(ministack: LocalAWS, bucket: str, other_bucket: str) -> None:
    ministack.client("s3").put_object(Bucket=bucket, Key="a", Body=b"x")
    both = {"source": f"s3://{bucket}", "target": f"s3://{other_bucket}"}
    call_command("aws_s3", "sync", **both)
    call_command("aws_s3", "copy_dir", **both, metadata={"k": "v"})
    head = ministack.client("s3").head_object(Bucket=other_bucket, Key="a")
    assert head["Metadata"] == {"k": "v"}


@pytest.fixture
def other_bucket(ministack: LocalAWS) -> str:
    return ministack.make_bucket()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["copy_dir", *sides("aaa", "aaa/b")], "inside the source"),
        (["copy_dir", *sides("aaa/x", "aaa/x/")], "Source and target are the same"),
        (["move_dir", *sides("aaa/x", "aaa/x"), "--acl", "private"], "are the same"),
        (["copy_dir", "--source", "./folder", "--target", "s3://aaa"], "no S3 address"),
        (["copy_dir", "--source", "s3://aaa"], "required: --target"),
        (["sync", *sides("aaa/x", "aaa"), "--delete"], "lies inside the target"),
        (["sync", "--source", "a", "--target", "b"], "Neither --source nor --target is in S3"),
        (["sync", "--source", "s3://aaa"], "--root_folder or --target"),
        (["sync", *sides("aaa", "bbb"), "--bucket", "b"], "--bucket: not allowed with"),
        (["sync", *sides("aaa", "bbb"), "--prefix", "b"], "--prefix is for files"),
        (["sync", *sides("aaa", "bbb"), "--direction", "down"], "--direction is for files"),
        (["sync", *sides("aaa", "bbb"), "--headers", "*:A=b"], "--headers is for files"),
        (["sync", *sides("aaa", "bbb"), "--max_delete", "1"], "--max_delete needs --delete"),
        (["sync", "--source", "x", "--target", "s3://aaa", "--prefix", "b"], "leave --prefix"),
        (
            ["sync", "--source", "x", "--target", "s3://aaa", "--source_region", "eu-west-1"],
            "--source_region is for a sync of two buckets",
        ),
        (
            ["move_object", "--bucket", "aaa", "--key", "k", "--destination_key", "k"],
            "Source and target are the same",
        ),
    ],
)
def test_what_cannot_be_is_refused(
    ministack: LocalAWS, s3: Run, words: list[str], told: str
) -> None:
    result = s3(*words)
    assert (result.code, result.out) == (2, "")
    assert told in result.err


def test_a_failure_is_told_and_counted(
    ministack: LocalAWS, s3: Run, bucket: str, other_bucket: str
) -> None:
    ministack.client("s3").put_object(Bucket=bucket, Key="k" * 1000, Body=b"x")
    ministack.client("s3").put_object(Bucket=bucket, Key="l", Body=b"x")
    result = s3("copy_dir", *sides(bucket, f"{other_bucket}/{'x' * 30}"))
    assert result.code == 1
    assert "1 copied, 1 failed" in result.err
    assert "1,031 bytes long" in result.err
    result = s3("copy_dir", *sides(bucket, "nowhere-123"))
    assert result.code == 1
    assert "'nowhere-123'" in result.err


@pytest.mark.aws_servers("ministack")
@pytest.mark.parametrize(("engine", "action"), [("crt", "move_dir"), ("classic", "copy_dir")])
def test_an_interrupt_ends_it_with_a_true_sum(
    engine: str,
    action: str,
    aws: LocalAWS,
    bucket: str,
    other: str,
    fault_proxy: FaultProxy,  # noqa: F811
    start_process: Callable[..., subprocess.Popen[str]],
    settings: Settings,
) -> None:
    for number in range(30):
        aws.client("s3").put_object(Bucket=bucket, Key=f"k{number:02}", Body=b"x")
    settings.AWS = aws.settings | {"endpoint_url": fault_proxy.url}
    # Ten of them stand still.
    fault_proxy.set({"do": "stall", "pause": 120, "method": "PUT", "path": "/k2"})
    process = start_process("aws_s3", action, *sides(bucket, other), "--engine", engine)
    fault_proxy.wait_for(lambda report: report["done"][0])
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=40)
    assert process.returncode == 130, err
    found = re.search(
        r"Interrupted: (?:(\d+) copied, )?(?:(\d+) deleted, )?0 failed, (\d+) unf", err
    )
    assert found is not None, err
    copied, deleted, unfinished = (int(count or 0) for count in found.groups())
    assert out == ""
    assert err.endswith("CommandError: Interrupted.\n")
    assert len(stored(aws, other)) == copied
    assert len(stored(aws, bucket)) == 30 - deleted
    assert (deleted == 0) if action == "copy_dir" else (deleted <= copied)
    assert unfinished


@pytest.mark.aws_servers("ministack")
def test_an_interrupt_leaves_nothing_of_a_copy_in_parts(
    aws: LocalAWS,
    bucket: str,
    other: str,
    fault_proxy: FaultProxy,  # noqa: F811
    start_process: Callable[..., subprocess.Popen[str]],
    settings: Settings,
) -> None:
    client = aws.client("s3")
    part = bytes(90 * 1024 * 1024)
    upload = client.create_multipart_upload(Bucket=bucket, Key="large")["UploadId"]
    where: dict[str, Any] = {"Bucket": bucket, "Key": "large", "UploadId": upload}
    parts = [
        {
            "PartNumber": number,
            "ETag": client.upload_part(**where, PartNumber=number, Body=part)["ETag"],
        }
        for number in (1, 2, 3)
    ]
    client.complete_multipart_upload(**where, MultipartUpload={"Parts": parts})
    settings.AWS = aws.settings | {"endpoint_url": fault_proxy.url}
    fault_proxy.set({"do": "stall", "pause": 120, "method": "PUT", "path": "partNumber=2"})
    process = start_process("aws_s3", "copy_dir", *sides(bucket, other))
    fault_proxy.wait_for(lambda report: report["done"][0])
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=40)
    assert process.returncode == 130, err
    assert "Interrupted: 0 failed, 1 unfinished" in err
    assert "Uploads" not in client.list_multipart_uploads(Bucket=other)
    assert stored(aws, other) == {}
