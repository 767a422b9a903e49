"""Links that work without credentials until they expire."""

from __future__ import annotations

import datetime
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_noop

from ...arguments import one_of, text, whole_number
from ...exceptions import UsageError
from ...limits import MAX_LINK_SECONDS
from ...sentences import Sentence
from ..request.names import check_key
from ..signing import Method, end_of_credentials, signer_for

if TYPE_CHECKING:
    from ...conf import Purpose

_OPERATIONS: dict[str, str] = {"GET": "get_object", "HEAD": "head_object", "PUT": "put_object"}


@dataclass(frozen=True, kw_only=True)
class PresignedURL:
    """A link that whoever has it may use."""

    url: str = field(repr=False)
    """The link; as good as a password while it lives."""
    expires_at: datetime.datetime
    """When it ends, in UTC: the credentials' own end where that comes first."""
    shortened: bool = False
    """Whether the credentials end before the lifetime asked for."""


def presign(
    bucket_name: str,
    key: str,
    region_name: str | None = None,
    *,
    expires_in: int = 3600,
    method: Method = "GET",
    version_id: str | None = None,
    content_type: str | None = None,
    content_disposition: str | None = None,
    purpose: Purpose = "commands",
) -> PresignedURL:
    """Return a link to an object that expires after ``expires_in`` seconds (1 to 604,800).

    It expires earlier where the credentials do. Whether the object is there is not asked.
    ``content_type`` and ``content_disposition`` are what a GET or a HEAD answers with; for a PUT
    ``content_type`` is the header that it has to send, and the other one and ``version_id`` cannot
    be given. Raises :exc:`~philo_aws.exceptions.UsageError` for them and for another lifetime,
    :exc:`~philo_aws.exceptions.CredentialsError` where there is nothing to sign with.
    """
    one_of("method", method, tuple(_OPERATIONS))
    parameters: dict[str, Any] = {"Bucket": bucket_name, "Key": check_key(key)}
    if method == "PUT" and (version_id or content_disposition):
        raise UsageError(
            Sentence(
                gettext_noop(
                    "A link to upload takes neither a version nor a content disposition. "
                    "Leave them out."
                )
            )
        )
    given = {
        "VersionId": version_id,
        "ContentType" if method == "PUT" else "ResponseContentType": content_type,
        "ResponseContentDisposition": content_disposition,
    }
    parameters |= {name: carried(name, value) for name, value in given.items() if value}
    return sign(
        _OPERATIONS[method], parameters, region_name, expires_in=expires_in, purpose=purpose
    )


def carried(name: str, value: str) -> str:
    """Return a parameter's text if a header can carry it: printable ASCII.

    Raises :exc:`~philo_aws.exceptions.UsageError`.
    """
    # https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html: what the answer's headers
    # cannot hold is refused, when the link is used and nobody is there to read why.
    if not (text(name, value).isascii() and value.isprintable()):
        raise UsageError(
            Sentence(
                gettext_noop(
                    "{name} {value!r} has characters that no header can carry. Use printable "
                    "ASCII; names of files beyond it are written filename*=UTF-8''…, "
                    "percent-encoded."
                ),
                name=name,
                value=value,
            )
        )
    return value


def sign(
    operation: str,
    parameters: dict[str, Any],
    region_name: str | None = None,
    *,
    expires_in: int,
    purpose: Purpose = "commands",
) -> PresignedURL:
    """Return a link for any operation of boto's S3 client on one object.

    Raises :exc:`~philo_aws.exceptions.UsageError` for a lifetime that is no whole number of 1 to
    604,800 seconds.
    """
    whole_number("expires_in", expires_in, 1, MAX_LINK_SECONDS)
    given = dict(parameters)
    bucket, key = given.pop("Bucket"), given.pop("Key")
    signer = signer_for(bucket, region_name, purpose=purpose)
    now = datetime.datetime.now(datetime.UTC).replace(microsecond=0)
    wanted = now + datetime.timedelta(seconds=expires_in)
    url = signer.sign(operation, key, given, expires_in=expires_in)
    end = end_of_credentials()
    expires_at = min(wanted, end) if end else wanted
    return PresignedURL(url=url, expires_at=expires_at, shortened=expires_at < wanted)
