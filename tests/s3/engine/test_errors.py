"""What failures of an attempt mean."""

from __future__ import annotations

import pytest

from philo_aws.exceptions import Kind, NotFoundError, ServiceError
from philo_aws.s3.engine import Download, Upload
from philo_aws.s3.engine.errors import begun_anew, from_exception
from philo_aws.s3.engine.failure import Failure
from philo_aws.s3.engine.size_class import SizeClass, Transfer

UP = Upload(key="k", path="/p", size=1, mtime_ns=0)
DOWN = Download(key="k", path="/p", size=1)


@pytest.mark.parametrize("task", [UP, DOWN])
def test_an_answer_that_cannot_be_read_is_no_text_of_python(task: Upload | Download) -> None:
    from botocore.utils import parse_timestamp

    with pytest.raises(ValueError, match="timestamp") as caught:
        parse_timestamp("yesterday")
    failure = from_exception(caught.value, task, "bucket")
    assert (failure.kind, failure.error.code) == (Kind.TRANSIENT, "NoProof")
    assert failure.error.__cause__ is caught.value
    assert "Error" not in str(failure.error)


def test_a_fault_of_our_own_is_called_by_its_name() -> None:
    with pytest.raises(ValueError, match="invalid literal") as caught:
        int("x")
    failure = from_exception(caught.value, UP, "bucket")
    assert failure.kind is Kind.PERMANENT
    assert "ValueError" in str(failure.error)


@pytest.mark.parametrize(
    "code, attempts, kind",
    [
        ("NoSuchUpload", 1, Kind.TRANSIENT),
        ("NoSuchUpload", 2, Kind.TRANSIENT),
        ("NoSuchUpload", 3, Kind.PERMANENT),
        ("InvalidPart", 2, Kind.TRANSIENT),
        ("InvalidPart", 3, Kind.PERMANENT),
        ("InvalidArgument", 1, Kind.PERMANENT),
    ],
)
def test_an_upload_whose_parts_are_gone_is_begun_anew_twice(
    code: str, attempts: int, kind: Kind
) -> None:
    transfer = Transfer(UP, SizeClass(limit=1, budget=1))
    transfer.attempts = attempts
    error = NotFoundError("gone", code=code)
    failure = begun_anew(Failure(kind=Kind.PERMANENT, error=error), transfer)
    assert failure.kind is kind
    assert failure.error is error


def test_what_proves_nothing_may_pass() -> None:
    error = ServiceError("no", code="NoProof", kind=Kind.TRANSIENT)
    assert from_exception(error, UP, "bucket").kind is Kind.TRANSIENT
