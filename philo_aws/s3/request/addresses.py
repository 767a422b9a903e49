"""``s3://bucket/key`` addresses and ARNs, as people paste them."""

from __future__ import annotations

from django.utils.translation import gettext_noop

from ...arguments import text
from ...exceptions import UsageError
from ...sentences import Sentence
from .names import check_bucket_name

_FORMS = ("s3://", "arn:aws:s3:::", "arn:aws-cn:s3:::", "arn:aws-us-gov:s3:::")


def parse_address(address: str) -> tuple[str, str]:
    """Return bucket name and key (or prefix, or an empty string) of an address.

    The key is taken literally, since an S3 address has no escapes; only the end of a line is none
    of it. Raises
    :exc:`~philo_aws.exceptions.UsageError` for anything else.
    """
    given = text("The address", address).lstrip().rstrip("\r\n")
    for form in _FORMS:
        if given.lower().startswith(form):
            bucket, _, key = given[len(form) :].partition("/")
            return check_bucket_name(bucket), key
    raise UsageError(
        Sentence(
            gettext_noop(
                "{given!r} is no S3 address. Write one such as 's3://bucket/folder/file.txt'."
            ),
            given=given,
        )
    )


def is_address(text: str) -> bool:
    """Say whether ``text`` is written as an address, and so neither as a name nor as a key."""
    return text.lstrip().lower().startswith(_FORMS)


def check_apart(bucket: str, prefix: str, destination: str, destination_prefix: str) -> None:
    """Refuse a destination inside the source: what is copied there would be copied again.

    Raises :exc:`~philo_aws.exceptions.UsageError`.
    """
    if bucket == destination and destination_prefix.startswith(prefix):
        raise UsageError(
            Sentence(
                gettext_noop(
                    "The destination lies inside the source. Choose a folder outside of it."
                )
            )
        )


def format_address(bucket_name: str, key: str = "") -> str:
    """Return the ``s3://`` address of a bucket, a prefix or an object."""
    return f"s3://{bucket_name}/{key}"
