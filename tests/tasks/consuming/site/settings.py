"""The settings of the tests, with the application beside this file and its tasks in SQS."""

from __future__ import annotations

import os

import django

from tests.settings import *  # noqa: F403
from tests.settings import AWS as _AWS
from tests.settings import INSTALLED_APPS as _APPS

_IS_NATIVE = django.VERSION >= (6, 0)
INSTALLED_APPS = [
    *_APPS,
    *([] if _IS_NATIVE else ["django_tasks"]),
    "tests.tasks.consuming.site",
]
DEBUG = bool(os.environ.get("SITE_DEBUG"))
AWS = {**_AWS, "consumer": {"backoff": [0, 0]}}
TASKS = {
    "default": {
        "BACKEND": f"philo_aws.tasks.{'' if _IS_NATIVE else 'backport.'}SQSBackend",
        "OPTIONS": {
            "queues": {"default": os.environ["SITE_QUEUE"]},
            "results": "tests.tasks.consuming.site.records.Folder",
        },
    },
    "dummy": {
        "BACKEND": f"django{'.' if _IS_NATIVE else '_'}tasks.backends.dummy.DummyBackend",
    },
}
