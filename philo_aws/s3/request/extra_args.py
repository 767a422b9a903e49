"""A caller's parameters for boto: looked at before anything is sent, and which request takes which.

The one table of that is botocore's own model of S3, by :func:`given_for`: what goes with a PUT or a
GET (a key for encryption, who pays) goes with its HEAD, its parts and its comparison too.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

from django.utils.translation import gettext_noop

from ...arguments import text
from ...exceptions import UsageError
from ...sentences import Sentence
from ...spelling import nearest

# They say what is transferred, and not how.
_CHOSEN_HERE = frozenset(
    {
        "Body",
        "Bucket",
        "ContinuationToken",
        "Delete",
        "Key",
        "MultipartUpload",
        "PartNumber",
        "Prefix",
        "Range",
        "UploadId",
    }
)
_TRANSFERS = (
    "PutObject",
    "CreateMultipartUpload",
    "UploadPart",
    "CompleteMultipartUpload",
    "GetObject",
    "HeadObject",
    "ListObjectsV2",
    "DeleteObjects",
)


def check_transfer_args(extra_args: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return a copy of what a transfer is given for all its requests: see :func:`check_args`."""
    return check_args(extra_args, *_TRANSFERS)


def check_args(extra_args: Mapping[str, Any] | None, *operations: str) -> dict[str, Any]:
    """Return a copy of what is given for all of boto's ``operations``.

    Each request gets those that boto has for it: see :func:`given_for`. Raises
    :exc:`~philo_aws.exceptions.UsageError` for a name that none of them has, and as
    :func:`check_extra_args` does.
    """
    if extra_args is not None and not isinstance(extra_args, Mapping):
        raise UsageError(
            Sentence(
                gettext_noop(
                    "extra_args is a {kind}, not a dict of boto's parameters, such as "
                    '{{"RequestPayer": "requester"}}.'
                ),
                kind=type(extra_args).__name__,
            )
        )
    if extra_args:
        known = set().union(*map(parameters_of, operations)) - _CHOSEN_HERE
        for name in extra_args:
            if name in _CHOSEN_HERE:
                raise UsageError(
                    Sentence(
                        gettext_noop("{name} is chosen by the call itself. Leave it out."),
                        name=name,
                    )
                )
            if name not in known:
                raise UsageError(
                    Sentence(
                        gettext_noop("{name!r} is no parameter of boto for objects.{hint}"),
                        name=name,
                        hint=_hint(name, known),
                    )
                )
    return check_extra_args(extra_args)


def given_for(operation: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return those of boto's ``arguments`` that ``operation`` has."""
    if not arguments:
        return {}
    known = parameters_of(operation)
    return {name: value for name, value in arguments.items() if name in known}


def is_for_reading(arguments: Mapping[str, Any]) -> bool:
    """Say whether all of boto's ``arguments`` are of requests that read objects."""
    known = parameters_of("GetObject") | parameters_of("HeadObject")
    return all(name in known for name in arguments)


@functools.cache
def parameters_of(operation: str) -> frozenset[str]:
    """Return the names of boto's parameters of one operation of S3."""
    from ...clients import get_session

    shape = get_session().get_service_model("s3").operation_model(operation).input_shape
    return frozenset(shape.members) if shape else frozenset()


def _hint(name: str, known: set[str]) -> str:
    near = nearest(name, sorted(known))
    return Sentence(gettext_noop(" Did you mean {near!r}?"), near=near) if near else ""


def check_extra_args(extra_args: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return a copy of ``extra_args`` if headers can carry what they hold.

    A header with a line break in it never arrives, which looks like a broken network. Raises
    :exc:`~philo_aws.exceptions.UsageError`, also for metadata and tags that S3 refuses.
    """
    made = dict(extra_args or {})
    for name, value in made.items():
        # Keys for encryption may be any text, are sent encoded, and must not be shown.
        if not isinstance(value, str) or name.endswith("SSECustomerKey"):
            continue
        if not all(" " <= character <= "~" for character in value):
            raise UsageError(
                Sentence(
                    gettext_noop(
                        "{name} has characters that no header can carry. Use printable ASCII."
                    ),
                    name=name,
                )
            )
    # The checks are imported by those who need them: most transfers carry neither.
    if "Metadata" in made:
        from .metadata import check_metadata

        check_metadata(made["Metadata"])
    if "Tagging" in made:
        _check_tagging(text("Tagging", made["Tagging"]))
    return made


def _check_tagging(query: str) -> None:
    from .metadata import check_tags

    pairs = parse_qsl(query, keep_blank_values=True)
    tags = dict(pairs)
    if len(tags) < len(pairs):
        raise UsageError(Sentence(gettext_noop("Two tags have the same name. Keep one of them.")))
    check_tags(tags)
