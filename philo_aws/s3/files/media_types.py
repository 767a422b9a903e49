"""What a file is by its name: media types and encodings, the same on every machine."""

from __future__ import annotations

import functools
import mimetypes
import re
from collections.abc import Mapping

DEFAULT_TYPE = "application/octet-stream"
TEXT = "text/plain"

# The names of https://www.iana.org/assignments/media-types, and where a kind has none there what
# web servers send. It stands over the standard library's table, which differs from one Python to
# the next; the machine's own mime.types is never asked.
_TYPES = {
    # Pages and what belongs to them
    ".atom": "application/atom+xml",
    ".cjs": "text/javascript",
    ".css": "text/css",
    ".htm": "text/html",
    ".html": "text/html",
    ".ico": "image/x-icon",
    ".js": "text/javascript",
    ".map": "application/json",
    ".mjs": "text/javascript",
    ".rss": "application/rss+xml",
    ".wasm": "application/wasm",
    ".webmanifest": "application/manifest+json",
    ".xhtml": "application/xhtml+xml",
    # Pictures
    ".apng": "image/apng",
    ".avif": "image/avif",
    ".bmp": "image/bmp",
    ".gif": "image/gif",
    ".heic": "image/heic",
    ".heif": "image/heif",
    ".jpeg": "image/jpeg",
    ".jpg": "image/jpeg",
    ".jxl": "image/jxl",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".svgz": "image/svg+xml",
    ".tif": "image/tiff",
    ".tiff": "image/tiff",
    ".webp": "image/webp",
    # Sound and films; .ts are the pieces of a stream, not TypeScript, which no browser runs
    ".aac": "audio/aac",
    ".flac": "audio/flac",
    ".m3u8": "application/vnd.apple.mpegurl",
    ".m4a": "audio/mp4",
    ".m4v": "video/mp4",
    ".mkv": "video/matroska",
    ".mov": "video/quicktime",
    ".mp3": "audio/mpeg",
    ".mp4": "video/mp4",
    ".mpd": "application/dash+xml",
    ".oga": "audio/ogg",
    ".ogg": "audio/ogg",
    ".ogv": "video/ogg",
    ".opus": "audio/ogg",
    ".ts": "video/mp2t",
    ".vtt": "text/vtt",
    ".wav": "audio/wav",
    ".weba": "audio/webm",
    ".webm": "video/webm",
    # Shapes
    ".glb": "model/gltf-binary",
    ".gltf": "model/gltf+json",
    ".obj": "model/obj",
    ".stl": "model/stl",
    ".usdz": "model/vnd.usdz+zip",
    # Fonts
    ".eot": "application/vnd.ms-fontobject",
    ".otf": "font/otf",
    ".ttc": "font/collection",
    ".ttf": "font/ttf",
    ".woff": "font/woff",
    ".woff2": "font/woff2",
    # Data
    ".csv": "text/csv",
    ".geojson": "application/geo+json",
    ".gpx": "application/gpx+xml",
    ".ics": "text/calendar",
    ".json": "application/json",
    ".jsonl": "application/jsonl",
    ".jsonld": "application/ld+json",
    ".kml": "application/vnd.google-earth.kml+xml",
    ".kmz": "application/vnd.google-earth.kmz",
    ".ndjson": "application/x-ndjson",
    ".parquet": "application/vnd.apache.parquet",
    ".sql": "application/sql",
    ".sqlite3": "application/vnd.sqlite3",
    ".toml": "application/toml",
    ".tsv": "text/tab-separated-values",
    ".vcf": "text/vcard",
    ".xml": "application/xml",
    ".yaml": "application/yaml",
    ".yml": "application/yaml",
    # Texts
    ".cfg": TEXT,
    ".conf": TEXT,
    ".ini": TEXT,
    ".log": TEXT,
    ".md": "text/markdown",
    ".markdown": "text/markdown",
    ".rst": "text/x-rst",
    ".text": TEXT,
    ".txt": TEXT,
    # Documents
    ".doc": "application/msword",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".epub": "application/epub+zip",
    ".odp": "application/vnd.oasis.opendocument.presentation",
    ".ods": "application/vnd.oasis.opendocument.spreadsheet",
    ".odt": "application/vnd.oasis.opendocument.text",
    ".pdf": "application/pdf",
    ".ppt": "application/vnd.ms-powerpoint",
    ".pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    ".rtf": "application/rtf",
    ".xls": "application/vnd.ms-excel",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    # What is packed
    ".7z": "application/x-7z-compressed",
    ".apk": "application/vnd.android.package-archive",
    ".br": DEFAULT_TYPE,
    ".bz2": "application/x-bzip2",
    ".gz": "application/gzip",
    ".tar": "application/x-tar",
    ".tbz2": "application/x-bzip2",
    ".tgz": "application/gzip",
    ".txz": "application/x-xz",
    ".xz": "application/x-xz",
    ".zip": "application/zip",
    ".zst": "application/zstd",
}
# Files without an ending that are texts by custom, in any spelling of capitals.
# fmt: off
_TEXT_NAMES = frozenset(
    (
        "authors", "brewfile", "changelog", "changes", "codeowners", "containerfile",
        "contributing", "copying", "dockerfile", "gemfile", "install", "jenkinsfile",
        "justfile", "licence", "license", "maintainers", "makefile", "manifest", "news",
        "notice", "pipfile", "procfile", "rakefile", "readme", "todo", "vagrantfile",
        "version", ".dockerignore", ".editorconfig", ".gitattributes", ".gitignore",
        ".gitmodules", ".htaccess",
    )
)
# fmt: on
_ENCODINGS = {".gz": "gzip", ".br": "br", ".zst": "zstd"}
# What web servers send compressed. Anything else that ends in .gz is an archive, not a variant.
_COMPRESSIBLE = re.compile(
    r"text/.*|image/svg\+xml|image/x-icon|font/(ttf|otf)|application/"
    r"(json|jsonl|javascript|xml|wasm|yaml|toml|vnd\.ms-fontobject|.*\+(json|xml))"
)
# A log is packed to be kept, not to be shown.
_KEPT_PACKED = frozenset({".log"})
_WITH_CHARSET = re.compile(r"text/.*|image/svg\+xml|application/(.*\+)?xml")


