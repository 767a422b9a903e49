"""Our sending, receiving and consuming beside others, on an SQS in memory (`make bench-sqs`).

Whole processes, taken in turns after one unmeasured run each; each tells its own figures. Enqueuing
and the consumers have sections of their own on the page; a run of one part leaves the others.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmarks import consuming, enqueuing
from benchmarks.cli import machine
from tests.running import ROOT
from tests.servers import free_port, scrubbed

REPORT = ROOT / "benchmarks" / "RESULTS-sqs.md"
SOURCE = ROOT / "benchmarks" / "sqssink" / "main.rs"
OURS = "philo_aws"
ENQUEUING = "## Enqueuing tasks"
CONSUMERS = "## Consumers"
NOTES = "## Notes"

PREFACE = """\
# Sending and receiving beside other tools

Written by `make bench-sqs`: an SQS in memory (benchmarks/sqssink) that answers each request so many
milliseconds after it came. Bodies of 500 bytes. Each figure is the median of whole processes, taken
in turns after one unmeasured run each; what they cost is counted from the first message to the
last, without the start of Python, and the peak of memory is the process's. `×` is how many times as
many messages a second as the tool that the goal names.
"""


@dataclass(frozen=True, kw_only=True)
class Run:
    """What one process said."""

    rate: float
    """Messages a second."""
    cpu: float
    """Microseconds of processor time for each message."""
    memory: float
    """Peak memory in MiB."""


@dataclass(frozen=True, kw_only=True)
class Work:
    """One work, done by several tools."""

    title: str
    delay: int
    """Milliseconds to answer."""
    job: str
    """What `jobs_sqs` calls it."""
    number: int
    """Messages."""
    tools: Mapping[str, int]
    """Each tool, and how many of the messages it is given: slow ones get fewer."""
    beside: str
    """The tool that the goal names."""
    goal: float
    """How many times as many messages a second."""
    cpu: float | None = None
    """The most microseconds of processor time for each message."""
    memory: float | None = None
    """The most MiB."""
    runs: dict[str, list[Run]] = field(default_factory=dict)


def works() -> list[Work]:
    """All that is measured."""
    return [
        Work(
            title="send 100,000",
            delay=10,
            job="send",
            number=100_000,
            tools={
                OURS: 100_000,
                "boto3 loop": 3_000,
                "boto3 8 threads": 15_000,
                "boto3 32 threads": 30_000,
                "aws-sqs-batchlib": 10_000,
            },
            beside="boto3 32 threads",
            goal=2.5,
            cpu=25,
            memory=80,
        ),
        Work(
            title="send 100,000",
            delay=0,
            job="send",
            number=100_000,
            tools={OURS: 100_000, "boto3 loop": 20_000, "boto3 8 threads": 20_000},
            beside="boto3 loop",
            goal=5,
        ),
        Work(
            title="receive and delete 10,000",
            delay=10,
            job="drain",
            number=10_000,
            tools={OURS: 10_000, "boto3 loop": 2_000, "boto3 8 threads": 10_000},
            beside="boto3 8 threads",
            goal=2,
        ),
        Work(
            title="FIFO, 100 groups × 100",
            delay=10,
            job="fifo",
            number=10_000,
            tools={OURS: 10_000, "boto3 loop": 3_000},
            beside="boto3 loop",
            goal=5,
        ),
    ]


def built(folder: Path) -> Path | None:
    """The server, where there is a compiler for it."""
    rustc = shutil.which("rustc")
    if rustc is None:
        return None
    program = folder / "sqssink"
    subprocess.run([rustc, "--edition=2021", "-O", "-o", program, SOURCE], check=True)
    return program


@contextmanager
def serving(program: Path, delay: int) -> Iterator[str]:
    """The address of a server that answers after so many milliseconds."""
    port = free_port()
    process = subprocess.Popen([str(program), str(port), str(delay)])
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(200):
            try:
                socket.create_connection(("127.0.0.1", port), 5).close()
                break
            except OSError:
                time.sleep(0.02)
        yield url
    finally:
        process.terminate()
        process.wait()


def execute(python: str, work: Work, tool: str, url: str) -> Run:
    """Let one process do a work; a failure ends the benchmark."""
    env = {
        **scrubbed(os.environ),
        "AWS_ACCESS_KEY_ID": "AKIDEXAMPLEAKIDEXAMP",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": url,
        "AWS_ENDPOINT_URL_SQS": url,
        "PYTHONPATH": str(ROOT),
    }
    program = sys.executable if tool == OURS else python
    number = work.tools[tool]
    queue = f"q-{uuid.uuid4().hex[:12]}" + (".fifo" if work.job == "fifo" else "")
    command = [program, "-m", "benchmarks.jobs_sqs", work.job, tool, queue, str(number)]
    answer = subprocess.run(command, env=env, cwd=ROOT, capture_output=True, text=True, check=False)
    if answer.returncode:
        sys.exit(f"{' '.join(command)}: exit code {answer.returncode}\n{answer.stderr[-2000:]}")
    return Run(**json.loads(answer.stdout.splitlines()[-1]))


def measure(program: Path, python: str, chosen: Sequence[Work], runs: int) -> None:
    """Run everything once unmeasured, then `runs` times in turns."""
    for work in chosen:
        for number in range(-1, runs):
            tools = list(work.tools)
            for tool in tools if number % 2 else reversed(tools):
                # A fresh one each time: nobody pays for what another left in its queues.
                with serving(program, work.delay) as url:
                    run = execute(python, work, tool, url)
                if number >= 0:
                    work.runs.setdefault(tool, []).append(run)
            print(f"{work.title}, {work.delay} ms: {number + 1} of {runs}", file=sys.stderr)


def median(runs: Sequence[Run], name: str) -> float:
    """The median of one figure."""
    return float(statistics.median(getattr(run, name) for run in runs))


def missed(work: Work) -> list[str]:
    """The goals of a work that were missed."""
    ours, theirs = work.runs[OURS], work.runs[work.beside]
    found = []
    ratio = median(ours, "rate") / median(theirs, "rate")
    if ratio < work.goal:
        found.append(f"{ratio:.2f} × {work.beside}")
    if work.cpu is not None and median(ours, "cpu") > work.cpu:
        found.append(f"{median(ours, 'cpu'):.1f} µs")
    if work.memory is not None and median(ours, "memory") > work.memory:
        found.append(f"{median(ours, 'memory'):.0f} MiB")
    return found


def rows(work: Work) -> Iterator[str]:
    """Lines of the table."""
    theirs = median(work.runs[work.beside], "rate")
    for tool, runs in work.runs.items():
        goal = ""
        if tool == OURS:
            wanted = [f"≥ {work.goal:g} × {work.beside}"]
            wanted += [f"≤ {work.cpu:g} µs"] if work.cpu is not None else []
            wanted += [f"≤ {work.memory:g} MiB"] if work.memory is not None else []
            failed = missed(work)
            goal = ", ".join(wanted) + (
                f": **missed** ({', '.join(failed)})" if failed else ": met"
            )
        rates = [run.rate for run in runs]
        cells: list[Any] = [
            work.title,
            f"{work.delay} ms",
            tool,
            f"{work.tools[tool]:,}",
            f"{median(runs, 'rate'):,.0f}",
            f"{min(rates):,.0f}-{max(rates):,.0f}",
            f"{median(runs, 'rate') / theirs:.2f}",
            f"{median(runs, 'cpu'):.1f}",
            f"{median(runs, 'memory'):.0f}",
            goal,
        ]
        yield f"| {' | '.join(map(str, cells))} |"


def transfers(chosen: Sequence[Work], runs: int, load: str) -> str:
    """The part of the page about sending and receiving."""
    lines = [
        PREFACE,
        f"- {machine()}; load at the beginning and at the end: {load}",
        f"- Python {platform.python_version()}, boto3 {version('boto3')}; {runs} runs each",
        "",
        "| work | answers after | tool | messages | messages/s | range | × | CPU µs/message "
        "| peak MiB | goal |",
        "|---|---|---|---|---|---|---|---|---|---|",
        *(line for work in chosen for line in rows(work)),
    ]
    return "\n".join(lines)


def parts(text: str) -> tuple[str, str, str, str]:
    """The parts of a page: sending and receiving, enqueuing, consumers, notes; empty without."""
    rest, _, notes = text.partition(f"\n{NOTES}\n")
    rest, _, consumers = rest.partition(f"\n{CONSUMERS}\n")
    first, _, enqueued = rest.partition(f"\n{ENQUEUING}\n")
    return first.strip(), enqueued.strip(), consumers.strip(), notes.strip()


def page(first: str, enqueued: str, consumers: str, notes: str) -> str:
    """The whole page."""
    found = [first or PREFACE]
    if enqueued:
        found.append(f"{ENQUEUING}\n\n{enqueued}")
    if consumers:
        found.append(f"{CONSUMERS}\n\n{consumers}")
    found.append(f"{NOTES}\n\n{notes}")
    return "\n\n".join(part.strip() for part in found).rstrip() + "\n"


def load_now() -> str:
    """The load of the last minute."""
    return f"{os.getloadavg()[0]:.1f}"


def main() -> None:
    """Measure and write the report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--consumer_runs", type=int, default=3)
    parser.add_argument("--python", default=sys.executable, help="with the other tools installed")
    parser.add_argument("--python_tasks", help="with django-tasks-sqs, which needs Python 3.12")
    parser.add_argument("--only", nargs="*", help="jobs: send, drain, fifo, enqueue, consume")
    parser.add_argument("--delay", type=int, help="works with this delay alone")
    parser.add_argument("--print", action="store_true", help="write no report")
    given = parser.parse_args()
    chosen = [
        work
        for work in works()
        if (not given.only or work.job in given.only) and given.delay in (None, work.delay)
    ]
    is_consuming = given.delay is None and (not given.only or "consume" in given.only)
    is_enqueuing = given.delay is None and (not given.only or "enqueue" in given.only)
    first, enqueued, consumers, notes = parts(REPORT.read_text() if REPORT.exists() else "")
    with tempfile.TemporaryDirectory() as folder:
        program = built(Path(folder))
        if program is None:
            print("There is no rustc to build benchmarks/sqssink with: nothing was measured.")
            return
        if chosen:
            before = load_now()
            measure(program, given.python, chosen, given.runs)
            first = transfers(chosen, given.runs, f"{before}, {load_now()}")
        newer = given.python_tasks
        pythons = consuming.Interpreters(
            peers=given.python, tasks=newer if newer and Path(newer).exists() else None
        )
        if is_enqueuing:
            sent = enqueuing.measure(
                lambda delay: serving(program, delay), pythons, given.runs, load_now
            )
            enqueued = "\n".join(enqueuing.section(sent))
        if is_consuming:
            results = consuming.measure(
                lambda delay: serving(program, delay), pythons, given.consumer_runs, load_now
            )
            consumers = "\n".join(consuming.section(results))
    made = page(first, enqueued, consumers, notes)
    print(made)
    if not given.print:
        REPORT.write_text(made)


if __name__ == "__main__":
    main()
