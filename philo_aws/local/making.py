"""The environment of the embedded AWS's own: made once, in the user's folder for caches.

The server wants a botocore of its own, which is no business of the site's: so it gets a Python
environment beside it, made by ``venv`` and pip. Where there is one already nothing is fetched.
"""

from __future__ import annotations

import contextlib
import fcntl
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from .errors import LocalAWSError

VERSION = "1.5.33"
"""The version of ministack that is fetched."""
WHEELS_VARIABLE = "PHILO_AWS_LOCAL_WHEELS"
"""The environment variable that names a folder of wheels to install from, without a network."""
# They would have pip install elsewhere than in the environment that it runs in.
_NOT_PASSED_ON = ("PIP_PREFIX", "PIP_ROOT", "PIP_TARGET", "PIP_USER")
_TOLD_LINES = 5
_DOWNLOAD = (
    f"`pip download ministack=={VERSION} --dest wheels`, by the same version of Python on a machine"
    " with a network"
)
_NO_VENV = (
    "The local AWS gets an environment of its own, which this Python could not make: it needs the"
    " modules venv and ensurepip (on Debian: apt-get install python3-venv). Or install it by"
    " `pipx install ministack`."
)
_NOT_FETCHED = (
    f"The local AWS needs ministack {VERSION}, which pip could not fetch. Check the network and"
    f" pip's settings. Without a network: {_DOWNLOAD}, then `aws_local --wheels wheels`, or"
    f" {WHEELS_VARIABLE}=wheels for everything that starts it."
)
_NOT_IN_WHEELS = (
    f"The folder of wheels does not have ministack {VERSION} with all that it needs. Fill it by"
    f" {_DOWNLOAD}."
)
_NOT_WHOLE = (
    f"ministack {VERSION} was installed and cannot be imported by this Python. Use another Python,"
    " or install ministack by pipx, so that it is on the PATH."
)


def own_python(wheels: str | os.PathLike[str] | None = None) -> str:
    """Return the Python that has ministack, from the user's folder for caches.

    What is missing is made first, with a word about it on stderr; from the folder ``wheels`` (or
    that of ``PHILO_AWS_LOCAL_WHEELS``) instead of the network, where one is given. Another process
    that is at it is waited for. Raises :exc:`~philo_aws.local.errors.LocalAWSError` where it
    cannot be made; what was begun is removed then.
    """
    folder = own_folder()
    python = folder / "bin" / "python"
    if python.exists():
        return str(python)
    source = _source(wheels)
    try:
        folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _locked(folder):
            # Another process may have made it meanwhile.
            if not python.exists():
                _make(folder, source)
    except OSError as error:
        raise LocalAWSError(
            f"The local AWS cannot be installed in {str(folder)!r}: {error.strerror or error}."
            " Set XDG_CACHE_HOME to a folder that you may write."
        ) from error
    return str(python)


def own_folder() -> Path:
    """Return where the environment for this Python is, or is to be made."""
    name = f"ministack-{VERSION}-{sys.implementation.cache_tag}"
    return _cache() / "django-philo-aws" / name


def _cache() -> Path:
    # https://specifications.freedesktop.org/basedir-spec/latest/: one that is relative is ignored.
    chosen = os.environ.get("XDG_CACHE_HOME", "")
    if os.path.isabs(chosen):
        return Path(chosen)
    try:
        home = Path.home()
    except RuntimeError as error:
        raise LocalAWSError(
            "There is no home to keep the local AWS in. Set XDG_CACHE_HOME to a folder."
        ) from error
    return home / ("Library/Caches" if sys.platform == "darwin" else ".cache")


def _source(wheels: str | os.PathLike[str] | None) -> Path | None:
    given = wheels or os.environ.get(WHEELS_VARIABLE)
    if not given:
        return None
    folder = Path(given).absolute()
    if not folder.is_dir():
        raise LocalAWSError(f"There is no folder of wheels {str(folder)!r}. Check the path.")
    return folder


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Hold the right to make ``folder``; the system gives it back however the process ends."""
    lock = os.open(folder.with_name(f"{folder.name}.lock"), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            _tell("Another process is installing the local AWS; it is waited for.")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def _make(folder: Path, source: Path | None) -> None:
    """Make the environment under another name and give it its own when it is whole."""
    origin = f"the wheels in {str(source)!r}" if source else "the package index"
    _tell(
        f"The local AWS is installed, once: ministack {VERSION} from {origin}, into {folder}, away"
        " from this environment. It takes a moment."
    )
    # What a process left that was killed; no other one is at work, for we have the lock.
    begun = f".{folder.name}-"
    for left in folder.parent.glob(f"{begun}*"):
        shutil.rmtree(left, ignore_errors=True)
    made = Path(tempfile.mkdtemp(prefix=begun, dir=folder.parent))
    try:
        python = str(made / "bin" / "python")
        _run([sys.executable, "-P", "-m", "venv", "--without-pip", str(made)], _NO_VENV)
        pip = [*_pip_for(python), "--disable-pip-version-check", "--no-input", "-q"]
        no_package = _NOT_IN_WHEELS if source else _NOT_FETCHED
        place = ["--no-index", "--find-links", str(source)] if source else []
        _run([*pip, "install", *place, f"ministack=={VERSION}"], no_package)
        _run([python, "-I", "-c", "import ministack.app"], _NOT_WHOLE)
        # One whose Python is gone, as after an upgrade of the system, is in the way.
        shutil.rmtree(folder, ignore_errors=True)
        made.rename(folder)
    except BaseException:
        shutil.rmtree(made, ignore_errors=True)
        raise


def _pip_for(python: str) -> list[str]:
    """Return what installs for ``python``: the pip that is here, else one that is put there.

    To install a pip takes as long as all the rest.
    """
    if importlib.util.find_spec("pip"):
        return [sys.executable, "-P", "-m", "pip", "--python", python]
    _run([python, "-P", "-m", "ensurepip"], _NO_VENV)
    return [python, "-P", "-m", "pip"]


def _run(command: list[str], problem: str) -> None:
    # Nor a path of the site's, or how its warnings are to be taken.
    variables = {
        name: value
        for name, value in os.environ.items()
        if name not in _NOT_PASSED_ON and not name.startswith("PYTHON")
    }
    done = subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=variables,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode:
        lines = [line for line in done.stdout.splitlines() if line.strip()]
        told = "\n".join(lines[-_TOLD_LINES:]) or "(nothing)"
        raise LocalAWSError(f"{problem}\nIt wrote:\n{told}")


def _tell(sentence: str) -> None:
    with contextlib.suppress(OSError, ValueError, AttributeError):
        sys.stderr.write(f"{sentence}\n")
        sys.stderr.flush()
