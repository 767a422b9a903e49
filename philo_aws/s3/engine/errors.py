"""awscrt's and boto's failures: what the store said, as this package's errors and their kind."""

from __future__ import annotations

import errno
import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import unescape

from ...answers import no_proof
from ...aws_errors import translate
from ...codes import from_code, kind_of
from ...exceptions import (
    AWSError,
    ConflictError,
    Context,
    CredentialsError,
    InvalidRequestError,
    Kind,
    LocalFileError,
    NetworkError,
    ServiceError,
    ThrottledError,
)
from .base import Copy, Download, Task
from .failure import Failure

if TYPE_CHECKING:
    from .size_class import Transfer

_PARTS = re.compile(rb"<(Code|Message|RequestId|Region)>([^<]*)</\1>")
_ENTITIES = {"&quot;": '"', "&apos;": "'"}
# The beginnings of awscrt's names for a connection that did not come about.
_UNREACHABLE = (
    "AWS_IO_DNS_",
    "AWS_IO_SOCKET_CONNECTION_REFUSED",
    "AWS_IO_SOCKET_CONNECT_ABORTED",
    "AWS_IO_SOCKET_INVALID_ADDRESS",
    "AWS_IO_SOCKET_NETWORK_DOWN",
    "AWS_IO_SOCKET_NO_ROUTE_TO_HOST",
    "AWS_IO_SOCKET_TIMEOUT",
    "AWS_IO_TLS_",
)
# The second says that so many requests failed that awscrt's own retries are used up.
_OVERLOADED = frozenset({"AWS_ERROR_S3_SLOW_DOWN", "AWS_IO_RETRY_PERMISSION_DENIED"})
_BROKEN_OFF = frozenset(
    {
        "ChecksumError",
        "FlexibleChecksumError",
        "IncompleteReadError",
        "ResponseStreamingError",
        "RetriesExceededError",
    }
)
# awscrt's names for an answer that lacks what S3 always gives, or gives what was not asked for.
_UNPROVEN = frozenset(
    {
        "AWS_ERROR_DEST_COPY_TOO_SMALL",
        "AWS_ERROR_S3_INVALID_CONTENT_LENGTH_HEADER",
        "AWS_ERROR_S3_INVALID_CONTENT_RANGE_HEADER",
        "AWS_ERROR_S3_MISSING_CONTENT_LENGTH_HEADER",
        "AWS_ERROR_S3_MISSING_CONTENT_RANGE_HEADER",
        "AWS_ERROR_S3_MISSING_ETAG",
        "AWS_ERROR_S3_MISSING_UPLOAD_ID",
    }
)
_GONE = frozenset({"InvalidPart", "InvalidPartOrder", "NoSuchUpload"})
# The packages in which boto reads what a store answered.
_READ_ANSWERS = frozenset({"botocore", "dateutil", "email", "http", "s3transfer", "urllib3"})
MISMATCH = "AWS_ERROR_S3_RESPONSE_CHECKSUM_MISMATCH"
"""awscrt's name for bytes that do not match their checksum."""
MOST_DAMAGED = 5
"""Attempts whose bytes were damaged, differently each time, after which none is made again.

Those that failed in other ways do not count: on a bad line one damage may come late."""
MOST_BEGUN = 3
"""Attempts after which an upload whose parts are gone each time is not begun anew."""
_TOO_MANY = "AWS_ERROR_MAX_FDS_EXCEEDED"
_OF_THE_FILE = (
    "AWS_ERROR_DIRECTORY_",
    "AWS_ERROR_DISK_",
    "AWS_ERROR_FILE_",
    "AWS_ERROR_INVALID_FILE_",
    _TOO_MANY,
    "AWS_ERROR_NO_PERMISSION",
    "AWS_ERROR_NO_SPACE",
    "AWS_ERROR_STREAM_",
    "AWS_IO_STREAM_",
)


def context_of(task: Task, bucket: str) -> Context:
    """Return what an error of ``task`` is about."""
    return Context(bucket=bucket, key=task.key, filename=task.path, operation=_operation_of(task))


def _operation_of(task: Task) -> str:
    if isinstance(task, Copy):
        return "CopyObject"
    return "GetObject" if isinstance(task, Download) else "PutObject"


