"""Django's test runner, which writes what became of each test to a file."""

from __future__ import annotations

import contextlib
import io
import json
import os
import unittest
from pathlib import Path
from typing import Any

from django.test.runner import DiscoverRunner

from tests.judge import swaps

RESULTS = "PHILO_AWS_JUDGE_RESULTS"
"""The environment variable with the path of the file."""
PASSED, FAILED, SKIPPED = "passed", "failed", "skipped"


class Result(unittest.TextTestResult):
    """The first thing that went wrong decides, a subtest's included."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.outcomes: dict[str, tuple[str, str]] = {}

    def _note(self, test: unittest.TestCase, outcome: str, text: str = "") -> None:
        self.outcomes.setdefault(test.id(), (outcome, text))

    def addSuccess(self, test: unittest.TestCase) -> None:
        super().addSuccess(test)
        self._note(test, PASSED)

    def addError(self, test: unittest.TestCase, err: Any) -> None:
        super().addError(test, err)
        self._note(test, FAILED, self.errors[-1][1])

    def addFailure(self, test: unittest.TestCase, err: Any) -> None:
        super().addFailure(test, err)
        self._note(test, FAILED, self.failures[-1][1])

    def addSubTest(self, test: unittest.TestCase, subtest: unittest.TestCase, err: Any) -> None:
        super().addSubTest(test, subtest, err)
        if err is not None:
            where = self.failures if issubclass(err[0], test.failureException) else self.errors
            self._note(test, FAILED, f"{subtest}\n{where[-1][1]}")

    def addSkip(self, test: unittest.TestCase, reason: str) -> None:
        super().addSkip(test, reason)
        self._note(test, SKIPPED, reason)

    def addExpectedFailure(self, test: unittest.TestCase, err: Any) -> None:
        super().addExpectedFailure(test, err)
        self._note(test, PASSED)

    def addUnexpectedSuccess(self, test: unittest.TestCase) -> None:
        super().addUnexpectedSuccess(test)
        self._note(test, FAILED, "Django expects it to fail.")

    def stopTest(self, test: unittest.TestCase) -> None:
        """Take the objects away, as the tests do with their folders."""
        super().stopTest(test)
        swaps.empty_bucket()


class Runner(DiscoverRunner):
    """Writes the outcomes, and says nothing else."""

    def get_resultclass(self) -> type[Result]:
        return Result

    def get_test_runner_kwargs(self) -> dict[str, Any]:
        return {**super().get_test_runner_kwargs(), "stream": io.StringIO()}

    def run_checks(self, databases: Any) -> None:
        """Run them unheard: they speak of the models of the tests."""
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            super().run_checks(databases)

    def suite_result(self, suite: Any, result: Any, **kwargs: Any) -> int:
        Path(os.environ[RESULTS]).write_text(json.dumps(result.outcomes))
        return 0
