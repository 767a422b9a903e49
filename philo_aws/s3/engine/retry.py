"""What kind of failure it was, whether it is tried again, and when."""

from __future__ import annotations

import enum
import random
from dataclasses import dataclass

from ...conf import Purpose
from ...exceptions import AWSError

FIRST_DELAY = 0.1
LONGEST_DELAY = 5.0


class Kind(enum.Enum):
    """What a failure means for the task and for the others."""

    PERMANENT = enum.auto()
    """It would fail again."""
    FOR_ALL = enum.auto()
    """It would fail again, and so would every other task of this run."""
    THROTTLED = enum.auto()
    """The store asked to slow down."""
    TRANSIENT = enum.auto()
    """The store or the network failed; the next attempt may do."""
    UNREACHABLE = enum.auto()
    """No connection was made at all."""
    EXPIRED = enum.auto()
    """The credentials have expired."""
    REDIRECTED = enum.auto()
    """The bucket is in another region."""
    CANCELLED = enum.auto()
    """The engine itself ended the request."""


RETRIED = frozenset(
    {Kind.THROTTLED, Kind.TRANSIENT, Kind.UNREACHABLE, Kind.EXPIRED, Kind.REDIRECTED}
)
RENEWED = frozenset({Kind.EXPIRED, Kind.REDIRECTED})


@dataclass(frozen=True, kw_only=True, slots=True)
class Failure:
    """One failed attempt."""

    kind: Kind
    """What it means."""
    error: AWSError
    """The error as a user sees it when the task is given up."""
    region: str = ""
    """The region that the store named, where it did."""


_THROTTLED = frozenset(
    {
        "BandwidthLimitExceeded",
        "PriorRequestNotComplete",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestThrottledException",
        "ServiceUnavailable",
        "SlowDown",
        "Throttling",
        "ThrottledException",
        "ThrottlingException",
        "TooManyRequests",
        "TooManyRequestsException",
    }
)
_TRANSIENT = frozenset(
    {
        "BadDigest",
        "ConditionalRequestConflict",
        "IncompleteBody",
        "InternalError",
        "OperationAborted",
        "RequestTimeout",
        "RequestTimeoutException",
        "XAmzContentChecksumMismatch",
        "XAmzContentSHA256Mismatch",
    }
)
_EXPIRED = frozenset({"ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired"})
_REDIRECTED = frozenset(
    {
        "AuthorizationHeaderMalformed",
        "IllegalLocationConstraintException",
        "PermanentRedirect",
        "TemporaryRedirect",
    }
)
_FOR_ALL = frozenset(
    {
        "AccountProblem",
        "AllAccessDisabled",
        "InvalidAccessKeyId",
        "InvalidToken",
        "NoSuchBucket",
        "RequestTimeTooSkewed",
        "SignatureDoesNotMatch",
    }
)


def classify(code: str, status: int, *, other_region: bool = False) -> Kind:
    """Return the kind of an answer of the store, by its code and HTTP status.

    ``other_region`` says that the answer named a region other than the one asked.
    """
    if other_region and (code in _REDIRECTED or status in (301, 307, 400)):
        return Kind.REDIRECTED
    if code in _EXPIRED:
        return Kind.EXPIRED
    if code in _THROTTLED or status in (429, 503):
        return Kind.THROTTLED
    # 200 is the status of an error that came after the answer had begun.
    if code in _TRANSIENT or status in (200, 408, 409) or status >= 500:
        return Kind.PERMANENT if status == 501 else Kind.TRANSIENT
    return Kind.FOR_ALL if code in _FOR_ALL else Kind.PERMANENT


@dataclass(frozen=True, kw_only=True)
class Patience:
    """How long a task is tried again."""

    attempts: int
    """It is never given up before this many attempts …"""
    seconds: float
    """… and this many seconds since the first of them began."""
    unreachable: float
    """Seconds for an endpoint that was never reached in this run."""
    silence: float
    """Seconds of failures, without a byte that got through, after which the run is given up."""

    def is_over(self, *, attempts: int, seconds: float, kind: Kind, reached: bool) -> bool:
        """Say whether a task that failed for ``seconds`` now is to be given up."""
        if kind is Kind.UNREACHABLE and not reached:
            return seconds >= self.unreachable
        return attempts >= self.attempts and seconds >= self.seconds


PATIENCE: dict[Purpose, Patience] = {
    "commands": Patience(attempts=5, seconds=90, unreachable=5, silence=180),
    "web": Patience(attempts=2, seconds=5, unreachable=2, silence=10),
}


def delay(attempts: int) -> float:
    """Return the seconds before the next attempt: doubling, capped, jittered."""
    longest = FIRST_DELAY * 2.0 ** min(attempts - 1, 16)
    return min(LONGEST_DELAY, longest) * random.uniform(0.5, 1)  # noqa: S311 - no secret
