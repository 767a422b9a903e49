"""What the scripts of the folder pages ask: how much there is, and which folders."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext, ngettext

from ...s3.web.buckets import find_buckets
from ...s3.web.page import list_page
from ...s3.web.steps import count_prefixes
from ..numbers import grouped
from ..pairs import one_line
from ..text import visible
from .base import BucketView, name_of, parent_of
from .folder import BrowseView

if TYPE_CHECKING:
    from django.http import HttpResponse

MOST_FOLDERS = 500
"""Of one answer: more than anybody looks through."""
MOST_PAGES = 5
"""Of S3's listing, of a thousand objects and folders each, that are looked through for them."""


class CountView(BucketView):
    """How many objects begin with the folder's prefix and what was searched for."""

    route = "<str:object_id>/count/"
    about = "prefix"
    permissions = ("list_objects",)
    answers_json = True

    def get(self, *args: Any, **kwargs: Any) -> HttpResponse:
        begin = self.prefix + self.parameter("q")
        count = self.ask_aws(count_prefixes, self.bucket, [begin])
        if count.complete:
            text = ngettext(
                "Everything selected: %(count)s object",
                "Everything selected: %(count)s objects",
                count.objects,
            )
        else:
            text = gettext("Everything selected: more than %(count)s objects")
        return self.json({"text": text % {"count": grouped(count.objects)}})


class FoldersView(BucketView):
    """The folders to choose a destination from; without a bucket, the buckets.

    ``in`` is the bucket, ``prefix`` the folder, ``name`` what the destination's key ends with.
    Each folder comes with the text that the field of the form has for it, and each way on as an
    address.
    """

    route = "<str:object_id>/folders/"
    # It is asked for each bucket and folder.
    about = "body"
    permissions = ("list_objects",)
    answers_json = True

    def get(self, *args: Any, **kwargs: Any) -> HttpResponse:
        bucket = self.parameter("in")
        if not bucket:
            self.require(self.permissions)
            buckets = [found.name for found in self.ask_aws(find_buckets).buckets]
            places = [self.place(name, name) for name in buckets if self._may_choose(name)]
            return self.json({"here": gettext("Buckets"), "places": places})
        found, more = self.get_folders(bucket)
        return self.json(
            {
                "bucket": bucket,
                "here": visible(f"{bucket}/{self.prefix}"),
                "value": one_line(self.prefix + self.parameter("name")),
                "above": self.get_above(bucket),
                "places": [self.place(name_of(each), bucket, each) for each in found],
                "more": more,
            }
        )

    def get_folders(self, bucket: str) -> tuple[list[str], bool]:
        """Return the folders, and whether there are more."""
        target = self.model_admin.model(pk=bucket)
        if not self.model_admin.may(self.request, self.permissions, target, key=self.prefix):
            ways = list(BrowseView.ways(self.model_admin, self.request, target, self.prefix))
            if not ways:
                raise PermissionDenied
            # What else is here is not for the person, so S3 is not asked.
            return ways, False
        found: list[str] = []
        token = ""
        for _page in range(MOST_PAGES):
            page = self.ask_aws(list_page, bucket, prefix=self.prefix, token=token)
            found += page.prefixes
            token = page.next_token
            if not token or len(found) > MOST_FOLDERS:
                break
        return found[:MOST_FOLDERS], bool(token) or len(found) > MOST_FOLDERS

    def get_above(self, bucket: str) -> dict[str, str]:
        """Return the way up; empty at the top for who may not look for other buckets."""
        if self.prefix:
            return self.place(gettext("Up"), bucket, parent_of(self.prefix))
        if not self.model_admin.may(self.request, self.permissions, self.obj):
            return {}
        return self.place(gettext("Buckets"))

    def place(self, label: str, bucket: str = "", prefix: str = "") -> dict[str, str]:
        """Return the way to a folder, a bucket, or all buckets."""
        asked = {"in": bucket, "prefix": prefix, "name": self.parameter("name")}
        return {"label": visible(label), "url": self.link("folders", **asked)}

    def _may_choose(self, bucket: str) -> bool:
        target = self.model_admin.model(pk=bucket)
        return self.model_admin.may(self.request, self.permissions, target, key=None)
