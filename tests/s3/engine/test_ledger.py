"""The ledger of a run: what may begin, what comes again and when, and that nothing is lost."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Sequence
from typing import Self

import pytest

from philo_aws.exceptions import AWSError, Kind
from philo_aws.s3.engine import Download, Task
from philo_aws.s3.engine import ledger as ledger_module
from philo_aws.s3.engine.failure import Failure
from philo_aws.s3.engine.ledger import AfterFailure, Ledger
from philo_aws.s3.engine.size_class import SizeClass, Transfer


class Still:
    """A transport that moves nothing: only its size classes count here."""

    generation = 0

    def __init__(self, *size_classes: SizeClass) -> None:
        self._size_classes = size_classes

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None: ...

    def size_classes(self) -> Sequence[SizeClass]:
        return self._size_classes

    def size_class_of(self, task: Task) -> int:
        return 0

    def start(self, run: object, transfer: Transfer) -> None: ...

    def failure_of(self, error: BaseException, task: Task) -> Failure:
        raise NotImplementedError

    def renew(self, failure: Failure) -> None: ...

    def trouble(self) -> AWSError | None:
        return None

    def silence(self) -> float:
        return 0

    def unseen(self, transfer: Transfer) -> int:
        return 0

    def through(self) -> int | None:
        return None

    def tune_connections(self) -> float:
        return 60


class Clock:
    """The time, which goes on when a test says so."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(ledger_module, "_now", made)
    return made


MakeLedger = Callable[..., Ledger]


@pytest.fixture
def make_ledger(clock: Clock) -> MakeLedger:
    """Make a ledger of one size class in which tasks of so many bytes wait."""

    def make(*sizes: int, limit: int = 2, budget: int = 100) -> Ledger:
        made = Ledger(Still(SizeClass(limit=limit, budget=budget)), purpose="commands")
        names = itertools.count()
        made.size_classes[0].ready += [
            Download(key=f"k{next(names)}", path="", size=n) for n in sizes
        ]
        return made

    return make


def take(ledger: Ledger) -> Transfer:
    transfer = ledger.take(ledger.size_classes[0])
    assert transfer is not None
    return transfer


def failure(kind: Kind) -> Failure:
    return Failure(kind=kind, error=AWSError("It failed.", code=kind.name))


def test_no_more_are_in_flight_than_the_window_holds(make_ledger: MakeLedger) -> None:
    ledger = make_ledger(1, 1, 1)
    first, second = take(ledger), take(ledger)
    assert ledger.take(ledger.size_classes[0]) is None
    assert ledger.in_flight() == [first, second]
    assert ledger.succeeded(first)
    assert take(ledger).task.key == "k2"


def test_no_more_bytes_are_in_flight_than_the_budget_but_one_of_any_size_may_be(
    make_ledger: MakeLedger,
) -> None:
    ledger = make_ledger(60, 60, 500, limit=8)
    first = take(ledger)
    assert ledger.take(ledger.size_classes[0]) is None
    assert ledger.succeeded(first)
    second = take(ledger)
    assert ledger.take(ledger.size_classes[0]) is None
    assert ledger.succeeded(second)
    assert take(ledger).task.size == 500


def test_what_is_larger_than_a_budget_that_shrank_is_sent_alone(make_ledger: MakeLedger) -> None:
    ledger = make_ledger(60, 60, limit=8)
    ledger.size_classes[0].budget = 10
    first = take(ledger)
    assert ledger.take(ledger.size_classes[0]) is None
    assert ledger.succeeded(first)
    assert take(ledger).task.key == "k1"


def test_what_comes_again_keeps_to_the_budget_too(make_ledger: MakeLedger, clock: Clock) -> None:
    ledger = make_ledger(60, 60, limit=8)
    again = take(ledger)
    again.begun = clock.now
    assert ledger.failed(again, failure(Kind.TRANSIENT)) is AfterFailure.AGAIN
    other = take(ledger)
    clock.now += 1
    ledger.promote()
    assert ledger.take(ledger.size_classes[0]) is None
    assert ledger.succeeded(other)
    assert take(ledger) is again


