"""What a release's two files have to hold, and what must not be in them."""

from __future__ import annotations

import email
import re
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

# One of each kind of file that a site needs beside the code.
NEEDED = (
    "philo_aws/py.typed",
    "philo_aws/locale/de/LC_MESSAGES/django.mo",
    "philo_aws/locale/es/LC_MESSAGES/django.mo",
    "philo_aws/migrations/0001_initial.py",
    "philo_aws/static/philo_aws/upload.js",
    "philo_aws/templates/admin/philo_aws/",
    "philo_aws/management/commands/aws_s3.py",
)
SOURCE = ("CHANGELOG.md", "LICENSE", "Makefile", "pyproject.toml", "docs/", "philo_aws/", "tests/")


def problems(wheel: Path, sdist: Path, version: str, changelog: str) -> Iterator[str]:
    """Yield a sentence for each thing that is not as it has to be."""
    with zipfile.ZipFile(wheel) as opened:
        names = opened.namelist()
        [metadata] = [name for name in names if name.endswith(".dist-info/METADATA")]
        told = email.message_from_bytes(opened.read(metadata))
    if told["Version"] != version:
        yield f"The wheel is of version {told['Version']}, and philo_aws says {version}."
    for needed in NEEDED:
        if not any(name.startswith(needed) for name in names):
            yield f"The wheel has no {needed}."
    foreign = {name.split("/")[0] for name in names} - {"philo_aws", metadata.split("/")[0]}
    foreign |= {name for name in names if re.search(r"(^|/)tests?/|/test_", name)}
    if foreign:
        yield f"The wheel has what is no part of the app: {', '.join(sorted(foreign)[:5])}."
    with tarfile.open(sdist) as opened_source:
        within = {name.partition("/")[2] for name in opened_source.getnames()}
    for needed in SOURCE:
        if not any(name.startswith(needed.rstrip("/")) for name in within):
            yield f"The source distribution has no {needed}."
    if not re.search(rf"^## {re.escape(version)} \(\d{{4}}-\d\d-\d\d\)$", changelog, re.MULTILINE):
        yield f"CHANGELOG.md has no section '## {version} (YEAR-MONTH-DAY)'."
