"""The page of the transfers' benchmark."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from benchmarks.page import NOTES, SECTIONS, notes_of, page
from tests.benchmarks.test_figures import figures, runs

MET = figures(runs(1.0, 2.0, 3.0), runs(4.0), title="upload")


def test_a_row_has_median_range_ratio_peak_runs_and_verdict() -> None:
    lines = page([MET], "").splitlines()
    goal = "<= 0.5 and <= 130 MiB: met"
    assert f"| upload | philo_aws | 2.00 | 1.00-3.00 | 0.50 | 100 | 3 | {goal} |" in lines
    assert "| upload | s5cmd | 4.00 | 4.00-4.00 | 1.00 | 100 | 1 |  |" in lines


def test_what_has_no_goal_has_no_verdict() -> None:
    text = page([replace(MET, wall_limit=None, memory_limit=None)], "")
    assert "| upload | philo_aws | 2.00 | 1.00-3.00 | 0.50 | 100 | 3 |  |" in text
    assert "0 of 0 were met." in text


def test_the_store_20_ms_away_leads() -> None:
    measured = [replace(MET, title=name, section=name) for name in reversed(list(SECTIONS))]
    text = page(measured, "")
    places = [text.index(f"## {title}") for title in SECTIONS.values()]
    assert places == sorted(places)
    assert next(iter(SECTIONS)) == "20 ms"


def test_missed_goals_are_named_with_their_figures() -> None:
    missed = figures(runs(3.0), runs(4.0), title="download")
    text = page([MET, missed], "")
    assert "**missed** |" in text
    assert "1 of 2 were met." in text
    assert "- **Missed**: download: 0.750 of s5cmd's time, the goal is 0.50." in text


def test_parts_of_other_circumstances_are_told_apart() -> None:
    other = replace(MET, title="download", circumstances={"Machine": "four cores"})
    assert "- Machine: two cores\n" in page([MET], "")
    text = page([MET, other], "")
    assert "- Machine: two cores (upload)\n- Machine: four cores (download)\n" in text


def test_notes_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "page.md"
    assert notes_of(path) == ""
    path.write_text(page([MET], "Why it is so.\n\nAnd more."))
    assert notes_of(path) == "Why it is so.\n\nAnd more."
    assert path.read_text().endswith(f"{NOTES}\n\nWhy it is so.\n\nAnd more.\n")
    assert page([MET], notes_of(path)) == path.read_text()
