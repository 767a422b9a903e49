"""Results of tasks in a folder that all processes of a test share."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any


class Folder:
    """A store as `OPTIONS["results"]` may name one: a file for each task."""

    def __init__(self) -> None:
        self._folder = Path(os.environ["SITE_RESULTS"])

    def put(self, id: str, record: dict[str, Any], ttl: int) -> None:  # noqa: A002
        new = self._folder / f"{id}.{os.getpid()}.new"
        new.write_text(json.dumps({**record, "ttl": ttl}))
        new.rename(self._folder / id)

    def get(self, id: str) -> dict[str, Any] | None:  # noqa: A002
        try:
            found: dict[str, Any] = json.loads((self._folder / id).read_text())
        except FileNotFoundError:
            return None
        return found
