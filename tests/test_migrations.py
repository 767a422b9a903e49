"""The app's migrations say what its models say."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.running import Result


@pytest.mark.django_db
def test_no_migration_is_missing(run: Callable[..., Result]) -> None:
    result = run("makemigrations", "philo_aws", "--check", "--dry-run")
    assert result == (0, "No changes detected in app 'philo_aws'\n", "")
