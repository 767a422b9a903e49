"""Where the site keeps its files: the value of ``STORAGES``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

MEDIA = "django.core.files.storage.FileSystemStorage"
STATIC = "django.contrib.staticfiles.storage.StaticFilesStorage"


def storages(*, media_bucket: str, static_bucket: str, folder: Path) -> dict[str, Any]:
    """Return the storages: on S3 where there is a bucket for them, else Django's own.

    Two buckets, because they are for different people: uploads stay private and are shown by links
    that end, static files are for anybody to read. The manifest of these is a file in ``folder``:
    each release has its own, and a start of the site asks no bucket for it.
    """
    found: dict[str, Any] = {"default": {"BACKEND": MEDIA}, "staticfiles": {"BACKEND": STATIC}}
    if media_bucket:
        found["default"] = {
            "BACKEND": "philo_aws.storage.S3Storage",
            "OPTIONS": {
                "bucket": media_bucket,
                "location": "media",
                # HTML or SVG that somebody attached is not to run in the browser.
                "headers": {"attachments/*": {"Content-Disposition": "attachment"}},
            },
        }
    if static_bucket:
        found["staticfiles"] = {
            "BACKEND": "philo_aws.storage.S3ManifestStaticStorage",
            "OPTIONS": {"bucket": static_bucket, "manifest": folder / "staticfiles.json"},
        }
    return found
