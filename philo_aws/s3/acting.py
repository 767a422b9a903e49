"""Requests for many objects, side by side: each counted in a report, and ended in time."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import Future, wait
from typing import Generic, TypeVar

from ..exceptions import RETRIED, AWSError, Kind
from ..side_by_side import SideBySide
from .report import Action, Outcome, Report

T = TypeVar("T")

FIRST_AT_ONCE, MOST_AT_ONCE = 8, 64
"""Objects that are worked on at once, at first and at most."""
_IN_VAIN_AFTER = 64
"""Failures in a row, each tried again for long, after which nothing is taken to get through."""
_GRACE = 3.0
"""Seconds after an interrupt in which requests may still end by themselves."""


def act(
    report: Report,
    action: Action,
    items: Iterable[T],
    work: Callable[[T], Outcome],
    *,
    key: Callable[[T], str],
) -> None:
    """Do ``work`` for each of ``items`` in threads, and count in ``report`` what becomes of it.

    Outcomes are counted in the order of ``items``. An :exc:`~philo_aws.exceptions.AWSError` of
    ``work`` becomes a failure of ``action`` on the item's ``key``; one that would be every other's
    is raised, behind those that were begun, and so is the last of 64 in a row that did not get
    through. After an interrupt nothing more is begun, and what stands still is left alone.
    """
    acting = _Acting(report, action, key)
    with SideBySide(MOST_AT_ONCE, FIRST_AT_ONCE, "philo-aws-act") as pool:
        try:
            for item in items:
                report.plan()
                acting.waiting.append((pool.submit(work, item), item))
                if len(acting.waiting) >= 2 * MOST_AT_ONCE:
                    acting.settle()
            while acting.waiting:
                acting.settle()
        except BaseException as error:
            acting.end(error if isinstance(error, AWSError) else None)
            raise


class _Acting(Generic[T]):
    """What was begun and not counted yet."""

    def __init__(self, report: Report, action: Action, key: Callable[[T], str]) -> None:
        self.waiting: deque[tuple[Future[Outcome], T]] = deque()
        self._report = report
        self._action = action
        self._key = key
        self._in_vain = 0

    def settle(self) -> None:
        """Wait for the first and count it; raise its error where there is no use in going on."""
        future, item = self.waiting[0]
        wait([future])
        self.waiting.popleft()
        error = self._count(future, item)
        if error is None or error.kind not in RETRIED:
            self._in_vain = 0
        else:
            self._in_vain += 1
        if error and (error.kind is Kind.FOR_ALL or self._in_vain >= _IN_VAIN_AFTER):
            raise error

    def end(self, hopeless: AWSError | None) -> None:
        """Begin nothing more; count what ends by itself, and what has no use as failed so."""
        begun = [future for future, _ in self.waiting if not future.cancel()]
        wait(begun, None if hopeless else _GRACE)
        for future, item in self.waiting:
            if future.cancelled():
                if hopeless:
                    self._fail(item, hopeless)
            elif future.done():
                self._count(future, item)

    def _count(self, future: Future[Outcome], item: T) -> AWSError | None:
        try:
            outcome = future.result()
        except AWSError as error:
            return self._fail(item, error)
        self._report.add(outcome)
        return outcome.error

    def _fail(self, item: T, error: AWSError) -> AWSError:
        self._report.add(
            Outcome(action=self._action, status="failed", key=self._key(item), error=error)
        )
        return error
