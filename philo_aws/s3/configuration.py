"""What a bucket or an object is set to: read, written and taken away, all by one table.

What ``get_…`` returns is what ``put_…`` takes, so that it may be kept in a file and put back. The
functions are made of :data:`~philo_aws.s3.configured.CONFIGURABLES`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol, TypeVar

from ..arguments import mapping, some_text
from ..aws_errors import translated
from ..conf import Purpose
from ..exceptions import NotFoundError
from .configured import CONFIGURABLES, Configurable
from .request.access import client_for
from .request.extra_args import check_args
from .request.names import check_key
from .request.shapes import check_shape

F = TypeVar("F", bound=Callable[..., Any])


class OfBucket(Protocol):
    """Reads or takes away what a bucket is set to."""

    def __call__(
        self,
        bucket_name: str,
        region_name: str | None = None,
        *,
        extra_args: Mapping[str, Any] | None = None,
        purpose: Purpose = "commands",
    ) -> dict[str, Any]: ...


class PutOfBucket(Protocol):
    """Writes what a bucket is set to."""

    def __call__(
        self,
        bucket_name: str,
        configuration: Mapping[str, Any],
        region_name: str | None = None,
        *,
        extra_args: Mapping[str, Any] | None = None,
        purpose: Purpose = "commands",
    ) -> dict[str, Any]: ...


class OfObject(Protocol):
    """Reads or takes away what an object is set to."""

    def __call__(
        self,
        bucket_name: str,
        key: str,
        region_name: str | None = None,
        *,
        version_id: str | None = None,
        extra_args: Mapping[str, Any] | None = None,
        purpose: Purpose = "commands",
    ) -> dict[str, Any]: ...


class PutOfObject(Protocol):
    """Writes what an object is set to."""

    def __call__(
        self,
        bucket_name: str,
        key: str,
        configuration: Mapping[str, Any],
        region_name: str | None = None,
        *,
        version_id: str | None = None,
        extra_args: Mapping[str, Any] | None = None,
        purpose: Purpose = "commands",
    ) -> dict[str, Any]: ...


_RAISES = (
    "Raises :exc:`~philo_aws.exceptions.BucketNotFoundError`, "
    ":exc:`~philo_aws.exceptions.AccessDeniedError`"
)
_GET = """Return {what}, by boto's names; an empty dict where nothing is set.

``put_{name}`` takes it back. {raises}.
"""
_PUT = """Set {what}: all of it anew, by boto's names, as ``get_{name}`` returns it.

Returns boto's dict; S3 takes all of it or nothing. {nothing} {raises}, and
:exc:`~philo_aws.exceptions.UsageError`, before anything is sent, for a name that S3 does not know
and for what boto cannot send.
"""
_DELETE = """Take away {what}, and return boto's dict; where nothing is set, nothing is done.

