"""What was deleted or overwritten: find it, bring it back, or delete it for good."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from ...exceptions import AWSError, ConflictError
from ...s3.configuration import get_bucket_versioning
from ...s3.objects.copying import prepare
from ...s3.objects.versions import delete_version, find_version, restore_version
from ...s3.web.deleted import scan_deleted
from ..base import Button
from ..operations import OperationOutcome
from ..posted import most_ticked
from ..text import visible
from .base import BucketView, ObjectOperationView, pack
from .stepwise_copies import RewriteView

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from django.http import HttpResponse

    from ...s3.web.deleted import DeletedObject, DeletedPage
    from ..base import Place

PAGE_SIZE = 100
"""Deleted objects, and folders that hold some, on a page."""


class DeletedView(BucketView):
    """What was deleted from a folder and versions are left of, and which folders in it hold some.

    By a request for whether the bucket keeps versions, and a few for what it has.
    """

    route = "<str:object_id>/deleted/"
    about = "prefix"
    permissions = ("list_objects",)
    title = _("Deleted objects")
    buttons = (Button(at=("contents",), order=40),)
    template_name = "admin/philo_aws/bucket/deleted.html"
    scripts = ("philo_aws/select.js",)

    def get_places(self) -> Mapping[Place, Mapping[str, str]]:
        return {"deleted": {"prefix": self.prefix}}

    def get(self, *args: Any, **kwargs: Any) -> HttpResponse:
        questions: dict[str, Callable[..., Any]] = {
            "versioning": partial(get_bucket_versioning, self.bucket),
            "page": partial(
                scan_deleted,
                self.bucket,
                self.prefix,
                after=self.parameter("after_key"),
                limit=most_ticked(PAGE_SIZE),
            ),
        }
        answers = self.ask_aws_together(questions)
        page: DeletedPage | AWSError = answers["page"]
        if isinstance(page, AWSError):
            raise page
        versioning = answers["versioning"]
        return self.render(
            # Who may not know that is told nothing of it.
            versioning="" if isinstance(versioning, AWSError) else versioning.get("Status", "Off"),
            settings_url=self.link("settings"),
            undelete_url=self.link("undelete", prefix=self.prefix),
            rows=[self.make_row(what) for what in page.objects],
            folders=[
                {
                    "folder": folder,
                    "value": pack(folder.prefix),
                    "name": visible(folder.prefix[len(self.prefix) :]),
                    "url": self.link("deleted", prefix=folder.prefix),
                }
                for folder in page.folders.values()
            ],
            seen=page.seen,
            next_url=self.link("deleted", prefix=self.prefix, after_key=page.after)
            if page.after
            else "",
        )

    def make_row(self, what: DeletedObject) -> dict[str, Any]:
        """Return a deleted object as the template shows it."""
        # Where it was deleted twice, one mark alone is not enough to take away.
        alone = {"version": what.markers[0]} if len(what.markers) == 1 else {}
        return {
            "what": what,
            "value": pack(what.key),
            "name": visible(what.key[len(self.prefix) :]) or visible(what.key),
            "url": self.link("object", key=what.key),
            "restore_url": self.link("restore" if alone else "undelete", key=what.key, **alone),
        }


class VersionOperationView(ObjectOperationView):
    """An operation on one version of an object."""

    def get_items(self) -> list[str]:
        return [self.key]


class RestoreView(VersionOperationView, RewriteView):
    """Undeletes an object, or makes an older version the newest again."""

    route = "<str:object_id>/restore/"
    permissions = ("restore_object",)
    permissions_at_target = ("restore_object",)
    title = _("Restore")
    buttons = (Button(at=("version",), order=30, label=_("Restore this version")),)
    submit_label = _("Restore")

    def get_summary(self) -> list[Any]:
        return [
            _("This version becomes the object again. The versions after it are kept."),
            _("Version: %(version)s") % {"version": visible(self.version)},
        ]

    def perform(self, data: dict[str, Any]) -> OperationOutcome:
        about = (self.bucket, self.key, self.version)
        version = self.ask_aws(find_version, *about)
        if version.is_delete_marker:
            self.ask_aws(restore_version, *about)
        else:
            to = (self.bucket, self.key)
            more = self.rewrite(prepare, *to, *to, version_id=self.version)
            if more:
                return more
        return OperationOutcome(
            message=gettext("“%(key)s” was restored.") % {"key": visible(self.key)},
            audit=f"Restored {visible(self.key)!r}, version {visible(self.version)}.",
        )


class DeleteVersionView(VersionOperationView):
    """Deletes one version for good."""

    route = "<str:object_id>/delete-version/"
    permissions = ("delete_object",)
    title = _("Delete version")
    buttons = (Button(at=("version",), order=90, label=_("Delete this version"), kind="danger"),)
    submit_label = _("Delete for good")
    destructive = True

    def get_summary(self) -> list[Any]:
        return [
            _("This version is deleted for good. It cannot be brought back."),
            _("Version: %(version)s") % {"version": visible(self.version)},
        ]

    def perform(self, data: dict[str, Any]) -> OperationOutcome:
        about = (self.bucket, self.key, self.version)
        version = self.ask_aws(find_version, *about)
        if version.is_delete_marker and version.is_latest:
            raise ConflictError(
                gettext(
                    "This marks the object as deleted. Restore it instead of deleting the mark."
                )
            )
        self.ask_aws(delete_version, *about)
        return OperationOutcome(
            message=gettext("The version was deleted."),
            audit=f"Deleted version {visible(self.version)} of {visible(self.key)!r} for good.",
        )
