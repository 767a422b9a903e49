"""What is behind an open file of a storage: an object that is read, one to be, or a file for it."""

from __future__ import annotations

import contextlib
import fcntl
import gzip
import io
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from typing import IO, Any, Protocol

from django.conf import settings

from ..exceptions import ConflictError, ObjectNotFoundError
from ..limits import MIB
from ..s3.objects.properties import object_exists
from ..s3.objects.reading import ObjectReader
from ..s3.request.remote import Remote
from ..s3.transfer.writer import ObjectWriter, upload_content
from .contents import PLAIN_SIZE, is_packed_here, with_charset
from .options import Options

BUFFER = 128 * 1024
"""Bytes that are read at once where less is asked for."""
ENCODING = "utf-8"
"""How texts are stored."""
_MODES = ("r", "w", "x", "a", "r+", "w+", "x+", "a+")


class Place(Protocol):
    """What a file is told by its storage."""

    options: Options

    def key_of(self, name: Any) -> str:
        """Return the key of the object."""

    def headers_for(self, name: str) -> dict[str, str]:
        """Return the HTTP headers of a new object."""

    def remote(self) -> Remote:
        """Return how the store is asked."""


class Where:
    """A name of a storage, and what is asked of S3 about it."""

    def __init__(self, storage: Place, name: str) -> None:
        self.name = name
        self.key = storage.key_of(name)
        self.gzip = storage.options.gzip
        self._storage = storage
        self._remote = storage.remote()

    def reader(self) -> ObjectReader:
        """Open the object."""
        remote = self._remote
        try:
            return ObjectReader(
                remote.bucket,
                self.key,
                remote.region,
                extra_args=remote.extra_args,
                purpose=remote.purpose,
            )
        except ObjectNotFoundError as error:
            raise FileNotFoundError(
                f"There is no file {self.name!r} in {remote.bucket!r}."
            ) from error

    def check_free(self) -> None:
        """Raise where there is such a file."""
        remote = self._remote
        given = remote.given_for("HeadObject")
        where = (remote.bucket, self.key, remote.region)
        if object_exists(*where, extra_args=given, purpose=remote.purpose):
            raise self.taken()

    def taken(self) -> FileExistsError:
        """Return the error of a file that is there."""
        return FileExistsError(f"There is a file {self.name!r} in {self._remote.bucket!r} already.")

    def headers(self, *, is_text: bool) -> dict[str, str]:
        """Return the headers of a new object."""
        made = self._storage.headers_for(self.name)
        return with_charset(made, self.name, b"") if is_text else made

    def target(self, headers: Mapping[str, str]) -> dict[str, Any]:
        """Return what is told to who writes the object."""
        remote = self._remote
        return {
            "bucket_name": remote.bucket,
            "key": self.key,
            "region_name": remote.region,
            "headers": headers,
            "extra_args": remote.extra_args,
            "purpose": remote.purpose,
        }


class Opened:
    """An open file, from its opening to its end."""

    writes = True
    file: IO[Any]

    def size(self) -> int:
        """Return its bytes."""
        raise NotImplementedError

    def finish(self) -> None:
        """Store what was written."""

    def let_go(self) -> None:
        """Close what is open of it."""
        self.file.close()

    def discard(self) -> None:
        """Close it, and store nothing."""
        self.let_go()

    def forget(self) -> None:
        """Do the same where nobody can wait."""
        self.discard()


class Reading(Opened):
    """A file that is read."""

    writes = False

    def __init__(self, where: Where, kind: str, *, is_text: bool) -> None:
        self._reader = where.reader()
        self._file, self._is_packed = _unpacked(self._reader, where)
        self._unpacked_size: int | None = None
        self.file = _as_text(self._file) if is_text else self._file

    def size(self) -> int:
        if not self._is_packed:
            return self._reader.size
        name = PLAIN_SIZE.removeprefix("x-amz-meta-")
        told = self._reader.metadata.get(name, "")
        if told.isascii() and told.isdigit():
            return int(told)
        if self._unpacked_size is None:
            at = self.file.tell()
            self._unpacked_size = int(self._file.seek(0, os.SEEK_END))
            self.file.seek(at)
        return self._unpacked_size

    def let_go(self) -> None:
        self.file.close()
        self._reader.close()


class Sending(Opened):
    """A file that is sent while it is written."""

    def __init__(self, where: Where, kind: str, *, is_text: bool) -> None:
        self._where = where
        self._is_new = kind == "x"
        if self._is_new:
            where.check_free()
        headers = where.headers(is_text=is_text)
        writer = ObjectWriter(**where.target(headers), if_none_match=self._is_new)
        self._sink = _Sink(writer)
        self.file: Any = _as_text(self._sink) if is_text else self._sink

    def size(self) -> int:
        if not self.file.closed:
            self.file.flush()
        return self._sink.tell()

    def finish(self) -> None:
        self.file.flush()
        with _taken_is_told(self._where, is_new=self._is_new):
            if self._sink.writer is not None:
                self._sink.writer.close()

    def discard(self) -> None:
        writer, self._sink.writer = self._sink.writer, None
        self.let_go()
        if writer is not None:
            writer.abort()

    def forget(self) -> None:
        writer, self._sink.writer = self._sink.writer, None
        self.let_go()
        if writer is not None:
            writer.abandon()


