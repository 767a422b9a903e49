"""Build a release, check it, and try it in fresh environments; nothing is uploaded.

The wheel is installed, with what it needs and nothing of this repository, on every pair of Python
and Django whose Python is on the machine. There the embedded AWS installs itself, and the examples
of the reference run on it, from the installed package.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Sequence
from pathlib import Path

import noxfile
import philo_aws
from tests.release.contents import problems
from tests.running import ROOT
from tests.servers import scrubbed

# The oldest pair is that of .venv, and none of noxfile's.
PAIRS = {"3.11": "5.2", **noxfile.MATRIX}
TOOLS = ("pytest", "pytest-django", "hypothesis")
SHOW = """
import sys, boto3, django, philo_aws
print(f"Python {sys.version.split()[0]}, Django {django.get_version()}, boto3 {boto3.__version__},"
      f" django-philo-aws {philo_aws.__version__}")
assert philo_aws.__file__.startswith(sys.prefix), philo_aws.__file__
"""


class ReleaseError(Exception):
    """A step failed; the text says which."""


def run(
    command: Sequence[str | Path], *, cwd: Path = ROOT, env: dict[str, str] | None = None
) -> None:
    """Run a step; what it prints is shown."""
    done = subprocess.run(command, cwd=cwd, env=env or scrubbed(os.environ), check=False)
    if done.returncode:
        words = " ".join(str(word) for word in command)
        raise ReleaseError(f"{words} ended with exit code {done.returncode}.")


def build(folder: Path) -> tuple[Path, Path]:
    """Build wheel and source distribution anew; return both."""
    shutil.rmtree(folder, ignore_errors=True)
    # What setuptools left of files that are gone would be packed again.
    shutil.rmtree(ROOT / "build", ignore_errors=True)
    run([sys.executable, "-m", "build", "--outdir", folder, ROOT])
    [wheel], [sdist] = folder.glob("*.whl"), folder.glob("*.tar.gz")
    run([sys.executable, "-m", "twine", "check", "--strict", wheel, sdist])
    return wheel, sdist


def tools() -> list[str]:
    """What the tests of the reference need, as the extra `test` has it."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    lines: list[str] = project["optional-dependencies"]["test"]
    return [line for line in lines if line.partition(">=")[0] in TOOLS]


def try_out(wheel: Path, python: str, django: str, folder: Path) -> None:
    """Install the wheel by ``python`` and run the examples of the reference on it."""
    environment, site = folder / "environment", folder / "site"
    run([python, "-m", "venv", environment])
    inside = environment / "bin" / "python"
    pip: list[str | Path] = [inside, "-m", "pip", "--disable-pip-version-check", "-q"]
    run([*pip, "install", wheel, f"django~={django}.0", *tools()])
    run([*pip, "check"])
    # The tests without the app, so that only the installed one is found.
    shutil.copytree(ROOT / "tests", site / "tests", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "manage.py"):
        shutil.copy(ROOT / name, site)
    # Without the tests' own server, so that the embedded AWS installs its own, as at a site's.
    env = scrubbed(os.environ) | {
        "PATH": os.pathsep.join([str(inside.parent), "/usr/local/bin", "/usr/bin", "/bin"]),
        "XDG_CACHE_HOME": str(folder / "cache"),
    }
    run([inside, "-c", SHOW], cwd=site, env=env)
    pytest: list[str | Path] = [inside, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    run([*pytest, "--aws-server", "embedded", "tests/reference"], cwd=site, env=env)


def main() -> None:
    """Go through all of it."""
    parser = argparse.ArgumentParser(prog="python -m tests.release", description=__doc__)
    parser.add_argument("--outdir", type=Path, default=ROOT / "dist", help="where the files go")
    folder: Path = parser.parse_args().outdir.absolute()
    version = philo_aws.__version__
    wheel, sdist = build(folder)
    wrong = [*problems(wheel, sdist, version, (ROOT / "CHANGELOG.md").read_text())]
    if wrong:
        raise ReleaseError("\n".join(wrong))
    print(f"{wheel.name} and {sdist.name} are whole.")
    tried, missing = [], []
    for name, django in PAIRS.items():
        python = noxfile.find_python(name)
        if python is None:
            missing.append(name)
            continue
        print(f"\n== Python {name} and Django {django}", flush=True)
        begun = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="release-") as inside:
            try_out(wheel, python, django, Path(inside))
        tried.append(f"{name} with {django}")
        print(f"{time.monotonic() - begun:.0f} s", flush=True)
    if missing:
        print(f"\nNot tried, as it is not on this machine: Python {', '.join(missing)}.")
    print(f"\nReady: {version}, tried on {'; '.join(tried)}. In {folder}; nothing was uploaded.")


if __name__ == "__main__":
    try:
        main()
    except ReleaseError as error:
        sys.exit(str(error))
