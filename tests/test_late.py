from __future__ import annotations

import subprocess
import sys

import pytest

import philo_aws.s3
import philo_aws.sqs
import philo_aws.storage

PACKAGES = (philo_aws.s3, philo_aws.sqs, philo_aws.storage)


@pytest.mark.parametrize("package", PACKAGES)
def test_everything_is_there_and_shown_before_it_is_asked_for(package: object) -> None:
    names = package.__all__  # type: ignore[attr-defined]
    assert set(names) <= set(dir(package))
    assert all(getattr(package, name) is not None for name in names)


@pytest.mark.parametrize("package", PACKAGES)
def test_a_name_that_is_none_says_which_package_lacks_it(package: object) -> None:
    name = package.__name__  # type: ignore[attr-defined]
    with pytest.raises(AttributeError, match=rf"module '{name}' has no attribute 'upload'"):
        package.upload  # type: ignore[attr-defined]  # noqa: B018 - asked for


def test_a_thing_is_imported_when_it_is_asked_for_and_then_kept() -> None:
    script = """
import sys
from philo_aws import sqs
assert "philo_aws.sqs.tags" not in sys.modules
first = sqs.tag_queue
assert "philo_aws.sqs.tags" in sys.modules
assert vars(sqs)["tag_queue"] is first
assert "philo_aws.sqs.redrive" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", script], check=True)
