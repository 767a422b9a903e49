"""boto's parameters for a transfer, looked at before anything is sent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

from ..exceptions import UsageError

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

    Each request gets those that boto has for it: see :func:`accepted`. Raises
    :exc:`~philo_aws.exceptions.UsageError` for a name that none of them has, and as
    :func:`check_extra_args` does.
    """
    if extra_args:
        from ..clients import get_session

        model = get_session().get_service_model("s3")
        shapes = (model.operation_model(name).input_shape for name in operations)
        known = {name for shape in shapes if shape for name in shape.members}
        for name in extra_args:
            if name not in known:
                raise UsageError(
                    f"{name!r} is no parameter of boto for objects.{_hint(name, known)}"
                )
    return check_extra_args(extra_args)


def accepted(client: Any, operation: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return those of boto's ``arguments`` that ``operation`` has."""
    known = client.meta.service_model.operation_model(operation).input_shape.members
    return {name: value for name, value in arguments.items() if name in known}


def _hint(name: str, known: set[str]) -> str:
    from ..validation import nearest

    near = nearest(name, sorted(known))
    return f" Did you mean {near!r}?" if near else ""


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
                f"{name} has characters that no header can carry. Use printable ASCII."
            )
    # The checks are imported by those who need them: most transfers carry neither.
    if isinstance(made.get("Metadata"), Mapping):
        from .properties import check_metadata

        check_metadata(made["Metadata"])
    if isinstance(made.get("Tagging"), str):
        _check_tagging(made["Tagging"])
    return made


def _check_tagging(query: str) -> None:
    from .tags import check_tags

    pairs = parse_qsl(query, keep_blank_values=True)
    tags = dict(pairs)
    if len(tags) < len(pairs):
        raise UsageError("Two tags have the same name. Keep one of them.")
    check_tags(tags)
