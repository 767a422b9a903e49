"""`aws_sqs consume --reload`: what was changed is what runs, and what is wrong ends nothing."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.utils import autoreload

from philo_aws import sqs
from philo_aws.management import reloading
from tests.running import ROOT
from tests.sqs.consumer.conftest import counts, wait_for

pytestmark = pytest.mark.aws_servers("ministack")
HANDLERS = """
import os
from philo_aws.sqs.consumer import handler

@handler(os.environ["SITE_QUEUE"])
def take(message):
    with open(os.environ["SITE_NOTES"], "a") as file:
        file.write("{word} " + message.body + "\\n")
"""
SETTINGS = """
from tests.settings import *
from tests.settings import INSTALLED_APPS
INSTALLED_APPS = [*INSTALLED_APPS, "changing"]
DEBUG = os.environ["SITE_DEBUG"] == "yes"
"""


class Changing:
    """A site whose handlers a test changes."""

    def __init__(
        self, start: Callable[..., subprocess.Popen[str]], folder: Path, queue_url: str
    ) -> None:
        self._start, self._folder, self._queue_url = start, folder, queue_url
        self._processes: list[subprocess.Popen[str]] = []
        self._notes = folder / "notes"
        self._notes.touch()
        self._app = folder / "changing"
        self._app.mkdir()
        (self._app / "__init__.py").touch()
        (folder / "changing_settings.py").write_text(SETTINGS)

    def write(self, text: str) -> None:
        path = self._app / "sqs_handlers.py"
        path.write_text(text)
        # The reloader looks at times alone, and two changes may be within one second of a disk.
        self._time = getattr(self, "_time", time.time() - 100) + 10
        os.utime(path, (self._time, self._time))

    def consume(self, debug: str = "yes") -> subprocess.Popen[str]:
        env = {
            "DJANGO_SETTINGS_MODULE": "changing_settings",
            "PYTHONPATH": os.pathsep.join([str(self._folder), str(ROOT)]),
            "SITE_NOTES": str(self._notes),
            "SITE_QUEUE": self._queue_url,
            "SITE_DEBUG": debug,
        }
        # In a session of its own: it has children, which have its streams.
        flags = ("--reload", "--wait_time_seconds", 1)
        process = self._start("aws_sqs", "consume", *flags, env=env, start_new_session=True)
        self._processes.append(process)
        return process

    def end(self) -> None:
        for process in self._processes:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)

    def says(self, word: str, seconds: float = 30) -> bool:
        """Whether a message is handled by the code with this word."""
        sqs.send_message(self._queue_url, "next")
        return wait_for(lambda: f"{word} next\n" in self._notes.read_text(), seconds)

    def comes_to_say(self, word: str) -> bool:
        """Whether it is so after a change, which nobody sees who has not begun to look."""
        for _ in range(6):
            self.write(HANDLERS.format(word=word))
            if self.says(word, 15):
                return True
        return False


@pytest.fixture
def changing(
    start_process: Callable[..., subprocess.Popen[str]], tmp_path: Path, queue_url: str
) -> Iterator[Changing]:
    made = Changing(start_process, tmp_path, queue_url)
    yield made
    made.end()


def test_what_was_changed_is_what_runs(changing: Changing, queue_url: str) -> None:
    changing.write(HANDLERS.format(word="before"))
    process = changing.consume()
    assert changing.says("before")
    assert changing.comes_to_say("after")
    changing.write("this is no Python")
    assert changing.comes_to_say("mended")
    assert process.poll() is None
    assert wait_for(lambda: counts(queue_url) == (0, 0))


def test_what_is_wrong_is_told_and_waited_for(changing: Changing) -> None:
    changing.write("")
    process = changing.consume()
    assert process.stderr is not None
    told = []
    for line in process.stderr:
        told.append(line)
        if "Waiting for the code to change" in line:
            break
    assert "There are no handlers" in told[-1]
    assert changing.comes_to_say("now")


def test_a_site_that_is_live_is_not_looked_at(changing: Changing) -> None:
    changing.write(HANDLERS.format(word="live"))
    process = changing.consume(debug="no")
    assert changing.says("live")
    process.terminate()
    _, err = process.communicate(timeout=30)
    assert process.returncode == 0
    assert "--reload is for DEBUG" in err


def test_told_to_end_it_gives_back_what_it_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    """By a consumer that says what it is told: a process that ends tells nobody what it had."""
    happened = []

    class Consumer:
        def run(self) -> int:
            happened.append("run")
            monkeypatch.setattr(self, "run", None)
            return 0

        def stop(self) -> None:
            happened.append("stop")

    def reload_once(main: Callable[[], None]) -> None:
        main()
        raise SystemExit(0)

    monkeypatch.setattr(autoreload, "run_with_reloader", reload_once)
    with pytest.raises(SystemExit):
        reloading.run(Consumer, happened.append)  # type: ignore[arg-type]
    assert happened == ["run", "stop"]