def test_many_that_stand_still_halve_the_window_and_few_do_not(make_ledger: MakeLedger) -> None:
    ledger = make_ledger(*[1] * 8, limit=8)
    in_flight = [take(ledger) for _ in range(8)]
    ledger.stalled(in_flight[:3])
    assert ledger.size_classes[0].window.size == 8
    ledger.stalled(in_flight[:4])
    assert ledger.size_classes[0].window.size == 4


def test_one_that_stands_still_alone_is_not_many(make_ledger: MakeLedger) -> None:
    ledger = make_ledger(1, limit=8)
    ledger.stalled([take(ledger)])
    assert ledger.size_classes[0].window.size == 8


def test_the_last_attempt_at_what_was_never_reached_is_not_late(
    make_ledger: MakeLedger, clock: Clock
) -> None:
    ledger = make_ledger(1)
    transfer = take(ledger)
    begun = transfer.begun = clock.now
    attempts = 1
    while ledger.failed(transfer, failure(Kind.UNREACHABLE)) is AfterFailure.AGAIN:
        clock.now = ledger._later[0][0]
        ledger.promote()
        assert take(ledger) is transfer
        attempts += 1
    assert clock.now == begun + 5
    assert attempts > 4
    assert ledger.fatal is not None


def test_an_attempt_ends_once(make_ledger: MakeLedger) -> None:
    ledger = make_ledger(1)
    transfer = take(ledger)
    assert ledger.succeeded(transfer)
    assert not ledger.succeeded(transfer)
    assert ledger.failed(transfer, failure(Kind.TRANSIENT)) is AfterFailure.KNOWN
    assert ledger.size_classes[0].held == 0


def test_what_failed_for_the_moment_comes_again_after_a_pause(
    make_ledger: MakeLedger, clock: Clock
) -> None:
    ledger = make_ledger(1)
    transfer = take(ledger)
    transfer.begun = clock.now
    assert ledger.failed(transfer, failure(Kind.TRANSIENT)) is AfterFailure.AGAIN
    ledger.promote()
    assert ledger.take(ledger.size_classes[0]) is None
    pause = ledger.pause()
    assert 0.05 <= pause <= 0.1
    clock.now += pause
    ledger.promote()
    assert take(ledger) is transfer
    assert transfer.attempts == 2


def test_what_fails_for_good_is_over(make_ledger: MakeLedger) -> None:
    ledger = make_ledger(1)
    assert ledger.failed(take(ledger), failure(Kind.PERMANENT)) is AfterFailure.OVER
    assert ledger.fatal is None


def test_patience_ends(make_ledger: MakeLedger, clock: Clock) -> None:
    ledger = make_ledger(1)
    transfer = take(ledger)
    transfer.begun = clock.now
    for _ in range(4):
        assert ledger.failed(transfer, failure(Kind.TRANSIENT)) is AfterFailure.AGAIN
        clock.now += 30
        ledger.promote()
        assert take(ledger) is transfer
    assert ledger.failed(transfer, failure(Kind.TRANSIENT)) is AfterFailure.OVER


def test_what_every_task_would_fail_of_is_fatal_unless_one_succeeded(
    make_ledger: MakeLedger,
) -> None:
    ledger = make_ledger(1, 1)
    assert ledger.failed(take(ledger), failure(Kind.FOR_ALL)) is AfterFailure.OVER
    assert ledger.fatal is not None
    assert ledger.fatal.code == "FOR_ALL"
    other = make_ledger(1, 1)
    assert other.succeeded(take(other))
    assert other.failed(take(other), failure(Kind.FOR_ALL)) is AfterFailure.OVER
    assert other.fatal is None


