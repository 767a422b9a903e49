"""The page of the transfers' benchmark, from the figures that were measured."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from benchmarks.figures import OURS, Figures

SECTIONS: Mapping[str, str] = {
    "20 ms": "A store 20 ms away (50 ms for a page of a listing)",
    "0 ms": "A store that answers at once",
    "60 ms": "A store 60 ms away",
    "large": "Large files",
    "rest": "Other work",
}
"""The parts of the page, the one that is most like a real store first."""

NOTES = "## Notes"
"""What stands below is written by hand, and kept when the page is written again."""

PREFACE = """\
# Transfers beside other tools

Written by `make bench`. Whole processes, the start of Python and Django included,
taken in turns after one unmeasured run each. Wall seconds (median and range), the
ratio of medians to s5cmd's, the median of the peak memory in MiB.

The milliseconds are how long after its last byte a request is answered; to connect takes none.
`floor` is a program that sends or fetches the same files and does nothing else
(benchmarks/floor). boto3 called for each file and django-storages have one request on its way at a
time, so that 10,000 files take more than 200 s at 20 ms: they are measured at 0 ms alone.
"""
HEADING = """\
| work | tool | wall s | range | / s5cmd | peak MiB | runs | goal |
|---|---|---|---|---|---|---|---|"""


def page(measured: Sequence[Figures], notes: str) -> str:
    """The page with machine, versions, figures and notes."""
    parts = [PREFACE, "\n".join(circumstances(measured)) + "\n"]
    for section, title in SECTIONS.items():
        if chosen := [each for each in measured if each.section == section]:
            lines = [line for each in chosen for line in rows(each)]
            parts.append("\n".join([f"## {title}\n", HEADING, *lines]) + "\n")
    parts += ["\n".join(goals(measured)) + "\n", f"{NOTES}\n", notes]
    return "\n".join(parts).rstrip() + "\n"


def notes_of(path: Path) -> str:
    """The notes of a page that was written before."""
    text = path.read_text() if path.exists() else ""
    return text.partition(f"\n{NOTES}\n")[2].strip()


def circumstances(measured: Sequence[Figures]) -> Iterator[str]:
    """Lines with what was measured and where; parts that differ in it are told apart."""
    names = dict.fromkeys(name for each in measured for name in each.circumstances)
    for name in names:
        found: dict[str, list[str]] = {}
        for each in measured:
            if value := each.circumstances.get(name):
                found.setdefault(value, []).append(each.title)
        for value, titles in found.items():
            where = f" ({'; '.join(titles)})" if len(found) > 1 else ""
            yield f"- {name}: {value}{where}"


def rows(figures: Figures) -> Iterator[str]:
    """Lines of a table."""
    for tool, runs in figures.runs.items():
        walls = [run.wall for run in runs]
        ratio = figures.ratio(tool)
        cells = [
            figures.title,
            tool,
            f"{figures.wall(tool):.2f}",
            f"{min(walls):.2f}-{max(walls):.2f}",
            "-" if ratio is None else f"{ratio:.2f}",
            f"{figures.memory(tool):.0f}",
            f"{len(runs)}",
            verdict(figures) if tool == OURS else "",
        ]
        yield f"| {' | '.join(cells)} |"


def verdict(figures: Figures) -> str:
    """The goal of a work, and whether it was met."""
    missed = figures.missed()
    if missed is None:
        return ""
    goal = f"<= {figures.wall_limit} and <= {figures.memory_limit} MiB"
    return f"{goal}: {'**missed**' if missed else 'met'}"


def goals(measured: Sequence[Figures]) -> Iterator[str]:
    """How many goals were met, and the figures of those that were missed."""
    found = {each.title: each.missed() for each in measured}
    missed = {title: reasons for title, reasons in found.items() if reasons}
    count = sum(reasons is not None for reasons in found.values())
    yield f"## Goals\n\n{count - len(missed)} of {count} were met."
    for title, reasons in missed.items():
        yield f"- **Missed**: {title}: {'; '.join(reasons)}."
