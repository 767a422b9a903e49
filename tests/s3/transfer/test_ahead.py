from __future__ import annotations

import threading
from concurrent.futures import Future

import pytest

from philo_aws.s3.transfer.ahead import AHEAD, in_order
from philo_aws.s3.transfer.plan import PlanStep, Verdict
from philo_aws.side_by_side import SideBySide

STEPS = [PlanStep(Verdict.MOVE, f"{number:04}") for number in range(2 * AHEAD)]


def test_steps_keep_their_order_whatever_is_ready_first() -> None:
    gate = threading.Event()

    def work(step: PlanStep) -> PlanStep:
        if step.key == "0000":
            gate.wait(30)
        return step._replace(reason="looked at")

    def begin(pool: SideBySide, step: PlanStep) -> PlanStep | Future[PlanStep]:
        if step.key == "0009":
            gate.set()
        return step if int(step.key) % 3 else pool.submit(work, step)

    made = list(in_order(STEPS, begin))
    assert [step.key for step in made] == [step.key for step in STEPS]
    assert {step.key for step in made if step.reason} == {step.key for step in STEPS[::3]}


def test_no_more_is_read_ahead_than_there_is_room_for() -> None:
    gate = threading.Event()
    read: list[str] = []

    def wait(step: PlanStep) -> PlanStep:
        gate.wait(30)
        return step

    def begin(pool: SideBySide, step: PlanStep) -> PlanStep | Future[PlanStep]:
        read.append(step.key)
        if len(read) == AHEAD + 1:
            gate.set()
        return pool.submit(wait, step)

    found = in_order(STEPS, begin)
    next(found)
    assert len(read) == AHEAD + 1
    assert len(list(found)) == len(STEPS) - 1


def test_what_the_work_raises_is_raised() -> None:
    def broken(step: PlanStep) -> PlanStep:
        raise ValueError(step.key)

    with pytest.raises(ValueError, match="0000"):
        list(in_order(STEPS, lambda pool, step: pool.submit(broken, step)))