def test_a_run_in_which_nothing_gets_through_for_minutes_is_given_up(
    make_ledger: MakeLedger, clock: Clock
) -> None:
    ledger = make_ledger(*[1] * 2000)
    assert ledger.succeeded(take(ledger))
    for _ in range(17):
        transfer = take(ledger)
        transfer.begun = clock.now
        assert ledger.failed(transfer, failure(Kind.THROTTLED)) is AfterFailure.AGAIN
        clock.now += 10
    transfer = take(ledger)
    transfer.begun = clock.now
    assert ledger.failed(transfer, failure(Kind.THROTTLED)) is AfterFailure.AGAIN
    clock.now += 10
    assert ledger.failed(take(ledger), failure(Kind.THROTTLED)) is AfterFailure.OVER
    assert ledger.fatal is not None
    assert ledger.fatal.code == "THROTTLED"


@pytest.mark.parametrize("through", ["a part", "an object"])
def test_what_gets_through_now_and_then_keeps_a_run_alive(
    make_ledger: MakeLedger, clock: Clock, through: str
) -> None:
    ledger = make_ledger(*[1] * 2000)
    for _ in range(100):
        transfer = take(ledger)
        transfer.begun = clock.now
        assert ledger.failed(transfer, failure(Kind.THROTTLED)) is AfterFailure.AGAIN
        clock.now += 90
        if through == "a part":
            ledger.moved()
        else:
            assert ledger.succeeded(take(ledger))
    assert ledger.fatal is None


def test_what_is_heard_of_an_attempt_that_was_given_up_is_not_the_next_ones(
    make_ledger: MakeLedger, clock: Clock
) -> None:
    ledger = make_ledger(1)
    lost = take(ledger)
    lost.begun = clock.now
    assert ledger.failed(lost, failure(Kind.TRANSIENT), unheard=True) is AfterFailure.AGAIN
    clock.now += 1
    ledger.promote()
    again = take(ledger)
    assert again is not lost
    assert (again.task, again.attempts, again.begun) == (lost.task, 2, lost.begun)
    assert not ledger.succeeded(lost)
    assert ledger.failed(lost, failure(Kind.TRANSIENT)) is AfterFailure.KNOWN
    assert ledger.succeeded(again)


def test_a_store_that_asks_to_slow_down_is_left_alone_for_a_while(
    make_ledger: MakeLedger, clock: Clock
) -> None:
    ledger = make_ledger(*[1] * 20, limit=8)
    in_flight = [take(ledger) for _ in range(8)]
    for transfer in in_flight:
        transfer.begun = clock.now
        assert ledger.failed(transfer, failure(Kind.THROTTLED)) is AfterFailure.AGAIN
    assert ledger.take(ledger.size_classes[0]) is None
    clock.now += ledger.pause()
    assert [take(ledger) for _ in range(4)]
    assert ledger.take(ledger.size_classes[0]) is None


def test_nothing_is_begun_while_credentials_are_fetched(
    make_ledger: MakeLedger, clock: Clock
) -> None:
    ledger = make_ledger(1, 1, 1, limit=1)
    transfer = take(ledger)
    transfer.begun = clock.now
    expired = failure(Kind.EXPIRED)
    assert ledger.failed(transfer, expired) is AfterFailure.AGAIN
    assert ledger.renewal is expired
    assert ledger.take(ledger.size_classes[0]) is None
    ledger.renewed(None)
    assert take(ledger).task.key == "k1"


def test_renewals_that_do_not_help_end_the_run(make_ledger: MakeLedger, clock: Clock) -> None:
    ledger = make_ledger(1)
    transfer = take(ledger)
    transfer.begun = clock.now
    for _ in range(ledger_module.RENEWALS):
        assert ledger.failed(transfer, failure(Kind.EXPIRED)) is AfterFailure.AGAIN
        ledger.renewed(None)
        clock.now += 10
        ledger.promote()
        assert take(ledger) is transfer
    assert ledger.failed(transfer, failure(Kind.EXPIRED)) is AfterFailure.OVER
    assert ledger.fatal is not None
    assert ledger.fatal.code == "EXPIRED"


