"""Refusals of a whole request: whether an entry of it may be the reason, and what they tell.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/CommonErrors.html
"""

from __future__ import annotations

import re

from ..exceptions import AWSError
from .limits import MAX_BATCH_BYTES

# The limit of a request, and the default of a queue, before SQS raised both to 1 MiB: a request of
# less is never too long, unless the queue was set to take less.
ALWAYS_ALLOWED_BYTES = 256 * 1024

# 413 is what a proxy says.
_TOO_LONG = frozenset({"413", "BatchRequestTooLong", "RequestEntityTooLargeException"})
_IN_AN_ENTRY = frozenset(
    {
        "InvalidMessageContents",
        "InvalidParameterCombination",
        "InvalidParameterValue",
        "MissingParameter",
        "ValidationError",
    }
)
_LIMIT = re.compile(r"(?:longer|shorter) than ([0-9][0-9,]*) bytes")


def is_about_entries(error: AWSError) -> bool:
    """Say whether other entries, or fewer of them, may be taken where these were not.

    Any other refusal is about the queue, the caller or the endpoint, and the next request shares
    it.
    """
    return _bare(error) in _TOO_LONG | _IN_AN_ENTRY


def limit_told(error: AWSError, total: int) -> int:
    """Return the bytes that a request may have, as the refusal of one of ``total`` bytes tells."""
    if told := _LIMIT.search(str(error)):
        return int(told[1].replace(",", ""))
    if _bare(error) in _TOO_LONG:
        return ALWAYS_ALLOWED_BYTES if total > ALWAYS_ALLOWED_BYTES else total // 2
    return MAX_BATCH_BYTES


def _bare(error: AWSError) -> str:
    return error.code.rpartition(".")[2]