def guess_type(key: str) -> tuple[str, str]:
    """Return the ``Content-Type`` and the ``Content-Encoding`` (or an empty string) for ``key``.

    Both come from the name alone, which cannot tell the charset of a text: see :func:`is_text`.
    """
    name = key.rpartition("/")[2]
    stem, extension = _split(name)
    if extension == ".svgz":
        return _TYPES[extension], "gzip"
    if encoding := _ENCODINGS.get(extension, ""):
        inner = _split(stem)[1]
        kind = _type_of(inner)
        if inner not in _KEPT_PACKED and _COMPRESSIBLE.fullmatch(kind):
            return kind, encoding
    if name.lower() in _TEXT_NAMES:
        return TEXT, ""
    return _type_of(extension), ""


def is_text(kind: str) -> bool:
    """Say whether a media type takes the parameter ``charset``."""
    return _WITH_CHARSET.fullmatch(kind) is not None


def name_for_type(key: str) -> str:
    """Return the shortest name that :func:`guess_type` says the same of as of ``key``."""
    name = key.rpartition("/")[2]
    stem, ending = _split(name)
    if not ending:
        lowered = name.lower()
        return lowered if lowered in _TEXT_NAMES else ""
    return f"x{_split(stem)[1]}{ending}" if ending in _ENCODINGS else f"x{ending}"


def _split(name: str) -> tuple[str, str]:
    stem, dot, extension = name.rpartition(".")
    return (stem, f".{extension.lower()}") if dot and stem else (name, "")


def _type_of(extension: str) -> str:
    return _TYPES.get(extension) or _library().get(extension, DEFAULT_TYPE)


@functools.cache
def _library() -> Mapping[str, str]:
    return mimetypes.MimeTypes(filenames=()).types_map[True]
