"""Small pictures in the list of a folder, where they are wanted: bounded, loaded when seen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from ..base import Tool
from .base import BucketView
from .kinds import is_image

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ...s3.web.page import ListedObject

THUMBNAIL_LIMIT = 1024**2
"""Bytes of an image that is shown in a list; nothing makes large ones small here."""
MOST_THUMBNAILS = 50
"""Images that one page of a list shows."""
ORDER = 75
"""Where the button stands among the others."""


class ThumbnailsMixin(BucketView):
    """Of a list of objects: its images, where ``?thumbs=1`` says so and the person may see them.

    The browser asks for each when it comes into view, through :class:`.preview.PreviewView`, which
    looks at its bytes and sends nothing but an image.
    """

    has_images = False
    wants_thumbnails = False
    """Whether they are shown without being asked for."""

    def get_thumbnails(self, entries: Iterable[ListedObject]) -> dict[str, str]:
        """Return the address of the small picture of each object that has one, by its key."""
        images = [
            entry for entry in entries if is_image(entry.key) and 0 < entry.size <= THUMBNAIL_LIMIT
        ]
        self.has_images = bool(images)
        if not self.wants_thumbnails and not self.parameter("thumbs"):
            return {}
        return {
            entry.key: self.link("preview", key=entry.key, **{"as": "thumbnail"})
            for entry in images[:MOST_THUMBNAILS]
        }

    def get_tools(self) -> list[Tool]:
        tools = super().get_tools()
        shown = bool(self.parameter("thumbs"))
        if (self.has_images or shown) and self.link("preview"):
            label = _("Hide thumbnails") if shown else _("Show thumbnails")
            url = self.here(token=self.parameter("token"), thumbs="" if shown else "1")
            tools.append(Tool(label=label, url=url, order=ORDER))
        return sorted(tools, key=lambda tool: tool.order)

    def here(self, **query: str) -> str:
        """Return the address of this page with another query."""
        return self.link("change", **{"prefix": self.prefix, **query})
