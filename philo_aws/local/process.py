"""The parent's side of the supervisor."""

from __future__ import annotations

import os
import select
import subprocess
import sys
from collections.abc import Mapping, Sequence
from typing import IO, cast

from . import supervisor
from .folder import DataFolder


class Supervisor:
    """The process that runs the server; it ends the server when the pipe to it closes."""

    def __init__(
        self,
        command: Sequence[str],
        folder: DataFolder,
        environment: Mapping[str, str],
        *,
        grace: float,
    ) -> None:
        parent, remove = str(os.getpid()), "" if folder.kept else str(folder.path)
        program = [sys.executable, "-I", "-S", supervisor.__file__]
        folder.log.touch(mode=0o600)
        with folder.log.open("wb") as log:
            self._process = subprocess.Popen(
                [*program, parent, str(grace), str(folder.lock), remove, *command],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                # A buffer could hold the second report back, for which ended() waits.
                bufsize=0,
                cwd=folder.scratch,
                env=environment,
                pass_fds=(folder.lock,),
                # Ctrl-C in the terminal is for the owner, which then stops the server in order.
                start_new_session=True,
            )
        self._owner = os.getpid()
        self._hold = cast("IO[bytes]", self._process.stdin)
        self._reports = cast("IO[bytes]", self._process.stdout)
        started = self._reports.readline().split()
        self.server_pid = int(started[1]) if started else 0

    def ended(self, *, within: float | None = None) -> bool:
        """Wait, ``within`` seconds at most, for the server's end; say whether it has come."""
        return bool(select.select([self._reports], [], [], within)[0])

    def end_in_order(self) -> bool:
        """End the server and wait for it; say whether it ended well. A second call does nothing."""
        self._hold.close()
        # In a forked child this closed but a copy: the server is the parent's.
        if os.getpid() != self._owner or self._reports.closed:
            return True
        with self._reports:
            report = self._reports.read().split()
        self._process.wait()
        return report == [b"ended", b"0"]
