"""The commands with which each tool is told to do a work."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.material import BUCKET
from benchmarks.programs import MANY_FILES
from tests.running import ROOT

Commands = Mapping[str, Sequence[str]]
"""The command of each tool; `{url}` stands for the server's address."""

# The bucket, as rclone names it.
STORE = f":s3,provider=Other,env_auth=true,force_path_style=true,endpoint='{{url}}':{BUCKET}"
# The floor has one request on its way for each connection: enough that two cores, not the distance,
# are what holds it up.
FLOOR_CONNECTIONS: Mapping[int, int] = {0: 8, 20: 1024, 60: 2048}

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
# `collectstatic` with django-storages' S3 backend, on a site that has nothing else. It asks first
# whether a file is there, and the sink has everything but what is below absent/.
COLLECTSTATIC = """
import os, sys
from django.conf import settings
from django.core.management import call_command
import django
root, bucket = sys.argv[1:]
options = {"bucket_name": bucket, "location": "absent"}
backend = {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": options}
settings.configure(
    INSTALLED_APPS=["django.contrib.staticfiles"], STATICFILES_DIRS=[root], STATIC_URL="/s/",
    STATICFILES_FINDERS=["django.contrib.staticfiles.finders.FileSystemFinder"],
    STORAGES={"staticfiles": backend, "default": backend},
)
django.setup()
call_command("collectstatic", interactive=False, verbosity=0)
"""


class Tools:
    """Ours is `philo_aws`, the one measured against is `s5cmd`."""

    def __init__(self, folder: Path, floor: Path | None) -> None:
        self._floor_program = floor
        self._s5cmd = str(folder / "s5cmd")
        self._rclone = [str(folder / "rclone"), "--config", os.devnull, "-q"]
        self._rclone.append("--s3-no-check-bucket")
        self._aws = [str(folder / "aws"), "s3"]
        self._python = [str(folder / "python"), "-c"]

    def uploads(self, root: Path, delay: int = 0) -> Commands:
        """Send every file below `root`."""
        return {
            "philo_aws": ours("upload_dir", f"--root_folder={root}"),
            "s5cmd": self._quiet("cp", f"{root}/*", f"s3://{BUCKET}/"),
            **self._floor("put", root, delay),
            "rclone": [*self._rclone, "copy", "--transfers=64", str(root), STORE],
            "aws": [*self._aws, "cp", "--quiet", "--recursive", str(root), f"s3://{BUCKET}"],
            "boto3": [*self._python, BOTO3_LOOP, str(root), BUCKET],
            "django-storages": [*self._python, COLLECTSTATIC, str(root), BUCKET],
        }

    def downloads(self, out: Path, delay: int = 0) -> Commands:
        """Fetch every object into `out`."""
        return {
            "philo_aws": ours("download_dir", f"--root_folder={out}"),
            "s5cmd": self._quiet("cp", f"s3://{BUCKET}/*", f"{out}/"),
            **self._floor("get", out, delay),
            "rclone": [*self._rclone, "copy", "--transfers=64", STORE, str(out)],
            "aws": [*self._aws, "cp", "--quiet", "--recursive", f"s3://{BUCKET}", str(out)],
        }

    def copies(self, target: str) -> Commands:
        """Have every object copied to the bucket `target`, by the store itself.

        rclone asks for one folder after the other, which the sink cannot list.
        """
        return {
            "philo_aws": [
                *MANAGE,
                "copy_dir",
                f"--source=s3://{BUCKET}",
                f"--target=s3://{target}",
            ],
            "s5cmd": self._quiet("cp", f"s3://{BUCKET}/*", f"s3://{target}/"),
        }

    def resyncs(self, target: str) -> Commands:
        """Compare two buckets that are equal."""
        sides = (f"--source=s3://{BUCKET}", f"--target=s3://{target}")
        return {
            "philo_aws": [*MANAGE, "sync", *sides],
            "s5cmd": self._quiet("sync", "--size-only", f"s3://{BUCKET}/*", f"s3://{target}/"),
        }

    def syncs(self, root: Path) -> Commands:
        """Send the files below `root` that the bucket does not have."""
        return {
            "philo_aws": ours("sync", f"--root_folder={root}", "--compare=size_mtime"),
            "s5cmd": self._quiet("sync", f"{root}/*", f"s3://{BUCKET}/"),
            "rclone": [*self._rclone, "sync", "--size-only", str(root), STORE],
            "aws": [*self._aws, "sync", "--quiet", str(root), f"s3://{BUCKET}"],
        }

    def lists(self) -> Commands:
        """Print every key."""
        return {
            "philo_aws": ours("list_objects_v2", "--format=jsonl"),
            "s5cmd": [self._s5cmd, "ls", f"s3://{BUCKET}/*"],
        }

    def sends(self, source: Path, key: str) -> Commands:
        """Send one file."""
        return {
            "philo_aws": ours("upload_file", f"--fname={source}", f"--key={key}"),
            "s5cmd": self._quiet("cp", str(source), f"s3://{BUCKET}/{key}"),
        }

    def fetches(self, key: str, target: Path) -> Commands:
        """Fetch one object."""
        return {
            "philo_aws": ours("download_file", f"--key={key}", f"--fname={target}"),
            "s5cmd": self._quiet("cp", f"s3://{BUCKET}/{key}", str(target)),
        }

    def _quiet(self, *words: str) -> list[str]:
        return [self._s5cmd, "--log", "error", *words]

    def _floor(self, action: str, folder: Path, delay: int) -> Commands:
        if self._floor_program is None:
            return {}
        words = [action, str(folder), f"{{url}}/{BUCKET}", str(FLOOR_CONNECTIONS[delay])]
        return {"floor": [*MANY_FILES, str(self._floor_program), *words]}


MANAGE = (sys.executable, str(ROOT / "manage.py"), "aws_s3")


def ours(action: str, *words: str) -> list[str]:
    """The command of ours for an action on the bucket."""
    return [*MANAGE, action, f"--bucket={BUCKET}", *words]
