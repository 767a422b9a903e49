"""What the store said about an object that is being downloaded, and the checks against it."""

from __future__ import annotations

from collections.abc import Iterable
from email.utils import parsedate_to_datetime

from . import proof
from .base import IN_MEMORY, Download
from .errors import contradicted, damaged, grown, short
from .lanes import Transfer


class Received:
    """The answer to one download."""

    __slots__ = ("_headers", "_strict", "_task", "_transfer", "length")

    def __init__(
        self,
        task: Download,
        transfer: Transfer,
        headers: Iterable[tuple[str, str]] = (),
        *,
        strict: bool = True,
    ) -> None:
        self._task = task
        self._transfer = transfer
        self._strict = strict
        self._headers: dict[str, str] = {}
        self.length = -1
        """The bytes announced; -1 where the store did not say."""
        self.read(headers)

    def read(self, headers: Iterable[tuple[str, str]]) -> None:
        """Take what matters from the headers of the answer."""
        found = self._headers = {name.lower(): value for name, value in headers}
        transfer = self._transfer
        transfer.etag = found.get("etag", "").strip('"')
        transfer.request_id = found.get("x-amz-request-id", "")
        self.length = int(found.get("content-length", -1))

    def is_newer(self) -> bool:
        """Say whether the object was replaced after it was listed."""
        listed = self._task.etag.strip('"')
        return bool(listed and self._transfer.etag and listed != self._transfer.etag)

    def mtime_ns(self) -> int | None:
        """Return the time to give to the file: the listed one, or that of a newer object."""
        task = self._task
        if task.mtime_ns is None or not self.is_newer():
            return task.mtime_ns
        modified = self._headers.get("last-modified")
        if modified is None:
            return None
        return int(parsedate_to_datetime(modified).timestamp()) * 10**9

    def check_fits(self) -> None:
        """Raise when an object that is to be held in memory is too large for that by now."""
        if self.length > max(self._task.size, IN_MEMORY):
            raise grown(self._task)

    def check_length(self, got: int) -> None:
        """Raise when ``got`` bytes are not all."""
        task = self._task
        expected = self.length if self.length >= 0 else task.size
        if got == expected and task.etag and not self.is_newer():
            expected = task.size
        if got != expected:
            raise short(task, got=got, expected=expected)

    def check_content(self, chunks: Iterable[bytes]) -> None:
        """Compare bytes with the checksum of the object, else with the ETag where that is an MD5.

        What contradicts them is fetched again. The same bytes twice are a failure for good, but not
        where checksums are not wanted (``strict``): then they are taken for right, so that stores
        whose ETags only look like an MD5 can be used.
        """
        name, expected = proof.given(self._headers, checksums=self._strict)
        if not name:
            return
        found = proof.digest(name, chunks)
        if found == expected:
            return
        transfer = self._transfer
        known, transfer.digest = transfer.digest, found
        if known != found:
            raise damaged(self._task)
        if self._strict:
            raise contradicted(self._task)
