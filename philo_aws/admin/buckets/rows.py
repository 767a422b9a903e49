"""What can be done with each row of a folder."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ..addresses import query_string

if TYPE_CHECKING:
    from ..base import AWSView, Place, Tool


class RowMenu:
    """The buttons of all rows of a kind: who may press them is asked once for a page."""

    def __init__(self, view: AWSView, place: Place) -> None:
        self._tools = view.buttons_at({place: {}})

    def of(self, **query: str) -> list[Tool]:
        """Return the buttons of the row that ``query`` names to the pages that they lead to."""
        asked = query_string(query)
        return [replace(tool, url=f"{tool.url}?{asked}") for tool in self._tools]
