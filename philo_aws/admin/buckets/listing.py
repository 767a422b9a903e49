"""The list of buckets, and the way to a pasted address."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from ...exceptions import InvalidRequestError
from ...s3.addresses import parse_address
from ...s3.discovery import find_buckets
from ..base import AWSView, Tool


class BucketListView(AWSView):
    """Every bucket of the account, and those that the settings name."""

    route = ""
    permissions = ("view",)
    template_name = "admin/philo_aws/bucket/list.html"

    def get_title(self) -> str:
        return capfirst(str(self.model_admin.opts.verbose_name_plural))

    def get_tools(self) -> list[Tool]:
        return self.tool(_("Create bucket"), "add", "primary")

    def get(self, *args: Any, **kwargs: Any) -> HttpResponse:
        found = self.ask_aws(partial(find_buckets, purpose="web"))
        rows = []
        for bucket in found.buckets:
            obj = self.model_admin.model(pk=bucket.name)
            if not self.model_admin.may(self.request, ("view",), obj):
                continue
            urls = {
                "url": self.link("change", obj),
                "history_url": self.model_admin.url("history", obj),
                "delete_url": self.link("delete", obj),
            }
            rows.append({"bucket": bucket, **urls})
        return self.render(rows=rows, denied=found.denied, open_url=self.link("open"))


class OpenAddressView(AWSView):
    """Goes to what an ``s3://`` address names."""

    route = "open/"
    permissions = ("view",)
    title = _("Open address")

    def get(self, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            bucket, key = parse_address(self.request.GET.get("address", ""))
        except InvalidRequestError as error:
            messages.error(self.request, error.message)
            back = self.link("changelist") or self.model_admin.url("changelist")
            return HttpResponseRedirect(back)
        obj = self.model_admin.model(pk=bucket)
        if key and not key.endswith("/"):
            url = self.link("object", obj, key=key)
        else:
            url = self.link("change", obj, prefix=key)
        return HttpResponseRedirect(url or self.model_admin.url("change", obj))
