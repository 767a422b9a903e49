"""The errors of this package for those of botocore, boto3 and s3transfer: imports botocore."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from botocore import exceptions as boto
from botocore.parsers import ResponseParserError
from django.utils.translation import gettext_noop

from . import exceptions as own
from .codes import from_code
from .exceptions import AWSError, Context, CredentialsError, Kind
from .sentences import Sentence

NO_CREDENTIALS = gettext_noop(
    "No AWS credentials were found. Give them in one of three ways: "
    'settings.AWS["credentials"], the environment variables AWS_ACCESS_KEY_ID and '
    "AWS_SECRET_ACCESS_KEY, or an AWS profile (or the role of this container or instance)."
)


def from_botocore(error: BaseException, where: Context) -> AWSError:
    """Return the error of this package for one of botocore's, boto3's or s3transfer's."""
    for kinds, make in _KINDS:
        if isinstance(error, kinds):
            return make(error, where)
    if isinstance(error, boto.BotoCoreError) and _is_about_credentials(error):
        return own.CredentialsError(
            Sentence(
                gettext_noop("The AWS credentials cannot be had: {cause}"),
                cause=_one_line(str(error)),
            )
        )
    cause = error.__cause__ or error.__context__
    if isinstance(cause, boto.ClientError):  # boto3 and s3transfer wrap AWS's answer
        return _from_answer(cause, where)
    return own.ServiceError(_one_line(str(error)))


def _from_answer(error: boto.ClientError, where: Context) -> AWSError:
    response: dict[str, Any] = dict(error.response)
    code = str(response.get("Error", {}).get("Code", ""))
    status = response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    message = str(response.get("Error", {}).get("Message") or "")
    request_id = str(response.get("ResponseMetadata", {}).get("RequestId", ""))
    where = dataclasses.replace(where, operation=where.operation or error.operation_name)
    return from_code(code, status, message, where, request_id=request_id)


def no_credentials(error: BaseException) -> CredentialsError:
    """Return the error for credentials that a profile promises but does not give."""
    cause = " ".join(str(error).split()).rstrip(".:")
    return CredentialsError(
        Sentence(
            gettext_noop(
                "The AWS credentials cannot be had: {cause}. Look at the profile, and at the "
                "program that its credential_process names."
            ),
            cause=cause,
        )
    )


def _is_about_credentials(error: boto.BotoCoreError) -> bool:
    name = type(error).__name__
    return "Credential" in name or "Token" in name or name.startswith(("SSO", "Login"))


def _endpoint(url: str | None) -> str:
    # Only the host: the rest names the object and may hold a signature.
    return "AWS at {0.scheme}://{0.netloc}".format(urlsplit(url)) if url else "AWS"


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _of(
    error_class: type[AWSError], sentence: str, kind: Kind | None = None
) -> Callable[[Any, Context], AWSError]:
    """Return a maker of ``error_class``; the sentence's fields are filled from the error."""

    def make(error: Any, where: Context) -> AWSError:
        kwargs = getattr(error, "kwargs", {})
        return error_class(
            Sentence(
                sentence,
                cause=_one_line(str(kwargs.get("error", error))),
                endpoint=_endpoint(kwargs.get("endpoint_url")),
                profile=kwargs.get("profile"),
                region=where.region,
                report=_one_line(str(kwargs.get("report") or error)),
                subject=where.subject(),
            ),
            kind=kind,
        )

    return make


def _tls(error: Any, where: Context) -> AWSError:
    """Return the error of a TLS connection that did not come about."""
    cause = _one_line(str(error.kwargs.get("error", error)))
    endpoint = _endpoint(error.kwargs.get("endpoint_url"))
    if "CERTIFICATE_VERIFY_FAILED" in cause:
        return own.NetworkError(
            Sentence(
                gettext_noop(
                    "The certificate of {endpoint} is not trusted: {cause}. Check the endpoint and "
                    "the clock, or name the file of certificates to trust in AWS_CA_BUNDLE."
                ),
                endpoint=endpoint,
                cause=cause,
            ),
            code="UntrustedCertificate",
            kind=Kind.FOR_ALL,
        )
    return own.NetworkError(
        Sentence(
            gettext_noop(
                "The TLS connection to {endpoint} failed: {cause}. "
                "Check the endpoint, the certificates and the proxy."
            ),
            endpoint=endpoint,
            cause=cause,
        ),
        kind=Kind.UNREACHABLE,
    )


