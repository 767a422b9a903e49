"""Start, reset and stop the embedded AWS."""

from __future__ import annotations

import http.client
import logging
import os
import secrets
import time
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from .errors import LocalAWSError, PortTakenError
from .folder import DataFolder, opened
from .guard import READY_PATH, TOKEN_HEADER, ready_proof
from .identity import REGION, ROOT_KEYS, keys_of_user
from .launch import environment, loopback, server_command, usable_port
from .process import Supervisor

logger = logging.getLogger(__name__)

START_SECONDS = 30.0
# A long poll in flight delays the end by 5 s at most; the data is saved after that.
GRACE_SECONDS = 15.0
LOG_LINES = 15


@dataclass(frozen=True, kw_only=True, eq=False)
class LocalAWS:
    """A running embedded AWS; also a context manager that stops it."""

    endpoint_url: str
    """Where all its services answer."""
    pid: int
    """The server's process."""
    data_dir: Path | None
    """Where the data is kept; ``None`` where it goes with the server."""
    auth: bool
    """Whether signatures and policies are verified."""
    credentials: dict[str, str] = field(repr=False)
    """Keys that it takes, in the shape of ``AWS["credentials"]``."""
    _folder: DataFolder = field(repr=False)
    _supervisor: Supervisor = field(repr=False)
    _token: str = field(repr=False)
    _owner: int = field(default_factory=os.getpid, repr=False)

    def settings(self) -> dict[str, Any]:
        """Return a value for ``settings.AWS`` that leads every service here."""
        return {
            "credentials": dict(self.credentials),
            "region": REGION,
            "endpoint_url": self.endpoint_url,
        }

    def reset(self) -> None:
        """Delete all buckets, queues and users; with ``auth`` the keys are new ones afterwards.

        Raises :exc:`LocalAWSError` when the server does not answer.
        """
        host, _, port = self.endpoint_url.rpartition("/")[2].partition(":")
        connection = http.client.HTTPConnection(host, int(port), timeout=START_SECONDS)
        try:
            connection.request("POST", "/_ministack/reset", headers={TOKEN_HEADER: self._token})
            status = connection.getresponse().status
        except (OSError, http.client.HTTPException) as error:
            raise LocalAWSError(f"The local AWS at {self.endpoint_url} does not answer.") from error
        finally:
            connection.close()
        if status != 200:
            raise LocalAWSError(f"The local AWS answered a reset with HTTP status {status}.")
        if self.auth:
            self.credentials.update(keys_of_user(self.endpoint_url, self._folder.keys, self._token))

    def wait(self) -> None:
        """Block as long as the server runs.

        Raises :exc:`LocalAWSError`, with the last lines of its log, when it ends unasked.
        """
        self._supervisor.ended()
        raise LocalAWSError(f"The local AWS ended unasked. It wrote:\n{_tail(self._folder.log)}")

    def stop(self) -> None:
        """Stop the server, its data saved first where it is kept. A second call does nothing."""
        if not self._supervisor.end_in_order() and self.data_dir:
            logger.warning(
                "The local AWS did not end in order: queues, users and settings of buckets may be"
                " as they were when it started. Its log: %s",
                self._folder.log,
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()


def start(
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    data_dir: str | os.PathLike[str] | None = None,
    auth: bool = False,
    reset: bool = False,
    wheels: str | os.PathLike[str] | None = None,
) -> LocalAWS:
    """Start the embedded AWS as a process of its own; return once it answers.

    ``host`` is a loopback address; ``port`` 0 means a free one. ``data_dir`` is a folder of its
    own, made where missing, that keeps the data from run to run; without one the data goes with
    the server. ``auth`` has it verify signatures and IAM policies. ``reset`` empties the folder
    first. Where ministack is not installed, an environment of its own is made for it, once: of the
    folder ``wheels``, or that of ``PHILO_AWS_LOCAL_WHEELS``, else from the package index. The
    server stops, its data saved, on :meth:`LocalAWS.stop`, and also when this process
    ends, in whatever way.

    Raises :exc:`PortTakenError`, :exc:`DataFolderError` and, for everything else that stops it,
    :exc:`LocalAWSError`.
    """
    address = loopback(host)
    usable_port(address, port)
    command = server_command(wheels)
    attempts = 1 if port else 5
    while True:
        attempts -= 1
        try:
            with opened(data_dir) as folder:
                if reset:
                    folder.empty()
                return _launch(command, address, usable_port(address, port), folder, auth)
        except PortTakenError:
            # Somebody was quicker to take the free port.
            if not attempts:
                raise


def _launch(
    command: list[str], address: str, port: int, folder: DataFolder, auth: bool
) -> LocalAWS:
    endpoint_url = f"http://{address}:{port}"
    folder.note_owner(endpoint_url)
    token = secrets.token_hex(32)
    process = Supervisor(
        command,
        folder,
        environment(address, port, folder, auth=auth, token=token),
        # Where nothing is to be saved, it need not be asked to end.
        grace=GRACE_SECONDS if folder.kept else 0,
    )
    try:
        _await_answer(process, address, port, folder.log, token)
        return LocalAWS(
            endpoint_url=endpoint_url,
            pid=process.server_pid,
            data_dir=folder.path if folder.kept else None,
            auth=auth,
            credentials=(
                keys_of_user(endpoint_url, folder.keys, token) if auth else dict(ROOT_KEYS)
            ),
            _folder=folder,
            _supervisor=process,
            _token=token,
        )
    except BaseException:
        process.end_in_order()
        raise


def _await_answer(process: Supervisor, address: str, port: int, log: Path, token: str) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not _answers(address, port, token):
        if process.ended(within=0.03):
            usable_port(address, port)
            raise LocalAWSError(f"The local AWS ended while it started. It wrote:\n{_tail(log)}")
        if time.monotonic() > deadline:
            raise LocalAWSError(
                f"The local AWS was silent for {START_SECONDS:.0f} s. It wrote:\n{_tail(log)}"
            )


def _answers(address: str, port: int, token: str) -> bool:
    connection = http.client.HTTPConnection(address, port, timeout=2)
    try:
        connection.request("GET", READY_PATH)
        # Another server may have taken the port in between, or this one run without the guard.
        return connection.getresponse().read() == ready_proof(token).encode()
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _tail(log: Path) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-LOG_LINES:]) or "(nothing)"
