"""The URLs of a storage: of the bucket or a CDN, signed or not, without a request for each."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NoReturn
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured
from django.utils.encoding import filepath_to_uri

from ..arguments import one_of, whole_number
from ..exceptions import UsageError
from ..limits import MAX_LINK_SECONDS
from ..s3.objects.presigning import carried
from ..s3.signing import OPERATIONS, Signer, signed_at, signer_for
from ..sigv4 import encoded
from . import cloudfront

if TYPE_CHECKING:
    from .options import Options

ASKED_AGAIN = 60.0
"""Seconds after which the region of the bucket is looked at again, where it is not told."""


class Links:
    """The URLs of what is in one storage.

    ``site_url`` returns what the site's own setting says that URLs begin with, ``MEDIA_URL`` or
    ``STATIC_URL``; it counts where it has a host and the options say nothing else. It is read for
    each URL, as is ``settings.AWS``: a change of either takes effect at once. Where the options
    give no region, AWS is asked once for the bucket's, or each minute while it does not tell.
    """

    def __init__(self, options: Options, site_url: Callable[[], str]) -> None:
        self._options = options
        self._site_url = site_url
        self._site: str | None = None
        self._base: str | None = None
        self._is_signed = True
        self._signer: tuple[float, Signer] | None = None

    def __reduce__(self) -> NoReturn:
        """Refuse to be pickled: the options may hold a key."""
        raise TypeError("Links are not pickled. Pass on the storage's options.")

    def url(
        self,
        name: str,
        parameters: Mapping[str, Any] | None = None,
        expires_in: int | None = None,
    ) -> str:
        """Return the URL of a name, which is normalised and relative to the location.

        A signed one lives ``expires_in`` seconds, else those of the options; ``parameters`` are
        boto's for a GET (``ResponseContentDisposition``, ``VersionId``, …). Raises
        :exc:`~philo_aws.exceptions.UsageError` for parameters of a URL that is not signed, and for
        what cannot be; :exc:`~philo_aws.exceptions.CredentialsError` where there is nothing to sign
        with; :exc:`~django.core.exceptions.ImproperlyConfigured` for a key of CloudFront's that
        cannot be used.
        """
        site = self._site_url()
        if site != self._site:
            self._read(site)
        if self._base is None:
            return self._of_bucket(name, parameters, expires_in)
        url = self._base + filepath_to_uri(name)
        if self._is_signed:
            return self._for_cloudfront(url, parameters, expires_in)
        return _unsigned(url, parameters)

    def presign_upload(
        self, name: str, *, content_type: str | None = None, expires_in: int | None = None
    ) -> str:
        """Return a URL that takes one PUT of a name, at the bucket or at ``public_endpoint``.

        With ``content_type`` the PUT has to send it. Raises what :meth:`url` does.
        """
        return self._made_signer().url(
            self._options.location + name,
            method="PUT",
            parameters=_checked({"ContentType": content_type} if content_type else None),
            expires_in=self._options.expires_in if expires_in is None else expires_in,
            endpoint=self._options.public_endpoint,
        )

    def _read(self, site: str) -> None:
        """Find out what URLs begin with, and whether they are signed."""
        options = self._options
        base = None if options.base_url is None else str(options.base_url).rstrip("/") + "/"
        is_for_bucket = options.public_endpoint or (options.signed and not options.cloudfront_key)
        if base is None and not is_for_bucket and urlsplit(site).netloc:
            # S3's signatures hold for its own host alone: what has to be signed does not go there.
            base = site.rstrip("/") + "/"
        is_signed = options.signed
        if is_signed is None:
            is_signed = base is None or options.cloudfront_key is not None
        self._base, self._is_signed, self._site = base, is_signed, site

    def _made_signer(self) -> Signer:
        now = time.monotonic()
        known = self._signer
        if known is not None and now < known[0] and known[1].is_current():
            return known[1]
        made = signer_for(self._options.bucket, self._options.region, purpose="web")
        self._signer = now + ASKED_AGAIN, made
        return made

    def _of_bucket(
        self, name: str, parameters: Mapping[str, Any] | None, expires_in: int | None
    ) -> str:
        options, signer = self._options, self._made_signer()
        key = options.location + name
        if not self._is_signed or not key:
            return _unsigned(signer.place_at(options.public_endpoint).url(key), parameters)
        return signer.url(
            key,
            parameters=_checked(parameters),
            expires_in=options.expires_in if expires_in is None else expires_in,
            stable_for=options.stable_for,
            endpoint=options.public_endpoint,
        )

    def _for_cloudfront(
        self, url: str, parameters: Mapping[str, Any] | None, expires_in: int | None
    ) -> str:
        if not url.startswith(("https://", "http://")) or not self._options.cloudfront_key:
            raise ImproperlyConfigured(
                "URLs that are signed and begin with 'base_url' need one with https:// and a host, "
                "and the options 'cloudfront_key_id' and 'cloudfront_key'."
            )
        lifetime = self._options.expires_in if expires_in is None else expires_in
        whole_number("expires_in", lifetime, 1, MAX_LINK_SECONDS)
        if parameters:
            url = f"{url}?{_query_of(parameters)}"
        begin = signed_at(time.time(), lifetime, self._options.stable_for)
        return cloudfront.signer_for(self._options).url(url, begin + lifetime)


def _unsigned(url: str, parameters: Mapping[str, Any] | None) -> str:
    if parameters:
        raise UsageError(
            f"{', '.join(sorted(parameters))} cannot be asked for: the URLs of this storage are "
            "not signed, and S3 changes its answer for signed ones alone. Leave the parameters out."
        )
    return url


def _checked(parameters: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    if not parameters:
        return None
    return {
        name: carried(name, value) if isinstance(value, str) else value
        for name, value in parameters.items()
    }


def _query_of(parameters: Mapping[str, Any]) -> str:
    """Return parameters as S3 finds them in a query, which CloudFront hands on where it is told."""
    names = OPERATIONS["get_object"].query
    return "&".join(
        f"{names[one_of('The parameter', name, tuple(names))]}={encoded(str(value))}"
        for name, value in (_checked(parameters) or {}).items()
    )
