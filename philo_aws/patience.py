"""How long a request that failed is sent again, and the one backoff between two attempts.

The same patience holds for every request: those of the transfers' engines, which count by
themselves, and those of every client, which :func:`watch` gives it to.
"""

from __future__ import annotations

import contextlib
import datetime
import random
import time
from collections.abc import Callable, Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from . import answers, leniency
from .aws_errors import translate
from .codes import kind_of
from .conf import Purpose, get_config
from .exceptions import RETRIED, AWSError, Context, CredentialsError, Kind

if TYPE_CHECKING:
    from botocore.credentials import Credentials

FIRST_DELAY = 0.1
"""Seconds before the second attempt, at most."""
LONGEST_DELAY = 5.0
"""Seconds between two attempts, at most."""
RENEWED_FOR = 5.0
"""Seconds for which credentials that were just fetched are not fetched again."""

_now = time.monotonic
BEGUN = "philo_aws_begun"
"""Where the context of a request has the time at which it was begun."""
_RENEWALS = "philo_aws_renewals"


@dataclass(frozen=True, kw_only=True)
class Patience:
    """How long something is tried again."""

    attempts: int
    """It is never given up before this many attempts …"""
    seconds: float
    """… and this many seconds since the first of them began; 0 where attempts alone count."""
    unreachable: float
    """Seconds for an endpoint that was never reached."""
    silence: float
    """Seconds of failures, without a byte that got through, after which a run is given up."""

    def is_over(self, *, attempts: int, seconds: float, kind: Kind, reached: bool) -> bool:
        """Say whether what failed for ``seconds`` now is to be given up."""
        if kind is Kind.UNREACHABLE and not reached:
            enough = self.seconds > 0 or attempts >= self.attempts
            return enough and seconds >= self.unreachable
        return attempts >= self.attempts and seconds >= self.seconds


# Beyond the attempts it takes time: stores ask to slow down, and are away, for half a minute.
PATIENCE: dict[Purpose, Patience] = {
    "commands": Patience(attempts=5, seconds=90, unreachable=5, silence=180),
    "web": Patience(attempts=2, seconds=5, unreachable=2, silence=10),
    "web_writes": Patience(attempts=1, seconds=0, unreachable=0, silence=10),
    "poll": Patience(attempts=1, seconds=0, unreachable=0, silence=10),
    "ack": Patience(attempts=2, seconds=0, unreachable=0, silence=10),
}


def patience_for(purpose: Purpose) -> Patience:
    """Return the patience of the settings: by time, or exactly ``max_attempts``."""
    attempts = get_config().timeouts.for_purpose(purpose).max_attempts
    usual = PATIENCE[purpose]
    return (
        usual if attempts is None else replace(usual, attempts=attempts, seconds=0, unreachable=0)
    )


def delay(attempts: int) -> float:
    """Return the seconds to wait after ``attempts`` attempts: doubling, capped, jittered.

    0.1 seconds at first and 5 at most, of which chance takes up to a half, so that many who failed
    together do not come back together.
    https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html
    """
    longest = FIRST_DELAY * 2.0 ** min(max(attempts, 1) - 1, 16)
    return min(LONGEST_DELAY, longest) * random.uniform(0.5, 1)  # noqa: S311 - no secret


_failures: ContextVar[list[AWSError] | None] = ContextVar("philo_aws_failures", default=None)


@contextlib.contextmanager
def failures_noted() -> Iterator[list[AWSError]]:
    """Yield a list that gets the error of each attempt of the block that another one follows.

    A request may have been done though its answer was lost, which the error of its last attempt
    does not tell.
    """
    found: list[AWSError] = []
    token = _failures.set(found)
    try:
        yield found
    finally:
        _failures.reset(token)


def watch(
    client: Any,
    service: str,
    purpose: Purpose,
    *,
    patient: bool,
    fresh_credentials: Callable[[], Credentials | None],
) -> None:
    """Have every answer to ``client`` looked at; a patient one sends again what failed.

    ``fresh_credentials`` fetches those of the settings anew, for when the client's have expired.
    """
    name = client.meta.service_model.service_id.hyphenize()
    events = client.meta.events
    leniency.watch(client)
    events.register(f"after-call.{name}", answers.check, unique_id="philo_aws.answers")
    if patient:
        attempts = _Attempts(client, service, purpose, fresh_credentials)
        events.register(f"before-call.{name}", attempts.begin, unique_id="philo_aws.begin")
        events.register(f"needs-retry.{name}", attempts.again, unique_id="philo_aws.again")


