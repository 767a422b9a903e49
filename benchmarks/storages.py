"""Our storages beside django-storages, collectfasta and a local disk (`make bench-storage`)."""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

from benchmarks.cli import machine
from benchmarks.material import memory_folder
from benchmarks.page import notes_of
from benchmarks.programs import build
from benchmarks.sites import Sites
from benchmarks.storage_jobs import GROUPS, Bench
from benchmarks.storage_page import Row, page
from tests.running import ROOT

REPORT = ROOT / "benchmarks" / "RESULTS-storage.md"


def circumstances(peers: Path, *, in_memory: bool) -> dict[str, str]:
    """The server, the machine and the versions."""
    ours = ", ".join(f"{name} {version(name)}" for name in ("django", "boto3", "awscrt"))
    names = ("django", "django-storages", "collectfasta", "boto3", "awscli")
    script = (
        "from importlib.metadata import version as v;"
        f"print(', '.join(f'{{n}} {{v(n)}}' for n in {names}))"
    )
    theirs = subprocess.run(
        [str(peers / "python"), "-c", script], capture_output=True, text=True, check=True
    )
    return {
        "Server": "a sink on the loopback address (benchmarks/s3sink); ministack for the manifest",
        "Files": f"{'in memory (tmpfs)' if in_memory else 'on a disk'}; a local disk is a disk",
        "Machine": machine(),
        "Ours": f"Python {platform.python_version()}, {ours}",
        "Peers (packages of PyPI)": theirs.stdout.strip(),
    }


def load(path: Path | None) -> list[Row]:
    """The rows that a file keeps; none where there is none yet."""
    if path is None or not path.exists():
        return []
    return [Row(**each) for each in json.loads(path.read_text())]


def merged(kept: Sequence[Row], measured: Row) -> list[Row]:
    """The rows with one that was measured anew in the place of the old one."""
    titles = [row.title for row in kept]
    if measured.title not in titles:
        return [*kept, measured]
    return [measured if row.title == measured.title else row for row in kept]


def arguments() -> argparse.Namespace:
    """What the user asks for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.storages", description=__doc__)
    add = parser.add_argument
    add("--tools", type=Path, required=True, help="the folder of the peers")
    add("--runs", type=int, default=3, help="measured runs of what is quick (default: 3)")
    add("--only", nargs="*", choices=GROUPS, default=tuple(GROUPS), help="which work")
    add("--keep", type=Path, help="a JSON file with the figures of earlier parts; these are added")
    add("--output", type=Path, default=REPORT, help="the page to write")
    return parser.parse_args()


def main() -> None:
    """Measure, keep the figures, write the page and print it."""
    options = arguments()
    kept, notes = load(options.keep), notes_of(options.output)
    with (
        tempfile.TemporaryDirectory(dir=os.environ.get("BENCH_DIR")) as name,
        memory_folder(Path(name)) as memory,
    ):
        folder = Path(name)
        program = build("s3sink", folder)
        if program is None:
            sys.exit("There is no Rust compiler for the sink.")
        bench = Bench(
            sites=Sites(options.tools, folder),
            folder=folder,
            memory=memory,
            peers=options.tools,
            program=program,
            runs=options.runs,
            circumstances=circumstances(options.tools, in_memory=memory != folder),
        )
        for group in options.only:
            for row in GROUPS[group](bench):
                kept = merged(kept, row)
                if options.keep:
                    rows = [dataclasses.asdict(each) for each in kept]
                    options.keep.write_text(json.dumps(rows, indent=1) + "\n")
                options.output.write_text(page(kept, notes))
    options.output.write_text(page(kept, notes))
    print(options.output.read_text())


if __name__ == "__main__":
    main()
