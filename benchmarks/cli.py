"""Our commands beside the AWS CLI: whole processes, interleaved, medians (`make bench-cli`)."""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

from tests import servers
from tests.running import ROOT, SETTINGS_VARIABLE

REPORT = ROOT / "benchmarks" / "RESULTS-cli.md"
# A process of its own, because a child's peak memory begins with that of the process it was forked
# from. Linux counts ru_maxrss in KiB, macOS in bytes.
RUNNER = """
import json, os, subprocess, sys, time
started = time.perf_counter()
process = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
_, status, usage = os.wait4(process.pid, 0)
wall = time.perf_counter() - started
process.returncode = os.waitstatus_to_exitcode(status)
unit = 1 if sys.platform == "darwin" else 1024
cpu, memory = usage.ru_utime + usage.ru_stime, usage.ru_maxrss * unit / 1e6
print(json.dumps({"wall": wall, "cpu": cpu, "memory": memory}))
sys.exit(process.returncode)
"""
SIZES = {"4 KiB": 4 * 1024, "64 MiB": 64 * 1024 * 1024}
BUCKET = "bench"


@dataclass(frozen=True, kw_only=True)
class Run:
    """What one process cost."""

    wall: float
    """Seconds from its start to its end."""
    cpu: float
    """Seconds of user and system time."""
    memory: float
    """The peak of its resident memory in MB."""


@dataclass(frozen=True, kw_only=True)
class Case:
    """One job, done by us and by the AWS CLI."""

    title: str
    """What the job is."""
    ours: Sequence[str]
    """Our command."""
    theirs: Sequence[str]
    """The AWS CLI's command."""
    our_runs: list[Run] = field(default_factory=list)
    """Filled by `measure`."""
    their_runs: list[Run] = field(default_factory=list)
    """Filled by `measure`."""

    def row(self) -> str:
        """A line of the report."""
        ours, theirs = (
            statistics.median(run.wall for run in runs) for runs in (self.our_runs, self.their_runs)
        )
        cells = [self.title, summary(self.our_runs), summary(self.their_runs)]
        return f"| {' | '.join(cells)} | {ours / theirs:.2f} |"


def summary(runs: Sequence[Run]) -> str:
    """The median wall time with its range, processor time and memory."""
    walls = [run.wall for run in runs]
    cpu = statistics.median(run.cpu for run in runs)
    memory = statistics.median(run.memory for run in runs)
    median = statistics.median(walls)
    return f"**{median:.3f}** ({min(walls):.3f}-{max(walls):.3f}), cpu {cpu:.2f}, {memory:.0f} MB"


def execute(command: Sequence[str], env: Mapping[str, str]) -> Run:
    """Run a command to its end and measure it; a failure ends the benchmark."""
    runner = [sys.executable, "-I", "-S", "-c", RUNNER, *command]
    answer = subprocess.run(runner, env=env, capture_output=True, text=True, check=False)
    if answer.returncode:
        sys.exit(f"{' '.join(command)}: exit code {answer.returncode}\n{answer.stderr}")
    return Run(**json.loads(answer.stdout))


def measure(cases: Sequence[Case], env: Mapping[str, str], runs: int) -> None:
    """Run everything once unmeasured, then `runs` times in turns: a slow minute hits all."""
    for number in range(-1, runs):
        for case in cases:
            pairs = [(case.ours, case.our_runs), (case.theirs, case.their_runs)]
            for command, measured in pairs if number % 2 else reversed(pairs):
                run = execute(command, env)
                if number >= 0:
                    measured.append(run)
        print(f"round {number + 1} of {runs}", file=sys.stderr)


def cases(aws: str, folder: Path) -> list[Case]:
    """The jobs: start-up alone, and one object of each size."""
    manage = [sys.executable, str(ROOT / "manage.py"), "aws_s3"]
    found = [
        Case(
            title="start: `manage.py aws_s3 --help` / `aws --version`",
            ours=[*manage, "--help"],
            theirs=[aws, "--version"],
        )
    ]
    for title, size in SIZES.items():
        source = folder / f"{size}.bin"
        source.write_bytes(os.urandom(size))
        flags = [f"--bucket={BUCKET}", f"--fname={source}", f"--key={source.name}"]
        # The checksum that the AWS CLI sends: ministack takes seconds to check our usual one.
        flags.append("--checksum=crc32")
        found.append(
            Case(
                title=f"one object of {title}: `aws_s3 upload_file` / `aws s3 cp`",
                ours=[*manage, "upload_file", *flags],
                theirs=[aws, "s3", "cp", str(source), f"s3://{BUCKET}/{source.name}"],
            )
        )
    return found


def environment(server: servers.LocalAWS, folder: Path) -> dict[str, str]:
    """One environment for both: the same endpoint, keys and region, nothing of the machine."""
    keys = {name.upper(): value for name, value in server.credentials.items()}
    return {
        **servers.scrubbed(os.environ),
        **keys,
        "AWS_REGION": servers.REGION,
        "AWS_ENDPOINT_URL": server.endpoint_url,
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        SETTINGS_VARIABLE: json.dumps(server.settings),
        "HOME": str(folder),
    }


def machine() -> str:
    """The processor and the number of cores."""
    lines = Path("/proc/cpuinfo").read_text().splitlines() if sys.platform == "linux" else []
    models = [line.split(":")[1].strip() for line in lines if line.startswith("model name")]
    model = models[0] if models else platform.processor()
    return f"{model}, {os.cpu_count()} cores, {platform.system()} {platform.release()}"


def report(measured: Sequence[Case], aws: str, runs: int) -> str:
    """The page with machine, versions and figures."""
    answer = subprocess.run([aws, "--version"], capture_output=True, text=True, check=True)
    packages = ("django", "boto3", "awscrt")
    versions = ", ".join(f"{name} {version(name)}" for name in packages)
    versions += f", ministack {servers.ministack_version()}"
    return "\n".join(
        [
            "# Our commands beside the AWS CLI",
            "",
            "Written by `make bench-cli`. Wall seconds of whole processes: the median, in brackets",
            f"the fastest and the slowest of {runs} runs that were taken in turns; processor time",
            "and peak memory are medians too. Both talk to the same ministack on the loopback",
            "address. Ours is the `manage.py` of a site with Django's admin.",
            "",
            f"- Machine: {machine()}",
            f"- Ours: Python {platform.python_version()}, {versions}",
            f"- Theirs: {answer.stdout.strip()}",
            "",
            "| job | ours | AWS CLI | ours / theirs |",
            "|---|---|---|---|",
            *(case.row() for case in measured),
            "",
        ]
    )


def main() -> None:
    """Measure, write the page and print it."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.cli", description=__doc__)
    parser.add_argument("--aws", required=True, help="the AWS CLI's program")
    parser.add_argument("--runs", type=int, default=15, help="measured runs of each (default: 15)")
    parser.add_argument("--output", type=Path, default=REPORT, help="the page to write")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with servers.ministack(folder / "server") as server:
            server.client("s3").create_bucket(Bucket=BUCKET)
            measured = cases(options.aws, folder)
            measure(measured, environment(server, folder), options.runs)
            server.close()
    page = report(measured, options.aws, options.runs)
    options.output.write_text(page)
    print(page)


if __name__ == "__main__":
    main()
