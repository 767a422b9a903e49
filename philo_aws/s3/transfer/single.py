"""Single objects: upload and download."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ...answers import no_proof
from ...aws_errors import translated
from ...clients import get_client
from ...conf import Purpose, TransferConfig
from ...exceptions import LocalFileError, UsageError
from ..headers import HeaderRule, Headers
from ..request.names import check_key
from ..request.remote import Remote, make_remote
from ..request.sizes import check_size
from .line import make_engine

if TYPE_CHECKING:
    from ..engine.base import Result, Task

Progress = Callable[[int], None]


def upload_file(
    source_filename: str | os.PathLike[str],
    bucket_name: str,
    destination_key: str,
    region_name: str | None = None,
    *,
    headers: Sequence[HeaderRule] = (),
    default_headers: Mapping[str, str] | None = None,
    extra_args: Mapping[str, Any] | None = None,
    transfer: TransferConfig | None = None,
    on_bytes: Progress | None = None,
    on_slower: Callable[[str], None] | None = None,
    purpose: Purpose = "commands",
) -> None:
    """Upload one file, up to 48.8 TiB.

    ``extra_args`` are boto's (``ACL``, ``StorageClass``, …); the content type comes from the key,
    its charset from the content.
    ``on_bytes`` is called with the number of bytes sent since its last call, from any thread,
    ``on_slower`` with the reason where ``auto`` takes the slower engine.
    Raises :exc:`~philo_aws.exceptions.LocalFileError` for a file that cannot be read, or that
    changes while it is, :exc:`~philo_aws.exceptions.UsageError` for a key that ends in a slash,
    :exc:`~philo_aws.exceptions.BucketNotFoundError` and what else AWS answers.
    """
    from ..engine.base import Upload

    remote = make_remote(bucket_name, region_name, "", extra_args, transfer, purpose)
    check_key(destination_key)
    made = Headers(headers, default_headers)
    source = os.fspath(source_filename)
    _check_is_no_folder(destination_key, source)
    with translated(filename=source):
        status = os.stat(source)
        _check_regular(source, status.st_mode)
        check_size(status.st_size)
        # Opened here, because not every way to send a file says whose fault it is.
        with open(source, "rb"):
            pass
    task = Upload(
        key=destination_key,
        path=source,
        size=status.st_size,
        mtime_ns=status.st_mtime_ns,
        headers=made.of(destination_key, source, status.st_size),
    )
    _run(remote, task, on_bytes, on_slower)


def download_file(
    destination_filename: str | os.PathLike[str],
    bucket_name: str,
    source_key: str,
    region_name: str | None = None,
    *,
    byte_range: str | None = None,
    extra_args: Mapping[str, Any] | None = None,
    transfer: TransferConfig | None = None,
    on_size: Progress | None = None,
    on_bytes: Progress | None = None,
    on_slower: Callable[[str], None] | None = None,
    purpose: Purpose = "commands",
) -> None:
    """Download one object to a file, which is replaced only when all has come and is verified.

    ``on_size`` is called with the object's size in bytes before the first of them, ``on_bytes``
    with the number received since its last call, from any thread, ``on_slower`` with the reason
    where ``auto`` takes the slower engine. With ``byte_range`` (``0-99``, ``100-``, ``-100``) the
    file gets these bytes alone, by one request and no engine, and of them the number is verified.
    Raises :exc:`~philo_aws.exceptions.ObjectNotFoundError`, and
    :exc:`~philo_aws.exceptions.LocalFileError` when the folder is missing or cannot be written.
    """
    from ..engine.base import Download
    from ..engine.proof import is_page

    remote = make_remote(bucket_name, region_name, "", extra_args, transfer, purpose)
    check_key(source_key)
    # A link stays one; its file is replaced.
    target = os.path.realpath(destination_filename)
    _check_target(os.fspath(destination_filename), target)
    if byte_range is not None:
        from ..objects.contents import open_object
        from .streams import download_range

        with open_object(
            bucket_name,
            source_key,
            region_name,
            byte_range=byte_range,
            extra_args=remote.extra_args,
            purpose=purpose,
        ) as reader:
            if on_size:
                on_size(reader.size)
            download_range(target, reader, source_key, on_bytes=on_bytes)
        return
    with translated(bucket=bucket_name, key=source_key, filename=target, region=region_name):
        client = get_client("s3", region_name, purpose=purpose)
        head: Mapping[str, Any] = client.head_object(
            Bucket=bucket_name, Key=source_key, **remote.given_for("HeadObject")
        )
    size = head.get("ContentLength")
    if size is None or is_page(head["ResponseMetadata"]["HTTPHeaders"]):
        raise no_proof("HeadObject")
    if on_size:
        on_size(size)
    task = Download(key=source_key, path=target, size=size, etag=head.get("ETag", ""))
    _run(remote, task, on_bytes, on_slower)


def _check_is_no_folder(key: str, source: str) -> None:
    # The console makes such objects for empty folders, and no download makes a file of one.
    if key.endswith("/"):
        name = os.path.basename(source)
        raise UsageError(
            f"The key {key!r} is that of a folder: no download makes a file of it. "
            f"Give the file a name in it: {key + name!r}."
        )


def _check_regular(path: str, mode: int) -> None:
    if stat.S_ISDIR(mode):
        raise LocalFileError(f"{path!r} is a folder, not a file. Use upload_dir for folders.")
    if not stat.S_ISREG(mode):
        raise LocalFileError(f"{path!r} is not a regular file. Give the name of one.")


def _check_target(name: str, target: str) -> None:
    folder = os.path.dirname(target)
    if name.endswith("/") or os.path.isdir(target):
        raise LocalFileError(f"{name!r} is a folder. Give the name of a file in it.")
    if not os.path.isdir(folder):
        raise LocalFileError(f"There is no folder {folder!r}. Make it first, or check the path.")
    if os.path.exists(target) and not os.path.isfile(target):
        raise LocalFileError(f"{name!r} is not a regular file. Give the name of one.")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise LocalFileError(f"The folder {folder!r} cannot be written. Check its owner and mode.")


def _run(
    remote: Remote,
    task: Task,
    on_bytes: Progress | None,
    on_slower: Callable[[str], None] | None,
) -> None:
    results: list[Result] = []
    engine = make_engine(remote, on_slower)
    engine.run([task], on_result=results.append, on_bytes=on_bytes)
    if results[0].error is not None:
        raise results[0].error
