"""What ends a command early, its exit codes and its garbage."""

from __future__ import annotations

import errno
import gc
import io
import os
import signal
import subprocess
import sys
from argparse import ArgumentParser
from collections.abc import Callable

import pytest
from django.core.management import call_command
from pytest_django import Settings

from philo_aws import s3
from philo_aws.exceptions import AccessDeniedError
from philo_aws.management.commands.aws_s3 import Command
from tests.running import ROOT, Result
from tests.servers import LocalAWS

Run = Callable[..., Result]


@pytest.fixture(autouse=True)
def offline(settings: Settings) -> None:
    settings.AWS = {
        "credentials": {"aws_access_key_id": "a", "aws_secret_access_key": "b"},
        "region": "eu-west-1",
    }


def test_the_garbage_collector_of_who_calls_a_command_is_left_as_it_was(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(s3, "list_buckets", lambda: {"Buckets": []})
    before = gc.get_threshold()
    own = (701, 11, 12)
    gc.set_threshold(*own)
    try:
        call_command("aws_s3", "list_buckets", stdout=io.StringIO())
        assert gc.get_threshold() == own
    finally:
        gc.set_threshold(*before)


def test_at_its_end_a_command_does_not_look_for_garbage() -> None:
    script = (
        "import atexit, gc, sys; from django.core.management import execute_from_command_line;"
        "atexit.register(lambda: print(gc.get_freeze_count() > 10_000));"
        "execute_from_command_line(['manage.py', 'aws_s3', '--help'])"
    )
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "True"


def test_python_still_looks_for_garbage_at_its_end() -> None:
    # When this fails, nothing need be frozen at the exit any more.
    script = "import gc, os; gc.callbacks.append(lambda phase, info: os.write(1, b'.'))"
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout


@pytest.mark.skipif(sys.version_info < (3, 11, 7), reason="older ones, such as 3.11.2, tell of it")
def test_argparse_still_loses_a_help_that_cannot_be_written() -> None:
    # When this fails, print_message has no reason any more.
    class Full(io.StringIO):
        def write(self, text: str, /) -> int:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    full = Full()
    ArgumentParser().print_help(full)
    parser = Command().create_parser("manage.py", "aws_s3")
    with pytest.raises(OSError, match="space"):
        parser.print_help(full)


def test_an_error_is_one_sentence_without_traceback(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse() -> None:
        raise AccessDeniedError("Denied to \x1b[31mlist.")

    monkeypatch.setattr(s3, "list_buckets", refuse)
    result = run("aws_s3", "list_buckets")
    assert (result.code, result.out) == (1, "")
    assert result.err == "CommandError: Denied to \\x1b[31mlist.\n"
    assert "Traceback" in run("aws_s3", "list_buckets", "--traceback").err


def test_an_interrupt_exits_with_130(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(s3, "list_buckets", interrupt)
    assert run("aws_s3", "list_buckets").code == 130


def test_an_interrupt_before_the_action_exits_with_130(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    handlers: list[object] = []

    def interrupt(*given: object) -> None:
        handlers.append(signal.getsignal(signal.SIGTERM))
        raise KeyboardInterrupt

    before = signal.getsignal(signal.SIGTERM)
    monkeypatch.setattr(Command, "create_parser", interrupt)
    assert run("aws_s3", "list_buckets") == Result(130, "", "CommandError: Interrupted.\n")
    assert handlers != [before]
    assert signal.getsignal(signal.SIGTERM) is before


def test_sigterm_interrupts_as_ctrl_c_does(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    before = signal.getsignal(signal.SIGTERM)
    monkeypatch.setattr(s3, "list_buckets", lambda: os.kill(os.getpid(), signal.SIGTERM))
    assert run("aws_s3", "list_buckets").code == 130
    assert signal.getsignal(signal.SIGTERM) is before


def test_sighup_interrupts_too_unless_it_has_another_meaning(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(s3, "list_buckets", lambda: os.kill(os.getpid(), signal.SIGHUP))
    before = signal.getsignal(signal.SIGHUP)
    assert before is signal.SIG_DFL
    assert run("aws_s3", "list_buckets").code == 130
    assert signal.getsignal(signal.SIGHUP) is before
    meant: list[int] = []

    def hang_up() -> dict[str, list[object]]:
        os.kill(os.getpid(), signal.SIGHUP)
        return {"Buckets": []}

    monkeypatch.setattr(s3, "list_buckets", hang_up)
    signal.signal(signal.SIGHUP, lambda number, frame: meant.append(number))
    try:
        assert run("aws_s3", "list_buckets").code == 0
    finally:
        signal.signal(signal.SIGHUP, before)
    assert meant == [signal.SIGHUP]


def test_a_reader_that_goes_away_ends_it_quietly(
    ministack: LocalAWS,
    make_bucket: Callable[..., str],
    start_process: Callable[..., subprocess.Popen[str]],
) -> None:
    make_bucket()
    reader, writer = os.pipe()
    os.close(reader)
    process = start_process("aws_s3", "list_buckets", stdout=writer)
    os.close(writer)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 1
    assert err == "CommandError: The reader of the output went away.\n"
