"""What commands print, and that hostile text cannot drive a terminal."""

from __future__ import annotations

import datetime
import io
import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.core.management.base import OutputWrapper

from philo_aws.management.output import (
    LEFT,
    Column,
    Output,
    OutputError,
    escape,
    literal,
    table,
    to_json,
)
from philo_aws.management.progress import progress

COLUMNS = (
    Column(title="  ", value=lambda row: row["n"]),
    Column(title="Key", value=lambda row: row["key"], align=LEFT),
    Column(title="Size (bytes)", value=lambda row: row["size"]),
)
ROWS: list[dict[str, Any]] = [
    {"n": 1, "key": "readme.txt", "size": 1238522},
    {"n": 2, "key": "13167621.mp3", "size": 7110629},
]


class Printed:
    def __init__(self, style: str, *, quiet: bool = False) -> None:
        self.stdout, self.stderr = io.StringIO(), io.StringIO()
        streams = OutputWrapper(self.stdout), OutputWrapper(self.stderr)
        self.output = Output(*streams, style, quiet=quiet)


class Broken(io.TextIOBase):
    """A stream that fails as its file does."""

    def __init__(self, error: OSError) -> None:
        self.error = error

    def write(self, text: str) -> int:
        raise self.error

    def flush(self) -> None:
        raise self.error


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (BrokenPipeError(32, "Broken pipe"), "The reader of the output went away."),
        (OSError(28, "No space left"), "The output cannot be written: No space left."),
    ],
)
def test_output_that_cannot_be_written(error: OSError, said: str) -> None:
    stream = OutputWrapper(Broken(error))  # type: ignore[arg-type]
    output = Output(stream, stream, "json")
    writes: list[Callable[[], None]] = [
        lambda: output.answer({}),
        lambda: output.records([], ()),
        output.flush,
    ]
    for write in writes:
        with pytest.raises(OutputError) as caught:
            write()
        assert str(caught.value) == said
    output.note("A remark that nobody can read stops nothing.")


@pytest.mark.parametrize(
    ("hostile", "shown"),
    [
        ("plain äöü 漢字 🎉", "plain äöü 漢字 🎉"),
        ("a\nb\tc", r"a\nb\tc"),
        ("\x1b[31mred", r"\x1b[31mred"),
        ("\x9b31m", r"\x9b31m"),
        ("gpj.\u202eexe", r"gpj.\u202eexe"),
        ("\udcff", r"\udcff"),
        ("\x00\x7f", r"\x00\x7f"),
    ],
)
def test_what_does_not_print_is_escaped(hostile: str, shown: str) -> None:
    assert escape(hostile) == shown


def test_a_table_has_centred_headings_and_aligned_cells() -> None:
    assert table(COLUMNS, ROWS) == (
        "+----+--------------+--------------+\n"
        "|    |     Key      | Size (bytes) |\n"
        "+----+--------------+--------------+\n"
        "| 1  | readme.txt   |   1238522    |\n"
        "| 2  | 13167621.mp3 |   7110629    |\n"
        "+----+--------------+--------------+"
    )


def test_a_table_without_rows_still_has_its_headings() -> None:
    assert "| Key | Size (bytes) |" in table(COLUMNS, [])


def test_hostile_cells_stay_in_their_cell() -> None:
    drawn = table(COLUMNS, [{"n": 1, "key": "a\n| 2 | b\x1b[2J", "size": 0}])
    assert len(drawn.splitlines()) == 5
    assert "\x1b" not in drawn


def test_a_column_can_go_on_in_the_next_line() -> None:
    drawn = table(
        [Column(title="Detail", value=lambda row: row["d"], align=LEFT, width=10)],
        [{"d": "one two three four"}],
    )
    assert "| one two    |" in drawn


def test_records_in_each_format() -> None:
    for style in ("json", "jsonl"):
        printed = Printed(style)
        printed.output.records(iter(ROWS), COLUMNS)
        lines = printed.stdout.getvalue()
        parsed = (
            json.loads(lines)
            if style == "json"
            else [json.loads(line) for line in lines.splitlines()]
        )
        assert parsed == ROWS
    printed = Printed("table")
    printed.output.records(iter(ROWS), COLUMNS)
    assert printed.stdout.getvalue() == table(COLUMNS, ROWS) + "\n"


def test_an_answer_is_readable_or_json() -> None:
    answer = {"MessageId": "m", "Nested": {"a": [1, {"b": None}]}, "Empty": {}}
    printed = Printed("table")
    printed.output.answer(answer)
    assert printed.stdout.getvalue() == (
        "MessageId: m\nNested:\n  a:\n    - 1\n    - b: none\nEmpty:     none\n"
    )
    printed = Printed("jsonl")
    printed.output.answer(answer)
    assert json.loads(printed.stdout.getvalue()) == answer
    assert printed.stdout.getvalue().count("\n") == 1


