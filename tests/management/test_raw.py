"""Bytes on the standard streams."""

from __future__ import annotations

import io
import sys
from typing import Any

import pytest
from django.core.management.base import OutputWrapper

from philo_aws.exceptions import UsageError
from philo_aws.management.output import Output, OutputError
from philo_aws.management.raw import RawOutput, standard_input
from tests.running import Stream


def raw(stream: io.TextIOBase) -> tuple[Output, RawOutput]:
    output = Output(OutputWrapper(stream), OutputWrapper(io.StringIO()), "table")  # type: ignore[arg-type]
    return output, RawOutput(output)


def test_bytes_come_behind_what_was_written_before() -> None:
    stream = Stream()
    wrapped = OutputWrapper(stream)
    output = Output(wrapped, OutputWrapper(io.StringIO()), "table")
    output.write("first")
    file = RawOutput(output)
    file.write(b"\r\n\n")
    file.write(b"then")
    file.flush()
    assert stream.text() == "first\n\r\n\nthen"


def test_a_stream_of_text() -> None:
    stream = io.StringIO()
    _, file = raw(stream)
    for number in "caf\xe9 \N{SNOWMAN}".encode():
        file.write(bytes([number]))
    file.flush()
    assert stream.getvalue() == "caf\xe9 \N{SNOWMAN}"
    with pytest.raises(OutputError, match="takes text here"):
        file.write(b"\xff")


class Broken(io.RawIOBase):
    """A pipe without a reader, until it is to be closed."""

    is_over = False

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        if self.is_over:
            return len(data)
        raise BrokenPipeError(32, "Broken pipe")


def fill(file: RawOutput, size: int) -> None:
    file.write(bytes(size))
    file.flush()


def test_a_stream_that_takes_nothing() -> None:
    for size in (100_000, 4):
        pipe = Broken()
        stream = io.TextIOWrapper(io.BufferedWriter(pipe))
        _, file = raw(stream)
        with pytest.raises(OutputError, match="The reader of the output went away"):
            fill(file, size)
        pipe.is_over = True
        stream.close()


def test_stdin(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", Stream(b"\xff\r\n"))
    assert standard_input().read() == b"\xff\r\n"
    monkeypatch.setattr(sys, "stdin", Stream(tty=True))
    with pytest.raises(UsageError, match="stdin is a terminal"):
        standard_input()
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(UsageError, match="There is no stdin"):
        standard_input()
