"""Amazon S3: plain functions to import in views, tasks and commands.

Each is imported when it is first asked for: a command or a page that needs one of them should not
wait for all the others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._late import late

if TYPE_CHECKING:
    # Under their own names, which is how checkers of types know what a package gives.
    from .buckets import create_bucket as create_bucket
    from .buckets import delete_bucket as delete_bucket
    from .buckets import list_buckets as list_buckets
    from .cdn import invalidate as invalidate
    from .configuration import delete_bucket_cors as delete_bucket_cors
    from .configuration import delete_bucket_encryption as delete_bucket_encryption
    from .configuration import delete_bucket_lifecycle as delete_bucket_lifecycle
    from .configuration import delete_bucket_policy as delete_bucket_policy
    from .configuration import delete_bucket_tagging as delete_bucket_tagging
    from .configuration import delete_bucket_website as delete_bucket_website
    from .configuration import delete_object_tagging as delete_object_tagging
    from .configuration import delete_public_access_block as delete_public_access_block
    from .configuration import get_bucket_cors as get_bucket_cors
    from .configuration import get_bucket_encryption as get_bucket_encryption
    from .configuration import (
        get_bucket_lifecycle_configuration as get_bucket_lifecycle_configuration,
    )
    from .configuration import (
        get_bucket_notification_configuration as get_bucket_notification_configuration,
    )
    from .configuration import get_bucket_policy as get_bucket_policy
    from .configuration import get_bucket_tagging as get_bucket_tagging
    from .configuration import get_bucket_versioning as get_bucket_versioning
    from .configuration import get_bucket_website as get_bucket_website
    from .configuration import get_object_tagging as get_object_tagging
    from .configuration import get_public_access_block as get_public_access_block
    from .configuration import put_bucket_cors as put_bucket_cors
    from .configuration import put_bucket_encryption as put_bucket_encryption
    from .configuration import (
        put_bucket_lifecycle_configuration as put_bucket_lifecycle_configuration,
    )
    from .configuration import (
        put_bucket_notification_configuration as put_bucket_notification_configuration,
    )
    from .configuration import put_bucket_policy as put_bucket_policy
    from .configuration import put_bucket_tagging as put_bucket_tagging
    from .configuration import put_bucket_versioning as put_bucket_versioning
    from .configuration import put_bucket_website as put_bucket_website
    from .configuration import put_object_tagging as put_object_tagging
    from .configuration import put_public_access_block as put_public_access_block
    from .deleting import delete_objects as delete_objects
    from .emptying import empty_bucket as empty_bucket
    from .filters import Filter as Filter
    from .filters import Rule as Rule
    from .headers import HeaderRule as HeaderRule
    from .listing import stream
    from .listing.folder import list_folder as list_folder
    from .listing.objects_v2 import list_objects_v2 as list_objects_v2
    from .listing.usage import du as du
    from .listing.versions import iter_object_versions as iter_object_versions
    from .listing.versions import list_object_versions as list_object_versions
    from .objects.archived import restore_archive as restore_archive
    from .objects.contents import open_object as open_object
    from .objects.contents import read_object as read_object
    from .objects.copying import copy_object as copy_object
    from .objects.lines import head_lines as head_lines
    from .objects.lines import tail_lines as tail_lines
    from .objects.presigning import presign as presign
    from .objects.properties import head_object as head_object
    from .objects.restoring import restore_object as restore_object
    from .objects.unfinished_uploads import abort_multipart_uploads as abort_multipart_uploads
    from .objects.unfinished_uploads import list_multipart_uploads as list_multipart_uploads
    from .objects.waiting import wait_object as wait_object
    from .report import Outcome as Outcome
    from .report import Report as Report
    from .report import Watcher as Watcher
    from .rewinding import restore_prefix as restore_prefix
    from .stale import StaleWatcher as StaleWatcher
    from .stale import stale_keys as stale_keys
    from .transfer.copying import copy_dir as copy_dir
    from .transfer.copying import sync_buckets as sync_buckets
    from .transfer.folders import download_dir as download_dir
    from .transfer.folders import upload_dir as upload_dir
    from .transfer.moving import move_dir as move_dir
    from .transfer.moving import move_object as move_object
    from .transfer.single import download_file as download_file
    from .transfer.single import upload_file as upload_file
    from .transfer.streams import download_fileobj as download_fileobj
    from .transfer.streams import upload_fileobj as upload_fileobj
    from .transfer.syncing import sync as sync

    iter_objects = stream.objects

EXPORTS = {
    "Filter": ("filters", "Filter"),
    "HeaderRule": ("headers", "HeaderRule"),
    "Outcome": ("report", "Outcome"),
    "Report": ("report", "Report"),
    "Rule": ("filters", "Rule"),
    "StaleWatcher": ("stale", "StaleWatcher"),
    "Watcher": ("report", "Watcher"),
    "abort_multipart_uploads": ("objects.unfinished_uploads", "abort_multipart_uploads"),
    "copy_dir": ("transfer.copying", "copy_dir"),
    "copy_object": ("objects.copying", "copy_object"),
    "create_bucket": ("buckets", "create_bucket"),
    "delete_bucket": ("buckets", "delete_bucket"),
    "delete_bucket_cors": ("configuration", "delete_bucket_cors"),
    "delete_bucket_encryption": ("configuration", "delete_bucket_encryption"),
    "delete_bucket_lifecycle": ("configuration", "delete_bucket_lifecycle"),
    "delete_bucket_policy": ("configuration", "delete_bucket_policy"),
    "delete_bucket_tagging": ("configuration", "delete_bucket_tagging"),
    "delete_bucket_website": ("configuration", "delete_bucket_website"),
    "delete_object_tagging": ("configuration", "delete_object_tagging"),
    "delete_objects": ("deleting", "delete_objects"),
    "delete_public_access_block": ("configuration", "delete_public_access_block"),
    "download_dir": ("transfer.folders", "download_dir"),
    "download_file": ("transfer.single", "download_file"),
    "download_fileobj": ("transfer.streams", "download_fileobj"),
    "du": ("listing.usage", "du"),
    "empty_bucket": ("emptying", "empty_bucket"),
    "get_bucket_cors": ("configuration", "get_bucket_cors"),
    "get_bucket_encryption": ("configuration", "get_bucket_encryption"),
    "get_bucket_lifecycle_configuration": ("configuration", "get_bucket_lifecycle_configuration"),
    "get_bucket_notification_configuration": (
        "configuration",
        "get_bucket_notification_configuration",
    ),
    "get_bucket_policy": ("configuration", "get_bucket_policy"),
    "get_bucket_tagging": ("configuration", "get_bucket_tagging"),
    "get_bucket_versioning": ("configuration", "get_bucket_versioning"),
    "get_bucket_website": ("configuration", "get_bucket_website"),
    "get_object_tagging": ("configuration", "get_object_tagging"),
    "get_public_access_block": ("configuration", "get_public_access_block"),
    "head_lines": ("objects.lines", "head_lines"),
    "head_object": ("objects.properties", "head_object"),
    "invalidate": ("cdn", "invalidate"),
    "iter_object_versions": ("listing.versions", "iter_object_versions"),
    "iter_objects": ("listing.stream", "objects"),
    "list_buckets": ("buckets", "list_buckets"),
    "list_folder": ("listing.folder", "list_folder"),
    "list_multipart_uploads": ("objects.unfinished_uploads", "list_multipart_uploads"),
    "list_object_versions": ("listing.versions", "list_object_versions"),
    "list_objects_v2": ("listing.objects_v2", "list_objects_v2"),
    "move_dir": ("transfer.moving", "move_dir"),
    "move_object": ("transfer.moving", "move_object"),
    "open_object": ("objects.contents", "open_object"),
    "presign": ("objects.presigning", "presign"),
    "put_bucket_cors": ("configuration", "put_bucket_cors"),
    "put_bucket_encryption": ("configuration", "put_bucket_encryption"),
    "put_bucket_lifecycle_configuration": ("configuration", "put_bucket_lifecycle_configuration"),
    "put_bucket_notification_configuration": (
        "configuration",
        "put_bucket_notification_configuration",
    ),
    "put_bucket_policy": ("configuration", "put_bucket_policy"),
    "put_bucket_tagging": ("configuration", "put_bucket_tagging"),
    "put_bucket_versioning": ("configuration", "put_bucket_versioning"),
    "put_bucket_website": ("configuration", "put_bucket_website"),
    "put_object_tagging": ("configuration", "put_object_tagging"),
    "put_public_access_block": ("configuration", "put_public_access_block"),
    "read_object": ("objects.contents", "read_object"),
    "restore_archive": ("objects.archived", "restore_archive"),
    "restore_object": ("objects.restoring", "restore_object"),
    "restore_prefix": ("rewinding", "restore_prefix"),
    "stale_keys": ("stale", "stale_keys"),
    "sync": ("transfer.syncing", "sync"),
    "sync_buckets": ("transfer.copying", "sync_buckets"),
    "tail_lines": ("objects.lines", "tail_lines"),
    "upload_dir": ("transfer.folders", "upload_dir"),
    "upload_file": ("transfer.single", "upload_file"),
    "upload_fileobj": ("transfer.streams", "upload_fileobj"),
    "wait_object": ("objects.waiting", "wait_object"),
}
"""What there is for users, each with its module and its name there."""

__all__ = list(EXPORTS)

__getattr__, __dir__ = late(__name__, EXPORTS)
