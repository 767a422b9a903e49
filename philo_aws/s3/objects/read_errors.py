"""What can go wrong while an object is read, each as its error."""

from __future__ import annotations

from collections.abc import Mapping

from ...exceptions import ConflictError, InvalidRequestError, Kind, ServiceError


def short(key: str | None) -> ServiceError:
    """Return the error of a content that ended early."""
    return ServiceError(
        f"The content of {key!r} ended before all of its bytes had come. Read it again.",
        code="IncompleteBody",
        kind=Kind.TRANSIENT,
    )


def replaced(where: Mapping[str, str | None]) -> ConflictError:
    """Return the error of an object that is not the one any more of which something was read."""
    return ConflictError(
        f"The object {where['key']!r} in bucket {where['bucket']!r} was replaced while it was "
        "read. Open it again.",
        code="PreconditionFailed",
    )


def beyond(key: str | None, first: int | None) -> InvalidRequestError:
    """Return the error of a range that begins, with the byte ``first``, behind the end."""
    return InvalidRequestError(
        f"The object {key!r} has no byte {first or 0:,}: it ends before, and the first byte is 0. "
        "Give a range that begins in it.",
        code="InvalidRange",
    )


def damaged(key: str | None) -> ServiceError:
    """Return the error of bytes that came, and are not what the store says of the object."""
    return ServiceError(
        f"The bytes of {key!r} that arrived do not match their checksum or ETag: the store, or "
        "something on the way, damages them. Read it again. If this store's ETags are no MD5s, "
        "set AWS_RESPONSE_CHECKSUM_VALIDATION=when_required.",
        code="ChecksumMismatch",
        kind=Kind.TRANSIENT,
    )


def too_large(key: str | None, size: int, limit: int) -> InvalidRequestError:
    """Return the error of more bytes than are read into memory."""
    return InvalidRequestError(
        f"{key!r} has {size:,} bytes, and {limit:,} are the limit of what is read at once. Raise "
        "the limit, give a range, or stream it with open_object.",
        code="EntityTooLarge",
    )
