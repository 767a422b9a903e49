from __future__ import annotations

import json
import random
import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from philo_aws.admin.json_text import MAX_DEPTH, MAX_INPUT, MAX_OUTPUT, indented

# Whitespace outside of strings; what is in a string is matched first and kept.
BETWEEN = re.compile(r'("(?:[^"\\]|\\.)*")|[ \t\n\r]+')


def without_space(text: str) -> str:
    return BETWEEN.sub(lambda match: match[1] or "", text)


def test_a_line_for_each_value() -> None:
    shown = indented('{"a":[1,{"b":null}],"c":{},"d":[ ],"e":"x\\ty"}')
    assert shown == (
        '{\n  "a": [\n    1,\n    {\n      "b": null\n    }\n  ],\n'
        '  "c": {},\n  "d": [],\n  "e": "x\\ty"\n}'
    )


@pytest.mark.parametrize(
    "token",
    [
        *(
            "1e400",
            "-0",
            "0.10",
            "1E+2",
            "12345678901234567890123",
            '"\\u0041"',
            '"\\/"',
            '"\u2028"',
        ),
        '"' + "x" * 50_000 + '"',
    ],
)
def test_a_token_stays_as_it_was_written(token: str) -> None:
    assert indented(f"[{token}]") == f"[\n  {token}\n]"


def test_a_key_that_is_there_twice_is_shown_twice() -> None:
    assert indented('{"a":1,"a":2}') == '{\n  "a": 1,\n  "a": 2\n}'


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "x",
            "12",
            '"text"',
            "null",
            "1e999999",
            "{",
            "}",
            "[",
            "[1",
            "[1,]",
            "[,1]",
            "[1 2]",
        ),
        *(
            "{,}",
            '{"a"}',
            '{"a":}',
            '{"a" 1}',
            "{1:2}",
            '{"a":1,}',
            '{"a":1 "b":2}',
            "[1}",
            '{"a":1]',
        ),
        *("[1]]", "[1] [2]", "[01]", "[1.]", "[.5]", "[+1]", "[1e]", "[NaN]", "[True]", "[truex]"),
        *(
            "['a']",
            '["\t"]',
            '["\\x"]',
            '["\\u12"]',
            '["a',
            "[:]",
            "[1:2]",
            "[1]x",
            "\ufeff[1]",
            ":",
            ",",
        ),
        *('{"a":1:2}', '{"a"::1}', "[[]", "[1\u00a0]", '{"a","b"}', "[-]", "[1-2]", "[1e5.5]"),
    ],
)
def test_what_is_no_json_object_or_list_is_not_shown(text: str) -> None:
    assert indented(text) == ""


def test_size_depth_and_outcome_have_their_bounds() -> None:
    assert indented("[" * MAX_DEPTH + "]" * MAX_DEPTH)
    assert indented("[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1)) == ""
    fits = "[" + " " * (MAX_INPUT - 2) + "]"
    assert indented(fits) == "[]"
    assert indented(fits + " ") == ""
    # 100,000 characters of which 16 million would come.
    deep = "[" * (MAX_DEPTH - 1) + "0," * 49_000 + "0" + "]" * (MAX_DEPTH - 1)
    assert indented(deep) == ""
    assert len(indented("[1,1]", most=12)) == 12
    assert indented("[1,1]", most=11) == ""


@pytest.mark.parametrize(
    "text",
    [
        *("[" * MAX_INPUT, "[" * 64_000 + "]" * 36_000, '{"a":' * 20_000, '"' * MAX_INPUT),
        *("[" + '"\\' * 49_000, "[" + "1" * 99_990, "[" + "-" * 99_990, " " * MAX_INPUT),
        *('["' + "\\u00" * 24_000, "[" + "0," * 49_000, '{"a":1,' * 14_000, "[1e" + "9" * 99_000),
    ],
)
def test_no_text_costs_more_than_its_length(text: str) -> None:
    began = time.process_time()
    assert len(indented(text)) <= MAX_OUTPUT
    # Measured: a tenth of a second. What tries again and again takes minutes.
    assert time.process_time() - began < 5


values = st.recursive(
    st.none()
    | st.booleans()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.integers()
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=30,
)


@given(values, st.booleans(), st.sampled_from([None, 0, 1, "\t"]))
def test_nothing_but_whitespace_changes(value: object, ascii_only: bool, indent: object) -> None:
    text = json.dumps(value, ensure_ascii=ascii_only, indent=indent)  # type: ignore[arg-type]
    shown = indented(text)
    if not isinstance(value, list | dict):
        assert shown == ""
        return
    assert without_space(shown) == without_space(text)
    assert shown == json.dumps(value, ensure_ascii=ascii_only, indent=2)


@given(st.text(alphabet='[]{},:"\\u01e+-. \n9tab', max_size=30))
def test_it_takes_what_python_takes_and_nothing_else(text: str) -> None:
    try:
        expected = isinstance(json.loads(text, parse_constant=None), list | dict)
    except ValueError:
        expected = False
    shown = indented(text)
    assert bool(shown) == expected
    if shown:
        assert without_space(shown) == without_space(text)


def test_it_takes_what_python_takes_of_what_was_broken() -> None:
    generator = random.Random(7)
    whole = json.dumps({"a": [1, -2.5e-3, {"b": 'x\\y"z'}, [], {}], "c": None, "d": True})
    for _ in range(5000):
        position = generator.randrange(len(whole))
        changed = whole[:position] + generator.choice('[]{},:"0 \\') + whole[position + 1 :]
        try:
            json.loads(changed)
        except ValueError:
            assert indented(changed) == "", changed
        else:
            assert without_space(indented(changed)) == without_space(changed)
