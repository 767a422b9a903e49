"""AWS clients: one session of our own, clients made under a lock and kept.

A client is kept per process, configuration (its identity and endpoints), service, region and
purpose. boto3 clients may be used from many threads, but making one may not; and a client that was
made before a fork must not be used after it, so every process makes its own.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Literal, overload

from . import __version__
from .arguments import one_of
from .aws_errors import translated
from .conf import Config, Purpose, Timeout, get_config
from .forks import ForkLock
from .knobs import PURPOSES

if TYPE_CHECKING:
    import botocore.session
    from botocore.client import BaseClient
    from botocore.config import Config as BotoConfig
    from botocore.credentials import Credentials
    from mypy_boto3_account import AccountClient
    from mypy_boto3_ec2 import EC2Client
    from mypy_boto3_iam import IAMClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sts import STSClient

# Settings seldom change but in tests; the sessions of those before the last few are let go.
CONNECTIONS = 192
"""Connections that a client keeps open: as many as threads of this package use it at once."""
MAX_CONFIGS = 8

_lock = ForkLock()
_sessions: dict[tuple[int, Config], botocore.session.Session] = {}
_clients: dict[tuple[int, Config, str, str | None, Purpose, bool, bool], BaseClient] = {}
_endpoints: dict[tuple[int, Config, str], bool] = {}


@overload
def get_client(
    service: Literal["s3"],
    region: str | None = ...,
    *,
    purpose: Purpose = ...,
    checksums: bool = ...,
    patient: bool = ...,
) -> S3Client: ...
@overload
def get_client(
    service: Literal["sqs"],
    region: str | None = ...,
    *,
    purpose: Purpose = ...,
    patient: bool = ...,
) -> SQSClient: ...
@overload
def get_client(
    service: Literal["sts"], region: str | None = ..., *, purpose: Purpose = ...
) -> STSClient: ...
@overload
def get_client(
    service: Literal["ec2"], region: str | None = ..., *, purpose: Purpose = ...
) -> EC2Client: ...
@overload
def get_client(
    service: Literal["account"], region: str | None = ..., *, purpose: Purpose = ...
) -> AccountClient: ...
@overload
def get_client(
    service: Literal["iam"], region: str | None = ..., *, purpose: Purpose = ...
) -> IAMClient: ...
@overload
def get_client(
    service: Literal["cloudfront"], region: str | None = ..., *, purpose: Purpose = ...
) -> Any: ...


def get_client(
    service: str,
    region: str | None = None,
    *,
    purpose: Purpose = "commands",
    checksums: bool = True,
    patient: bool = True,
) -> Any:
    """Return the client of ``service`` for ``region`` (default: the settings', else boto3's).

    ``purpose`` chooses the timeouts: ``"web"`` while a page is being answered, else ``"commands"``.
    Without ``checksums`` requests carry one only where the operation needs it, whatever boto3's
    ``request_checksum_calculation`` says. A client that is not ``patient`` sends each request once;
    any other sends it again as :mod:`philo_aws.patience` says.
    Raises :exc:`~philo_aws.exceptions.UsageError` for another purpose,
    :exc:`~philo_aws.exceptions.CredentialsError` for a profile that is not there and
    :exc:`~philo_aws.exceptions.RegionError` where no region is known but needed.
    """
    one_of("purpose", purpose, PURPOSES)
    config = get_config()
    key = (os.getpid(), config, service, region or config.region, purpose, checksums, patient)
    client = _clients.get(key)
    if client is None:
        with _lock:
            client = _clients.get(key)
            if client is None:
                with translated(region=region):
                    client = _clients[key] = _make_client(*key[1:])
    return client


def get_session() -> botocore.session.Session:
    """Return the session of the current settings.

    It is botocore's: boto3's own would add a tenth of a second to the start of every command for
    what is not used here.
    """
    config = get_config()
    key = (os.getpid(), config)
    session = _sessions.get(key)
    if session is None:
        with _lock:
            session = _sessions.get(key)
            if session is None:
                with translated():
                    session = _sessions[key] = _make_session(config)
                if len(_sessions) > MAX_CONFIGS:
                    _let_go(next(iter(_sessions)))
    return session


def _let_go(oldest: tuple[int, Config]) -> None:
    del _sessions[oldest]
    for key in [key for key in _clients if key[:2] == oldest]:
        _clients.pop(key).close()
    for about in [about for about in _endpoints if about[:2] == oldest]:
        del _endpoints[about]


def has_own_endpoint(service: str) -> bool:
    """Say whether ``service`` goes to an endpoint other than AWS's: the settings', else boto3's.

    The environment and the profile are read once, as they are for a client.
    """
    config = get_config()
    if config.endpoint_for(service):
        return True
    about = (os.getpid(), config, service)
    known = _endpoints.get(about)
    if known is None:
        with _lock:
            known = _endpoints[about] = _has_endpoint_of_boto3(get_session(), service)
    return known


def _has_endpoint_of_boto3(session: botocore.session.Session, service: str) -> bool:
    if session.get_config_variable("ignore_configured_endpoint_urls"):
        return False
    if any(
        os.environ.get(name) for name in (f"AWS_ENDPOINT_URL_{service.upper()}", "AWS_ENDPOINT_URL")
    ):
        return True
    with translated():
        profile = session.get_scoped_config()
    services = session.full_config.get("services", {}).get(profile.get("services"), {})
    return bool(services.get(service, {}).get("endpoint_url") or profile.get("endpoint_url"))


def region_of_session() -> str | None:
    """Return the region of the settings, else the one that boto3's chain finds."""
    region: str | None = get_session().get_config_variable("region")
    return region


