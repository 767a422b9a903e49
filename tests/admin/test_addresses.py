from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, quote_plus

import pytest
from django.http import QueryDict
from hypothesis import given
from hypothesis import strategies as st

from philo_aws.admin.addresses import LONG, pack, query_string, read_parameter, unpack

LONGEST = [
    "ü" * 512,
    "日" * 341 + "x",
    "/" * 1024,
    "%" * 1024,
    "\n" * 1024,
    "a" * 1024,
    "b64:" * 256,
]


@pytest.mark.parametrize("key", LONGEST)
def test_no_key_makes_an_address_that_a_server_refuses(key: str) -> None:
    query = query_string({"key": key, "select_key": pack(key), "prefix": key, "empty": ""})
    assert len(query) < 4200
    assert len(query_string({"key": key})) < 1400
    # Quoted again, as the page of the log-in does it.
    assert len(quote_plus(query_string({"key": key}))) < 1400
    values = QueryDict(query)
    assert read_parameter(values, "key") == key
    assert unpack(values["select_key"]) == key


def test_short_values_stay_readable() -> None:
    assert query_string({"key": "a/b ü", "version": "", "token": None}) == "key=a%2Fb+%C3%BC"
    assert query_string({"key": "x" * LONG}) == "key=" + "x" * LONG
    assert query_string({"key": "x" * (LONG + 1)}).startswith("key_b64=")
    assert pack("a/b\n%") == "a/b%0A%25"


@pytest.mark.parametrize("value", ["=", "a", "é", "//", "-" * 5, "_w"])
def test_base64_that_is_none_is_no_value(value: str) -> None:
    assert read_parameter({"key_b64": value}, "key") in ("", "\x00")
    assert unpack(f"b64:{value}") == ""


def test_the_plain_parameter_counts_first() -> None:
    assert read_parameter({"key": "a", "key_b64": "Yg"}, "key") == "a"
    assert read_parameter({"key_b64": "Yg"}, "key") == "b"
    assert read_parameter({}, "key") == ""


@given(st.text(), st.text(alphabet="ü%/\nb64: "))
def test_every_key_comes_back(one: str, other: str) -> None:
    for key in (one, other, (one + other + "x") * 40):
        assert unpack(pack(key)) == key
        query: Any = QueryDict(query_string({"key": key}))
        assert read_parameter(query, "key") == key
        form = parse_qs(f"k={quote_plus(pack(key))}", keep_blank_values=True)["k"][0]
        assert unpack(form) == key
