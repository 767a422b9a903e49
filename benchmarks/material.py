"""The files and objects that the transfers' benchmark moves."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.figures import MIB
from tests import servers

BUCKET = "bench-bucket"
OTHER_BUCKET = "bench-other-bucket"
GIB = 1024 * MIB


def tree(folder: Path, count: int) -> Path:
    """Make `count` files of 4 KiB under the names that the sink lists, older than it says."""
    if not folder.exists():
        content = os.urandom(4096)
        for number in range(count):
            path = folder / "data" / f"{number // 1000:04}" / f"object-{number:09}.bin"
            if not number % 1000:
                path.parent.mkdir(parents=True)
            path.write_bytes(content)
            os.utime(path, (1_700_000_000, 1_700_000_000))
    return folder


def large(path: Path, size: int) -> Path:
    """Make a file of `size` random-looking bytes."""
    if not path.exists() or path.stat().st_size != size:
        block = os.urandom(MIB)
        with path.open("wb") as file:
            for _ in range(size // MIB):
                file.write(block)
            # Else a disk is still busy with it when the first tools are measured.
            file.flush()
            os.fsync(file.fileno())
    return path


def empty(aws: servers.LocalAWS) -> None:
    """Take every object out of the bucket: some tools look at what is there."""
    client = aws.client("s3")
    for page in client.get_paginator("list_objects_v2").paginate(Bucket=BUCKET):
        if found := [{"Key": each["Key"]} for each in page.get("Contents", ())]:
            client.delete_objects(Bucket=BUCKET, Delete={"Objects": found, "Quiet": True})


def fill(aws: servers.LocalAWS, root: Path) -> None:
    """Put the files below `root` into the bucket unless it has objects already."""
    client = aws.client("s3")
    if "Contents" not in client.list_objects_v2(Bucket=BUCKET, MaxKeys=1):
        for path in sorted(path for path in root.rglob("*") if path.is_file()):
            client.upload_file(str(path), BUCKET, path.relative_to(root).as_posix())


def complete(folder: Path, count: int) -> None:
    """End the benchmark unless `count` files of 4 KiB are below `folder`."""
    sizes = [path.stat().st_size for path in folder.rglob("*") if path.is_file()]
    if sizes != [4096] * count:
        sys.exit(f"{folder} has {len(sizes)} files, and not all {count} of 4 KiB.")


def size_of(root: Path) -> str:
    """How many files and bytes are below `root`."""
    sizes = [path.stat().st_size for path in root.rglob("*") if path.is_file()]
    return f"{len(sizes):,} files, {sum(sizes) / MIB:,.0f} MiB"


@contextlib.contextmanager
def memory_folder(other: Path) -> Iterator[Path]:
    """A folder in memory where the machine has room for it, else `other`.

    Making 100,000 small files on a disk takes every tool longer than fetching them.
    """
    shared = Path("/dev/shm")  # noqa: S108
    if not shared.is_dir() or shutil.disk_usage(shared).free < 10 * GIB:
        yield other
        return
    with tempfile.TemporaryDirectory(dir=shared) as name:
        yield Path(name)
