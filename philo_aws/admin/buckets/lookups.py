"""What the scripts of the folder pages ask: how much there is, and which folders."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext, ngettext

from ...s3.web.buckets import find_buckets
from ...s3.web.page import list_page
from ...s3.web.steps import count_prefixes
from ..numbers import grouped
from ..pairs import one_line
from ..text import visible
from .base import BucketView, name_of, parent_of

if TYPE_CHECKING:
    from django.http import HttpResponse

MOST_FOLDERS = 500
"""Of one answer: more than anybody looks through."""
MOST_PAGES = 5
"""Of S3's listing, of a thousand objects and folders each, that are looked through for them."""


class CountView(BucketView):
    """How many objects begin with the folder's prefix and what was searched for."""

    route = "<str:object_id>/count/"
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
    Each place comes with the text that the field of the form would have.
    """

    route = "<str:object_id>/folders/"
    permissions = ("list_objects",)
    permissions_at_target: ClassVar[tuple[str, ...]] = ("list_objects",)
    answers_json = True

    def get(self, *args: Any, **kwargs: Any) -> HttpResponse:
        bucket = self.parameter("in")
        if not bucket:
            return self.json({"bucket": "", "places": self.get_buckets(), "more": False})
        if not self._may_choose(bucket):
            raise PermissionDenied
        found: list[str] = []
        token = ""
        for _ in range(MOST_PAGES):
            page = self.ask_aws(list_page, bucket, prefix=self.prefix, token=token)
            found += page.prefixes
            token = page.next_token
            if not token or len(found) > MOST_FOLDERS:
                break
        above = parent_of(self.prefix) if self.prefix else None
        return self.json(
            {
                "bucket": bucket,
                "here": visible(f"{bucket}/{self.prefix}"),
                "value": self._value(self.prefix),
                "above": above,
                "places": [
                    {"bucket": bucket, "prefix": each, "label": name_of(each)}
                    for each in found[:MOST_FOLDERS]
                ],
                "more": bool(token) or len(found) > MOST_FOLDERS,
            }
        )

    def get_buckets(self) -> list[dict[str, str]]:
        """Return the buckets that something may be copied to."""
        names = [found.name for found in self.ask_aws(find_buckets).buckets]
        return [
            {"bucket": name, "prefix": "", "label": visible(name)}
            for name in names
            if self._may_choose(name)
        ]

    def _may_choose(self, bucket: str) -> bool:
        target = self.model_admin.model(pk=bucket)
        return self.model_admin.may(self.request, self.permissions_at_target, target)

    def _value(self, prefix: str) -> str:
        return one_line(prefix + self.parameter("name"))
