"""awscrt's S3 clients: made as botocore would have made its own, and kept for each process."""

from __future__ import annotations

import gc
import os
import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .... import trust
from ....aws_errors import translated
from ....clients import get_session
from ....exceptions import CredentialsError
from ..template import Template

if TYPE_CHECKING:
    from awscrt.auth import AwsCredentialsProvider
    from awscrt.io import TlsConnectionOptions
    from awscrt.s3 import S3Client

KEPT = 4
"""Clients that are kept; each has threads and connections of its own."""
GBPS_OF_MANY = 400.0
"""awscrt opens 2.5 connections for each Gbit/s of its target: enough for any window."""


@dataclass(frozen=True, kw_only=True)
class Shape:
    """What tells one client from another besides the endpoint."""

    loops: int
    """Threads that move bytes."""
    part_size: int
    """Bytes of one part."""
    connections: int | None
    """Connections at most; ``None`` means as many as requests come."""
    streams: bool
    """Whether parts are sent from the file without being read into memory first."""


_lock = threading.Lock()
_clients: OrderedDict[tuple[Any, ...], tuple[S3Client, Identity]] = OrderedDict()
_parents: list[object] = []


def _renew_after_fork() -> None:
    # The threads behind the parent's clients do not exist here: releasing one would wait for them.
    # A thread that does not exist here either may have held the lock.
    globals()["_lock"] = threading.Lock()
    _parents.append(dict(_clients))
    _clients.clear()
    # Nor may what else the parent has of awscrt's, in cycles that were not collected yet.
    gc.freeze()


os.register_at_fork(after_in_child=_renew_after_fork)


class Identity:
    """The credentials of the session, in awscrt's terms."""

    def __init__(self) -> None:
        with translated():
            self.source: Any = get_session().get_credentials()
        if self.source is None:
            raise CredentialsError("There are no AWS credentials to sign requests with.")
        self.error: BaseException | None = None
        """Why the credentials could not be had when they were needed last."""
        self._frozen: Any = None
        self._made: Any = None
        self._provider: AwsCredentialsProvider | None = None

    def provider(self) -> AwsCredentialsProvider:
        """Return awscrt's provider; credentials that expire are asked for again when needed."""
        from awscrt.auth import AwsCredentialsProvider
        from botocore.credentials import Credentials

        if self._provider is None:
            if type(self.source) is Credentials:
                keys = AwsCredentialsProvider.new_static
                self._provider = keys(*_parts(self.source.get_frozen_credentials()))
            else:
                self._provider = AwsCredentialsProvider.new_delegate(self._current)
        return self._provider

    def _current(self) -> Any:
        # Called for each request, in a thread of awscrt: botocore refreshes only what expires.
        from awscrt.auth import AwsCredentials

        try:
            frozen = self.source.get_frozen_credentials()
        except Exception as error:
            self.error = error
            raise
        if frozen is not self._frozen and frozen != self._frozen:
            self._made = AwsCredentials(*_parts(frozen))
            self._frozen = frozen
        return self._made


def _parts(frozen: Any) -> tuple[str, str, str | None]:
    return frozen.access_key, frozen.secret_key, frozen.token


def get_crt_client(template: Template, identity: Identity, shape: Shape) -> S3Client:
    """Return the client for the template's endpoint, made at the first call.

    awscrt pools connections by host alone, so every endpoint and identity has a client of its own.
    """
    key = (
        os.getpid(),
        template.scheme,
        template.host,
        template.port,
        template.region,
        id(identity.source),
        shape,
        trust.trusted(get_session()) if template.scheme == "https" else "",
    )
    with _lock:
        if key not in _clients:
            _clients[key] = (_make(template, identity, shape), identity)
            while len(_clients) > KEPT:
                _clients.popitem(last=False)
        _clients.move_to_end(key)
        return _clients[key][0]


def _make(template: Template, identity: Identity, shape: Shape) -> S3Client:
    from awscrt.io import ClientBootstrap, DefaultHostResolver, EventLoopGroup
    from awscrt.s3 import (
        S3Client,
        S3FileIoOptions,
        S3RequestTlsMode,
        create_default_s3_signing_config,
    )

    # Before there are threads, whose end an exception on its way would meet.
    tls = _tls_options() if template.scheme == "https" else None
    loops = EventLoopGroup(shape.loops)
    options: dict[str, Any] = {}
    if shape.streams:
        options["fio_options"] = S3FileIoOptions(should_stream=True)
    if shape.connections:
        options["max_active_connections_override"] = shape.connections
    return S3Client(
        bootstrap=ClientBootstrap(loops, DefaultHostResolver(loops)),
        region=template.region,
        tls_mode=S3RequestTlsMode.ENABLED if tls else S3RequestTlsMode.DISABLED,
        tls_connection_options=tls,
        signing_config=create_default_s3_signing_config(
            region=template.region, credential_provider=identity.provider()
        ),
        part_size=shape.part_size,
        throughput_target_gbps=GBPS_OF_MANY,
        **options,
    )


def _tls_options() -> TlsConnectionOptions:
    from awscrt.io import ClientTlsContext, TlsContextOptions

    session = get_session()
    options = TlsContextOptions()
    try:
        options.override_default_trust_store_from_path(ca_filepath=trust.trusted(session))
        return ClientTlsContext(options).new_connection_options()
    except Exception as error:
        raise trust.unusable(session, error) from error
