"""The books of a run: what may fly, what comes again and when, and that nothing is lost."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Sequence

import pytest

from philo_aws.exceptions import AWSError, Kind
from philo_aws.s3.engine import Download, Task, ledger
from philo_aws.s3.engine.failure import Failure
from philo_aws.s3.engine.ledger import Ledger, Verdict
from philo_aws.s3.engine.size_class import SizeClass, Transfer


class Still:
    """A transport that carries nothing: only its size classes count here."""

    generation = 0

    def __init__(self, *size_classes: SizeClass) -> None:
        self._size_classes = size_classes

    def size_classes(self) -> Sequence[SizeClass]:
        return self._size_classes

    def size_class_of(self, task: Task) -> int:
        return 0

    def start(self, run: object, transfer: Transfer) -> None: ...

    def cancel(self, transfer: Transfer) -> None: ...

    def discard(self, transfer: Transfer) -> None: ...

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

    def tend(self) -> float:
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
    monkeypatch.setattr(ledger, "_now", made)
    return made


Books = Callable[..., Ledger]


@pytest.fixture
def books(clock: Clock) -> Books:
    """Make a ledger of one size class in which tasks of so many bytes wait."""

    def make(*sizes: int, limit: int = 2, budget: int = 100) -> Ledger:
        made = Ledger(Still(SizeClass(limit=limit, budget=budget)), purpose="commands")
        names = itertools.count()
        made.size_classes[0].ready += [
            Download(key=f"k{next(names)}", path="", size=n) for n in sizes
        ]
        return made

    return make


def take(book: Ledger) -> Transfer:
    transfer = book.take(book.size_classes[0])
    assert transfer is not None
    return transfer


def failure(kind: Kind) -> Failure:
    return Failure(kind=kind, error=AWSError("It failed.", code=kind.name))


def test_no_more_fly_than_the_window_holds(books: Books) -> None:
    book = books(1, 1, 1)
    first, second = take(book), take(book)
    assert book.take(book.size_classes[0]) is None
    assert book.flying() == [first, second]
    assert book.succeeded(first)
    assert take(book).task.key == "k2"


def test_no_more_bytes_fly_than_the_budget_but_one_of_any_size_may(books: Books) -> None:
    book = books(60, 60, 500, limit=8)
    first = take(book)
    assert book.take(book.size_classes[0]) is None
    assert book.succeeded(first)
    second = take(book)
    assert book.take(book.size_classes[0]) is None
    assert book.succeeded(second)
    assert take(book).task.size == 500


def test_what_is_larger_than_a_budget_that_shrank_flies_alone(books: Books) -> None:
    book = books(60, 60, limit=8)
    book.size_classes[0].budget = 10
    first = take(book)
    assert book.take(book.size_classes[0]) is None
    assert book.succeeded(first)
    assert take(book).task.key == "k1"


def test_what_comes_again_keeps_to_the_budget_too(books: Books, clock: Clock) -> None:
    book = books(60, 60, limit=8)
    again = take(book)
    again.begun = clock.now
    assert book.failed(again, failure(Kind.TRANSIENT)) is Verdict.AGAIN
    other = take(book)
    clock.now += 1
    book.promote()
    assert book.take(book.size_classes[0]) is None
    assert book.succeeded(other)
    assert take(book) is again


def test_many_that_stand_still_halve_the_window_and_few_do_not(books: Books) -> None:
    book = books(*[1] * 8, limit=8)
    flying = [take(book) for _ in range(8)]
    book.stalled(flying[:3])
    assert book.size_classes[0].window.size == 8
    book.stalled(flying[:4])
    assert book.size_classes[0].window.size == 4


def test_one_that_stands_still_alone_is_not_many(books: Books) -> None:
    book = books(1, limit=8)
    book.stalled([take(book)])
    assert book.size_classes[0].window.size == 8


def test_the_last_attempt_at_what_was_never_reached_is_not_late(books: Books, clock: Clock) -> None:
    book = books(1)
    transfer = take(book)
    begun = transfer.begun = clock.now
    attempts = 1
    while book.failed(transfer, failure(Kind.UNREACHABLE)) is Verdict.AGAIN:
        clock.now = book._later[0][0]
        book.promote()
        assert take(book) is transfer
        attempts += 1
    assert clock.now == begun + 5
    assert attempts > 4
    assert book.fatal is not None


def test_an_attempt_ends_once(books: Books) -> None:
    book = books(1)
    transfer = take(book)
    assert book.succeeded(transfer)
    assert not book.succeeded(transfer)
    assert book.failed(transfer, failure(Kind.TRANSIENT)) is Verdict.KNOWN
    assert book.size_classes[0].held == 0


def test_what_failed_for_the_moment_comes_again_after_a_pause(books: Books, clock: Clock) -> None:
    book = books(1)
    transfer = take(book)
    transfer.begun = clock.now
    assert book.failed(transfer, failure(Kind.TRANSIENT)) is Verdict.AGAIN
    book.promote()
    assert book.take(book.size_classes[0]) is None
    pause = book.pause()
    assert 0.05 <= pause <= 0.1
    clock.now += pause
    book.promote()
    assert take(book) is transfer
    assert transfer.attempts == 2


def test_what_fails_for_good_is_over(books: Books) -> None:
    book = books(1)
    assert book.failed(take(book), failure(Kind.PERMANENT)) is Verdict.OVER
    assert book.fatal is None


def test_patience_ends(books: Books, clock: Clock) -> None:
    book = books(1)
    transfer = take(book)
    transfer.begun = clock.now
    for _ in range(4):
        assert book.failed(transfer, failure(Kind.TRANSIENT)) is Verdict.AGAIN
        clock.now += 30
        book.promote()
        assert take(book) is transfer
    assert book.failed(transfer, failure(Kind.TRANSIENT)) is Verdict.OVER


def test_what_every_task_would_fail_of_is_fatal_unless_one_succeeded(books: Books) -> None:
    book = books(1, 1)
    assert book.failed(take(book), failure(Kind.FOR_ALL)) is Verdict.OVER
    assert book.fatal is not None
    assert book.fatal.code == "FOR_ALL"
    other = books(1, 1)
    assert other.succeeded(take(other))
    assert other.failed(take(other), failure(Kind.FOR_ALL)) is Verdict.OVER
    assert other.fatal is None


def test_a_run_in_which_nothing_gets_through_for_minutes_is_given_up(
    books: Books, clock: Clock
) -> None:
    book = books(*[1] * 2000)
    assert book.succeeded(take(book))
    for _ in range(17):
        transfer = take(book)
        transfer.begun = clock.now
        assert book.failed(transfer, failure(Kind.THROTTLED)) is Verdict.AGAIN
        clock.now += 10
    transfer = take(book)
    transfer.begun = clock.now
    assert book.failed(transfer, failure(Kind.THROTTLED)) is Verdict.AGAIN
    clock.now += 10
    assert book.failed(take(book), failure(Kind.THROTTLED)) is Verdict.OVER
    assert book.fatal is not None
    assert book.fatal.code == "THROTTLED"


@pytest.mark.parametrize("through", ["a part", "an object"])
def test_what_gets_through_now_and_then_keeps_a_run_alive(
    books: Books, clock: Clock, through: str
) -> None:
    book = books(*[1] * 2000)
    for _ in range(100):
        transfer = take(book)
        transfer.begun = clock.now
        assert book.failed(transfer, failure(Kind.THROTTLED)) is Verdict.AGAIN
        clock.now += 90
        if through == "a part":
            book.moved()
        else:
            assert book.succeeded(take(book))
    assert book.fatal is None


def test_what_is_heard_of_an_attempt_that_was_given_up_is_not_the_next_ones(
    books: Books, clock: Clock
) -> None:
    book = books(1)
    lost = take(book)
    lost.begun = clock.now
    assert book.failed(lost, failure(Kind.TRANSIENT), unheard=True) is Verdict.AGAIN
    clock.now += 1
    book.promote()
    again = take(book)
    assert again is not lost
    assert (again.task, again.attempts, again.begun) == (lost.task, 2, lost.begun)
    assert not book.succeeded(lost)
    assert book.failed(lost, failure(Kind.TRANSIENT)) is Verdict.KNOWN
    assert book.succeeded(again)


def test_a_store_that_asks_to_slow_down_is_left_alone_for_a_while(
    books: Books, clock: Clock
) -> None:
    book = books(*[1] * 20, limit=8)
    flying = [take(book) for _ in range(8)]
    for transfer in flying:
        transfer.begun = clock.now
        assert book.failed(transfer, failure(Kind.THROTTLED)) is Verdict.AGAIN
    assert book.take(book.size_classes[0]) is None
    clock.now += book.pause()
    assert [take(book) for _ in range(4)]
    assert book.take(book.size_classes[0]) is None


def test_nothing_is_begun_while_credentials_are_fetched(books: Books, clock: Clock) -> None:
    book = books(1, 1, 1, limit=1)
    transfer = take(book)
    transfer.begun = clock.now
    expired = failure(Kind.EXPIRED)
    assert book.failed(transfer, expired) is Verdict.AGAIN
    assert book.renewal is expired
    assert book.take(book.size_classes[0]) is None
    book.renewed(None)
    assert take(book).task.key == "k1"


def test_renewals_that_do_not_help_end_the_run(books: Books, clock: Clock) -> None:
    book = books(1)
    transfer = take(book)
    transfer.begun = clock.now
    for _ in range(ledger.RENEWALS):
        assert book.failed(transfer, failure(Kind.EXPIRED)) is Verdict.AGAIN
        book.renewed(None)
        clock.now += 10
        book.promote()
        assert take(book) is transfer
    assert book.failed(transfer, failure(Kind.EXPIRED)) is Verdict.OVER
    assert book.fatal is not None
    assert book.fatal.code == "EXPIRED"


def test_renewals_count_from_the_last_success(books: Books, clock: Clock) -> None:
    book = books(*[1] * 20, limit=1)
    for _ in range(3 * ledger.RENEWALS):
        transfer = take(book)
        transfer.begun = clock.now
        assert book.failed(transfer, failure(Kind.EXPIRED)) is Verdict.AGAIN
        book.renewed(None)
        assert book.succeeded(take(book))
    assert book.fatal is None


def test_a_renewal_that_fails_is_fatal(books: Books) -> None:
    book = books(1)
    book.failed(take(book), failure(Kind.EXPIRED))
    error = AWSError("There are no credentials.")
    book.renewed(error)
    assert book.fatal is error


def test_a_run_ends_when_the_last_result_is_given(books: Books) -> None:
    book = books(1, 1)
    assert book.succeeded(take(book))
    assert book.succeeded(take(book))
    book.close()
    assert not book.settled()
    assert not book.has_ended()
    assert book.settled()
    assert book.has_ended()


def test_a_run_that_may_get_more_tasks_has_not_ended(books: Books) -> None:
    book = books()
    assert not book.has_ended()
    book.close()
    assert book.has_ended()


def test_after_a_stop_everything_that_waits_can_be_withdrawn(books: Books, clock: Clock) -> None:
    book = books(1, 1, 1, 1, limit=8)
    again, flying = take(book), take(book)
    again.begun = clock.now
    assert book.failed(again, failure(Kind.TRANSIENT)) is Verdict.AGAIN
    book.stop(1)
    assert book.take(book.size_classes[0]) is None
    withdrawn = list(iter(book.withdraw, None))
    assert {transfer.task.key for transfer in withdrawn} == {"k0", "k2", "k3"}
    assert [transfer.attempts for transfer in withdrawn] == [0, 0, 1]
    assert book.failed(flying, failure(Kind.TRANSIENT)) is Verdict.OVER
    assert [book.settled() for _ in range(4)] == [False, False, False, True]


def test_a_stop_is_never_taken_back(books: Books) -> None:
    book = books()
    book.stop(2)
    book.stop(1)
    assert book.stopped == 2


class Room(threading.Event):
    """The event a planner waits for, which says that it does."""

    def __init__(self) -> None:
        super().__init__()
        self.awaited = threading.Event()

    def wait(self, timeout: float | None = None) -> bool:
        self.awaited.set()
        return super().wait(timeout)


def test_a_planner_waits_until_there_is_room(books: Books, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger, "READ_AHEAD", 4)
    monkeypatch.setattr(ledger, "REFILL", 4)
    monkeypatch.setattr(ledger, "TICK", 60)
    book = books(1, 1, 1, 1)
    room = book._room = Room()
    planner = threading.Thread(target=book.wait_for_room)
    planner.start()
    assert room.awaited.wait(20)
    for _ in range(2):
        assert book.succeeded(take(book))
        assert not room.is_set()
    assert book.succeeded(take(book))
    planner.join(20)
    assert not planner.is_alive()


def test_a_stop_ends_the_wait_for_room(books: Books, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger, "READ_AHEAD", 2)
    monkeypatch.setattr(ledger, "REFILL", 2)
    monkeypatch.setattr(ledger, "TICK", 60)
    book = books(1, 1)
    room = book._room = Room()
    planner = threading.Thread(target=book.wait_for_room)
    planner.start()
    assert room.awaited.wait(20)
    book.stop(1)
    planner.join(20)
    assert not planner.is_alive()
