"""The bucket admin: its permission hooks and its table of pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from ..base import AWSAdmin, AWSView
from .browse import BrowseView
from .changes import CreateFolderView, MetadataView, TagsView
from .copying import CopyView, MoveView
from .downloads import DownloadView, ShareView, ZipView
from .lifecycle import CreateBucketView, DeleteBucketView
from .listing import BucketListView, OpenAddressView
from .objects import ObjectView
from .preview import PreviewView
from .removal import DeleteObjectsView
from .uploads import (
    AbortUploadView,
    BeginUploadView,
    FinishUploadView,
    SendPartView,
    SignPartView,
    UploadView,
)
from .usage import UsageView
from .versions import DeletedView, DeleteVersionView, RestoreView

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.http import HttpRequest


class BucketAdmin(AWSAdmin):
    """Buckets and their objects; every hook gets a ``Bucket`` of which only the name is known."""

    views: ClassVar[Mapping[str, type[AWSView]]] = {
        "changelist": BucketListView,
        "open": OpenAddressView,
        "add": CreateBucketView,
        "change": BrowseView,
        "delete": DeleteBucketView,
        "object": ObjectView,
        "preview": PreviewView,
        "download": DownloadView,
        "share": ShareView,
        "zip": ZipView,
        "upload": UploadView,
        "upload_begin": BeginUploadView,
        "upload_sign": SignPartView,
        "upload_part": SendPartView,
        "upload_finish": FinishUploadView,
        "upload_abort": AbortUploadView,
        "folder": CreateFolderView,
        "copy": CopyView,
        "move": MoveView,
        "metadata": MetadataView,
        "tags": TagsView,
        "delete_objects": DeleteObjectsView,
        "deleted": DeletedView,
        "restore": RestoreView,
        "delete_version": DeleteVersionView,
        "usage": UsageView,
    }

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