def from_exception(error: BaseException, task: Task, bucket: str, *, region: str = "") -> Failure:
    """Return the failure for boto's, the operating system's or this package's exception.

    ``region`` is the one that was asked.
    """
    if _is_of_limit(error):
        return _no_more_files(error)
    if isinstance(error, UnicodeEncodeError):
        text = f"{task.key!r} cannot be a key: it has bytes that are no UTF-8. Rename the file."
        return Failure(kind=Kind.PERMANENT, error=LocalFileError(text, code="InvalidFileName"))
    made = translate(error, bucket=bucket, key=task.key, filename=task.path)
    if made is None and _is_of_an_answer(error):
        made = unproven(task)
    if made is None:
        made = ServiceError(f"The transfer of {task.key!r} failed: {_one_line(repr(error))}")
        return Failure(kind=Kind.PERMANENT, error=made)
    if made.__cause__ is None and made is not error:
        made.__cause__ = error
    where = context_of(task, bucket)
    other = _region_of(error)
    if other == region:
        other = ""
    return Failure(kind=_kind_of(error, made, where, other=other), error=made, region=other)


def _is_of_an_answer(error: BaseException) -> bool:
    """Say whether the error was raised where an answer of the store is read."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    module = trace.tb_frame.f_globals.get("__name__", "") if trace is not None else ""
    return str(module).partition(".")[0] in _READ_ANSWERS


def begun_anew(failure: Failure, transfer: Transfer) -> Failure:
    """Return ``failure``, as one that may pass where only the upload in parts is gone.

    Somebody aborted it, or the store lost a part: a new one has parts of its own. Where that is so
    each time, somebody means it.
    """
    if failure.error.code in _GONE and transfer.attempts < MOST_BEGUN:
        return Failure(kind=Kind.TRANSIENT, error=failure.error)
    return failure


def _kind_of(error: BaseException, made: AWSError, where: Context, *, other: str) -> Kind:
    response: Mapping[str, Any] | None = getattr(error, "response", None)
    if response is not None:
        status = response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        return kind_of(made.code, status, where, other_region=bool(other))
    if type(error).__name__ in _BROKEN_OFF:
        return Kind.TRANSIENT
    return made.kind


def _region_of(error: BaseException) -> str:
    response: Mapping[str, Any] = getattr(error, "response", None) or {}
    headers = response.get("ResponseMetadata", {}).get("HTTPHeaders", {})
    return str(headers.get("x-amz-bucket-region") or response.get("Error", {}).get("Region") or "")


def from_answer(
    *, status: int, headers: Iterable[tuple[str, str]], body: bytes, where: Context, region: str
) -> Failure:
    """Return the failure for an answer of the store; ``region`` is the one that was asked."""
    by_name = {name.lower(): value for name, value in headers}
    parts = {
        name.decode(): unescape(value.decode("utf-8", "replace"), _ENTITIES)
        for name, value in _PARTS.findall(body or b"")
    }
    code = parts.get("Code") or str(status)
    named = by_name.get("x-amz-bucket-region") or parts.get("Region") or ""
    error = from_code(
        code,
        status,
        parts.get("Message") or "",
        where,
        request_id=by_name.get("x-amz-request-id") or parts.get("RequestId") or "",
    )
    other = bool(named) and named != region
    return Failure(
        kind=kind_of(code, status, where, other_region=other),
        error=error,
        region=named if other else "",
    )


def from_crt(error: BaseException, task: Task, bucket: str, endpoint: str) -> Failure:
    """Return the failure for an error of awscrt that is no answer of the store."""
    name = str(getattr(error, "name", ""))
    if not name:
        return _of_file(error, task, bucket)
    if name in ("AWS_ERROR_S3_CANCELED", "AWS_ERROR_S3_PAUSED"):
        return Failure(kind=Kind.CANCELLED, error=ended())
    if name == "AWS_ERROR_S3_FILE_MODIFIED":
        from .files import changed

        return Failure(kind=Kind.PERMANENT, error=changed(task.path))
    if is_of_file(error) and (not isinstance(task, Copy) or name == _TOO_MANY):
        return _of_file(error, task, bucket)
    if name in _UNPROVEN:
        made = unproven(task)
        made.__cause__ = error
        return Failure(kind=Kind.TRANSIENT, error=made)
    if name.startswith("AWS_AUTH_CREDENTIALS_"):
        text = "The AWS credentials could not be refreshed."
        return Failure(kind=Kind.FOR_ALL, error=CredentialsError(text, code=name))
    if name == MISMATCH:
        return Failure(kind=Kind.TRANSIENT, error=damaged(task))
    if name.startswith("AWS_ERROR_HTTP_INVALID_"):
        text = f"The headers of {task.key!r} cannot be sent ({name}). Check its metadata."
        return Failure(kind=Kind.PERMANENT, error=InvalidRequestError(text, code=name))
    if name in _OVERLOADED:
        text = f"{endpoint} asked to slow down and still did after all retries."
        return Failure(kind=Kind.THROTTLED, error=ThrottledError(text, code="SlowDown"))
    kind = Kind.UNREACHABLE if name.startswith(_UNREACHABLE) else Kind.TRANSIENT
    what = "cannot be reached" if kind is Kind.UNREACHABLE else "broke off the transfer"
    text = f"{endpoint} {what} ({name}). Check the network, the region and the endpoint."
    made = NetworkError(text, code=name)
    made.__cause__ = error
    return Failure(kind=kind, error=made)


def is_of_file(error: BaseException) -> bool:
    """Say whether awscrt failed on the file; it has no name for some errors of the system."""
    name = str(getattr(error, "name", ""))
    return name == "Unknown Error Code" or name.startswith(_OF_THE_FILE)


def may_be_of_file(error: BaseException) -> bool:
    """Say whether awscrt may have failed on the file: a system call may be of a socket too."""
    return is_of_file(error) or getattr(error, "name", "") == "AWS_ERROR_SYS_CALL_FAILURE"


def ended() -> AWSError:
    """Return the error of an attempt that the engine ended itself."""
    return NetworkError("The transfer was ended before it was complete.")


class DamagedError(ServiceError):
    """The bytes that arrived are not those of the object."""

    usual_kind = Kind.TRANSIENT


def damaged(task: Task) -> AWSError:
    """Return the error of bytes that are not those of the object, or of the file that was sent."""
    if isinstance(task, Download):
        what = f"The bytes of {task.key!r} that arrived do not match their checksum. Fetch it"
    else:
        what = f"What the store keeps of {task.key!r} is not what was sent. Send it"
    return DamagedError(f"{what} again.", code="ChecksumMismatch")


def contradicted(task: Task) -> AWSError:
    """Return the error of bytes that are damaged in the same way each time."""
    if isinstance(task, Download):
        what = f"The bytes of {task.key!r} arrived twice the same and do not match"
        remedy = "set AWS_RESPONSE_CHECKSUM_VALIDATION=when_required"
    else:
        what = f"What the store keeps of {task.key!r} was twice not what was sent, by"
        remedy = "turn upload checksums off (checksum: none)"
    return ServiceError(
        f"{what} their checksum or ETag: the store, or something on the way, damages them. If this "
        f"store's ETags are no MD5s, {remedy}.",
        code="ChecksumMismatch",
    )


def unproven(task: Task) -> AWSError:
    """Return the error of an answer that no store of S3's protocol gives to what was done."""
    return no_proof(_operation_of(task))


