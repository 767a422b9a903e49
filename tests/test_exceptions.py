"""The classes of the errors."""

from __future__ import annotations

import pytest

from philo_aws import exceptions as own
from philo_aws.exceptions import AWSError


@pytest.mark.parametrize(
    ("kind", "builtin"),
    [
        (own.AccessDeniedError, PermissionError),
        (own.ObjectNotFoundError, LookupError),
        (own.RegionError, ValueError),
        (own.LocalFileError, OSError),
        (own.NetworkError, ConnectionError),
    ],
)
def test_classes_are_the_builtins_too(kind: type[AWSError], builtin: type[Exception]) -> None:
    error = kind("said", code="C", request_id="R")
    assert isinstance(error, builtin)
    assert isinstance(error, AWSError)
    assert (str(error), error.code, error.request_id) == ("said", "C", "R")
