"""What can be seen of an object without a download, and never as a page of this site."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from django.http import Http404, HttpResponse, HttpResponseRedirect

from ...s3.objects.properties import head_object
from ...s3.web.content import read_from, read_start
from ..decoding import Decoded, decoded, decoded_end
from ..json_text import indented
from ..markdown_text import document
from ..tabular import Table, table_of
from ..text import lines
from .base import BucketView
from .kinds import (
    EMBED_LIMIT,
    PDF,
    PreviewKind,
    embedded_type,
    is_log,
    is_unknown,
    kind_of,
    media_type,
    table_mark,
)
from .thumbnails import THUMBNAIL_LIMIT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ...conf import Purpose

TEXT_LIMIT = 64 * 1024
"""Bytes of a text that are shown of its beginning, or of its end."""
MEDIA_SECONDS = 4 * 3600
"""How long what is played may take: a browser asks for the parts of it by the same link."""
IMAGE_POLICY = "default-src 'none'; sandbox"
# Browsers show a PDF in a sandbox of their own, and not in this one.
PDF_POLICY = "default-src 'none'; frame-ancestors 'self'"

Part = Literal["", "start", "end"]


@dataclass(frozen=True, kw_only=True)
class Preview:
    """What the page of an object shows of its content."""

    kind: PreviewKind
    """How it is shown."""
    text: str = ""
    """The beginning or the end, where it is text, with what cannot be seen spelt out."""
    pretty: str = ""
    """The same indented, where it is JSON and not cut."""
    table: Table | None = None
    """The same as rows and columns, where it is a table."""
    html: str = ""
    """The same as a document, where it is Markdown."""
    encoding: str = ""
    """How the bytes were read, where that is not UTF-8."""
    cut: bool = False
    """Whether there is more of it."""
    part: Part = ""
    """Which part is shown, where there is more of it."""
    is_unknown: bool = False
    """Whether nothing says what it is, so that it can be tried as text."""
    embedded: bool = False
    """Whether the page shows a PDF itself; one that is too large has only a link."""


def make_preview(
    bucket: str,
    key: str,
    head: Mapping[str, Any],
    *,
    version: str = "",
    part: str = "",
    as_text: bool = False,
    purpose: Purpose = "web",
) -> Preview:
    """Return the preview; asks S3 only for text, by one request.

    ``part`` says which end of a long text is wanted, ``"start"`` or ``"end"``; of a log it is the
    end where nothing is said. ``as_text`` shows what is of no known kind as text, if it is some.
    Raises :exc:`~philo_aws.exceptions.AWSError`.
    """
    kind = kind_of(key, head)
    size = int(head.get("ContentLength", 0))
    if kind == "none" and as_text and is_unknown(key, head):
        kind = "text"
    if kind == "pdf":
        return Preview(kind=kind, embedded=size <= EMBED_LIMIT)
    if kind not in ("text", "json", "table", "markdown"):
        return Preview(kind=kind, is_unknown=kind == "none" and is_unknown(key, head))
    cut = size > TEXT_LIMIT
    is_end = cut and (part == "end" or (part != "start" and is_log(key)))
    # Where no character of UTF-16 or UTF-32 is cut in two.
    start = (size - TEXT_LIMIT) // 4 * 4 if is_end else 0
    content = read_from(
        bucket, key, start, TEXT_LIMIT + 3, version_id=version or None, purpose=purpose
    )
    found = _read(content if is_end else content[:TEXT_LIMIT], head, is_end=is_end)
    if found is None:
        return Preview(kind="none")
    whole = kind == "json" and not cut
    table = None
    if kind == "table":
        table = table_of(
            found.text, mark=table_mark(key, head), cut=cut and not is_end, is_end=is_end
        )
    text = lines(found.text)
    return Preview(
        kind=kind,
        text=text,
        pretty=lines(indented(found.text)) if whole else "",
        table=table,
        html=document(text) if kind == "markdown" and not is_end else "",
        cut=cut,
        part=("end" if is_end else "start") if cut else "",
        encoding=found.encoding,
    )


def _read(content: bytes, head: Mapping[str, Any], *, is_end: bool) -> Decoded | None:
    read = decoded_end if is_end else decoded
    return read(content, str(head.get("ContentType", "")))


class PreviewView(BucketView):
    """A raster image or a PDF, from this site, so that a page under a strict policy may show it.

    The bytes decide what it is, not its name or type, and nothing else is ever sent. With
    ``?as=pdf`` the browser is sent to S3's own origin for it, of any size; with ``?as=media`` for
    what it plays, of which S3 then sends the parts that are wanted.
    """

    route = "<str:object_id>/preview/"
    about = "key"
    permissions = ("download_object",)

    def get(self, *args: Any, **kwargs: Any) -> HttpResponse:
        if self.parameter("as") == "pdf":
            link = self.presigned(content_disposition="inline", content_type=PDF)
            return HttpResponseRedirect(link.url, headers={"Referrer-Policy": "no-referrer"})
        if self.parameter("as") == "media":
            return self.send_to_media()
        is_thumbnail = self.parameter("as") == "thumbnail"
        most = THUMBNAIL_LIMIT if is_thumbnail else EMBED_LIMIT
        content = self.ask_aws(
            read_start, self.bucket, self.key, most + 1, version_id=self.version or None
        )
        found = embedded_type(content)
        if not found or len(content) > most or (is_thumbnail and found == PDF):
            raise Http404
        return HttpResponse(
            content,
            content_type=found,
            headers={
                "Content-Disposition": "inline",
                "Content-Security-Policy": PDF_POLICY if found == PDF else IMAGE_POLICY,
                "X-Content-Type-Options": "nosniff",
                "X-Frame-Options": "SAMEORIGIN",
            },
        )

    def send_to_media(self) -> HttpResponse:
        """Send the browser to S3 for audio or video, as a type that it plays and no other."""
        known = media_type(self.key)
        if not known:
            head = self.ask_aws(head_object, self.bucket, self.key, version_id=self.version or None)
            known = media_type(self.key, str(head.get("ContentType", "")))
        if not known:
            raise Http404
        link = self.presigned(
            content_disposition="inline", content_type=known, expires_in=MEDIA_SECONDS
        )
        # Django's admin has no answer kept, and so not this one, whose link has an end.
        return HttpResponseRedirect(link.url, headers={"Referrer-Policy": "no-referrer"})
