"""A table made fit to read of text whose columns are divided by a mark: CSV and TSV.

No two programs write it alike, so nothing in it is an error: what cannot be read by the rules of
RFC 4180 is shown as it stands. What comes out is bounded whatever went in.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass

from .text import visible

MAX_ROWS = 100
"""Rows that are shown, without the headings."""
MAX_COLUMNS = 30
"""Columns that are shown."""
MAX_CELL = 200
"""Characters of a cell that are shown."""

_MARKS = ",;\t|"
# Lines by which the mark between the columns is found.
_LOOKED_AT = 20
# Lines that one cell may have at the end of a text that was cut; more are a quote that never ends.
_MOST_LINES = 50


@dataclass(frozen=True, kw_only=True)
class Table:
    """What is shown of a table."""

    head: tuple[str, ...]
    """The headings, or the numbers of the columns where the first row is none of headings."""
    rows: tuple[tuple[str, ...], ...]
    """Each with as many cells as there are headings."""
    more_rows: bool = False
    """Whether there are more rows than are shown."""
    columns: int = 0
    """Columns of the widest row, shown or not."""
    quotes_kept: bool = False
    """Whether quotes stand where they make no sense, and so are shown as they are."""

    @property
    def more_columns(self) -> bool:
        """Whether there are more columns than are shown."""
        return self.columns > len(self.head)


def table_of(text: str, *, mark: str = "", cut: bool = False, is_end: bool = False) -> Table | None:
    """Return the table; ``None`` where there is none: no text, or nothing that divides it.

    ``mark`` stands between the columns; without one it is found. ``cut`` says that there is more
    text, of which the last row may be a part; ``is_end`` that this is the end of a longer text,
    whose last rows are shown and whose headings are not in it.
    """
    mark = mark or _found_mark(text)
    if not mark:
        return None
    rows, odd = _rows(text, mark, cut=cut)
    if not rows:
        return None
    widest = max(map(len, rows))
    shown = min(widest, MAX_COLUMNS)
    if not is_end and len(rows) > 1 and _are_headings(rows[0], widest):
        head, rows = rows[0], rows[1:]
    else:
        head = [str(number) for number in range(1, shown + 1)]
    more = len(rows) > MAX_ROWS or cut or is_end
    if is_end:
        rows = rows[-MAX_ROWS:]
    return Table(
        head=_cells(head, shown),
        rows=tuple(_cells(row, shown) for row in rows[:MAX_ROWS]),
        more_rows=more,
        columns=widest,
        quotes_kept=odd,
    )


def _rows(text: str, mark: str, *, cut: bool) -> tuple[list[list[str]], bool]:
    """Return the rows, empty ones left out, and whether the quotes in them make no sense."""
    rows: list[list[str]] = []
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=mark, strict=True)
    read = 0
    try:
        for row in reader:
            read = reader.line_num
            if row:
                rows.append(row)
    except csv.Error:
        # The last row of a text that was cut may end within quotes.
        if not cut or reader.line_num - read > _MOST_LINES or not _ended(text, reader.line_num):
            plain = csv.reader(
                io.StringIO(text, newline=""), delimiter=mark, quoting=csv.QUOTE_NONE
            )
            rows = [row for row in plain if row]
            return (rows[:-1] if cut and len(rows) > 1 else rows), True
        return rows, False
    return (rows[:-1] if cut and len(rows) > 1 else rows), False


def _ended(text: str, line: int) -> bool:
    """Say whether a reader that has read so many lines has read them all."""
    return line >= sum(1 for _ in io.StringIO(text, newline=""))


def _found_mark(text: str) -> str:
    """Return what divides most of the first lines into the same number of parts; or nothing."""
    lines = [line for line in text[:20_000].splitlines() if line.strip()][:_LOOKED_AT]
    best, found = (0, 0), ""
    for mark in _MARKS:
        counts = [len(row) for row in csv.reader(lines, delimiter=mark)]
        wide = [count for count in counts if count > 1]
        if wide:
            usual = max(wide, key=counts.count)
            found, best = max(((mark, (counts.count(usual), usual)), (found, best)), key=_weight)
    return found


def _weight(choice: tuple[str, tuple[int, int]]) -> tuple[int, int]:
    return choice[1]


def _are_headings(row: list[str], widest: int) -> bool:
    """Say whether a first row names the columns: each cell is there, once, and is no number."""
    return (
        len(row) == widest
        and all(cell.strip() for cell in row)
        and len(set(row)) == len(row)
        and not any(_is_number(cell) for cell in row)
    )


def _is_number(cell: str) -> bool:
    # Dates and amounts too.
    return not any(character.isalpha() for character in cell)


def _cells(row: list[str], shown: int) -> tuple[str, ...]:
    cells = [visible(cell, most=MAX_CELL) for cell in row[:shown]]
    return (*cells, *[""] * (shown - len(cells)))
