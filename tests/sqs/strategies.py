"""What SQS takes, for property tests: bodies, attributes, ids."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

NAME = "ABCXYZabcxyz0189-_"

texts = st.text(
    st.characters(
        exclude_categories=["Cs"],
        exclude_characters="".join(map(chr, {*range(32)} - {9, 10, 13})) + "\ufffe\uffff",
    ),
    min_size=1,
    max_size=40,
)

names = st.lists(st.text(NAME, min_size=1, max_size=12), min_size=1, max_size=3).map(".".join)
names = names.filter(lambda name: not name.lower().startswith(("aws.", "amazon.")))

labels = st.one_of(st.just(""), texts.map(lambda text: f".{text}"))

numbers = st.one_of(
    st.integers(-(10**38) + 1, 10**38 - 1).map(str),
    st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**30), max_value=10**30)
    .filter(lambda value: abs(value) > Decimal("1e-100") or not value)
    .map(lambda value: format(value, "f"))
    .filter(lambda text: len(text.replace(".", "").strip("-0")) <= 38),
)


def _attribute(kind: str, values: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    key = "BinaryValue" if kind == "Binary" else "StringValue"
    return st.builds(lambda label, value: {"DataType": kind + label, key: value}, labels, values)


typed = st.one_of(
    _attribute("String", texts),
    _attribute("Number", numbers),
    _attribute("Binary", st.binary(min_size=1, max_size=40)),
)

attributes = st.dictionaries(names, typed, max_size=10)

ids = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=128)
