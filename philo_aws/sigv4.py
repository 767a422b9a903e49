"""AWS's Signature Version 4, for links and for requests: neither network nor settings.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

from __future__ import annotations

import functools
import hashlib
import hmac
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, NoReturn
from urllib.parse import quote

ALGORITHM = "AWS4-HMAC-SHA256"
UNSIGNED_PAYLOAD = "UNSIGNED-PAYLOAD"
"""What stands for the hash of a body that is not known."""
LIFETIME_FIRST = ("X-Amz-Expires", "X-Amz-SignedHeaders")
"""The order in which botocore's own signer writes these two into a link."""
LIFETIME_LAST = ("X-Amz-SignedHeaders", "X-Amz-Expires")
"""The order of awscrt's, which botocore takes where it is installed."""
_LAST = "X-Amz-SignedHeaders"

Pairs = Sequence[tuple[str, str]]


@dataclass(kw_only=True, slots=True)
class Identity:
    """Whose signature it is; nothing of it shows in a ``repr``, and it leaves no process."""

    access_key: str = field(repr=False)
    """The access key id."""
    secret_key: str = field(repr=False)
    """The secret access key."""
    token: str | None = field(default=None, repr=False)
    """The session token of temporary credentials."""

    def __reduce__(self) -> NoReturn:
        """Refuse to be pickled."""
        raise TypeError("An identity is not pickled: it holds a secret.")


class Scope(NamedTuple):
    """When and where a signature holds."""

    stamp: str
    """The time of signing, as :func:`stamp_of` writes it."""
    region: str
    """The region."""
    service: str
    """AWS's name of the service in signatures: ``s3``, ``sqs``."""


@functools.lru_cache(maxsize=32)
def stamp_of(second: int) -> str:
    """Return a time, in seconds since 1970, as signatures write it: ``20261231T235959Z``."""
    return time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(second))


def encoded(text: str) -> str:
    """Return a name or a value of a query, percent-encoded: all but letters, digits, ``-._~``."""
    return quote(text, safe="")


def presigned_query(
    identity: Identity,
    scope: Scope,
    *,
    method: str,
    path: str,
    host: str,
    expires_in: int,
    parameters: Pairs = (),
    headers: Mapping[str, str] | None = None,
    order: tuple[str, str] = LIFETIME_LAST,
) -> str:
    """Return the query of a link that lives ``expires_in`` seconds, signature and all.

    ``path`` is percent-encoded as it stands in the link, ``host`` has the port where it is no usual
    one. ``parameters`` are encoded names and values that the link has besides, ``headers`` those
    that a request by it must send.
    """
    if headers:
        names, lines = _canonical_headers({**headers, "host": host})
    else:
        names, lines = "host", f"host:{host}\n"
    key = _key_of(identity, scope)
    auth = _auth_of(
        identity.access_key, identity.token, key.scope, key.stamp, expires_in, names, order
    )
    query, canonical = auth.query, auth.canonical
    if parameters:
        query = f"{'&'.join(f'{name}={value}' for name, value in parameters)}&{query}"
        if min(parameters)[0] > _LAST:  # as all names of S3's are, in small letters
            canonical = f"{canonical}&{_canonical_query(parameters)}"
        else:
            canonical = _canonical_query((*auth.pairs, *parameters))
    asked = f"{method}\n{path}\n{canonical}\n{lines}\n{names}\n{UNSIGNED_PAYLOAD}"
    return f"{query}&X-Amz-Signature={_signature(key, asked)}"


def authorization(
    identity: Identity,
    scope: Scope,
    *,
    method: str,
    path: str,
    headers: Mapping[str, str],
    body: bytes = b"",
    parameters: Pairs = (),
) -> dict[str, str]:
    """Return the headers that sign a request of a service other than S3.

    ``headers`` are all that are signed, ``Host`` among them; ``path`` and ``parameters`` are
    percent-encoded as they are sent. The answer is to be sent besides them: ``X-Amz-Date``,
    ``Authorization``, and ``X-Amz-Security-Token`` for temporary credentials.
    """
    added = {"X-Amz-Date": scope.stamp}
    if identity.token:
        added["X-Amz-Security-Token"] = identity.token
    names, lines = _canonical_headers({**headers, **added})
    way = quote(path, safe="/~")  # once more, as all services but S3 want it
    hashed = hashlib.sha256(body).hexdigest()
    key = _key_of(identity, scope)
    asked = f"{method}\n{way}\n{_canonical_query(parameters)}\n{lines}\n{names}\n{hashed}"
    added["Authorization"] = (
        f"{ALGORITHM} Credential={identity.access_key}/{key.scope}, SignedHeaders={names}, "
        f"Signature={_signature(key, asked)}"
    )
    return added


@dataclass(frozen=True, kw_only=True, slots=True)
class _Key:
    """What all signatures of one moment are made with."""

    key: bytes = field(repr=False)
    scope: str
    stamp: str


@dataclass(frozen=True, kw_only=True, slots=True)
class _Auth:
    """What a link says of its signature, but for the signature itself."""

    query: str = field(repr=False)
    canonical: str = field(repr=False)
    pairs: tuple[tuple[str, str], ...] = field(repr=False)


def _key_of(identity: Identity, scope: Scope) -> _Key:
    return _made_key(identity.secret_key, *scope)


@functools.lru_cache(maxsize=32)
def _made_key(secret_key: str, stamp: str, region: str, service: str) -> _Key:
    parts = (stamp[:8], region, service, "aws4_request")
    return _Key(key=_signing_key(secret_key, *parts), scope="/".join(parts), stamp=stamp)


@functools.lru_cache(maxsize=32)
def _signing_key(secret_key: str, *parts: str) -> bytes:
    # Whatever a secret consists of, no error may quote it.
    key = b"AWS4" + secret_key.encode("utf-8", "surrogatepass")
    for part in parts:
        key = hmac.digest(key, part.encode(), "sha256")
    return key


# The links of one page have it in common, and a token has a thousand characters to be encoded.
@functools.lru_cache(maxsize=64)
def _auth_of(
    access_key: str,
    token: str | None,
    scope: str,
    stamp: str,
    expires_in: int,
    names: str,
    order: tuple[str, str],
) -> _Auth:
    either = {"X-Amz-Expires": str(expires_in), "X-Amz-SignedHeaders": names}
    made = {
        "X-Amz-Algorithm": ALGORITHM,
        "X-Amz-Credential": f"{access_key}/{scope}",
        "X-Amz-Date": stamp,
        **{name: either[name] for name in order},
    }
    if token:
        made["X-Amz-Security-Token"] = token
    pairs = tuple((name, encoded(value)) for name, value in made.items())
    query = "&".join(f"{name}={value}" for name, value in pairs)
    return _Auth(query=query, canonical=_canonical_query(pairs), pairs=pairs)


def _canonical_query(pairs: Pairs) -> str:
    return "&".join(f"{name}={value}" for name, value in sorted(pairs))


def _canonical_headers(headers: Mapping[str, str]) -> tuple[str, str]:
    """Return the names of headers, and their lines, as they are signed."""
    made = sorted((name.lower(), " ".join(value.split())) for name, value in headers.items())
    names = ";".join(name for name, _ in made)
    return names, "".join(f"{name}:{value}\n" for name, value in made)


def _signature(key: _Key, asked: str) -> str:
    hashed = hashlib.sha256(asked.encode()).hexdigest()
    text = f"{ALGORITHM}\n{key.stamp}\n{key.scope}\n{hashed}"
    return hmac.digest(key.key, text.encode(), "sha256").hex()
