"""The list of buckets, and the way to a pasted address."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse, HttpResponseRedirect
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from ...exceptions import InvalidRequestError
from ...s3.request.addresses import parse_address
from ...s3.web.buckets import FoundBucket, find_buckets
from ..base import AWSView
from ..text import visible

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
                self.request, ("view",), self.model_admin.model(pk=bucket.name)
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
            "history_url": self.model_admin.url("history", obj),
            "delete_url": self.link("delete", obj),
        }


class OpenAddressView(AWSView):
    """Goes to what an ``s3://`` address names."""

    route = "open/"
    permissions = ("view",)
    title = _("Open address")

    def get(self, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            bucket, key = parse_address(self.request.GET.get("address", ""))
        except InvalidRequestError as error:
            messages.error(self.request, visible(error.message))
            back = self.link("changelist") or self.model_admin.url("changelist")
            return HttpResponseRedirect(back)
        obj = self.model_admin.model(pk=bucket)
        if key and not key.endswith("/"):
            url = self.link("object", obj, key=key)
        else:
            url = self.link("change", obj, prefix=key)
        return HttpResponseRedirect(url or self.model_admin.url("change", obj))
