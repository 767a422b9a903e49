"""An object's tags."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_noop

from ...arguments import mapping, text
from ...exceptions import UsageError, translated
from ...limits import MAX_TAG_NAME, MAX_TAG_VALUE, MAX_TAGS
from ...sentences import Sentence
from ..request.access import client_for
from ..request.extra_args import check_args
from ..request.names import check_key

# https://docs.aws.amazon.com/AmazonS3/latest/API/API_control_S3Tag.html
_SIGNS = "+-=._:/@"

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ...conf import Purpose


def get_object_tags(
    bucket_name: str,
    key: str,
    region_name: str | None = None,
    *,
    version_id: str | None = None,
    extra_args: Mapping[str, Any] | None = None,
    purpose: Purpose = "commands",
) -> dict[str, str]:
    """Return an object's tags by name; ``extra_args`` are further parameters in boto's names.

    Raises :exc:`~philo_aws.exceptions.ObjectNotFoundError`,
    :exc:`~philo_aws.exceptions.AccessDeniedError`.
    """
    options = check_args(extra_args, "GetObjectTagging")
    client = client_for(bucket_name, region_name, purpose)
    if version_id:
        options["VersionId"] = version_id
    options |= {"Bucket": bucket_name, "Key": check_key(key)}
    with translated(bucket=bucket_name, key=key, region=region_name, operation="GetObjectTagging"):
        answer = client.get_object_tagging(**options)
    return {tag["Key"]: tag["Value"] for tag in answer.get("TagSet", ())}


def put_object_tags(
    bucket_name: str,
    key: str,
    tags: Mapping[str, str],
    region_name: str | None = None,
    *,
    purpose: Purpose = "commands",
) -> None:
    """Replace an object's tags; none removes them all. At most 10.

    Raises :exc:`~philo_aws.exceptions.UsageError`,
    :exc:`~philo_aws.exceptions.ObjectNotFoundError`.
    """
    check_tags(tags)
    client = client_for(bucket_name, region_name, purpose)
    with translated(bucket=bucket_name, key=check_key(key), region=region_name):
        if not tags:
            client.delete_object_tagging(Bucket=bucket_name, Key=key)
            return
        client.put_object_tagging(
            Bucket=bucket_name,
            Key=key,
            Tagging={"TagSet": [{"Key": name, "Value": value} for name, value in tags.items()]},
        )


def check_tags(tags: Mapping[str, str]) -> None:
    """Raise :exc:`~philo_aws.exceptions.UsageError` for tags that S3 refuses.

    Lengths are counted in UTF-16, as S3 does: a character beyond U+FFFF counts twice.
    """
    tags = mapping("tags", tags)
    if len(tags) > MAX_TAGS:
        raise UsageError(
            Sentence(
                gettext_noop("An object can have {most} tags; these are {count}. Remove some."),
                most=MAX_TAGS,
                count=len(tags),
            )
        )
    for name, value in tags.items():
        if not 0 < _length(name) <= MAX_TAG_NAME:
            raise UsageError(
                Sentence(
                    gettext_noop("A tag's name has 1 to {most} characters; {name!r} has {length}."),
                    most=MAX_TAG_NAME,
                    name=name[:40],
                    length=_length(name),
                )
            )
        if _length(text(f"The value of the tag {name!r}", value)) > MAX_TAG_VALUE:
            raise UsageError(
                Sentence(
                    gettext_noop(
                        "A tag's value has at most {most} characters; that of {name!r} "
                        "has {length}."
                    ),
                    most=MAX_TAG_VALUE,
                    name=name,
                    length=_length(value),
                )
            )
        for what, given in ((gettext_noop("name"), name), (gettext_noop("value"), value)):
            if other := next((sign for sign in given if not _is_taken(sign)), ""):
                raise UsageError(
                    Sentence(
                        gettext_noop(
                            "The {what} {value!r} of a tag has {other!r}. Tags are made of "
                            "letters, digits, spaces and {signs}."
                        ),
                        what=Sentence(what),
                        value=given[:40],
                        other=other,
                        signs=_SIGNS,
                    )
                )
        if name.lower().startswith("aws:"):
            raise UsageError(
                Sentence(
                    gettext_noop(
                        "The tag {name!r} begins with 'aws:', which AWS keeps for itself."
                    ),
                    name=name,
                )
            )


def _length(given: str) -> int:
    return len(given) + sum(character > "\uffff" for character in given)


def _is_taken(character: str) -> bool:
    # Letters, separators and numbers of Unicode; what is put together of a letter and an accent is
    # refused by S3.
    return character in _SIGNS or unicodedata.category(character)[0] in "LZN"