def clear() -> None:
    """Forget all sessions and clients: the next call reads environment and profiles anew."""
    with _lock:
        _forget()


def _fresh_credentials() -> Credentials | None:
    """Return the credentials that a session made anew finds."""
    clear()
    return get_session().get_credentials()


def _forget() -> None:
    _clients.clear()
    _sessions.clear()
    _endpoints.clear()


os.register_at_fork(after_in_child=_forget)


def _make_client(
    config: Config,
    service: str,
    region: str | None,
    purpose: Purpose,
    checksums: bool,
    patient: bool,
) -> BaseClient:
    from . import patience, trust

    session = get_session()
    client: BaseClient = session.create_client(
        service,
        region_name=region,
        endpoint_url=config.endpoint_for(service),
        config=_boto_config(
            service, config.timeouts.for_purpose(purpose), config, checksums=checksums
        ),
    )
    if client.meta.endpoint_url.startswith("https:"):
        trust.check_ca_bundle(session)
    if service == "s3":
        choose: Any = _presign_with_version_4
        client.meta.events.register_first("choose-signer.s3", choose)
    patience.watch(client, service, purpose, patient=patient, fresh_credentials=_fresh_credentials)
    return client


def _presign_with_version_4(signature_version: object, **kwargs: Any) -> str | None:
    # botocore's own choice is SigV2, which many stores do not take. A signature_version of the
    # client would do as well, but it would also be that of what needs another: the requests of
    # Multi-Region Access Points (SigV4A) and of directory buckets (S3 Express).
    for suffix in ("-query", "-presign-post"):
        if signature_version in (f"v4{suffix}", f"s3v4{suffix}"):
            return f"s3v4{suffix}"
    return None


def _may_name_bucket_in_host() -> bool:
    chosen = get_session().get_config_variable("s3") or {}
    return "addressing_style" not in chosen and not has_own_endpoint("s3")


def _boto_config(
    service: str, timeout: Timeout, config: Config, *, checksums: bool = True
) -> BotoConfig:
    from botocore.config import Config as BotoConfig

    s3: Any = {"us_east_1_regional_endpoint": "regional"}
    if service == "s3" and _may_name_bucket_in_host():
        # Else presigned URLs name the global host, which redirects for a bucket in another region
        # while it is new: the signature does not hold at the host that it is sent on to.
        s3["addressing_style"] = "virtual"
    return BotoConfig(
        connect_timeout=timeout.connect,
        read_timeout=timeout.read,
        # Its own repetition knows fewer codes, and no time: see patience.watch().
        retries={"mode": "standard", "total_max_attempts": 1},
        max_pool_connections=max(config.transfer.max_concurrency or 0, CONNECTIONS),
        user_agent_extra=f"django-philo-aws/{__version__}",
        request_checksum_calculation=None if checksums else "when_required",
        s3=s3,
    )


def _make_session(config: Config) -> botocore.session.Session:
    import botocore.session

    from . import _loader
    from ._parsing import ParserFactory

    core = botocore.session.Session(profile=config.profile)
    _loader.use(core)
    core.register_component("response_parser_factory", ParserFactory())
    if config.region:
        core.set_config_variable("region", config.region)
    credentials = config.credentials
    if credentials and not config.profile:
        _ignore_profile_of_environment(core)
    if credentials:
        core.set_credentials(
            credentials.access_key_id, credentials.secret_access_key, credentials.session_token
        )
    if config.role_arn:
        _assume_role(core, config, config.role_arn)
    return core


def _ignore_profile_of_environment(core: botocore.session.Session) -> None:
    # Explicit credentials win: an AWS_PROFILE that does not exist must not stop them.
    from botocore.configprovider import ConstantProvider

    core.get_component("config_store").set_config_provider("profile", ConstantProvider(None))


def _assume_role(core: botocore.session.Session, config: Config, role_arn: str) -> None:
    from botocore.credentials import AssumeRoleCredentialFetcher, DeferredRefreshableCredentials
    from botocore.exceptions import NoCredentialsError

    source = core.get_credentials()
    if source is None:
        raise NoCredentialsError

    def create_sts(service: str, **kwargs: Any) -> BaseClient:
        from . import patience

        kwargs.setdefault("region_name", config.region)
        # A page may be waiting for the role, and the service answers at once or not at all.
        client: BaseClient = core.create_client(
            service,
            endpoint_url=config.endpoint_for("sts"),
            config=_boto_config(service, config.timeouts.web, config),
            **kwargs,
        )
        patience.watch(client, "sts", "web", patient=True, fresh_credentials=_fresh_credentials)
        return client

    fetcher = AssumeRoleCredentialFetcher(
        client_creator=create_sts,
        source_credentials=source,
        role_arn=role_arn,
        extra_args={"RoleSessionName": "django-philo-aws"},
    )
    core._credentials = DeferredRefreshableCredentials(  # type: ignore[attr-defined]  # noqa: SLF001
        method="assume-role", refresh_using=fetcher.fetch_credentials
    )
