"""`list_folder`, `read_object`, `head` and `tail` of `manage.py aws_s3`: what a user sees."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
from django.core.management import call_command
from pytest_django import Settings

from philo_aws.limits import MIB
from philo_aws.management.s3_folder import binary_size
from tests.running import ROOT, Result, process_environment
from tests.s3.objects.test_reading import asked, stored
from tests.servers import LocalAWS

Run = Callable[..., Result]
KEYS = {"a.txt": 3, "css/": 0, "css/a.css": 2000, "css/img/b.png": 10, "css.txt": 1}


@pytest.fixture
def s3(run: Run, bucket: str) -> Run:
    """`manage.py aws_s3 ACTION --bucket BUCKET …`."""
    return lambda action, *flags, **options: run(
        "aws_s3", action, "--bucket", bucket, *flags, **options
    )


@pytest.fixture
def filled(aws: LocalAWS, bucket: str) -> str:
    for key, size in KEYS.items():
        aws.client("s3").put_object(Bucket=bucket, Key=key, Body=b"." * size)
    return bucket


def lines(result: Result) -> list[dict[str, Any]]:
    return [json.loads(line) for line in result.out.splitlines()]


def cells(result: Result) -> list[list[str]]:
    """The rows of a table, without its heading."""
    rows = [line for line in result.out.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows[1:]]


class TestListFolder:
    def test_the_buckets(self, aws: LocalAWS, bucket: str, run: Run) -> None:
        result = run("aws_s3", "list_folder")
        assert result == run("aws_s3", "list_buckets")
        assert bucket in result.out
        for words in (("--prefix", "a/"), ("--recursive",), ("--versions",), ("--include", "a")):
            refused = run("aws_s3", "list_folder", *words)
            assert (refused.code, refused.out) == (2, "")
            assert "Give --bucket, or s3://bucket/folder/" in refused.err

    def test_one_level(self, filled: str, s3: Run) -> None:
        result = s3("list_folder")
        assert (result.code, result.err) == (0, "")
        assert [(row[0], row[2]) for row in cells(result)] == [
            ("a.txt", "3"),
            ("css.txt", "1"),
            ("css/", ""),
        ]
        assert "Size (bytes)" in result.out
        assert cells(result)[0][3] == "STANDARD"

    def test_of_a_folder_the_names_in_it(self, filled: str, s3: Run) -> None:
        found = s3("list_folder", "--prefix", "css/")
        assert [row[0] for row in cells(found)] == ["./", "a.css", "img/"]
        # Without its slash, as `aws s3 ls` does: the folder is one of what begins so.
        assert [row[0] for row in cells(s3("list_folder", "--prefix", "css"))] == [
            "css.txt",
            "css/",
        ]
        whole = s3("list_folder", "--prefix", "css/", "--recursive")
        assert [row[0] for row in cells(whole)] == ["css/", "css/a.css", "css/img/b.png"]

    def test_sizes_for_people_and_sums(self, filled: str, s3: Run) -> None:
        result = s3("list_folder", "--prefix", "css/", "--human", "--summarize")
        assert [row[2] for row in cells(result)] == ["0 bytes", "2.0 KiB", ""]
        assert result.out.endswith("1 folder, 2 objects, 2.0 KiB.\n")
        plain = s3("list_folder", "--recursive", "--summarize")
        assert plain.out.endswith("0 folders, 5 objects, 2,014 bytes.\n")
        [*_, total] = lines(s3("list_folder", "--summarize", "--format", "jsonl"))
        assert total == {"Folders": 1, "Objects": 2, "Bytes": 4}
        array = json.loads(s3("list_folder", "--summarize", "--human", "--format", "json").out)
        assert array[-1] == total
        assert [binary_size(number) for number in (1, 1023, 1024**2 - 1, 5 * 1024**3)] == [
            "1 byte",
            "1023 bytes",
            "1.0 MiB",
            "5.0 GiB",
        ]

    def test_for_programs(self, filled: str, s3: Run) -> None:
        rows = lines(s3("list_folder", "--format", "jsonl"))
        assert rows == json.loads(s3("list_folder", "--format", "json").out)
        assert rows[2] == {"Prefix": "css/"}
        # An object looks as in the listing of objects.
        same = ("--format", "jsonl")
        assert s3("list_folder", "--recursive", *same) == s3("list_objects_v2", *same)

    def test_filters(self, filled: str, s3: Run) -> None:
        found = s3("list_folder", "--recursive", "--include", "*.css", "--format", "jsonl")
        assert [row["Key"] for row in lines(found)] == ["css/a.css"]

    def test_nothing(self, aws: LocalAWS, bucket: str, s3: Run) -> None:
        assert s3("list_folder").code == 0
        assert s3("list_folder", "--format", "jsonl") == Result(0, "", "")
        for more in ((), ("--format", "jsonl"), ("--summarize", "--format", "json")):
            result = s3("list_folder", "--prefix", "none/", *more)
            assert result.code == 3
            assert "No key matches" in result.err

    def test_versions(self, aws: LocalAWS, bucket: str, s3: Run) -> None:
        client: Any = aws.client("s3")
        client.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
        ids = [
            client.put_object(Bucket=bucket, Key="k", Body=body)["VersionId"]
            for body in (b"1", b"12")
        ]
        ids.append(client.delete_object(Bucket=bucket, Key="k")["VersionId"])
        table = cells(s3("list_folder", "--versions"))
        assert [row[4:] for row in table] == [
            [ids[2], "deleted"],
            [ids[1], ""],
            [ids[0], ""],
        ]
        mark, new, old = lines(s3("list_folder", "--versions", "--format", "jsonl"))
        assert mark["IsDeleteMarker"] is mark["IsLatest"] is True
        assert (new["Size"], old["Size"], new["IsLatest"]) == (2, 1, False)
        assert [row["VersionId"] for row in (old, new, mark)] == ids

    def test_control_characters_do_not_reach_the_terminal(
        self, ministack: LocalAWS, bucket: str, s3: Run
    ) -> None:
        ministack.client("s3").put_object(Bucket=bucket, Key="\x1b[31mred\n/x", Body=b"")
        result = s3("list_folder")
        assert "\x1b" not in result.out
        assert r"\x1b[31mred\n/" in result.out

    def test_no_bucket(self, ministack: LocalAWS, run: Run) -> None:
        result = run("aws_s3", "list_folder", "--bucket", "there-is-no-such-bucket")
        assert result.code == 1
        assert "There is no bucket" in result.err


class TestReadObject:
    def test_bytes_as_they_are(self, settings: Settings, ministack: LocalAWS, bucket: str) -> None:
        content = stored(ministack, bucket, 3 * MIB)
        done = raw(settings, "read_object", "--bucket", bucket, "--key", "k")
        assert (done.returncode, done.stderr) == (0, b"")
        assert done.stdout == content

    def test_several_in_order(self, aws: LocalAWS, bucket: str, s3: Run) -> None:
        for key in "ab":
            aws.client("s3").put_object(Bucket=bucket, Key=key, Body=key.encode() * 3)
        assert s3("read_object", "--key", "b", "--key", "a") == Result(0, "bbbaaa", "")
        # What is missing ends it: what follows would stand in its place.
        result = s3("read_object", "--key", "a", "--key", "none", "--key", "b")
        assert (result.code, result.out) == (1, "aaa")
        assert "There is no object 'none'" in result.err

    def test_ranges(self, aws: LocalAWS, bucket: str, s3: Run) -> None:
        aws.client("s3").put_object(Bucket=bucket, Key="k", Body=b"0123456789")
        for written, out in (("0-2", "012"), ("7-", "789"), ("8-99", "89")):
            assert s3("read_object", "--key", "k", "--range", written) == Result(0, out, "")
        assert s3("read_object", "--key", "k", "--range", "-4").out == "6789"
        behind = s3("read_object", "--key", "k", "--range", "10-")
        assert (behind.code, behind.out) == (1, "")
        assert "no byte 10" in behind.err
        wrong = s3("read_object", "--key", "k", "--range", "5-1")
        assert (wrong.code, wrong.out) == (2, "")
        assert "no range of bytes" in wrong.err

    def test_the_first_and_the_last_lines(self, aws: LocalAWS, bucket: str, s3: Run) -> None:
        every = [f"{number}\n" for number in range(30)]
        aws.client("s3").put_object(Bucket=bucket, Key="k", Body="".join(every).encode())
        key = ("--key", "k")
        assert s3("read_object", *key, "--head", 2) == Result(0, "0\n1\n", "")
        assert s3("read_object", *key, "--tail", 2) == Result(0, "28\n29\n", "")
        assert s3("head", *key) == Result(0, "".join(every[:10]), "")
        assert s3("tail", *key) == Result(0, "".join(every[-10:]), "")
        assert s3("head", *key, "-n", 1).out == "0\n"
        assert s3("tail", *key, "--lines", 1).out == "29\n"
        assert s3("head", *key, "-c", 3).out == "0\n1"
        assert s3("tail", *key, "--bytes", "3").out == "29\n"
        for words in (
            ("read_object", *key, "--head", 1, "--tail", 1),
            ("read_object", *key, "--head", 0),
            ("read_object", *key, "--range", "0-1", "--head", 1),
            ("head", *key, "-n", 1, "-c", 1),
            ("tail", *key, "-c", 0),
            ("head", *key, "-n", "x"),
        ):
            assert s3(*words).code == 2, words
            assert s3(*words).out == ""

    def test_the_end_of_a_large_object_is_not_all_of_it(
        self, ministack: LocalAWS, bucket: str, s3: Run
    ) -> None:
        ministack.client("s3").put_object(Bucket=bucket, Key="k", Body=b"line\n" * MIB)
        with asked() as requests:
            assert s3("tail", "--key", "k", "-n", 1).out == "line\n"
            assert s3("tail", "--key", "k", "-c", 7).out == "e\nline\n"
        assert requests == ["bytes=-65536", "bytes=-7"]

    def test_an_empty_one(self, aws: LocalAWS, bucket: str, s3: Run) -> None:
        aws.client("s3").put_object(Bucket=bucket, Key="k", Body=b"")
        for words in (("read_object",), ("head",), ("tail",), ("read_object", "--range", "0-9")):
            assert s3(*words, "--key", "k") == Result(0, "", "")

    def test_a_version(self, ministack: LocalAWS, bucket: str, s3: Run) -> None:
        client: Any = ministack.client("s3")
        client.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
        old = client.put_object(Bucket=bucket, Key="k", Body=b"old")["VersionId"]
        client.put_object(Bucket=bucket, Key="k", Body=b"new")
        assert s3("read_object", "--key", "k", "--version_id", old).out == "old"
        assert s3("head", "--key", "k", "--version_id", old).out == "old"
        two = s3("read_object", "--key", "k", "--key", "l", "--version_id", old)
        assert (two.code, two.out) == (2, "")

    def test_what_is_no_object(self, aws: LocalAWS, bucket: str, s3: Run) -> None:
        aws.client("s3").put_object(Bucket=bucket, Key="a/b", Body=b"")
        aws.client("s3").put_object(Bucket=bucket, Key="a*", Body=b"star")
        folder = s3("read_object", "--key", "a/")
        assert (folder.code, folder.out) == (2, "")
        assert "'a/' is a folder" in folder.err
        also = s3("read_object", "--key", "a")
        assert (also.code, also.out) == (1, "")
        assert "'a' is a folder" in also.err
        assert "list_folder" in also.err
        pattern = s3("head", "--key", "a/*")
        assert pattern.code == 1
        assert "There is no object 'a/*'" in pattern.err
        assert "A key is no pattern" in pattern.err
        assert s3("read_object", "--key", "a*").out == "star"
        assert "folder" not in s3("read_object", "--key", "none").err

    def test_in_python(self, aws: LocalAWS, bucket: str) -> None:
        aws.client("s3").put_object(Bucket=bucket, Key="k", Body="caf\xe9".encode())
        out = io.StringIO()
        call_command("aws_s3", "read_object", bucket=bucket, key="k", stdout=out)
        assert out.getvalue() == "caf\xe9"

    def test_a_reader_that_goes_away(
        self, settings: Settings, ministack: LocalAWS, bucket: str
    ) -> None:
        stored(ministack, bucket, 5 * MIB)
        command = process(settings, "read_object", "--bucket", bucket, "--key", "k")
        assert command.stdout is not None
        assert command.stderr is not None
        assert len(command.stdout.read(1000)) == 1000
        command.stdout.close()
        err = command.stderr.read()
        command.stderr.close()
        assert command.wait(timeout=60) == 1
        assert err == b"CommandError: The reader of the output went away.\n"

    @pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no device that is full")
    def test_a_full_disk(self, settings: Settings, ministack: LocalAWS, bucket: str) -> None:
        for size in (10, 3 * MIB):
            stored(ministack, bucket, size)
            with open("/dev/full", "wb") as full:
                done = raw(settings, "read_object", "--bucket", bucket, "--key", "k", stdout=full)
            assert done.returncode == 1
            assert done.stderr == (
                b"CommandError: The output cannot be written: No space left on device.\n"
            )


def arguments(settings: Settings, *words: object) -> dict[str, Any]:
    return {
        "args": [sys.executable, str(ROOT / "manage.py"), "aws_s3", *map(str, words)],
        "env": process_environment(settings.AWS, {}),
    }


def raw(settings: Settings, *words: object, **options: Any) -> subprocess.CompletedProcess[bytes]:
    """Run the command as a process whose streams are bytes."""
    given = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "timeout": 120}
    return subprocess.run(**arguments(settings, *words), **(given | options), check=False)


def process(settings: Settings, *words: object, **options: Any) -> subprocess.Popen[bytes]:
    """Start it."""
    given = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen(**arguments(settings, *words), **(given | options))
