"""What gets into the wheel and the source distribution, and what stays out."""

from __future__ import annotations

import email
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from email.message import Message
from pathlib import Path

import pytest

import philo_aws
from tests.release.contents import problems
from tests.running import ROOT
from tests.servers import scrubbed

DATA_FILES = {
    "philo_aws/templates/admin/philo_aws/probe.html",
    "philo_aws/static/philo_aws/probe.css",
    "philo_aws/static/philo_aws/img/probe.svg",
    "philo_aws/locale/es/LC_MESSAGES/probe.mo",
    "philo_aws/migrations/probe.py",
}
NOT_SOURCE = shutil.ignore_patterns("__pycache__", "*.egg-info", ".*", "*.sqlite3", "_build")


AXE = "tests/browser/vendor/axe-core/"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the wheel and the source distribution."""
    folder = tmp_path_factory.mktemp("built")
    # Built in a copy: setuptools writes its working files beside the source.
    source = shutil.copytree(ROOT, folder / "source", ignore=NOT_SOURCE)
    for name in DATA_FILES:
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).touch()
    script = f"""
from setuptools import build_meta
build_meta.build_wheel({str(folder)!r})
build_meta.build_sdist({str(folder)!r})
"""
    subprocess.run([sys.executable, "-c", script], cwd=source, env=scrubbed(os.environ), check=True)
    return folder


@pytest.fixture(scope="module")
def wheel(built: Path) -> Iterator[zipfile.ZipFile]:
    (found,) = built.glob("*.whl")
    with zipfile.ZipFile(found) as opened:
        yield opened


@pytest.fixture(scope="module")
def sdist(built: Path) -> set[str]:
    """The names in the source distribution, without its own folder."""
    (found,) = built.glob("*.tar.gz")
    with tarfile.open(found) as opened:
        return {name.partition("/")[2] for name in opened.getnames()}


@pytest.fixture(scope="module")
def metadata(wheel: zipfile.ZipFile) -> Message:
    (name,) = [name for name in wheel.namelist() if name.endswith(".dist-info/METADATA")]
    return email.message_from_bytes(wheel.read(name))


def test_the_wheel_holds_every_file_of_the_app_and_nothing_else(wheel: zipfile.ZipFile) -> None:
    app = ROOT / "philo_aws"
    source = {
        path.relative_to(ROOT).as_posix()
        for path in app.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    packed = {name for name in wheel.namelist() if ".dist-info/" not in name}
    assert packed == source | DATA_FILES
    assert "philo_aws/py.typed" in packed


def test_the_licence_goes_along(wheel: zipfile.ZipFile) -> None:
    (name,) = [name for name in wheel.namelist() if name.endswith("/LICENSE")]
    assert wheel.read(name) == Path(ROOT / "LICENSE").read_bytes()


def test_the_source_has_the_licence_of_every_file_of_others(sdist: set[str]) -> None:
    assert "LICENSE" in sdist
    assert {f"{AXE}axe.min.js", f"{AXE}LICENSE", f"{AXE}LICENSE-3RD-PARTY.txt"} <= sdist
    assert "Mozilla Public License" in (ROOT / AXE / "LICENSE").read_text()


def test_scripts_of_others_come_with_their_licence(wheel: zipfile.ZipFile, sdist: set[str]) -> None:
    scripts = [name for name in wheel.namelist() if name.endswith((".js", ".css"))]
    assert "philo_aws/static/philo_aws/upload.js" in scripts
    for name in scripts:
        folder = name.rpartition("/")[0]
        # Ours are not minified and carry no one's notice; others are below a folder "vendor".
        foreign = b"opyright" in wheel.read(name) or ".min." in name or "/vendor/" in name
        if foreign:
            assert f"{folder}/LICENSE" in sdist & set(wheel.namelist()), name
    assert not [name for name in wheel.namelist() if "axe" in name]


def test_name_version_and_licence(metadata: Message) -> None:
    assert metadata["Name"] == "django-philo-aws"
    assert metadata["Version"] == philo_aws.__version__
    assert metadata["License-Expression"] == "MIT"
    assert metadata["Requires-Python"] == ">=3.11"


def test_only_five_dependencies_without_extras(metadata: Message) -> None:
    required = [line for line in metadata.get_all("Requires-Dist", []) if "extra ==" not in line]
    names = {line.split(">=")[0] for line in required}
    assert names == {"django", "boto3[crt]", "django-environ", "prettytable", "tqdm"}
    extras = {"cloudfront", "demo", "dev", "docs", "local", "markdown", "tasks", "test"}
    assert set(metadata.get_all("Provides-Extra", [])) == extras


def test_a_release_of_this_would_be_whole(built: Path) -> None:
    [made], [source] = built.glob("*.whl"), built.glob("*.tar.gz")
    changelog = (ROOT / "CHANGELOG.md").read_text()
    assert [*problems(made, source, philo_aws.__version__, changelog)] == []


def test_a_release_that_is_not_whole_is_told(built: Path, tmp_path: Path) -> None:
    [made], [source] = built.glob("*.whl"), built.glob("*.tar.gz")
    bad = tmp_path / "bad.whl"
    with zipfile.ZipFile(made) as whole, zipfile.ZipFile(bad, "w") as cut:
        for name in whole.namelist():
            if "/locale/" not in name:
                cut.writestr(name, whole.read(name))
        cut.writestr("tests/test_a.py", "")
    assert [*problems(bad, source, "1.2.3", "## Unreleased\n")] == [
        f"The wheel is of version {philo_aws.__version__}, and philo_aws says 1.2.3.",
        "The wheel has no philo_aws/locale/de/LC_MESSAGES/django.mo.",
        "The wheel has no philo_aws/locale/es/LC_MESSAGES/django.mo.",
        "The wheel has what is no part of the app: tests, tests/test_a.py.",
        "CHANGELOG.md has no section '## 1.2.3 (YEAR-MONTH-DAY)'.",
    ]
