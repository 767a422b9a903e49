"""Bytes on the standard streams: an object on stdout, or one that comes by stdin."""

from __future__ import annotations

import codecs
import contextlib
import os
import sys
from typing import Any, BinaryIO

from ..exceptions import UsageError
from .output import Output, OutputError, unwritten


class RawOutput:
    """stdout, for bytes that are written as they are."""

    def __init__(self, output: Output) -> None:
        self._output = output
        output.flush()  # what was written as text comes before
        stream = output.stdout
        self._raw: Any = getattr(stream, "buffer", None)
        # What Python gives ``call_command`` may take text alone.
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        _wait_on(stream)

    def write(self, data: bytes) -> None:
        """Write all of it. Raises :exc:`~philo_aws.management.output.OutputError`."""
        if self._raw is None:
            self._write_text(data)
            return
        try:
            self._raw.write(data)
        except OSError as error:
            raise unwritten(error) from error

    def _write_text(self, data: bytes) -> None:
        try:
            self._output.write(self._decoder.decode(data), ending="")
        except UnicodeDecodeError:
            raise OutputError(
                "stdout takes text here, and the object is no UTF-8. Give a stream for bytes, or "
                "call s3.read_object."
            ) from None

    def flush(self) -> None:
        """Have all of it written. Raises :exc:`~philo_aws.management.output.OutputError`."""
        if self._raw is None:
            self._write_text(b"")
            return
        try:
            self._raw.flush()
        except OSError as error:
            raise unwritten(error) from error


def standard_input() -> BinaryIO:
    """Return stdin, for bytes.

    Raises :exc:`~philo_aws.exceptions.UsageError` where it is a terminal, or there is none.
    """
    if sys.stdin is None:
        raise UsageError("There is no stdin: it is closed. Give the name of a file as --fname.")
    if sys.stdin.isatty():
        raise UsageError(
            "stdin is a terminal, and --fname - takes what another program writes: "
            "`pg_dump … | manage.py aws_s3 upload_file --fname - …`. Give the name of a file, or "
            "use `cat |` to type it."
        )
    _wait_on(sys.stdin)
    return sys.stdin.buffer


def _wait_on(stream: Any) -> None:
    # Another program may have made it one that does not wait: then half of the bytes would be
    # taken for all of them.
    with contextlib.suppress(AttributeError, OSError, ValueError):
        os.set_blocking(stream.fileno(), True)
