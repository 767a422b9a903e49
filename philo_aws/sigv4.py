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
from typing import NoReturn
from urllib.parse import quote

ALGORITHM = "AWS4-HMAC-SHA256"
UNSIGNED_PAYLOAD = "UNSIGNED-PAYLOAD"
"""What stands for the hash of a body that is not known."""
LIFETIME_FIRST = ("X-Amz-Expires", "X-Amz-SignedHeaders")
"""The order in which botocore's own signer writes these two into a link."""
LIFETIME_LAST = ("X-Amz-SignedHeaders", "X-Amz-Expires")
"""The order of awscrt's, which botocore takes where it is installed."""

Pairs = Sequence[tuple[str, str]]


@dataclass(frozen=True, kw_only=True, slots=True)
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


@dataclass(frozen=True, kw_only=True, slots=True)
class Scope:
    """Where and when a signature holds."""

    stamp: str
    """The time of signing, as :func:`stamp_of` writes it."""
    region: str
    """The region."""
    service: str
    """AWS's name of the service in signatures: ``s3``, ``sqs``."""

    def __str__(self) -> str:
        return f"{self.stamp[:8]}/{self.region}/{self.service}/aws4_request"


def stamp_of(moment: float) -> str:
    """Return a time, in seconds since 1970, as signatures write it: ``20261231T235959Z``."""
    return time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(int(moment)))


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
    that a request by it must send, their names in small letters.
    """
    named = _canonical_headers({**(headers or {}), "host": host})
    signed_headers = ";".join(name for name, _ in named)
    auth = _auth_of(identity, scope, expires_in, signed_headers, order)
    own = [f"{name}={value}" for name, value in parameters]
    query = "&".join([*own, auth.query])
    canonical = _canonical_query((*auth.pairs, *parameters)) if parameters else auth.canonical
    asked = _canonical_request(method, path, canonical, named, signed_headers, UNSIGNED_PAYLOAD)
    return f"{query}&X-Amz-Signature={_signature(identity, scope, asked)}"


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
    named = _canonical_headers({**headers, **added})
    signed_headers = ";".join(name for name, _ in named)
    asked = _canonical_request(
        method,
        quote(path, safe="/~"),  # once more, as all services but S3 want it
        _canonical_query(parameters),
        named,
        signed_headers,
        hashlib.sha256(body).hexdigest(),
    )
    added["Authorization"] = (
        f"{ALGORITHM} Credential={identity.access_key}/{scope}, SignedHeaders={signed_headers}, "
        f"Signature={_signature(identity, scope, asked)}"
    )
    return added


@dataclass(frozen=True, kw_only=True, slots=True)
class _Auth:
    """What a link says of its signature, but for the signature itself."""

    query: str = field(repr=False)
    canonical: str = field(repr=False)
    pairs: tuple[tuple[str, str], ...] = field(repr=False)


def _auth_of(
    identity: Identity, scope: Scope, expires_in: int, signed_headers: str, order: tuple[str, str]
) -> _Auth:
    return _made_auth(
        identity.access_key,
        identity.token,
        scope.stamp,
        scope.region,
        scope.service,
        expires_in,
        signed_headers,
        order,
    )


# The links of one page have it in common, and a token has a thousand characters to be encoded.
@functools.lru_cache(maxsize=64)
def _made_auth(
    access_key: str,
    token: str | None,
    stamp: str,
    region: str,
    service: str,
    expires_in: int,
    signed_headers: str,
    order: tuple[str, str],
) -> _Auth:
    scope = Scope(stamp=stamp, region=region, service=service)
    either = {"X-Amz-Expires": str(expires_in), "X-Amz-SignedHeaders": signed_headers}
    made = {
        "X-Amz-Algorithm": ALGORITHM,
        "X-Amz-Credential": f"{access_key}/{scope}",
        "X-Amz-Date": stamp,
        **{name: either[name] for name in order},
    }
    if token:
        made["X-Amz-Security-Token"] = token
    pairs = [(name, encoded(value)) for name, value in made.items()]
    texts = [f"{name}={value}" for name, value in pairs]
    return _Auth(query="&".join(texts), canonical="&".join(sorted(texts)), pairs=tuple(pairs))


def _canonical_query(pairs: Pairs) -> str:
    return "&".join(f"{name}={value}" for name, value in sorted(pairs))


def _canonical_headers(headers: Mapping[str, str]) -> list[tuple[str, str]]:
    return sorted((name.lower(), " ".join(value.split())) for name, value in headers.items())


def _canonical_request(
    method: str, path: str, query: str, headers: Pairs, signed_headers: str, payload: str
) -> bytes:
    lines = "".join(f"{name}:{value}\n" for name, value in headers)
    return f"{method}\n{path}\n{query}\n{lines}\n{signed_headers}\n{payload}".encode()


def _signature(identity: Identity, scope: Scope, canonical_request: bytes) -> str:
    hashed = hashlib.sha256(canonical_request).hexdigest()
    text = f"{ALGORITHM}\n{scope.stamp}\n{scope}\n{hashed}"
    key = _signing_key(identity.secret_key, scope.stamp[:8], scope.region, scope.service)
    return hmac.digest(key, text.encode(), "sha256").hex()


@functools.lru_cache(maxsize=32)
def _signing_key(secret_key: str, day: str, region: str, service: str) -> bytes:
    # Whatever a secret consists of, no error may quote it.
    key = b"AWS4" + secret_key.encode("utf-8", "surrogatepass")
    for part in (day, region, service, "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key
