"""What a handler of the benchmark of consumers does, in whichever tool calls it.

It counts, sleeps as long as `BENCH_SECONDS` says, and at the message number `BENCH_NUMBER` writes
what it took since the first one to the file `BENCH_REPORT`.
"""

from __future__ import annotations

import itertools
import json
import os
import threading
import time
from pathlib import Path

_PAGE = os.sysconf("SC_PAGE_SIZE")


def resident() -> float:
    """The memory that the process has now, in MiB."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * _PAGE / 1024**2


class Tally:
    """The figures of one process."""

    def __init__(self) -> None:
        self._number = int(os.environ["BENCH_NUMBER"])
        self._seconds = float(os.environ.get("BENCH_SECONDS") or 0)
        self._report = Path(os.environ["BENCH_REPORT"])
        self._times = os.environ.get("BENCH_TIMES")
        self._leave = bool(os.environ.get("BENCH_LEAVE"))
        self._begun, self._ended = itertools.count(1), itertools.count(1)
        self._wall = self._cpu = 0.0
        self._marks: dict[str, float] = {}

    def run(self) -> None:
        """Handle one message."""
        if next(self._begun) == 1:
            self._wall, self._cpu = time.perf_counter(), time.process_time()
        if self._times:
            with open(self._times, "ab", buffering=0) as file:
                file.write(f"{time.time()}\n".encode())
        if self._seconds:
            time.sleep(self._seconds)
        number = next(self._ended)
        if number * 10 == self._number:
            self._marks["tenth"] = resident()
        if number == self._number:
            self._write()

    def _write(self) -> None:
        wall, cpu = time.perf_counter() - self._wall, time.process_time() - self._cpu
        told = {"wall": wall, "cpu": cpu, "memory": {**self._marks, "end": resident()}}
        beside = self._report.with_suffix(".part")
        beside.write_text(json.dumps(told))
        beside.rename(self._report)
        if self._leave:
            # One that has no end of its own: a moment for the last deletions.
            threading.Timer(0.5, os._exit, (0,)).start()
