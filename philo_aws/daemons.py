"""Threads that wait on the network, for which nobody has to wait: not even Python at its exit."""

from __future__ import annotations

import contextvars
import functools
import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future
from queue import Empty, SimpleQueue
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class Daemons(Executor):
    """A pool of daemon threads.

    The threads of :class:`~concurrent.futures.ThreadPoolExecutor` are waited for at the end of its
    block, and again when Python exits: where a store stands still, an interrupted process would
    live on until the last timeout. Here the end of the block waits for nothing, and begins nothing
    that was not begun. A call has its caller's :mod:`contextvars`.
    """

    def __init__(self, max_workers: int, thread_name_prefix: str = "philo-aws") -> None:
        self._most = max_workers
        self._name = thread_name_prefix
        self._calls: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._load = _Load()
        self._threads: list[threading.Thread] = []
        self._lock = threading.Lock()
        self._closed = False

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Have ``fn`` called in one of the threads."""
        future: Future[T] = Future()
        call = functools.partial(contextvars.copy_context().run, fn, *args, **kwargs)
        with self._lock:
            self._check_open()
            self._put(functools.partial(do, future, call))
        return future

    def _check_open(self) -> None:
        if self._closed:
            raise RuntimeError("The pool of threads was shut down before.")

    def _put(self, call: Callable[[], None]) -> None:
        """Have ``call`` made, by a new thread where none is idle; needs the lock."""
        self._calls.put(call)
        if self._load.add(1) <= len(self._threads) or len(self._threads) >= self._most:
            return
        name = f"{self._name}-{len(self._threads)}"
        work = (self._calls, self._load)
        thread = threading.Thread(target=_work, args=work, name=name, daemon=True)
        self._threads.append(thread)
        thread.start()

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Let the threads end after what was submitted, or with ``cancel_futures`` was begun."""
        with self._lock:
            self._closed = True
        while cancel_futures:
            try:
                call = self._calls.get_nowait()
            except Empty:
                break
            if isinstance(call, functools.partial):
                call.args[0].cancel()
        self._calls.put(None)
        if wait:
            for thread in self._threads:
                thread.join()

    def __exit__(self, *error: object) -> None:
        self.shutdown(wait=False, cancel_futures=True)


class _Load:
    """The calls that wait or are being made."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._calls = 0

    def add(self, number: int) -> int:
        """Count so many more, and return how many there are then."""
        with self._lock:
            self._calls += number
            return self._calls


def _work(calls: SimpleQueue[Callable[[], None] | None], load: _Load) -> None:
    while (call := calls.get()) is not None:
        call()
        del call  # what it holds must not live until the next one comes
        load.add(-1)
    calls.put(None)


def do(future: Future[Any], call: Callable[[], Any]) -> None:
    """Make a call, unless its future was cancelled, and give the future what comes of it."""
    if not future.set_running_or_notify_cancel():
        return
    try:
        result = call()
    except BaseException as error:  # noqa: BLE001 - result() raises it
        future.set_exception(error)
    else:
        future.set_result(result)
    finally:
        # An exception would hold this frame, and the frame the future that holds the exception.
        del future
