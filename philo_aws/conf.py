"""``settings.AWS`` as one frozen object: validated, cached, cleared when the setting changes."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.signals import setting_changed

from .limits import MIB
from .validation import ALL_SERVICES, Problem, validate

Purpose = Literal["web", "commands"]


@dataclass(frozen=True, kw_only=True)
class Credentials:
    """A key pair from ``AWS["credentials"]``; its secret parts never show in a ``repr``."""

    access_key_id: str
    """The access key id."""
    secret_access_key: str = field(repr=False)
    """The secret access key."""
    session_token: str | None = field(default=None, repr=False)
    """The session token of temporary credentials."""


@dataclass(frozen=True, kw_only=True)
class Timeout:
    """How long one kind of caller waits for AWS."""

    connect: float
    """Seconds to open a connection."""
    read: float
    """Seconds of silence on an open connection before it is given up."""
    max_attempts: int | None = None
    """Attempts of every request in all, the first one included; ``None`` means as many as fit into
    the patience of :mod:`philo_aws.patience`."""


@dataclass(frozen=True, kw_only=True)
class Timeouts:
    """One set for pages, where a person waits, and one for commands."""

    web: Timeout = Timeout(connect=3, read=6, max_attempts=2)
    """Used for requests made while a page is being answered."""
    commands: Timeout = Timeout(connect=10, read=60)
    """Used everywhere else."""

    def for_purpose(self, purpose: Purpose) -> Timeout:
        """Return the set for ``purpose``."""
        return self.web if purpose == "web" else self.commands


@dataclass(frozen=True, kw_only=True)
class TransferConfig:
    """The defaults of every transfer; each can be overridden by a call or a flag."""

    engine: str = "auto"
    """``auto``, ``crt`` or ``classic``."""
    max_concurrency: int | None = None
    """Requests in flight at most; ``None`` lets the engine choose."""
    part_size: int = 8 * MIB
    """Bytes of one part of a multipart transfer; grown where 10,000 parts would not do."""
    memory_limit: int | None = None
    """Bytes the engine may use for buffers; ``None`` lets the engine choose."""
    checksum: str = "crc64nvme"
    """The algorithm of upload checksums, or ``none``."""


@dataclass(frozen=True, kw_only=True)
class Config:
    """``settings.AWS``, validated."""

    credentials: Credentials | None = None
    """Explicit credentials; ``None`` means boto3's own chain."""
    region: str | None = None
    """The region where a call gives none; ``None`` means boto3's own."""
    endpoints: tuple[tuple[str, str], ...] = ()
    """Pairs of service (or ``*``) and endpoint URL."""
    profile: str | None = None
    """A profile of the shared AWS configuration files."""
    role_arn: str | None = None
    """A role to assume with the credentials found."""
    regions: tuple[str, ...] = ()
    """The regions whose queues are listed; empty means all of the account's."""
    buckets: tuple[str, ...] = ()
    """Bucket names shown where the identity may not list buckets."""
    queues: tuple[str, ...] = ()
    """Queue names or URLs shown where the identity may not list queues."""
    transfer: TransferConfig = TransferConfig()
    """Defaults of the transfer engine."""
    timeouts: Timeouts = Timeouts()
    """Timeouts of pages and of commands."""

    def endpoint_for(self, service: str) -> str | None:
        """Return the endpoint URL configured for ``service``, or ``None`` for AWS's own."""
        endpoints = dict(self.endpoints)
        return endpoints.get(service, endpoints.get(ALL_SERVICES))


@functools.cache
def get_config() -> Config:
    """Return ``settings.AWS`` as a :class:`Config`.

    Raises :exc:`~django.core.exceptions.ImproperlyConfigured` naming every faulty key, its value
    (unless it is a secret) and the cure.
    """
    value = getattr(settings, "AWS", {})
    problems = validate(value)
    if problems:
        raise ImproperlyConfigured(_describe(problems))
    return _build(value)


def _describe(problems: list[Problem]) -> str:
    return "\n".join(f"{problem.message} {problem.hint}" for problem in problems)


def _build(value: Mapping[str, Any]) -> Config:
    credentials = value.get("credentials")
    endpoint = value.get("endpoint_url") or {}
    if isinstance(endpoint, str):
        endpoint = {ALL_SERVICES: endpoint}
    timeouts = value.get("timeouts") or {}
    defaults = Timeouts()
    return Config(
        credentials=_credentials(credentials) if credentials else None,
        region=value.get("region") or None,
        endpoints=tuple(sorted(endpoint.items())),
        profile=value.get("profile") or None,
        role_arn=value.get("role_arn") or None,
        regions=tuple(value.get("regions") or ()),
        buckets=tuple(value.get("buckets") or ()),
        queues=tuple(value.get("queues") or ()),
        transfer=TransferConfig(**(value.get("transfer") or {})),
        timeouts=Timeouts(
            web=_timeout(defaults.web, timeouts.get("web")),
            commands=_timeout(defaults.commands, timeouts.get("commands")),
        ),
    )


def _credentials(value: Mapping[str, str]) -> Credentials:
    return Credentials(
        access_key_id=value["aws_access_key_id"],
        secret_access_key=value["aws_secret_access_key"],
        session_token=value.get("aws_session_token") or None,
    )


def _timeout(default: Timeout, value: Mapping[str, Any] | None) -> Timeout:
    merged = {
        "connect": default.connect,
        "read": default.read,
        "max_attempts": default.max_attempts,
        **(value or {}),
    }
    return Timeout(**merged)


def _forget(*, setting: str, **kwargs: Any) -> None:
    if setting == "AWS":
        get_config.cache_clear()


setting_changed.connect(_forget, dispatch_uid="philo_aws.conf")
