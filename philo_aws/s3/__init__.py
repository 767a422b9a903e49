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
    from .deleting import delete_objects as delete_objects
    from .filters import Filter as Filter
    from .filters import Rule as Rule
    from .headers import HeaderRule as HeaderRule
    from .listing import stream
    from .listing.folder import list_folder as list_folder
    from .listing.objects_v2 import list_objects_v2 as list_objects_v2
    from .listing.usage import du as du
    from .objects.contents import open_object as open_object
    from .objects.contents import read_object as read_object
    from .objects.copying import copy_object as copy_object
    from .objects.lines import head_lines as head_lines
    from .objects.lines import tail_lines as tail_lines
    from .objects.presigning import presign as presign
    from .objects.properties import head_object as head_object
    from .objects.unfinished_uploads import abort_multipart_uploads as abort_multipart_uploads
    from .objects.unfinished_uploads import list_multipart_uploads as list_multipart_uploads
    from .report import Outcome as Outcome
    from .report import Report as Report
    from .report import Watcher as Watcher
    from .transfer.folders import download_dir as download_dir
    from .transfer.folders import upload_dir as upload_dir
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
    "Watcher": ("report", "Watcher"),
    "abort_multipart_uploads": ("objects.unfinished_uploads", "abort_multipart_uploads"),
    "copy_object": ("objects.copying", "copy_object"),
    "create_bucket": ("buckets", "create_bucket"),
    "delete_bucket": ("buckets", "delete_bucket"),
    "delete_objects": ("deleting", "delete_objects"),
    "download_dir": ("transfer.folders", "download_dir"),
    "download_file": ("transfer.single", "download_file"),
    "download_fileobj": ("transfer.streams", "download_fileobj"),
    "du": ("listing.usage", "du"),
    "head_lines": ("objects.lines", "head_lines"),
    "head_object": ("objects.properties", "head_object"),
    "iter_objects": ("listing.stream", "objects"),
    "list_buckets": ("buckets", "list_buckets"),
    "list_folder": ("listing.folder", "list_folder"),
    "list_multipart_uploads": ("objects.unfinished_uploads", "list_multipart_uploads"),
    "list_objects_v2": ("listing.objects_v2", "list_objects_v2"),
    "open_object": ("objects.contents", "open_object"),
    "presign": ("objects.presigning", "presign"),
    "read_object": ("objects.contents", "read_object"),
    "sync": ("transfer.syncing", "sync"),
    "tail_lines": ("objects.lines", "tail_lines"),
    "upload_dir": ("transfer.folders", "upload_dir"),
    "upload_file": ("transfer.single", "upload_file"),
    "upload_fileobj": ("transfer.streams", "upload_fileobj"),
}
"""What there is for users, each with its module and its name there."""

__all__ = list(EXPORTS)

__getattr__, __dir__ = late(__name__, EXPORTS)
