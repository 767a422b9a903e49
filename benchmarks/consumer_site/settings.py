"""A site that has nothing but the handler."""

from __future__ import annotations

from typing import Any

INSTALLED_APPS = ["philo_aws", "benchmarks.consumer_site"]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
USE_TZ = True
SECRET_KEY = "benchmark"
AWS: dict[str, Any] = {}
