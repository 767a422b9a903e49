from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from philo_aws.admin import tabular
from philo_aws.admin.tabular import Table, table_of


def shown(text: str, **options: object) -> Table:
    found = table_of(text, **options)  # type: ignore[arg-type]
    assert found is not None
    return found


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
def test_the_mark_between_the_columns_is_found(mark: str) -> None:
    table = shown(f"name{mark}price\nbread{mark}1.50\n\nmilk{mark}0.99\n")
    assert table.head == ("name", "price")
    assert table.rows == (("bread", "1.50"), ("milk", "0.99"))
    assert not table.more_rows
    assert not table.more_columns


def test_a_comma_within_amounts_is_not_the_mark() -> None:
    assert shown("Name;Preis\nBrot;1,50\nMilch;0,99\n").rows[0] == ("Brot", "1,50")


def test_quotes_are_read_as_they_are_meant() -> None:
    table = shown('a,b\n"x, y","he said ""hi"""\n"two\nlines",2\n')
    assert table.rows == (("x, y", 'he said "hi"'), ("two\\nlines", "2"))
    assert not table.quotes_kept


@pytest.mark.parametrize("text", ['a,b\n"x"y,2\n3,4\n', 'a,b\n"x,2\n3,4\n'])
def test_quotes_that_make_no_sense_are_shown_as_they_are(text: str) -> None:
    table = shown(text)
    assert table.quotes_kept
    assert table.rows[0][0].startswith('"x')
    assert table.rows[1] == ("3", "4")


def test_rows_of_different_lengths_are_filled_up() -> None:
    table = shown("a,b\n1\n2,3,4\n")
    assert table.head == ("1", "2", "3")
    assert table.rows == (("a", "b", ""), ("1", "", ""), ("2", "3", "4"))


@pytest.mark.parametrize("first", ["1,2", "a,", "a,a", "2026-01-31,x"])
def test_a_first_row_that_names_nothing_is_a_row(first: str) -> None:
    table = shown(f"{first}\nx,y\n")
    assert table.head == ("1", "2")
    assert len(table.rows) == 2


def test_it_is_bounded_and_says_so() -> None:
    width, height = tabular.MAX_COLUMNS + 5, tabular.MAX_ROWS + 50
    line = ",".join(["x" * 500] * width)
    table = shown("\n".join([line] * height))
    assert len(table.rows) == tabular.MAX_ROWS
    assert table.more_rows
    assert {len(row) for row in table.rows} == {tabular.MAX_COLUMNS}
    assert (table.more_columns, table.columns) == (True, width)
    assert "300 more characters" in table.rows[0][0]


def test_the_row_at_which_a_text_is_cut_is_left_out() -> None:
    assert shown('a,b\n1,2\n3,"4', cut=True).rows == (("1", "2"),)
    assert shown("a,b\n1,2\n3,4", cut=True).rows == (("1", "2"),)
    assert shown("a,b\n1,2\n3,4", cut=True).more_rows


def test_a_quote_that_never_ends_does_not_swallow_the_table() -> None:
    table = shown('a,b\n1,"2\n' + "3,4\n" * 90, cut=True)
    assert table.quotes_kept
    assert table.rows[0] == ("1", '"2')
    assert len(table.rows) == 90


def test_of_the_end_the_last_rows_are_shown_and_no_headings() -> None:
    table = shown("".join(f"name,{number}\n" for number in range(500)), is_end=True)
    assert table.head == ("1", "2")
    assert table.rows[-1] == ("name", "499")
    assert len(table.rows) == tabular.MAX_ROWS
    assert table.more_rows


@pytest.mark.parametrize("text", ["", "\n\n", "only one column\nof words\n"])
def test_what_nothing_divides_is_no_table(text: str) -> None:
    assert table_of(text) is None


def test_what_cannot_be_seen_is_spelt_out() -> None:
    assert shown("a,b\n\u202ex,y\n").rows == (("\\u202ex", "y"),)


@given(st.text(alphabet='",;\t\n\r|a1 \x00\u202e', max_size=300), st.booleans(), st.booleans())
def test_no_text_is_an_error(text: str, cut: bool, is_end: bool) -> None:
    for mark in ("", ",", "\t"):
        table = table_of(text.replace("\0", ""), mark=mark, cut=cut, is_end=is_end)
        assert table is None or all(len(row) == len(table.head) for row in table.rows)


def test_hostile_text_takes_no_longer() -> None:
    began = time.process_time()
    for text in ('"' * 65_000, '",' * 32_000, "\n" * 65_000, "," * 65_000, '"\n' * 32_000):
        table_of(text, cut=True)
    assert time.process_time() - began < 5
