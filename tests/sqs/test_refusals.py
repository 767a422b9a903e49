from __future__ import annotations

import pytest

from philo_aws.exceptions import InvalidRequestError
from philo_aws.sqs.refusals import is_about_entries, limit_told

MIB = 1024 * 1024


@pytest.mark.parametrize(
    ("code", "about"),
    [
        ("BatchRequestTooLong", True),
        ("AWS.SimpleQueueService.BatchRequestTooLong", True),
        ("InvalidParameterValue", True),
        ("InvalidMessageContents", True),
        ("MissingParameter", True),
        ("413", True),
        ("InvalidAddress", False),
        ("InvalidSecurity", False),
        ("KMS.DisabledException", False),
        ("QueueDoesNotExist", False),
        ("404", False),
        ("", False),
    ],
)
def test_what_is_about_entries(code: str, about: bool) -> None:
    assert is_about_entries(InvalidRequestError("No.", code=code)) is about


@pytest.mark.parametrize(
    ("code", "sentence", "total", "limit"),
    [
        ("InvalidParameterValue", "Message must be shorter than 1024 bytes.", 5000, 1024),
        ("BatchRequestTooLong", "cannot be longer than 262,144 bytes.", 600_000, 262_144),
        ("BatchRequestTooLong", "No.", 600_000, 262_144),
        ("BatchRequestTooLong", "No.", 200_000, 100_000),
        ("413", "No.", 300_000, 262_144),
        ("InvalidParameterValue", "No.", 600_000, MIB),
    ],
)
def test_the_limit_that_it_tells(code: str, sentence: str, total: int, limit: int) -> None:
    assert limit_told(InvalidRequestError(sentence, code=code), total) == limit
