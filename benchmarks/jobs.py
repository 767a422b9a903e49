"""The work of the transfers' benchmark, as each tool is told to do it."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.cli import Run
from tests import servers
from tests.running import ROOT

BUCKET = "bench-bucket"
MIB = 1024 * 1024
GIB = 1024 * MIB
# The bucket, as rclone names it.
STORE = f":s3,provider=Other,env_auth=true,force_path_style=true,endpoint='{{url}}':{BUCKET}"

# What boto3 does when it is called once for each file, without help.
BOTO3_LOOP = """
import os, sys, boto3
from botocore.config import Config
root, bucket = sys.argv[1:]
client = boto3.client("s3", config=Config(s3={"addressing_style": "path"}))
for folder, _, names in os.walk(root):
    for name in names:
        path = os.path.join(folder, name)
        client.upload_file(path, bucket, os.path.relpath(path, root))
"""
# `collectstatic` with django-storages' S3 backend, on a site that has nothing else.
COLLECTSTATIC = """
import os, sys
from django.conf import settings
from django.core.management import call_command
import django
root, bucket = sys.argv[1:]
backend = {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": {"bucket_name": bucket}}
settings.configure(
    INSTALLED_APPS=["django.contrib.staticfiles"], STATICFILES_DIRS=[root], STATIC_URL="/s/",
    STATICFILES_FINDERS=["django.contrib.staticfiles.finders.FileSystemFinder"],
    STORAGES={"staticfiles": backend, "default": backend},
)
django.setup()
call_command("collectstatic", interactive=False, verbosity=0)
"""


@dataclass(frozen=True, kw_only=True)
class Job:
    """One piece of work, as each tool is told to do it."""

    title: str
    """What the work is."""
    commands: Mapping[str, Sequence[str]]
    """The command of each tool; ours is `philo_aws`, the one measured against is `s5cmd`."""
    wall_limit: float | None = None
    """The goal: our wall time divided by s5cmd's."""
    memory_limit: int | None = None
    """The goal: our peak memory in MiB."""
    listed: int = 10
    """How many keys the sink is to list."""
    on_store: bool = False
    """Whether it is measured on ministack, also where the sink is at hand."""
    before: Callable[[servers.LocalAWS], object] = lambda aws: None
    """Run before each measured command, unmeasured."""
    runs: dict[str, list[Run]] = field(default_factory=dict)
    """Filled by `measure`."""


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
    block = os.urandom(MIB)
    with path.open("wb") as file:
        for _ in range(size // MIB):
            file.write(block)
        # Else a disk is still busy with it when the first tools are measured.
        file.flush()
        os.fsync(file.fileno())
    return path


class Work:
    """The jobs, in groups; their files are made when they are reached, those to send in memory."""

    def __init__(self, folder: Path, memory: Path, tools: Path) -> None:
        self._folder = folder
        self._memory = memory
        self._out = memory / "out"
        self._tools = tools
        self._s5cmd = [str(tools / "s5cmd"), "--log", "error"]
        self._rclone = [str(tools / "rclone"), "--config", os.devnull, "--s3-no-check-bucket", "-q"]
        self._aws = [str(tools / "aws"), "s3"]
        self._python = [str(tools / "python"), "-c"]

    def upload(self) -> Iterator[Job]:
        """Trees of small files, to the sink."""
        for count, wall in ((10_000, 0.65), (100_000, 0.5)):
            root = tree(self._memory / str(count), count)
            commands = self._uploads(root)
            if count > 10_000:
                commands = {name: commands[name] for name in ("philo_aws", "s5cmd")}
            yield Job(
                title=f"upload_dir {count:,} x 4 KiB",
                commands=commands,
                wall_limit=wall,
                memory_limit=120,
            )

    def large(self) -> Iterator[Job]:
        """One large file, both ways."""
        source = large(self._memory / "large.bin", 4 * GIB)
        yield Job(
            title="upload_file 4 GiB",
            commands={
                "philo_aws": ours("upload_file", f"--fname={source}", "--key=large"),
                "s5cmd": [*self._s5cmd, "cp", str(source), f"s3://{BUCKET}/large"],
            },
            wall_limit=0.5,
            memory_limit=200,
        )
        source.unlink()
        key = f"big/size-{4 * GIB}"
        target = self._folder / "received"
        yield Job(
            title="download_file 4 GiB",
            commands={
                "philo_aws": ours("download_file", f"--key={key}", f"--fname={target}"),
                "s5cmd": [*self._s5cmd, "cp", f"s3://{BUCKET}/{key}", str(target)],
            },
            wall_limit=1.0,
            memory_limit=450,
            before=lambda _: target.unlink(missing_ok=True),
        )
        target.unlink(missing_ok=True)

    def download(self) -> Iterator[Job]:
        """Trees of small objects."""
        for count, wall in ((10_000, 0.7), (100_000, 0.55)):
            commands = self._downloads()
            yield Job(
                title=f"download_dir {count:,} x 4 KiB",
                commands={name: commands[name] for name in ("philo_aws", "s5cmd")},
                wall_limit=wall,
                memory_limit=120,
                listed=count,
                before=self._clean,
            )

    def sync(self) -> Iterator[Job]:
        """A tree of which nothing has changed."""
        commands = self._syncs(tree(self._memory / "100000", 100_000))
        yield Job(
            title="sync of 100,000 unchanged files by size and mtime",
            commands={name: commands[name] for name in ("philo_aws", "s5cmd")},
            wall_limit=0.6,
            memory_limit=150,
            listed=100_000,
        )

    def list(self) -> Iterator[Job]:
        """A listing."""
        yield Job(
            title="list 1,000,000 keys",
            commands={
                "philo_aws": ours("list_objects_v2", "--format=jsonl"),
                "s5cmd": [str(self._tools / "s5cmd"), "ls", f"s3://{BUCKET}/*"],
            },
            wall_limit=0.5,
            memory_limit=120,
            listed=1_000_000,
        )

    def million(self) -> Iterator[Job]:
        """Ours alone: what memory a hundred times as many files take."""
        for count in (10_000, 1_000_000):
            root = tree(self._memory / str(count), count)
            for action, command in (
                ("upload_dir", self._uploads(root)["philo_aws"]),
                ("sync", self._syncs(root)["philo_aws"]),
            ):
                yield Job(
                    title=f"{action} of {count:,} files, for its memory",
                    commands={"philo_aws": command},
                    listed=count,
                )

    def real(self) -> Iterator[Job]:
        """A tree as there are."""
        root = next((self._tools.parent / "lib").glob("python*/site-packages"))
        commands = self._uploads(root)
        del commands["django-storages"]
        # The sink tells one size of all it was given, which rclone would look at.
        commands["rclone"] = [*commands["rclone"], "--s3-no-head"]
        yield Job(
            title=f"upload_dir of a real tree (the peers' site-packages, {size_of(root)})",
            commands=commands,
        )

    def store(self) -> Iterator[Job]:
        """What a store costs that keeps and checks what it is given."""
        count = 1_000
        root = tree(self._memory / str(count), count)
        work = f"{count:,} x 4 KiB on ministack"
        commands = self._uploads(root)
        # ministack computes CRC-64/NVME in Python, and CRC-32 in C.
        crc32 = {"philo_aws, CRC-32": [*commands["philo_aws"], "--checksum=crc32"]}
        yield Job(
            title=f"upload_dir {work}", commands=commands | crc32, on_store=True, before=empty
        )

        def filled_and_clean(aws: servers.LocalAWS) -> None:
            self._clean(aws)
            fill(aws, root)

        yield Job(
            title=f"download_dir {work}",
            commands=self._downloads(),
            on_store=True,
            before=filled_and_clean,
        )
        yield Job(
            title=f"sync of unchanged {work}",
            commands=self._syncs(root),
            on_store=True,
            before=lambda aws: fill(aws, root),
        )

    def _uploads(self, root: Path) -> dict[str, Sequence[str]]:
        aws = [*self._aws, "cp", "--quiet", "--recursive", str(root), f"s3://{BUCKET}"]
        return {
            "philo_aws": ours("upload_dir", f"--root_folder={root}"),
            "s5cmd": [*self._s5cmd, "cp", f"{root}/*", f"s3://{BUCKET}/"],
            "rclone": [*self._rclone, "copy", "--transfers=64", str(root), STORE],
            "aws": aws,
            "boto3": [*self._python, BOTO3_LOOP, str(root), BUCKET],
            "django-storages": [*self._python, COLLECTSTATIC, str(root), BUCKET],
        }

    def _downloads(self) -> dict[str, Sequence[str]]:
        out = self._out
        aws = [*self._aws, "cp", "--quiet", "--recursive", f"s3://{BUCKET}", str(out)]
        return {
            "philo_aws": ours("download_dir", f"--root_folder={out}"),
            "s5cmd": [*self._s5cmd, "cp", f"s3://{BUCKET}/*", f"{out}/"],
            "rclone": [*self._rclone, "copy", "--transfers=64", STORE, str(out)],
            "aws": aws,
        }

    def _syncs(self, root: Path) -> dict[str, Sequence[str]]:
        return {
            "philo_aws": ours("sync", f"--root_folder={root}", "--compare=size_mtime"),
            "s5cmd": [*self._s5cmd, "sync", f"{root}/*", f"s3://{BUCKET}/"],
            "rclone": [*self._rclone, "sync", "--size-only", str(root), STORE],
            "aws": [*self._aws, "sync", "--quiet", str(root), f"s3://{BUCKET}"],
        }

    def _clean(self, _: servers.LocalAWS) -> None:
        shutil.rmtree(self._out, ignore_errors=True)


GROUPS: Mapping[str, Callable[[Work], Iterator[Job]]] = {
    "upload": Work.upload,
    "large": Work.large,
    "download": Work.download,
    "sync": Work.sync,
    "list": Work.list,
    "million": Work.million,
    "real": Work.real,
    "store": Work.store,
}


def ours(action: str, *words: str) -> list[str]:
    """The command of ours for an action on the bucket."""
    manage = [sys.executable, str(ROOT / "manage.py"), "aws_s3"]
    return [*manage, action, f"--bucket={BUCKET}", *words]


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


def size_of(root: Path) -> str:
    """How many files and bytes are below `root`."""
    sizes = [path.stat().st_size for path in root.rglob("*") if path.is_file()]
    return f"{len(sizes):,} files, {sum(sizes) / MIB:,.0f} MiB"
