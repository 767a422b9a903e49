"""The list of buckets, and the way to a pasted address."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse, HttpResponseRedirect
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from ...exceptions import InvalidRequestError
from ...s3.request.pasted import Pasted, read_pasted
from ...s3.web.buckets import FoundBucket, find_buckets
from ...s3.web.page import ContentsPage, list_page
from ...sentences import localized
from ..base import AWSView
from ..text import visible
from .base import parent_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..base import Place

PAGE_SIZE = 500
"""Buckets."""


class BucketListView(AWSView):
    """Every bucket of the account, and those that the settings name."""

    route = ""
    permissions = ("view",)
    template_name = "admin/philo_aws/bucket/list.html"

    def get_title(self) -> str:
        return capfirst(str(self.model_admin.opts.verbose_name_plural))

    def get_places(self) -> Mapping[Place, Mapping[str, str]]:
        return {"buckets": {}}

    def get(self, *args: Any, **kwargs: Any) -> HttpResponse:
        found = self.ask_aws(find_buckets)
        query = self.request.GET.get("q", "").strip()
        shown = [
            bucket
            for bucket in found.buckets
            if query.casefold() in bucket.name.casefold()
            and self.model_admin.may(
                self.request, ("view",), self.model_admin.model(pk=bucket.name), key=None
            )
        ]
        # An account can have many thousands.
        page = Paginator(shown, PAGE_SIZE).get_page(self.request.GET.get("p"))
        return self.render(
            rows=[self._row(bucket) for bucket in page.object_list],
            page=page,
            query=query,
            denied=found.denied,
            open_url=self.link("open"),
        )

    def _row(self, bucket: FoundBucket) -> dict[str, Any]:
        obj = self.model_admin.model(pk=bucket.name)
        return {
            "bucket": bucket,
            "url": self.link("change", obj),
            "history_url": self.model_admin.url("history", obj)
            if self.model_admin.may(self.request, ("view",), obj)
            else "",
            "delete_url": self.link("delete", obj),
        }


class OpenAddressView(AWSView):
    """Goes to what an address names: a bucket, a folder or an object, however it is written."""

    route = "open/"
    permissions = ("view",)
    title = _("Open address")

    def get(self, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            found = read_pasted(self.request.GET.get("address", ""))
        except InvalidRequestError as error:
            messages.error(self.request, visible(localized(error.message)))
            back = self.link("changelist") or self.model_admin.url("changelist")
            return HttpResponseRedirect(back)
        obj = self.model_admin.model(pk=found.bucket)
        url = self._url(obj, found)
        return HttpResponseRedirect(url or self.model_admin.url("change", obj))

    def _url(self, obj: Any, found: Pasted) -> str:
        key = found.key
        if not key or key.endswith("/"):
            return self.link("change", obj, prefix=key)
        as_object = self.link("object", obj, key=key, version=found.version)
        if not as_object or found.version:
            return as_object
        # S3 does not know folders: whether the name is one, or how keys begin, has to be seen.
        answers = self.ask_aws_together(
            {
                prefix: partial(list_page, obj.name, prefix=prefix, delimiter="", limit=1)
                for prefix in (key, f"{key}/")
            }
        )
        begins, below = (
            [entry.key for entry in page.entries] if isinstance(page, ContentsPage) else None
            for page in answers.values()
        )
        if begins is None or below is None or key in begins:
            return as_object
        if below:
            return self.link("change", obj, prefix=f"{key}/")
        if begins:
            folder = parent_of(key)
            return self.link("change", obj, prefix=folder, q=key[len(folder) :])
        return as_object
