"""`manage.py check` tells what is wrong with `settings.AWS`."""

from __future__ import annotations

from collections.abc import Callable

from django.core import checks
from pytest_django import Settings

from tests.running import Result


def test_good_settings_pass(settings: Settings) -> None:
    settings.AWS = {"region": "eu-west-1"}
    assert checks.run_checks(tags=["philo_aws"]) == []


def test_a_fault_is_an_error_with_id_and_hint(settings: Settings) -> None:
    settings.AWS = {"regoin": "eu-west-1"}
    (error,) = checks.run_checks(tags=["philo_aws"])
    assert isinstance(error, checks.Error)
    assert error.id == "philo_aws.E002"
    assert error.hint == 'Did you mean "region"?'


def test_check_prints_it_and_fails(settings: Settings, run: Callable[..., Result]) -> None:
    settings.AWS = {"credentials": {"aws_access_key_id": "AKID"}}
    result = run("check")
    assert result.code == 1
    assert "philo_aws.E003" in result.err
    assert "aws_secret_access_key" in result.err


def test_a_command_refuses_faulty_settings_before_it_does_anything(
    settings: Settings, run: Callable[..., Result]
) -> None:
    settings.AWS = {"region": "EU"}
    result = run("aws_s3", "list_buckets")
    assert (result.code, result.out) == (1, "")
    assert "philo_aws.E004" in result.err
    assert "Traceback" not in result.err