{raises}.
"""


def _named(function: F, verb: str, kind: Configurable, doc: str, name: str = "") -> F:
    function.__name__ = function.__qualname__ = name or f"{verb}_{kind.name}"
    nothing = f"Nothing (``{{}}``) is what ``{kind.delete}`` does." if kind.delete else ""
    function.__doc__ = doc.format(
        what=kind.what, name=kind.name, nothing=nothing, raises=_RAISES
    ).replace("  ", " ")
    return function


def _of_bucket(name: str) -> tuple[OfBucket, PutOfBucket, OfBucket]:
    """Return the functions that read, write and take away one thing that a bucket is set to."""
    kind = CONFIGURABLES[name]

    def get(
        bucket_name: str,
        region_name: str | None = None,
        *,
        extra_args: Mapping[str, Any] | None = None,
        purpose: Purpose = "commands",
    ) -> dict[str, Any]:
        return _get(kind, {"Bucket": bucket_name}, region_name, extra_args, purpose)

    def put(
        bucket_name: str,
        configuration: Mapping[str, Any],
        region_name: str | None = None,
        *,
        extra_args: Mapping[str, Any] | None = None,
        purpose: Purpose = "commands",
    ) -> dict[str, Any]:
        where = {"Bucket": bucket_name}
        return _put(kind, where, configuration, region_name, extra_args, purpose)

    def delete(
        bucket_name: str,
        region_name: str | None = None,
        *,
        extra_args: Mapping[str, Any] | None = None,
        purpose: Purpose = "commands",
    ) -> dict[str, Any]:
        where = {"Bucket": bucket_name}
        return _call(kind.delete, where, region_name, extra_args, purpose)

    return (
        _named(get, "get", kind, _GET),
        _named(put, "put", kind, _PUT),
        _named(delete, "delete", kind, _DELETE, kind.delete),
    )


def _of_object(name: str) -> tuple[OfObject, PutOfObject, OfObject]:
    """Return the functions that read, write and take away one thing that an object is set to."""
    kind = CONFIGURABLES[name]

    def get(
        bucket_name: str,
        key: str,
        region_name: str | None = None,
        *,
        version_id: str | None = None,
        extra_args: Mapping[str, Any] | None = None,
        purpose: Purpose = "commands",
    ) -> dict[str, Any]:
        where = _object(bucket_name, key, version_id)
        return _get(kind, where, region_name, extra_args, purpose)

    def put(
        bucket_name: str,
        key: str,
        configuration: Mapping[str, Any],
        region_name: str | None = None,
        *,
        version_id: str | None = None,
        extra_args: Mapping[str, Any] | None = None,
        purpose: Purpose = "commands",
    ) -> dict[str, Any]:
        where = _object(bucket_name, key, version_id)
        return _put(kind, where, configuration, region_name, extra_args, purpose)

    def delete(
        bucket_name: str,
        key: str,
        region_name: str | None = None,
        *,
        version_id: str | None = None,
        extra_args: Mapping[str, Any] | None = None,
        purpose: Purpose = "commands",
    ) -> dict[str, Any]:
        where = _object(bucket_name, key, version_id)
        return _call(kind.delete, where, region_name, extra_args, purpose)

    return (
        _named(get, "get", kind, _GET),
        _named(put, "put", kind, _PUT),
        _named(delete, "delete", kind, _DELETE, kind.delete),
    )


def _object(bucket_name: str, key: str, version_id: str | None) -> dict[str, str]:
    where = {"Bucket": bucket_name, "Key": check_key(key)}
    if version_id is not None:
        where["VersionId"] = some_text("version_id", version_id)
    return where


def _get(
    kind: Configurable,
    where: dict[str, str],
    region_name: str | None,
    extra_args: Mapping[str, Any] | None,
    purpose: Purpose,
) -> dict[str, Any]:
    try:
        answer = _call(f"get_{kind.name}", where, region_name, extra_args, purpose)
    except NotFoundError as error:
        if kind.nothing and error.code == kind.nothing:
            return {}
        raise
    return kind.told(answer)


def _put(
    kind: Configurable,
    where: dict[str, str],
    configuration: Mapping[str, Any],
    region_name: str | None,
    extra_args: Mapping[str, Any] | None,
    purpose: Purpose,
) -> dict[str, Any]:
    arguments = kind.arguments(mapping("configuration", configuration))
    if not arguments:
        return _call(kind.delete, where, region_name, extra_args, purpose)
    method = f"put_{kind.name}"
    for parameter, value in arguments.items():
        check_shape(_operation(method), parameter, value)
    return _call(method, where, region_name, extra_args, purpose, arguments)


def _call(
    method: str,
    where: dict[str, str],
    region_name: str | None,
    extra_args: Mapping[str, Any] | None,
    purpose: Purpose,
    arguments: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    operation = _operation(method)
    given = check_args(extra_args, operation)
    bucket = where["Bucket"]
    client = client_for(bucket, region_name, purpose)
    call: Callable[..., Any] = getattr(client, method)
    with translated(bucket=bucket, key=where.get("Key"), region=region_name, operation=operation):
        return dict(call(**{**given, **(arguments or {}), **where}))


def _operation(method: str) -> str:
    """Return AWS's name of the operation that a method of boto's is for."""
    return method.replace("_", " ").title().replace(" ", "")


get_object_tagging, put_object_tagging, delete_object_tagging = _of_object("object_tagging")
get_bucket_tagging, put_bucket_tagging, delete_bucket_tagging = _of_bucket("bucket_tagging")
get_bucket_versioning, put_bucket_versioning, _ = _of_bucket("bucket_versioning")
(
    get_bucket_lifecycle_configuration,
    put_bucket_lifecycle_configuration,
    delete_bucket_lifecycle,
) = _of_bucket("bucket_lifecycle_configuration")
get_bucket_cors, put_bucket_cors, delete_bucket_cors = _of_bucket("bucket_cors")
get_bucket_policy, put_bucket_policy, delete_bucket_policy = _of_bucket("bucket_policy")
get_bucket_encryption, put_bucket_encryption, delete_bucket_encryption = _of_bucket(
    "bucket_encryption"
)
get_bucket_website, put_bucket_website, delete_bucket_website = _of_bucket("bucket_website")
get_public_access_block, put_public_access_block, delete_public_access_block = _of_bucket(
    "public_access_block"
)
get_bucket_notification_configuration, put_bucket_notification_configuration, _ = _of_bucket(
    "bucket_notification_configuration"
)
