"""What ends a command early: Ctrl-C, SIGTERM and SIGHUP, all as :exc:`KeyboardInterrupt`."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time
from collections.abc import Iterator
from types import FrameType

_SOON = 0.2


@contextlib.contextmanager
def terminable() -> Iterator[None]:
    """Let SIGTERM and SIGHUP interrupt the block as Ctrl-C does, so that it can clean up.

    SIGHUP stays what another made of it: under ``nohup`` it is ignored, a server may reload by it.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def interrupt(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    numbers = [signal.SIGTERM]
    hangup = getattr(signal, "SIGHUP", None)
    if hangup is not None and signal.getsignal(hangup) is signal.SIG_DFL:
        numbers.append(hangup)
    before = [(number, signal.signal(number, interrupt)) for number in numbers]
    try:
        yield
    finally:
        for number, handler in before:
            signal.signal(number, handler)


@contextlib.contextmanager
def heard() -> Iterator[None]:
    """See to it that the main thread hears a signal at once, also when it waits for another thread.

    Python's handlers run in the main thread between its steps. A signal that comes when it is just
    about to wait for a lock is noted, and nothing wakes the thread, as long as the wait may last.
    """
    main = threading.main_thread()
    waker = getattr(signal, "SIGURG", None)
    if threading.current_thread() is not main or waker is None:
        yield
        return
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    # A handler that does nothing: its signal ends the wait, behind which Python calls the others.
    handler = signal.signal(waker, lambda number, frame: None)
    before = signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    waking = threading.Thread(target=_wake, args=(reading, waker, main.ident), daemon=True)
    waking.start()
    try:
        yield
    finally:
        signal.set_wakeup_fd(before)
        os.close(writing)  # which ends the thread
        waking.join()
        signal.signal(waker, handler)


def _wake(reading: int, waker: int, main: int) -> None:
    """Send ``waker`` to the thread ``main`` behind each signal whose number can be read."""
    with open(reading, "rb", buffering=0) as signals:
        while number := signals.read(1):
            if number[0] != waker:
                # By now it waits, if it was about to.
                time.sleep(_SOON)
                signal.pthread_kill(main, waker)
