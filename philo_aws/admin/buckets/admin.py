"""The bucket admin: its permission hooks and its table of pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from ..model_admin import AWSAdmin
from ..views import Views

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.http import HttpRequest

    from ..base import AWSView


class BucketAdmin(AWSAdmin):
    """Buckets and their objects; every hook gets a ``Bucket`` of which only the name is known."""

    views: ClassVar[Mapping[str, type[AWSView]]] = Views(
        __package__,
        {
            "changelist": "list.BucketListView",
            "open": "list.OpenAddressView",
            "add": "bucket.CreateBucketView",
            "change": "folder.BrowseView",
            "delete": "bucket.DeleteBucketView",
            "object": "objects.ObjectView",
            "preview": "preview.PreviewView",
            "download": "downloads.DownloadView",
            "share": "downloads.ShareView",
            "zip": "downloads.ZipView",
            "upload": "uploads.UploadView",
            "upload_begin": "uploads.BeginUploadView",
            "upload_sign": "uploads.SignPartView",
            "upload_part": "uploads.SendPartView",
            "upload_finish": "uploads.FinishUploadView",
            "upload_abort": "uploads.AbortUploadView",
            "folder": "properties.CreateFolderView",
            "copy": "copying.CopyView",
            "move": "copying.MoveView",
            "metadata": "properties.MetadataView",
            "tags": "properties.TagsView",
            "delete_objects": "removal.DeleteObjectsView",
            "deleted": "versions.DeletedView",
            "restore": "versions.RestoreView",
            "delete_version": "versions.DeleteVersionView",
            "usage": "usage.UsageView",
        },
    )

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return False: what can be changed of a bucket is its objects, with their own hooks."""
        return False

    def has_list_objects_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Say whether the person may see what is in the bucket, and an object's properties."""
        return self.has_codename(request, "list_objects")

    def has_download_object_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Say whether the person may download and preview objects."""
        return self.has_codename(request, "download_object")

    def has_share_object_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Say whether the person may make links that work without a login."""
        return self.has_codename(request, "share_object")

    def has_upload_object_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Say whether the person may upload objects and create folders."""
        return self.has_codename(request, "upload_object")

    def has_copy_object_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Say whether the person may copy objects from this bucket."""
        return self.has_codename(request, "copy_object")

    def has_change_object_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Say whether the person may change metadata, tags and storage class."""
        return self.has_codename(request, "change_object")

    def has_delete_object_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Say whether the person may delete objects and versions."""
        return self.has_codename(request, "delete_object")

    def has_restore_object_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Say whether the person may bring back what was deleted or overwritten."""
        return self.has_codename(request, "restore_object")
