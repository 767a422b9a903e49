"""Which queues a worker consumes, and what it says of a backend that it cannot."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from pytest_django import Settings

from philo_aws.tasks import worker
from philo_aws.tasks.backend import SQSBackendMethods
from tests.settings import TASKS

Configure = Callable[..., SQSBackendMethods]
OURS = TASKS["default"]["BACKEND"]


def test_a_handler_for_each_queue_the_urgent_ones_first(configure: Configure) -> None:
    configure(
        QUEUES=["default", "mail", "sms"],
        queues={"mail": "post", "sms": "post"},
        priorities={"default": {50: "soon"}, "mail": {90: "at-once"}},
        region="eu-west-1",
        max_attempts=4,
    )
    made = worker.handlers(["default"])
    assert [each.queue for each in made] == ["at-once", "soon", "default", "post"]
    assert {(each.region, each.max_attempts) for each in made} == {("eu-west-1", 4)}
    assert worker.queues_of(worker.backend_of("default"))["post"] == ["mail", "sms"]
    assert made[0].path == "philo_aws.tasks.execute.Runner of the tasks of default"


@pytest.mark.parametrize(
    ("configured", "text"),
    [
        ({}, "has no 'mine'. It has: none"),
        ({"other": {"BACKEND": OURS}}, "has no 'mine'. It has: other"),
        ({"mine": {"BACKEND": "nowhere.Backend"}}, "cannot be imported"),
        ({"mine": {"BACKEND": "collections.OrderedDict"}}, "whose tasks are not in SQS"),
        ({"mine": {"BACKEND": OURS, "QUEUES": []}}, "names none"),
        ({"mine": {"BACKEND": OURS, "OPTIONS": {"zzz": 1}}}, "no option 'zzz'"),
    ],
)
def test_what_cannot_be_consumed(settings: Settings, configured: dict[str, Any], text: str) -> None:
    settings.TASKS = configured
    with pytest.raises(ImproperlyConfigured, match=text):
        worker.handlers(["mine"])


def test_one_queue_of_two_backends(settings: Settings) -> None:
    settings.TASKS = {"one": {"BACKEND": OURS}, "two": {"BACKEND": OURS}}
    with pytest.raises(ImproperlyConfigured, match="'default' is of two backends"):
        worker.handlers(["one", "two"])
