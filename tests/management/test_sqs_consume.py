"""`manage.py aws_sqs consume` as a process: signals, exit codes, and what a crash costs."""

from __future__ import annotations

import json
import random
import signal
import subprocess
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from pytest_django import Settings

from philo_aws import sqs
from philo_aws.sqs.consumer import registry
from tests.running import Result
from tests.servers import LocalAWS
from tests.sqs.consumer.conftest import counts, wait_for, with_dead_letters
from tests.sqs.proxy import Call, Forward, Reply, running

pytestmark = pytest.mark.aws_servers("ministack")
Start = Callable[..., subprocess.Popen[str]]
Run = Callable[..., Result]


class Note(NamedTuple):
    """A line of the handler's."""

    word: str
    name: str
    pid: int


class Site:
    """A site with a handler, and what that has written down."""

    def __init__(self, start: Start, folder: Path, queue: str) -> None:
        self._start = start
        self._notes = folder / "notes"
        self._notes.touch()
        self.env = {
            "DJANGO_SETTINGS_MODULE": "tests.sqs.consumer.site.settings",
            "SITE_NOTES": str(self._notes),
            "SITE_QUEUE": queue,
        }

    def consume(self, *flags: object) -> subprocess.Popen[str]:
        return self._start("aws_sqs", "consume", *flags, env=self.env)

    def begun(self) -> int:
        """How many runs were begun: cheap, as it is asked for again and again."""
        return self._notes.read_bytes().count(b"begin ")

    def notes(self, word: str) -> list[Note]:
        lines = [line.split() for line in self._notes.read_text().splitlines()]
        notes = [Note(found, name, int(pid)) for found, name, pid in lines]
        return [note for note in notes if note.word == word]


@pytest.fixture
def site(start_process: Start, tmp_path: Path, queue_url: str) -> Site:
    return Site(start_process, tmp_path, queue_url)


QUICK = ("--wait_time_seconds", 1, "--concurrency", 4)


def test_told_to_end_it_ends_what_runs(site: Site, queue_url: str) -> None:
    """Fault 2."""
    sqs.send_message_batch(queue_url, [f"m{number} 1" for number in range(30)])
    process = site.consume(*QUICK, "--drain_timeout", 20)
    assert wait_for(lambda: len(site.notes("begin")) >= 4)
    process.terminate()
    _, err = process.communicate(timeout=30)
    assert process.returncode == 0, err
    begun = len(site.notes("begin"))
    assert len(site.notes("end")) == begun < 30
    assert counts(queue_url) == (30 - begun, 0)


def test_what_does_not_end_in_time_comes_again_at_once(site: Site, queue_url: str) -> None:
    """Fault 3."""
    sqs.send_message_batch(queue_url, [f"m{number} 60" for number in range(3)])
    process = site.consume(*QUICK, "--drain_timeout", 0.5)
    assert wait_for(lambda: len(site.notes("begin")) == 3)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 1, err
    assert "coming again at once: messages, 3" in err
    assert counts(queue_url) == (3, 0)


def test_a_second_signal_ends_it_at_once(site: Site, queue_url: str) -> None:
    sqs.send_message(queue_url, "m 60")
    process = site.consume(*QUICK, "--drain_timeout", 60)
    assert wait_for(lambda: site.notes("begin"))
    process.terminate()
    # Until the first one was heard, a second one is the first.
    while process.poll() is None:
        try:
            process.wait(0.2)
        except subprocess.TimeoutExpired:
            process.terminate()
    assert process.returncode == 130


def traced(site: Site, names: set[str], killed: set[int]) -> None:
    """Each message was handled, and each run but its last was ended by a kill."""
    runs = defaultdict(list)
    for note in site.notes("begin"):
        runs[note.name].append(note.pid)
    ended = {note.name for note in site.notes("end")}
    assert ended == runs.keys() == names
    untraced = {name: pids for name, pids in runs.items() if not set(pids[:-1]) <= killed}
    assert not untraced


def kill_now_and_then(
    site: Site, queue_url: str, kills: int, *flags: object, between: int = 8
) -> set[int]:
    """Consume by three processes, kill them by chance, and return the ids of the killed.

    So many runs are begun before each kill.
    """
    luck = random.Random(9)
    processes = [site.consume(*flags) for _ in range(3)]
    killed: set[int] = set()
    for _ in range(kills):
        enough = site.begun() + between

        def are_begun(enough: int = enough) -> bool:
            return site.begun() >= enough

        assert wait_for(are_begun, 60)
        place = luck.randrange(3)
        processes[place].kill()
        processes[place].communicate()
        killed.add(processes[place].pid)
        processes[place] = site.consume(*flags)
    assert wait_for(lambda: counts(queue_url) == (0, 0), 120)
    for process in processes:
        process.terminate()
    for process in processes:
        process.communicate(timeout=30)
        # One that had just begun may end by the signal: it held nothing yet.
        assert process.returncode in (0, -signal.SIGTERM)
    return killed


