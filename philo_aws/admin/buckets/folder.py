"""What is in a bucket: the pages of a folder."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from ...s3.request.addresses import format_address
from ...s3.web.ends import find_end
from ...s3.web.page import ContentsPage, ListedObject, list_page
from ..posted import most_ticked
from ..text import visible
from .base import BucketView, name_of, pack, parent_of
from .rows import RowMenu
from .thumbnails import ThumbnailsMixin
from .upload_panel import SCRIPTS as UPLOAD_SCRIPTS
from .upload_panel import panel_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from django.db import models
    from django.http import HttpRequest

    from ..base import Place
    from ..model_admin import AWSAdmin

PAGE_SIZE = 100
SORTS = {
    "name": (lambda entry: entry.key, False),
    "-name": (lambda entry: entry.key, True),
    "size": (lambda entry: entry.size, False),
    "-size": (lambda entry: entry.size, True),
    "date": (lambda entry: entry.last_modified, False),
    "-date": (lambda entry: entry.last_modified, True),
}


@dataclass(frozen=True, kw_only=True)
class SortHeading:
    """A heading that sorts."""

    label: Any
    """What is read."""
    url: str
    """Sorts by it, or the other way round."""
    aria_sort: str
    """``ascending``, ``descending`` or ``none``."""
    number: bool = False
    """Whether its cells are figures."""


class BrowseView(ThumbnailsMixin, BucketView):
    """A folder, by one request to S3."""

    route = "<str:object_id>/change/"
    about = "prefix"
    permissions = ("list_objects",)
    template_name = "admin/philo_aws/bucket/browse.html"
    leads_to_history = True
    scripts = ("philo_aws/select.js", "philo_aws/rows.js", *UPLOAD_SCRIPTS)
    page_size: ClassVar[int] = PAGE_SIZE
    """Objects and folders; never more than Django takes when all of them are ticked."""

    has_more = False
    """Whether something comes after this page."""

    @classmethod
    def permitted(
        cls,
        model_admin: AWSAdmin,
        request: HttpRequest,
        obj: models.Model | None,
        key: str | None = "",
    ) -> bool:
        """Say whether the person may see the folder, or another one on the way to which it is."""
        if super().permitted(model_admin, request, obj, key):
            return True
        # A page made of this one shows something else, which is not the way to anything.
        return cls is model_admin.get_views().get("change") and any(
            True for _folder in cls.ways(model_admin, request, obj, key or "")
        )

    @classmethod
    def ways(
        cls, model_admin: Any, request: HttpRequest, obj: models.Model | None, prefix: str
    ) -> Iterator[str]:
        """Yield the folders right below ``prefix`` that lead to one that the person may see."""
        if obj is None:
            return
        seen: set[str] = set()
        for end in model_admin.get_prefixes(request, str(obj.pk)):
            if not end.startswith(prefix) or len(end) <= len(prefix):
                continue
            slash = end.find("/", len(prefix))
            way = end if slash == -1 else end[: slash + 1]
            if way not in seen and model_admin.may(request, cls.permissions, obj, key=end):
                seen.add(way)
                yield way

    def get_title(self) -> str:
        return name_of(self.prefix) if self.prefix else visible(self.bucket)

    def is_page_of_object(self) -> bool:
        return not self.prefix

    def is_page_of_target(self) -> bool:
        return self.prefix.endswith("/")

    def get_places(self) -> Mapping[Place, Mapping[str, str]]:
        folder = self.folder
        places: dict[Place, Mapping[str, str]] = {"contents": {"prefix": folder}}
        if folder:
            places["folder"] = {"prefix": parent_of(folder), "select_folder": pack(folder)}
        elif not self.prefix:
            places["bucket"] = {}
        return places

    def get(self, *args: Any, **kwargs: Any) -> HttpResponse:
        query = self.parameter("q")
        if super().permitted(self.model_admin, self.request, self.obj, self.prefix):
            page = self.read_page(query)
        else:
            # What else is here is not for the person, so S3 is not asked.
            page = ContentsPage(
                prefixes=tuple(
                    self.ways(self.model_admin, self.request, self.obj, self.prefix + query)
                )
            )
        sort = self.parameter("sort")
        folders = self.get_folders(page)
        return self.render(
            folders=folders,
            folders_shown=len(folders),
            entries=self.get_entries(page, sort),
            columns=self.get_columns(sort),
            unsorted_url=self.get_unsorted_url(sort),
            query=query,
            first_url=self.here(after="") if self.is_behind_the_first() else "",
            next_url=self.here(token=page.next_token, after="") if page.next_token else "",
            last_url=self.get_last_url(query) if page.next_token else "",
            search_url=self.link("search") or self.model_admin.url("change", self.obj),
            within_url=self.beside("search", q=query) if query else "",
            all_url=self.here(q="", sort="", after="") if query else "",
            thumbs=self.parameter("thumbs"),
            open_url=self.link("open"),
            actions=self.get_actions(),
            upload_panel=panel_of(self),
            root_address=format_address(self.bucket),
            everything=f"={pack(self.prefix + query)}",
            count_url=self.link("count", prefix=self.prefix, q=query),
        )

    def read_page(self, query: str) -> ContentsPage:
        """Return what the page shows: names that begin with ``query``, by one request."""
        page = self.ask_aws(
            list_page,
            self.bucket,
            prefix=self.prefix + query,
            token=self.parameter("token"),
            start_after=self.parameter("after"),
            limit=most_ticked(self.page_size),
        )
        self.has_more = bool(page.next_token)
        return page

    def is_behind_the_first(self) -> bool:
        """Say whether this is another page than the first."""
        return bool(self.parameter("token") or self.parameter("after"))

    def get_last_url(self, query: str) -> str:
        """Return the way to the last page, from here where this is on the way already."""
        return self.beside("end", q=query, after=self.parameter("after"))

    def get_folders(self, page: ContentsPage) -> list[dict[str, Any]]:
        """Return the folders as the template shows them."""
        names = page.prefixes
        if self.parameter("sort") == "-name":
            names = names[::-1]
        menu = RowMenu(self, "folder_row")
        return [
            {
                "value": pack(prefix),
                "name": visible(prefix[len(self.prefix) :]),
                "url": self.link("change", prefix=prefix, thumbs=self.parameter("thumbs")),
                "menu": menu.of(prefix=parent_of(prefix), select_folder=pack(prefix)),
            }
            for prefix in names
            if self.permitted(self.model_admin, self.request, self.obj, prefix)
        ]

    def get_entries(self, page: ContentsPage, sort: str) -> list[dict[str, Any]]:
        """Return the objects as the template shows them, sorted within the page."""
        entries: list[ListedObject] = [
            # The empty object that keeps an empty folder is the folder, not something in it.
            entry
            for entry in page.entries
            if (entry.key != self.prefix or entry.size)
            and self.model_admin.may(self.request, self.permissions, self.obj, key=entry.key)
        ]
        if sort in SORTS:
            by, reverse = SORTS[sort]
            entries.sort(key=by, reverse=reverse)
        thumbnails = self.get_thumbnails(entries)
        menu = RowMenu(self, "object_row")
        return [
            {
                "entry": entry,
                "thumb_url": thumbnails.get(entry.key, ""),
                "value": pack(entry.key),
                "name": visible(entry.key[len(self.prefix) :]) or visible(entry.key),
                "url": self.link("object", key=entry.key),
                "download_url": self.link("download", key=entry.key),
                "menu": menu.of(key=entry.key),
            }
            for entry in entries
        ]

    def is_part(self) -> bool:
        """Say whether there is more than this page shows, so that it is sorted by itself."""
        return self.has_more or self.is_behind_the_first()

    def get_unsorted_url(self, sort: str) -> str:
        """Return the way to S3's order, where this page has another and is not all there is."""
        if sort not in SORTS or sort == "name" or not self.is_part():
            return ""
        return self.here(token=self.parameter("token"), sort="")

    def get_columns(self, sort: str) -> list[SortHeading]:
        """Return the headings; pressing the sorted one turns it round."""
        token = self.parameter("token")
        columns = []
        for name, text in (("name", _("Name")), ("size", _("Size")), ("date", _("Modified"))):
            turned = "-" if sort == name else ""
            label: Any = text
            if self.is_part():
                hint = _("(sorts this page only)")
                label = format_html('{} <span class="visually-hidden">{}</span>', text, hint)
            order = {name: "ascending", f"-{name}": "descending"}.get(sort, "none")
            url = self.here(token=token, sort=f"{turned}{name}")
            columns.append(
                SortHeading(label=label, url=url, aria_sort=order, number=name == "size")
            )
        return columns

    def get_actions(self) -> list[dict[str, Any]]:
        """Return what can be done with a selection: a label and an address."""
        return [
            {"label": tool.label, "url": tool.url}
            for tool in self.buttons_at({"selection": {"prefix": self.folder}})
        ]

    def here(self, **query: str) -> str:
        """Return the address of this folder and search, with another token or order."""
        given = {
            "prefix": self.prefix,
            "q": self.parameter("q"),
            "sort": self.parameter("sort"),
            "thumbs": self.parameter("thumbs"),
            "after": self.parameter("after"),
        }
        return self.model_admin.url("change", self.obj, **{**given, **query})

    def beside(self, name: str, **query: str) -> str:
        """Return the address of another page about this folder, as :meth:`link` does."""
        kept = {"prefix": self.prefix, "thumbs": self.parameter("thumbs")}
        return self.link(name, **{**kept, **query})


class EndView(BucketView):
    """Goes to the last page of a folder, by at most 40 requests."""

    route = "<str:object_id>/end/"
    about = "prefix"
    permissions = ("list_objects",)
    title = _("Last page")

    def get(self, *args: Any, **kwargs: Any) -> HttpResponse:
        query = self.parameter("q")
        end = self.ask_aws(
            find_end,
            self.bucket,
            prefix=self.prefix + query,
            after=self.parameter("after"),
            rows=most_ticked(BrowseView.page_size),
        )
        if not end.found:
            messages.info(
                self.request,
                _(
                    "S3 lists forwards only, and its end was not found in time. This is as far as "
                    "it was come; “Last page” goes on from here."
                ),
            )
        kept = {name: self.parameter(name) for name in ("prefix", "q", "thumbs")}
        return HttpResponseRedirect(self.link("change", **kept, after=end.after))
