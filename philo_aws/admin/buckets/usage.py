"""How much lies below a folder, as a chart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django.utils.translation import gettext_lazy as _

from ...s3.web.usage import scan_usage
from ..base import Button
from .base import BucketView, name_of

if TYPE_CHECKING:
    from django.http import HttpResponse

SHOWN = 50


class UsageView(BucketView):
    """Bytes and objects by child of a folder, by a scan that ends in time and says so."""

    route = "<str:object_id>/usage/"
    about = "prefix"
    permissions = ("list_objects",)
    title = _("Usage")
    buttons = (Button(at=("contents",), order=30),)
    template_name = "admin/philo_aws/bucket/usage.html"
    limit: ClassVar[int] = 50_000

    def get(self, *args: Any, **kwargs: Any) -> HttpResponse:
        usage = self.ask_aws(scan_usage, self.bucket, prefix=self.prefix, limit=self.limit)
        rows = [
            {
                "child": child,
                "name": name_of(child.prefix) if child.prefix else _("Objects directly here"),
                "url": self.link("usage", prefix=child.prefix) if child.prefix else "",
                "width": round(100 * child.bytes / usage.bytes, 1) if usage.bytes else 0,
                "share": round(100 * child.bytes / usage.bytes) if usage.bytes else 0,
            }
            for child in usage.children[:SHOWN]
        ]
        return self.render(
            usage=usage,
            rows=rows,
            hidden=len(usage.children) - len(rows),
            browse_url=self.link("change", prefix=self.prefix),
        )
