"""What a page shows that files are dropped on: where the steps of an upload go, and its words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from .base import BucketView

SCRIPTS = (
    "philo_aws/uploads/connection.js",
    "philo_aws/uploads/chosen.js",
    "philo_aws/uploads/transfer.js",
    "philo_aws/upload.js",
)
"""The scripts, each of which uses those before it."""
STEPS = ("begin", "sign", "part", "finish", "abort")
UNITS = ("B", "KiB", "MiB", "GiB", "TiB")
TEXTS: dict[str, Any] = {
    # What a file is at.
    "waiting": _("Waiting"),
    "uploading": _("Uploading, {percent} of {size}"),
    "paused": _("Paused"),
    "asking": _("There is an object of this name already."),
    "done": _("Uploaded"),
    "failed": _("Failed:"),
    "skipped": _("Skipped"),
    "cancelled": _("Cancelled"),
    # What can be done.
    "cancel": _("Cancel"),
    "cancelAll": _("Cancel all"),
    "retry": _("Try again"),
    "retryAll": _("Try all again"),
    "skip": _("Skip"),
    "replace": _("Replace"),
    "both": _("Keep both"),
    "forAll": _("For all that are there already"),
    "chooseFiles": _("Choose files"),
    "chooseFolder": _("Choose a folder"),
    "drop": _("Drop files or folders anywhere on this page, or choose them."),
    "here": _("Drop files or folders here to upload them."),
    "open": _("Open the folder"),
    "signIn": _("Log in"),
    "goOn": _("Go on now"),
    # How far all are.
    "all": _("All files"),
    "summary": _("{done} of {total} files uploaded"),
    "failedCount": _("failed: {count}"),
    "skippedCount": _("skipped: {count}"),
    "cancelledCount": _("cancelled: {count}"),
    "askingCount": _("there already: {count}"),
    # What went wrong.
    "connection": _("The connection broke. The upload goes on by itself when it is back."),
    "login": _(
        "You are no longer logged in. Log in in another tab: the upload then goes on by itself, "
        "from where it is."
    ),
    "lost": _("The connection broke."),
    "forbidden": _("You are no longer logged in, or may not do this."),
    "refused": _("The site did not take it (status {status})."),
    "unreadable": _("It cannot be read."),
    "strange": _("A path with an empty part, “.” or “..” is not uploaded."),
    "units": UNITS,
}


def panel_of(view: BucketView, *, shown: bool = False) -> dict[str, Any] | None:
    """Return what the template of the panel needs, or ``None`` for a person who may not upload.

    ``shown`` has it there from the start, and not only once something is dropped.
    """
    urls = {name: view.link(f"upload_{name}") for name in STEPS}
    # What begins is held to the folder.
    urls["begin"] = view.link("upload_begin", prefix=view.folder)
    page = view.link("upload", prefix=view.folder)
    if not page or not all(urls.values()):
        return None
    readable = not (settings.CSRF_USE_SESSIONS or settings.CSRF_COOKIE_HTTPONLY)
    return {
        "prefix": view.folder,
        "page_url": page,
        "folder_url": view.folder_url() or page,
        "urls": urls,
        "csrf_cookie": settings.CSRF_COOKIE_NAME if readable else "",
        "texts": TEXTS,
        "shown": shown,
    }
