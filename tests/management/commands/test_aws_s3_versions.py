"""`manage.py aws_s3` on versions, as its user sees it: stdout, stderr, exit code."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.management import call_command

from philo_aws.exceptions import UsageError
from philo_aws.management.s3_versions import moment
from tests.running import Result
from tests.s3.versioned import Versioned, versioned_bucket
from tests.servers import LocalAWS

Run = Callable[..., Result]


@pytest.fixture
def kept(aws: LocalAWS) -> Versioned:
    return versioned_bucket(aws)


@pytest.fixture
def s3(run: Run, kept: Versioned) -> Run:
    """`manage.py aws_s3 ACTION --bucket BUCKET …`."""
    return lambda action, *flags, **options: run(
        "aws_s3", action, "--bucket", kept.bucket, *flags, **options
    )


def lines(result: Result) -> list[dict[str, Any]]:
    return [json.loads(line) for line in result.out.splitlines()]


def summary(result: Result) -> dict[str, Any]:
    return lines(result)[-1]


# Listing


@pytest.mark.aws_servers("ministack")  # moto gives versions of one second in any order
def test_the_table_of_versions(kept: Versioned, s3: Run) -> None:
    old, mark = kept.put("d/\u202ek", b"old"), kept.delete("d/\u202ek")
    kept.put("e")
    result = s3("list_object_versions", "--prefix", "d/")
    assert (result.code, result.err) == (0, "")
    head, first, second = re.findall(r"^\|(.*)\|$", result.out, re.MULTILINE)
    assert [cell.strip() for cell in head.split("|")] == [
        "",
        "Key",
        "Version Id",
        "Latest",
        "Deleted",
        "Last Modified",
        "Size (bytes)",
    ]
    cells = [[cell.strip() for cell in row.split("|")] for row in (first, second)]
    assert [row[:5] for row in cells] == [
        ["1", r"d/\u202ek", mark, "yes", "yes"],
        ["2", r"d/\u202ek", old, "", ""],
    ]
    assert [row[6] for row in cells] == ["", "3"]


def test_versions_for_programs(kept: Versioned, s3: Run) -> None:
    version = kept.put("k", b"123")
    rows = lines(s3("list_object_versions", "--format", "jsonl"))
    assert rows == json.loads(s3("list_object_versions", "--format", "json").out)
    [row] = rows
    own = kept.client.list_object_versions(Bucket=kept.bucket)["Versions"][0]
    for name in ("Key", "VersionId", "IsLatest", "ETag", "Size", "StorageClass"):
        assert row[name] == own[name]
    assert row["IsDeleteMarker"] is False
    assert datetime.fromisoformat(row["LastModified"]) == own["LastModified"]
    kept.delete("k")
    marks = lines(s3("list_object_versions", "--format", "jsonl"))
    assert {row["VersionId"]: row["IsDeleteMarker"] for row in marks} == {
        version: False,
        next(id_ for id_ in kept.ids("k") if id_ != version): True,
    }


def test_no_versions(s3: Run) -> None:
    assert s3("list_object_versions", "--format", "json") == Result(0, "[]\n", "")
    assert s3("list_object_versions", "--format", "jsonl") == Result(0, "", "")
    result = s3("list_object_versions", "--prefix", "none/", "--format", "jsonl")
    assert (result.code, result.out) == (3, "")
    assert "No key matches" in result.err


def test_filters_of_versions(kept: Versioned, s3: Run) -> None:
    for key in ("d/a.css", "d/b.txt", "d/sub/c.css"):
        kept.put(key)
    found = s3("list_object_versions", "--prefix", "d/", "--include", "/*.css", "--format", "jsonl")
    assert [row["Key"] for row in lines(found)] == ["d/a.css"]


# One object


def test_a_version_is_the_object_again(kept: Versioned, s3: Run) -> None:
    old = kept.put("k", b"old")
    kept.put("k", b"newer")
    flags = ("restore_object", "--key", "k", "--version_id", old)
    dry = s3(*flags, "--dry_run")
    assert dry == Result(0, "", f"'k' would be version {old} again, as a copy of it.\n")
    assert kept.read("k") == b"newer"
    assert s3(*flags) == Result(0, "", f"'k' is version {old} again, as a copy of it.\n")
    assert kept.read("k") == b"old"
    again = s3(*flags, "--format", "json")
    assert (again.code, again.err) == (0, "")
    told = json.loads(again.out)
    assert (told["status"], told["how"], told["key"]) == ("skipped", "unchanged", "k")


def test_a_deleted_object_is_there_again(kept: Versioned, s3: Run) -> None:
    version = kept.put("k", b"old")
    kept.delete("k")
    assert s3("restore_object", "--key", "k") == Result(
        0, "", f"'k' is there again, version {version}.\n"
    )
    assert kept.read("k") == b"old"
    result = s3("restore_object", "--key", "k")
    assert (result.code, result.out) == (1, "")
    assert "is not deleted" in result.err
    assert "--version_id" in result.err


@pytest.mark.aws_servers("ministack")
def test_an_object_as_it_was(kept: Versioned, s3: Run) -> None:
    old = kept.put("k", b"old")
    then = kept.written("k", old)
    kept.put("k", b"new")
    assert s3("restore_object", "--key", "k", "--as_of", then.isoformat()).code == 0
    assert kept.read("k") == b"old"
    result = s3("restore_object", "--key", "k", "--as_of", "7d")
    assert (result.code, result.out) == (1, "")
    assert "There was no object 'k'" in result.err


# A prefix


@pytest.mark.aws_servers("ministack")
def test_a_prefix_as_it_was(kept: Versioned, s3: Run) -> None:
    for key in ("d/a", "d/b", "d/same"):
        kept.put(key, b"old")
    then = kept.written("clock", kept.put("clock")).isoformat()
    kept.put("d/a", b"newer")
    kept.delete("d/b")
    kept.put("d/new")
    flags = ("restore_object", "--prefix", "d/", "--as_of", then)
    dry = s3(*flags, "--delete", "--dry_run")
    assert dry.code == 0
    assert re.fullmatch(
        r"restore d/a \(version \S+\)\nrestore d/b \(was deleted\)\n"
        r"delete d/new \(not there then\)\n",
        dry.out,
    )
    assert "Dry run, would be: 1 deleted, 2 restored, 1 skipped (unchanged), 0 failed" in dry.err
    guarded = s3(*flags, "--delete", "--max_delete", "0")
    assert (guarded.code, guarded.out) == (1, "")
    assert "1 would go, and --max_delete allows 0" in guarded.err
    assert kept.read("d/a") == b"newer"
    result = s3(*flags)
    assert (result.code, result.out) == (0, "")
    assert "'d/new': not there then, and --delete was not given." in result.err
    assert "2 restored, 2 skipped, 0 failed" in result.err
    assert (kept.read("d/a"), kept.read("d/b")) == (b"old", b"old")
    last = summary(s3(*flags, "--delete", "--format", "jsonl"))
    assert (last["restored"], last["deleted"], last["skipped"]) == (0, 1, 3)
    assert kept.contents().keys() == {"clock", "d/a", "d/b", "d/same"}


def test_nothing_below_the_prefix(s3: Run) -> None:
    result = s3("restore_object", "--prefix", "none/", "--as_of", "0s")
    assert (result.code, result.out) == (3, "")
    assert "Nothing matched" in result.err


def test_a_bucket_without_versions(run: Run, ministack: LocalAWS, bucket: str) -> None:
    result = run("aws_s3", "restore_object", "--bucket", bucket, "--prefix", "", "--as_of", "1h")
    assert (result.code, result.out) == (1, "")
    assert "put_bucket_versioning" in result.err


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        ([], "either --key or --prefix"),
        (["--key", "k", "--prefix", "d/"], "either --key or --prefix"),
        (["--prefix", "d/"], "--as_of"),
        (["--prefix", "d/", "--as_of", "1h", "--version_id", "v"], "--as_of alone"),
        (["--prefix", "d/", "--as_of", "2026-11-01"], "names no time zone"),
        (["--prefix", "d/", "--as_of", "yesterday"], "is no moment"),
        (["--prefix", "d/", "--as_of", "2999-01-01T00:00Z"], "yet to come"),
        (["--prefix", "d/", "--as_of", "1h", "--max_delete", "3"], "needs --delete"),
        (["--key", "k", "--delete"], "are for --prefix"),
        (["--key", "k", "--include", "a"], "are for --prefix"),
        (["--key", "k", "--as_of", "1h", "--version_id", "v"], "not both"),
    ],
)
@pytest.mark.aws_servers("ministack")
def test_flags_that_cannot_be(s3: Run, flags: list[str], words: str) -> None:
    result = s3("restore_object", *flags)
    assert (result.code, result.out) == (2, "")
    assert words in result.err
    assert "Traceback" not in result.err


def test_moments() -> None:
    at_noon = datetime(2026, 11, 1, 12, tzinfo=UTC)
    for text in ("2026-11-01T12:00Z", "2026-11-01 13:00+01:00", "20261101T120000Z"):
        assert moment(text) == at_noon
    assert moment(at_noon) is at_noon
    before = datetime.now(UTC)
    assert timedelta() <= moment("2h") - before + timedelta(hours=2) < timedelta(minutes=1)
    with pytest.raises(UsageError):
        moment("9" * 12 + "d")
    with pytest.raises(UsageError):
        moment("d")


# Deleting


def test_every_version_goes(kept: Versioned, s3: Run) -> None:
    kept.put("d/a", b"1")
    kept.put("d/a", b"2")
    kept.delete("d/a")
    kept.put("e")
    flags = ("delete_objects", "--prefix", "d/", "--all_versions")
    dry = s3(*flags, "--dry_run")
    assert dry.code == 0
    assert sorted(dry.out.splitlines()) == sorted(
        f"delete d/a (version {id_})" for id_ in kept.ids("d/a")
    )
    guarded = s3(*flags, "--max_delete", "2")
    assert guarded.code == 1
    assert "3 would go, and --max_delete allows 2" in guarded.err
    assert len(kept.ids("d/a")) == 3
    result = s3(*flags, "--max_delete", "3")
    assert (result.code, result.out) == (0, "")
    assert "3 deleted, 0 failed" in result.err
    assert kept.ids("d/a") == []
    assert s3(*flags).code == 3
    kept.delete("e")
    last = summary(s3("delete_objects", "--key", "e", "--all_versions", "--format", "jsonl"))
    assert last["deleted"] == 2
    assert kept.ids("e") == []


def test_a_bucket_that_is_not_empty_says_how(kept: Versioned, s3: Run) -> None:
    kept.put("a")
    kept.delete("a")
    kept.client.create_multipart_upload(Bucket=kept.bucket, Key="u")
    result = s3("delete_bucket")
    assert (result.code, result.out) == (1, "")
    assert "is not empty" in result.err
    assert "--empty" in result.err


def test_a_bucket_goes_with_all_that_it_holds(kept: Versioned, s3: Run, run: Run) -> None:
    kept.put("a")
    kept.delete("a")
    kept.client.create_multipart_upload(Bucket=kept.bucket, Key="u")
    dry = s3("delete_bucket", "--empty", "--dry_run")
    assert dry.code == 0
    assert len(re.findall(r"^delete a \(version ", dry.out, re.MULTILINE)) == 2
    assert "abort u" in dry.out
    assert "Dry run, would be: 2 deleted, 1 aborted, 0 failed" in dry.err
    assert f"The bucket '{kept.bucket}' would be deleted." in dry.err
    guarded = s3("delete_bucket", "--empty", "--max_delete", "2")
    assert guarded.code == 1
    assert "3 would go" in guarded.err
    result = s3("delete_bucket", "--empty", "--max_delete", "3", "--format", "jsonl")
    assert result.code == 0
    assert (summary(result)["deleted"], summary(result)["aborted"]) == (2, 1)
    assert result.err == f"The bucket '{kept.bucket}' is deleted.\n"
    assert run("aws_s3", "list_objects_v2", "--bucket", kept.bucket).code == 1


@pytest.mark.aws_servers("ministack")
def test_an_empty_bucket_goes_either_way(kept: Versioned, s3: Run, run: Run, bucket: str) -> None:
    assert s3("delete_bucket", "--empty").code == 0
    assert run("aws_s3", "delete_bucket", "--bucket", bucket).code == 0
    result = s3("delete_bucket", "--empty")
    assert result.code == 1
    assert "There is no bucket" in result.err


@pytest.mark.aws_servers("ministack")
def test_flags_of_an_emptying_need_it(kept: Versioned, s3: Run) -> None:
    for flag in (["--dry_run"], ["--max_delete", "3"]):
        result = s3("delete_bucket", *flag)
        assert (result.code, result.out) == (2, "")
        assert "--empty" in result.err
    call_command("aws_s3", "delete_bucket", bucket=kept.bucket, empty=True, max_delete=0)
