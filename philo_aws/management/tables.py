"""Tables for people: drawn by prettytable, and cut to the width of a terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from .streams import escape, spelled

Align = Literal["l", "c"]

LEFT: Align = "l"
CENTRE: Align = "c"

# A blank and a bar on each side of a cell, and the bar at the left of all.
_AROUND_CELL, _AROUND_ALL = 3, 1
# Less of a text would say nothing.
_LEAST = 8
_GAP = "…"


@dataclass(frozen=True, kw_only=True)
class Column:
    """A column of a table."""

    title: str
    """Its heading, always centred."""
    value: Callable[[Mapping[str, Any]], object]
    """Gives the cell of a record."""
    align: Align = CENTRE
    """``LEFT`` or ``CENTRE``."""
    width: int | None = None
    """Characters after which a cell goes on in the next line; ``None`` for never."""


def table(
    columns: Sequence[Column],
    records: Iterable[Mapping[str, Any]],
    encoding: str = "utf-8",
    width: int | None = None,
) -> str:
    """Return an ASCII table with a row for each of ``records``.

    What ``encoding`` does not have is written as escapes. Where it is wider than ``width``
    characters, the longest texts are shortened in their middle, to 8 characters at least.
    """
    from prettytable import PrettyTable

    rows = [
        [spelled(escape(str(column.value(record))), encoding) for column in columns]
        for record in records
    ]
    wraps = [column.width for column in columns]
    if width is not None:
        kept = _kept(columns, rows, width)
        gap = _GAP if spelled(_GAP, encoding) == _GAP else "..."
        wraps = [column.width and size for column, size in zip(columns, kept, strict=True)]
        rows = [
            [
                # A sentence in a column that may go on in the next line goes on there.
                cell if wrap and " " in cell else shortened(cell, size, gap)
                for cell, size, wrap in zip(row, kept, wraps, strict=True)
            ]
            for row in rows
        ]
    titles = [
        _centred(column.title, [row[index][:wrap] for row in rows])
        for index, (column, wrap) in enumerate(zip(columns, wraps, strict=True))
    ]
    drawn = PrettyTable(titles)
    for title, column, wrap in zip(titles, columns, wraps, strict=True):
        drawn.align[title] = column.align
        if wrap:
            drawn.max_width[title] = wrap
    drawn.add_rows(rows)
    return drawn.get_string()


def _centred(title: str, cells: Iterable[str]) -> str:
    # PrettyTable aligns a heading as its column; ours are centred above columns of either kind.
    room = max((_cells(cell) for cell in cells), default=0) - len(title)
    left = room // 2 if len(title) % 2 or room % 2 == 0 else room // 2 + 1
    return f"{' ' * left}{title}{' ' * (room - left)}" if room > 0 else title


def _kept(columns: Sequence[Column], rows: list[list[str]], width: int) -> list[int]:
    """Return how many characters each column has where the table has ``width``, if it can."""
    titles = [len(column.title) for column in columns]
    wanted = []
    for index, column in enumerate(columns):
        cells = max((_cells(row[index]) for row in rows), default=0)
        wanted.append(max(titles[index], min(cells, column.width or cells)))
    least = [max(title, _LEAST) for title in titles]
    return _levelled(wanted, least, width - _AROUND_ALL - _AROUND_CELL * len(columns))


def _levelled(widths: Sequence[int], least: Sequence[int], room: int) -> list[int]:
    """Return ``widths`` made smaller until they are ``room`` together: always the widest first."""
    kept = list(widths)
    while sum(kept) > room:
        wide = [index for index, size in enumerate(kept) if size > least[index]]
        if not wide:
            break
        kept[max(wide, key=kept.__getitem__)] -= 1
    return kept


def shortened(text: str, width: int, gap: str = _GAP) -> str:
    """Return ``text`` with ``gap`` in its middle where it has more than ``width`` characters."""
    if _cells(text) <= width:
        return text
    room = max(width - _cells(gap), 0)
    return f"{_first(text, room - room // 2)}{gap}{_first(text[::-1], room // 2)[::-1]}"


def _first(text: str, width: int) -> str:
    """Return as much of the beginning of ``text`` as ``width`` characters of a terminal hold."""
    size = 0
    for index, character in enumerate(text):
        size += _cells(character)
        if size > width:
            return text[:index]
    return text


def _cells(text: str) -> int:
    """Return how many characters of a terminal ``text`` takes."""
    if text.isascii():
        return len(text)
    from wcwidth import wcswidth

    return max(wcswidth(text), 0)
