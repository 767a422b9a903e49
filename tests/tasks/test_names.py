"""Django's tasks and those of django-tasks: what each needs is said where it is not there."""

from __future__ import annotations

import subprocess
import sys

import django
import pytest
from django.core.exceptions import ImproperlyConfigured

from philo_aws import tasks
from tests.running import ROOT
from tests.tasks import jobs


def run(code: str) -> str:
    """What another process prints."""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return done.stdout


def test_both_have_what_is_used() -> None:
    found = jobs.NAMES
    assert found.package == jobs.PACKAGE
    assert issubclass(found.invalid, Exception)
    assert found.invalid is not found.missing
    assert found.normalize((1, {"a": b"b"})) == [1, {"a": "b"}]


def test_where_it_is_not_installed_the_other_one_is_named() -> None:
    code = (
        "import sys\nsys.modules['django.tasks'] = sys.modules['django_tasks'] = None\n"
        "from philo_aws.tasks.names import names, DJANGO, BACKPORT\n"
        "for package in (DJANGO, BACKPORT):\n"
        "    try: names(package)\n"
        "    except Exception as error: print(type(error).__name__, error)"
    )
    told = run(code).splitlines()
    assert [line.partition(" ")[0] for line in told] == ["ImproperlyConfigured"] * 2
    assert "since 6.0" in told[0]
    assert "needs the package django-tasks" in told[1]


@pytest.mark.skipif(django.VERSION >= (6,), reason="it is there")
def test_djangos_own_backend_on_a_django_without_tasks() -> None:
    with pytest.raises(ImproperlyConfigured, match=r"philo_aws\.tasks\.backport.SQSBackend"):
        _ = tasks.SQSBackend


def test_nothing_is_imported_that_is_not_used() -> None:
    code = (
        "import sys, django\nfrom django.conf import settings\nsettings.configure()\n"
        "django.setup()\nimport philo_aws.tasks\n"
        "print([m for m in ('django_tasks', 'django.tasks', 'boto3') if m in sys.modules])"
    )
    expected = "['django.tasks']" if django.VERSION >= (6,) else "[]"
    # Django's own checks may have imported its tasks already.
    assert run(code).strip() in {"[]", expected}
