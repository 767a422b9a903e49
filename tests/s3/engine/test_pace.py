"""Slow links are borne, drips are not: for small and large, both ways, in both engines."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from philo_aws import patience
from philo_aws.exceptions import NetworkError
from philo_aws.s3.engine import Copy, Download, Task, Upload, sockets
from philo_aws.s3.engine import pace as pace_module
from philo_aws.s3.engine.pace import COMPLETING, SHARES, SLOWEST, Pace, Rate
from philo_aws.s3.engine.size_class import SizeClass, Transfer
from tests.servers import LocalAWS

from .conftest import FaultProxy, Move, downloads, files, objects, upload, uploads
from .test_ledger import Still

KIB, MIB = 1024, 1024 * 1024
SIZE = 1000 * KIB


class Measured(Still):
    """A transport whose attempts may stand still for ten seconds."""

    def silence(self) -> float:
        return 10

    def unseen(self, transfer: Transfer) -> int:
        return transfer.task.size


@pytest.fixture
def pace() -> Pace:
    return Pace(Measured())


def begun(pace: Pace, count: int, task: Task | None = None) -> list[Transfer]:
    """Attempts that begin at 100 seconds."""
    size_class = SizeClass(limit=count, budget=1 << 40)
    task = task or Download(key="k", path="", size=SIZE)
    made = [Transfer(task, size_class) for _ in range(count)]
    for transfer in made:
        pace.begun(transfer, 100.0)
    return made


def late(pace: Pace, in_flight: list[Transfer], now: float) -> list[Transfer]:
    return [transfer for transfer, _ in pace.late(in_flight, now)]


def test_a_store_has_its_time_to_copy(pace: Pace) -> None:
    in_flight = begun(pace, 1, Copy(key="k", source_bucket="b", source_key="s", size=SIZE))
    pace.on_wire(in_flight, 0, 110.0)
    assert late(pace, in_flight, 110.0 + COMPLETING) == []
    assert late(pace, in_flight, 111.0 + COMPLETING) == in_flight


def test_what_stands_still_is_late_after_the_silence(pace: Pace) -> None:
    in_flight = begun(pace, 2)
    pace.on_wire(in_flight, 0, 110.0)
    assert late(pace, in_flight, 110.0) == []
    assert late(pace, in_flight, 110.5) == in_flight
    assert [seconds for _, seconds in pace.late(in_flight, 111.0)] == [1.0, 1.0]


def test_what_moves_by_itself_is_not_late_and_what_drips_is(pace: Pace) -> None:
    quick, drip = in_flight = begun(pace, 2)
    pace.on_wire(in_flight, 0, 100.0)
    for second in range(1, 31):
        pace.moved(quick, SLOWEST, 100.0 + second)
        pace.moved(drip, 3, 100.0 + second)
    assert late(pace, in_flight, 130.0) == [drip]


def test_quick_bytes_are_no_credit_for_a_long_stand(pace: Pace) -> None:
    (transfer,) = in_flight = begun(pace, 1)
    pace.on_wire(in_flight, 0, 100.0)
    pace.moved(transfer, 1000 * SLOWEST, 101.0)
    assert late(pace, in_flight, 111.5) == [transfer]


def test_bytes_that_are_taken_back_take_no_time_back(pace: Pace) -> None:
    (transfer,) = in_flight = begun(pace, 1)
    pace.on_wire(in_flight, 0, 100.0)
    pace.moved(transfer, -1000 * SLOWEST, 101.0)
    assert late(pace, in_flight, 109.0) == []


def test_a_slow_link_that_moves_enough_in_all_is_borne(pace: Pace) -> None:
    in_flight = begun(pace, 64)
    for second in range(1, 500):
        pace.on_wire(in_flight, SLOWEST, 100.0 + second)
        assert late(pace, in_flight, 100.0 + second) == []


def test_a_link_that_moves_too_little_in_all_is_not(pace: Pace) -> None:
    in_flight = begun(pace, 64)
    for second in range(1, 31):
        pace.on_wire(in_flight, SLOWEST // 4, 100.0 + second)
    assert late(pace, in_flight, 130.0) == in_flight


def test_what_others_move_is_lent_only_so_long(pace: Pace) -> None:
    others, (stuck,) = begun(pace, 3), begun(pace, 1)
    in_flight = [*others, stuck]
    enough = SHARES * SIZE // (100 * KIB)
    for second in range(1, enough + 20):
        pace.on_wire(in_flight, 400 * KIB, 100.0 + second)
        for other in others:
            pace.moved(other, 100 * KIB, 100.0 + second)
        expected = [stuck] if second > enough + 10 else []
        assert late(pace, in_flight, 100.0 + second) == expected, second


def test_where_nothing_is_seen_of_the_wire_all_that_flies_may_share_the_slowest_link(
    pace: Pace,
) -> None:
    in_flight = begun(pace, 4)
    pace.on_wire(in_flight, None, 100.0)
    seconds = 10 + 4 * SIZE / SLOWEST
    assert late(pace, in_flight, 100.0 + seconds) == []
    assert late(pace, in_flight, 100.5 + seconds) == in_flight


def test_a_store_may_take_its_time_to_put_parts_together(pace: Pace) -> None:
    task = Upload(key="k", path="", size=SIZE, mtime_ns=0)
    complete, missing = in_flight = begun(pace, 2, task)
    pace.on_wire(in_flight, 0, 100.0)
    complete.seen = SIZE
    missing.seen = SIZE - 1
    assert late(pace, in_flight, 150.0) == [missing]
    assert late(pace, in_flight, 111.0 + COMPLETING) == [complete, missing]


def test_a_rate_is_that_of_the_last_seconds() -> None:
    rate = Rate()
    assert rate.of(4000, 10.0) == 2000
    assert rate.of(2000, 11.0) == 3000
    assert rate.of(0, 12.0) == 1000
    assert rate.of(0, 20.0) == 0


# --------------------------------------------------------------------- over a real socket


@pytest.fixture
def restless(settings: Settings, monkeypatch: pytest.MonkeyPatch, narrow_proxy: FaultProxy) -> None:
    """A tenth of the usual times, and so ten times the least rate."""
    settings.AWS = settings.AWS | {"timeouts": {"commands": {"connect": 5, "read": 4}}}
    monkeypatch.setattr(pace_module, "SLOWEST", 30 * KIB)
    monkeypatch.setattr(sockets, "UNSENT", 4 * KIB)


def fill(folder: Path, count: int, size: int) -> Path:
    folder.mkdir()
    for number in range(count):
        (folder / f"f{number:02}").write_bytes(os.urandom(size))
    return folder


def both_ways(
    move: Move, proxy: FaultProxy, aws: LocalAWS, bucket: str, folder: Path, **link: Any
) -> None:
    proxy.set({"do": "throttle", "path": "/f", **link})
    up = move(uploads(folder))
    assert up.errors == {}
    assert objects(aws, bucket) == files(folder)
    down = move(downloads(aws, bucket, folder.with_name("back")))
    assert down.errors == {}
    assert files(folder.with_name("back")) == files(folder)
    # Next to nothing was given up on the way and sent again, however busy this machine is.
    results = [*up.results, *down.results]
    assert sum(result.attempts for result in results) <= 1.2 * len(results)


@pytest.mark.aws_servers("ministack")
@pytest.mark.usefixtures("restless")
def test_many_small_files_over_a_slow_link_all_arrive(
    move: Move, narrow_proxy: FaultProxy, tmp_path: Path, aws: LocalAWS, bucket: str
) -> None:
    # Each of them takes more than twice as long as anything may stand still.
    folder = fill(tmp_path / "source", 24, 192 * KIB)
    both_ways(move, narrow_proxy, aws, bucket, folder, rate=384 * KIB)


@pytest.mark.slow
@pytest.mark.aws_servers("ministack")
def test_files_that_take_longer_than_awscrt_waits_for_an_answer_all_arrive(
    move: Move, narrow_proxy: FaultProxy, tmp_path: Path, aws: LocalAWS, bucket: str
) -> None:
    folder = fill(tmp_path / "source", 44, 256 * KIB)
    both_ways(move, narrow_proxy, aws, bucket, folder, rate=250_000)


@pytest.mark.slow
@pytest.mark.aws_servers("ministack")
def test_sixty_four_files_over_a_link_of_250_kilobytes_a_second_all_arrive(
    move: Move, narrow_proxy: FaultProxy, tmp_path: Path, aws: LocalAWS, bucket: str
) -> None:
    folder = fill(tmp_path / "source", 64, MIB)
    both_ways(move, narrow_proxy, aws, bucket, folder, rate=250_000)


@pytest.mark.aws_servers("ministack")
@pytest.mark.usefixtures("restless")
@pytest.mark.parametrize("size", [200 * KIB, 11 * MIB], ids=["small", "large"])
@pytest.mark.parametrize("way", ["up", "down"])
def test_a_drip_is_given_up(
    move: Move,
    narrow_proxy: FaultProxy,
    tmp_path: Path,
    aws: LocalAWS,
    bucket: str,
    way: str,
    size: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    short = patience.Patience(attempts=2, seconds=1, unreachable=1, silence=60)
    monkeypatch.setitem(patience.PATIENCE, "commands", short)
    path = tmp_path / "f"
    path.write_bytes(os.urandom(size))
    task: Task = upload("f", path)
    if way == "down":
        aws.client("s3").upload_file(str(path), bucket, "f")
        task = Download(key="f", path=str(path), size=size)
    before = path.read_bytes()
    narrow_proxy.set({"do": "drip", "rate": 3, "path": "/f"})
    begin = time.monotonic()
    outcome = move([task], part_size=5 * MIB)
    assert isinstance(outcome.of("f").error, NetworkError)
    assert time.monotonic() - begin < 40
    assert path.read_bytes() == before
    assert sorted(os.listdir(tmp_path)) == ["f", "narrow"]
