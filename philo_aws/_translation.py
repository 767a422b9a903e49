"""The table behind :func:`philo_aws.exceptions.translate`: botocore's errors and AWS's codes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from botocore import exceptions as boto

from . import exceptions as own
from .exceptions import AWSError, Context

NO_CREDENTIALS = (
    "No AWS credentials were found. Give them in one of three ways: "
    'settings.AWS["credentials"], the environment variables AWS_ACCESS_KEY_ID and '
    "AWS_SECRET_ACCESS_KEY, or an AWS profile (or the role of this container or instance)."
)
_KEYS_HINT = 'Check settings.AWS["credentials"], or the environment or profile that boto3 reads.'

# AWS's code -> class, sentence. {subject} is what the call was about, {message} AWS's own words.
_CODES: dict[str, tuple[type[AWSError], str]] = {
    "NoSuchBucket": (
        own.BucketNotFoundError,
        "There is no bucket {bucket!r} that these credentials can see. "
        "Check the name, the endpoint and the account.",
    ),
    "NoSuchKey": (
        own.ObjectNotFoundError,
        "There is no object {key!r} in bucket {bucket!r}. "
        "Keys are case-sensitive and have no leading slash unless they were made with one.",
    ),
    "NoSuchVersion": (own.ObjectNotFoundError, "There is no such version of {subject}."),
    "NoSuchUpload": (
        own.NotFoundError,
        "The multipart upload of {subject} is gone: it was completed or aborted.",
    ),
    "QueueDoesNotExist": (
        own.QueueNotFoundError,
        "There is no queue {queue!r} in this region and account. "
        "Check the URL and the region; `manage.py aws_sqs list_queues` prints the URLs.",
    ),
    "InvalidAccessKeyId": (
        own.CredentialsError,
        "AWS does not know this access key id. " + _KEYS_HINT,
    ),
    "SignatureDoesNotMatch": (
        own.CredentialsError,
        "AWS refused the signature: the secret access key does not belong to the access key id. "
        + _KEYS_HINT,
    ),
    "ExpiredToken": (
        own.CredentialsError,
        "The credentials have expired. Sign in again, or give fresh ones.",
    ),
    "InvalidToken": (
        own.CredentialsError,
        "AWS does not accept the session token. Give the one that belongs to this key pair.",
    ),
    "RequestTimeTooSkewed": (
        own.ClockSkewError,
        "AWS refused the request because this machine's clock is more than 15 minutes off. "
        "Set the clock (for example by NTP).",
    ),
    "AccessDenied": (
        own.AccessDeniedError,
        "AWS denied access to {subject}: the credentials are good, but their policy does not "
        "allow this action. Ask for it to be allowed. AWS said: {message}",
    ),
    # The answers to HEAD have no body.
    "403": (
        own.AccessDeniedError,
        "AWS denied access to {subject} and does not say why: the credentials are wrong, or their "
        "policy does not allow this action, or what may not be listed is not there. "
        "Ask for it to be allowed. `manage.py aws_check` tells whether the credentials are good.",
    ),
    "BucketAlreadyExists": (
        own.ConflictError,
        "The bucket name {bucket!r} is taken by another account. Choose another name.",
    ),
    "BucketAlreadyOwnedByYou": (own.ConflictError, "You already own the bucket {bucket!r}."),
    "BucketNotEmpty": (
        own.ConflictError,
        "The bucket {bucket!r} is not empty. Delete its objects (all versions of them) first.",
    ),
    "QueueAlreadyExists": (
        own.ConflictError,
        "The queue {queue!r} exists with other attributes. "
        "Use its attributes, or choose another name.",
    ),
    "QueueDeletedRecently": (
        own.ConflictError,
        "The queue {queue!r} was deleted less than 60 seconds ago. Wait, then try again.",
    ),
    "PurgeQueueInProgress": (
        own.ConflictError,
        "The queue {queue!r} was purged less than 60 seconds ago. Wait, then try again.",
    ),
    "PreconditionFailed": (
        own.ConflictError,
        "The condition of the request on {subject} does not hold: it was changed meanwhile.",
    ),
    "InvalidObjectState": (
        own.ConflictError,
        "{subject} is archived. Restore it before it is read.",
    ),
    "PermanentRedirect": (
        own.RegionError,
        "The bucket {bucket!r} is in another region. Give its own region with --region, "
        "region_name or settings.AWS.",
    ),
    "AuthorizationHeaderMalformed": (
        own.RegionError,
        "The request for {subject} was signed for another region than the endpoint's. "
        "Give the right region with --region, region_name or settings.AWS. AWS said: {message}",
    ),
    "IllegalLocationConstraintException": (
        own.RegionError,
        "This endpoint cannot make a bucket in that region. AWS said: {message}",
    ),
    "InvalidBucketName": (
        own.InvalidRequestError,
        "{bucket!r} is no possible bucket name: 3 to 63 characters, lower-case letters, digits, "
        "dots and hyphens.",
    ),
    "EntityTooLarge": (own.InvalidRequestError, "{subject} is larger than AWS takes."),
    "KeyTooLongError": (
        own.InvalidRequestError,
        "The key is longer than 1,024 bytes in UTF-8. Shorten it.",
    ),
    # https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ReceiveMessage.html
    "OverLimit": (
        own.ThrottledError,
        "{subject} has as many messages in flight as it may have. Delete those that are done, "
        "or wait until their visibility timeout is over. AWS said: {message}",
    ),
    "BadDigest": (
        own.ServiceError,
        "The bytes of {subject} changed on the way: the checksums differ. Send it again.",
    ),
}
_ALIASES = {
    "AWS.SimpleQueueService.NonExistentQueue": "QueueDoesNotExist",
    "NonExistentQueue": "QueueDoesNotExist",
    "AWS.SimpleQueueService.PurgeQueueInProgress": "PurgeQueueInProgress",
    "AWS.SimpleQueueService.QueueDeletedRecently": "QueueDeletedRecently",
    "QueueNameExists": "QueueAlreadyExists",
    "InvalidClientTokenId": "InvalidAccessKeyId",
    "UnrecognizedClientException": "InvalidAccessKeyId",
    "InvalidSignatureException": "SignatureDoesNotMatch",
    "IncompleteSignature": "SignatureDoesNotMatch",
    "ExpiredTokenException": "ExpiredToken",
    "TokenRefreshRequired": "ExpiredToken",
    "RequestExpired": "RequestTimeTooSkewed",
    "AccessDeniedException": "AccessDenied",
    "AllAccessDisabled": "AccessDenied",
    "UnauthorizedOperation": "AccessDenied",
    "AuthorizationError": "AccessDenied",
    "Forbidden": "403",
    "301": "PermanentRedirect",
    "412": "PreconditionFailed",
    "InvalidLocationConstraint": "IllegalLocationConstraintException",
    "XAmzContentChecksumMismatch": "BadDigest",
}
_THROTTLED = frozenset(
    {
        "429",
        "BandwidthLimitExceeded",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestThrottledException",
        "SlowDown",
        "ThrottledException",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
    }
)
_NOT_SUPPORTED = frozenset(
    {
        "405",
        "501",
        "AWS.SimpleQueueService.UnsupportedOperation",
        "InvalidAction",
        "MethodNotAllowed",
        "NotImplemented",
        "UnknownOperationException",
        "UnsupportedOperation",
    }
)


def from_botocore(error: BaseException, where: Context) -> AWSError:
    """Return the error of this package for one of botocore's, boto3's or s3transfer's."""
    for kinds, make in _KINDS:
        if isinstance(error, kinds):
            return make(error, where)
    if isinstance(error, boto.BotoCoreError) and _is_about_credentials(error):
        return own.CredentialsError(f"The AWS credentials cannot be had: {_one_line(str(error))}")
    cause = error.__cause__ or error.__context__
    if isinstance(cause, boto.ClientError):  # boto3 and s3transfer wrap AWS's answer
        return _from_answer(cause, where)
    return own.ServiceError(_one_line(str(error)))


