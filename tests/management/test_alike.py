"""Remarks of one cause are one line."""

from __future__ import annotations

import pytest

from philo_aws.management import alike
from philo_aws.management.alike import Alike

DENIED = (
    "AWS denied access to object {0!r} in bucket 'b': AWS said: not authorized on resource: "
    '"arn:aws:s3:::b/{0}"'
)


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A loaded machine takes its time."""
    monkeypatch.setattr(alike, "_TOGETHER", 1e9)


class Told(Alike):
    def __init__(self, most: int = 100) -> None:
        self.lines: list[str] = []
        super().__init__(lambda kind, line: self.lines.append(line), most)


@pytest.mark.parametrize("name", ["{}", "static/{}.css"], ids=["short", "long"])
def test_what_differs_in_the_name_alone_is_one_line(name: str) -> None:
    told = Told()
    for number in range(1000):
        key = name.format(number)
        told.add("Failed", DENIED.format(key), ("", key))
    told.tell()
    assert told.lines == []
    told.tell(last=True)
    first = DENIED.format(name.format(0))
    assert told.lines == [f"Failed: {first} (The same with 999 other objects.)"]


def test_the_same_words_are_one_line_and_other_words_another() -> None:
    told = Told()
    for sentence in ("No bucket.", "'f' is broken.", "No bucket."):
        told.add("Failed", sentence, ("k",))
    told.add("Skipped", "No bucket.", ("k",))
    told.tell(last=True)
    assert told.lines == [
        "Failed (2 objects): No bucket.",
        "Failed: 'f' is broken.",
        "Skipped: No bucket.",
    ]


def test_what_came_after_it_was_told_is_told_at_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alike, "_TOGETHER", 0.0)
    told = Told()
    for key in ("one", "two"):
        told.add("Failed", f"{key!r} is broken.", (key,))
    told.tell()
    told.add("Failed", "'three' is broken.", ("three",))
    told.tell()
    told.tell(last=True)
    told.tell(last=True)
    assert told.lines == [
        "Failed: 'one' is broken. (The same with 1 other object.)",
        "Failed, 1 more object for the same reason as: 'one' is broken.",
    ]


def test_so_many_causes_are_kept_and_no_more() -> None:
    told = Told(most=2)
    for number in range(4):
        told.add("Failed", f"Cause {number}.", ())
    assert told.lines == ["Failed: Cause 2.", "Failed: Cause 3."]
    told.tell(last=True)
    assert told.lines[2:] == ["Failed: Cause 0.", "Failed: Cause 1."]


def test_a_short_name_is_no_part_of_the_words() -> None:
    told = Told()
    for key in "abc":
        told.add("Failed", f"object {key!r}: a bad back cannot be", (key,))
    told.tell(last=True)
    assert len(told.lines) == 1
