"""Ways for content to leave: a download, a link to share, a zip."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext_lazy as _

from ...s3.web.archive import zip_objects
from ..base import Button
from ..operations import OperationOutcome
from ..text import visible
from .base import BucketView, ObjectOperationView
from .forms import ShareForm
from .stepwise import SelectionView

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from django.http.response import HttpResponseBase

    from ...s3.objects.presigning import PresignedURL


def file_name(key: str, fallback: str = "download") -> str:
    """Return the last part of a key as a file name that no header or disk stumbles over."""
    name = key.rstrip("/").rpartition("/")[2]
    name = "".join("_" if not c.isprintable() or c in '\\/:*?"<>|' else c for c in name)
    return name.strip(" .") or fallback


def attachment(name: str) -> str:
    """Return the header that makes a browser save what it gets."""
    return content_disposition_header(as_attachment=True, filename=name) or "attachment"


class DownloadView(BucketView):
    """Sends the browser to S3 for the object, by a link that lives for five minutes."""

    route = "<str:object_id>/download/"
    about = "key"
    permissions = ("download_object",)
    buttons = (
        Button(
            at=("object", "object_row", "version"), order=10, label=_("Download"), kind="primary"
        ),
    )

    def get(self, *args: Any, **kwargs: Any) -> HttpResponse:
        link = self.presigned(content_disposition=attachment(file_name(self.key)))
        return HttpResponseRedirect(link.url, headers={"Referrer-Policy": "no-referrer"})


class ShareView(ObjectOperationView):
    """Makes a link that works without a login until it ends; the link itself is kept nowhere."""

    route = "<str:object_id>/share/"
    permissions = ("share_object",)
    title = _("Share")
    buttons = (Button(at=("object", "object_row", "version"), order=20),)
    form_class = ShareForm
    submit_label = _("Make link")
    template_name = "admin/philo_aws/bucket/share.html"
    scripts = ("philo_aws/copy.js",)
    shared: PresignedURL | None = None

    def get_summary(self) -> list[Any]:
        return [
            _(
                "Whoever has the link can download this object until the link ends. "
                "It cannot be called back before."
            )
        ]

    def perform(self, data: dict[str, Any]) -> OperationOutcome:
        self.shared = self.presigned(
            content_disposition=attachment(file_name(self.key)), expires_in=data["expires_in"]
        )
        until = self.shared.expires_at.isoformat()
        return OperationOutcome(
            message="", audit=f"Made a link to {visible(self.key)!r} that works until {until}."
        )

    def finish(self, outcome: OperationOutcome) -> HttpResponse:
        """Show the link, once."""
        self.audit(outcome.audit)
        return self.render(shared=self.shared, back_url=self.get_success_url())


class ZipView(SelectionView):
    """Streams what was selected as a zip."""

    route = "<str:object_id>/zip/"
    permissions = ("list_objects", "download_object")
    title = _("Download as zip")
    buttons = (
        Button(at=("selection",), order=10),
        Button(at=("folder", "folder_row"), order=50),
    )

    def get(self, *args: Any, **kwargs: Any) -> Any:
        return self._nothing() or self.stream()

    def post(self, *args: Any, **kwargs: Any) -> Any:
        return self._nothing() or self.stream()

    def stream(self) -> HttpResponseBase:
        """Return the zip, made while it is sent."""
        items = [*self.folders, *self.keys]
        pieces = zip_objects(
            self.bucket,
            prefixes=self.folders,
            keys=self.keys,
            root=self.root_of(items[0]),
        )
        single = file_name(items[0], self.bucket) if len(items) == 1 else ""
        name = single or file_name(self.prefix, self.bucket)
        # An ASGI server would read a plain iterator to its end before it sends anything.
        streamed: Any = _asynchronous(pieces) if isinstance(self.request, ASGIRequest) else pieces
        return StreamingHttpResponse(
            streamed,
            content_type="application/zip",
            headers={
                "Content-Disposition": attachment(f"{name}.zip"),
                "X-Content-Type-Options": "nosniff",
            },
        )


async def _asynchronous(pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    def take() -> bytes | None:
        return next(pieces, None)

    while (piece := await sync_to_async(take)()) is not None:
        yield piece
