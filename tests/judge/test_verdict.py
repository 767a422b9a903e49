"""The judge: what is a fault, what is not."""

from __future__ import annotations

import pytest

from tests.judge.expected import EXPECTED
from tests.judge.suites import SUITES
from tests.judge.verdict import Expected, Outcomes, judge

DISK = Expected(reason="it looks at the disk", tests=["t.Disk.test_mode", "t.Links.*"])
GOOD: Outcomes = {
    "t.Works.test_it": ("passed", ""),
    "t.Works.test_elsewhere": ("skipped", "Windows"),
    "t.Disk.test_mode": ("failed", "no path"),
    "t.Links.test_one": ("failed", "no path"),
    "t.Links.test_two": ("failed", "no path"),
}


def test_what_is_expected_is_no_fault() -> None:
    verdict = judge(GOOD, [DISK], (5, 2))
    assert not verdict.faults
    assert (verdict.passed, verdict.expected, verdict.skipped) == (1, 3, 1)
    assert str(verdict).startswith("1 of 5 pass, 3 are expected to fail, 1 skipped, 0 faults")


def test_an_unexpected_failure_is_a_fault_with_its_text() -> None:
    [fault] = judge({**GOOD, "t.Works.test_it": ("failed", "wrong zone")}, [DISK], (5, 2)).faults
    assert fault == "t.Works.test_it: failed\nwrong zone"


@pytest.mark.parametrize("test", ["t.Disk.test_mode", "t.Links.test_two"])
def test_one_of_the_list_that_passes_is_a_fault(test: str) -> None:
    [fault] = judge({**GOOD, test: ("passed", "")}, [DISK], (5, 2)).faults
    assert fault == f"{test}: passed, and was to fail because it looks at the disk"


@pytest.mark.parametrize(("outcome", "passed"), [("passed", 2), ("failed", 1)])
def test_what_depends_on_the_moment_may_do_both(outcome: str, passed: int) -> None:
    moment = Expected(reason="whole seconds", tests=["t.Works.test_time"], always=False)
    verdict = judge({**GOOD, "t.Works.test_time": (outcome, "")}, [DISK, moment], (5, 2))
    assert not verdict.faults
    assert verdict.passed == passed


def test_a_name_that_no_test_has_is_a_fault() -> None:
    mistyped = Expected(reason="mistyped", tests=["t.Disk.test_mood", "t.Chains.*"])
    faults = judge(GOOD, [DISK, mistyped], (5, 2)).faults
    assert [fault.partition(":")[0] for fault in faults] == ["t.Disk.test_mood", "t.Chains.*"]


def test_what_other_versions_have_is_not_asked_of_this_one() -> None:
    later = Expected(reason="later", tests=["t.New.test_it"], since=(6, 0))
    earlier = Expected(reason="earlier", tests=["t.Old.test_it"], until=(5, 1))
    assert not judge(GOOD, [DISK, later, earlier], (5, 2)).faults
    assert judge(GOOD, [DISK, later], (6, 0)).faults


def test_a_class_that_cannot_be_set_up_is_a_fault() -> None:
    verdict = judge({**GOOD, "setUpClass (t.Works)": ("failed", "no server")}, [DISK], (5, 2))
    assert len(verdict.faults) == 1


def test_each_expectation_has_a_reason_and_belongs_to_a_suite() -> None:
    assert set(EXPECTED) <= set(SUITES)
    named = [test for each in EXPECTED.values() for one in each for test in one.tests]
    assert all(one.reason and one.tests for each in EXPECTED.values() for one in each)
    for suite, expected in EXPECTED.items():
        labels = tuple(SUITES[suite].labels)
        assert all(test.startswith(labels) for one in expected for test in one.tests), suite
    assert all(test.count(".") >= 3 for test in named)
