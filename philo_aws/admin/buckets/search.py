"""Search: names that contain a text, in a folder and all folders below, in bounded steps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from django.http import HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext_lazy as _

from ...s3.web.page import ContentsPage
from ...s3.web.search import MOST_KEYS, SearchStep, search_step
from ..posted import most_ticked
from ..text import visible
from .folder import BrowseView

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..base import Place

LONGEST_FIGURE = 12
"""Digits of a figure that an address carries."""


@dataclass(frozen=True, kw_only=True)
class SearchState:
    """How far a search has come, with the steps before this one."""

    text: str
    """What is looked for."""
    seen: int
    """Objects looked at."""
    found: int
    """Folders and objects found."""
    stopped_at: str
    """The last key looked at; empty where all were."""
    first_url: str
    """The first step; empty where this is it."""
    next_url: str
    """The next step; empty where all were looked at."""
    begins_url: str
    """The same as S3 itself searches: names of this folder that begin so."""


class SearchView(BrowseView):
    """What is found: the rows of a folder's page, each named by its way from there."""

    route = "<str:object_id>/search/"
    permissions = ("list_objects",)
    title = _("Search")
    leads_to_history = False
    search_limit: ClassVar[int] = MOST_KEYS
    """Objects that one page looks at: a request for each 1,000."""

    step = SearchStep()
    """What this page found."""

    def get_title(self) -> str:
        return str(self.title)

    def is_page_of_object(self) -> bool:
        return False

    def is_page_of_target(self) -> bool:
        return False

    def get_places(self) -> Mapping[Place, Mapping[str, str]]:
        return {}

    def get(self, *args: Any, **kwargs: Any) -> HttpResponse:
        if not self.parameter("q").strip():
            return HttpResponseRedirect(self.folder_url(self.prefix))
        return super().get(*args, **kwargs)

    def read_page(self, query: str) -> ContentsPage:
        """Return what this step found; its requests are one for each 1,000 objects looked at."""
        self.step = self.ask_aws(
            search_step,
            self.bucket,
            query,
            prefix=self.prefix,
            after=self.parameter("after"),
            limit=self.search_limit,
            most=most_ticked(self.page_size),
        )
        self.has_more = bool(self.step.after)
        return ContentsPage(prefixes=self.step.prefixes, entries=self.step.entries)

    def get_context(self, **context: Any) -> dict[str, Any]:
        seen, found = self._figure("seen") + self.step.seen, self._figure("found") + self.step.found
        after, query = self.step.after, self.parameter("q")
        search = SearchState(
            text=query,
            seen=seen,
            found=found,
            stopped_at=visible(after[len(self.prefix) :]),
            first_url=self.here(after="", seen="", found="") if self.parameter("after") else "",
            next_url=self.here(after=after, seen=seen, found=found) if after else "",
            begins_url=self.beside("change", q=query),
        )
        # These are no pages of a folder.
        changed = {"first_url": "", "next_url": "", "last_url": "", "search": search}
        # Files go into a folder, and all of a folder is more than what was found in it.
        taken = {"upload_panel": None, "everything": "", "count_url": ""}
        return super().get_context(**{**context, **changed, **taken})

    def here(self, **query: Any) -> str:
        """Return the address of this search, of another step or in another order."""
        names = ("prefix", "q", "sort", "thumbs", "after", "seen", "found")
        given = {name: self.parameter(name) for name in names}
        return self.model_admin.url("search", self.obj, **{**given, **query})

    def _figure(self, name: str) -> int:
        text = self.parameter(name)
        return (
            int(text) if text.isascii() and text.isdecimal() and len(text) <= LONGEST_FIGURE else 0
        )
