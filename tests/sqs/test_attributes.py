from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from philo_aws.exceptions import UsageError
from philo_aws.sqs.attributes import check_attribute, typed_attributes


def string(value: object) -> dict[str, Any]:
    return {"DataType": "String", "StringValue": value}


def number(value: object) -> dict[str, Any]:
    return {"DataType": "Number", "StringValue": value}


class TestPlainValues:
    def test_are_typed(self) -> None:
        assert typed_attributes({"s": "a", "i": 7, "f": 1.5, "b": b"\0"}) == {
            "s": string("a"),
            "i": number("7"),
            "f": number("1.5"),
            "b": {"DataType": "Binary", "BinaryValue": b"\0"},
        }

    @pytest.mark.parametrize(
        ("value", "text"),
        [
            (1e-7, "0.0000001"),
            (1e20, "100000000000000000000"),
            (-0.25, "-0.25"),
            (Decimal("0.10000000000000000000000000001"), "0.10000000000000000000000000001"),
            (Decimal("1E+5"), "100000"),
            (10**37 + 1, f"1{'0' * 36}1"),
        ],
    )
    def test_numbers_are_written_out(self, value: Any, text: str) -> None:
        assert typed_attributes({"n": value}) == {"n": number(text)}

    @pytest.mark.parametrize(
        "value",
        [float("nan"), float("inf"), Decimal("-Infinity"), 1e300, 10**5000, 10**39 + 1, 1e-200],
        ids=lambda value: f"{value:.3g}" if isinstance(value, float) else type(value).__name__,
    )
    def test_numbers_that_sqs_does_not_take(self, value: Any) -> None:
        (given,) = typed_attributes({"n": value}).values()

        with pytest.raises(UsageError, match="no number for SQS"):
            check_attribute("n", given)

    def test_botos_form_is_kept(self) -> None:
        given = {"x": {"DataType": "Number.float", "StringValue": "1"}}

        assert typed_attributes(given) == given

    @pytest.mark.parametrize("value", [True, None, [1], object()])
    def test_others_are_refused(self, value: object) -> None:
        with pytest.raises(UsageError, match="The message attribute 'x' is"):
            typed_attributes({"x": value})

    @pytest.mark.parametrize("given", ["text", ["a"], 5])
    def test_what_is_no_dict(self, given: Any) -> None:
        with pytest.raises(UsageError, match="message_attributes is no dict"):
            typed_attributes(given)


class TestNames:
    @pytest.mark.parametrize("name", ["a", "A-b_c.d", "0", "x" * 256, "awsome", "a.AWS.b", "aws"])
    def test_that_sqs_takes(self, name: str) -> None:
        assert check_attribute(name, string("v")) == len(name) + 6 + 1

    @pytest.mark.parametrize(
        "name",
        [
            *("", "x" * 257, ".a", "a.", "a..b", "a b", "a/b", "ä", "a\n", "\ud800"),
            *("AWS.x", "aws.x", "Amazon.x", "aMaZoN.x", 5, None),
        ],
        ids=repr,
    )
    def test_that_it_does_not(self, name: object) -> None:
        with pytest.raises(UsageError, match="no possible name of a message attribute") as caught:
            check_attribute(name, string("v"))

        assert caught.value.code == "InvalidParameterValue"
        assert str(caught.value).isprintable()
        assert len(str(caught.value)) < 400


class TestTypes:
    @pytest.mark.parametrize(
        "value",
        [
            {"DataType": "String.json", "StringValue": "{}"},
            {"DataType": "Number.int", "StringValue": "5"},
            {"DataType": "Binary.png", "BinaryValue": b"\x89"},
            {"DataType": f"String.{'x' * 249}", "StringValue": "v"},
        ],
        ids=lambda value: value["DataType"][:12],
    )
    def test_with_labels(self, value: dict[str, Any]) -> None:
        check_attribute("a", value)

    @pytest.mark.parametrize(
        "kind",
        ["", "string", "Str", "Strings", "String.", "Bool", f"String.{'x' * 250}", None, 5],
    )
    def test_that_there_are_not(self, kind: object) -> None:
        with pytest.raises(UsageError, match="Give 'String', 'Number' or 'Binary'") as caught:
            check_attribute("a", {"DataType": kind, "StringValue": "v"})

        assert caught.value.code == "InvalidParameterValue"

    def test_labels_hold_text_that_sqs_takes(self) -> None:
        with pytest.raises(UsageError, match="a character that SQS does not take"):
            check_attribute("a", {"DataType": "String.\0", "StringValue": "v"})

    @pytest.mark.parametrize(
        "value",
        [
            {"DataType": "String"},
            {"DataType": "String", "BinaryValue": b"x"},
            {"DataType": "Binary", "StringValue": "x"},
            {"DataType": "Binary", "BinaryValue": "x"},
            {"DataType": "String", "StringValue": b"x"},
            {"DataType": "String", "StringValue": "x", "BinaryValue": b"x"},
            {"DataType": "Binary", "StringValue": "x", "BinaryValue": b"x"},
            {"DataType": "String", "StringValue": "x", "StringListValues": ["x"]},
            {"DataType": "Number", "BinaryValue": b"1"},
        ],
        ids=repr,
    )
    def test_have_the_one_value_that_is_theirs(self, value: dict[str, Any]) -> None:
        with pytest.raises(UsageError, match='Value", and nothing else'):
            check_attribute("a", value)


class TestValues:
    @pytest.mark.parametrize(
        "value",
        [string(""), number(""), {"DataType": "Binary", "BinaryValue": b""}],
        ids=lambda value: value["DataType"],
    )
    def test_are_not_empty(self, value: dict[str, Any]) -> None:
        with pytest.raises(UsageError, match="is empty"):
            check_attribute("a", value)

    @pytest.mark.parametrize("bad", ["\0", "\x1b", "\ud800", "\uffff"])
    def test_hold_text_that_sqs_takes(self, bad: str) -> None:
        with pytest.raises(UsageError, match=r"attribute 'a' holds .* at position 1") as caught:
            check_attribute("a", string(f"x{bad}"))

        assert caught.value.code == "InvalidMessageContents"
        assert str(caught.value).isprintable()

    @pytest.mark.parametrize(
        "text",
        [
            "0",
            "-0",
            "+5",
            "5.",
            ".5",
            "1e5",
            "1E-128",
            "1e126",
            "-1e126",
            "0e999",
            "007",
            "1.50",
            "9" * 38,
            f"{'9' * 38}{'0' * 88}",
            f"0.{'0' * 90}{'9' * 38}",
        ],
    )
    def test_numbers_that_sqs_takes(self, text: str) -> None:
        check_attribute("a", number(text))

    @pytest.mark.parametrize(
        "text",
        [
            "nan",
            "inf",
            "-Infinity",
            "1_000",
            "١",
            " 1",
            "1\n",
            "0x1",
            "1e",
            ".",
            "-",
            "1,5",
            "9" * 39,
            "1.1e126",
            "1e127",
            "9e-129",
            "1e99999",
            "1" * 100000,
        ],
    )
    def test_numbers_that_it_does_not(self, text: str) -> None:
        with pytest.raises(UsageError, match="no number for SQS") as caught:
            check_attribute("a", number(text))

        assert len(str(caught.value)) < 400

    def test_count_in_bytes(self) -> None:
        assert check_attribute("kind", string("ä")) == 4 + 6 + 2
        assert check_attribute("b", {"DataType": "Binary.x", "BinaryValue": b"\0\1"}) == 1 + 8 + 2
