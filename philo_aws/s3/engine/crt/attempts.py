"""One attempt over awscrt each: what its callbacks do.

The callbacks run in awscrt's threads, which also move the bytes, so they are short.
"""

from __future__ import annotations

import functools
import math
import os
from typing import TYPE_CHECKING, Any, cast

from ....exceptions import Kind, ServiceError
from .. import errors, proof
from ..base import Download, Upload
from ..failure import Failure
from ..files import Source, Target, store, write_all
from ..receiving import Received
from ..run import Run
from ..sending import Digest, check_sent
from ..size_class import Transfer
from .threads import keep_state

if TYPE_CHECKING:
    from collections.abc import Callable

    from awscrt.s3 import S3Request

    from .engine import CrtTransport

Headers = list[tuple[str, str]]
READ_AT_ONCE = 64 * 1024
"""The largest file that is read again, where that must be, in the thread that moves bytes."""


class CrtAttempt:
    """What all attempts over awscrt have in common."""

    __slots__ = ("ended", "region", "request", "run", "transfer", "transport")

    def __init__(self, transport: CrtTransport, run: Run, transfer: Transfer) -> None:
        self.transport = transport
        # The transport may have turned to another region when the answer is there.
        self.region = transport.template.region
        self.run = run
        self.transfer = transfer
        self.request: S3Request | None = None
        """awscrt's, while it is in flight."""
        self.ended = False

    def begin(self, client: Any, **options: Any) -> None:
        """Give the request to awscrt."""
        self.transfer.attempt = self
        try:
            request = self.transport.make_request(
                client, on_headers=self.on_headers, on_done=self.on_done, **options
            )
        except BaseException:
            self.transfer.attempt = None
            self.ended = True
            self.discard()
            raise
        # Kept for cancel() alone; a finished one would be a cycle that is never freed.
        self.request = None if self.ended else request
        if self.ended:
            self.request = None

    def cancel(self) -> None:
        """Make it end soon; it still calls ``run.failed``."""
        request = self.request
        if request is not None:
            request.cancel()

    def on_headers(self, status_code: int, headers: Headers, **kwargs: Any) -> None:
        """Take what matters from the answer."""
        raise NotImplementedError

    def on_progress(self, progress: int, **kwargs: Any) -> None:
        self.run.progress(self.transfer, progress)

    def on_done(self, error: BaseException | None = None, **answer: Any) -> None:
        self.ended = True
        transfer, self.request = self.transfer, None
        transfer.attempt = None
        try:
            if error is not None:
                failure = self.failure_of(error)
                self.discard()
                self.run.failed(transfer, failure)
            else:
                self.finish(answer)
        except BaseException as unforeseen:  # noqa: BLE001 - awscrt would only print it
            self.fail(unforeseen)

    def finish(self, answer: dict[str, Any]) -> None:
        """Check what was done, and tell the run."""
        raise NotImplementedError

    def fail(self, error: BaseException) -> None:
        """End the attempt with an exception of our own."""
        self.discard()
        self.run.failed(self.transfer, self.failure_of(error))

    def failure_of(self, error: BaseException) -> Failure:
        """Return what ``error`` means."""
        transport, task = self.transport, self.transfer.task
        headers = getattr(error, "headers", None)
        if headers is None:
            identity_error = transport.identity.error
            if identity_error is not None and "CREDENTIALS" in str(getattr(error, "name", "")):
                error = identity_error
            return transport.failure_of(error, task)
        response = cast("Any", error)
        if response.status_code == 400 and response.operation_name == "HeadObject":
            # An answer to HEAD has no word of what was wrong: so AWS says that a token has expired.
            return Failure(kind=Kind.EXPIRED, error=self._answered(response).error)
        return self._answered(response)

    def _answered(self, response: Any) -> Failure:
        transport, task = self.transport, self.transfer.task
        failure = errors.from_answer(
            status=response.status_code or 0,
            headers=response.headers,
            body=response.body or b"",
            where=errors.context_of(task, transport.bucket),
            region=self.region,
        )
        return errors.begun_anew(failure, self.transfer)

    def discard(self) -> None:
        """Remove what the attempt left; files stay open until awscrt has ended with them."""


