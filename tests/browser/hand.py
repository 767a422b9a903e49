"""A person's hand, which counts: clicks, single keys such as Enter, and what has to be typed."""

from __future__ import annotations

import re
from typing import Any

from tests.running import ROOT

ADMIN = ROOT / "docs" / "admin.md"


class Hand:
    """What one does on a page, counted as `docs/admin.md` counts it."""

    def __init__(self, page: Any) -> None:
        self.page = page
        self.clicks = 0
        self.texts = 0

    def click(self, what: Any, **options: Any) -> None:
        what.click(**options)
        self.clicks += 1

    def press(self, key: str) -> None:
        self.page.keyboard.press(key)
        self.clicks += 1

    def type(self, text: str) -> None:
        """Into what has the focus already, else a click comes before."""
        self.page.keyboard.type(text)
        self.texts += 1

    @property
    def counted(self) -> str:
        """As it stands in the table: "3", or "3 and a text"."""
        return f"{self.clicks}{' and a text' if self.texts else ''}"


def documented() -> dict[str, str]:
    """What the table of clicks in the documentation says of these pages, by the job."""
    table = ADMIN.read_text().partition("| job | here |")[2].partition("\n\n")[0]
    rows = re.findall(r"^\| ([^|]+) \| (\d[^|]*) \|", table, re.MULTILINE)
    return {job.strip(): here.strip() for job, here in rows}
