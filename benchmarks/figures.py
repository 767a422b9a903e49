"""What was measured of each work, set against its goal, and kept from one run to the next."""

from __future__ import annotations

import dataclasses
import json
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.cli import Run

MIB = 1024 * 1024
OURS = "philo_aws"
MEASURED_AGAINST = "s5cmd"


@dataclass(frozen=True, kw_only=True)
class Figures:
    """The measured runs of one work, by tool."""

    title: str
    """What the work is."""
    section: str
    """The part of the page that it stands in."""
    rank: int
    """Its place among all work."""
    wall_limit: float | None
    """The goal: our wall time divided by s5cmd's."""
    memory_limit: int | None
    """The goal: our peak memory in MiB."""
    circumstances: Mapping[str, str]
    """The server, the machine and the versions it was measured with."""
    runs: Mapping[str, Sequence[Run]]
    """What each tool's processes cost."""

    def wall(self, tool: str) -> float:
        """The median of a tool's wall time in seconds."""
        return statistics.median(run.wall for run in self.runs[tool])

    def memory(self, tool: str) -> float:
        """The median of a tool's peak memory in MiB."""
        return statistics.median(run.memory for run in self.runs[tool]) * 1e6 / MIB

    def ratio(self, tool: str) -> float | None:
        """A tool's wall time divided by s5cmd's, where both were measured."""
        if not {tool, MEASURED_AGAINST} <= self.runs.keys():
            return None
        return self.wall(tool) / self.wall(MEASURED_AGAINST)

    def missed(self) -> tuple[str, ...] | None:
        """The goals that were missed with what was measured, or `None` where there are none."""
        ratio = self.ratio(OURS)
        if ratio is None or self.wall_limit is None or self.memory_limit is None:
            return None
        found = []
        if ratio > self.wall_limit:
            found.append(f"{ratio:.3f} of s5cmd's time, the goal is {self.wall_limit:.2f}")
        if (memory := self.memory(OURS)) > self.memory_limit:
            found.append(f"a peak of {memory:.1f} MiB, the goal is {self.memory_limit}")
        return tuple(found)


def merged(kept: Iterable[Figures], measured: Iterable[Figures]) -> list[Figures]:
    """Both in the order of the page; of a work that was measured again only the new figures.

    The runs of a work are never mixed: those of another hour were not taken in turns with these.
    """
    found = {each.title: each for each in (*kept, *measured)}
    return sorted(found.values(), key=lambda each: each.rank)


def dumped(measured: Sequence[Figures]) -> str:
    """The text of a file that `load` reads."""
    return json.dumps([dataclasses.asdict(each) for each in measured], indent=1) + "\n"


def load(path: Path) -> list[Figures]:
    """What a file keeps; nothing where there is none yet."""
    if not path.exists():
        return []
    return [
        Figures(
            **{
                **each,
                "runs": {tool: [Run(**run) for run in runs] for tool, runs in each["runs"].items()},
            }
        )
        for each in json.loads(path.read_text())
    ]