class _Attempts:
    """The attempts of one client's requests: botocore asks after each whether another follows."""

    def __init__(
        self,
        client: Any,
        service: str,
        purpose: Purpose,
        fresh_credentials: Callable[[], Credentials | None],
    ) -> None:
        self._client = client
        self._fresh_credentials = fresh_credentials
        self._service = service
        self._purpose: Purpose = purpose
        self._reached = False
        self._renewed_at = -RENEWED_FOR

    def begin(self, params: Mapping[str, Any], **kwargs: Any) -> None:
        """Take note of when a request was begun."""
        params["context"][BEGUN] = _now()

    def again(
        self,
        response: tuple[Any, dict[str, Any]] | None,
        operation: Any,
        attempts: int,
        caught_exception: BaseException | None,
        request_dict: Mapping[str, Any],
        **kwargs: Any,
    ) -> float | None:
        """Return the seconds after which to send the request again; ``None`` for not at all."""
        error = _failure(response, operation, caught_exception)
        self._reached = self._reached or response is not None
        if error is None or error.kind not in RETRIED or error.kind is Kind.REDIRECTED:
            return None
        context = request_dict["context"]
        if error.kind is Kind.EXPIRED:
            if context.get(_RENEWALS) or not self._renew():
                return None
            context[_RENEWALS] = True
            return 0.0
        over = patience_for(self._purpose).is_over(
            attempts=attempts,
            seconds=_now() - context.get(BEGUN, 0.0),
            kind=error.kind,
            reached=self._reached,
        )
        if over:
            return None
        noted = _failures.get()
        if noted is not None:
            noted.append(error)
        return delay(attempts)

    def _renew(self) -> bool:
        """Have the credentials fetched anew, and say whether that may help."""
        from botocore.credentials import RefreshableCredentials

        signer = self._client._request_signer  # noqa: SLF001 - it has no public name
        known = signer._credentials  # noqa: SLF001
        if known is None:
            return False
        if _now() - self._renewed_at < RENEWED_FOR:
            return True  # another thread did it just now
        self._renewed_at = _now()
        if isinstance(known, RefreshableCredentials):
            # What AWS calls expired is, whatever time was told for it.
            known._expiry_time = datetime.datetime.now(datetime.UTC)  # type: ignore[attr-defined]  # noqa: SLF001
            return True
        try:
            fresh = self._fresh_credentials()
        except Exception:  # noqa: BLE001 - then the first error is the one to tell
            return False
        if fresh is None or (fresh.access_key, fresh.token) == (known.access_key, known.token):
            return False
        signer._credentials = fresh  # noqa: SLF001
        return True


def _is_of_caller(error: BaseException) -> bool:
    """Say whether what was to be sent could not be read, which botocore takes for the network's.

    So it is with what reads a file, and with what reads on for a transfer of which another part
    has failed, or that was cancelled.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    known = (AWSError, BotoCoreError, ClientError)
    inner = getattr(error, "kwargs", {}).get("error")
    # urllib3 puts errors of the system into one of its own.
    causes = (inner, *getattr(inner, "args", ()))
    return any(isinstance(e, known) or type(e).__name__ == "CancelledError" for e in causes)


def _failure(
    response: tuple[Any, dict[str, Any]] | None, operation: Any, caught: BaseException | None
) -> AWSError | None:
    """Return what is wrong with an attempt, ``None`` for one that did it."""
    if caught is not None:
        if _is_of_caller(caught):
            return None
        made = translate(caught)
        # What is raised for a token that cannot be had is not mended by asking for one again.
        return None if isinstance(made, CredentialsError) else made
    if response is None:
        return None
    http, parsed = response
    status = parsed.get("ResponseMetadata", {}).get("HTTPStatusCode", http.status_code)
    told = parsed.get("Error")
    if told or status >= 300:
        code = str((told or {}).get("Code", "") or status)
        message = str((told or {}).get("Message", ""))
        where = Context(operation=operation.name, bucket="-")
        return AWSError(message, code=code, kind=kind_of(code, status, where, other_region=False))
    return answers.problem(operation, http, parsed)