def test_renewals_count_from_the_last_success(make_ledger: MakeLedger, clock: Clock) -> None:
    ledger = make_ledger(*[1] * 20, limit=1)
    for _ in range(3 * ledger_module.RENEWALS):
        transfer = take(ledger)
        transfer.begun = clock.now
        assert ledger.failed(transfer, failure(Kind.EXPIRED)) is AfterFailure.AGAIN
        ledger.renewed(None)
        assert ledger.succeeded(take(ledger))
    assert ledger.fatal is None


def test_a_renewal_that_fails_is_fatal(make_ledger: MakeLedger) -> None:
    ledger = make_ledger(1)
    ledger.failed(take(ledger), failure(Kind.EXPIRED))
    error = AWSError("There are no credentials.")
    ledger.renewed(error)
    assert ledger.fatal is error


def test_a_run_ends_when_the_last_result_is_given(make_ledger: MakeLedger) -> None:
    ledger = make_ledger(1, 1)
    assert ledger.succeeded(take(ledger))
    assert ledger.succeeded(take(ledger))
    ledger.close()
    assert not ledger.settled()
    assert not ledger.has_ended()
    assert ledger.settled()
    assert ledger.has_ended()


def test_a_run_that_may_get_more_tasks_has_not_ended(make_ledger: MakeLedger) -> None:
    ledger = make_ledger()
    assert not ledger.has_ended()
    ledger.close()
    assert ledger.has_ended()


def test_after_a_stop_everything_that_waits_can_be_withdrawn(
    make_ledger: MakeLedger, clock: Clock
) -> None:
    ledger = make_ledger(1, 1, 1, 1, limit=8)
    again, in_flight = take(ledger), take(ledger)
    again.begun = clock.now
    assert ledger.failed(again, failure(Kind.TRANSIENT)) is AfterFailure.AGAIN
    ledger.stop(1)
    assert ledger.take(ledger.size_classes[0]) is None
    withdrawn = list(iter(ledger.withdraw, None))
    assert {transfer.task.key for transfer in withdrawn} == {"k0", "k2", "k3"}
    assert [transfer.attempts for transfer in withdrawn] == [0, 0, 1]
    assert ledger.failed(in_flight, failure(Kind.TRANSIENT)) is AfterFailure.OVER
    assert [ledger.settled() for _ in range(4)] == [False, False, False, True]


def test_a_stop_is_never_taken_back(make_ledger: MakeLedger) -> None:
    ledger = make_ledger()
    ledger.stop(2)
    ledger.stop(1)
    assert ledger.stopped == 2


class Room(threading.Event):
    """The event a planner waits for, which says that it does."""

    def __init__(self) -> None:
        super().__init__()
        self.awaited = threading.Event()

    def wait(self, timeout: float | None = None) -> bool:
        self.awaited.set()
        return super().wait(timeout)


def test_a_planner_waits_until_there_is_room(
    make_ledger: MakeLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger_module, "READ_AHEAD", 4)
    monkeypatch.setattr(ledger_module, "REFILL", 4)
    monkeypatch.setattr(ledger_module, "TICK", 60)
    ledger = make_ledger(1, 1, 1, 1)
    room = ledger._room = Room()
    planner = threading.Thread(target=ledger.wait_for_room)
    planner.start()
    assert room.awaited.wait(20)
    for _ in range(2):
        assert ledger.succeeded(take(ledger))
        assert not room.is_set()
    assert ledger.succeeded(take(ledger))
    planner.join(20)
    assert not planner.is_alive()


def test_a_stop_ends_the_wait_for_room(
    make_ledger: MakeLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger_module, "READ_AHEAD", 2)
    monkeypatch.setattr(ledger_module, "REFILL", 2)
    monkeypatch.setattr(ledger_module, "TICK", 60)
    ledger = make_ledger(1, 1)
    room = ledger._room = Room()
    planner = threading.Thread(target=ledger.wait_for_room)
    planner.start()
    assert room.awaited.wait(20)
    ledger.stop(1)
    planner.join(20)
    assert not planner.is_alive()