def _from_answer(error: boto.ClientError, where: Context) -> AWSError:
    response: dict[str, Any] = dict(error.response)
    code = str(response.get("Error", {}).get("Code", ""))
    status = response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    message = _one_line(str(response.get("Error", {}).get("Message") or "nothing more."))
    request_id = str(response.get("ResponseMetadata", {}).get("RequestId", ""))
    return from_code(code, status, message, where, request_id=request_id)


def from_code(
    code: str, status: int, message: str, where: Context, *, request_id: str = ""
) -> AWSError:
    """Return the error for an answer of AWS: its code, HTTP status and message."""
    known = _CODES.get(_ALIASES.get(code, code)) or _CODES.get(_guess(code, status, where))
    if known:
        kind, sentence = known
        text = sentence.format(
            subject=where.subject(),
            bucket=where.bucket,
            key=where.key,
            queue=where.queue,
            message=message,
        )
        text = text[0].upper() + text[1:]
    elif code in _THROTTLED or status == 429:
        kind, text = (
            own.ThrottledError,
            (
                f"AWS asked to slow down ({code}) and still did after all retries. "
                "Try later, or with a lower --concurrency."
            ),
        )
    elif code in _NOT_SUPPORTED:
        kind, text = own.NotSupportedError, f"This endpoint does not have the operation: {message}"
    elif code == "400":  # an answer to HEAD, which has no body
        kind, text = (
            own.InvalidRequestError,
            "AWS refused the request without saying why (400). Most often the credentials have "
            "expired: sign in again, or give fresh ones.",
        )
    elif 400 <= status < 500:
        kind, text = own.InvalidRequestError, f"AWS refused the request ({code}): {message}"
    else:
        kind, text = own.ServiceError, f"AWS failed ({code or status}): {message} Try again later."
    return kind(text, code=code, request_id=request_id)


