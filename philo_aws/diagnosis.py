"""What works with the settings as they are: identity, region, endpoints, listing, the clock."""

from __future__ import annotations

import datetime
import email.utils
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from .aws_errors import translated
from .clients import get_client, get_session, has_own_endpoint, region_of_session
from .conf import get_config
from .exceptions import AccessDeniedError, AWSError, CredentialsError
from .regions import check_region, home_region
from .sentences import Sentence

State = Literal["ok", "failed", "skipped"]

# AWS refuses signatures that are more than 15 minutes off; a clock that is a minute off is broken
# already. https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-authenticating-requests.html
MAX_SKEW = 60.0


@dataclass(frozen=True, kw_only=True)
class Finding:
    """The outcome of one check."""

    check: str
    """What was looked at: ``credentials``, ``identity``, ``region``, ``buckets`` and so on."""
    state: State
    """``ok``, ``failed`` or ``skipped``."""
    detail: str
    """What was found; after a failure also the cure."""

    def record(self) -> dict[str, str]:
        """Return the finding as a dict of its fields."""
        return {"check": self.check, "state": self.state, "detail": self.detail}


def diagnose() -> Iterator[Finding]:
    """Yield a :class:`Finding` for each check, as soon as it is known.

    Every failure is a finding; nothing is raised but
    :exc:`~django.core.exceptions.ImproperlyConfigured` for faulty settings. Timeouts are short.
    """
    credentials = _check("credentials", _credentials)
    yield credentials
    yield _check("region", _region)
    for service in ("s3", "sqs"):
        yield _check(f"{service} endpoint", lambda service=service: _endpoint(service))  # type: ignore[misc]
    if credentials.state == "failed":
        for name in ("identity", "buckets", "queues", "clock"):
            yield Finding(check=name, state="skipped", detail="There are no credentials.")
        return
    clock = _Clock()
    if _is_foreign_to_aws():
        yield Finding(
            check="identity",
            state="skipped",
            detail="The endpoints are not AWS's and none is set for STS.",
        )
    else:
        yield _check("identity", lambda: _identity(clock))
    yield _check("buckets", lambda: _buckets(clock))
    yield _check("queues", lambda: _queues(clock))
    yield clock.finding()


class _Clock:
    """The difference between this machine's clock and the one of the servers that answered."""

    def __init__(self) -> None:
        self.skew: float | None = None

    def read(self, metadata: Mapping[str, Any]) -> None:
        date = metadata.get("HTTPHeaders", {}).get("date")
        if self.skew is None and date:
            there = email.utils.parsedate_to_datetime(date)
            here = datetime.datetime.now(datetime.UTC)
            self.skew = (here - there).total_seconds()

    def finding(self) -> Finding:
        if self.skew is None:
            return Finding(check="clock", state="skipped", detail="No server told its time.")
        if abs(self.skew) > MAX_SKEW:
            return Finding(
                check="clock",
                state="failed",
                detail=f"This machine's clock is {abs(self.skew):,.0f} seconds "
                f"{'ahead' if self.skew > 0 else 'behind'}. Set it (for example by NTP): AWS "
                "refuses requests that are more than 15 minutes off.",
            )
        return Finding(check="clock", state="ok", detail="Within a minute of the server's.")


def _check(name: str, look: Callable[[], str]) -> Finding:
    try:
        with translated():
            return Finding(check=name, state="ok", detail=look())
    except AWSError as error:
        return Finding(check=name, state="failed", detail=str(error))


def _credentials() -> str:
    from .boto_errors import NO_CREDENTIALS

    config = get_config()
    found = get_session().get_credentials()
    if found is None:
        raise CredentialsError(Sentence(NO_CREDENTIALS))
    if config.role_arn:
        return f"The role {config.role_arn}, to be assumed."
    if config.credentials:
        return 'From settings.AWS["credentials"].'
    return f"From boto3's own chain ({found.method})."


def _region() -> str:
    region = home_region()
    check_region("s3", region)
    if get_config().region:
        return f'{region}, from settings.AWS["region"].'
    return f"{region}, {'from boto3' if region_of_session() else 'as nothing else is set'}."


def _endpoint(service: Literal["s3", "sqs"]) -> str:
    url = get_client(service, home_region(), purpose="web").meta.endpoint_url
    return f"{url} ({'set here' if has_own_endpoint(service) else 'AWS'})"


def _is_foreign_to_aws() -> bool:
    return has_own_endpoint("s3") and has_own_endpoint("sqs") and not has_own_endpoint("sts")


def _identity(clock: _Clock) -> str:
    answer = _call(
        clock, lambda: get_client("sts", home_region(), purpose="web").get_caller_identity()
    )
    return f"{answer['Arn']} (account {answer['Account']})"


def _buckets(clock: _Clock) -> str:
    names = get_config().buckets
    try:
        answer = _call(
            clock,
            lambda: get_client("s3", home_region(), purpose="web").list_buckets(MaxBuckets=1000),
        )
    except AccessDeniedError:
        if not names:
            raise
        return f'Listing is denied; the admin shows the {len(names)} of settings.AWS["buckets"].'
    more = " or more" if answer.get("ContinuationToken") else ""
    return f"{len(answer.get('Buckets', [])):,}{more} can be listed."


def _queues(clock: _Clock) -> str:
    names = get_config().queues
    region = home_region()
    try:
        answer = _call(
            clock, lambda: get_client("sqs", region, purpose="web").list_queues(MaxResults=1000)
        )
    except AccessDeniedError:
        if not names:
            raise
        return f'Listing is denied; the admin shows the {len(names)} of settings.AWS["queues"].'
    more = " or more" if answer.get("NextToken") else ""
    return f"{len(answer.get('QueueUrls', [])):,}{more} can be listed in {region}."


def _call(clock: _Clock, call: Callable[[], Any]) -> Any:
    from botocore.exceptions import ClientError

    with translated():
        try:
            answer = call()
        except ClientError as error:
            clock.read(error.response.get("ResponseMetadata", {}))
            raise
        clock.read(answer["ResponseMetadata"])
        return answer
