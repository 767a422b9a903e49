"""Where requests for the objects of a bucket go: asked of botocore's rules, not made up."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any
from urllib.parse import SplitResult, quote, urlsplit

from django.utils.translation import gettext_noop

from ...arguments import show, text
from ...aws_errors import translated
from ...exceptions import UsageError
from ...forks import ForkLock
from ...sentences import Sentence

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_SIGNED_HERE = "s3v4-query"
_USUAL_PORTS = {"http": 80, "https": 443}

_numbers = itertools.count()
_asking = ForkLock()


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where the objects of a bucket are, and what signatures of their links are for."""

    bucket: str
    """The bucket's name, or an access point's ARN."""
    scheme: str
    """``http`` or ``https``."""
    netloc: str
    """Host and port as they stand in a link."""
    host: str
    """The same as the header ``Host`` has it: in small letters, without the usual port."""
    root: str
    """The path before a key, with a slash at its end."""
    region: str
    """The region of the signature."""
    service: str
    """The service of the signature; empty where its kind is none of version 4 for S3."""

    def url(self, key: str) -> str:
        """Return the address of an object, unsigned."""
        return f"{self.scheme}://{self.netloc}{self.path(key)}"

    def path(self, key: str) -> str:
        """Return the path of that address, percent-encoded as botocore does."""
        return self.root + quote(key, safe="/~")

    def at(self, endpoint: str) -> Place:
        """Return where the same bucket is at another endpoint: scheme and host, as of a setting.

        The bucket is in the host or in the path as it is here. Raises
        :exc:`~philo_aws.exceptions.UsageError` for what is no such endpoint, and for access points,
        whose hosts are AWS's.
        """
        parts = _endpoint(endpoint)
        if self.bucket.startswith("arn:"):
            raise UsageError(
                Sentence(
                    gettext_noop(
                        "Links to access points are made for AWS's own hosts alone, not for "
                        "{endpoint!r}."
                    ),
                    endpoint=endpoint,
                )
            )
        root, netloc = parts.path.rstrip("/") + "/", parts.netloc
        if self.netloc.startswith(f"{self.bucket}.") and _may_be_in_host(self.bucket, parts):
            netloc = f"{self.bucket}.{netloc}"
        else:
            root += f"{self.bucket}/"
        made = f"{parts.scheme}://{netloc}{root}"
        return place_at(self.bucket, made, region=self.region, service=self.service)


def _may_be_in_host(bucket: str, parts: SplitResult) -> bool:
    # The certificate of *.example.com is none for a.b.example.com.
    return not _is_address(parts.hostname or "") and not (parts.scheme == "https" and "." in bucket)


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def place_of(bucket_name: str, client: S3Client) -> Place:
    """Return where ``client`` sends the requests for the objects of a bucket; nothing is sent.

    Neither does it need credentials. Raises what botocore does for a bucket and a configuration
    that do not go together, as an :exc:`~philo_aws.exceptions.AWSError`.
    """
    with translated(bucket=bucket_name, region=client.meta.region_name):
        return _asked_of_botocore(bucket_name, client)


class _SeenError(Exception):
    """Ends the making of a link where all that is asked is known."""


def _asked_of_botocore(bucket_name: str, client: Any) -> Place:
    # The client is shared: only the link with this key, which nobody else has, is looked at.
    key = f"philo-aws-place-{next(_numbers)}"
    found: list[Place] = []

    def look(
        request: Any, signature_version: Any, signing_name: str, region_name: str, **kwargs: Any
    ) -> None:
        url, _, rest = request.url.partition(key)
        if rest or not request.url.endswith(key):
            return
        scope = request.context.get("signing", {})
        is_ours = signature_version == _SIGNED_HERE
        found.append(
            place_at(
                bucket_name,
                url,
                region=scope.get("region") or region_name,
                service=(scope.get("signing_name") or signing_name) if is_ours else "",
            )
        )
        raise _SeenError

    events = client.meta.events
    with _asking:
        events.register_last("before-sign.s3", look, unique_id=key)
        try:
            client.generate_presigned_url("get_object", Params={"Bucket": bucket_name, "Key": key})
        except _SeenError:
            pass
        finally:
            events.unregister("before-sign.s3", look, unique_id=key)
    return found[0]


def place_at(bucket_name: str, url: str, *, region: str, service: str) -> Place:
    """Return the place whose objects have addresses that begin with ``url``."""
    parts = urlsplit(url)
    return Place(
        bucket=bucket_name,
        scheme=parts.scheme,
        netloc=parts.netloc,
        host=_host(parts),
        root=parts.path,
        region=region,
        service=service,
    )


def _host(parts: SplitResult) -> str:
    host = parts.hostname or ""
    if ":" in host:
        host = f"[{host}]"
    is_usual = parts.port in (None, _USUAL_PORTS.get(parts.scheme))
    return host if is_usual else f"{host}:{parts.port}"


def _endpoint(endpoint: str) -> SplitResult:
    try:
        parts = urlsplit(text("endpoint", endpoint))
        good = bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        good = False
    else:
        good = good and parts.scheme in ("http", "https") and parts.username is None
        good = good and not parts.query and not parts.fragment
    if not good:
        raise UsageError(
            Sentence(
                gettext_noop(
                    "endpoint is {endpoint}. Give scheme and host, such as 'https://example.com'."
                ),
                endpoint=show(endpoint),
            )
        )
    return parts
