"""What was deleted or overwritten: find it, bring it back, or delete it for good."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from ...exceptions import ConflictError
from ...s3.listing.versions import list_versions
from ...s3.objects.copying import prepare
from ...s3.objects.versions import delete_version, find_version, restore_version
from ..base import Button
from ..operations import OperationOutcome
from ..text import visible
from .base import BucketView, ObjectOperationView
from .stepwise_copies import RewriteView

if TYPE_CHECKING:
    from django.http import HttpResponse

PAGE_SIZE = 500


class DeletedView(BucketView):
    """The deleted objects of a folder that versions are left of, by one request to S3."""

    route = "<str:object_id>/deleted/"
    permissions = ("list_objects",)
    title = _("Deleted objects")
    buttons = (Button(at=("contents",), order=40),)
    template_name = "admin/philo_aws/bucket/deleted.html"

    def get(self, *args: Any, **kwargs: Any) -> HttpResponse:
        page = self.ask_aws(
            list_versions,
            self.bucket,
            prefix=self.prefix,
            key_marker=self.parameter("after_key"),
            version_marker=self.parameter("after_version"),
            limit=PAGE_SIZE,
        )
        rows = [
            {
                "version": version,
                "name": visible(version.key[len(self.prefix) :]) or visible(version.key),
                "url": self.link("object", key=version.key),
                "restore_url": self.link("restore", key=version.key, version=version.version_id),
            }
            for version in page.versions
            if version.is_delete_marker and version.is_latest
        ]
        folders = [
            {
                "name": visible(prefix[len(self.prefix) :]),
                "url": self.link("deleted", prefix=prefix),
            }
            for prefix in page.prefixes
        ]
        more = {"after_key": page.next_key, "after_version": page.next_version}
        return self.render(
            rows=rows,
            folders=folders,
            seen=len(page.versions),
            next_url=self.link("deleted", prefix=self.prefix, **more) if page.next_key else "",
        )


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