class _Sink(io.RawIOBase):
    """The writer as a raw file, whose end alone stores nothing."""

    def __init__(self, writer: ObjectWriter) -> None:
        self.writer: ObjectWriter | None = writer
        self._at = 0

    def writable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def readinto(self, buffer: Any) -> int:
        self._check_open()
        raise io.UnsupportedOperation("The file is open to be written.")

    def write(self, data: Any) -> int:
        self._check_open()
        size = memoryview(data).nbytes
        if self.writer is not None:  # else it was given up
            self.writer.write(data)
        self._at += size
        return size

    def _check_open(self) -> None:
        if self.closed:
            raise ValueError("The file is closed. Open it again.")


class Editing(Opened):
    """A temporary file that becomes an object in the end."""

    def __init__(self, where: Where, kind: str, *, is_text: bool) -> None:
        self._where = where
        self._is_new = kind == "x+"
        self._headers = where.headers(is_text=is_text)
        self._condition: dict[str, Any] = {"if_none_match": self._is_new}
        self._size = 0
        if self._is_new:
            where.check_free()
        self._bytes = _temporary()
        try:
            if kind[0] in "ra":
                self._fetch(missing_ok=kind[0] == "a")
            descriptor = self._bytes.fileno()
            if kind[0] == "a":
                flags = fcntl.fcntl(descriptor, fcntl.F_GETFL)
                fcntl.fcntl(descriptor, fcntl.F_SETFL, flags | os.O_APPEND)
            # Whatever is written changes its time.
            os.utime(descriptor, ns=(0, 0))
            mode = kind.replace("x", "w") + ("" if is_text else "b")
            self.file = open(  # noqa: SIM115 - closed with the rest
                descriptor, mode, encoding=ENCODING if is_text else None, closefd=False
            )
        except BaseException:
            self._bytes.close()
            raise

    def _fetch(self, *, missing_ok: bool) -> None:
        """Get what is there."""
        try:
            reader = self._where.reader()
        except FileNotFoundError:
            if not missing_ok:
                raise
            self._condition = {"if_none_match": True}
            return
        with reader:
            content, is_packed = _unpacked(reader, self._where)
            shutil.copyfileobj(content, self._bytes, MIB)
            if reader.encoding and not is_packed:
                self._headers["Content-Encoding"] = reader.encoding
            self._condition = {"if_match": reader.etag}
        self._bytes.seek(0)

    def size(self) -> int:
        if not self.file.closed:
            self.file.flush()
            self._size = os.fstat(self._bytes.fileno()).st_size
        return self._size

    def finish(self) -> None:
        self.size()
        unchanged = os.fstat(self._bytes.fileno()).st_mtime_ns == 0
        if unchanged and "if_match" in self._condition:
            return
        target = self._where.target(self._headers)
        with _taken_is_told(self._where, is_new=self._is_new):
            upload_content(self._bytes, **target, **self._condition)

    def let_go(self) -> None:
        try:
            self.file.close()
        finally:
            self._bytes.close()


def kind_of(mode: str) -> str:
    """Return a mode without what says of bytes or text."""
    kind = mode.replace("b", "", 1) if "b" in mode else mode.replace("t", "", 1)
    if kind not in _MODES:
        raise ValueError(f"There is no mode {mode!r}. Give one of {', '.join(_MODES)}, or with b.")
    return kind


def _temporary() -> Any:
    return tempfile.TemporaryFile(dir=settings.FILE_UPLOAD_TEMP_DIR)


def _unpacked(reader: ObjectReader, where: Where) -> tuple[Any, bool]:
    """Return a file of the content as it was saved, and whether it was packed since."""
    file: Any = io.BufferedReader(reader, BUFFER)
    is_packed = is_packed_here(where.name, reader.encoding, where.gzip)
    return gzip.GzipFile(fileobj=file) if is_packed else file, is_packed


def _as_text(file: Any) -> io.TextIOWrapper:
    return io.TextIOWrapper(file, ENCODING)


@contextlib.contextmanager
def _taken_is_told(where: Where, *, is_new: bool) -> Iterator[None]:
    """Raise :exc:`FileExistsError` where a file that was to be new is there by now."""
    try:
        yield
    except ConflictError as error:
        if is_new:
            raise where.taken() from error
        raise
