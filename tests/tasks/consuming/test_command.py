"""`aws_sqs consume --tasks`: which queues take part, and what it says of a wrong alias."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from pytest_django import Settings

from philo_aws import sqs
from philo_aws.sqs.consumer import handler, registry
from tests.running import Result
from tests.sqs.consumer.conftest import counts
from tests.tasks.consuming.conftest import Backend, Site

pytestmark = pytest.mark.aws_servers("ministack")
Run = Callable[..., Result]


def shown(result: Result) -> dict[str, str]:
    """The handlers by their queues."""
    records = map(json.loads, result.out.splitlines())
    return {record["Queue"]: record["Handler"] for record in records}


def dry(run: Run, *flags: object) -> Result:
    return run("aws_sqs", "consume", *flags, "--dry_run", "--format", "jsonl")


def test_tasks_that_were_enqueued_are_run(site: Site, queue_url: str) -> None:
    from tests.tasks.consuming.site.tasks import work

    result = work.enqueue("a")
    process = site.consume("--batch", "--format", "jsonl")
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    (summary,) = map(json.loads, out.splitlines())
    assert summary["figures"]["done"] == 1
    assert f"Consuming {queue_url}" in err
    assert counts(queue_url) == (0, 0)
    result.refresh()
    assert (str(result.status), result.return_value) == ("SUCCESSFUL", "a")
    assert [note.word for note in site.notes("started", "begin", "end", "SUCCESSFUL")] == [
        "started",
        "begin",
        "end",
        "SUCCESSFUL",
    ]


def test_a_dry_run_shows_the_queues_of_the_backend_alone(
    make_queue: Callable[..., str], backend: Backend, run: Run
) -> None:
    low, high, orders = make_queue(), make_queue(), make_queue()
    backend(low, priorities={"default": {50: high}})
    handler(orders)(print)
    try:
        result = dry(run, "--tasks", "default")
        assert (result.code, list(shown(result))) == (0, [high, low])
        assert "tasks of default" in shown(result)[low]
        # Both, where both are named.
        name = orders.rpartition("/")[2]
        assert list(shown(dry(run, "--tasks", "default", "--queues", f"{low},{name}"))) == [
            low,
            orders,
        ]
        assert list(shown(dry(run, "--tasks", "default", "--exclude_queues", high))) == [low]
        assert list(shown(dry(run))) == [orders]
    finally:
        registry.forget()


def test_a_queue_has_tasks_or_a_handler(queue_url: str, backend: Backend, run: Run) -> None:
    backend(queue_url)
    handler(queue_url)(print)
    try:
        result = dry(run, "--tasks", "default")
    finally:
        registry.forget()
    assert result.code == 1
    assert "has the handler builtins.print, and tasks" in result.err


@pytest.mark.parametrize(
    ("alias", "said"),
    [("nobodys", "settings.TASKS has no 'nobodys'. It has: default, dummy."), ("dummy", "own")],
)
def test_an_alias_that_is_none_of_ours(
    queue_url: str, backend: Backend, settings: Settings, run: Run, alias: str, said: str
) -> None:
    names = backend(queue_url)
    dummy = f"{names.package}.backends.dummy.DummyBackend"
    settings.TASKS = {**settings.TASKS, "dummy": {"BACKEND": dummy}}
    result = run("aws_sqs", "consume", "--tasks", alias)
    assert result.code == 1
    assert said in result.err
    assert "Traceback" not in result.err


def test_wrong_options_are_told_before_anything_is_received(
    queue_url: str, backend: Backend, run: Run
) -> None:
    sqs.send_message(queue_url, "a")
    backend(queue_url, max_attemps=3)
    result = run("aws_sqs", "consume", "--tasks", "default", "--batch")
    assert result.code == 1
    assert "Did you mean 'max_attempts'?" in result.err
    assert counts(queue_url) == (1, 0)


def test_a_fault_in_a_module_of_tasks_is_seen_when_it_begins(
    queue_url: str, backend: Backend, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    from philo_aws.tasks import worker

    def fail(name: str) -> Any:
        raise ImportError(f"the {name} modules cannot be imported")

    backend(queue_url)
    # A module of an application that is broken would break all other tests.
    monkeypatch.setattr(worker, "autodiscover_modules", fail)
    result = run("aws_sqs", "consume", "--tasks", "default", "--batch")
    assert result.code == 1
    assert "the tasks modules cannot be imported" in result.err
