"""Links to the objects of a bucket, signed here: botocore is asked once where the bucket is.

A link is a few lines of text and two hashes, for which botocore makes a whole request: some 500
microseconds instead of 15, which a page pays for every picture on it. The links are botocore's to
the byte, and those that would not be botocore makes itself.
"""

from __future__ import annotations

import datetime
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, NoReturn
from weakref import WeakKeyDictionary

from django.utils.translation import gettext_noop

from .. import sigv4
from ..arguments import one_of, whole_number
from ..aws_errors import translated
from ..clients import get_session
from ..exceptions import UsageError
from ..limits import MAX_LINK_SECONDS
from ..sentences import Sentence
from .request.access import client_for, region_of
from .request.names import check_key
from .request.place import Place, place_of

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

    from ..conf import Purpose

Method = Literal["GET", "HEAD", "PUT"]


@dataclass(frozen=True, kw_only=True)
class Operation:
    """What is signed here of one operation of boto's client."""

    method: Method
    """The HTTP method."""
    query: Mapping[str, str]
    """boto's parameters that go into the query, and their names there."""
    headers: Mapping[str, str]
    """Those that whoever uses the link has to send as headers, and their names."""
    required: frozenset[str] = frozenset()
    """Those without which there is no such request."""


_ANSWER = {
    "VersionId": "versionId",
    "PartNumber": "partNumber",
    "ResponseCacheControl": "response-cache-control",
    "ResponseContentDisposition": "response-content-disposition",
    "ResponseContentEncoding": "response-content-encoding",
    "ResponseContentLanguage": "response-content-language",
    "ResponseContentType": "response-content-type",
}
_SENT = {
    "CacheControl": "cache-control",
    "ContentDisposition": "content-disposition",
    "ContentEncoding": "content-encoding",
    "ContentLanguage": "content-language",
    "ContentLength": "content-length",
    "ContentType": "content-type",
    "IfNoneMatch": "if-none-match",
}
_PART = {"UploadId": "uploadId", "PartNumber": "partNumber"}
OPERATIONS: Mapping[str, Operation] = {
    "get_object": Operation(method="GET", query=_ANSWER, headers={}),
    "head_object": Operation(method="HEAD", query=_ANSWER, headers={}),
    "put_object": Operation(method="PUT", query={}, headers=_SENT),
    "upload_part": Operation(
        method="PUT",
        query=_PART,
        headers={"ContentLength": "content-length"},
        required=frozenset(_PART),
    ),
}
"""The operations that are signed here, by the names of boto's methods."""
NUMBERS = frozenset({"ContentLength", "PartNumber"})
"""The parameters that are whole numbers; all others are texts."""
_BY_METHOD = {"GET": "get_object", "HEAD": "head_object", "PUT": "put_object"}
# botocore takes this type for one that it has set itself, and leaves it out.
_LEFT_OUT = "application/x-www-form-urlencoded; charset=utf-8"

_MOST_ENDPOINTS = 16

_signers: WeakKeyDictionary[Any, dict[str, Signer]] = WeakKeyDictionary()


def signer_for(
    bucket_name: str, region_name: str | None = None, *, purpose: Purpose = "commands"
) -> Signer:
    """Return what signs the links of a bucket, which is made once for each client.

    Without ``region_name`` the bucket's own region is asked for once per process, by a request: a
    link that was signed for another one is worth nothing. Raises
    :exc:`~philo_aws.exceptions.InvalidRequestError` for names that cannot be, and for a bucket that
    does not go with how requests are addressed.
    """
    client = client_for(bucket_name, region_name, purpose)
    region = region_name or region_of(bucket_name, purpose=purpose)
    if region and region != client.meta.region_name:
        client = client_for(bucket_name, region, purpose)
    of_client = _signers.setdefault(client, {})
    signer = of_client.get(bucket_name)
    if signer is None:
        signer = of_client[bucket_name] = Signer(bucket_name, client, region, purpose)
    return signer


def end_of_credentials() -> datetime.datetime | None:
    """Return when the credentials of the settings end, in UTC; ``None`` where that is not known."""
    return _end_of(get_session().get_credentials())


def _end_of(credentials: Any) -> datetime.datetime | None:
    # Only botocore's refreshable credentials know their end; it has no public name for it.
    end: datetime.datetime | None = getattr(credentials, "_expiry_time", None)
    return end.astimezone(datetime.UTC) if end else None