def test_an_answer_can_stay_what_python_reads() -> None:
    printed = Printed("table")
    printed.output.answer({"MessageId": "m", "Nested": {"a": [1, {}]}}, as_literal=True)
    assert printed.stdout.getvalue() == (
        "{\n  'MessageId': 'm',\n  'Nested': {\n    'a': [\n      1,\n      {}\n    ]\n  }\n}\n"
    )


def test_an_answer_that_says_nothing_is_a_word_that_it_came() -> None:
    printed = Printed("table")
    printed.output.answer({"ResponseMetadata": {"HTTPStatusCode": 204}})
    assert (printed.stdout.getvalue(), printed.stderr.getvalue()) == ("", "Done.\n")


def test_quiet_leaves_data_and_errors_alone() -> None:
    printed = Printed("table", quiet=True)
    printed.output.note("a remark")
    printed.output.answer({})
    printed.output.done({"action": "upload", "bytes": 3}, source="a", target="s3://b/a")
    with progress(printed.output, total=3) as bar:
        bar.note("another")
    assert (printed.stdout.getvalue(), printed.stderr.getvalue()) == ("", "")
    printed.output.complain("an error")
    printed.output.write("data")
    assert (printed.stdout.getvalue(), printed.stderr.getvalue()) == ("data\n", "an error\n")


@pytest.mark.parametrize(
    ("size", "told"), [(0, "0 bytes"), (1, "1 byte"), (1_234_567, "1.2 MB"), (999_999, "1.0 MB")]
)
def test_one_object_is_told_in_a_line_or_as_a_record(size: int, told: str) -> None:
    record = {"action": "download", "bytes": size}
    printed = Printed("table")
    printed.output.done(record, source="s3://b/k\x1b[2J", target="k")
    assert re.fullmatch(
        rf"Downloaded s3://b/k\\x1b\[2J to k: {told} in \d+\.\d s\.\n", printed.stderr.getvalue()
    )
    assert printed.stdout.getvalue() == ""
    printed = Printed("jsonl")
    printed.output.done(record, source="s3://b/k", target="k")
    assert json.loads(printed.stdout.getvalue()) == record
    assert printed.stderr.getvalue() == ""


def test_hostile_text_in_answers_is_escaped() -> None:
    assert "\x1b" not in literal({"Body": "\x1b[2J\u202e"})
    assert to_json({"Body": "\x1b\u202e\x9b"}).isascii()


def test_json_of_what_boto_gives() -> None:
    when = datetime.datetime(2018, 4, 11, 15, 56, 52, tzinfo=datetime.UTC)
    assert json.loads(to_json({"t": when, "b": b"\xff\x00a", "s": {"y", "x"}})) == {
        "t": "2018-04-11T15:56:52+00:00",
        "b": "/wBh",
        "s": ["x", "y"],
    }
    assert literal(when) == "2018-04-11 15:56:52+00:00"


def test_notes_go_to_stderr_escaped() -> None:
    printed = Printed("json")
    printed.output.note("uploaded a\x1b[2J")
    assert printed.stdout.getvalue() == ""
    assert printed.stderr.getvalue() == "uploaded a\\x1b[2J\n"


def test_a_terminal_that_goes_away_stops_no_bar() -> None:
    class Gone(Broken):
        def isatty(self) -> bool:
            return True

        def close(self) -> None:
            """Python closes what nobody holds any more."""

    stream = OutputWrapper(Gone(OSError(5, "Input/output error")))  # type: ignore[arg-type]
    with progress(Output(stream, stream, "table"), total=3) as bar:
        bar.move(3)
        bar.note("a remark")


def test_a_table_in_an_encoding_without_the_characters() -> None:
    drawn = table(COLUMNS, [{"n": 1, "key": "ü", "size": 0}], "ascii")
    assert "| \\xfc | " in drawn
    assert len({len(line) for line in drawn.splitlines()}) == 1


def test_remarks_and_results_on_streams_of_ascii() -> None:
    out, err = (
        io.TextIOWrapper(io.BytesIO(), encoding="ascii", write_through=True) for _ in range(2)
    )
    output = Output(OutputWrapper(out), OutputWrapper(err), "table")
    output.note("ü")
    output.write("漢")
    assert err.buffer.getvalue() == b"\\xfc\n"
    assert out.buffer.getvalue() == b"\\u6f22\n"
