"""The supervisor by itself, with small programs in the server's place."""

from __future__ import annotations

import contextlib
import inspect
import os
import select
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from philo_aws.local import supervisor

WELL_BEHAVED = "import time; time.sleep(60)"
SAVES_FIRST = """
import pathlib, signal, sys, time
def save(*args):
    pathlib.Path("saved").touch()
    sys.exit(0)
signal.signal(signal.SIGTERM, save)
pathlib.Path("ready").touch()
time.sleep(60)
"""


@contextlib.contextmanager
def supervised(
    program: str, folder: Path, *, grace: float = 10, parent: int = 0, remove: str = ""
) -> Iterator[tuple[subprocess.Popen[str], int]]:
    lock, other = os.pipe()
    try:
        process = subprocess.Popen(
            [
                *(sys.executable, "-I", "-S", supervisor.__file__, str(parent or os.getpid())),
                *(str(grace), str(lock), remove, sys.executable, "-c", program),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            pass_fds=(lock,),
            cwd=folder,
        )
    finally:
        os.close(lock)
        os.close(other)
    with process:
        assert process.stdin
        assert process.stdout
        word, pid = process.stdout.readline().split()
        assert word == "started"
        try:
            yield process, int(pid)
        finally:
            process.stdin.close()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                raise


def last_word(process: subprocess.Popen[str]) -> str:
    assert process.stdout
    assert select.select([process.stdout], [], [], 20)[0], "the supervisor says nothing"
    return process.stdout.readline().strip()


def close(process: subprocess.Popen[str]) -> None:
    assert process.stdin
    process.stdin.close()


def await_ready(folder: Path, process: subprocess.Popen[str]) -> None:
    while not (folder / "ready").exists():
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(0.01)


def test_a_closed_pipe_ends_the_server_with_sigterm(tmp_path: Path) -> None:
    with supervised(SAVES_FIRST, tmp_path) as (process, pid):
        await_ready(tmp_path, process)
        close(process)
        assert last_word(process) == "ended 0"
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
    assert (tmp_path / "saved").exists()


@pytest.mark.parametrize("number", supervisor.STOPPING)
def test_a_signal_does_too(tmp_path: Path, number: signal.Signals) -> None:
    with supervised(SAVES_FIRST, tmp_path) as (process, _):
        await_ready(tmp_path, process)
        process.send_signal(number)
        assert last_word(process) == "ended 0"
    assert (tmp_path / "saved").exists()


def test_without_grace_it_is_killed(tmp_path: Path) -> None:
    with supervised(WELL_BEHAVED, tmp_path, grace=0) as (process, _):
        close(process)
        assert last_word(process) == "ended -9"


def test_after_the_grace_it_is_killed(tmp_path: Path) -> None:
    deaf = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN);" + (
        "open('ready', 'w').close(); import time; time.sleep(60)"
    )
    with supervised(deaf, tmp_path, grace=0.2) as (process, _):
        await_ready(tmp_path, process)
        close(process)
        assert last_word(process) == "ended -9"


def test_another_parent_than_named_ends_it(tmp_path: Path) -> None:
    # Pid 1 is nobody's child's parent here: as if ours had died before this one started.
    with supervised(WELL_BEHAVED, tmp_path, parent=1) as (process, _):
        assert last_word(process) == "ended -15"


def test_the_folder_goes_last_and_only_once_the_parent_has_let_go(tmp_path: Path) -> None:
    folder = tmp_path / "throwaway"
    folder.mkdir()
    with supervised("import sys; sys.exit(7)", tmp_path, remove=str(folder)) as (process, _):
        assert last_word(process) == "ended 7"
        assert folder.exists()
        close(process)
        process.wait()
        assert not folder.exists()


def test_no_other_folder_goes(tmp_path: Path) -> None:
    with supervised(WELL_BEHAVED, tmp_path, grace=0) as (process, _):
        close(process)
        process.wait()
    assert tmp_path.exists()


def test_a_closed_pipe_to_the_parent_is_no_error(
    tmp_path: Path, await_end: Callable[[int], None], capfd: pytest.CaptureFixture[str]
) -> None:
    with supervised(WELL_BEHAVED, tmp_path) as (process, pid):
        assert process.stdout
        process.stdout.close()
        close(process)
        await_end(pid)
        assert process.wait() == 0
    assert capfd.readouterr().err == ""


def test_python_still_has_no_name_for_the_death_of_a_parent() -> None:
    # When this fails, the supervisor needs no ctypes.
    names = [*dir(os), *dir(signal), *inspect.signature(subprocess.Popen).parameters]
    assert not [name for name in names if "prctl" in name or "pdeath" in name.lower()]
