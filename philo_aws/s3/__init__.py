"""Amazon S3: plain functions to import in views, tasks and commands."""

from __future__ import annotations

from .buckets import create_bucket, delete_bucket, list_buckets
from .copying import copy_object
from .deleting import delete_objects
from .du import du
from .filters import Filter, Rule
from .headers import HeaderRule
from .lister import objects as iter_objects
from .listing import list_objects_v2
from .multipart import abort_multipart_uploads, list_multipart_uploads
from .objects import download_file, upload_file
from .presign import presign
from .properties import head_object
from .report import Outcome, Report, Watcher
from .sync import sync
from .transfers import download_dir, upload_dir

__all__ = [
    "Filter",
    "HeaderRule",
    "Outcome",
    "Report",
    "Rule",
    "Watcher",
    "abort_multipart_uploads",
    "copy_object",
    "create_bucket",
    "delete_bucket",
    "delete_objects",
    "download_dir",
    "download_file",
    "du",
    "head_object",
    "iter_objects",
    "list_buckets",
    "list_multipart_uploads",
    "list_objects_v2",
    "presign",
    "sync",
    "upload_dir",
    "upload_file",
]
