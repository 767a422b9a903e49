"""The work of the storages' benchmark, with its goals."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import sites
from benchmarks.cli import environment, execute
from benchmarks.figures import MIB
from benchmarks.material import BUCKET, empty, large, size_of, tree
from benchmarks.programs import sink, stats
from benchmarks.sites import COLLECTFASTA, DISK, DISK_AND_AWS, OURS, STORAGES, Sites
from benchmarks.storage_page import Row
from tests import servers

REAL = {
    "django/contrib/admin": "admin",
    "fontawesomefree": "fontawesomefree",
    "rest_framework": "rest_framework",
    "django_select2": "django_select2",
    "tinymce": "tinymce",
}
"""Packages of the peers' environment whose static files are collected, with the folder of each."""
LEFT_OUT = ("js-packages", "otfs", "less", "scss", "assetTemplates", "metadata")
"""Folders that no site serves: sources, and the same icons once more."""
CHANGED = "admin/css/base.css"
STEPS = {"first": 0.5, "unchanged": 0.1, "one css changed": None}
"""What is done to a tree with a manifest, and the goal: our time divided by django-storages'."""
CALLS = 10

Environment = Mapping[str, str]
Measured = dict[str, dict[str, list[float]]]
"""The values and the memory of each tool, as `Row` has them."""


@dataclass(frozen=True, kw_only=True)
class Bench:
    """What the work is done with."""

    sites: Sites
    """The commands of the tools."""
    folder: Path
    """A folder on a disk."""
    memory: Path
    """A folder in memory, where there is room."""
    peers: Path
    """The folder of the peers' programs."""
    program: Path
    """The sink."""
    runs: int
    """How often what is quick is run."""
    circumstances: Mapping[str, str]
    """The server, the machine and the versions."""

    def collect(self) -> Iterator[Row]:
        """`collectstatic` of small files, to the sink: none is there yet."""
        for delay in (0, 20):
            yield self._collected(
                10_000,
                delay,
                {OURS: self.runs, DISK: self.runs, DISK_AND_AWS: 1},
                {DISK: 1.5, DISK_AND_AWS: 0.5},
            )
            yield self._collected(
                1_000, delay, {OURS: self.runs, STORAGES: 1, COLLECTFASTA: 1}, {STORAGES: 1 / 8}
            )

    def _collected(
        self, count: int, delay: int, counts: Mapping[str, int], limits: Mapping[str, float]
    ) -> Row:
        title = f"collectstatic {count:,} x 4 KiB, {delay} ms"
        commands = self.sites.collect(tree(self.memory / str(count), count), "absent")
        with self._sink(delay) as (aws, env):

            def one(tool: str) -> tuple[float, float]:
                self._clear(tool)
                before = stats(aws)["puts"]
                found = whole(commands[tool], env)
                sent = stats(aws)["puts"] - before
                if tool != DISK and sent < count:
                    sys.exit(f"{title}: {tool} sent {sent} files.")
                return found

            return self._row(
                in_turns(title, counts, one),
                title=title,
                section=f"{delay} ms",
                limits=limits,
                memory_limit=100,
            )

    def manifest(self) -> Iterator[Row]:
        """A real tree with a manifest, to a store: first, unchanged, and one file changed."""
        source = real_tree(self.memory / "real", self.peers)
        size = size_of(source)
        counts = {OURS: self.runs, DISK_AND_AWS: 1, COLLECTFASTA: 1, STORAGES: 1}
        found: dict[str, Measured] = {
            step: {part: {tool: [] for tool in counts} for part in ("values", "memory")}
            for step in STEPS
        }
        with servers.ministack(self.folder / "server") as aws:
            aws.client("s3").create_bucket(Bucket=BUCKET)
            env = environment(aws, self.folder)
            for number in range(max(counts.values())):
                for tool in [tool for tool, count in counts.items() if number < count]:
                    self._clear(tool)
                    empty(aws)
                    for step, wall, memory in self._deployed(tool, source, number, env):
                        found[step]["values"][tool].append(wall)
                        found[step]["memory"][tool].append(memory)
                    check_complete(aws, source, tool)
            aws.close()
        for step, limit in STEPS.items():
            yield self._row(
                found[step],
                title=f"Manifest, {size}, {step}",
                section="manifest",
                limits={STORAGES: limit} if limit else {},
                memory_limit=100,
            )

    def _deployed(
        self, tool: str, source: Path, number: int, env: Environment
    ) -> Iterator[tuple[str, float, float]]:
        command = self.sites.collect(source, "static", manifest=True)[tool]
        for step in STEPS:
            if step == "one css changed":
                with (source / CHANGED).open("a") as file:
                    file.write(f"\n/* {tool}, {number} */\n")
            wall, memory = whole(command, env)
            print(f"manifest, {step}: {tool} {wall:.2f}", file=sys.stderr)
            yield step, wall, memory

    def calls(self) -> Iterator[Row]:
        """`url()`, and how many requests a small file takes."""
        yield self._urls("unsigned", 10)
        yield self._urls("signed", 40)
        yield self._requests("open and read a file of 1,000 bytes", sites.SMALL_OPEN, "media")
        yield self._requests(
            "save a file of 1,000 bytes whose name is free", sites.SMALL_SAVE, "absent"
        )

    def _urls(self, kind: str, ceiling: float) -> Row:
        title = f"url(), {kind}: the processor's time of one"
        commands = self.sites.media(sites.URL, "media", signed=kind == "signed")
        with self._sink() as (_, env):
            counts = {OURS: self.runs, STORAGES: self.runs}
            measured = in_turns(title, counts, lambda tool: printed(commands[tool], env))
        return self._row(measured, title=title, section="calls", unit="us", ceiling=ceiling)

    def _requests(self, title: str, script: str, location: str) -> Row:
        with self._sink() as (aws, env):

            def counted(tool: str, times: int) -> int:
                before = stats(aws)["requests"]
                execute(self.sites.media(script, location, str(times))[tool], env)
                return stats(aws)["requests"] - before

            def one(tool: str) -> list[float]:
                # What a process asks once is not counted.
                return [(counted(tool, 1 + CALLS) - counted(tool, 1)) / CALLS]

            measured = in_turns(title, {OURS: 1, STORAGES: 1}, one)
        return self._row(measured, title=title, section="calls", unit="requests", ceiling=1)

    def large(self) -> Iterator[Row]:
        """A file of 100 MiB: saved, and written piece by piece."""
        source = str(large(self.memory / "large.bin", 100 * MIB))
        for delay in (0, 20):
            yield self._large(f"save() of a file of 100 MiB, {delay} ms", sites.SAVE, source, delay)
            yield self._large(f'open("wb") and 100 x 1 MiB, {delay} ms', sites.WRITE, source, delay)

    def _large(self, title: str, script: str, source: str, delay: int) -> Row:
        commands = self.sites.media(script, "absent", source)
        with self._sink(delay) as (_, env):
            counts = {OURS: self.runs, STORAGES: self.runs}
            measured = in_turns(title, counts, lambda tool: printed(commands[tool], env))
        return self._row(
            measured, title=title, section="large", limits={STORAGES: 1.0}, memory_limit=64
        )

    @contextlib.contextmanager
    def _sink(self, delay: int = 0) -> Iterator[tuple[servers.LocalAWS, Environment]]:
        with sink(self.program, 10, delay=delay) as aws:
            yield aws, environment(aws, self.folder)
            aws.close()

    def _clear(self, tool: str) -> None:
        """Take away what a tool keeps on the disk."""
        shutil.rmtree(self.sites.root(tool), ignore_errors=True)

    def _row(self, measured: Measured, **what: Any) -> Row:
        given: dict[str, Any] = {**measured, **what}
        return Row(circumstances=self.circumstances, **given)


