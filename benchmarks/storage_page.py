"""The page of the storages' benchmark, from the figures that were measured."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from benchmarks.page import NOTES
from benchmarks.sites import OURS

SECTIONS: Mapping[str, str] = {
    "0 ms": "Small files to a store that answers at once",
    "20 ms": "Small files to a store 20 ms away",
    "manifest": "Real files with a manifest (ministack)",
    "calls": "Single calls",
    "large": "Large files",
}
"""The parts of the page."""

PREFACE = """\
# Storages beside others

Written by `make bench-storage`. Rows of `collectstatic` are whole processes, the start of Python
and Django included; those of 100 MiB are the call alone, with the memory that it takes beyond what
the process has taken before. Tools take turns. Where a tool has several runs, the figure is the
median, and but for the manifest one unmeasured came before; "ours / it" is the ratio of medians.

django-storages and collectfasta are measured with 1,000 small files alone, and once: at 20 ms those
take them minutes. Ours stands beside them with the same 1,000; nothing is extrapolated.
"""
HEADING = """\
| work | tool | median | range | ours / it | peak MiB | runs | goal |
|---|---|---|---|---|---|---|---|"""


@dataclass(frozen=True, kw_only=True)
class Row:
    """One work, measured with several tools."""

    title: str
    """What it is; no two have the same."""
    section: str
    """The part of the page that it stands in."""
    circumstances: Mapping[str, str]
    """The server, the machine and the versions it was measured with."""
    values: Mapping[str, Sequence[float]]
    """What was measured with each tool."""
    memory: Mapping[str, Sequence[float]] = field(default_factory=dict)
    """The memory of each run in MiB."""
    unit: str = "s"
    """What the values are of."""
    limits: Mapping[str, float] = field(default_factory=dict)
    """The goals: ours divided by that tool's."""
    ceiling: float | None = None
    """The goal of ours by itself."""
    memory_limit: float | None = None
    """The goal of our memory in MiB."""

    def ratio(self, tool: str) -> float | None:
        """Ours divided by a tool's."""
        if OURS not in self.values or not statistics.median(self.values[tool]):
            return None
        return statistics.median(self.values[OURS]) / statistics.median(self.values[tool])

    def goals(self) -> Iterator[tuple[str, str, bool]]:
        """Each goal: the tool it is set against, what it says, and whether it is met."""
        if OURS not in self.values:
            return
        if self.ceiling is not None:
            ours = statistics.median(self.values[OURS])
            yield OURS, f"<= {self.ceiling:g} {self.unit}", ours <= self.ceiling
        if self.memory_limit is not None and OURS in self.memory:
            ours = statistics.median(self.memory[OURS])
            yield OURS, f"<= {self.memory_limit:g} MiB", ours <= self.memory_limit
        for tool, limit in self.limits.items():
            ratio = self.ratio(tool)
            if ratio is not None:
                yield tool, f"<= {limit:.3g} of its time", ratio <= limit


def page(measured: Sequence[Row], notes: str) -> str:
    """The page with machine, versions, figures and notes."""
    parts = [PREFACE, "\n".join(circumstances(measured)) + "\n"]
    for section, title in SECTIONS.items():
        if chosen := [row for row in measured if row.section == section]:
            lines = [line for row in chosen for line in lines_of(row)]
            parts.append("\n".join([f"## {title}\n", HEADING, *lines]) + "\n")
    parts += ["\n".join(summary(measured)) + "\n", f"{NOTES}\n", notes]
    return "\n".join(parts).rstrip() + "\n"


def circumstances(measured: Sequence[Row]) -> Iterator[str]:
    """Lines with what was measured and where; parts that differ in it are told apart."""
    for name in dict.fromkeys(name for row in measured for name in row.circumstances):
        found: dict[str, list[str]] = {}
        for row in measured:
            found.setdefault(row.circumstances.get(name, ""), []).append(row.title)
        for value, titles in found.items():
            yield f"- {name}: {value}" + (f" ({'; '.join(titles)})" if len(found) > 1 else "")


def lines_of(row: Row) -> Iterator[str]:
    """Lines of a table."""
    verdicts: dict[str, list[str]] = {}
    for tool, goal, met in row.goals():
        verdicts.setdefault(tool, []).append(f"{goal}: {'met' if met else '**missed**'}")
    for tool, values in row.values.items():
        ratio = None if tool == OURS else row.ratio(tool)
        memory = row.memory.get(tool)
        cells = [
            row.title,
            tool,
            f"{statistics.median(values):.2f} {row.unit}",
            f"{min(values):.2f}-{max(values):.2f}",
            "-" if ratio is None else f"{ratio:.3f}",
            f"{statistics.median(memory):.0f}" if memory else "-",
            str(len(values)),
            "; ".join(verdicts.get(tool, [])),
        ]
        yield f"| {' | '.join(cells)} |"


def summary(measured: Sequence[Row]) -> Iterator[str]:
    """How many goals were met, and which were not."""
    found = [(row, *goal) for row in measured for goal in row.goals()]
    yield f"## Goals\n\n{sum(met for *_, met in found)} of {len(found)} were met."
    for row, tool, goal, met in found:
        if not met:
            of = "of ours" if tool == OURS else f"of {tool}"
            yield f"- **Missed**: {row.title}: {goal}, {of}."
