"""One attempt of boto's each: what it reads and gets, and how another thread breaks it off."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Mapping
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, BinaryIO

from ....exceptions import AWSError, Kind
from .. import errors, sockets
from ..failure import Failure
from ..files import Target, changed
from ..size_class import Transfer

if TYPE_CHECKING:
    from ..run import Run

current: ContextVar[ClassicAttempt | None] = ContextVar("philo_aws_attempt", default=None)
"""The attempt that a thread works for; s3transfer's threads have it from the one that asked."""


class ClassicAttempt:
    """An attempt that boto makes."""

    def __init__(self, run: Run, transfer: Transfer) -> None:
        self._run = run
        self._transfer = transfer
        self.ended = False
        """Whether nobody waits for it any more."""
        self.error: BaseException | None = None
        """What went wrong in a file that was read for boto, which takes it for its network's."""
        self.future: Any = None
        """s3transfer's, of a large object."""
        self.bodies: Mapping[Any, Any] = {}
        """The answers that are being read."""
        self.target: Target | None = None
        """The file of a large download, until it is in its place."""
        self.upload_id = ""
        """The id of an upload in parts, once it has begun."""
        self.completed: Mapping[str, Any] = {}
        """boto's dict of its completion."""

    @property
    def key(self) -> str:
        """The object's key."""
        return self._transfer.task.key

    @property
    def path(self) -> str:
        """The file's path."""
        return self._transfer.task.path

    def moved(self, count: int) -> None:
        """Take note that boto was given, or gave, so many bytes."""
        self.check()
        self._run.moving(self._transfer, count)

    def check(self) -> None:
        """Raise where nobody waits any more."""
        if self.ended:
            raise errors.ended()

    def fail(self, error: BaseException) -> BaseException:
        """Note the error that ends the attempt, and return it."""
        self.error = error
        return error

    def cancel(self) -> None:
        """Break it off: what is read of the network ends at once, what is sent with the next bytes.

        A large one is waited for, as it has something to abort; may be called again and again.
        """
        self.ended = True
        if self.future is not None:
            self.future.cancel()
        for body in list(self.bodies.values()):
            break_off(body)
        if self.future is None:
            failure = Failure(kind=Kind.CANCELLED, error=errors.ended())
            self._run.failed(self._transfer, failure)

    def discard(self) -> None:
        """Remove what it left, if it will never be heard of again."""
        if self.target is not None:
            self.target.discard()


def send_as_it_goes(client: Any) -> None:
    """Have the connections of a client take no more than they send.

    Else the system takes megabytes at once, and the minutes in which a slow link sends them are
    taken for the store's silence.
    """
    option = getattr(socket, "TCP_NOTSENT_LOWAT", None)
    with contextlib.suppress(AttributeError):
        # botocore has no setting for it; connections that are made from now on have it.
        options = client._endpoint.http_session._socket_options  # noqa: SLF001
        wanted = (socket.IPPROTO_TCP, option, sockets.UNSENT)
        if option is not None and wanted not in options:
            options.append(wanted)


def watch(client: Any) -> None:
    """Have what ``client``, which may be shared, sends signed without a word.

    botocore lets awscrt read a body for the signature, and awscrt prints what a body raises. It is
    raised soon enough when the body is sent.
    """
    events = client.meta.events
    events.register_first("request-created.s3", _signs, unique_id="philo_aws.signs")
    events.register_last("request-created.s3", _signed, unique_id="philo_aws.signed")


def _signs(request: Any, **kwargs: Any) -> None:
    _mark(request, signing=True)


def _signed(request: Any, **kwargs: Any) -> None:
    _mark(request, signing=False)


def _mark(request: Any, *, signing: bool) -> None:
    body: Any = getattr(request, "body", None)
    body = getattr(body, "_raw", body)  # without botocore's wrapper of chunks
    if hasattr(body, "signing"):
        body.signing = signing


def break_off(body: Any) -> None:
    """Let a thread that reads an answer's body read no more of it, whatever is still to come."""
    raw: Any = getattr(body, "_raw_stream", None)
    # Not where all of it was read, and the connection may serve another one by now.
    with contextlib.suppress(AttributeError, ValueError, RuntimeError, OSError):
        raw.shutdown()


class Body:
    """A file's first bytes, so many as were announced: not one more, and never one less in silence.

    boto would wait for the store's answer, and the store for the bytes, until a timeout.
    """

    def __init__(self, file: BinaryIO, size: int, attempt: ClassicAttempt) -> None:
        self._file = file
        self._size = size
        self._attempt = attempt
        self._place = 0
        self.signing = False
        """Whether it is read for the signature."""

    def read(self, count: int | None = None) -> bytes:
        """Read on."""
        try:
            return self._read(count)
        except (AWSError, OSError):
            if self.signing:
                return b""
            raise

    def _read(self, count: int | None) -> bytes:
        left = self._size - self._place
        wanted = left if count is None or count < 0 else min(count, left)
        data = self._file.read(wanted)
        if len(data) < wanted:
            raise self._attempt.fail(changed(self._attempt.path))
        self._place += len(data)
        self._attempt.moved(len(data))
        return data

    def seek(self, offset: int, whence: int = 0) -> int:
        """Go to another place."""
        self._place = offset + (0, self._place, self._size)[whence]
        self._file.seek(self._place)
        return self._place

    def tell(self) -> int:
        """Return where it stands."""
        return self._place

    def __len__(self) -> int:
        return self._size


def read_part(
    fileobj: Any, chunk_size: int, full_file_size: int, callbacks: Any, close_callbacks: Any = None
) -> Any:
    """Return what s3transfer reads a part by: it raises where the part is too short."""
    from s3transfer.utils import ReadFileChunk

    class Part(ReadFileChunk):
        signing = False

        def read(self, amount: int | None = None) -> bytes:
            try:
                return self._read(amount)
            except Exception:
                if self.signing:
                    return b""
                raise

        def _read(self, amount: int | None) -> bytes:
            left = max(len(self) - self.tell(), 0)
            wanted = left if amount is None or amount < 0 else min(left, amount)
            data: bytes = super().read(amount)
            attempt = current.get()
            if len(data) < wanted and attempt is not None:
                raise attempt.fail(changed(attempt.path))
            return data

    return Part(
        fileobj,
        chunk_size,
        full_file_size,
        callbacks=callbacks,
        enable_callbacks=False,
        close_callbacks=close_callbacks,
    )
