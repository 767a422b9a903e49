"""Run `manage.py` as a user does: inside this process, or as a process of its own."""

from __future__ import annotations

import contextlib
import gc
import io
import json
import os
import subprocess
import sys
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple
from unittest import mock

ROOT = Path(__file__).resolve().parent.parent
SETTINGS_VARIABLE = "PHILO_AWS_TEST_SETTINGS"


class Result(NamedTuple):
    """What the user of a command sees."""

    code: int
    out: str
    err: str


class Stream(io.TextIOWrapper):
    """A standard stream in memory that can pass for a terminal."""

    def __init__(self, content: bytes = b"", *, tty: bool = False) -> None:
        super().__init__(io.BytesIO(content), encoding="utf-8", newline="\n", write_through=True)
        self._tty = tty

    def isatty(self) -> bool:
        return self._tty

    def text(self) -> str:
        """Everything written so far."""
        buffer = self.buffer
        assert isinstance(buffer, io.BytesIO)
        return buffer.getvalue().decode()


def run(*arguments: object, stdin: str | bytes = "", tty: bool = False) -> Result:
    """Run `manage.py ARGUMENTS` in this process; `tty` makes stdout and stderr a terminal."""
    from django.core.management import execute_from_command_line

    given = stdin.encode() if isinstance(stdin, str) else stdin
    out, err = Stream(tty=tty), Stream(tty=tty)
    thresholds = gc.get_threshold()
    with (
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
        mock.patch.object(sys, "stdin", Stream(given)),
        # --settings and --pythonpath write to both.
        mock.patch.dict(os.environ),
        mock.patch.object(sys, "path", sys.path[:]),
    ):
        try:
            execute_from_command_line(["manage.py", *map(str, arguments)])
            code = 0
        except SystemExit as stop:
            code = exit_code(stop)
        except KeyboardInterrupt:
            code = 130
        except BaseException:  # noqa: BLE001 - what Python itself does with any exception
            traceback.print_exc()
            code = 1
    # A command whose process ends with it looks for garbage so seldom that here it would pile up.
    gc.set_threshold(*thresholds)
    return Result(code, out.text(), err.text())


def exit_code(stop: SystemExit) -> int:
    """The exit status Python would give, with a text printed to stderr as Python does."""
    if stop.code is None:
        return 0
    if isinstance(stop.code, int):
        return stop.code
    sys.stderr.write(f"{stop.code}\n")
    return 1


def process_environment(aws: Mapping[str, Any], env: Mapping[str, str]) -> dict[str, str]:
    """The environment for a `manage.py` on `tests.settings` with this `settings.AWS`."""
    given = {
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        SETTINGS_VARIABLE: json.dumps(aws),
        "PYTHONPATH": str(ROOT),
    }
    return os.environ | given | dict(env)


def start_process(
    *arguments: object, aws: Mapping[str, Any], env: Mapping[str, str] | None = None, **options: Any
) -> subprocess.Popen[str]:
    """Start `manage.py ARGUMENTS` as a process of its own, all three streams piped."""
    return subprocess.Popen(
        [sys.executable, str(ROOT / "manage.py"), *map(str, arguments)],
        env=process_environment(aws, env or {}),
        text=True,
        **{
            "stdin": subprocess.PIPE,
            "stdout": subprocess.PIPE,
            "stderr": subprocess.PIPE,
            **options,
        },
    )


def run_process(
    *arguments: object,
    aws: Mapping[str, Any],
    env: Mapping[str, str] | None = None,
    stdin: str = "",
    timeout: float = 60,
    **options: Any,
) -> Result:
    """Run `manage.py ARGUMENTS` as a process of its own to its end."""
    with start_process(*arguments, aws=aws, env=env, **options) as running:
        try:
            out, err = running.communicate(stdin, timeout=timeout)
        except BaseException:
            running.kill()
            raise
    return Result(running.returncode, out, err)
