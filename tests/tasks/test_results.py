"""Results: what is kept of a task, and that a store that fails is not the task's failure."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import FrozenInstanceError, fields
from typing import Any

import pytest
from django.core.cache import cache

from philo_aws.tasks.backend import SQSBackendMethods
from philo_aws.tasks.results import LONGEST_TRACEBACK, MOST_ERRORS, PREFIX
from tests.tasks import jobs

pytestmark = pytest.mark.aws_servers("ministack")
Configure = Callable[..., SQSBackendMethods]


class Shelf:
    """A store of the site's own."""

    records: dict[str, Any] = {}  # one for all, as a database is

    def put(self, id: str, record: dict[str, Any], ttl: int) -> None:  # noqa: A002
        self.records[id] = (json.dumps(record), ttl)

    def get(self, id: str) -> Mapping[str, Any] | None:  # noqa: A002
        found = self.records.get(id)
        return json.loads(found[0]) if found else None


class Broken:
    """A store that does not answer."""

    def put(self, id: str, record: dict[str, Any], ttl: int) -> None:  # noqa: A002
        raise ConnectionError("no store")

    def get(self, id: str) -> Mapping[str, Any] | None:  # noqa: A002
        raise ConnectionError("no store")


def test_a_store_of_the_sites_own(
    configure: Configure, queue_url: str, work: Callable[..., Any]
) -> None:
    configure(queue_url, results="tests.tasks.test_results.Shelf")
    result = jobs.add.using(queue_name="default").enqueue(1)
    assert result.id in Shelf.records
    work()
    again = jobs.add.get_result(result.id)
    assert (again.return_value, again.args, again.task) == (3, [1], jobs.add)
    assert again.is_finished


def test_a_result_is_frozen_and_its_value_private(backend: SQSBackendMethods) -> None:
    """What is set here is set around both: that Django has no public way is why."""
    result = jobs.add.enqueue(1)
    # When this fails, results can be made and ended by what is public: the row in
    # docs/architecture.md goes, and `object.__setattr__` with it.
    with pytest.raises(FrozenInstanceError):
        result.status = "SUCCESSFUL"
    assert "_return_value" in {field.name for field in fields(result) if not field.init}


def test_a_store_that_fails_is_logged_and_the_task_goes_on(
    configure: Configure,
    queue_url: str,
    work: Callable[..., Any],
    caplog: pytest.LogCaptureFixture,
) -> None:
    backend = configure(queue_url, results="tests.tasks.test_results.Broken")
    result = jobs.add.enqueue(1)
    work()
    assert jobs.done == [(1, 2)]
    warnings = [each.getMessage() for each in caplog.records if each.name == "philo_aws.tasks"]
    assert warnings == [f"The result of task {result.id} was not kept: no store"] * 3
    assert backend.result_store is not None
    assert backend.result_store.failures == 3
    with pytest.raises(ConnectionError):
        result.refresh()


def test_what_was_forgotten_is_not_there(backend: SQSBackendMethods) -> None:
    result = jobs.add.enqueue(1)
    result.refresh()
    cache.delete(PREFIX + result.id)
    with pytest.raises(jobs.NAMES.missing):
        result.refresh()


def test_a_result_of_another_task_is_told_apart(backend: SQSBackendMethods) -> None:
    result = jobs.add.enqueue(1)
    with pytest.raises(Exception, match="does not match"):
        jobs.fail.get_result(result.id)


@pytest.mark.parametrize("path", ["tests.tasks.jobs.gone", "tests.tasks.jobs.no_task", "gone.add"])
def test_a_result_whose_task_is_gone_is_not_there(backend: SQSBackendMethods, path: str) -> None:
    result = jobs.add.enqueue(1)
    record = cache.get(PREFIX + result.id)
    cache.set(PREFIX + result.id, {**record, "task": path})
    with pytest.raises(jobs.NAMES.missing):
        backend.get_result(result.id)


def test_what_is_kept_is_bounded_and_json(
    backend: SQSBackendMethods, work: Callable[..., Any]
) -> None:
    most = MOST_ERRORS + 2
    result = jobs.fail.using(max_attempts=most).enqueue("long " * 10_000)
    work(on_poison="delete")
    record = cache.get(PREFIX + result.id)
    assert json.loads(json.dumps(record)) == record
    assert [len(each["traceback"]) for each in record["errors"]] == [
        LONGEST_TRACEBACK
    ] * MOST_ERRORS
    result.refresh()
    assert result.attempts == most
