"""What the store said about an object that is being downloaded, and the checks against it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator
from email.utils import parsedate_to_datetime

from . import proof
from .base import IN_MEMORY, Download
from .errors import MOST_DAMAGED, contradicted, damaged, grown, short, unproven
from .size_class import Transfer


class Received:
    """The answer to one download."""

    __slots__ = ("_headers", "_listed", "_strict", "_task", "_transfer", "length")

    def __init__(
        self,
        task: Download,
        transfer: Transfer,
        headers: Iterable[tuple[str, str]] = (),
        *,
        status: int = 200,
        strict: bool = True,
    ) -> None:
        self._task = task
        self._transfer = transfer
        self._strict = strict
        self._listed = proof.bare_etag(task.etag)
        self._headers: dict[str, str] = {}
        self.length = -1
        """The bytes announced; -1 where the store did not say."""
        headers = list(headers)
        if headers:
            self.read(status, headers)

    def read(self, status: int, headers: Iterable[tuple[str, str]]) -> None:
        """Take what matters from the answer; raise where it is none to what was asked for."""
        found = self._headers = {name.lower(): value for name, value in headers}
        transfer = self._transfer
        transfer.etag = proof.bare_etag(found.get("etag", ""))
        transfer.request_id = found.get("x-amz-request-id", "")
        if status >= 300:
            return  # that is an error, and is told as one
        self.length = _number(found.get("content-length", ""))
        # Only the whole object was asked for.
        if status != 200 or "content-range" in found or self._is_of_another():
            raise unproven(self._task)

    def _is_of_another(self) -> bool:
        """Say whether the answer holds nothing that S3 gives with an object."""
        etag = self._transfer.etag
        if not etag:
            # What the listing told is still there to compare with.
            return not proof.is_md5(self._listed) and not proof.given(self._headers)[0]
        return etag != self._listed and proof.is_page(self._headers)

    def is_newer(self) -> bool:
        """Say whether the object was replaced after it was listed."""
        etag = self._transfer.etag
        return bool(self._listed and etag and self._listed != etag)

    def mtime_ns(self) -> int | None:
        """Return the time to give to the file: the listed one, or that of a newer object."""
        task = self._task
        if task.mtime_ns is None or not self.is_newer():
            return task.mtime_ns
        return _moment(self._headers.get("last-modified", ""))

    def check_fits(self) -> None:
        """Raise when an object that is to be held in memory is too large for that by now."""
        if self.length > max(self._task.size, IN_MEMORY):
            raise grown(self._task)

    def check_length(self, got: int) -> None:
        """Raise when ``got`` bytes are not all."""
        task = self._task
        expected = self.length if self.length >= 0 else task.size
        if got == expected and self._listed and not self.is_newer():
            expected = task.size
        if got != expected:
            raise short(task, got=got, expected=expected)

    def check_content(self, chunks: Iterable[bytes]) -> None:
        """Compare bytes with the checksum of the object, else with the ETag where that is an MD5.

        The listing's ETag stands in for that of an answer without one. What contradicts them is
        fetched again: see :meth:`refuse`.
        """
        name, expected = proof.given(self._headers, checksums=self._strict)
        if not name and not self._transfer.etag and proof.is_md5(self._listed):
            name, expected = proof.MD5, self._listed
        if not name:
            return
        found = proof.digest(name, chunks)
        if found != expected:
            self.refuse(found)

    @contextlib.contextmanager
    def counted(self, digest: Callable[[], str]) -> Iterator[None]:
        """Refuse the bytes of ``digest`` where boto finds in the block that they are wrong."""
        from botocore.exceptions import ChecksumError, FlexibleChecksumError

        try:
            yield
        except (ChecksumError, FlexibleChecksumError):
            self.refuse(digest())
            raise

    def refuse(self, found: str) -> None:
        """Raise because bytes with the digest ``found`` are not those of the object.

        The same bytes twice are a failure for good, but not where checksums are not wanted
        (``strict``): then they are taken for right, so that stores whose ETags only look like an
        MD5 can be used.
        """
        transfer = self._transfer
        known, transfer.digest = transfer.digest, found
        transfer.damages += 1
        if known != found and transfer.damages < MOST_DAMAGED:
            raise damaged(self._task)
        if self._strict:
            raise contradicted(self._task)


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() else -1


def _moment(text: str) -> int | None:
    """Return the nanoseconds since 1970 of an HTTP date; ``None`` for what is none."""
    try:
        return int(parsedate_to_datetime(text).timestamp()) * 10**9
    except (ValueError, OverflowError, TypeError, IndexError):
        return None
