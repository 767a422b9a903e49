"""The sites that the benchmark of storages starts: one for each tool, alike but for the storage.

Each is a script for `python -c` whose first argument is the JSON of its `Site`. Peers run in an
environment of their own.
"""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.material import BUCKET
from tests.running import SETTINGS_VARIABLE

OURS, STORAGES, COLLECTFASTA = "philo_aws", "django-storages", "collectfasta"
DISK, DISK_AND_AWS = "to a local disk", "to a local disk, then aws s3 sync"
START = f"""
import json, os, sys
import django
from django.conf import settings
site = json.loads(sys.argv[1])
settings.configure(
    INSTALLED_APPS=[*site["apps"], "django.contrib.staticfiles"], STATICFILES_DIRS=[site["source"]],
    STATICFILES_FINDERS=["django.contrib.staticfiles.finders.FileSystemFinder"],
    STATIC_URL="https://static.example.com/", STATIC_ROOT=site["root"], USE_TZ=True,
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    AWS=json.loads(os.environ["{SETTINGS_VARIABLE}"]),
    STORAGES={{
        name: {{"BACKEND": site["backend"], "OPTIONS": site["options"]}}
        for name in ("default", "staticfiles")
    }},
    **site["settings"],
)
django.setup()
"""
COLLECT = """
from django.core.management import call_command
call_command("collectstatic", interactive=False, verbosity=0)
"""
# The processor's time of one call, the median of nine times many.
URL = """
import statistics, time
from django.core.files.storage import default_storage
default_storage.url("warm/up.css")
found = []
for _ in range(9):
    began = time.process_time()
    for number in range(2000):
        default_storage.url(f"css/style-{number}.css")
    found.append((time.process_time() - began) / 2000 * 1e6)
print(statistics.median(found))
"""
SMALL_OPEN = """
from django.core.files.storage import default_storage
for _ in range(int(sys.argv[2])):
    with default_storage.open("size-1000") as file:
        assert len(file.read()) == 1000
"""
SMALL_SAVE = """
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
for number in range(int(sys.argv[2])):
    default_storage.save(f"{number}.txt", ContentFile(b"x" * 1000))
"""
# The memory that is taken for it, beside what the process has taken until then.
MEASURED = """
import resource, threading, time
def memory():
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 2**20
from django.core.files.base import ContentFile, File
from django.core.files.storage import default_storage
default_storage.save("warm-up.txt", ContentFile(b"x" * 1000))
before, began = memory(), time.perf_counter()
{work}
print(time.perf_counter() - began, memory() - before)
"""
SAVE = MEASURED.format(
    work="""
with open(sys.argv[2], "rb") as file:
    default_storage.save("large.bin", File(file))
"""
)
WRITE = MEASURED.format(
    work="""
block = os.urandom(2**20)
with default_storage.open("written.bin", "wb") as file:
    for _ in range(100):
        file.write(block)
"""
)


@dataclass(frozen=True, kw_only=True)
class Site:
    """What a site of one tool has in its settings."""

    backend: str
    """The storage's class."""
    options: Mapping[str, Any] = field(default_factory=dict)
    """Its options."""
    apps: Sequence[str] = ()
    """The applications above Django's static files."""
    settings: Mapping[str, Any] = field(default_factory=dict)
    """Further settings."""
    source: str = ""
    """The folder of the files to collect."""
    root: str | None = None
    """Where they are collected on the disk."""


class Sites:
    """The commands of all tools; `peers` is the folder of their programs, `folder` is for files."""

    def __init__(self, peers: Path, folder: Path) -> None:
        self._python = dict.fromkeys((OURS, DISK, DISK_AND_AWS), sys.executable)
        self._peer = str(peers / "python")
        self._aws = str(peers / "aws")
        self._folder = folder

    def run(self, tool: str, site: Site, script: str, *arguments: str) -> list[str]:
        """The command that runs a script in a site."""
        python = self._python.get(tool, self._peer)
        return [python, "-c", START + script, json.dumps(asdict(site)), *arguments]

    def root(self, tool: str) -> Path:
        """What a tool keeps on the disk: collected files, or a cache."""
        return self._folder / tool.replace(" ", "-").replace(",", "")

    def collect(
        self, source: Path, location: str, *, manifest: bool = False
    ) -> dict[str, list[str]]:
        """How each tool collects the files below `source` into its place below `location`."""
        words = "Manifest" if manifest else ""
        files = "StaticFilesStorage"
        s3 = f"storages.backends.s3.S3{words}StaticStorage"
        made = {
            OURS: Site(
                backend=f"philo_aws.storage.S3{words}StaticStorage",
                options={"bucket": BUCKET, "location": f"{location}/ours"},
                apps=["philo_aws"],
            ),
            DISK: Site(backend=f"django.contrib.staticfiles.storage.{words}{files}"),
            STORAGES: Site(
                backend=s3,
                options={"bucket_name": BUCKET, "location": f"{location}/storages"},
            ),
            COLLECTFASTA: Site(
                backend=s3,
                options={"bucket_name": BUCKET, "location": f"{location}/fasta"},
                apps=["collectfasta"],
                settings=self._fast(manifest=manifest),
            ),
        }
        made[DISK_AND_AWS] = made[DISK]
        commands = {
            tool: self.run(
                tool,
                Site(**{**asdict(site), "source": str(source), "root": str(self.root(tool))}),
                COLLECT,
            )
            for tool, site in made.items()
        }
        sync = [self._aws, "s3", "sync", "--quiet", str(self.root(DISK_AND_AWS))]
        sync.append(f"s3://{BUCKET}/{location}/disk")
        both = f"{shlex.join(commands[DISK_AND_AWS])} && exec {shlex.join(sync)}"
        commands[DISK_AND_AWS] = ["sh", "-c", both]
        return commands

    def media(
        self, script: str, location: str, *arguments: str, signed: bool = True
    ) -> dict[str, list[str]]:
        """How each tool does what `script` says with its storage of media."""
        ours: dict[str, Any] = {"bucket": BUCKET, "location": location, "signed": signed}
        theirs = {
            "bucket_name": BUCKET,
            "location": location,
            "querystring_auth": signed,
            "file_overwrite": False,
        }
        made = {
            OURS: Site(backend="philo_aws.storage.S3Storage", options=ours, apps=["philo_aws"]),
            STORAGES: Site(backend="storages.backends.s3.S3Storage", options=theirs),
        }
        return {tool: self.run(tool, site, script, *arguments) for tool, site in made.items()}

    def _fast(self, *, manifest: bool) -> dict[str, Any]:
        """What collectfasta's documentation recommends, with a cache that is kept."""
        strategy = "Boto3ManifestMemoryStrategy" if manifest else "Boto3Strategy"
        cache = {
            "BACKEND": "django.core.cache.backends.filebased.FileBasedCache",
            "LOCATION": str(self.root(COLLECTFASTA)),
            "TIMEOUT": None,
            "OPTIONS": {"MAX_ENTRIES": 1_000_000},
        }
        return {
            "COLLECTFASTA_STRATEGY": f"collectfasta.strategies.boto3.{strategy}",
            "COLLECTFASTA_THREADS": 20,
            "CACHES": {"default": cache},
        }
