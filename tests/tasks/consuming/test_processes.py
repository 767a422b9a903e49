"""`manage.py aws_sqs consume --tasks` as a process: what signals and crashes cost."""

from __future__ import annotations

import random
import signal
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

import pytest
from pytest_django import Settings

from philo_aws import sqs
from tests.servers import LocalAWS
from tests.sqs.consumer.conftest import counts, wait_for, with_dead_letters
from tests.sqs.proxy import Call, Forward, Reply, running
from tests.tasks.consuming.conftest import Backend, Site, Start, calls

pytestmark = pytest.mark.aws_servers("ministack")
QUICK = ("--wait_time_seconds", 1, "--concurrency", 4)


def test_told_to_end_it_ends_the_tasks_that_run(site: Site, queue_url: str) -> None:
    """Fault 2: their results are there, and the others are as they were."""
    from tests.tasks.consuming.site.tasks import work

    names = [f"m{number}" for number in range(30)]
    work.enqueue_many(calls(names, 1))
    process = site.consume(*QUICK, "--drain_timeout", 30)
    assert wait_for(lambda: site.begun() >= 4)
    process.terminate()
    _, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    ended = site.names("end")
    assert site.names("begin") == ended
    assert len(ended) < 30
    assert counts(queue_url) == (30 - len(ended), 0)
    assert site.names("SUCCESSFUL") == ended
    statuses = site.statuses()
    assert {name for name in names if statuses[name] == "SUCCESSFUL"} == set(ended)
    assert {statuses[name] for name in names if name not in ended} == {"READY"}


def test_a_task_that_does_not_end_in_time_is_run_again_at_once(site: Site, queue_url: str) -> None:
    """Fault 3: until then its result says that it runs, and nobody is told of an end."""
    from tests.tasks.consuming.site.tasks import work

    names = ["m0", "m1", "m2"]
    work.enqueue_many(calls(names, 60))
    process = site.consume(*QUICK, "--drain_timeout", 0.5)
    assert wait_for(lambda: site.begun() == 3)
    process.terminate()
    _, err = process.communicate(timeout=30)
    assert process.returncode == 1, err
    assert "coming again at once: messages, 3" in err
    assert counts(queue_url) == (3, 0)
    assert set(site.statuses().values()) == {"RUNNING"}
    assert not site.notes("SUCCESSFUL", "FAILED", "retried")
    other = site.consume(*QUICK)
    assert wait_for(lambda: site.begun() == 6)
    workers = {len(record["worker_ids"]) for record in site.results().values()}
    assert workers == {2}
    other.kill()


def test_a_killed_process_costs_the_runs_it_had_and_no_task(site: Site, queue_url: str) -> None:
    """Fault 1, in small: what runs twice had its first run in a process that was killed."""
    from tests.tasks.consuming.site.tasks import work

    names = sorted(f"m{number}" for number in range(60))
    work.enqueue_many(calls(names, 0.1))
    luck = random.Random(9)
    flags = (*QUICK, "--visibility_timeout", 4)
    processes = [site.consume(*flags) for _ in range(3)]
    killed = set()
    for _ in range(3):
        enough = site.begun() + 8

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
        # The one begun last may be told to end before it consumes: while Python or Django starts.
        assert process.returncode in (0, 130, -signal.SIGTERM)
    runs = defaultdict(list)
    for note in site.notes("begin"):
        runs[note.name].append(note.pid)
    assert sorted(set(site.names("end"))) == sorted(runs) == names
    assert not {name: pids for name, pids in runs.items() if not set(pids[:-1]) <= killed}
    assert sorted(set(site.names("SUCCESSFUL"))) == names
    assert not site.notes("FAILED", "retried")
    assert set(site.statuses().values()) == {"SUCCESSFUL"}
    assert all(record["return_value"] == name for name, record in site.results().items())


def test_a_kill_between_parking_and_deleting_costs_one_copy_at_most(
    start_process: Start,
    tmp_path: Path,
    aws: LocalAWS,
    settings: Settings,
    make_queue: Callable[..., str],
    backend: Backend,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Fault 17: what is parked is there before the original goes, and is a task that failed."""
    dead, queue = with_dead_letters(make_queue, 1, VisibilityTimeout="1")
    went: list[str] = []
    with running(aws.endpoint_url) as proxy:
        settings.AWS = {**aws.settings, "endpoint_url": proxy.endpoint_url}
        site = Site(start_process, tmp_path, queue)
        monkeypatch.setenv("SITE_RESULTS", site.env["SITE_RESULTS"])
        backend(queue, results="tests.tasks.consuming.site.records.Folder")
        from tests.tasks.consuming.site.tasks import fail

        result = fail.enqueue("m")

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
        process = site.consume(*QUICK)
        assert wait_for(lambda: counts(queue) == (0, 0))
        assert wait_for(lambda: counts(dead) in {(1, 0), (2, 0)})
        process.terminate()
        process.communicate(timeout=30)
        settings.AWS = aws.settings
    found = sqs.receive_messages(dead, 10, message_attribute_names=["All"])["Messages"]
    assert len(found) <= 2
    assert all(result.id in message["Body"] for message in found)
    parked = [message for message in found if "philo.error" in message.get("MessageAttributes", {})]
    assert len(parked) == 1
    assert site.names("FAILED") == ["m"]
    assert site.statuses() == {"m": "FAILED"}
