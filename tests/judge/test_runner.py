"""What became of each of Django's tests is noted: the first thing that went wrong decides."""

from __future__ import annotations

import io
import unittest
from unittest import mock

import pytest

from tests.judge import swaps
from tests.judge.runner import Result


class Examples(unittest.TestCase):
    __test__ = False  # for pytest

    def test_passes(self) -> None:
        pass

    def test_fails(self) -> None:
        self.fail("it is wrong")

    def test_raises(self) -> None:
        raise ValueError("it breaks")

    def test_has_a_part_that_fails(self) -> None:
        for number in range(3):
            with self.subTest(number=number):
                assert number != 1, "one is wrong"

    @unittest.skip("not here")
    def test_is_skipped(self) -> None:
        pass

    @unittest.expectedFailure
    def test_fails_as_django_expects(self) -> None:
        self.fail("known")

    @unittest.expectedFailure
    def test_passes_though_django_expects_a_failure(self) -> None:
        pass


@pytest.mark.parametrize(
    ("name", "outcome", "text"),
    [
        ("passes", "passed", ""),
        ("fails", "failed", "it is wrong"),
        ("raises", "failed", "it breaks"),
        ("has_a_part_that_fails", "failed", "number=1"),
        ("is_skipped", "skipped", "not here"),
        ("fails_as_django_expects", "passed", ""),
        ("passes_though_django_expects_a_failure", "failed", "Django expects it to fail"),
    ],
)
def test_the_outcome_of_a_test(name: str, outcome: str, text: str) -> None:
    result = Result(io.StringIO(), descriptions=False, verbosity=0)
    test = Examples(f"test_{name}")
    # There is no server: what the bucket holds is another matter.
    with mock.patch.object(swaps, "empty_bucket") as emptied:
        test.run(result)
    emptied.assert_called_once_with()
    [(identity, (found, why))] = result.outcomes.items()
    assert identity == test.id()
    assert found == outcome
    assert text in why
