"""The suite on further pairs of Python and Django, with the newest boto3 that installs there.

An interpreter that is not on the machine is skipped and named. The tests' own server is in an
environment of its own, .venv-ministack, which `make test` has made.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import nox

MATRIX = {"3.12": "6.0", "3.13": "6.1", "3.14": "6.1"}

nox.options.reuse_existing_virtualenvs = True
nox.options.error_on_missing_interpreters = False


def find_python(version: str) -> str | None:
    """The path of a Python that runs; a version manager may have left a dead name on the PATH."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    installed = sorted(pyenv.glob(f"versions/{version}.*/bin/python"), reverse=True)
    for candidate in [f"python{version}", *map(str, installed)]:
        script = "import sys; print('%d.%d' % sys.version_info[:2], sys.executable)"
        try:
            answer = subprocess.run(
                [candidate, "-c", script], capture_output=True, text=True, check=True, timeout=60
            )
        except (OSError, subprocess.SubprocessError):
            continue
        found, path = answer.stdout.strip().split(maxsplit=1)
        if found == version:
            return path
    return None


def tests(session: nox.Session) -> None:
    """Run the suite, or what is given after `--`."""
    _, version, django = session.name.split("-")
    if session.python is False:
        session.skip(f"there is no Python {version} on this machine")
    session.install("--editable", ".[test]", f"django~={django}.0")
    session.run("python", "-m", "pip", "list")
    session.run("python", "runtests.py", *session.posargs)


for version, django in MATRIX.items():
    nox.session(python=find_python(version) or False, name=f"tests-{version}-{django}")(tests)
