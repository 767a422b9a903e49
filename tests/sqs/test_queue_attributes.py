from __future__ import annotations

from typing import Any

import pytest

from philo_aws.exceptions import UsageError
from philo_aws.sqs.queue_attributes import attribute_strings, tag_strings


class TestAttributes:
    def test_are_strings(self) -> None:
        given: dict[str, Any] = {
            "a": "text",
            "b": 5,
            "c": True,
            "d": {"x": [1, "y"]},
            "e": ["z"],
            "f": "",
        }

        assert attribute_strings(given, fifo=False) == {
            "a": "text",
            "b": "5",
            "c": "true",
            "d": '{"x": [1, "y"]}',
            "e": '["z"]',
            "f": "",
        }

    @pytest.mark.parametrize(
        "value",
        [
            None,
            1.5,
            b"x",
            float("nan"),
            {"x": float("nan")},
            {"x": object()},
            {1, 2},
            "\x00",
            {"x": {"y": b"z"}},
            10**5000,
        ],
        ids=lambda value: type(value).__name__,
    )
    def test_that_cannot_be(self, value: Any) -> None:
        with pytest.raises(UsageError, match="The attribute 'a'"):
            attribute_strings({"a": value}, fifo=False)

    @pytest.mark.parametrize("given", ["text", ["a"], {5: "x"}, 7], ids=repr)
    def test_that_are_none(self, given: Any) -> None:
        with pytest.raises(UsageError, match=r"^attributes "):
            attribute_strings(given, fifo=False)

    @pytest.mark.parametrize(
        ("value", "fifo"), [(False, False), ("false", False), (True, True), ("TRUE", True)]
    )
    def test_fifo_that_agrees_with_the_name_is_left_out(self, value: Any, fifo: bool) -> None:
        given = {"FifoQueue": value, "DelaySeconds": 5}

        assert attribute_strings(given, fifo=fifo) == {"DelaySeconds": "5"}

    @pytest.mark.parametrize(("value", "fifo"), [(True, False), ("false", True), ("x", True)])
    def test_fifo_that_contradicts_it(self, value: Any, fifo: bool) -> None:
        with pytest.raises(UsageError, match=r"FifoQueue is .* name ends in '.fifo'"):
            attribute_strings({"FifoQueue": value}, fifo=fifo)


class TestTags:
    def test_are_kept(self) -> None:
        assert tag_strings({"team": "ä", "empty": ""}) == {"team": "ä", "empty": ""}
        assert tag_strings(None) == {}

    @pytest.mark.parametrize(
        ("given", "problem"),
        [
            ({"a": 1}, "The tag 'a' is 1"),
            ({"a": None}, "The tag 'a' is None"),
            ({"a": "x" * 257}, "256 characters at most"),
            ({"a": "\0"}, "The tag 'a' holds"),
            ({"\ud800": "x"}, "The name of the tag holds"),
            ({"x" * 129: "v"}, "no possible name of a tag"),
            ({"aws:x": "v"}, "no possible name of a tag"),
            ({str(n): "v" for n in range(51)}, "There are 51 tags"),
            ("a=b", "tags is no dict"),
            ({5: "x"}, "tags has the name 5"),
        ],
        ids=lambda value: str(value)[:20],
    )
    def test_that_cannot_be(self, given: Any, problem: str) -> None:
        with pytest.raises(UsageError, match=problem):
            tag_strings(given)
