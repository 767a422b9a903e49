"""The storages' benchmark: turns, goals, the page, and that its sites do their work."""

from __future__ import annotations

import dataclasses
import json
import os
from pathlib import Path
from typing import Any

import pytest

from benchmarks import storage_jobs
from benchmarks.cli import environment, execute
from benchmarks.material import BUCKET, empty, tree
from benchmarks.sites import DISK, OURS, STORAGES, Sites
from benchmarks.storage_jobs import LEFT_OUT, REAL, check_complete, in_turns, real_tree
from benchmarks.storage_page import SECTIONS, Row, page
from benchmarks.storages import load, merged
from tests.servers import LocalAWS


def row(**given: Any) -> Row:
    values = {OURS: [2.0, 1.0, 3.0], STORAGES: [20.0]}
    memory = {OURS: [80.0, 70.0, 90.0], STORAGES: [60.0]}
    made: dict[str, Any] = {
        "title": "collectstatic",
        "section": "0 ms",
        "circumstances": {"Machine": "two cores"},
        "values": values,
        "memory": memory,
        "limits": {STORAGES: 0.125},
        "memory_limit": 100,
    }
    return Row(**{**made, **given})


def test_a_row_has_median_range_ratio_peak_runs_and_verdicts() -> None:
    lines = page([row()], "").splitlines()
    ours = "| collectstatic | philo_aws | 2.00 s | 1.00-3.00 | - | 80 | 3 | <= 100 MiB: met |"
    theirs = "20.00 s | 20.00-20.00 | 0.100 | 60 | 1 | <= 0.125 of its time: met |"
    assert ours in lines
    assert f"| collectstatic | django-storages | {theirs}" in lines
    assert "2 of 2 were met." in lines


def test_missed_goals_are_named() -> None:
    slow = row(values={OURS: [5.0], STORAGES: [20.0]}, memory={OURS: [101.0]})
    text = page([slow, row(title="url()", ceiling=1.5, unit="us", limits={})], "")
    assert "- **Missed**: collectstatic: <= 100 MiB, of ours." in text
    assert "- **Missed**: collectstatic: <= 0.125 of its time, of django-storages." in text
    assert "- **Missed**: url(): <= 1.5 us, of ours." in text
    assert "1 of 4 were met." in text


def test_peers_alone_have_no_verdict() -> None:
    text = page([row(values={STORAGES: [20.0]}, memory={})], "")
    assert "| collectstatic | django-storages | 20.00 s | 20.00-20.00 | - | - | 1 |  |" in text
    assert "0 of 0 were met." in text


def test_sections_stand_in_their_order() -> None:
    text = page(
        [row(title=name, section=name) for name in reversed(list(SECTIONS))], "Notes of ours."
    )
    places = [text.index(f"## {title}") for title in SECTIONS.values()]
    assert places == sorted(places)
    assert text.endswith("## Notes\n\nNotes of ours.\n")


def test_parts_of_other_circumstances_are_told_apart() -> None:
    other = row(title="url()", circumstances={"Machine": "four cores"})
    text = page([row(), other], "")
    assert "- Machine: two cores (collectstatic)\n- Machine: four cores (url())\n" in text


def test_what_is_kept_comes_back_and_is_replaced_by_what_is_new(tmp_path: Path) -> None:
    path = tmp_path / "kept.json"
    assert load(path) == load(None) == []
    path.write_text(json.dumps([dataclasses.asdict(row()), dataclasses.asdict(row(title="url()"))]))
    kept = load(path)
    assert kept == [row(), row(title="url()")]
    new = row(values={OURS: [9.0]})
    assert merged(kept, new) == [new, row(title="url()")]
    assert merged(kept, row(title="open()"))[-1].title == "open()"


def test_who_runs_often_runs_once_unmeasured_and_tools_take_turns() -> None:
    called: list[str] = []

    def one(tool: str) -> list[float]:
        called.append(tool)
        return [float(len(called)), 50.0] if tool == "quick" else [float(len(called))]

    found = in_turns("work", {"quick": 2, "slow": 1}, one)
    assert called == ["quick", "quick", "slow", "quick"]
    assert found == {
        "values": {"quick": [2.0, 4.0], "slow": [3.0]},
        "memory": {"quick": [50.0, 50.0]},
    }


def test_a_tree_of_real_files_is_without_what_no_site_serves(tmp_path: Path) -> None:
    packages = tmp_path / "lib" / "python3.11" / "site-packages"
    for package, place in REAL.items():
        folder = packages / package / "static" / place
        for name in ("css", *LEFT_OUT):
            (folder / name).mkdir(parents=True)
            (folder / name / "file").touch()
    found = real_tree(tmp_path / "real", tmp_path / "bin")
    files = {str(path.relative_to(found)) for path in found.rglob("*") if path.is_file()}
    assert files == {f"{place}/css/file" for place in REAL.values()}


def test_what_is_not_complete_ends_the_benchmark(ministack: LocalAWS, tmp_path: Path) -> None:
    (tmp_path / "style.css").touch()
    ministack.client("s3").create_bucket(Bucket=BUCKET)
    empty(ministack)
    put = ministack.client("s3").put_object
    put(Bucket=BUCKET, Key="static/style.css")
    with pytest.raises(SystemExit, match="ours left 1 objects, not 2 and the manifest"):
        check_complete(ministack, tmp_path, "ours")
    put(Bucket=BUCKET, Key="static/style.abc.css")
    put(Bucket=BUCKET, Key="static/staticfiles.json")
    check_complete(ministack, tmp_path, "ours")


def test_a_script_that_fails_ends_the_benchmark(tmp_path: Path) -> None:
    command = Sites(tmp_path, tmp_path).media("raise ValueError('no')", "media")[OURS]
    with pytest.raises(SystemExit, match="exit code 1"):
        storage_jobs.printed(command, os.environ)


@pytest.mark.parametrize("manifest", [False, True])
def test_the_sites_collect_every_file(
    ministack: LocalAWS, tmp_path: Path, *, manifest: bool
) -> None:
    location = f"test-{manifest}"
    client = ministack.client("s3")
    client.create_bucket(Bucket=BUCKET)
    commands = Sites(tmp_path, tmp_path).collect(
        tree(tmp_path / "tree", 3), location, manifest=manifest
    )
    # The peers are in an environment of their own, which is not there in every run.
    for tool in (DISK, OURS):
        execute(commands[tool], environment(ministack, tmp_path))
    count = 7 if manifest else 3
    assert sum(path.is_file() for path in Sites(tmp_path, tmp_path).root(DISK).rglob("*")) == count
    listed = client.list_objects_v2(Bucket=BUCKET, Prefix=f"{location}/ours/")["Contents"]
    assert len(listed) == count
