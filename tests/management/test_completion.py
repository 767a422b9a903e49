"""Completion in real shells: a key is pressed on a terminal, and what then stands there is read."""

from __future__ import annotations

import os
import pty
import re
import select
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import load_command_class

from philo_aws.management.shells import SCRIPTS
from tests.running import ROOT, Result, process_environment, run

TAB, ALL = b"\t", b"\x1b*"
"""Keys: complete the word; put all that may stand there on the line (bash's insert-completions)."""

AWS = {
    # Where nobody listens: to ask AWS would take its time and find nothing.
    "endpoint_url": "http://127.0.0.1:9",
    "region": "eu-west-1",
    "regions": ["eu-west-1", "us-west-2"],
    "bucket": "media",
    "buckets": ["media", "backups"],
    "queues": ["mail", "orders.fifo"],
}


class Shell:
    """A shell on a terminal of its own."""

    def __init__(self, words: list[str], folder: Path, environment: dict[str, str]) -> None:
        self._pid, self._terminal = pty.fork()
        if not self._pid:
            os.chdir(folder)
            os.execvpe(words[0], words, environment)  # noqa: S606 - the shell itself
        name = Path(words[0]).name
        self._send(f'eval "$({sys.executable} manage.py aws_s3 --completion {name})"\r'.encode())

    def _send(self, keys: bytes) -> None:
        os.write(self._terminal, keys)

    def line(self, typed: str, key: bytes = TAB) -> str:
        """What stands on the line once ``key`` was pressed behind what was typed."""
        # The line is emptied, typed and completed, and then made an argument of `echo`.
        self._send(b"\x15" + typed.encode() + key + b"\x01echo SEEN \x05\r")
        seen = b""
        while not (found := re.search(rb"\nSEEN ([^\r\n]*)\r?\n", seen)):
            assert select.select([self._terminal], [], [], 60)[0], seen
            seen += os.read(self._terminal, 65536)
        return found[1].decode().rstrip()

    def close(self) -> None:
        os.close(self._terminal)
        os.waitpid(self._pid, 0)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project, and some files beside it."""
    made = tmp_path_factory.mktemp("project")
    shutil.copy(ROOT / "manage.py", made)
    (made / "manage.py").chmod(0o755)
    (made / "report one.pdf").touch()
    (made / "static").mkdir()
    return made


@pytest.fixture(scope="module")
def environment() -> dict[str, str]:
    tools = Path(sys.executable).parent
    path = f"{tools}{os.pathsep}{os.environ['PATH']}"
    return process_environment(AWS, {"PATH": path, "TERM": "dumb", "PS1": "$ "})


def shell(name: str, folder: Path, environment: dict[str, str], *flags: str) -> Iterator[Shell]:
    if shutil.which(name) is None:
        pytest.skip(f"{name} is not installed")
    started = Shell([name, *flags, "-i"], folder, environment)
    yield started
    started.close()


@pytest.fixture(scope="module")
def bash(folder: Path, environment: dict[str, str]) -> Iterator[Shell]:
    yield from shell("bash", folder, environment, "--norc", "--noprofile")


@pytest.fixture(scope="module")
def zsh(folder: Path, environment: dict[str, str]) -> Iterator[Shell]:
    yield from shell("zsh", folder, environment, "-f")


ONE = [
    ("python manage.py aws_s3 upload_f", "upload_file"),
    ("./manage.py aws_s3 upload_f", "upload_file"),
    ("django-admin aws_s3 upload_f", "upload_file"),
    ("python manage.py aws_sqs send_message_", "send_message_batch"),
    ("python manage.py aws_s3 cp --cache", "--cache_control"),
    ("python manage.py aws_s3 cp --engine cl", "classic"),
    ("python manage.py aws_s3 cp --engine=cl", "--engine=classic"),
    ("python manage.py aws_s3 head_object --bucket back", "backups"),
    ("python manage.py aws_s3 head_object s3://back", "s3://backups/"),
    ("python manage.py aws_s3 head_object --key s3://back", "s3://backups/"),
    ("python manage.py aws_sqs purge_queue ord", "orders.fifo"),
    ("python manage.py aws_s3 upload_dir sta", "static/"),
    ("python manage.py aws_s3 upload_dir --root_folder sta", "static/"),
    ("python manage.py aws_s3 --completion f", "fish"),
    ("python manage.py migr", "migrate"),
]


@pytest.mark.parametrize(("typed", "word"), ONE)
def test_in_bash(bash: Shell, typed: str, word: str) -> None:
    assert bash.line(typed) == f"{typed.rpartition(' ')[0]} {word}"


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("./manage.py aws_s3 upload_", "upload_dir upload_file"),
        ("./manage.py aws_s3 cp --engine ", "auto classic crt"),
        ("./manage.py aws_s3 presign --region ", "eu-west-1 us-west-2"),
        ("./manage.py aws_s3 head_object s3:", "s3://backups/ s3://media/"),
        ("./manage.py aws_s3 upload_file rep", r"report\ one.pdf"),
        ("./manage.py migrate --fake", "--fake --fake-initial"),
    ],
)
def test_all_that_may_stand_there_in_bash(bash: Shell, typed: str, words: str) -> None:
    wanted = f"{typed.rpartition(' ')[0]} {words}".replace("\\ ", " ")
    assert bash.line(typed, ALL).replace("s3:s3:", "s3:") == wanted.replace(" s3://m", " //m")


def test_other_scripts_of_python_are_completed_as_before(bash: Shell) -> None:
    assert bash.line("python mana") == "python manage.py"


SOME = [ONE[index] for index in (1, 3, 6, 8, 11, 14)]


@pytest.mark.parametrize(("typed", "word"), SOME)
def test_in_zsh(zsh: Shell, typed: str, word: str) -> None:
    assert zsh.line(typed).rstrip("/") == f"{typed.rpartition(' ')[0]} {word}".rstrip("/")


@pytest.mark.parametrize(("typed", "word"), SOME)
def test_in_fish(folder: Path, environment: dict[str, str], typed: str, word: str) -> None:
    if shutil.which("fish") is None:
        pytest.skip("fish is not installed")
    code = 'python manage.py aws_s3 --completion fish | source; complete -C "$argv[1]"'
    done = subprocess.run(
        ["fish", "--no-config", "-c", code, typed],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert [line.partition("\t")[0] for line in done.stdout.splitlines()] == [word]


@pytest.mark.parametrize("command", ["aws_s3", "aws_sqs"])
@pytest.mark.parametrize("name", list(SCRIPTS))
def test_the_scripts_are_printed(command: str, name: str) -> None:
    assert run(command, "--completion", name) == Result(0, SCRIPTS[name], "")


def test_a_shell_that_has_no_script() -> None:
    result = run("aws_s3", "--completion", "csh")
    assert (result.code, result.out) == (2, "")
    assert "invalid choice: 'csh'" in result.err


def asked(*words: str, command: str = "aws_s3") -> list[str]:
    result = run(command, "--complete-words", *words)
    assert (result.code, result.err) == (0, "")
    return result.out.splitlines()


def words(lines: list[str]) -> list[str]:
    return [line.partition("\t")[0] for line in lines]


def test_every_action_is_offered_with_what_it_does() -> None:
    for command in ("aws_s3", "aws_sqs"):
        loaded: Any = load_command_class("philo_aws", command)
        assert words(asked("", command=command)) == [action.name for action in loaded.actions]
    assert "upload_file\tUpload one file." in asked("")


def test_a_flag_that_was_given_is_not_offered_again_unless_it_may_be_repeated() -> None:
    offered = words(asked("upload_dir", "--bucket", "b", "--exclude", "x", "--"))
    assert "--bucket" not in offered
    assert {"--root_folder", "--exclude", "--settings"} <= set(offered)


def test_words_that_stand_without_their_flags_in_their_order() -> None:
    assert asked("upload_file", "") == ["\t"]
    assert asked("upload_file", "--fname", "x", "") == asked("upload_file", "x", "")
    assert "\t" not in asked("upload_file", "x", "")
    assert asked("upload_file", "x", "y", "") == []


def test_faulty_settings_are_no_answer_to_a_key(settings: Any) -> None:
    settings.AWS = {"bucket": 5}
    assert asked("head_object", "--bucket", "") == []
