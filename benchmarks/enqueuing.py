"""Enqueuing in the benchmark of SQS: ours beside our `send_message` and others."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from benchmarks.consuming import Interpreters, Sink, environment, told
from tests.running import ROOT

SEND, ONE, MANY = (f"philo_aws {name}" for name in ("send_message", "enqueue", "enqueue_many"))
BOTO, PEER, CELERY = "boto3 send_message", "django-tasks-sqs enqueue", "Celery send_task"
OURS_GATHERED = "philo_aws aenqueue gathered"
PEERS_GATHERED = "django-tasks-sqs aenqueue gathered"
GOALS = {ONE: 1.15, MANY: 0.25}
"""The most processor time, as a part of that of :data:`SEND` and of :data:`ONE`."""
GATHERED_GOAL = 3.0
NUMBER, ROUNDS = 1000, 30

PREFACE = """\
One thread, one message after the other but for `enqueue_many`, to a queue given by its URL; the
task has no arguments, and no results are kept. Each figure is the median of whole processes, taken
in turns, without their start and their first fifty messages. `send_message` gets a task's body.
"""


class Serving(Protocol):
    """`serving(delay)` has the address of a fresh server."""

    def __call__(self, delay: int, /) -> AbstractContextManager[str]: ...


@dataclass(kw_only=True)
class Results:
    """What the processes said, by the milliseconds to answer and by tool."""

    runs: dict[tuple[int, str], list[Mapping[str, float]]] = field(default_factory=dict)
    load: str = ""
    number: int = 0

    def median(self, delay: int, tool: str, figure: str) -> float | None:
        """The median of one figure; `None` where the tool is not installed."""
        runs = self.runs.get((delay, tool))
        return float(statistics.median(run[figure] for run in runs)) if runs else None


def interpreter(pythons: Interpreters, tool: str) -> str | None:
    """The interpreter of a tool."""
    if tool.startswith("philo_aws"):
        return sys.executable
    return pythons.tasks if tool.startswith("django-tasks-sqs") else pythons.peers


def execute(python: str, tool: str, number: int, url: str) -> Mapping[str, float]:
    """Let one process enqueue; a failure ends the benchmark."""
    sink = Sink(url)
    # There is no consumer; the figures of one have no reader.
    env = environment(sink, Path("/nonexistent"), 0, 0) | {
        "DJANGO_SETTINGS_MODULE": "benchmarks.tasks_site.settings"
    }
    command = [python, "-m", "benchmarks.jobs_enqueue", tool, str(number)]
    answer = subprocess.run(command, env=env, cwd=ROOT, capture_output=True, text=True, check=False)
    if answer.returncode:
        sys.exit(f"{' '.join(command)}: exit code {answer.returncode}\n{answer.stderr[-2000:]}")
    found: Mapping[str, float] = json.loads(answer.stdout.splitlines()[-1])
    return found


def measure(serving: Serving, pythons: Interpreters, runs: int, load_now: Any) -> Results:
    """Measure all of it."""
    results = Results(number=runs)
    before = load_now()
    works = [(delay, tool, NUMBER) for delay in (0, 10) for tool in (SEND, ONE, MANY)]
    works += [(0, tool, NUMBER) for tool in (BOTO, PEER, CELERY)]
    works += [(10, tool, ROUNDS) for tool in (OURS_GATHERED, PEERS_GATHERED)]
    for place in range(runs):
        for delay, tool, number in works if place % 2 else reversed(works):
            python = interpreter(pythons, tool)
            if python is None:
                continue
            with serving(delay) as url:
                found = execute(python, tool, number, url)
            results.runs.setdefault((delay, tool), []).append(found)
        print(f"enqueue: {place + 1} of {runs}", file=sys.stderr)
    results.load = f"{before}, {load_now()}"
    return results


def rows(results: Results) -> Iterator[str]:
    """Lines of the table of messages."""
    for delay in (0, 10):
        for tool in (SEND, ONE, MANY, BOTO, PEER, CELERY):
            runs = results.runs.get((delay, tool))
            if not runs:
                if delay == 0:
                    yield f"| {tool} | {delay} ms | not installed here | | | |"
                continue
            costs = [run["cpu"] for run in runs]
            middle = statistics.median(costs)
            goal = ""
            if tool in GOALS:
                beside = SEND if tool == ONE else ONE
                ratio = middle / (results.median(delay, beside, "cpu") or 1)
                most = GOALS[tool]
                goal = told(ratio <= most, f"≤ {most:g} × {beside}", f"{ratio:.2f}")
            wall = results.median(delay, tool, "wall")
            yield (
                f"| {tool} | {delay} ms | {middle:,.0f} | {min(costs):,.0f}-{max(costs):,.0f} "
                f"| {wall:,.0f} | {goal} |"
            )


def gathered_rows(results: Results) -> Iterator[str]:
    """Lines of the table of coroutines."""
    for tool in (OURS_GATHERED, PEERS_GATHERED):
        one, twenty = (results.median(10, tool, figure) for figure in ("one", "twenty"))
        name = tool.removesuffix(" gathered")
        if one is None or twenty is None:
            yield f"| {name} | not installed here | | | |"
            continue
        ratio = twenty / one
        goal = ""
        if tool == OURS_GATHERED:
            goal = told(ratio <= GATHERED_GOAL, f"≤ {GATHERED_GOAL:g} × one", f"{ratio:.2f}")
        yield f"| {name} | {one:.1f} ms | {twenty:.1f} ms | {ratio:.2f} | {goal} |"


def section(results: Results) -> Sequence[str]:
    """The lines of the section."""
    return [
        PREFACE,
        f"Medians of {results.number}; load at the beginning and at the end: {results.load}.",
        "",
        f"| {NUMBER:,} messages by | answers after | CPU µs/message | range | clock µs/message "
        "| goal |",
        "|---|---|---|---|---|---|",
        *rows(results),
        "",
        "Coroutines, when each answer takes 10 ms:",
        "",
        "| tool | one | twenty gathered | × | goal |",
        "|---|---|---|---|---|",
        *gathered_rows(results),
    ]
