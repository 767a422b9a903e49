"""Bucket names and object keys: what AWS can take, checked before anything is sent."""

from __future__ import annotations

import re

from django.utils.translation import gettext_noop

from ...arguments import text
from ...exceptions import UsageError
from ...limits import MAX_KEY_BYTES
from ...sentences import Sentence

# https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
_NEW_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_ADDRESS = re.compile(r"\d+\.\d+\.\d+\.\d+")
# Buckets made before 2018 in us-east-1 may have up to 255 characters, capitals and underscores.
_ANY_BUCKET = re.compile(r"[A-Za-z0-9._-]{3,255}")
_ARN = re.compile(r"arn:aws[a-z0-9-]*:(s3|s3-outposts|s3-object-lambda):[A-Za-z0-9_:/.-]+")


def check_bucket_name(name: str, *, new: bool = False) -> str:
    """Return ``name`` if a bucket (or an access point's ARN) can be called so.

    With ``new``, by the rules for buckets made today: 3 to 63 lower-case letters, digits, dots and
    hyphens. Raises :exc:`~philo_aws.exceptions.UsageError`.
    """
    text("The name of the bucket", name)
    if new:
        good = (
            _NEW_BUCKET.fullmatch(name) is not None
            and ".." not in name
            and not _ADDRESS.fullmatch(name)
        )
    else:
        good = (_ANY_BUCKET.fullmatch(name) or _ARN.fullmatch(name)) is not None
    if not good:
        raise UsageError(
            Sentence(
                gettext_noop(
                    "{name!r} is no possible bucket name: 3 to 63 characters, lower-case "
                    "letters, digits, dots and hyphens, beginning and ending with a letter "
                    "or digit."
                ),
                name=name,
            ),
            code="InvalidBucketName",
        )
    return name


def check_key(key: str) -> str:
    """Return ``key`` if an object can have it: 1 to 1,024 bytes of UTF-8.

    Raises :exc:`~philo_aws.exceptions.UsageError`.
    """
    if type(key) is str and key.isascii() and 0 < len(key) <= MAX_KEY_BYTES:
        return key  # as most are, of many
    size = _size(text("The key", key), gettext_noop("key"))
    if not size:
        raise UsageError(
            Sentence(gettext_noop("The key is empty. Give the object a key.")), code="InvalidURI"
        )
    if size > MAX_KEY_BYTES:
        raise UsageError(
            Sentence(
                gettext_noop(
                    "The key is {size:,} bytes long in UTF-8; S3 takes {most:,} at "
                    "most. Shorten it."
                ),
                size=size,
                most=MAX_KEY_BYTES,
            ),
            code="KeyTooLongError",
        )
    return key


def check_prefix(prefix: str) -> str:
    """Return ``prefix`` if keys can begin with it: 0 to 1,024 bytes of UTF-8.

    Raises :exc:`~philo_aws.exceptions.UsageError`.
    """
    if _size(text("The prefix", prefix), gettext_noop("prefix")) > MAX_KEY_BYTES:
        raise UsageError(
            Sentence(
                gettext_noop("The prefix is longer than {most:,} bytes. Shorten it."),
                most=MAX_KEY_BYTES,
            )
        )
    return prefix


def _size(given: str, what: str) -> int:
    try:
        return len(given.encode("utf-8"))
    except UnicodeEncodeError:
        raise UsageError(
            Sentence(
                gettext_noop("The {what} {given!r} is not valid Unicode. Keys are UTF-8 text."),
                what=Sentence(what),
                given=given,
            ),
            code="InvalidURI",
        ) from None