class UploadAttempt(CrtAttempt):
    """An upload of any size."""

    __slots__ = ("answer", "part_size", "source")

    def __init__(self, transport: CrtTransport, run: Run, transfer: Transfer) -> None:
        super().__init__(transport, run, transfer)
        self.answer: dict[str, str] = {}
        self.source = Source(cast("Upload", transfer.task))
        self.part_size = 0
        """Bytes of each part; 0 where it is sent as a whole."""

    def on_headers(self, status_code: int, headers: Headers, **kwargs: Any) -> None:
        keep_state()
        self.answer = {name.lower(): value for name, value in headers}
        self.transfer.request_id = self.answer.get("x-amz-request-id", "")

    def finish(self, answer: dict[str, Any]) -> None:
        transport, size = self.transport, self.source.size
        try:
            transport.proof.check(self.transfer, self.answer)
        except ServiceError as error:
            if not self.part_size:
                raise
            # awscrt takes the answer for good, and aborts nothing.
            self._aside(functools.partial(self._abort, error))
            return
        given = transport.proof.digest(
            self.answer, self.transfer.etag, size=size, part_size=self.part_size
        )
        if given[0] and size > READ_AT_ONCE:
            self._aside(lambda: self.complete(given))
        else:
            self.complete(given)

    def _aside(self, work: Callable[[], None]) -> None:
        # How long a disk takes to read the whole of a file has no measure.
        self.transfer.moved = math.inf
        self.transport.off_thread(work)

    def _abort(self, error: ServiceError) -> None:
        key, size = self.transfer.task.key, self.source.size
        try:
            self.transport.abort(key, size=size, part_size=self.part_size)
        finally:
            self.fail(error)

    def complete(self, given: Digest) -> None:
        """Check what was sent, and tell the run."""
        source = self.source
        try:
            check_sent(source, self.transfer, given, part_size=self.part_size)
            source.close()
        except BaseException as error:  # noqa: BLE001 - the run reports it
            self.fail(error)
        else:
            self.run.succeeded(self.transfer, source.size)

    def failure_of(self, error: BaseException) -> Failure:
        if getattr(error, "headers", None) is None:
            # awscrt has many names for a file that became too short; the file itself tells.
            try:
                self.source.check()
            except OSError as changed:
                error = changed
        return super().failure_of(error)

    def discard(self) -> None:
        if self.ended:
            self.source.close()


class DownloadAttempt(CrtAttempt):
    """What both ways to download have in common."""

    __slots__ = ("received", "task")

    def __init__(self, transport: CrtTransport, run: Run, transfer: Transfer) -> None:
        super().__init__(transport, run, transfer)
        self.task = cast("Download", transfer.task)
        self.received = Received(self.task, transfer, strict=transport.verifies)

    def on_headers(self, status_code: int, headers: Headers, **kwargs: Any) -> None:
        keep_state()
        self.received.read(status_code, headers)


class SmallDownloadAttempt(DownloadAttempt):
    """A download that is held in memory until it is checked."""

    __slots__ = ("chunks", "size")

    def __init__(self, transport: CrtTransport, run: Run, transfer: Transfer) -> None:
        super().__init__(transport, run, transfer)
        self.chunks: list[bytes] = []
        self.size = 0

    def on_headers(self, status_code: int, headers: Headers, **kwargs: Any) -> None:
        super().on_headers(status_code, headers)
        self.received.check_fits()

    def on_body(self, chunk: bytes, offset: int, **kwargs: Any) -> None:
        keep_state()  # awscrt hands bodies over in a thread of its own
        self.chunks.append(chunk)
        self.size += len(chunk)

    def finish(self, answer: dict[str, Any]) -> None:
        # awscrt would not tell which bytes it refused, and these are few.
        self.received.check_length(self.size)
        self.received.check_content(self.chunks)
        store(self.task, self.chunks, mtime_ns=self.received.mtime_ns())
        self.run.succeeded(self.transfer, self.size)


class LargeDownloadAttempt(DownloadAttempt):
    """A download that awscrt writes to the temporary file, in parts."""

    __slots__ = ("target",)

    def __init__(self, transport: CrtTransport, run: Run, transfer: Transfer) -> None:
        super().__init__(transport, run, transfer)
        self.target = Target(self.task)
        try:
            self.target.open()
        except BaseException:
            self.target.discard()
            raise

    def on_body(self, chunk: bytes, offset: int, **kwargs: Any) -> None:
        write_all(self.target.descriptor, [chunk])

    def on_done(self, error: BaseException | None = None, **answer: Any) -> None:
        if getattr(error, "name", "") == errors.MISMATCH:
            self.ended = True
            self.request = self.transfer.attempt = None
            self.transfer.moved = math.inf
            self.transport.off_thread(self.refuse)
        else:
            super().on_done(error, **answer)

    def refuse(self) -> None:
        """Fail because of the checksum, by which bytes there are."""
        try:
            self.received.refuse(_digest_of(self.target.descriptor, self.received.length))
        except BaseException as error:  # noqa: BLE001 - the run reports it
            self.fail(error)
        else:
            self.complete(checked=True)

    def finish(self, answer: dict[str, Any]) -> None:
        checked = bool(answer.get("did_validate_checksum"))
        # How long a disk takes to read and sync the whole of it has no measure.
        self.transfer.moved = math.inf
        self.transport.off_thread(lambda: self.complete(checked=checked))

    def complete(self, *, checked: bool) -> None:
        """Check the file and put it in its place."""
        try:
            size = self.target.finish(self.received, checked=checked)
        except BaseException as error:  # noqa: BLE001 - the run reports it
            self.fail(error)
        else:
            self.run.succeeded(self.transfer, size)

    def failure_of(self, error: BaseException) -> Failure:
        if errors.may_be_of_file(error):
            # awscrt does not say why it could not write; the next write does.
            error = self.target.probe() or error
        return super().failure_of(error)

    def discard(self) -> None:
        if self.ended:
            self.target.close()
        self.target.discard()


def _digest_of(descriptor: int, length: int) -> str:
    """Return what tells the bytes of a file from others; one text for all that are not whole."""
    if os.fstat(descriptor).st_size != length:
        return "not whole"
    return proof.digest("crc64nvme", proof.chunks_of(descriptor))
