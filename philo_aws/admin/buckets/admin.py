"""The bucket admin: its table of pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from ...models import Bucket
from ..model_admin import AWSAdmin, asks_permissions
from ..views import Views

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.http import HttpRequest

    from ..base import AWSView


@asks_permissions(Bucket)
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
            "empty": "emptying.EmptyBucketView",
            "search": "search.SearchView",
            "end": "folder.EndView",
            "object": "objects.ObjectView",
            "preview": "preview.PreviewView",
            "pick_bucket": "pick.PickBucketView",
            "pick": "pick.PickView",
            "download": "downloads.DownloadView",
            "share": "downloads.ShareView",
            "zip": "downloads.ZipView",
            "upload": "uploads.UploadView",
            "upload_begin": "uploads.BeginUploadView",
            "upload_sign": "uploads.SignPartView",
            "upload_part": "uploads.SendPartView",
            "upload_finish": "uploads.FinishUploadView",
            "upload_abort": "uploads.AbortUploadView",
            "unfinished": "unfinished.UnfinishedView",
            "give_up_uploads": "unfinished.GiveUpUploadsView",
            "folder": "properties.CreateFolderView",
            "copy": "copying.CopyView",
            "move": "copying.MoveView",
            "rename": "renaming.RenameView",
            "metadata": "properties.MetadataView",
            "tags": "properties.TagsView",
            "delete_objects": "removal.DeleteObjectsView",
            "deleted": "versions.DeletedView",
            "undelete": "undeleting.UndeleteView",
            "rewind": "rewinding.RewindView",
            "restore": "versions.RestoreView",
            "delete_version": "versions.DeleteVersionView",
            "usage": "usage.UsageView",
            "settings": "settings.SettingsView",
            "settings_versioning": "settings_parts.VersioningView",
            "settings_public_access": "settings_parts.PublicAccessView",
            "settings_encryption": "settings_parts.EncryptionView",
            "settings_tags": "settings_parts.BucketTagsView",
            "settings_allow_uploads": "settings_rules.AllowUploadsView",
            "settings_cors": "settings_rules.CorsRuleView",
            "settings_cors_remove": "settings_rules.RemoveCorsRuleView",
            "settings_lifecycle": "settings_rules.LifecycleRuleView",
            "settings_lifecycle_remove": "settings_rules.RemoveLifecycleRuleView",
            "count": "lookups.CountView",
            "folders": "lookups.FoldersView",
        },
    )

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return False: what can be changed of a bucket is its objects, with their own hooks."""
        return False

    if TYPE_CHECKING:
        # What the decorator makes, for sites that have their types checked.
        has_list_objects_permission = AWSAdmin.has_view_permission
        has_download_object_permission = AWSAdmin.has_view_permission
        has_share_object_permission = AWSAdmin.has_view_permission
        has_upload_object_permission = AWSAdmin.has_view_permission
        has_copy_object_permission = AWSAdmin.has_view_permission
        has_change_object_permission = AWSAdmin.has_view_permission
        has_delete_object_permission = AWSAdmin.has_view_permission
        has_restore_object_permission = AWSAdmin.has_view_permission
        has_view_bucket_settings_permission = AWSAdmin.has_view_permission
        has_change_bucket_settings_permission = AWSAdmin.has_view_permission
