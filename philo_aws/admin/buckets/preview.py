"""What can be seen of an object without a download, and never as a page of this site."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from django.http import Http404, HttpResponse, HttpResponseRedirect

from ...s3.web.content import read_start
from ..decoding import decoded
from ..json_text import indented
from ..text import lines
from .base import BucketView

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ...conf import Purpose

TEXT_LIMIT = 64 * 1024
EMBED_LIMIT = 10 * 1024**2
PDF = "application/pdf"
IMAGE_POLICY = "default-src 'none'; sandbox"
# Browsers show a PDF in a sandbox of their own, and not in this one.
PDF_POLICY = "default-src 'none'; frame-ancestors 'self'"
TEXT_SUFFIXES = (
    *(".txt", ".md", ".rst", ".csv", ".tsv", ".json", ".jsonl", ".ndjson", ".xml", ".html", ".htm"),
    *(".svg", ".css", ".js", ".mjs", ".ts", ".py", ".rb", ".go", ".rs", ".java", ".c", ".h"),
    *(".cpp", ".sh", ".sql", ".yml", ".yaml", ".toml", ".ini", ".cfg", ".conf", ".env", ".log"),
    *(".tex", ".po", ".diff", ".patch"),
)
IMAGE_SUFFIXES = (".png", ".jpg", ".jpeg", ".gif", ".webp", ".avif")

PreviewKind = Literal["text", "json", "image", "pdf", "none"]


@dataclass(frozen=True, kw_only=True)
class Preview:
    """What the page of an object shows of its content."""

    kind: PreviewKind
    """How it is shown."""
    text: str = ""
    """The beginning, where it is text, with what cannot be seen spelt out."""
    pretty: str = ""
    """The same indented, where it is JSON and not cut."""
    encoding: str = ""
    """How the bytes were read, where that is not UTF-8."""
    cut: bool = False
    """Whether there is more of it."""
    embedded: bool = False
    """Whether the page shows a PDF itself; one that is too large has only a link."""


def kind_of(key: str, head: Mapping[str, Any]) -> PreviewKind:
    """Return how an object can be shown, by its content type and its name."""
    content_type = str(head.get("ContentType", "")).partition(";")[0].strip().lower()
    suffix = posixpath.splitext(key)[1].lower()
    if head.get("ContentEncoding") not in (None, "", "identity", "utf-8", "aws-chunked"):
        return "none"
    if suffix == ".svg" or content_type == "image/svg+xml":
        return "text"
    if content_type == "application/pdf" or suffix == ".pdf":
        return "pdf"
    if suffix in IMAGE_SUFFIXES or content_type.startswith("image/"):
        return "image" if head.get("ContentLength", 0) <= EMBED_LIMIT else "none"
    if suffix == ".json" or content_type == "application/json":
        return "json"
    if suffix in TEXT_SUFFIXES or content_type.startswith("text/"):
        return "text"
    return "none"


def make_preview(
    bucket: str,
    key: str,
    head: Mapping[str, Any],
    *,
    version: str = "",
    purpose: Purpose = "web",
) -> Preview:
    """Return the preview; asks S3 only for text.

    Raises :exc:`~philo_aws.exceptions.AWSError`.
    """
    kind = kind_of(key, head)
    if kind == "pdf":
        return Preview(kind=kind, embedded=head.get("ContentLength", 0) <= EMBED_LIMIT)
    if kind not in ("text", "json"):
        return Preview(kind=kind)
    start = read_start(bucket, key, TEXT_LIMIT, version_id=version or None, purpose=purpose)
    found = decoded(start, str(head.get("ContentType", "")))
    if found is None:
        return Preview(kind="none")
    cut = head.get("ContentLength", 0) > len(start)
    pretty = indented(found.text) if kind == "json" and not cut else ""
    return Preview(
        kind=kind, text=lines(found.text), pretty=lines(pretty), cut=cut, encoding=found.encoding
    )


def embedded_type(start: bytes) -> str:
    """Return the type of a raster image or a PDF by its first bytes; empty for anything else."""
    if start.startswith(b"%PDF-"):
        return PDF
    if start.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if start.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if start.startswith((b"GIF87a", b"GIF89a")):
        return "image/gif"
    if start[:4] == b"RIFF" and start[8:12] == b"WEBP":
        return "image/webp"
    if start[4:12] in (b"ftypavif", b"ftypavis"):
        return "image/avif"
    return ""


class PreviewView(BucketView):
    """A raster image or a PDF, from this site, so that a page under a strict policy may show it.

    The bytes decide what it is, not its name or type, and nothing else is ever sent. With
    ``?as=pdf`` the browser is sent to S3's own origin for it, of any size.
    """

    route = "<str:object_id>/preview/"
    permissions = ("download_object",)

    def get(self, *args: Any, **kwargs: Any) -> HttpResponse:
        if self.parameter("as") == "pdf":
            link = self.presigned(content_disposition="inline", content_type=PDF)
            return HttpResponseRedirect(link.url)
        content = self.ask_aws(
            read_start, self.bucket, self.key, EMBED_LIMIT + 1, version_id=self.version or None
        )
        found = embedded_type(content)
        if not found or len(content) > EMBED_LIMIT:
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
