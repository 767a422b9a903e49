"""`manage.py check` says what is wrong with a backend of tasks, and how to put it right."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from pytest_django import Settings

from philo_aws.tasks.checks import check_backend
from tests.settings import TASKS

SHARED = {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": "redis://127.0.0.1"}


class Kept:
    """A store of results."""


def found(backend: Any) -> dict[str, str]:
    """The hints by their ids."""
    return {str(one.id): str(one.hint or one.msg) for one in check_backend(backend)}


def made(settings: Settings, **tasks: Any) -> Any:
    from philo_aws.tasks import worker

    settings.TASKS = {
        alias: {"BACKEND": TASKS["default"]["BACKEND"], **entry} for alias, entry in tasks.items()
    }
    return worker.backend_of(next(iter(tasks)))


def test_what_is_right_is_not_spoken_of(configure: Callable[..., Any], settings: Settings) -> None:
    assert found(configure("queue")) == {}
    settings.CACHES = {"default": SHARED}
    assert found(configure("queue", results={"cache": "default"})) == {}
    assert found(configure("queue", results=f"{__name__}.Kept")) == {}


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"max_attemps": 3}, "Did you mean 'max_attempts'?"),
        ({"max_attempts": 0}, "Give 1 or more"),
        ({"backoff": [10, 1]}, "two numbers of seconds"),
        ({"region": "EU"}, "no region"),
        ({"sign": "yes"}, "True or False"),
        ({"queues": {"default": "no queue!"}}, "neither a queue's name nor its URL"),
    ],
    ids=str,
)
def test_wrong_options(configure: Callable[..., Any], options: dict[str, Any], said: str) -> None:
    [(name, text)] = found(configure(None, **options)).items()
    assert name == "philo_aws.E030"
    assert said in text


def test_a_cache_that_one_process_alone_sees(
    configure: Callable[..., Any], settings: Settings
) -> None:
    for kind in ("locmem.LocMemCache", "dummy.DummyCache", "filebased.FileBasedCache"):
        settings.CACHES = {"default": {"BACKEND": f"django.core.cache.backends.{kind}"}}
        [(name, hint)] = found(configure("queue", results={"cache": "default"})).items()
        assert name == "philo_aws.E032"
        assert "a cache that all processes share" in hint


@pytest.mark.parametrize("results", [{"cache": "nobodys"}, "tests.no_such.Store"], ids=str)
def test_a_store_that_is_not_there(configure: Callable[..., Any], results: Any) -> None:
    assert set(found(configure("queue", results=results))) == {"philo_aws.E031"}


def test_a_queue_that_no_task_can_be_of(configure: Callable[..., Any]) -> None:
    backend = configure(None, queues={"mial": "mail"})
    assert "Add it to QUEUES" in found(backend)["philo_aws.W033"]


def test_two_backends_with_one_queue(settings: Settings) -> None:
    entry = {"OPTIONS": {"queues": {"default": "same"}}}
    assert "a queue of its own" in found(made(settings, a=entry, b=entry))["philo_aws.E034"]
    other = {"OPTIONS": {"queues": {"default": "another"}}}
    assert found(made(settings, a=entry, b=other)) == {}


def test_django_asks_for_them(configure: Callable[..., Any]) -> None:
    backend = configure("queue", max_attempts=0)
    assert "philo_aws.E030" in {message.id for message in backend.check()}