GROUPS: Mapping[str, Callable[[Bench], Iterator[Row]]] = {
    "collect": Bench.collect,
    "manifest": Bench.manifest,
    "calls": Bench.calls,
    "large": Bench.large,
}
"""Parts of the work, each with its name on the command line."""


def in_turns(
    title: str, counts: Mapping[str, int], one: Callable[[str], Sequence[float]]
) -> Measured:
    """Run each tool as often as is said, in turns; one that runs often, once unmeasured first."""
    values: dict[str, list[float]] = {tool: [] for tool in counts}
    memory: dict[str, list[float]] = {tool: [] for tool in counts}
    for number in range(-1, max(counts.values())):
        for tool, count in counts.items():
            if number >= count or (number < 0 and count == 1):
                continue
            measured = one(tool)
            print(f"{title}: {tool} {measured[0]:.2f}", file=sys.stderr)
            if number >= 0:
                values[tool].append(measured[0])
                memory[tool] += measured[1:]
    return {"values": values, "memory": {tool: found for tool, found in memory.items() if found}}


def whole(command: Sequence[str], env: Environment) -> tuple[float, float]:
    """The seconds and the MiB of a process."""
    run = execute(command, env)
    return run.wall, run.memory * 1e6 / MIB


def printed(command: Sequence[str], env: Environment) -> list[float]:
    """The numbers that a script prints."""
    done = subprocess.run(command, env=dict(env), capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{command[0]}: exit code {done.returncode}\n{done.stderr}")
    return [float(word) for word in done.stdout.split()]


def real_tree(folder: Path, peers: Path) -> Path:
    """The static files of `REAL` in one folder."""
    packages = next((peers.parent / "lib").glob("python*/site-packages"))
    for package, place in REAL.items():
        shutil.copytree(
            packages / package / "static" / place,
            folder / place,
            ignore=shutil.ignore_patterns(*LEFT_OUT),
        )
    return folder


def check_complete(aws: servers.LocalAWS, source: Path, tool: str) -> None:
    """End the benchmark unless each file is there, hashed and plain, with the manifest."""
    pages = aws.client("s3").get_paginator("list_objects_v2").paginate(Bucket=BUCKET)
    keys = [each["Key"] for listed in pages for each in listed.get("Contents", ())]
    wanted = 2 * sum(path.is_file() for path in source.rglob("*"))
    if len(keys) <= wanted or not any(key.endswith("/staticfiles.json") for key in keys):
        sys.exit(f"manifest: {tool} left {len(keys)} objects, not {wanted} and the manifest.")
