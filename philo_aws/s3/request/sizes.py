"""How large an object can be."""

from __future__ import annotations

from django.utils.translation import gettext_noop

from ...exceptions import InvalidRequestError
from ...limits import MAX_OBJECT_SIZE
from ...sentences import Sentence


def check_size(size: int) -> None:
    """Raise :exc:`~philo_aws.exceptions.InvalidRequestError` unless an object can be that large.

    S3 takes 10,000 parts of 5 GiB, 48.8 TiB in all, as
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html says.
    """
    if not 0 <= size <= MAX_OBJECT_SIZE:
        raise InvalidRequestError(
            Sentence(
                gettext_noop(
                    "An object has 0 bytes to 48.8 TiB (10,000 parts of 5 GiB), and not "
                    "{size:,} bytes."
                ),
                size=size,
            ),
            code="EntityTooLarge",
        )
