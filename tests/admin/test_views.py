"""The tables of pages, imported when they are needed."""

from __future__ import annotations

import subprocess
import sys

import pytest

from philo_aws.admin import BucketAdmin, QueueAdmin
from philo_aws.admin.base import AWSView
from tests.running import ROOT


@pytest.mark.parametrize("admin", [BucketAdmin, QueueAdmin])
def test_every_page_is_there(admin: type[BucketAdmin | QueueAdmin]) -> None:
    assert len(admin.views) == len(list(admin.views)) > 10
    assert all(issubclass(view, AWSView) for view in admin.views.values())
    assert "unknown" not in admin.views


def test_a_command_does_without_the_pages() -> None:
    script = (
        "import django, sys; django.setup(); import philo_aws.admin;"
        "print([name for name in sys.modules if name.startswith(("
        "'philo_aws.admin.base', 'philo_aws.admin.buckets.', 'philo_aws.admin.queues.',"
        "'philo_aws.s3', 'philo_aws.sqs'))"
        "and not name.endswith('.admin')])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (done.stdout, done.stderr) == ("[]\n", "")
