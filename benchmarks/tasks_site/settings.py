"""A site that has nothing but the task."""

from __future__ import annotations

import os
from typing import Any

import django

IS_NATIVE = django.VERSION >= (6, 0)
INSTALLED_APPS = ["philo_aws", "benchmarks.tasks_site"]
if not IS_NATIVE:
    INSTALLED_APPS.append("django_tasks")
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
USE_TZ = True
SECRET_KEY = "benchmark"
AWS: dict[str, Any] = {}
TASKS = {
    "default": {
        "BACKEND": f"philo_aws.tasks.{'' if IS_NATIVE else 'backport.'}SQSBackend",
        "OPTIONS": {"queues": {"default": os.environ["BENCH_QUEUE"]}},
    }
}
