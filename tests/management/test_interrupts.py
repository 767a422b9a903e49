"""Signals as interrupts, heard also where the main thread waits for another."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading

import pytest

from philo_aws.management.interrupts import heard, terminable
from tests.running import ROOT

# What the kernel does when a signal comes in the moment before a wait: it is noted, and the thread
# that waits is not woken. Here another thread takes the signal, since the main one blocks it.
LOST = """
import signal, sys, threading, os
from philo_aws.management.interrupts import heard, terminable
with terminable(), heard():
    threading.Thread(target=threading.Event().wait, daemon=True).start()
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGTERM)).start()
    try:
        threading.Event().wait(50)
    except KeyboardInterrupt:
        print("heard")
"""


def test_a_signal_that_nobody_was_woken_by_is_heard() -> None:
    # Not through the fixtures: a signal to a whole process is what is tested.
    done = subprocess.run(
        [sys.executable, "-c", LOST],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert (done.stdout, done.stderr) == ("heard\n", "")


def test_handlers_are_as_before() -> None:
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGURG)
    before = [signal.getsignal(number) for number in numbers]
    count = threading.active_count()
    with pytest.raises(KeyboardInterrupt), terminable(), heard():
        os.kill(os.getpid(), signal.SIGTERM)
    assert [signal.getsignal(number) for number in numbers] == before
    assert signal.set_wakeup_fd(-1) == -1
    assert threading.active_count() == count


def test_other_threads_have_no_handlers() -> None:
    entered: list[bool] = []

    def enter() -> None:
        with terminable(), heard():
            entered.append(True)

    thread = threading.Thread(target=enter)
    thread.start()
    thread.join()
    assert entered == [True]
