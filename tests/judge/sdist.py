"""The tests of the installed Django, which only its source distribution has."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any

from tests.running import ROOT

CACHE = ROOT / "build" / "judge"
"""Where they are kept: git does not see it, `make clean` removes it."""


def folder_of_tests(version: str, cache: Path = CACHE) -> Path:
    """The folder of Django's tests; fetched by pip where it is not there yet."""
    folder = cache / f"django-{version}"
    if not folder.exists():
        cache.mkdir(parents=True, exist_ok=True)
        unpack(fetch(version, cache), folder)
    return folder / "tests"


def folder_with_tasks(version: str, later: str, cache: Path = CACHE) -> Path:
    """The folder of Django's tests with the tests of tasks of a later Django among them."""
    folder = cache / f"django-{version}-tasks-{later}"
    if not folder.exists():
        made = folder.with_suffix(".part")
        shutil.rmtree(made, ignore_errors=True)
        shutil.copytree(folder_of_tests(version, cache), made / "tests")
        shutil.copytree(folder_of_tests(later, cache) / "tasks", made / "tests" / "tasks")
        made.rename(folder)
    return folder / "tests"


def fetch(version: str, cache: Path) -> Path:
    """Download the source distribution from where this Python's pip gets its packages."""
    archive = cache / f"django-{version}.tar.gz"
    if not archive.exists():
        print(f"fetching {archive.name}", file=sys.stderr)
        options = ["--quiet", "--disable-pip-version-check", "--no-deps", "--no-binary=django"]
        # Only its tests are taken, which may be run by an older Python than its own.
        options.append("--ignore-requires-python")
        command = [sys.executable, "-m", "pip", "download", *options, f"--dest={cache}"]
        subprocess.run([*command, f"django=={version}"], check=True)
    return archive


def unpack(archive: Path, folder: Path) -> None:
    """Take the tests alone out of it, into a folder that is there when they are complete."""
    made = folder.with_suffix(".part")
    with tarfile.open(archive) as content:
        top = archive.name.removesuffix(".tar.gz")
        members = [each for each in content if each.name.startswith(f"{top}/tests/")]
        for member in members:
            member.name = member.name.removeprefix(f"{top}/")
        # Python has it since 3.11.4; Debian 12's is older.
        safely: dict[str, Any] = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}
        content.extractall(made, members=members, **safely)  # noqa: S202 - Django's own release
    made.rename(folder)
