"""Run one suite: `python -m tests.judge.inside SUITE SWAP...`, in the folder of Django's tests."""

from __future__ import annotations

import os
import runpy
import sys

from tests.judge import swaps
from tests.judge.suites import SUITES


def main() -> None:
    """Put what is asked for in the place of Django's, then let Django run its tests."""
    name, *wanted = sys.argv[1:]
    # Django's tasks read the settings when they are imported.
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.judge.settings"
    for swap in wanted:
        getattr(swaps, swap)()
    options = ["--parallel=1", "--verbosity=0", "--settings=tests.judge.settings"]
    sys.argv = ["runtests.py", *options, *SUITES[name].labels]
    runpy.run_path("runtests.py", run_name="__main__")


if __name__ == "__main__":
    main()