def _guess(code: str, status: int, where: Context) -> str:
    """Return the code that an answer without a body, as every answer to HEAD is, stands for."""
    if code in ("404", "NotFound") or (status == 404 and not code):
        return "NoSuchKey" if where.key else "NoSuchBucket" if where.bucket else ""
    return ""


def _is_about_credentials(error: boto.BotoCoreError) -> bool:
    name = type(error).__name__
    return "Credential" in name or "Token" in name or name.startswith(("SSO", "Login"))


def _endpoint(url: str | None) -> str:
    # Only the host: the rest names the object and may hold a signature.
    return "AWS at {0.scheme}://{0.netloc}".format(urlsplit(url)) if url else "AWS"


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _of(kind: type[AWSError], sentence: str) -> Callable[[Any, Context], AWSError]:
    """Return a maker of ``kind``; the sentence's fields are filled from the error."""

    def make(error: Any, where: Context) -> AWSError:
        kwargs = getattr(error, "kwargs", {})
        return kind(
            sentence.format(
                cause=_one_line(str(kwargs.get("error", error))),
                endpoint=_endpoint(kwargs.get("endpoint_url")),
                profile=kwargs.get("profile"),
                region=where.region,
                report=_one_line(str(kwargs.get("report") or error)),
                subject=where.subject(),
            )
        )

    return make


# The first that fits counts: a class stands before its bases.
_KINDS: tuple[tuple[Any, Callable[[Any, Context], AWSError]], ...] = (
    (boto.ClientError, _from_answer),
    (boto.NoCredentialsError, _of(own.CredentialsError, NO_CREDENTIALS)),
    (
        boto.PartialCredentialsError,
        _of(own.CredentialsError, f"The AWS credentials are incomplete. {_KEYS_HINT}"),
    ),
    (
        boto.ProfileNotFound,
        _of(
            own.CredentialsError,
            "There is no AWS profile {profile!r}. `aws configure list-profiles` prints the names.",
        ),
    ),
    (
        boto.NoRegionError,
        _of(
            own.RegionError,
            'No AWS region was given. Set settings.AWS["region"], the environment variable '
            "AWS_REGION, or give one with the call (--region).",
        ),
    ),
    (
        boto.InvalidRegionError,
        _of(own.RegionError, "{region!r} is no region name, such as 'eu-west-1'."),
    ),
    (boto.ParamValidationError, _of(own.InvalidRequestError, "{report}")),
    (
        boto.SSLError,
        _of(
            own.NetworkError,
            "The TLS connection to {endpoint} failed: {cause}. "
            "Check the endpoint, the certificates and the proxy.",
        ),
    ),
    (
        (boto.ConnectTimeoutError, boto.ReadTimeoutError),
        _of(
            own.NetworkError,
            "{endpoint} did not answer in time. Check the network, or raise "
            'settings.AWS["timeouts"].',
        ),
    ),
    (
        (boto.ConnectionError, boto.HTTPClientError),
        _of(
            own.NetworkError,
            "{endpoint} cannot be reached. Check the network, the region and "
            'settings.AWS["endpoint_url"].',
        ),
    ),
    (
        (boto.ChecksumError, boto.FlexibleChecksumError),
        _of(
            own.ServiceError,
            "The bytes of {subject} do not match their checksum. Fetch it again.",
        ),
    ),
)
