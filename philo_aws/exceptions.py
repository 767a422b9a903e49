"""Every error that this package raises for AWS; :mod:`philo_aws.aws_errors` makes them.

::

    AWSError
    ├── CredentialsError            none found, not accepted, or expired
    │   └── ClockSkewError          this machine's clock differs from AWS's
    ├── AccessDeniedError           (PermissionError) the identity may not do this
    ├── NotFoundError               (LookupError)
    │   ├── BucketNotFoundError
    │   ├── ObjectNotFoundError
    │   └── QueueNotFoundError
    ├── ConflictError               the name is taken, the bucket is not empty, too soon, …
    ├── InvalidRequestError         (ValueError) a name, a size or a number that cannot be
    │   ├── UsageError              arguments that cannot be, or not together; nothing was sent
    │   └── RegionError             an unknown or a contradicting region
    ├── LocalFileError              (OSError) a file of this machine
    ├── NetworkError                (ConnectionError) AWS was not reached, or broke off
    ├── ThrottledError              AWS asked to slow down, and did so until the retries ended
    ├── NotSupportedError           the endpoint does not have this operation
    ├── ServiceError                AWS failed, or said something unforeseen
    └── IncompleteError             a part of the work was not done; the rest was
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Any, ClassVar

from django.utils.translation import gettext_noop

from .sentences import Sentence


class Kind(enum.Enum):
    """What a failure means for the request that failed, and for the others."""

    PERMANENT = enum.auto()
    """It would fail again."""
    FOR_ALL = enum.auto()
    """It would fail again, and so would every other request of the same work."""
    THROTTLED = enum.auto()
    """AWS asked to slow down."""
    TRANSIENT = enum.auto()
    """AWS or the network failed; the next attempt may do."""
    UNREACHABLE = enum.auto()
    """No connection was made at all."""
    EXPIRED = enum.auto()
    """The credentials have expired."""
    REDIRECTED = enum.auto()
    """The bucket is in another region."""
    CANCELLED = enum.auto()
    """The request was ended from here."""


RETRIED = frozenset(
    {Kind.THROTTLED, Kind.TRANSIENT, Kind.UNREACHABLE, Kind.EXPIRED, Kind.REDIRECTED}
)
"""The kinds after which another attempt may do."""
RENEWED = frozenset({Kind.EXPIRED, Kind.REDIRECTED})
"""Those after which something has to be fetched or changed first."""


class AWSError(Exception):
    """Base of all: a sentence that says what happened and what to do."""

    exit_code: ClassVar[int] = 1
    usual_kind: ClassVar[Kind] = Kind.PERMANENT

    def __init__(
        self, message: str, *, code: str = "", request_id: str = "", kind: Kind | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        """The sentence, in English; a page says it in the person's language where it can."""
        self.code = code
        """AWS's own error code, or an empty string."""
        self.request_id = request_id
        """The request id to give to AWS's support, or an empty string."""
        self.kind = kind or self.usual_kind
        """Whether another attempt may do."""
        self.of_reading = False
        """Whether it is the error of a request that changes nothing."""

    def __str__(self) -> str:
        return self.message

    @property
    def may_be_done(self) -> bool:
        """Whether the request may have been done: its answer was lost, or was a failure."""
        return self.kind is Kind.TRANSIENT and not self.of_reading


class CredentialsError(AWSError):
    """No credentials were found, or AWS does not accept them."""

    usual_kind: ClassVar[Kind] = Kind.FOR_ALL


class ClockSkewError(CredentialsError):
    """AWS refused a signature because this machine's clock is off."""


class AccessDeniedError(AWSError, PermissionError):
    """The identity is known but may not do this."""


class NotFoundError(AWSError, LookupError):
    """What was named does not exist."""


class BucketNotFoundError(NotFoundError):
    """There is no such bucket."""

    usual_kind: ClassVar[Kind] = Kind.FOR_ALL


class ObjectNotFoundError(NotFoundError):
    """There is no object under this key, or no such version of it."""


class QueueNotFoundError(NotFoundError):
    """There is no such queue."""


class ConflictError(AWSError):
    """The state of the resource does not allow this now."""


class InvalidRequestError(AWSError, ValueError):
    """A value that AWS cannot take; nothing was sent, or AWS refused it."""


class UsageError(InvalidRequestError):
    """Arguments that cannot be, or not together; nothing was asked of AWS."""

    exit_code: ClassVar[int] = 2


class RegionError(InvalidRequestError):
    """An unknown region, or one that contradicts the bucket or the queue URL."""

    usual_kind: ClassVar[Kind] = Kind.FOR_ALL


class LocalFileError(AWSError, OSError):
    """A file or folder of this machine cannot be read or written."""


class NetworkError(AWSError, ConnectionError):
    """AWS could not be reached, or the connection broke."""

    usual_kind: ClassVar[Kind] = Kind.TRANSIENT


class ThrottledError(AWSError):
    """AWS asked to slow down until the retries were used up."""

    usual_kind: ClassVar[Kind] = Kind.THROTTLED


class NotSupportedError(AWSError):
    """The endpoint does not have this operation."""


class ServiceError(AWSError):
    """AWS failed on its side, or answered something unforeseen."""


class IncompleteError(AWSError):
    """A part of the work failed; ``result`` says which part, and what was done."""

    def __init__(self, message: str, *, result: Any = None, code: str = "") -> None:
        super().__init__(message, code=code)
        self.result = result
        """The report, or boto's dict, of what was done and what was not."""


@dataclass(frozen=True, kw_only=True)
class Context:
    """What a call was about, so that its error can name it."""

    bucket: str = ""
    """The bucket's name."""
    key: str = ""
    """The object's key."""
    queue: str = ""
    """The queue's name or URL."""
    filename: str = ""
    """The local file."""
    region: str = ""
    """The region asked."""
    operation: str = ""
    """AWS's name of the operation (``PutObject``), where it is known."""

    def subject(self) -> str:
        """Return the most telling of the parts, for a sentence."""
        if self.key:
            return Sentence(
                gettext_noop("object {key!r} in bucket {bucket!r}"),
                key=self.key,
                bucket=self.bucket,
            )
        if self.bucket:
            return Sentence(gettext_noop("bucket {bucket!r}"), bucket=self.bucket)
        if self.queue:
            return Sentence(gettext_noop("queue {queue!r}"), queue=self.queue)
        return Sentence(gettext_noop("this"))


def is_reading(operation: str) -> bool:
    """Say whether AWS's operation of this name changes nothing."""
    return operation.startswith(("Describe", "Get", "Head", "List"))
