"""The bucket admin: its table of pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from ...models import Bucket
from ..model_admin import AWSAdmin, asks_permissions
from ..views import Views

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from django.db import models
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

    def has_bucket_permission(
        self, request: HttpRequest, bucket: str, action: str, *, key: str | None = ""
    ) -> bool:
        """Say whether the person may do something with a bucket or with what is in it.

        Every page, link, list and script's request asks it first, once for each action it takes
        and each key it touches, those at the destinations of copies and moves included. Override
        it to forbid more, with ``super()``, or to decide it all. ``bucket`` is the name in the
        address, which may also be the ARN or the alias of an access point: name what is open, not
        what is hidden. ``action`` is the codename of a permission, such as ``"list_objects"`` or
        ``"view_bucket"``. ``key`` is an object's key, or a prefix: then the answer is about all
        below it, for ``""`` about the whole bucket. ``None`` asks whether anything in it is open.

        Raises :exc:`~philo_aws.exceptions.UsageError` for an action that is none.
        """
        is_open = self.get_access(request).to_bucket(bucket, action, key)
        return self.decide(request, self.model(pk=bucket), action, is_open=is_open)

    def get_prefixes(self, request: HttpRequest, bucket: str) -> Sequence[str]:
        """Return the folders of a bucket that lead to what the person may list; all: ``("",)``.

        Who may not list the whole bucket is shown the way to these. Override it together with
        :meth:`has_bucket_permission` where that opens folders.
        """
        return self.get_access(request).prefixes(bucket, "list_objects")

    def is_permitted(
        self, request: HttpRequest, obj: models.Model, action: str, key: str | None
    ) -> bool:
        return self.has_bucket_permission(request, str(obj.pk), action, key=key)

    def is_open_anywhere(self, request: HttpRequest, action: str) -> bool:
        return self.get_access(request).to_any_bucket(action)

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
