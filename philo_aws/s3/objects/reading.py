"""An object as a file that is read: streaming, and seekable without a download."""

from __future__ import annotations

import contextlib
import io
import os
import time
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from ...answers import no_proof
from ...arguments import mapping
from ...aws_errors import translated
from ...conf import Purpose
from ...exceptions import AWSError, ConflictError, Kind
from ...limits import MIB
from ...patience import delay, patience_for
from ..engine import proof
from ..request.access import client_for
from ..request.extra_args import check_transfer_args, given_for
from ..request.names import check_key
from .ranges import ByteRange, is_beyond, place_of, read_range
from .read_errors import beyond, replaced, short

IN_MEMORY = MIB
"""Bytes of the largest object that is read as soon as it is opened, and of what is held at once."""
SHORT = MIB
"""Bytes that are read past rather than asked for anew."""


class ObjectReader(io.RawIOBase):
    """The content of an object, as S3 keeps it, as a raw binary file.

    One request opens it. Up to 1 MiB is read at once and held; of more the bytes come as they are
    read, and the first of them, 1 MiB at most, are held. A seek costs nothing within what is held;
    forwards by up to 1 MiB it reads on; elsewhere one request gets 1 MiB from there (of the end,
    the last one), and one more the rest where reading goes on beyond that. All are of the one
    object that was opened. A connection that breaks is gone on with where it broke. It is for one
    thread, and best read through :class:`io.BufferedReader`.

    With ``byte_range`` (``0-99``, ``100-``, ``-100``) these bytes alone are asked for, and are all
    that the file has.
    """

    def __init__(
        self,
        bucket_name: str,
        key: str,
        region_name: str | None = None,
        *,
        byte_range: str | None = None,
        extra_args: Mapping[str, Any] | None = None,
        purpose: Purpose = "commands",
    ) -> None:
        """Open the object; ``extra_args`` are boto's parameters, of which those to read are taken.

        Raises :exc:`~philo_aws.exceptions.ObjectNotFoundError`,
        :exc:`~philo_aws.exceptions.UsageError`, :exc:`~philo_aws.exceptions.InvalidRequestError`
        (``InvalidRange``) for a range behind the end, and what else AWS answers. While it is read
        :exc:`~philo_aws.exceptions.ConflictError` (``PreconditionFailed``) says that the object was
        replaced, and :exc:`~philo_aws.exceptions.NetworkError` or
        :exc:`~philo_aws.exceptions.ServiceError` that nothing more comes of it.
        """
        self._body: Any = None
        self._held = bytearray()
        self._held_at = 0
        self._at = 0
        self._breaks: list[int] = []
        self._broken_since = 0.0
        self._damage: AWSError | None = None
        self._purpose: Purpose = purpose
        self._client: Any = client_for(bucket_name, region_name, purpose)
        self._where = {"bucket": bucket_name, "key": check_key(key), "region": region_name}
        given = check_transfer_args(mapping("extra_args", extra_args))
        self._asked = {**given_for("GetObject", given), "Bucket": bucket_name, "Key": key}
        asked = None if byte_range is None else read_range(byte_range)
        answer = self._first(asked)
        headers = answer["ResponseMetadata"]["HTTPHeaders"]
        self._body = answer["Body"]
        try:
            if not answer.get("ETag") or "ContentLength" not in answer or proof.is_page(headers):
                raise no_proof("GetObject")
            self._start, self.size, whole, before = place_of(answer, asked)
            if asked and not self.size and not asked.may_be_empty:
                raise beyond(key, asked.first)
        except AWSError:
            self.close()
            raise
        # ``self.size`` is of the range, where one was given.
        self._body_at, self._short = -before, max(SHORT, before)
        self.object_size: int = whole
        """The bytes of the object, also where a range of it is read."""
        config: Any = self._client.meta.config
        is_strict = config.response_checksum_validation != "when_required"
        self.digest = proof.given(headers) if is_strict and self.size == whole else ("", "")
        """What the store says of all bytes together: an algorithm and its digest, or nothing."""
        self.etag = str(answer["ETag"])
        """Its ETag, as the store spells it."""
        self.encoding = str(answer.get("ContentEncoding", ""))
        """Its ``Content-Encoding``, such as ``gzip``; empty for none. Nothing is unpacked here."""
        self.content_type = str(answer.get("ContentType", ""))
        """Its ``Content-Type``."""
        self.modified: datetime | None = answer.get("LastModified")
        """When it was made."""
        self.metadata: dict[str, str] = dict(answer.get("Metadata", {}))
        """Its metadata, the names in lower case."""
        if self.size <= IN_MEMORY:
            self._hold(0, self.size)

    # ------------------------------------------------------------------------ as a raw file

    def readable(self) -> bool:
        """Say yes."""
        return True

    def seekable(self) -> bool:
        """Say yes."""
        return True

    def tell(self) -> int:
        """Return the place of the next byte."""
        self._check_open()
        return self._at

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Go to another place, which asks nothing of S3, and return it."""
        self._check_open()
        if whence not in (os.SEEK_SET, os.SEEK_CUR, os.SEEK_END):
            raise ValueError(f"whence is {whence!r}. Give 0, 1 or 2.")
        at = offset + (0, self._at, self.size)[whence]
        if at < 0:
            raise ValueError(f"The place {at} is before the beginning.")
        self._at = at
        return at

    def readinto(self, buffer: Any) -> int:
        """Fill ``buffer`` as far as one step does, and return how far that is; 0 at the end."""
        self._check_open()
        view = memoryview(buffer).cast("B")
        data = self._next(len(view))
        view[: len(data)] = data
        return len(data)

    def readall(self) -> bytes:
        """Return all that follows."""
        self._check_open()
        chunks = iter(lambda: bytes(self._next(MIB)), b"")
        return b"".join(chunks)

    def close(self) -> None:
        """Let go of the connection; what was not read stays unread."""
        body, self._body = self.__dict__.get("_body"), None
        if body is not None:
            body.close()
        if not self.closed:
            self._held = bytearray()
        super().close()

    # ------------------------------------------------------------------------------- bytes

    def _check_open(self) -> None:
        if self.closed:
            raise ValueError("The object is read after it was closed.")

    def _next(self, most: int) -> bytes | memoryview:
        """Return the next bytes, ``most`` at most; none at the end only."""
        if self._damage is not None:
            raise self._damage
        most = min(most, self.size - self._at, MIB)
        if most <= 0:
            return b""
        if not self._is_held() and not self._is_ahead():
            self._turn()
        if self._is_held():
            start = self._at - self._held_at
            data: bytes | memoryview = memoryview(self._held)[start : start + most].toreadonly()
        else:
            data = self._read(self._at, most)
        self._at += len(data)
        return data

    def _is_held(self) -> bool:
        return self._held_at <= self._at < self._held_at + len(self._held)

    def _is_ahead(self) -> bool:
        return self._body is not None and 0 <= self._at - self._body_at <= self._short

    def _turn(self) -> None:
        """Get what is at the place of the next byte, which neither is held nor comes soon."""
        if self._at == self._held_at + len(self._held):
            self._open(self._at, self.size)  # so it is read on
        else:
            # Who reads the end goes back from there: a directory, a table, a trailer.
            start = min(self._at, self.size - IN_MEMORY)
            self._open(start, start + IN_MEMORY)
            self._hold(start, start + IN_MEMORY)

    def _hold(self, start: int, end: int) -> None:
        """Read all of a body, and give its connection back."""
        held = bytearray()
        while start + len(held) < end:
            held += self._read(start + len(held), end - start - len(held), end)
        self._finish()
        self._held, self._held_at = held, start

    def _read(self, at: int, most: int, end: int | None = None) -> bytes:
        """Return bytes of the body, which ends at ``end``; goes on with another where it breaks."""
        end = self.size if end is None else end
        while True:
            try:
                data = self._read_on(at, most)
            except AWSError as error:
                if error.kind is not Kind.TRANSIENT:
                    raise
                self._wait(at, error)
                # It is asked for as patiently as everything is.
                self._open(at, end)
            else:
                if self._body_at == end:
                    self._finish()
                return data

    def _wait(self, at: int, error: AWSError) -> None:
        """Wait before it is gone on with, or raise where that was tried for too long already."""
        now = time.monotonic()
        if not self._breaks or at - self._breaks[0] >= MIB:
            self._breaks, self._broken_since = [], now
        self._breaks.append(at)
        over = patience_for(self._purpose).is_over(
            attempts=len(self._breaks),
            seconds=now - self._broken_since,
            kind=error.kind,
            reached=True,
        )
        if over:
            raise error
        time.sleep(delay(len(self._breaks)))

    def _read_on(self, at: int, most: int) -> bytes:
        with self._translated():
            while self._body_at < at:
                self._take(min(at - self._body_at, SHORT))
            return self._take(most)

    def _take(self, most: int) -> bytes:
        try:
            data: bytes = self._body.read(most)
        except Exception as error:
            if type(error).__module__.startswith("urllib3"):
                raise short(self._where["key"]) from error  # what boto has no name for
            raise
        if not data:
            raise short(self._where["key"])
        # The first of all are held, as readers of headers go back to them.
        if self._body_at == len(self._held) < IN_MEMORY and not self._held_at:
            self._held += data[: IN_MEMORY - len(self._held)]
        self._body_at += len(data)
        return data

    def _finish(self) -> None:
        """Let boto compare the checksum, which it does at the end of a body, and give it back."""
        body, self._body = self._body, None
        if body is None:
            return
        try:
            with self._translated(), contextlib.closing(body):
                body.read(1)
        except AWSError as error:
            # Some of the bytes were given already: to get the last ones again would hide it.
            self._damage = error
            raise

    # ---------------------------------------------------------------------------- requests

    def _open(self, start: int, end: int) -> None:
        """Have bytes sent from another place."""
        if self._body is not None:
            self._body.close()
            self._body = None
        asked = ByteRange(self._start + start, self._start + end - 1)
        try:
            answer = self._get({"Range": asked.header, "IfMatch": self.etag})
        except ConflictError as error:
            raise replaced(self._where) from error
        told = proof.bare_etag(answer.get("ETag", ""))
        is_other = told != proof.bare_etag(self.etag)
        # A store that knows no ranges gives all of it; its first bytes would be wrong here.
        if is_other or answer.get("ContentLength") != end - start:
            answer["Body"].close()
            raise replaced(self._where) if told and is_other else no_proof("GetObject")
        self._body, self._body_at = answer["Body"], start

    def _first(self, asked: ByteRange | None) -> dict[str, Any]:
        """Have the bytes sent that were asked for, or nothing of an object that has none."""
        try:
            return self._get({"Range": asked.header} if asked else {})
        except AWSError as error:
            if asked is None or not is_beyond(error):
                raise
            if not asked.may_be_empty:
                raise beyond(self._where["key"], asked.first) from error
        answer = self._get({})
        if answer.get("ContentLength"):
            # It has grown since.
            answer["Body"].close()
            raise replaced(self._where)
        return answer

    def _get(self, more: Mapping[str, Any]) -> dict[str, Any]:
        with self._translated():
            return dict(self._client.get_object(**(self._asked | dict(more))))

    @contextlib.contextmanager
    def _translated(self) -> Iterator[None]:
        with translated(**self._where, operation="GetObject"):
            yield
