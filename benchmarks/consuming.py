"""The consumers of the benchmark of SQS: ours beside others (`make bench-sqs`)."""

from __future__ import annotations

import http.client
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.running import ROOT
from tests.servers import scrubbed

SITE, RAW, LOOP = "philo_aws", "philo_aws, no site", "boto3 loop"
OUR_TASKS = "philo_aws, tasks"
OURS = (SITE, OUR_TASKS, RAW)
PLAIN, TASKS, CELERY = "aws-sqs-consumer", "django-tasks-sqs", "Celery"
CONCURRENCY = 10
HANDLER_SECONDS = 0.05
STARTS, IDLE_SECONDS = 20, 30.0
BODY = "x" * 490
QUEUE = "bench"
_TICKS = os.sysconf("SC_CLK_TCK")

PREFACE = """\
Ten threads, wait 20 s, and for ours the command `aws_sqs consume` in a site with one handler
("tasks": with `--tasks`, in a site with one task; "no site": the same consumer without Django's
command). The queue is filled before a worker starts; what is counted is the time from the first
message that its handler gets to the last, so no start of Python. The boto3 loop receives ten and
deletes ten, and like aws-sqs-consumer it handles one after another; the others use threads.
django-tasks-sqs receives ten with each of its threads, Celery has threads, late acknowledgements
and a queue that is named beforehand.
"""


@dataclass(frozen=True, kw_only=True)
class Measured:
    """What one worker did."""

    wall: float
    """Seconds from the first message to the last."""
    cpu: float
    """Seconds of processor time in them."""
    tenth: float
    """MiB after a tenth of the messages."""
    memory: float
    """MiB at the last."""
    requests: float
    """Requests for each message, all that the worker sent."""


@dataclass(frozen=True, kw_only=True)
class Consuming:
    """One work of consumers."""

    title: str
    delay: int
    """Milliseconds to answer."""
    tools: Mapping[str, int]
    """Each tool, and the messages it gets."""
    seconds: float = 0
    """What a handler takes."""
    goals: Mapping[str, float] = field(default_factory=dict)
    """How many times as many messages a second as each of these."""
    runs: dict[str, list[Measured]] = field(default_factory=dict)
    notes: dict[str, str] = field(default_factory=dict)
    """Why a tool has no figures."""


@dataclass(kw_only=True)
class Idle:
    """What a worker does that has nothing to do, and how soon it begins when it has."""

    tool: str
    a_minute: float
    """Requests."""
    cpu: float
    """Percent of one processor."""
    starts: list[float]
    """Milliseconds from the beginning of a send to that of its handler."""


def works() -> list[Consuming]:
    """What is measured with messages at hand."""
    return [
        Consuming(
            title="no-op",
            delay=0,
            tools={
                SITE: 6000,
                OUR_TASKS: 6000,
                RAW: 6000,
                LOOP: 5000,
                PLAIN: 4000,
                TASKS: 1000,
                CELERY: 300,
            },
            goals={LOOP: 0.7},
        ),
        Consuming(
            title="no-op",
            delay=10,
            tools={
                SITE: 4000,
                OUR_TASKS: 4000,
                RAW: 4000,
                LOOP: 1000,
                PLAIN: 1000,
                TASKS: 1500,
                CELERY: 200,
            },
            goals={PLAIN: 4, TASKS: 3, CELERY: 15},
        ),
        Consuming(
            title="50 ms",
            delay=10,
            tools={SITE: 1000, OUR_TASKS: 1000, TASKS: 600, CELERY: 200},
            seconds=HANDLER_SECONDS,
        ),
    ]


