"""The pages that choose an object for a field of another form, in a window of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _

from ...s3.web.buckets import find_buckets
from ...s3.web.page import list_page
from ..base import AWSView, Crumb
from ..text import visible
from .base import BucketView, ancestors_of, name_of
from .thumbnails import ThumbnailsMixin

if TYPE_CHECKING:
    from django.http import HttpResponse

    from ..base import Tool

PAGE_SIZE = 100
"""Objects and folders."""
MOST_BUCKETS = 500
"""Buckets; the others are found by their names."""


class PickBucketView(AWSView):
    """The buckets, where a field takes an object of any of them."""

    route = "pick/"
    permissions = ("view",)
    title = _("Choose an object")
    template_name = "admin/philo_aws/bucket/pick_bucket.html"
    scripts = ("philo_aws/picked.js",)

    def get(self, *args: Any, **kwargs: Any) -> HttpResponse:
        query = self.request.GET.get("q", "").strip()
        buckets = [
            {"name": bucket.name, "url": url}
            for bucket in self.ask_aws(find_buckets).buckets
            if query.casefold() in bucket.name.casefold()
            and (url := self.link("pick", self.model_admin.model(pk=bucket.name), whole="1"))
        ]
        return self.render(
            buckets=buckets[:MOST_BUCKETS], is_cut=len(buckets) > MOST_BUCKETS, query=query
        )

    def get_context(self, **context: Any) -> dict[str, Any]:
        return super().get_context(is_popup=True, **context)


class PickView(ThumbnailsMixin, BucketView):
    """A folder, whose objects can be chosen, by one request to S3.

    ``root`` is the folder above which the field takes nothing, and ``whole`` says that what is
    chosen has its bucket before it.
    """

    route = "<str:object_id>/pick/"
    permissions = ("list_objects",)
    # What the query names is what the person must be allowed to see.
    about = "prefix"
    template_name = "admin/philo_aws/bucket/pick.html"
    scripts = ("philo_aws/picked.js",)
    wants_thumbnails = True

    def get_title(self) -> Any:
        return _("Choose an object")

    def get(self, *args: Any, **kwargs: Any) -> HttpResponse:
        query = self.parameter("q")
        token = self.parameter("token")
        page = self.ask_aws(
            list_page, self.bucket, prefix=self.prefix + query, token=token, limit=PAGE_SIZE
        )
        entries = [entry for entry in page.entries if not entry.key.endswith("/")]
        thumbnails = self.get_thumbnails(entries)
        return self.render(
            folders=[
                {"name": visible(prefix[len(self.prefix) :]), "url": self.here(prefix=prefix, q="")}
                for prefix in page.prefixes
            ],
            entries=[
                {
                    "entry": entry,
                    "name": visible(entry.key[len(self.prefix) :]) or visible(entry.key),
                    "value": self.value_of(entry.key),
                    "object_url": self.link("object", key=entry.key),
                    "thumb_url": thumbnails.get(entry.key, ""),
                }
                for entry in entries
            ],
            path=self.get_path(),
            upload_url=self.link("upload", prefix=self.folder),
            query=query,
            kept={name: self.parameter(name) for name in ("prefix", "root", "whole")},
            search_url=self.model_admin.url("pick", self.obj),
            all_url=self.here(q=""),
            first_url=self.here() if token else "",
            next_url=self.here(token=page.next_token) if page.next_token else "",
        )

    def get_context(self, **context: Any) -> dict[str, Any]:
        return super().get_context(is_popup=True, **context)

    def get_tools(self) -> list[Tool]:
        return []

    def get_path(self) -> list[Crumb]:
        """Return the way to this folder from the one at which the field begins."""
        root = self.parameter("root")
        path = []
        if self.parameter("whole"):
            path.append(Crumb(label=_("Buckets"), url=self.link("pick_bucket")))
        folders = [prefix for prefix in ancestors_of(self.folder) if len(prefix) > len(root)]
        top = Crumb(
            label=visible(f"{self.bucket}/{root}" if root else self.bucket),
            url=self.here(prefix=root, q="") if folders else "",
        )
        last = len(folders) - 1
        return [
            *path,
            top,
            *(
                Crumb(
                    label=name_of(prefix),
                    url="" if number == last else self.here(prefix=prefix, q=""),
                )
                for number, prefix in enumerate(folders)
            ),
        ]

    def value_of(self, key: str) -> str:
        """Return what the field gets; empty for a name that no input can hold."""
        if any(ord(character) < 32 or character == "\x7f" for character in key):
            return ""
        return f"{self.bucket}/{key}" if self.parameter("whole") else key

    def here(self, **query: str) -> str:
        given = {name: self.parameter(name) for name in ("prefix", "root", "whole", "q")}
        return self.link("pick", **{**given, **query})
