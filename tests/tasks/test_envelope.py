"""What comes from a queue is a stranger's text: only tasks of this site are run."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import override_settings
from hypothesis import given
from hypothesis import strategies as st

from philo_aws import sqs
from philo_aws.sqs.consumer import Reject
from philo_aws.tasks.backend import SQSBackendMethods
from philo_aws.tasks.envelope import Envelope, read, resolve, written
from tests.tasks import jobs

GOOD = Envelope(
    id="one",
    task="tests.tasks.jobs.add",
    args=[1],
    kwargs={"two": 2},
    queue_name="default",
    backend="default",
    enqueued_at=dt.datetime(2030, 1, 1, tzinfo=dt.UTC),
    run_after=None,
    priority=0,
)
LEAVES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
JSON = st.recursive(
    LEAVES, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=8
)


def found(envelope: Envelope, modules: Any = ("tests",)) -> Any:
    return resolve(envelope, jobs.NAMES, alias="default", queues={"default"}, modules=modules)


@given(args=st.lists(JSON, max_size=3), kwargs=st.dictionaries(st.text(), JSON, max_size=3))
def test_what_is_written_is_read_again(args: list[Any], kwargs: dict[str, Any]) -> None:
    sent = dataclasses.replace(
        GOOD,
        args=args,
        kwargs=kwargs,
        max_attempts=3,
        backoff=(1.0, 2.5),
        run_after=GOOD.enqueued_at,
    )
    for sign in (False, True):
        assert read(written(sent, sign=sign), sign=sign) == sent


@given(JSON)
def test_any_other_json_is_no_task(body: Any) -> None:
    with pytest.raises(Reject, match="This is no task"):
        read(json.dumps(body), sign=False)


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"v": 2}, "version 1"),
        ({"id": ""}, "its id"),
        ({"id": "x" * 129}, "its id"),
        ({"task": 5}, "'task' is no text"),
        ({"args": {}}, "'args' is no list"),
        ({"kwargs": []}, "'kwargs' no object"),
        ({"priority": "high"}, "'priority'"),
        ({"run_after": 5}, "no task"),
        ({"enqueued_at": "yesterday"}, "isoformat"),
        ({"max_attempts": 0}, "'max_attempts'"),
        ({"backoff": [1]}, "'backoff'"),
        ({"backoff": "12"}, "'backoff'"),
    ],
)
def test_what_is_of_another_form(change: dict[str, Any], text: str) -> None:
    body = json.dumps({**json.loads(written(GOOD, sign=False)), **change})
    with pytest.raises(Reject, match=text):
        read(body, sign=False)


@pytest.mark.parametrize("body", ["", "{", "[" * 100_000, "\u2028", '{"v": 1}'])
def test_what_is_no_json(body: str) -> None:
    with pytest.raises(Reject, match="This is no task"):
        read(body, sign=False)


def test_a_task_of_the_site() -> None:
    assert found(GOOD) is jobs.add
    assert found(dataclasses.replace(GOOD, run_after=GOOD.enqueued_at)).run_after is not None


@pytest.mark.parametrize(
    "path",
    [
        "os.system",
        "subprocess.run",
        "tests.tasks.jobs.no_task",
        "tests.tasks.jobs.done",
        "tests.tasks.jobs.Hidden.task",
        "tests.tasks.jobs.Hidden",
        "tests.tasks.jobs.nothing",
        "tests.tasks.jobs.add.func",
        "tests.tasks.nowhere.add",
        "tests.tasks.test_envelope.jobs",
        "add",
        "",
        ".add",
        "tests.tasks.jobs.",
        "tests/tasks/jobs.add",
        "tests.tasks.jobs.add\n",
        "antigravity.x",
    ],
)
def test_what_is_no_task_of_this_site(path: str) -> None:
    with pytest.raises(Reject, match="no task of this site"):
        found(dataclasses.replace(GOOD, task=path))


def test_a_task_under_another_name_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """It would be run under a path that nobody enqueues."""
    monkeypatch.setattr(jobs, "other_name", jobs.add, raising=False)
    with pytest.raises(Reject, match="no task of this site"):
        found(dataclasses.replace(GOOD, task="tests.tasks.jobs.other_name"))


def test_packages_that_are_neither_applications_nor_named_are_not_imported() -> None:
    with pytest.raises(Reject, match="no task of this site"):
        found(GOOD, modules=())


def test_a_fault_in_a_module_of_the_site_is_no_rejection(tmp_path: Any, monkeypatch: Any) -> None:
    (tmp_path / "brokenmodule.py").write_text("import nowhere_to_be_found\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(ModuleNotFoundError):
        found(dataclasses.replace(GOOD, task="brokenmodule.add"), modules=("brokenmodule",))


@pytest.mark.parametrize("change", [{"backend": "other"}, {"queue_name": "other"}])
def test_what_came_by_another_queue(change: dict[str, str]) -> None:
    with pytest.raises(Reject, match="came by another one"):
        found(dataclasses.replace(GOOD, **change))  # type: ignore[arg-type]


def test_signatures() -> None:
    signed = written(GOOD, sign=True)
    with pytest.raises(Reject, match="not signed by this site"):
        read(written(GOOD, sign=False), sign=True)
    changed = json.dumps({**json.loads(signed), "args": [2]})
    with pytest.raises(Reject, match="not signed by this site"):
        read(changed, sign=True)
    with override_settings(SECRET_KEY="the next", SECRET_KEY_FALLBACKS=["only-for-tests"]):
        assert read(signed, sign=True) == GOOD
    with override_settings(SECRET_KEY="another"), pytest.raises(Reject):
        read(signed, sign=True)
    assert read(signed, sign=False) == GOOD, "who does not ask for one takes both"


@pytest.mark.aws_servers("ministack")
def test_a_message_that_nobody_of_the_site_has_sent_runs_nothing(
    configure: Callable[..., SQSBackendMethods], queue_url: str, work: Callable[..., Any]
) -> None:
    configure(queue_url, sign=True)
    jobs.add.enqueue(1)
    sqs.send_message(queue_url, written(GOOD, sign=False))
    sqs.send_message(queue_url, "no JSON")
    figures = work(on_poison="delete")
    assert jobs.done == [(1, 2)]
    assert (figures["done"], figures["rejected"]) == (1, 2)
