"""The browser's program on this machine: its own build without windows where there is one.

Debian's `chromium-headless-shell` renders as Chromium does and is what Playwright itself would
take; the whole program draws its tabs and buttons too, for nobody: a third of the tests' time.
"""

from __future__ import annotations

import shutil

WHOLE = ("chromium", "chromium-browser", "google-chrome")
"""Has what the other leaves out: a viewer for PDF, images that wait until they are near."""
PROGRAMS = ("chromium-headless-shell", *WHOLE)
MISSING = "Chromium is not installed: apt-get install chromium chromium-headless-shell"


def find(*names: str) -> str | None:
    """The path of the first of these programs that is installed; of any when none is named."""
    return next(filter(None, map(shutil.which, names or PROGRAMS)), None)
