from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from philo_aws.admin.pairs import PairError, from_one_line, one_line, read, written


@pytest.mark.parametrize(
    ("pairs", "text"),
    [
        ({"env": "prod", "a b": "c=d"}, "env=prod\na b=c=d"),
        ({"env": ""}, "env="),
        ({"a=b": "c"}, '"a=b"=c'),
        ({" a": "b "}, '" a"="b "'),
        ({"": "x"}, '""=x'),
        ({"a": "two\r\nlines"}, 'a="two\\r\\nlines"'),
        ({"a": '"quoted"', "b": 'in "the" middle'}, 'a="\\"quoted\\""\nb=in "the" middle'),
        ({"größe": "größer", "日": "本"}, "größe=größer\n日=本"),
        ({"a": "\u2028", "b": "\u3000", "c": "\x85"}, 'a="\\u2028"\nb="\\u3000"\nc="\\u0085"'),
        ({}, ""),
    ],
)
def test_what_a_line_cannot_hold_is_in_quotes(pairs: dict[str, str], text: str) -> None:
    assert written(pairs) == text
    assert read(text) == list(pairs.items())


@pytest.mark.parametrize(
    ("text", "pairs"),
    [
        ("env = prod \r\n\r\n  team=web", [("env", "prod"), ("team", "web")]),
        (' "a" = "b " ', [("a", "b ")]),
        ('"a"=', [("a", "")]),
        ("a=1\na=2", [("a", "1"), ("a", "2")]),
        ("a=\u2028b", [("a", "b")]),
    ],
)
def test_what_a_person_types(text: str, pairs: list[tuple[str, str]]) -> None:
    assert read(text) == pairs


@pytest.mark.parametrize(
    "line",
    ["x", "=x", " = ", '"x"', '"x" y=z', '"x=y', 'x="y', 'x="y" z', 'x="\\q"', '"\\q"=x', 'x="'],
)
def test_what_is_no_pair_is_told(line: str) -> None:
    with pytest.raises(PairError) as caught:
        read(f"a=b\n{line}")
    assert caught.value.line == line


hostile = st.text(alphabet=' \t\r\n="\\\u2028\x85\u3000\u00e9e\u0301\0ab\U0001f600', max_size=8)
texts = hostile | st.text(max_size=20)


@given(st.dictionaries(texts, texts, max_size=5))
def test_whatever_was_written_is_read(pairs: dict[str, str]) -> None:
    text = written(pairs)
    assert read(text) == list(pairs.items())
    # As a browser sends it.
    assert "\r" not in text
    assert read(text.replace("\n", "\r\n")) == list(pairs.items())


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a b", "a b"),
        (" a ", " a "),
        ('"a"', '"a"'),
        ('"', '"'),
        ("a\nb", '"a\\nb"'),
        ("a\r", '"a\\r"'),
        ('"a\\nb"', '"\\"a\\\\nb\\""'),
        ("\tü", "\tü"),
    ],
)
def test_what_a_field_of_one_line_cannot_hold_is_in_quotes(text: str, line: str) -> None:
    assert one_line(text) == line
    assert from_one_line(line) == text


@pytest.mark.parametrize("line", ['"a', 'a"', '"\\q"', '"a" ', '"a\\u0041"'])
def test_what_is_not_written_so_stays(line: str) -> None:
    assert from_one_line(line) == line


@given(texts | st.text(alphabet='"\\n\n', max_size=12))
def test_whatever_the_key_it_comes_back(text: str) -> None:
    line = one_line(text)
    assert "\n" not in line
    assert "\r" not in line
    assert from_one_line(line) == text
