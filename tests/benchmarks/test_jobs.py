"""The work of the transfers' benchmark: what there is, and what of it is chosen."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from benchmarks.jobs import GROUPS, Job, Work
from benchmarks.page import SECTIONS
from benchmarks.tools import Tools
from benchmarks.transfers import LATENCIES, selected

SINK_WORK = ("upload", "download", "sync", "list", "large")


@pytest.fixture
def work(tmp_path: Path) -> Work:
    """The work, with programs and peers that are never started."""
    peers = tmp_path / "peers" / "bin"
    (peers.parent / "lib" / "python3" / "site-packages").mkdir(parents=True)
    return Work(tmp_path, tmp_path / "memory", peers, Tools(peers, tmp_path / "floor"))


def jobs(work: Work, *groups: str, with_sink: bool = True) -> list[Job]:
    found = selected(work, groups or tuple(GROUPS), LATENCIES, with_sink=with_sink)
    return [job for _, job in found]


def test_no_two_have_one_title(work: Work) -> None:
    found = jobs(work)
    assert len({job.title for job in found}) == len(found)


def test_each_can_be_chosen_and_has_a_place_on_the_page(work: Work) -> None:
    for group in GROUPS.values():
        for job in group(work):
            assert job.delay in LATENCIES
            assert job.section in SECTIONS


def test_small_files_go_0_20_and_60_ms_with_the_floor_beside(work: Work) -> None:
    for group in ("upload", "download"):
        found = jobs(work, group)
        assert Counter(job.delay for job in found) == {0: 2, 20: 2, 60: 2}
        assert all({"philo_aws", "s5cmd", "floor"} <= job.commands.keys() for job in found)
        many = [job for job in found if "100,000" in job.title]
        assert all(job.commands.keys() == {"philo_aws", "s5cmd", "floor"} for job in many)


def test_what_is_compared_has_a_goal_except_on_the_narrow_link(work: Work) -> None:
    for job in jobs(work, *SINK_WORK):
        assert (job.wall_limit is None) == (job.memory_limit is None) == bool(job.bytes_per_second)


def test_one_distance_can_be_chosen(work: Work) -> None:
    found = [job for _, job in selected(work, SINK_WORK, (50,), with_sink=True)]
    assert [job.title.split()[0] for job in found] == ["sync", "list"]
    assert {job.section for job in found} == {"20 ms"}


def test_the_order_is_the_same_whatever_is_chosen(work: Work) -> None:
    every = {
        job.title: rank for rank, job in selected(work, list(GROUPS), LATENCIES, with_sink=True)
    }
    part = {job.title: rank for rank, job in selected(work, ("list", "sync"), (0,), with_sink=True)}
    assert part.items() <= every.items()
    assert list(every.values()) == sorted(set(every.values()))


def test_without_a_sink_only_what_a_store_can_do_at_once_is_left(work: Work) -> None:
    found = jobs(work, with_sink=False)
    assert found
    assert not [job for job in found if job.delay or job.title.startswith("list")]
