"""The threads of a run: it always ends, and says why. What it moves is tested with the engines."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from philo_aws.exceptions import AWSError, NetworkError
from philo_aws.s3.engine import Download, Result, Task, create, files, ledger, run
from philo_aws.s3.engine.base import Callbacks
from philo_aws.s3.engine.crt import engine as crt_engine
from philo_aws.s3.engine.run import Run
from philo_aws.s3.engine.size_class import SizeClass, Transfer
from tests.servers import LocalAWS

from .conftest import options_for
from .test_ledger import Room, Still

# The transport is made by hand: no server can make a disk stand still or a thread meet a bug.


class ByHand(Still):
    """A transport whose attempts end when a test says so."""

    def __init__(self) -> None:
        super().__init__(SizeClass(limit=1, budget=100))
        self.begun: list[Transfer] = []
        self.first = threading.Event()

    def start(self, run: object, transfer: Transfer) -> None:
        self.begun.append(transfer)
        self.first.set()

    def silence(self) -> float:
        return float("inf")


def tasks(count: int) -> list[Task]:
    return [Download(key=f"k{number}", path="", size=1) for number in range(count)]


def make(transport: Still, results: list[Result]) -> Run:
    callbacks = Callbacks(on_result=results.append, on_bytes=None)
    return Run(transport, callbacks, purpose="commands")


def press(condition: threading.Event) -> None:
    """Press Ctrl-C once ``condition`` is there."""
    assert condition.wait(20)
    signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)


def test_a_bug_in_the_thread_that_keeps_the_run_going_ends_the_run(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(run, "GRACE", 0.1)
    monkeypatch.setattr(run, "LAST_GRACE", 0.1)

    class Broken(ByHand):
        def silence(self) -> float:
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        make(Broken(), []).do_all(tasks(3))


def test_a_run_ends_even_if_nothing_can_be_wound_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "GRACE", 0.0)
    monkeypatch.setattr(run, "LAST_GRACE", 0.5)

    class Broken:
        def cancel(self) -> None:
            raise ZeroDivisionError

        discard = cancel

    class Breaking(ByHand):
        def start(self, run: object, transfer: Transfer) -> None:
            transfer.attempt = Broken()
            super().start(run, transfer)

    transport = Breaking()
    presser = threading.Thread(target=lambda: press(transport.first))
    presser.start()
    with pytest.raises(KeyboardInterrupt):
        make(transport, []).do_all(tasks(1))
    presser.join()


def test_an_interrupt_after_the_planner_failed_is_an_interrupt() -> None:
    waiting = threading.Event()

    class Over(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            waiting.set()
            return super().wait(timeout)

    transport = ByHand()
    running = make(transport, [])
    running._over = Over()

    def plan() -> Iterator[Task]:
        yield from tasks(1)
        assert transport.first.wait(20)
        raise RuntimeError("The planner failed.")

    def interrupt() -> None:
        press(waiting)
        running.succeeded(transport.begun[0], 1)

    presser = threading.Thread(target=interrupt)
    presser.start()
    with pytest.raises(KeyboardInterrupt) as interrupted:
        running.do_all(plan())
    presser.join()
    assert isinstance(interrupted.value.__cause__, RuntimeError)


def test_what_stood_still_and_ends_late_is_not_taken_for_the_next_attempt(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(run, "LAST_GRACE", 0.1)
    transport = ByHand()
    transport.silence = lambda: 0.1 if len(transport.begun) < 2 else float("inf")  # type: ignore[method-assign]
    results: list[Result] = []
    running = make(transport, results)
    second = threading.Event()

    def start(run: object, transfer: Transfer) -> None:
        transport.begun.append(transfer)
        if len(transport.begun) == 2:
            second.set()

    transport.start = start  # type: ignore[method-assign]

    def end() -> None:
        assert second.wait(20)
        late, again = transport.begun
        running.succeeded(late, 1)
        assert results == []
        running.succeeded(again, 1)

    ender = threading.Thread(target=end)
    ender.start()
    running.do_all(tasks(1))
    ender.join()
    assert [(result.attempts, result.error) for result in results] == [(2, None)]


def test_no_more_tasks_are_read_than_are_to_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger, "READ_AHEAD", 256)
    monkeypatch.setattr(run, "GRACE", 0.0)
    monkeypatch.setattr(run, "LAST_GRACE", 0.2)
    results: list[Result] = []
    running = make(ByHand(), results)
    room = running._ledger._room = Room()
    pulled: list[Task] = []

    def plan() -> Iterator[Task]:
        for task in tasks(10_000):
            pulled.append(task)
            yield task

    presser = threading.Thread(target=lambda: press(room.awaited))
    presser.start()
    with pytest.raises(KeyboardInterrupt):
        running.do_all(plan())
    presser.join()
    most = min(256, 4 * sum(size_class.window.size for size_class in running.size_classes))
    assert most <= len(pulled) <= most + 64 + 1
    assert len(results) in (len(pulled), len(pulled) - 1)


def test_what_can_never_get_through_ends_the_run_with_the_reason(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(run, "ASK_AFTER", 0.1)

    class Hopeless(ByHand):
        def trouble(self) -> AWSError | None:
            return NetworkError("The certificate is not trusted.", code="UntrustedCertificate")

    results: list[Result] = []
    make(Hopeless(), results).do_all(tasks(3))
    assert [result.error and result.error.code for result in results] == [
        "UntrustedCertificate"
    ] * 3


def test_a_transport_that_got_something_through_is_not_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(run, "ASK_AFTER", 0.0)
    asked: list[bool] = []

    class Working(ByHand):
        def start(self, run: Any, transfer: Transfer) -> None:
            run.succeeded(transfer, 1)

        def trouble(self) -> AWSError | None:
            asked.append(True)
            return None

    results: list[Result] = []
    running = make(Working(), results)

    def plan() -> Iterator[Task]:
        yield from tasks(1)
        while running._asks_at != float("inf"):
            running._kick.set()
        yield from tasks(1)

    running._ledger.reached = True
    running.do_all(plan())
    assert len(results) == 2
    assert asked == []


@pytest.mark.aws_servers("ministack")
def test_a_download_whose_bytes_are_being_checked_does_not_stand_still(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, aws: LocalAWS, bucket: str
) -> None:
    aws.client("s3").put_object(Bucket=bucket, Key="k", Body=b"x" * 9 * 1024 * 1024)
    checking, looked = threading.Event(), threading.Semaphore(0)
    watch, finish = Run._watch, files.Target.finish
    monkeypatch.setattr(run, "LAST_GRACE", 0.0)
    # A disk that is slow to read has no time of its own: a check takes two looks of the keeper.
    monkeypatch.setattr(
        crt_engine.CrtTransport,
        "silence",
        lambda transport: 0.0 if checking.is_set() else float("inf"),
    )

    def look(running: Run) -> None:
        watch(running)
        if checking.is_set():
            looked.release()

    def check(target: Any, *args: Any, **kwargs: Any) -> int:
        checking.set()
        for _ in range(2):
            assert looked.acquire(timeout=20)
        return finish(target, *args, **kwargs)

    monkeypatch.setattr(Run, "_watch", look)
    monkeypatch.setattr(files.Target, "finish", check)
    results: list[Result] = []
    task = Download(key="k", path=str(tmp_path / "k"), size=9 * 1024 * 1024)
    create(options_for("crt", bucket)).run([task], on_result=results.append)
    assert [(result.attempts, result.error) for result in results] == [(1, None)]