def signed_at(moment: float, expires_in: int, stable_for: int) -> int:
    """Return when a link is signed that stays the same for a while, in seconds since 1970.

    That is the last multiple of ``stable_for``, of which a quarter of the lifetime counts at most.
    """
    window = min(stable_for, expires_in // 4)
    return int(moment) - int(moment) % window if window else int(moment)


class Signer:
    """The links to the objects of one bucket, by the identity of the settings.

    It may be used from many threads, and holds no secret: whose signature it is is asked for each
    link, so credentials that are renewed are the new ones.
    """

    def __init__(
        self, bucket_name: str, client: S3Client, region: str | None, purpose: Purpose
    ) -> None:
        self.bucket = bucket_name
        self.place = place_of(bucket_name, client)
        """Where the bucket is, as botocore's rules say."""
        self._region = region
        self._purpose: Purpose = purpose
        self._session = get_session()
        self._elsewhere: dict[str, Place] = {}
        # How botocore writes its links; False where ours would be others, None until that is known.
        self._order: tuple[str, str] | Literal[False] | None = None

    def __reduce__(self) -> NoReturn:
        """Refuse to be pickled: it belongs to a client of this process."""
        raise TypeError("A Signer is not pickled. Ask signer_for() where it is needed.")

    def is_current(self) -> bool:
        """Say whether the settings, the session and the process are those that it was made in."""
        return get_session() is self._session

    def url(
        self,
        key: str,
        *,
        method: Method = "GET",
        parameters: Mapping[str, Any] | None = None,
        expires_in: int = 3600,
        now: float | None = None,
        stable_for: int = 0,
        endpoint: str | None = None,
    ) -> str:
        """Return a link for a GET, a HEAD or a PUT; with an ``UploadId`` for one part.

        ``parameters`` are boto's for that operation. All else is as for :meth:`sign`.
        """
        operation = _BY_METHOD[one_of("method", method, tuple(_BY_METHOD))]
        if parameters and method == "PUT" and "UploadId" in parameters:
            operation = "upload_part"
        return self.sign(
            operation,
            key,
            parameters,
            expires_in=expires_in,
            now=now,
            stable_for=stable_for,
            endpoint=endpoint,
        )

    def sign(
        self,
        operation: str,
        key: str,
        parameters: Mapping[str, Any] | None = None,
        *,
        expires_in: int = 3600,
        now: float | None = None,
        stable_for: int = 0,
        endpoint: str | None = None,
    ) -> str:
        """Return a link that lives ``expires_in`` seconds (1 to 604,800), for a method of boto's.

        ``now`` is the time of signing, in seconds since 1970. It is rounded down to a multiple of
        ``stable_for`` seconds, which makes equal links of one object until the next multiple. A
        quarter of the lifetime is the most that counts of it, so that three quarters are left of
        every link; and such a link does not outlive the credentials that it is signed by.
        ``endpoint`` is the scheme and host to sign for instead of the store's own.

        What is not in :data:`OPERATIONS`, and what belongs to directory buckets and multi-region
        access points, is signed by botocore: for this moment, whatever ``now`` and ``stable_for``
        say, and for no other endpoint. Raises :exc:`~philo_aws.exceptions.UsageError` for a key, a
        lifetime and an endpoint that cannot be, :exc:`~philo_aws.exceptions.CredentialsError` where
        there is nothing to sign with.
        """
        check_key(key)
        whole_number("expires_in", expires_in, 1, MAX_LINK_SECONDS)
        try:
            return self._signed(
                operation, key, parameters or {}, expires_in, now, stable_for, endpoint
            )
        except Exception:
            # As a block around it translated() would be a tenth of the time of a link.
            with translated(bucket=self.bucket, key=key, region=self._region):
                raise

    def _signed(
        self,
        operation: str,
        key: str,
        parameters: Mapping[str, Any],
        expires_in: int,
        now: float | None,
        stable_for: int,
        endpoint: str | None,
    ) -> str:
        place = self.place_at(endpoint)
        # What can fail comes first: no error has a frame in which there is a secret.
        asked = _asked(operation, key, parameters, place) if place.service else None
        if asked is not None:
            credentials = self._session.get_credentials()
            identity = _identity_of(credentials)
            order = self._order
            if order is None and identity is not None:
                order = self._order = self._compared(identity)
            if order and identity is not None:
                moment = time.time() if now is None else now
                if stable_for:
                    moment, expires_in = _stable(moment, expires_in, stable_for, credentials)
                stamp = sigv4.stamp_of(int(moment))
                return _written(place, asked, identity, stamp, expires_in, order)
        if endpoint:
            raise _only_here(self.bucket)
        return self._by_botocore(operation, key, parameters, expires_in)

    def place_at(self, endpoint: str | None) -> Place:
        """Return where the bucket is at another endpoint; ``None`` is the store's own.

        Raises :exc:`~philo_aws.exceptions.UsageError` for what is no scheme and host.
        """
        if not endpoint:
            return self.place
        place = self._elsewhere.get(endpoint)
        if place is None:
            place = self.place.at(endpoint)
            if len(self._elsewhere) < _MOST_ENDPOINTS:
                self._elsewhere[endpoint] = place
        return place

    def _by_botocore(
        self, operation: str, key: str, parameters: Mapping[str, Any], expires_in: int
    ) -> str:
        client: Any = client_for(self.bucket, self._region, self._purpose)
        url: str = client.generate_presigned_url(
            operation,
            Params={"Bucket": self.bucket, "Key": key, **parameters},
            ExpiresIn=expires_in,
        )
        return url

    def _compared(self, identity: sigv4.Identity) -> tuple[str, str] | Literal[False] | None:
        """Compare a link of botocore's with ours, and return how it is written."""
        key, parameters = "a b/+~ü", {"ResponseContentType": "a b"}
        theirs = self._by_botocore("get_object", key, parameters, 60)
        asked = _asked("get_object", key, parameters, self.place)
        stamp = theirs.partition("X-Amz-Date=")[2].partition("&")[0]
        for order in (sigv4.LIFETIME_LAST, sigv4.LIFETIME_FIRST):
            if asked and _written(self.place, asked, identity, stamp, 60, order) == theirs:
                return order
        # Renewed in between, they tell nothing.
        return False if _identity_of(self._session.get_credentials()) == identity else None


class _Asked(NamedTuple):
    """The request that a link is for."""

    method: Method
    path: str
    query: list[tuple[str, str]]
    headers: dict[str, str]


def _asked(operation: str, key: str, parameters: Mapping[str, Any], place: Place) -> _Asked | None:
    """Return the request; ``None`` where botocore knows better what becomes of the parameters."""
    known = OPERATIONS.get(operation)
    if known is None or not known.required <= parameters.keys():
        return None
    query: list[tuple[str, str]] = []
    headers: dict[str, str] = {}
    for name, value in parameters.items():
        if type(value) is not (int if name in NUMBERS else str):
            return None
        told = str(value)
        # Bytes of a header are no characters, and half a character is no text: not ours to judge.
        if not (told.isascii() if name in known.headers else _is_text(told)):
            return None
        if name in known.query:
            query.append((known.query[name], sigv4.encoded(told)))
        elif name not in known.headers:
            return None
        elif told != _LEFT_OUT or name != "ContentType":
            headers[known.headers[name]] = told
    return _Asked(method=known.method, path=place.path(key), query=query, headers=headers)


def _is_text(told: str) -> bool:
    return told.isascii() or not any("\ud800" <= character <= "\udfff" for character in told)


def _identity_of(credentials: Any) -> sigv4.Identity | None:
    if credentials is None:
        return None
    frozen = credentials.get_frozen_credentials()
    return sigv4.Identity(
        access_key=frozen.access_key, secret_key=frozen.secret_key, token=frozen.token
    )


def _stable(moment: float, expires_in: int, stable_for: int, credentials: Any) -> tuple[float, int]:
    begin = signed_at(moment, expires_in, stable_for)
    end = _end_of(credentials)
    if end is not None:
        expires_in = max(1, min(expires_in, int(end.timestamp()) - begin))
    return begin, expires_in


def _written(
    place: Place,
    asked: _Asked,
    identity: sigv4.Identity,
    stamp: str,
    expires_in: int,
    order: tuple[str, str],
) -> str:
    query = sigv4.presigned_query(
        identity,
        sigv4.Scope(stamp=stamp, region=place.region, service=place.service),
        method=asked.method,
        path=asked.path,
        host=place.host,
        expires_in=expires_in,
        parameters=asked.query,
        headers=asked.headers,
        order=order,
    )
    return f"{place.scheme}://{place.netloc}{asked.path}?{query}"


def _only_here(bucket: str) -> UsageError:
    return UsageError(
        Sentence(
            gettext_noop(
                "This link to {bucket!r} is one that boto makes, for the store's own host alone. "
                "Leave the other endpoint out."
            ),
            bucket=bucket,
        )
    )
