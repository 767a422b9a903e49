"""Runs the server for one parent and stops it, its data saved, when the parent is gone.

Started as a script, in a process of its own: the kernel closes the pipe on its standard input
however the parent ends, ``kill -9`` included. It needs nothing outside the standard library, is
single-threaded, and says on its standard output ``started PID`` and then ``ended STATUS``.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import select
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable

STOPPING = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
PR_SET_PDEATHSIG = 1


def main(parent: int, grace: float, lock: int, remove: str, command: list[str]) -> None:
    """Run ``command`` until ``parent`` wants it no more; then delete the folder ``remove``."""
    os.umask(0o077)
    wake = _wake_on_signals()
    server = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=sys.stderr,
        stderr=sys.stderr,
        pass_fds=(lock,),
        preexec_fn=_die_with_supervisor(),  # noqa: PLW1509 (there is one thread)
    )
    _say(f"started {server.pid}")
    while server.poll() is None and _is_wanted(parent, wake):
        pass
    if server.returncode is None:
        _stop(server, grace, wake)
        _say(f"ended {server.returncode}")
    else:
        _say(f"ended {server.returncode}")
        # Its log is in the folder, and the parent may want to read it.
        while _is_wanted(parent, wake):
            pass
    if remove:
        shutil.rmtree(remove, ignore_errors=True)


def _wake_on_signals() -> int:
    """Return a descriptor from which the number of every signal that arrives can be read."""
    wake, waker = os.pipe()
    os.set_blocking(waker, False)
    signal.set_wakeup_fd(waker, warn_on_full_buffer=False)
    for number in (*STOPPING, signal.SIGCHLD):
        signal.signal(number, lambda number, frame: None)
    return wake


def _is_wanted(parent: int, wake: int) -> bool:
    """Wait until something happens; say whether it was anything but a reason to stop."""
    # The pause is for a parent that forked: its children hold the pipe open.
    ready, _, _ = select.select([0, wake], [], [], 1.0)
    if wake in ready and set(os.read(wake, 4096)) & set(STOPPING):
        return False
    return not (0 in ready and not os.read(0, 1)) and os.getppid() == parent


def _stop(server: subprocess.Popen[bytes], grace: float, wake: int) -> None:
    if grace:
        server.terminate()
    deadline = time.monotonic() + grace
    while server.poll() is None and (left := deadline - time.monotonic()) > 0:
        if select.select([wake], [], [], left)[0]:
            os.read(wake, 4096)
    if server.poll() is None:
        server.kill()
        server.wait()


def _die_with_supervisor() -> Callable[[], None] | None:
    """Return what makes the server end when this very process is killed; Linux alone has it."""
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None).prctl
    return lambda: prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def _say(text: str) -> None:
    # The parent may be gone.
    with contextlib.suppress(BrokenPipeError):
        os.write(1, f"{text}\n".encode())


if __name__ == "__main__":
    main(int(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3]), sys.argv[4], sys.argv[5:])
