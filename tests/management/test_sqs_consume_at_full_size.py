"""`manage.py aws_sqs consume` with as many messages as it meets in life, on an SQS in memory."""

from __future__ import annotations

import faulthandler
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from benchmarks import consuming
from benchmarks.sqs import built, serving
from philo_aws import sqs
from tests.management.test_sqs_consume import Site, kill_now_and_then, traced
from tests.servers import LocalAWS

pytestmark = [pytest.mark.slow, pytest.mark.aws_servers("ministack")]
MESSAGES, KILLS = 10_000, 8


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = built(tmp_path_factory.mktemp("sqssink"))
    if made is None:
        pytest.skip("There is no rustc to build benchmarks/sqssink with.")
    return made


@pytest.fixture
def sink(program: Path, settings: Any) -> Iterator[str]:
    with serving(program, 0) as url:
        settings.AWS = LocalAWS(name="sqssink", endpoint_url=url).settings
        yield url


@pytest.fixture
def patience() -> Iterator[None]:
    """More time than a test usually has before it counts as hanging."""
    faulthandler.dump_traceback_later(900, exit=True)
    yield
    faulthandler.cancel_dump_traceback_later()


@pytest.mark.usefixtures("patience")
def test_kills_among_thousands_of_messages(
    sink: str, start_process: Callable[..., Any], tmp_path: Path
) -> None:
    """Fault 1: nothing is lost, and what ran again had run in a process that was killed."""
    url = sqs.create_queue("killed")["QueueUrl"]
    names = {f"m{number}" for number in range(MESSAGES)}
    sqs.send_message_batch(url, [f"{name} 0.005" for name in sorted(names)])
    site = Site(start_process, tmp_path, url)
    flags = ("--wait_time_seconds", 1, "--visibility_timeout", 4, "--concurrency", 4)
    killed = kill_now_and_then(site, url, KILLS, *flags, between=MESSAGES // (KILLS + 2))
    assert len(killed) == KILLS
    traced(site, names, killed)
    runs: dict[str, int] = defaultdict(int)
    for note in site.notes("begin"):
        runs[note.name] += 1
    again = sum(number - 1 for number in runs.values())
    print(f"{len(runs)} messages, {len(killed)} kills, {again} runs again")  # noqa: T201 - shown by -s
    # Those that ran, those that were done and not deleted yet, and those that waited.
    assert again <= KILLS * (4 + 2 * 40)


@pytest.mark.usefixtures("patience")
def test_memory_does_not_grow_with_the_messages(program: Path) -> None:
    """Fault 13: of one process, after 20,000 messages and after 200,000."""
    with serving(program, 0) as url:
        found = consuming.consume(
            consuming.Sink(url), sys.executable, consuming.SITE, 200_000, 0, patience=800
        )
    print(f"20,000: {found.tenth:.1f} MiB, 200,000: {found.memory:.1f} MiB")  # noqa: T201 - shown by -s
    assert found.memory <= 1.05 * found.tenth
