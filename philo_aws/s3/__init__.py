"""Amazon S3: plain functions to import in views, tasks and commands.

Each is imported when it is first asked for: a command or a page that needs one of them should not
wait for all the others.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from ..forks import ForkLock

if TYPE_CHECKING:
    from .buckets import create_bucket, delete_bucket, list_buckets
    from .copying import copy_object
    from .deleting import delete_objects
    from .filters import Filter, Rule
    from .headers import HeaderRule
    from .lister import objects as iter_objects
    from .listing import list_objects_v2
    from .multipart import abort_multipart_uploads, list_multipart_uploads
    from .objects import download_file, upload_file
    from .presigning import presign
    from .properties import head_object
    from .report import Outcome, Report, Watcher
    from .sizing import du
    from .syncing import sync
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

# A module must not have the name of a function: importing it would put it in the function's place.
_MODULES = {
    "Filter": "filters",
    "HeaderRule": "headers",
    "Outcome": "report",
    "Report": "report",
    "Rule": "filters",
    "Watcher": "report",
    "abort_multipart_uploads": "multipart",
    "copy_object": "copying",
    "create_bucket": "buckets",
    "delete_bucket": "buckets",
    "delete_objects": "deleting",
    "download_dir": "transfers",
    "download_file": "objects",
    "du": "sizing",
    "head_object": "properties",
    "iter_objects": "lister",
    "list_buckets": "buckets",
    "list_multipart_uploads": "multipart",
    "list_objects_v2": "listing",
    "presign": "presigning",
    "sync": "syncing",
    "upload_dir": "transfers",
    "upload_file": "objects",
}
_OTHER_NAMES = {"iter_objects": "objects"}
_importing = ForkLock()


def __getattr__(name: str) -> Any:
    module = _MODULES.get(name)
    if module is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    with _importing:
        value = getattr(import_module(f".{module}", __name__), _OTHER_NAMES.get(name, name))
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