def grown(task: Task) -> AWSError:
    """Return the error of an object that is larger than it was when it was listed."""
    return ConflictError(
        f"{task.key!r} was replaced by a larger object after it was listed. Fetch it again.",
        code="ObjectChanged",
    )


def short(task: Task, *, got: int, expected: int) -> AWSError:
    """Return the error of an object of which only a part arrived."""
    return NetworkError(
        f"{got:,} of {expected:,} bytes of {task.key!r} arrived. Fetch it again.",
        code="IncompleteBody",
    )


def _is_of_limit(error: BaseException) -> bool:
    """Say whether this process, or the whole system, has as many files open as it may."""
    while not isinstance(error, OSError) or error.errno is None:
        inner = getattr(error, "kwargs", {}).get("error") or error.__cause__
        if inner is None:
            return False
        error = inner
    return error.errno in (errno.EMFILE, errno.ENFILE)


def _no_more_files(error: BaseException) -> Failure:
    """Return the failure of what may do when others have closed theirs."""
    made = LocalFileError(
        "This process has as many files and connections open as it may (ulimit -n). Raise the "
        "limit, or lower max_concurrency.",
        code="TooManyOpenFiles",
    )
    made.__cause__ = error
    return Failure(kind=Kind.TRANSIENT, error=made)


def _of_file(error: BaseException, task: Task, bucket: str) -> Failure:
    """Return the operating system's own word on the file, where awscrt's is too short."""
    if getattr(error, "name", "") == _TOO_MANY:
        return _no_more_files(error)
    made: AWSError | None = None
    try:
        if not isinstance(task, Download):
            with open(task.path, "rb"):
                pass
    except OSError as told:
        if _is_of_limit(told):
            return _no_more_files(told)
        made = translate(told, filename=task.path)
    if made is None and isinstance(error, OSError) and error.errno is not None:
        made = translate(error, bucket=bucket, key=task.key, filename=task.path)
    if made is None:
        told_name = getattr(error, "name", type(error).__name__)
        verb = "written" if isinstance(task, Download) else "read"
        made = LocalFileError(f"{task.path!r} could not be {verb} ({told_name}).", code=told_name)
    made.__cause__ = made.__cause__ or error
    return Failure(kind=Kind.PERMANENT, error=made)


def _one_line(text: str) -> str:
    return " ".join(text.split())
