"""Standard streams of every kind: in ASCII, full, closed, without a reader, without a terminal."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from philo_aws.management.commands.aws_s3 import Command
from philo_aws.management.streams import as_utf8, settle, spelled
from tests.running import Result
from tests.servers import LocalAWS

pytestmark = pytest.mark.aws_servers("ministack")

# What a machine without a locale has, where Python is kept from its own remedies.
ASCII = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
BUFFERED = {"PYTHONUNBUFFERED": ""}
KEY = "ü ﷽.txt"
Run = Callable[..., Result]


@pytest.fixture
def s3(run_process: Run, aws: LocalAWS, bucket: str) -> Run:
    """`manage.py aws_s3 ACTION --bucket BUCKET …` in a locale of ASCII, over one object."""
    aws.client("s3").put_object(Bucket=bucket, Key=KEY, Body=b"content", Tagging="a=b")
    return lambda action, *flags, **options: run_process(
        "aws_s3", action, "--bucket", bucket, *flags, **({"env": ASCII} | options)
    )


def test_a_table_in_ascii(s3: Run) -> None:
    result = s3("list_objects_v2")
    assert (result.code, result.err) == (0, "")
    lines = result.out.splitlines()
    assert r"| \xfc \ufdfd.txt |" in lines[3]
    assert len({len(line) for line in lines}) == 1


def test_json_is_the_same_in_every_locale(s3: Run) -> None:
    for form in ("json", "jsonl"):
        result = s3("list_objects_v2", "--format", form)
        assert (result.code, result.err) == (0, "")
        assert result.out.isascii()
        assert result.out == s3("list_objects_v2", "--format", form, env={}).out
    assert json.loads(result.out)["Key"] == KEY


def test_help_in_ascii() -> None:
    words = [(), *((action.name,) for action in Command.actions)]
    code = (
        "import sys; sys.stdout.reconfigure(encoding='ascii', errors='strict')\n"
        "from django.core.management import execute_from_command_line as run\n"
        f"for words in {words!r}:\n"
        "    try: run(['manage.py', 'aws_s3', *words, '--help'])\n"
        "    except SystemExit as stop: assert not stop.code, words"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.count("usage: ") == len(words)
    assert done.stderr == ""


def test_keys_and_tags_are_utf_8_in_every_locale(
    s3: Run, aws: LocalAWS, bucket: str, tmp_path: Path
) -> None:
    assert json.loads(s3("head_object", "--key", KEY, "--format", "json").out)["ContentLength"] == 7
    assert s3("presign", "--key", KEY).out.startswith("http")
    assert s3("download_file", "--key", KEY, "--fname", tmp_path / "ö").code == 0
    assert (tmp_path / "ö").read_bytes() == b"content"
    flags = ("--key", "new ä", "--fname", tmp_path / "ö", "--tags", "größe=日本")
    assert s3("upload_file", *flags, "--quiet") == Result(0, "", "")
    tags = aws.client("s3").get_object_tagging(Bucket=bucket, Key="new ä")["TagSet"]
    assert tags == [{"Key": "größe", "Value": "日本"}]
    assert s3("delete_objects", "--key", "new ä").code == 0
    listed = s3("list_objects_v2", "--prefix", "ü", "--format", "jsonl")
    assert json.loads(listed.out)["Key"] == KEY


@pytest.mark.parametrize(
    "words",
    [
        ("head_object", "--key", "dürfte fehlen"),
        ("upload_file", "--key", "k", "--fname", "fehlt-ü"),
        ("upload_file", "--key", "k", "--fname", "fehlt", "--metadata", "a=ü"),
        ("list_objects_v2", "--prefix", b"\xff"),
        ("list_objects_v2", "--include", "ü["),
        ("upload_dir", "--root_folder", "fehlt-ü"),
        ("du", "--depth", "ü"),
    ],
)
def test_refusals_in_ascii(s3: Run, words: tuple[Any, ...]) -> None:
    result = s3(*map(os.fsdecode, words))
    assert result.code in (1, 2)
    assert "Traceback" not in result.err
    assert result.err.splitlines()[-1].startswith(("CommandError: ", "manage.py aws_s3 "))


def test_output_of_a_caller_in_ascii(s3: Run, bucket: str) -> None:
    out = io.TextIOWrapper(io.BytesIO(), encoding="ascii", write_through=True)
    call_command("aws_s3", "head_object", bucket=bucket, key=KEY, stdout=out)
    call_command("aws_s3", "delete_objects", bucket=bucket, key=KEY, dry_run=True, stdout=out)
    written = out.buffer.getvalue()
    assert written.endswith(b"delete \\xfc \\ufdfd.txt\n")


@pytest.mark.parametrize("env", [{}, BUFFERED])
@pytest.mark.parametrize(
    "words",
    [
        ("--help",),
        ("--version",),
        ("list_buckets", "--help"),
        ("list_buckets",),
        ("list_buckets", "--format", "jsonl"),
    ],
)
def test_a_full_disk_is_told(
    aws: LocalAWS, run_process: Run, bucket: str, words: tuple[str, ...], env: dict[str, str]
) -> None:
    with open("/dev/full", "w") as full:
        result = run_process("aws_s3", *words, stdout=full, env=env)
    assert result.code == 1
    assert result.err == ("CommandError: The output cannot be written: No space left on device.\n")


@pytest.mark.parametrize("env", [{}, BUFFERED])
@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("list_buckets",), 0),
        (("head_object", "--bucket", "no-such-bucket-here", "--key", "k"), 1),
        (("head_object",), 2),
        (("none",), 2),
    ],
)
def test_remarks_that_cannot_be_written_change_no_exit_code(
    aws: LocalAWS, run_process: Run, words: tuple[str, ...], code: int, env: dict[str, str]
) -> None:
    with open("/dev/full", "w") as full:
        assert run_process("aws_s3", *words, stderr=full, env=env).code == code


def test_closed_streams(aws: LocalAWS, run_process: Run, bucket: str) -> None:
    def closed(*numbers: int) -> Callable[[], None]:
        def close() -> None:
            for number in numbers:
                os.close(number)

        return close

    words = ("aws_s3", "list_objects_v2", "--bucket", bucket)
    result = run_process(*words, preexec_fn=closed(1))
    assert result.code == 1
    assert "The output cannot be written: Bad file descriptor." in result.err
    assert run_process(*words, preexec_fn=closed(2)).code == 0
    assert run_process(*words, preexec_fn=closed(1, 2)).code == 1
    assert run_process("aws_s3", "none", preexec_fn=closed(2)).code == 2


def test_a_hangup_takes_the_terminal_away(
    aws: LocalAWS, bucket: str, start_process: Callable[..., subprocess.Popen[str]]
) -> None:
    terminal, own = os.openpty()
    process = start_process("aws_s3", "list_buckets", stdout=own, stderr=own, preexec_fn=os.setsid)
    os.close(own)
    os.close(terminal)
    process.communicate(timeout=60)
    # Its output could not be written; there was nobody to tell.
    assert process.returncode == 1


def test_words_in_the_encoding_of_the_system(monkeypatch: pytest.MonkeyPatch) -> None:
    assert as_utf8("ü\udcff") == "ü\udcff"
    monkeypatch.setattr(sys, "getfilesystemencoding", lambda: "ascii")
    assert as_utf8("\udcc3\udcbc") == "ü"
    assert as_utf8("\udcff") == "\udcff"
    assert as_utf8("ü") == "ü"
    assert spelled("aü\U0001f600", "ascii") == "a\\xfc\\U0001f600"
    assert spelled("aü", "utf-8") == "aü"


def test_a_stream_that_is_not_there_is_settled() -> None:
    settle(None)
    closed = io.StringIO()
    closed.close()
    settle(closed)
    assert signal.getsignal(signal.SIGHUP) is signal.SIG_DFL
