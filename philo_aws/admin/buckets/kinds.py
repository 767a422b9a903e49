"""How an object can be shown: by its name and its type, and what its bytes are."""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

EMBED_LIMIT = 10 * 1024**2
"""Bytes of an image or a PDF that a page shows itself."""
PDF = "application/pdf"
TEXT_SUFFIXES = (
    *(".txt", ".rst", ".jsonl", ".ndjson", ".geojson", ".xml", ".html", ".htm"),
    *(".svg", ".css", ".js", ".mjs", ".ts", ".py", ".rb", ".go", ".rs", ".java", ".c", ".h"),
    *(".cpp", ".sh", ".sql", ".yml", ".yaml", ".toml", ".ini", ".cfg", ".conf", ".env", ".log"),
    *(".tex", ".po", ".diff", ".patch", ".out", ".err"),
)
TABLE_MARKS = {".csv": "", ".tsv": "\t", ".tab": "\t"}
"""Suffixes of tables, and what stands between the columns; empty where it has to be found."""
MARKDOWN_SUFFIXES = (".md", ".markdown")
IMAGE_SUFFIXES = (".png", ".jpg", ".jpeg", ".gif", ".webp", ".avif")
# What browsers play, by suffix. S3 is told to send it as this type and as no other.
MEDIA_TYPES = {
    ".mp3": "audio/mpeg",
    ".m4a": "audio/mp4",
    ".aac": "audio/aac",
    ".flac": "audio/flac",
    ".wav": "audio/wav",
    ".oga": "audio/ogg",
    ".ogg": "audio/ogg",
    ".opus": "audio/ogg",
    ".weba": "audio/webm",
    ".mp4": "video/mp4",
    ".m4v": "video/mp4",
    ".mov": "video/quicktime",
    ".webm": "video/webm",
    ".ogv": "video/ogg",
}
_PLAIN = (None, "", "identity", "utf-8", "aws-chunked")
_PACKED = (".gz", ".zip", ".bz2", ".xz", ".zst", ".7z", ".tar", ".tgz", ".jar", ".whl", ".parquet")
_TABLE_TYPES = {"text/csv": "", "text/tab-separated-values": "\t"}
# Old ones too, "app.log.1" and "app.log-20260131".
_LOG = re.compile(
    r"(?:[.\-_](?:log|out|err)(?:[.\-_]\d[\d\-_]*)?|(?:^|/)(?:syslog|messages))\Z", re.IGNORECASE
)

PreviewKind = Literal["text", "json", "table", "markdown", "image", "pdf", "audio", "video", "none"]


def kind_of(key: str, head: Mapping[str, Any]) -> PreviewKind:
    """Return how an object can be shown, by its content type and its name."""
    content_type, suffix = _type_of(head), _suffix_of(key)
    if head.get("ContentEncoding") not in _PLAIN:
        return "none"
    if suffix == ".svg" or content_type == "image/svg+xml":
        return "text"
    if content_type == PDF or suffix == ".pdf":
        return "pdf"
    if is_image(key, content_type):
        return "image" if head.get("ContentLength", 0) <= EMBED_LIMIT else "none"
    if media := media_type(key, content_type):
        return "audio" if media.startswith("audio/") else "video"
    if suffix in TABLE_MARKS or content_type in _TABLE_TYPES:
        return "table"
    if suffix in MARKDOWN_SUFFIXES or content_type == "text/markdown":
        return "markdown"
    if suffix == ".json" or content_type == "application/json":
        return "json"
    if suffix in TEXT_SUFFIXES or content_type.startswith("text/") or is_log(key):
        return "text"
    return "none"


def is_unknown(key: str, head: Mapping[str, Any]) -> bool:
    """Say whether what :func:`kind_of` has no kind for may be text for all that is known of it."""
    content_type = _type_of(head)
    return (
        head.get("ContentEncoding") in _PLAIN
        and content_type.partition("/")[0] not in ("image", "audio", "video", "font")
        and not is_image(key, content_type)
        and _suffix_of(key) not in _PACKED
    )


def is_image(key: str, content_type: str = "") -> bool:
    """Say whether an object calls itself an image that browsers show."""
    suffix = _suffix_of(key)
    return suffix in IMAGE_SUFFIXES or (
        content_type.startswith("image/") and suffix != ".svg" and content_type != "image/svg+xml"
    )


def is_log(key: str) -> bool:
    """Say whether an object is called as logs are, whose end is what one looks for."""
    return bool(_LOG.search(key))


def table_mark(key: str, head: Mapping[str, Any]) -> str:
    """Return what stands between the columns of a table; empty where it has to be found."""
    return TABLE_MARKS.get(_suffix_of(key), "") or _TABLE_TYPES.get(_type_of(head), "")


def media_type(key: str, content_type: str = "") -> str:
    """Return the type as which a browser plays an object; empty where it plays none.

    The suffix counts before ``content_type``, of which only what is in :data:`MEDIA_TYPES` does.
    """
    content_type = content_type.partition(";")[0].strip().lower()
    known = content_type if content_type in MEDIA_TYPES.values() else ""
    return MEDIA_TYPES.get(_suffix_of(key), "") or known


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


def _suffix_of(key: str) -> str:
    return posixpath.splitext(key)[1].lower()


def _type_of(head: Mapping[str, Any]) -> str:
    return str(head.get("ContentType", "")).partition(";")[0].strip().lower()
