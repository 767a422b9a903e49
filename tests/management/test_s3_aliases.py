"""`cp`, `mv`, `rm`, `ls` and `cat`: each is one of the actions, by what it is given."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from philo_aws.management.commands.aws_s3 import Command
from tests.running import run
from tests.servers import LocalAWS

ALIASES = {action.name: action for action in Command.actions if action.alias_of}


@pytest.fixture
def keys(aws: LocalAWS, bucket: str) -> Callable[[], list[str]]:
    def read() -> list[str]:
        listed = aws.client("s3").list_objects_v2(Bucket=bucket).get("Contents", [])
        return [row["Key"] for row in listed]

    return read


@pytest.fixture(autouse=True)
def folder(tmp_path: Path) -> Iterator[None]:
    before = Path.cwd()
    os.chdir(tmp_path)
    for name in ("a.txt", "tree/b.css", "tree/c.map"):
        Path(name).parent.mkdir(exist_ok=True)
        Path(name).write_text(name)
    yield
    os.chdir(before)


def test_the_short_names() -> None:
    assert ALIASES.keys() == {"cp", "mv", "rm", "ls", "cat"}


def test_the_help_says_which_actions_it_is() -> None:
    listed = " ".join(run("aws_s3", "--help").out.split())
    for name, action in ALIASES.items():
        shown = " ".join(run("aws_s3", name, "--help").out.split())
        for target in action.alias_of:
            assert target in shown, name
            assert target in listed


@pytest.mark.aws_servers("ministack")
class TestCp:
    def test_a_file_by_its_two_sides(self, bucket: str, keys: Callable[[], list[str]]) -> None:
        there = f"s3://{bucket}"
        result = run("aws_s3", "cp", "a.txt", f"{there}/x/")
        assert (result.code, result.out) == (0, "")
        assert result.err.startswith(f"Uploaded a.txt to {there}/x/a.txt: 5 bytes in ")
        copied = run("aws_s3", "cp", f"{there}/x/a.txt", f"{there}/y/b.txt", "--acl", "private")
        assert copied.code == 0
        assert keys() == ["x/a.txt", "y/b.txt"]
        assert run("aws_s3", "cp", f"{there}/y/b.txt", "tree").code == 0
        assert Path("tree/b.txt").read_text() == "a.txt"

    def test_a_folder_up_and_down(self, bucket: str, keys: Callable[[], list[str]]) -> None:
        there = f"s3://{bucket}/static"
        words = ("--recursive", "--exclude", "*.map", "--cache_control", "max-age=60")
        assert run("aws_s3", "cp", "tree", there, *words).code == 0
        assert keys() == ["static/b.css"]
        assert run("aws_s3", "cp", there, "back", "--recursive").code == 0
        assert os.listdir("back") == ["b.css"]
        dry = run("aws_s3", "cp", "tree", there, "--recursive", "--dry_run")
        assert dry.out.startswith("upload static/b.css")

    def test_a_folder_within_s3(self, bucket: str, keys: Callable[[], list[str]]) -> None:
        there = f"s3://{bucket}"
        assert run("aws_s3", "cp", "tree", f"{there}/x", "--recursive").code == 0
        assert run("aws_s3", "cp", f"{there}/x/", f"{there}/y/", "--recursive").code == 0
        assert keys() == ["x/b.css", "x/c.map", "y/b.css", "y/c.map"]


@pytest.mark.aws_servers("ministack")
def test_mv(bucket: str, keys: Callable[[], list[str]]) -> None:
    there = f"s3://{bucket}"
    run("aws_s3", "cp", "a.txt", f"{there}/a")
    moved = run("aws_s3", "mv", f"{there}/a", f"{there}/b/")
    assert moved.code == 0
    assert moved.err.startswith(f"Moved {there}/a to {there}/b/a in ")
    assert keys() == ["b/a"]
    copied = run("aws_s3", "cp", f"{there}/b/a", f"{there}/c", "--format", "json")
    assert (copied.code, copied.err) == (0, "")
    assert "CopyObjectResult" in json.loads(copied.out)


@pytest.mark.parametrize(
    "sides", [("a.txt", "s3://b-1/k"), ("s3://b-1/k", "a.txt")], ids=["up", "down"]
)
def test_mv_deletes_nothing_where_a_side_is_local(sides: tuple[str, str]) -> None:
    result = run("aws_s3", "mv", *sides)
    assert (result.code, result.out) == (2, "")
    assert "Use cp" in result.err
    assert Path("a.txt").exists()


@pytest.mark.aws_servers("ministack")
def test_rm(aws: LocalAWS, bucket: str, keys: Callable[[], list[str]]) -> None:
    for key in ("a", "b", "tmp/1", "tmp/2", "tmpfile"):
        aws.client("s3").put_object(Bucket=bucket, Key=key)
    there = f"s3://{bucket}"
    assert run("aws_s3", "rm", f"{there}/a", f"{there}/b").code == 0
    assert keys() == ["tmp/1", "tmp/2", "tmpfile"]
    dry = run("aws_s3", "rm", "--recursive", f"{there}/tmp", "--dry_run")
    assert dry.out == "delete tmp/1\ndelete tmp/2\n"
    # A folder: what only begins with the same letters stays.
    assert run("aws_s3", "rm", "--recursive", f"{there}/tmp").code == 0
    assert keys() == ["tmpfile"]
    assert run("aws_s3", "rm", there).code == 2
    assert keys() == ["tmpfile"]
    assert run("aws_s3", "rm", "--recursive", there).code == 0
    assert keys() == []


@pytest.mark.aws_servers("ministack")
def test_ls_and_cat(aws: LocalAWS, bucket: str) -> None:
    aws.client("s3").put_object(Bucket=bucket, Key="x/a.txt", Body=b"content")
    assert "x/" in run("aws_s3", "ls", f"s3://{bucket}").out
    assert run("aws_s3", "cat", f"s3://{bucket}/x/a.txt").out == "content"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("cp", "a.txt", "b.txt"), "Neither 'a.txt' nor 'b.txt' is in S3"),
        (("cp", "tree", "s3://b-1/k"), "'tree' is a folder. --recursive takes all"),
        (("cp", "s3://b-1/k/", "x"), "'s3://b-1/k/' is a folder. --recursive"),
        (("cp", "-", "s3://b-1/k", "--recursive"), "Leave --recursive out"),
        (
            ("cp", "a.txt", "s3://b-1/k", "--exclude", "x", "--compare", "size"),
            "cp without --recursive is upload_file here, which does not take --compare, --exclude",
        ),
        (("rm", "s3://b-1"), "whole bucket. --recursive deletes all of it"),
        (("rm", "--recursive", "s3://b-1/x", "s3://b-1/y"), "for one folder"),
        (("rm", "s3://b-1/x", "s3://b-2/y"), "Name one bucket"),
    ],
)
def test_what_cannot_be(words: tuple[str, ...], said: str) -> None:
    result = run("aws_s3", *words)
    assert (result.code, result.out) == (2, "")
    assert said in " ".join(result.err.split())


def test_a_missing_side_shows_the_usage_of_the_short_name() -> None:
    result = run("aws_s3", "cp", "a.txt")
    assert result.code == 2
    assert result.err.startswith("usage: manage.py aws_s3 cp ")
    assert "required: --target" in result.err
