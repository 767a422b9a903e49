"""The arithmetic of the transfers' benchmark, and the parts that are kept."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from benchmarks.cli import Run
from benchmarks.figures import Figures, dumped, load, merged


def runs(*walls: float, memory: float = 104.8576) -> list[Run]:
    """Runs of these wall times with a peak of 100 MiB."""
    return [Run(wall=wall, cpu=1.0, memory=memory) for wall in walls]


def figures(
    ours: Sequence[Run], theirs: Sequence[Run] = (), *, title: str = "work", rank: int = 0
) -> Figures:
    return Figures(
        title=title,
        section="20 ms",
        rank=rank,
        wall_limit=0.5,
        memory_limit=130,
        circumstances={"Machine": "two cores"},
        runs={"philo_aws": ours, "s5cmd": theirs} if theirs else {"philo_aws": ours},
    )


def test_medians_are_compared_with_those_of_s5cmd() -> None:
    measured = figures(runs(9.0, 1.0, 2.0), runs(4.0, 3.0, 90.0))
    assert measured.wall("philo_aws") == 2.0
    assert measured.ratio("philo_aws") == 0.5
    assert measured.ratio("s5cmd") == 1.0
    assert measured.memory("philo_aws") == pytest.approx(100)


def test_a_goal_that_is_just_reached_is_met() -> None:
    assert figures(runs(2.0), runs(4.0)).missed() == ()


def test_a_goal_is_missed_by_time_as_it_is_not_as_it_is_rounded() -> None:
    (reason,) = figures(runs(2.004), runs(4.0)).missed() or ()
    assert reason == "0.501 of s5cmd's time, the goal is 0.50"


def test_a_goal_is_missed_by_memory() -> None:
    (reason,) = figures(runs(1.0, memory=209.7152), runs(4.0)).missed() or ()
    assert reason == "a peak of 200.0 MiB, the goal is 130"


def test_both_goals_can_be_missed() -> None:
    assert len(figures(runs(4.0, memory=500), runs(4.0)).missed() or ()) == 2


def test_without_s5cmd_there_is_no_ratio_and_no_verdict() -> None:
    measured = figures(runs(2.0))
    assert measured.ratio("philo_aws") is None
    assert measured.missed() is None


def test_a_work_that_was_measured_again_takes_the_place_of_the_earlier() -> None:
    earlier = [
        figures(runs(1.0), runs(2.0), title="first", rank=1),
        figures(runs(1.0), runs(2.0), title="last", rank=3),
    ]
    later = [
        figures(runs(5.0), runs(6.0), title="middle", rank=2),
        figures(runs(7.0), runs(8.0), title="first", rank=1),
    ]
    found = merged(earlier, later)
    assert [each.title for each in found] == ["first", "middle", "last"]
    assert found[0].runs == later[1].runs


def test_what_is_kept_is_read_again(tmp_path: Path) -> None:
    kept = [figures(runs(1.0, 2.0), runs(3.0)), figures(runs(4.0), title="other")]
    path = tmp_path / "kept.json"
    assert load(path) == []
    path.write_text(dumped(kept))
    assert load(path) == kept
