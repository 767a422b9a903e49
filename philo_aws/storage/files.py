"""The files that a storage opens: read from S3 as they are asked for, or objects to be."""

from __future__ import annotations

import warnings
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from django.core.files.base import File

from .opened import Editing, Opened, Place, Reading, Sending, Where, kind_of

if TYPE_CHECKING:
    _File = File[Any]
else:
    _File = File


class S3File(_File):
    """A file of a storage on S3, as :func:`open` opens those of this machine.

    ``r`` and ``rb`` read as :class:`~philo_aws.s3.objects.reading.ObjectReader` does: one request
    for what is small, and of the rest what is read. ``w`` and ``x`` send while they are written,
    all others write to a temporary file. Nothing is at the name before the file is closed, and then
    all of it: where closing fails, where a ``with`` ends by an exception, or where it is never
    closed, nothing is stored. Of a file that was changed by another since it was opened to be
    changed (``a``, ``r+``) the other's stays, and :exc:`~philo_aws.exceptions.ConflictError` is
    raised. Texts are UTF-8. What the option ``gzip`` packed is unpacked.
    """

    _opened: Opened | None = None

    def __init__(self, name: str, mode: str, storage: Place) -> None:
        """Open the file.

        Raises :exc:`FileNotFoundError` and, for ``x``, :exc:`FileExistsError`, which closing it
        raises too where another was faster; :exc:`ValueError` for a mode that cannot be, and any
        :exc:`~philo_aws.exceptions.AWSError`.
        """
        self._storage = storage
        super().__init__(None, name)
        self._begin(mode)

    def _begin(self, mode: str) -> None:
        kind = kind_of(mode)
        where = Where(self._storage, str(self.name))
        is_text = "b" not in mode
        made: type[Reading | Sending | Editing] = Editing
        if kind in ("r", "w", "x"):
            made = Reading if kind == "r" else Sending
        self._opened = made(where, kind, is_text=is_text)
        self.file = self._opened.file
        self.mode = mode

    @property
    def size(self) -> int:
        """The bytes of the file, or those that were written so far; also once it is closed."""
        if self._opened is None:
            raise ValueError("The file was never open. Ask the storage for its size.")
        return self._opened.size()

    def open(self, mode: str | None = None, *args: Any, **kwargs: Any) -> Self:
        """Go to the beginning; open it again where it was closed, or is open in another mode."""
        if self.closed or mode not in (None, self.mode):
            self.close()
            self._begin(mode or self.mode)
        elif self.seekable() or self.size:
            self.seek(0)
        return self

    def close(self) -> None:
        """Store what was written, and close the file; does nothing once it is closed.

        Raises why it could not be stored; it is closed and given up then.
        """
        if self._opened is None or self.closed:
            return
        try:
            self._opened.finish()
        except BaseException:
            self._opened.discard()
            raise
        self._opened.let_go()

    def discard(self) -> None:
        """Close the file and store nothing of what was written."""
        if self._opened is not None and not self.closed:
            self._opened.discard()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        # Half a file must not take the place of a whole one.
        if kind is None:
            self.close()
        else:
            self.discard()

    def __del__(self) -> None:
        opened = self._opened
        # One that is read may be at it: storage.open(name).read() holds no more than the method.
        if opened is None or not opened.writes or self.closed:
            return
        opened.forget()
        warnings.warn(
            f"The file {self.name!r} was never closed, so it was not stored.",
            ResourceWarning,
            stacklevel=2,
            source=self,
        )
