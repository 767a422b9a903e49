"""Single transfers of ``aws_s3`` whose file is a pipe: ``--fname -``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from .. import s3
from .output import Output
from .progress import progress
from .raw import RawOutput, standard_input

STREAM = "-"
"""The name of a file that means stdin or stdout."""


def upload_stdin(output: Output, given: Mapping[str, Any], *, wanted: bool) -> int:
    """Make an object of what comes by stdin; return how many bytes came.

    ``given`` are the parameters of :func:`~philo_aws.s3.upload_fileobj`; ``wanted`` says whether
    there may be a bar.
    """
    file = standard_input()
    with progress(output, wanted=wanted, stays=True) as bar:
        counted = _Counted(bar.move)
        s3.upload_fileobj(file, on_bytes=counted, **given)
    return counted.size


def download_stdout(output: Output, given: Mapping[str, Any], *, wanted: bool) -> int:
    """Write an object to stdout, and all that is said of it to stderr; return its bytes.

    ``given`` are the parameters of :func:`~philo_aws.s3.download_fileobj`. On the terminal that
    shows the object there is no bar.
    """
    file = RawOutput(output)
    may_show = wanted and not output.stdout.isatty()
    with progress(output, wanted=may_show, stays=True) as bar:
        counted = _Counted(bar.move)
        s3.download_fileobj(file, on_size=bar.grow, on_bytes=counted, **given)
        file.flush()
    return counted.size


class _Counted:
    """Passes numbers of bytes on, and adds them up."""

    def __init__(self, move: Callable[[int], None]) -> None:
        self._move = move
        self.size = 0

    def __call__(self, count: int) -> None:
        self.size += count
        self._move(count)
