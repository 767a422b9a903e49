"""``settings.AWS`` as one frozen object: validated, cached, cleared when the setting changes."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NoReturn

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.signals import setting_changed

from .access import Rule, rules_of_setting
from .knobs import ConsumerConfig, Purpose, Timeout, Timeouts, TransferConfig, for_writes
from .rules import names_of
from .validation import ALL_SERVICES, Problem, validate

__all__ = [
    "Config",
    "ConsumerConfig",
    "Credentials",
    "FaultySettingError",
    "Purpose",
    "Timeout",
    "Timeouts",
    "TransferConfig",
    "for_writes",
    "get_config",
]


@dataclass(frozen=True, kw_only=True)
class Credentials:
    """A key pair from ``AWS["credentials"]``; it shows in no ``repr`` and leaves no process."""

    access_key_id: str = field(repr=False)
    """The access key id."""
    secret_access_key: str = field(repr=False)
    """The secret access key."""
    session_token: str | None = field(default=None, repr=False)
    """The session token of temporary credentials."""

    def __reduce__(self) -> NoReturn:
        """Refuse to be pickled: a cache, a queue or a file would then hold the secret."""
        raise TypeError("Credentials are not pickled. Pass on names, and ask get_config() there.")


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
    bucket: str | None = None
    """The bucket of commands that name none; ``None`` means that each has to."""
    buckets: tuple[str, ...] = ()
    """Bucket names shown where the identity may not list buckets."""
    queues: tuple[str, ...] = ()
    """Queue names or URLs shown where the identity may not list queues."""
    transfer: TransferConfig = field(default_factory=TransferConfig)
    """Defaults of the transfer engine."""
    timeouts: Timeouts = field(default_factory=Timeouts)
    """Timeouts of pages and of commands."""
    consumer: ConsumerConfig = field(default_factory=ConsumerConfig)
    """Defaults of ``aws_sqs consume``."""
    access: tuple[Rule, ...] | None = None
    """Which groups the admin shows which buckets and queues; ``None``: all to everybody."""

    def endpoint_for(self, service: str) -> str | None:
        """Return the endpoint URL configured for ``service``, or ``None`` for AWS's own."""
        endpoints = dict(self.endpoints)
        return endpoints.get(service, endpoints.get(ALL_SERVICES))


class FaultySettingError(ImproperlyConfigured):
    """``settings.AWS`` cannot be used; the text names every faulty key and its cure."""


@functools.cache
def get_config() -> Config:
    """Return ``settings.AWS`` as a :class:`Config`.

    Raises :exc:`FaultySettingError`, a :exc:`~django.core.exceptions.ImproperlyConfigured`, naming
    every faulty key, its value (unless it may be a secret) and the cure.
    """
    # Django shows the variables of every frame of a traceback: none of these holds the setting.
    problems = validate(_setting())
    if problems:
        raise FaultySettingError(_describe(problems))
    return _build(_setting())


def _setting() -> Any:
    return getattr(settings, "AWS", {})


def _describe(problems: list[Problem]) -> str:
    return "\n".join(f"{problem.message} {problem.hint}" for problem in problems)


def _build(value: Mapping[str, Any]) -> Config:
    credentials = value.get("credentials")
    endpoint = value.get("endpoint_url") or {}
    if isinstance(endpoint, str):
        endpoint = {ALL_SERVICES: endpoint}
    return Config(
        credentials=_credentials(credentials) if credentials else None,
        region=value.get("region") or None,
        endpoints=tuple(sorted(endpoint.items())),
        profile=value.get("profile") or None,
        role_arn=value.get("role_arn") or None,
        regions=tuple(value.get("regions") or ()),
        bucket=value.get("bucket") or None,
        buckets=tuple(value.get("buckets") or ()),
        queues=tuple(value.get("queues") or ()),
        transfer=TransferConfig(**(value.get("transfer") or {})),
        timeouts=_timeouts(value.get("timeouts") or {}),
        consumer=ConsumerConfig(**(value.get("consumer") or {})),
        # An empty list is a rule too: nothing is open.
        access=None if value.get("access") is None else rules_of_setting(value["access"]),
    )


def _credentials(value: Mapping[str, str]) -> Credentials:
    return Credentials(
        access_key_id=value["aws_access_key_id"],
        secret_access_key=value["aws_secret_access_key"],
        session_token=value.get("aws_session_token") or None,
    )


def _timeouts(value: Mapping[str, Mapping[str, Any] | None]) -> Timeouts:
    usual = Timeouts()
    sets = {
        name: replace(getattr(usual, name), **(value.get(name) or {}))
        for name in names_of(Timeouts)
    }
    return replace(usual, **sets)


def _forget(*, setting: str, **kwargs: Any) -> None:
    if setting == "AWS":
        get_config.cache_clear()


setting_changed.connect(_forget, dispatch_uid="philo_aws.conf")
