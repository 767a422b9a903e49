"""Tests for arguments.py."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from philo_aws import arguments
from philo_aws.exceptions import UsageError

DIRECTIONS = ("up", "down")


def refusal(check: Callable[..., Any], *given: Any) -> str:
    """The sentence with which ``check`` refuses what is given."""
    with pytest.raises(UsageError) as caught:
        check("it", *given)
    return str(caught.value)


def test_one_of_returns_the_choice() -> None:
    assert arguments.one_of("direction", "down", DIRECTIONS) == "down"


@pytest.mark.parametrize("value", ["Up", "UP", " up", "--up", "u p"])
def test_one_of_names_the_nearest_choice(value: str) -> None:
    sentence = refusal(arguments.one_of, value, DIRECTIONS)
    assert sentence == f"it is {value!r}. Did you mean 'up'? It can be 'up' or 'down'."


@pytest.mark.parametrize("value", ["", "md5", None, True, 1, b"up", ["up"], ("up", "down"), {}])
def test_one_of_refuses_everything_else(value: object) -> None:
    sentence = refusal(arguments.one_of, value, DIRECTIONS)
    assert sentence == f"it is {value!r}. It can be 'up' or 'down'."


def test_one_of_lists_one_choice_and_three() -> None:
    assert refusal(arguments.one_of, 1, ("a",)).endswith(" It can be 'a'.")
    assert refusal(arguments.one_of, 1, ("a", "b", "c")).endswith(" It can be 'a', 'b' or 'c'.")


def test_numbers() -> None:
    assert arguments.whole_number("it", 0) == 0
    assert arguments.whole_number("it", 7, 1, 7) == 7
    assert arguments.number("it", 0.5, 0, 1) == 0.5
    assert arguments.number("it", 1, 0, 1) == 1


@pytest.mark.parametrize("value", [-1, 1.0, float("nan"), True, False, "3", None, b"3", [3]])
def test_what_is_no_whole_number(value: object) -> None:
    assert refusal(arguments.whole_number, value) == (
        f"it is {value!r}. Give a whole number of 0 or more."
    )


def test_numbers_have_two_ends() -> None:
    for value in (0, 1025):
        assert refusal(arguments.whole_number, value, 1, 1024) == (
            f"it is {value}. Give a whole number from 1 to 1,024."
        )
    for wrong in (-0.1, 1.1, float("nan"), float("inf"), True, "1", None):
        assert "Give a number from 0 to 1." in refusal(arguments.number, wrong, 0, 1)


def test_yes_or_no() -> None:
    assert arguments.yes_or_no("it", True) is True
    assert arguments.yes_or_no("it", False) is False
    for value in ("no", "", 0, 1, None):
        assert refusal(arguments.yes_or_no, value) == f"it is {value!r}. Give True or False."


def test_text() -> None:
    assert arguments.text("it", "") == ""
    for value in (None, 3, b"a", ["a"]):
        assert refusal(arguments.text, value) == f"it is {value!r}. Give a text."


def test_lists() -> None:
    assert arguments.list_of_strings("it", ["a", "b"]) == ("a", "b")
    assert arguments.list_of_strings("it", iter("ab")) == ("a", "b")
    assert arguments.list_of_strings("it", {"a": 1}.keys()) == ("a",)
    assert arguments.list_of("it", [1], int) == (1,)


def test_a_text_is_no_list_of_its_letters() -> None:
    assert refusal(arguments.list_of_strings, "abc") == (
        "it is the one text 'abc'. Give a list: ['abc']."
    )
    assert refusal(arguments.list_of, "abc", int, "number") == (
        "it is 'abc'. Give a list, each of it a number."
    )
    assert (
        refusal(arguments.list_of, 3, int, "number") == "it is the one number 3. Give a list: [3]."
    )


@pytest.mark.parametrize("value", [None, 3, True, b"abc", {"a": "b"}])
def test_what_is_no_list(value: object) -> None:
    assert refusal(arguments.list_of_strings, value) == (
        f"it is {value!r}. Give a list, each of it a text."
    )


def test_a_list_holds_one_kind() -> None:
    assert refusal(arguments.list_of_strings, ["a", None]) == "it holds None, which is no text."


def test_mappings() -> None:
    given = {"A": 1}
    made = arguments.mapping("it", given)
    assert made == given
    assert made is not given
    assert arguments.mapping("it", None) == {}
    assert refusal(arguments.mapping, {1: "a"}) == "it has the name 1, which is no text."
    for value in ([("a", "b")], "secret", 0, False, ()):
        sentence = refusal(arguments.mapping, value)
        assert sentence == 'it is no dict. Give one such as {"Name": "value"}.'


def test_instances() -> None:
    assert arguments.instance_of("it", 3, int) == 3
    assert refusal(arguments.instance_of, {"a": 1}, int) == "it is {'a': 1}, no int."


def test_long_values_are_cut() -> None:
    assert len(refusal(arguments.text, ["a" * 1000])) < 120
