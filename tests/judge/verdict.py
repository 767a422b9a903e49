"""What a run shows, held against what was expected of it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from tests.judge.runner import FAILED, PASSED, SKIPPED

Outcomes = Mapping[str, tuple[str, str]]
"""The outcome of each test and the text of its failure, by the test's id."""


@dataclass(frozen=True, kw_only=True)
class Expected:
    """Tests that cannot pass."""

    reason: str
    """Why each of them cannot."""
    tests: Sequence[str]
    """Their ids; `*` at the end stands for all that begin so."""
    since: tuple[int, int] = (0, 0)
    """The first version of Django that has them."""
    until: tuple[int, int] = (99, 0)
    """The last version of Django that has them."""
    always: bool = True
    """Whether they fail each time; else they pass in some moments."""


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """Whether a run is as it should be."""

    passed: int
    """How many tests did."""
    expected: int
    """How many failed that were to."""
    skipped: int
    """How many Django did not run."""
    faults: Sequence[str]
    """What is not as it should be, each with its test and the reason."""

    def __str__(self) -> str:
        total = self.passed + self.expected + self.skipped + len(self.faults)
        return (
            f"{self.passed} of {total} pass, {self.expected} are expected to fail,"
            f" {self.skipped} skipped, {len(self.faults)} faults"
        )


def judge(outcomes: Outcomes, expected: Sequence[Expected], version: tuple[int, int]) -> Verdict:
    """Hold the outcomes of a suite against the list; `version` is Django's."""
    valid = [each for each in expected if each.since <= version <= each.until]
    reasons = dict(named(outcomes, valid))
    failing = dict(named(outcomes, [each for each in valid if each.always]))
    wrong = list(unlike(outcomes, reasons, failing))
    wrong += [
        f"{test}: is expected to fail, and is no test of this Django"
        for each in valid
        for test in each.tests
        if not matching(outcomes, test)
    ]
    results = {test: outcome for test, (outcome, _) in outcomes.items()}
    return Verdict(
        passed=sum(each == PASSED and test not in failing for test, each in results.items()),
        expected=sum(each == FAILED and test in reasons for test, each in results.items()),
        skipped=sum(each == SKIPPED for each in results.values()),
        faults=wrong,
    )


def matching(outcomes: Outcomes, pattern: str) -> list[str]:
    """The tests that are meant."""
    if pattern.endswith("*"):
        return [test for test in outcomes if test.startswith(pattern[:-1])]
    return [pattern] if pattern in outcomes else []


def named(outcomes: Outcomes, expected: Sequence[Expected]) -> Iterator[tuple[str, str]]:
    """Each test that is to fail, with its reason."""
    for each in expected:
        for pattern in each.tests:
            for test in matching(outcomes, pattern):
                yield test, each.reason


def unlike(
    outcomes: Outcomes, may_fail: Collection[str], has_to_fail: Mapping[str, str]
) -> Iterator[str]:
    """The tests that failed unexpectedly, and those that passed so."""
    for test, (outcome, text) in outcomes.items():
        if outcome == FAILED and test not in may_fail:
            yield f"{test}: failed\n{text}"
        elif outcome == PASSED and test in has_to_fail:
            yield f"{test}: passed, and was to fail because {has_to_fail[test]}"