def test_a_killed_process_costs_the_runs_it_had_and_no_message(site: Site, queue_url: str) -> None:
    """Fault 1, in small: what runs twice had its first run in a process that was killed."""
    names = {f"m{number}" for number in range(60)}
    sqs.send_message_batch(queue_url, [f"{name} 0.1" for name in sorted(names)])
    killed = kill_now_and_then(site, queue_url, 3, *QUICK, "--visibility_timeout", 4)
    assert len(killed) == 3
    traced(site, names, killed)


def test_a_kill_between_parking_and_deleting_costs_one_copy_at_most(
    start_process: Start,
    tmp_path: Path,
    aws: LocalAWS,
    settings: Settings,
    make_queue: Callable[..., str],
) -> None:
    """Fault 17: what is parked is there before the original goes."""
    dead, queue = with_dead_letters(make_queue, 1, VisibilityTimeout="1")
    went: list[str] = []
    with running(aws.endpoint_url) as proxy:
        settings.AWS = {**aws.settings, "endpoint_url": proxy.endpoint_url}
        site = Site(start_process, tmp_path, queue)
        sqs.send_message(queue, "m nonsense")

        def kill(call: Call, forward: Forward) -> Reply:
            if call.action.startswith("Send"):
                went.append("sent")
            if call.action.startswith("Delete") and not went.count("killed"):
                went.append("killed")
                process.kill()
                return Reply(0, b"")
            return forward()

        proxy.behaviour = kill
        process = site.consume(*QUICK, "--visibility_timeout", 2)
        process.communicate(timeout=60)
        assert went == ["sent", "killed"]
        assert process.returncode == -signal.SIGKILL
        process = site.consume(*QUICK)
        assert wait_for(lambda: counts(queue) == (0, 0))
        assert wait_for(lambda: counts(dead) in {(1, 0), (2, 0)})
        process.terminate()
        process.communicate(timeout=30)
        settings.AWS = aws.settings
    found = sqs.receive_messages(dead, 10, message_attribute_names=["All"])["Messages"]
    assert {message["Body"] for message in found} == {"m nonsense"}
    assert len(found) <= 2
    parked = [message for message in found if "philo.error" in message.get("MessageAttributes", {})]
    assert len(parked) == 1


def test_it_ends_when_the_queue_is_empty(site: Site, queue_url: str) -> None:
    sqs.send_message_batch(queue_url, ["a", "b", "c"])
    process = site.consume("--batch", "--format", "jsonl")
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert len(site.notes("end")) == 3
    (summary,) = [json.loads(line) for line in out.splitlines()]
    assert summary["ended"] is True
    assert summary["figures"]["acknowledged"] == 3
    assert "Consuming" in err


def test_it_ends_after_so_many_messages(site: Site, queue_url: str) -> None:
    sqs.send_message_batch(queue_url, ["a", "b", "c", "d", "e"])
    process = site.consume("--max_messages", 2, "--wait_time_seconds", 1)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert len(site.notes("end")) == 2
    assert counts(queue_url) == (3, 0)
    assert "Ended: 2 acknowledged" in err


def test_a_dry_run_shows_the_queues_and_receives_nothing(
    site: Site, queue_url: str, run_process: Run
) -> None:
    sqs.send_message(queue_url, "a")
    shown = run_process("aws_sqs", "consume", "--dry_run", "--format", "jsonl", env=site.env)
    assert shown.code == 0, shown.err
    (record,) = map(json.loads, shown.out.splitlines())
    assert record["Queue"] == queue_url
    assert record["Handler"] == "tests.sqs.consumer.site.sqs_handlers.take"
    assert record["Messages"] == "1"
    assert "no dead-letter queue" in record["Remarks"]
    assert counts(queue_url) == (1, 0)
    assert not site.notes("begin")


def test_queues_without_a_handler_are_named(site: Site, run_process: Run, run: Run) -> None:
    missing = run_process("aws_sqs", "consume", "--queues", "nobodys", env=site.env)
    assert missing.code == 3
    assert "No handler for nobodys" in missing.err
    assert site.env["SITE_QUEUE"] in missing.err
    registry.forget()
    none = run("aws_sqs", "consume")
    assert none.code == 3
    assert "There are no handlers" in none.err
    assert "sqs_handlers.py" in none.err


def test_queues_can_be_left_out(site: Site, run_process: Run) -> None:
    name = site.env["SITE_QUEUE"].rpartition("/")[2]
    for flags in (("--exclude_queues", name), ("--queues", name, "--exclude_queues", name)):
        result = run_process("aws_sqs", "consume", *flags, env=site.env)
        assert result.code == 3
        assert "No queue is left" in result.err


@pytest.mark.parametrize(
    "flags",
    [
        ("--concurrency", 0),
        ("--wait_time_seconds", 21),
        ("--visibility_timeout", 1),
        ("--max_messages", 0),
        ("--max_runtime", -1),
        ("--concurrency", "many"),
    ],
)
def test_numbers_that_cannot_be_are_refused(site: Site, run_process: Run, flags: Any) -> None:
    result = run_process("aws_sqs", "consume", *flags, env=site.env)
    assert result.code == 2
    assert flags[0] in result.err or flags[0].removeprefix("--") in result.err
    assert not site.notes("begin")
