"""A command as a process: its exit codes, what ends it early, its streams and its garbage."""

from __future__ import annotations

import atexit
import contextlib
import gc
import io
import sys
from collections.abc import Iterator
from typing import Any, NoReturn

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError, CommandParser, OutputWrapper

from ..aws_errors import translate
from ..exceptions import AWSError
from .interrupts import heard, terminable
from .output import OutputError, escape, unwritten
from .streams import Closed, Remarks, make_tolerant, settle

FAILED = 1
NOTHING_MATCHED = 3
INTERRUPTED = 130
_THRESHOLDS = (100_000, 50, 100)
_USUAL_THRESHOLDS = (700, 10, 10)
"""How seldom a command looks for garbage; see :func:`gc.set_threshold`."""


class AWSCommand(BaseCommand):
    """Base of the commands: what ends one early is a sentence and an exit code."""

    _owns_process = False

    def run_from_argv(self, argv: list[str]) -> None:
        """Run for the command line; the process ends after it."""
        self._owns_process = True
        if sys.stdout is None:
            self.stdout = OutputWrapper(Closed())
        make_tolerant(sys.stdout)
        remarks = Remarks(sys.stderr or io.StringIO())
        remarks.style_func = self.stderr.style_func
        self.stderr = remarks
        try:
            with terminable(), heard():
                super().run_from_argv(argv)
                self.stdout.flush()
        except KeyboardInterrupt:
            # Before the action began, or when it had ended.
            self._end("Interrupted.", INTERRUPTED)
        except OSError as error:
            # Django's own answers, such as the help, and what it wrote last.
            self._end(str(unwritten(error)), FAILED)
        finally:
            for stream in (sys.stdout, sys.stderr):
                settle(stream)

    def create_parser(self, *names: Any, **options: Any) -> CommandParser:
        """Return the parser, whose help is written whole or is an error."""
        parser = super().create_parser(*names, **options)
        parser._print_message = print_message  # type: ignore[method-assign]  # noqa: SLF001
        return parser

    def _end(self, sentence: str, code: int) -> NoReturn:
        self.stderr.write(f"CommandError: {sentence}")
        sys.exit(code)

    @contextlib.contextmanager
    def ending(self) -> Iterator[None]:
        """Turn what ends the block early into :exc:`CommandError` with its exit code."""
        try:
            with terminable():
                yield
        except AWSError as error:
            raise CommandError(escape(str(error)), returncode=error.exit_code) from error
        except ImproperlyConfigured as error:
            raise CommandError(str(error), returncode=FAILED) from error
        except KeyboardInterrupt:
            raise CommandError("Interrupted.", returncode=INTERRUPTED) from None
        except OutputError as error:
            raise CommandError(str(error), returncode=FAILED) from None
        except UnicodeEncodeError as error:
            raise CommandError(_unspeakable(error), returncode=FAILED) from error
        except OSError as error:
            raise CommandError(escape(str(translate(error))), returncode=FAILED) from error


def look_for_garbage_seldom() -> None:
    """Have Python not look through all that Django and boto3 made, which lives to the end.

    At the end it would look once more, which takes longer than a small upload, and so does looking
    often on the way. With the usual thresholds back, the next object made would start it, so they
    stay.
    """
    atexit.unregister(gc.freeze)
    atexit.register(gc.freeze)
    gc.set_threshold(*_THRESHOLDS)


def look_for_garbage_as_usual() -> None:
    """Have Python look for garbage as often as it does by itself: for what lives long."""
    gc.set_threshold(*_USUAL_THRESHOLDS)


def print_message(message: str, file: Any = None) -> None:
    """Print a help or a complaint as argparse does, but never lose it without an error."""
    stream = file or sys.stderr
    if stream is None:
        return
    if stream is sys.stderr:
        with contextlib.suppress(OSError):
            stream.write(message)
        return
    stream.write(message)
    stream.flush()


def _unspeakable(error: UnicodeEncodeError) -> str:
    text = error.object[error.start : error.end][:40]
    return (
        f"{text!a} cannot be written in the encoding {error.encoding!r} of this locale, in which "
        "names of files are. Set LC_ALL=C.UTF-8 or PYTHONUTF8=1."
    )
