"""System checks of ``settings.AWS``; they never touch the network."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.checks import CheckMessage, Error

from .validation import validate

if TYPE_CHECKING:
    from django.apps import AppConfig

TAG = "philo_aws"


def check_settings(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Report each problem of ``settings.AWS`` as ``philo_aws.E…``."""
    return [
        Error(problem.message, hint=problem.hint, id=f"philo_aws.{problem.id}")
        for problem in validate(getattr(settings, "AWS", {}))
    ]
