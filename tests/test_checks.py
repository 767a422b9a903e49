"""`manage.py check` tells what is wrong with `settings.AWS`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core import checks
from pytest_django import Settings

from philo_aws.checks import known_actions
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


def rule(**more: list[str]) -> dict[str, list[dict[str, list[str]]]]:
    return {"access": [{"groups": ["Editors", "*"], "buckets": ["b"], **more}]}


def test_an_action_that_is_none_is_an_error(settings: Settings) -> None:
    settings.AWS = rule(actions=["list_objects", "list_object", "zzz"])
    near, far = (each for each in checks.run_checks() if each.id == "philo_aws.E016")
    assert "has 'list_object', which is no action" in near.msg
    assert near.hint == 'Did you mean "list_objects"?'
    assert "'zzz'" in far.msg
    assert "upload_object" in str(far.hint)


def test_the_actions_are_the_permissions_that_there_are(db: None) -> None:
    from django.contrib.auth.models import Permission

    there = Permission.objects.filter(content_type__app_label="philo_aws")
    assert known_actions() == set(there.values_list("codename", flat=True))


def test_a_group_that_is_none_is_told_where_the_database_may_be_asked(
    settings: Settings, db: None, django_assert_num_queries: Any
) -> None:
    from django.contrib.auth.models import Group

    settings.AWS = rule()

    def warned() -> list[checks.CheckMessage]:
        found = checks.run_checks(databases=["default"], include_deployment_checks=False)
        return [each for each in found if each.id == "philo_aws.W001"]

    with django_assert_num_queries(0):
        assert not [each for each in checks.run_checks() if each.id == "philo_aws.W001"]
    (warning,) = warned()
    assert "the group 'Editors', which there is not" in warning.msg
    Group.objects.create(name="Editor")
    assert warned()[0].hint == 'Did you mean "Editor"?'
    Group.objects.create(name="Editors")
    assert warned() == []


@pytest.mark.parametrize("value", [{}, {"access": []}, {"access": 5}, {"access": [7]}, 7])
def test_groups_are_looked_for_where_rules_name_some(
    settings: Settings, value: Any, django_assert_num_queries: Any, db: None
) -> None:
    settings.AWS = value
    with django_assert_num_queries(0):
        checks.run_checks(tags=["database", "security"], databases=["default"])


def test_before_the_tables_are_there_nothing_is_said_of_groups(
    settings: Settings, run_process: Callable[..., Result]
) -> None:
    settings.AWS = rule()
    # The database of a process is one in memory, which is empty.
    result = run_process("check", "--database", "default")
    assert (result.code, "W001" in result.err) == (0, False)
