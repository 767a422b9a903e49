"""A progress bar on stderr, where that is a terminal."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Protocol

from .output import Output
from .streams import escape

if TYPE_CHECKING:
    from tqdm import tqdm


class Bar(Protocol):
    """What commands do with a bar."""

    def grow(self, count: int) -> None:
        """There are ``count`` more to come."""

    def move(self, count: int) -> None:
        """``count`` more are done; negative when some begin anew."""

    def count(self, objects: int) -> None:
        """Show behind the bar how many objects are done."""

    def note(self, text: str) -> None:
        """Print a remark above the bar."""


@contextlib.contextmanager
def progress(
    output: Output, *, total: int = 0, unit: str = "B", wanted: bool = True, stays: bool = False
) -> Iterator[Bar]:
    """Give a bar to the block: one that shows nothing unless stderr is a terminal.

    With ``stays`` it is still seen when the block has ended.
    """
    if not wanted or output.quiet or not output.stderr.isatty():
        yield _NoBar(output)
        return
    from tqdm import tqdm

    stream = _Stream(output)
    with tqdm(
        total=total,
        unit=unit,
        file=stream,
        leave=stays,
        dynamic_ncols=True,
        unit_scale=unit == "B",
    ) as bar:
        yield _Bar(stream, bar)


def tell_slower(bar: Bar, reason: str) -> None:
    """Print why the slower engine serves; ``reason`` is a sentence."""
    bar.note(f"The slower engine serves: {reason}")


class _NoBar:
    def __init__(self, output: Output) -> None:
        self._output = output

    def grow(self, count: int) -> None:
        pass

    def move(self, count: int) -> None:
        pass

    def count(self, objects: int) -> None:
        pass

    def note(self, text: str) -> None:
        self._output.note(text)


class _Bar:
    def __init__(self, stream: _Stream, bar: tqdm[Any]) -> None:
        # tqdm moves a bar out of the way of what is written to its own file only.
        self._stream = stream
        self._bar = bar

    def grow(self, count: int) -> None:
        self._bar.total = (self._bar.total or 0) + count

    def move(self, count: int) -> None:
        self._bar.update(count)

    def count(self, objects: int) -> None:
        self._bar.set_postfix_str(f"{objects:,} objects", refresh=False)

    def note(self, text: str) -> None:
        self._bar.write(escape(text), file=self._stream)


class _Stream:
    """stderr as tqdm needs it: nothing added, nothing coloured."""

    def __init__(self, output: Output) -> None:
        self._stderr = output.stderr
        self.encoding = getattr(output.stderr, "encoding", None) or "utf-8"

    def write(self, text: str) -> None:
        # The terminal may go away; nobody is left then to see the bar.
        with contextlib.suppress(OSError):
            self._stderr.write(text, style_func=str, ending="")

    def flush(self) -> None:
        with contextlib.suppress(OSError):
            self._stderr.flush()

    def isatty(self) -> bool:
        return True

    def fileno(self) -> int:
        return int(self._stderr.fileno())
