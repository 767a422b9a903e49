"""A child that was forked while another thread imported, or made a client, can do the same."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from philo_aws import forks
from tests.running import ROOT, process_environment

pytestmark = pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")

# Whatever is imported next takes long enough for a fork to fall into it. The child asks for the
# same and is killed if it waits for the thread that it does not have.
PROGRAM = """
import importlib.abc, os, signal, sys, threading, time
import django
django.setup()
from philo_aws import clients, s3
from philo_aws.admin import BucketAdmin

slow = threading.Event()


class Slow(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name == {module!r}:
            slow.set()
            time.sleep(0.5)
        return None


def ask():
    {ask}


sys.meta_path.insert(0, Slow())
other = threading.Thread(target=ask)
other.start()
assert slow.wait(30)
child = os.fork()
if child == 0:
    signal.alarm(20)
    ask()
    os._exit(7)
other.join()
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


@pytest.mark.parametrize(
    ("module", "ask"),
    [
        ("philo_aws.s3.transfer.folders", "s3.upload_dir"),
        ("philo_aws.s3.transfer.line", "s3.upload_dir"),
        ("botocore.session", "clients.get_client('s3', 'us-east-1')"),
        ("botocore.config", "clients.get_client('s3', 'us-east-1')"),
        ("philo_aws.admin.buckets.list", "BucketAdmin.views['changelist']"),
    ],
)
def test_a_child_of_the_first_import(module: str, ask: str) -> None:
    result = subprocess.run(
        [
            sys.executable,
            "-W",
            "ignore::DeprecationWarning",
            "-c",
            PROGRAM.format(module=module, ask=ask),
        ],
        env=process_environment({}, {}),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (result.stdout, result.stderr) == ("7\n", "")


def test_a_module_that_is_being_run_is_waited_for() -> None:
    module = type(sys)("philo_aws.being_run")
    module.__spec__ = type("Spec", (), {"_initializing": True})()
    sys.modules[module.__name__] = module

    def finish() -> None:
        module.__spec__._initializing = False  # type: ignore[union-attr]

    later = threading.Timer(0.2, finish)
    begun = time.monotonic()
    try:
        later.start()
        child = os.fork()
        if child == 0:
            os._exit(0)
    finally:
        del sys.modules[module.__name__]
    os.waitpid(child, 0)
    assert time.monotonic() - begun >= 0.2


def test_one_that_is_held_for_long_is_free_in_the_child(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forks, "PATIENCE", 0.05)
    lock, held, done = forks.ForkLock(), threading.Event(), threading.Event()

    def hold() -> None:
        with lock:
            held.set()
            done.wait(30)

    other = threading.Thread(target=hold)
    other.start()
    try:
        assert held.wait(30)
        child = os.fork()
        if child == 0:
            signal.alarm(20)
            with lock:
                os._exit(7)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
        assert not lock.take(0)
    finally:
        done.set()
        other.join()
        forks._locks.remove(lock)


def test_who_holds_it_may_fork() -> None:
    lock = forks.ForkLock()
    with lock:
        child = os.fork()
        if child == 0:
            signal.alarm(20)
            with lock:
                os._exit(7)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
    assert lock.take(0)
    lock.give_back()
    forks._locks.remove(lock)


# As PROGRAM, with a module that is none of those for which a fork waits.
UNPROTECTED = """
import os, signal, sys, threading, time
from philo_aws import forks
sys.path.insert(0, {folder!r})
other = threading.Thread(target=__import__, args=("slow_to_import",))
other.start()
while "slow_to_import" not in sys.modules:
    time.sleep(0.01)
print(sys.modules["slow_to_import"].__spec__._initializing)
child = os.fork()
if child == 0:
    signal.alarm(2)
    __import__("slow_to_import")
    os._exit(7)
other.join()
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


def test_python_still_leaves_a_child_waiting_for_an_import_of_another_thread(
    tmp_path: Path,
) -> None:
    # When this fails, philo_aws.forks has no reason any more, or needs another way to know what is
    # being imported.
    (tmp_path / "slow_to_import.py").write_text("import time\ntime.sleep(1)\n")
    result = subprocess.run(
        [
            sys.executable,
            "-W",
            "ignore::DeprecationWarning",
            "-c",
            UNPROTECTED.format(folder=str(tmp_path)),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert result.stdout.split() == ["True", str(-signal.SIGALRM)], result.stderr
