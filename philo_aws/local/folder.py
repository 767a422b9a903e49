"""The folder that holds the embedded AWS's data: private, locked while in use, never another's."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .errors import DataFolderError

LOCK_NAME = "local-aws.lock"
# A server whose owner was killed saves its data before it ends; longer than its grace.
HANDOVER_SECONDS = 20.0


@dataclass(frozen=True, kw_only=True)
class DataFolder:
    """A folder this process holds the lock of."""

    path: Path
    """The folder itself, mode 0700."""
    lock: int
    """The locked file descriptor, to be passed on to the server's processes."""
    kept: bool
    """Whether the data is to outlive the server."""

    @property
    def state(self) -> Path:
        """Queues, users and bucket settings."""
        return self.path / "state"

    @property
    def objects(self) -> Path:
        """The objects of the buckets."""
        return self.path / "s3"

    @property
    def scratch(self) -> Path:
        """Temporary files of the server."""
        return self.path / "tmp"

    @property
    def log(self) -> Path:
        """What the server wrote since it was started."""
        return self.path / "server.log"

    @property
    def keys(self) -> Path:
        """The keys handed out when signatures are verified."""
        return self.path / "keys.json"

    def empty(self) -> None:
        """Delete everything the server has stored here."""
        for stored in (self.state, self.objects):
            shutil.rmtree(stored)
            stored.mkdir(mode=0o700)
        self.keys.unlink(missing_ok=True)

    def note_owner(self, endpoint_url: str) -> None:
        """Write who holds the lock, for the error message of the next one."""
        os.truncate(self.lock, 0)
        os.pwrite(self.lock, json.dumps({"pid": os.getpid(), "url": endpoint_url}).encode(), 0)


@contextlib.contextmanager
def opened(path: str | os.PathLike[str] | None) -> Iterator[DataFolder]:
    """Lock the folder at ``path`` (made where missing), or a fresh temporary one for ``None``.

    The lock belongs to whoever inherited the descriptor when the block ends. An error in the block
    removes a temporary folder.

    Raises :exc:`DataFolderError` for a folder in use, one with other files in it, or one that
    cannot be written.
    """
    kept = path is not None
    folder = Path(tempfile.mkdtemp(prefix="local-aws-") if path is None else path).absolute()
    try:
        lock = _claim(folder)
    except OSError as error:
        raise DataFolderError(
            f"The data folder {str(folder)!r} cannot be used: {error.strerror or error}."
            " Give a folder that you may write."
        ) from error
    try:
        yield DataFolder(path=folder, lock=lock, kept=kept)
    except BaseException:
        if not kept:
            shutil.rmtree(folder, ignore_errors=True)
        raise
    finally:
        os.close(lock)


def _claim(folder: Path) -> int:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not (folder / LOCK_NAME).exists() and any(folder.iterdir()):
        raise DataFolderError(
            f"The folder {str(folder)!r} has other files in it. Give an empty or a new folder, so"
            " that nothing of yours is mixed up with the data of the local AWS."
        )
    folder.chmod(0o700)
    lock = os.open(folder / LOCK_NAME, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    try:
        _wait_for_lock(lock, folder)
        for name in ("state", "s3", "tmp"):
            (folder / name).mkdir(mode=0o700, exist_ok=True)
        # It may lie in a repository: nothing in it is to be committed.
        (folder / ".gitignore").write_text("*\n")
    except BaseException:
        os.close(lock)
        raise
    return lock


def _wait_for_lock(lock: int, folder: Path) -> None:
    deadline = time.monotonic() + HANDOVER_SECONDS
    while True:
        with contextlib.suppress(BlockingIOError):
            return fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        owner = _owner(lock)
        if _is_alive(owner.get("pid")) or time.monotonic() > deadline:
            raise DataFolderError(
                f"The data folder {str(folder)!r} is in use by the local AWS of process"
                f" {owner.get('pid', 'unknown')} ({owner.get('url', 'starting')}). Stop that one,"
                " or give another folder."
            )
        time.sleep(0.05)


def _owner(lock: int) -> dict[str, Any]:
    try:
        found = json.loads(os.pread(lock, 4096, 0))
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _is_alive(pid: object) -> bool:
    if not isinstance(pid, int):
        # Whoever holds the lock is about to write its pid.
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
