#!/usr/bin/env python
"""Run the tests; takes pytest's arguments. Every warning, also one from an import, is an error.

Without arguments all of them run, in several processes, each with servers of its own.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent
# In the environment and not as options, so that the commands which tests start have them too.
STRICT = {
    "PYTHONDEVMODE": "1",
    "PYTHONWARNINGS": "error",
    # The mode would fill and check each block of memory too, which is for those who write in C: a
    # fifth of the time of tests that compute.
    "PYTHONMALLOC": "pymalloc",
    # Where it is forbidden to keep what was compiled, each of hundreds of commands would compile
    # all of the package, and each process of the tests all assertions: a minute of a run.
    "PYTHONDONTWRITEBYTECODE": "",
}


def main(arguments: list[str]) -> int:
    """Start again under `STRICT` where needed, then hand over to pytest."""
    if any(os.environ.get(name) != value for name, value in STRICT.items()):
        # Started by `nohup` or in the background a process ignores these, and so do its children.
        for name in ("SIGINT", "SIGHUP"):
            if hasattr(signal, name):
                signal.signal(getattr(signal, name), signal.SIG_DFL)
        command = [sys.executable, str(ROOT / "runtests.py"), *arguments]
        os.execve(command[0], command, os.environ | STRICT)  # noqa: S606
    import pytest

    os.chdir(ROOT)
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    # Two for each core and one: much of the time is waiting, for servers and for what is to time
    # out. Each begins with a part of its own, so that few have to start a browser, and helps the
    # others with what is left.
    processes = str(2 * (os.cpu_count() or 1) + 1)
    return pytest.main(arguments or ["--numprocesses", processes, "--dist", "worksteal"])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