class Sink:
    """The server, asked without a client of AWS."""

    def __init__(self, url: str) -> None:
        self._address = urlsplit(url).netloc
        self.url = url
        self.queue = f"{url}/000000000000/{QUEUE}"

    def call(self, action: str, **body: Any) -> dict[str, Any]:
        """Call an action of SQS."""
        headers = {"X-Amz-Target": f"AmazonSQS.{action}"}
        return self._ask("/", json.dumps({"QueueUrl": self.queue, **body}), headers)

    def _ask(self, path: str, body: str = "{}", headers: Any = ()) -> dict[str, Any]:
        connection = http.client.HTTPConnection(self._address, timeout=60)
        try:
            connection.request("POST", path, body, dict(headers))
            found: dict[str, Any] = json.loads(connection.getresponse().read())
        finally:
            connection.close()
        return found

    def fill(self, body: str, number: int) -> None:
        """Have so many messages in the queue."""
        entries = [{"Id": str(place), "MessageBody": body} for place in range(10)]

        def some(_: int) -> None:
            assert len(self.call("SendMessageBatch", Entries=entries)["Successful"]) == 10

        with ThreadPoolExecutor(16) as pool:
            list(pool.map(some, range(number // 10)))

    def requests(self) -> int:
        """How many were counted that a worker sends."""
        stats = self._ask("/__stats")
        return sum(
            number
            for name, number in stats.items()
            if name[0].isupper() and not name.startswith("Send")
        )


@dataclass(frozen=True, kw_only=True)
class Interpreters:
    """Where the tools are installed; `None` where they are not."""

    peers: str
    tasks: str | None

    def of(self, tool: str) -> str | None:
        """The interpreter of a tool."""
        if tool in OURS:
            return sys.executable
        return self.tasks if tool == TASKS else self.peers


def environment(
    sink: Sink, folder: Path, number: int, seconds: float, tool: str = SITE
) -> dict[str, str]:
    """What a worker is told."""
    site = "tasks_site" if tool == OUR_TASKS else "consumer_site"
    return {
        **scrubbed(os.environ),
        "AWS_ACCESS_KEY_ID": "AKIDEXAMPLEAKIDEXAMP",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": sink.url,
        "AWS_ENDPOINT_URL_SQS": sink.url,
        "PYTHONPATH": str(ROOT),
        "DJANGO_SETTINGS_MODULE": f"benchmarks.{site}.settings",
        "BENCH_QUEUE": sink.queue,
        "BENCH_NUMBER": str(number),
        "BENCH_SECONDS": str(seconds),
        "BENCH_REPORT": str(folder / "report"),
    }


def command(python: str, tool: str, *flags: object) -> list[str]:
    """How a worker is started."""
    if tool in (SITE, OUR_TASKS):
        started = [python, str(ROOT / "manage.py"), "aws_sqs", "consume"]
        started += ["--tasks", "default"] if tool == OUR_TASKS else []
        return [*started, "--concurrency", str(CONCURRENCY), *map(str, flags)]
    return [python, "-m", "benchmarks.jobs_consume", tool]


def body_of(python: str, tool: str, sink: Sink, env: Mapping[str, str]) -> str:
    """The body of a message that a tool would send; the queue is empty after that."""
    if tool not in (OUR_TASKS, TASKS, CELERY):
        return BODY
    subprocess.run(
        [python, "-m", "benchmarks.jobs_consume", tool, "send"],
        env=env,
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (message,) = sink.call("ReceiveMessage")["Messages"]
    sink.call("DeleteMessage", ReceiptHandle=message["ReceiptHandle"])
    return str(message["Body"])


@contextmanager
def working(arguments: Sequence[str], env: Mapping[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """A worker, ended at last."""
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(
            arguments, env=env, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=errors
        )
        try:
            yield process
        except Exception:
            errors.seek(0)
            sys.stderr.write(errors.read().decode(errors="replace")[-3000:])
            raise
        finally:
            process.kill()
            process.wait()


def consume(
    sink: Sink, python: str, tool: str, number: int, seconds: float, patience: float = 240
) -> Measured:
    """Let one worker handle so many messages."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        env = environment(sink, folder, number, seconds, tool)
        sink.fill(body_of(python, tool, sink, env), number)
        if tool not in OURS:
            env["BENCH_LEAVE"] = "yes"
        before = sink.requests()
        with working(command(python, tool, "--max_messages", number), env) as process:
            process.wait(patience)
        told = json.loads((folder / "report").read_text())
        counts = sink.call("GetQueueAttributes")["Attributes"]
        left = sum(int(counts[name]) for name in counts if name.startswith("ApproximateNumber"))
        # Of those that have no end of their own some deletions may be under way.
        assert left <= (0 if tool in OURS else 100), f"{tool} left {left} messages"
        return Measured(
            wall=told["wall"],
            cpu=told["cpu"],
            tenth=told["memory"].get("tenth", 0.0),
            memory=told["memory"]["end"],
            requests=(sink.requests() - before) / number,
        )


def be_idle(sink: Sink, python: str, tool: str) -> Idle:
    """Watch a worker that has nothing to do, then send it messages one by one."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        times = folder / "times"
        times.touch()
        env = {**environment(sink, folder, 10**9, 0), "BENCH_TIMES": str(times)}
        body = body_of(python, tool, sink, env)
        luck = random.Random(12)  # noqa: S311 - no secret

        def begun() -> list[float]:
            return [float(line) for line in times.read_text().split()]

        with working(command(python, tool), env) as process:
            # One unmeasured: the worker is there.
            sink.call("SendMessage", MessageBody=body)
            until(lambda: len(begun()) == 1)
            time.sleep(2)
            requests, cpu = sink.requests(), processor_seconds(process.pid)
            time.sleep(IDLE_SECONDS)
            requests, cpu = sink.requests() - requests, processor_seconds(process.pid) - cpu
            sent = []
            for number in range(STARTS):
                time.sleep(luck.uniform(0.2, 0.4))
                sent.append(time.time())
                sink.call("SendMessage", MessageBody=body)
                until(lambda number=number: len(begun()) == number + 2)
            starts = [
                (start - moment) * 1000 for start, moment in zip(begun()[1:], sent, strict=True)
            ]
        return Idle(
            tool=tool,
            a_minute=requests * 60 / IDLE_SECONDS,
            cpu=cpu / IDLE_SECONDS * 100,
            starts=sorted(starts),
        )


def until(condition: Any) -> None:
    """Wait for something that a worker does."""
    end = time.monotonic() + 60
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError("the worker did not begin")
        time.sleep(0.02)


def processor_seconds(pid: int) -> float:
    """What a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


@dataclass(kw_only=True)
class Results:
    """All that the section tells."""

    works: list[Consuming]
    idle: list[Idle]
    memory: Measured | None
    load: str
    runs: int


def measure(serving: Any, pythons: Interpreters, runs: int, load_now: Any) -> Results:
    """Measure all of it; `serving(delay)` has the address of a fresh server."""
    before = load_now()
    chosen = works()
    for work in chosen:
        for number in range(runs):
            tools = list(work.tools)
            for tool in tools if number % 2 else reversed(tools):
                python = pythons.of(tool)
                if python is None:
                    work.notes[tool] = "not installed here"
                    continue
                with serving(work.delay) as url:
                    found = consume(Sink(url), python, tool, work.tools[tool], work.seconds)
                work.runs.setdefault(tool, []).append(found)
            print(f"consume {work.title}, {work.delay} ms: {number + 1}", file=sys.stderr)

    def idle_of(tool: str) -> Idle:
        with serving(10) as url:
            return be_idle(Sink(url), pythons.of(tool) or "", tool)

    # Side by side, as they do nothing.
    there = [tool for tool in (SITE, TASKS, CELERY) if pythons.of(tool) is not None]
    with ThreadPoolExecutor(len(there)) as pool:
        idle = list(pool.map(idle_of, there))
    print("idle: done", file=sys.stderr)
    with serving(0) as url:
        memory = consume(Sink(url), sys.executable, SITE, 200_000, 0)
    return Results(
        works=chosen, idle=idle, memory=memory, load=f"{before}, {load_now()}", runs=runs
    )


def rate(work: Consuming, tool: str) -> float:
    """Messages a second."""
    return statistics.median(work.tools[tool] / run.wall for run in work.runs[tool])


def told(ok: bool, wanted: str, found: str) -> str:
    """A goal and whether it was met."""
    return f"{wanted}: met ({found})" if ok else f"{wanted}: **missed** ({found})"


def goals_of(work: Consuming, tool: str) -> Iterator[str]:
    """The goals beside ours."""
    if tool not in (SITE, OUR_TASKS):
        return
    for beside, goal in work.goals.items():
        # The goals of tasks are beside what has tasks.
        if beside in work.runs and (tool == SITE or beside in (TASKS, CELERY)):
            ratio = rate(work, tool) / rate(work, beside)
            yield told(ratio >= goal, f"≥ {goal:g} × {beside}", f"{ratio:.2f}")
    if work.seconds:
        share = rate(work, tool) / (CONCURRENCY / work.seconds)
        yield told(share >= 0.93, "≥ 0.93 of concurrency ÷ time", f"{share:.3f}")
        asked = statistics.median(run.requests for run in work.runs[tool])
        yield told(asked <= 0.25, "≤ 0.25 requests a message", f"{asked:.3f}")


def rows(work: Consuming) -> Iterator[str]:
    """Lines of the table of works."""
    for tool in work.tools:
        if tool not in work.runs:
            yield f"| {work.title} | {work.delay} ms | {tool} | {work.notes[tool]} | | | | | |"
            continue
        runs = work.runs[tool]
        rates = [work.tools[tool] / run.wall for run in runs]
        cpu = statistics.median(run.cpu / work.tools[tool] * 1e6 for run in runs)
        asked = statistics.median(run.requests for run in runs)
        cells = [
            work.title,
            f"{work.delay} ms",
            tool,
            f"{work.tools[tool]:,}",
            f"{rate(work, tool):,.0f}",
            f"{min(rates):,.0f}-{max(rates):,.0f}",
            f"{cpu:,.0f}",
            f"{asked:.2f}",
            ", ".join(goals_of(work, tool)),
        ]
        yield f"| {' | '.join(cells)} |"


def idle_rows(idle: Sequence[Idle]) -> Iterator[str]:
    """Lines of the table of workers that wait."""
    for one in idle:
        middle, late = (one.starts[int(len(one.starts) * part) - 1] for part in (0.5, 0.95))
        goals = [
            told(late <= 1.2 * middle + 5, "p95 ≤ 1.2 × p50 + 5 ms", f"{1.2 * middle + 5:.1f}"),
            told(one.cpu <= 0.3, "≤ 0.3 % of a core", f"{one.cpu:.2f}"),
            told(one.a_minute <= 3.2, "≤ 3.2 requests a minute", f"{one.a_minute:.1f}"),
        ]
        shown = ", ".join(goals) if one.tool == SITE else ""
        yield (
            f"| {one.tool} | {one.a_minute:.1f} | {one.cpu:.2f} % | {middle:.1f} ms "
            f"| {late:.1f} ms | {shown} |"
        )


def section(results: Results) -> list[str]:
    """The lines of the section."""
    lines = [
        PREFACE,
        f"Medians of {results.runs}; load at the beginning and at the end: {results.load}.",
        "",
        "| handler | answers after | tool | messages | messages/s | range | CPU µs/message "
        "| requests/message | goal |",
        "|---|---|---|---|---|---|---|---|---|",
        *(line for work in results.works for line in rows(work)),
        "",
        f"With nothing to do, for {IDLE_SECONDS:g} s at 10 ms; then {STARTS} messages one by one, "
        "from the beginning of the send (which takes 10 ms) to that of the handler:",
        "",
        "| tool | requests a minute | processor | start p50 | start p95 | goal |",
        "|---|---|---|---|---|---|",
        *idle_rows(results.idle),
    ]
    if results.memory is not None:
        tenth, end = results.memory.tenth, results.memory.memory
        grown = end / tenth - 1
        lines += [
            "",
            f"Memory of one process after 20,000 messages: {tenth:.1f} MiB, after 200,000: "
            f"{end:.1f} MiB; " + told(grown <= 0.05, "within 5 %", f"{grown:+.1%}") + ".",
        ]
    return lines
