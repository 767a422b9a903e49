"""What a task may say beside Django's own."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from typing import Any

import django
import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import transaction

from philo_aws.tasks.backend import SQSBackendMethods
from tests.sqs.consumer.conftest import counts
from tests.tasks import jobs


def test_using_keeps_what_is_not_said() -> None:
    made = jobs.add.using(group="blue", max_attempts=3).using(backoff=(1, 2))
    assert (made.group, made.max_attempts, made.backoff) == ("blue", 3, (1, 2))
    assert made.using(group=None).group is None
    assert jobs.add.group is None
    assert made.module_path == jobs.add.module_path


@pytest.mark.skipif("__reduce__" not in vars(jobs.NAMES.task), reason="no task can be pickled here")
def test_it_can_be_pickled() -> None:
    made = jobs.add.using(group="blue", backoff=(1, 2))
    assert pickle.loads(pickle.dumps(made)) == made  # noqa: S301


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"max_attempts": 0}, "max_attempts of tests.tasks.jobs.add is 0. Give 1 or more"),
        ({"backoff": 5}, "backoff of tests.tasks.jobs.add is 5. Give two numbers"),
        ({"backoff": (5, 1)}, "Give two numbers"),
    ],
)
def test_what_is_wrong_is_told_where_it_is_written(options: dict[str, Any], text: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=text):
        jobs.add.using(**options)


@pytest.mark.aws_servers("ministack")
@pytest.mark.django_db(transaction=True)
def test_on_commit(backend: SQSBackendMethods, queue_url: str, work: Callable[..., Any]) -> None:
    later = [1]
    with transaction.atomic():
        jobs.add.enqueue_on_commit(*later)
        later[0] = 2
        assert counts(queue_url) == (0, 0)
        with pytest.raises(TypeError):
            jobs.add.enqueue_on_commit(object())
    assert counts(queue_url) == (1, 0)
    with transaction.atomic():
        jobs.add.enqueue_on_commit(3)
        transaction.set_rollback(True)
    assert counts(queue_url) == (1, 0)
    work()
    assert jobs.done == [(1, 2)]


@pytest.mark.skipif(django.VERSION < (6, 1), reason="the decorator takes more from Django 6.1 on")
def test_the_decorator_takes_them_too() -> None:
    made = jobs.task(max_attempts=5, backoff=(1, 60), group="blue")(jobs.no_task)
    assert (made.max_attempts, made.backoff, made.group) == (5, (1, 60), "blue")
