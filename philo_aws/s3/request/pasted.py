"""Addresses as people copy them: out of a browser, out of the AWS console, out of a message."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import SplitResult, parse_qs, unquote, unquote_plus, urlsplit

from django.utils.translation import gettext_noop

from ...arguments import text
from ...conf import get_config
from ...exceptions import UsageError
from ...sentences import Sentence
from .addresses import is_address, parse_address
from .names import check_bucket_name

_AWS = r"\.amazonaws\.com(?:\.cn)?"
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html, and what is older:
# s3-eu-west-1, s3.dualstack.eu-west-1, s3-accelerate, s3-website-eu-west-1.
_SERVICE = rf"s3(?:[.-][a-z0-9-]+)*{_AWS}"
_PATH_STYLE = re.compile(_SERVICE)
_VIRTUAL_HOST = re.compile(rf"(?P<bucket>.+?)\.{_SERVICE}")
_CONSOLE = re.compile(
    r"(?:[a-z0-9-]+\.)*console\.(?:aws\.amazon\.com|amazonaws\.cn|amazonaws-us-gov\.com)"
)
# The pages of the console that are about a bucket, a folder or an object, and the parameter
# "prefix" that says which.
_CONSOLE_PAGE = re.compile(r"/s3/[a-z-]+/(?P<bucket>[^/]+)/?.*")


@dataclass(frozen=True, kw_only=True)
class Pasted:
    """What an address names."""

    bucket: str
    """The bucket's name."""
    key: str = ""
    """The key or prefix; empty for the whole bucket."""
    version: str = ""
    """The version of the object, where the address names one."""


def read_pasted(address: str) -> Pasted:
    """Return what an address names, however it is written.

    Taken are ``s3://bucket/key``, ARNs, ``https`` addresses of S3 (the bucket in the host or in the
    path, links that are signed too), those of the AWS console, those of the ``endpoint_url`` of the
    settings, ``bucket/key``, and the name of a bucket alone. Nothing is asked of AWS, and no host
    that is named is ever connected to.

    Raises :exc:`~philo_aws.exceptions.UsageError` for anything else.
    """
    given = text("The address", address).strip()
    if is_address(given):
        # The spaces at the end of a key are part of it.
        bucket, key = parse_address(address if given.count("/") > 2 else given)
        return Pasted(bucket=bucket, key=key)
    if re.match(r"https?://", given, re.IGNORECASE):
        return _of_url(given)
    bucket, _, key = given.partition("/")
    if "://" in given or not bucket:
        raise _unknown(given)
    return Pasted(bucket=check_bucket_name(bucket), key=key)


def _of_url(given: str) -> Pasted:
    try:
        url = urlsplit(given)
        host = (url.hostname or "").rstrip(".")
        port = url.port
    except ValueError:
        raise _unknown(given) from None
    query = {name: values[-1] for name, values in parse_qs(url.query).items()}
    if _CONSOLE.fullmatch(host):
        return _of_console(given, url, query)
    # The console shows the space of a key as a plus sign, and S3 reads it as one.
    decoded, bucket = unquote_plus(url.path), ""
    if found := _VIRTUAL_HOST.fullmatch(host):
        bucket = found["bucket"]
    elif not _PATH_STYLE.fullmatch(host):
        bucket = _bucket_at_endpoint(given, host, port)
        decoded = unquote(url.path)
    key = decoded.removeprefix("/")
    if not bucket:
        bucket, _, key = key.partition("/")
    if not bucket:
        raise _unknown(given)
    return Pasted(
        bucket=check_bucket_name(bucket),
        key=key or query.get("prefix", ""),
        version=query.get("versionId", ""),
    )


def _of_console(given: str, url: SplitResult, query: dict[str, str]) -> Pasted:
    found = _CONSOLE_PAGE.fullmatch(url.path)
    if found is None:
        raise _unknown(given)
    return Pasted(
        bucket=check_bucket_name(unquote(found["bucket"])),
        key=query.get("prefix", ""),
        version=query.get("versionId", ""),
    )


def _bucket_at_endpoint(given: str, host: str, port: int | None) -> str:
    """Return the bucket in front of the host of the settings' endpoint; empty: it is in the path.

    Raises :exc:`~philo_aws.exceptions.UsageError` for any other host.
    """
    own = urlsplit(get_config().endpoint_for("s3") or "")
    if own.hostname and port == own.port:
        if host == own.hostname:
            return ""
        if host.endswith(f".{own.hostname}"):
            return host.removesuffix(f".{own.hostname}")
    raise _unknown(given)


def _unknown(given: str) -> UsageError:
    return UsageError(
        Sentence(
            gettext_noop(
                "{given!r} is no address in S3. Write one such as 's3://bucket/folder/file.txt', "
                "'bucket/folder/' or 'https://bucket.s3.eu-west-1.amazonaws.com/file.txt'."
            ),
            given=given,
        )
    )