def _unreached(error: Any, where: Context) -> AWSError:
    """Return the error of a connection that was not made."""
    endpoint = _endpoint(error.kwargs.get("endpoint_url"))
    cause = _one_line(str(error.kwargs.get("error", error)))
    if "Failed to resolve" in cause or "Name or service not known" in cause:
        template = gettext_noop(
            "{endpoint} cannot be reached: there is no such host, or nothing that knows its "
            'address. Check the network, the region and settings.AWS["endpoint_url"].'
        )
    else:
        template = gettext_noop(
            "{endpoint} cannot be reached. Check the network, the region and "
            'settings.AWS["endpoint_url"].'
        )
    return own.NetworkError(Sentence(template, endpoint=endpoint), kind=Kind.UNREACHABLE)


def _lost(error: Any, where: Context) -> AWSError:
    """Return the error of an exchange that failed in a way botocore has no name for."""
    cause = error.kwargs.get("error", error)
    endpoint = _endpoint(error.kwargs.get("endpoint_url"))
    if isinstance(cause, OSError) and "certificate bundle" in str(cause):
        return own.NetworkError(
            Sentence(
                gettext_noop(
                    "{cause}. Name a file of certificates in AWS_CA_BUNDLE, or leave it out."
                ),
                cause=_one_line(str(cause)),
            ),
            code="NoCertificates",
            kind=Kind.FOR_ALL,
        )
    return own.NetworkError(
        Sentence(
            gettext_noop(
                "The exchange with {endpoint} failed: {cause}. Check the network and "
                'settings.AWS["endpoint_url"].'
            ),
            endpoint=endpoint,
            cause=_one_line(str(cause)).rstrip("."),
        )
    )


# The first that fits counts: a class stands before its bases.
_KINDS: tuple[tuple[Any, Callable[[Any, Context], AWSError]], ...] = (
    (boto.ClientError, _from_answer),
    (boto.NoCredentialsError, _of(own.CredentialsError, NO_CREDENTIALS)),
    (
        boto.PartialCredentialsError,
        _of(
            own.CredentialsError,
            gettext_noop(
                "The AWS credentials are incomplete. "
                'Check settings.AWS["credentials"], or the environment or profile that boto3 reads.'
            ),
        ),
    ),
    (
        boto.ProfileNotFound,
        _of(
            own.CredentialsError,
            gettext_noop(
                "There is no AWS profile {profile!r}. "
                "`aws configure list-profiles` prints the names."
            ),
        ),
    ),
    (
        boto.NoRegionError,
        _of(
            own.RegionError,
            gettext_noop(
                'No AWS region was given. Set settings.AWS["region"], the environment variable '
                "AWS_REGION, or give one with the call (--region)."
            ),
        ),
    ),
    (
        boto.InvalidRegionError,
        _of(own.RegionError, gettext_noop("{region!r} is no region name, such as 'eu-west-1'.")),
    ),
    (boto.ParamValidationError, _of(own.InvalidRequestError, "{report}")),
    (boto.SSLError, _tls),
    (
        boto.ConnectTimeoutError,
        _of(
            own.NetworkError,
            gettext_noop(
                "{endpoint} did not answer in time. Check the network, or raise "
                'settings.AWS["timeouts"].'
            ),
            Kind.UNREACHABLE,
        ),
    ),
    (
        boto.ReadTimeoutError,
        _of(
            own.NetworkError,
            gettext_noop(
                "{endpoint} did not answer in time. Check the network, or raise "
                'settings.AWS["timeouts"].'
            ),
        ),
    ),
    (boto.CredentialRetrievalError, lambda error, where: no_credentials(error)),
    ((boto.EndpointConnectionError, boto.ProxyConnectionError), _unreached),
    (
        (boto.ConnectionClosedError, boto.ConnectionError),
        _of(
            own.NetworkError,
            gettext_noop(
                "{endpoint} broke off the connection. Check the network, the region and "
                'settings.AWS["endpoint_url"].'
            ),
        ),
    ),
    # Which of the two a body that breaks off is depends on the versions of botocore and urllib3.
    ((boto.HTTPClientError, boto.IncompleteReadError), _lost),
    (
        ResponseParserError,
        _of(
            own.ServiceError,
            gettext_noop(
                "The answer cannot be read: most likely it is not AWS's. "
                "Check the endpoint and the network."
            ),
            Kind.TRANSIENT,
        ),
    ),
    (
        (boto.ChecksumError, boto.FlexibleChecksumError),
        _of(
            own.ServiceError,
            gettext_noop("The bytes of {subject} do not match their checksum. Fetch it again."),
            Kind.TRANSIENT,
        ),
    ),
)
