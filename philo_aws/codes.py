"""The one table of AWS's error codes: class of the error, its sentence, and whether to try again.

Translation, the transfers' retries and the patience of every client read it, so that none of them
can think otherwise of a code than the others. The codes are those of
https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html,
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/CommonErrors.html and
https://docs.aws.amazon.com/general/latest/gr/api-retries.html.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext_noop

from . import exceptions as own
from .exceptions import AWSError, Context, Kind, is_reading
from .sentences import Sentence


@dataclass(frozen=True, kw_only=True, slots=True)
class Meaning:
    """What a code means."""

    error: type[AWSError]
    """The class of the error."""
    sentence: str
    """What the user reads: ``{subject}`` is what the call was about, ``{message}`` AWS's words."""
    kind: Kind
    """Whether another attempt may do."""


def _of(
    error: type[AWSError], sentence: str, kind: Kind | None = None, *codes: str
) -> dict[str, Meaning]:
    meaning = Meaning(error=error, sentence=sentence, kind=kind or error.usual_kind)
    return dict.fromkeys(codes, meaning)


CODES: dict[str, Meaning] = {
    # ------------------------------------------------------------------ what is not there
    **_of(
        own.BucketNotFoundError,
        gettext_noop(
            "There is no bucket {bucket!r} that these credentials can see. "
            "Check the name, the endpoint and the account."
        ),
        Kind.FOR_ALL,
        "NoSuchBucket",
    ),
    **_of(
        own.ObjectNotFoundError,
        gettext_noop(
            "There is no object {key!r} in bucket {bucket!r}. "
            "Keys are case-sensitive and have no leading slash unless they were made with one."
        ),
        None,
        "NoSuchKey",
    ),
    **_of(
        own.ObjectNotFoundError,
        gettext_noop("There is no such version of {subject}."),
        None,
        "NoSuchVersion",
    ),
    **_of(
        own.NotFoundError,
        gettext_noop("The multipart upload of {subject} is gone: it was completed or aborted."),
        None,
        "NoSuchUpload",
    ),
    **_of(
        own.QueueNotFoundError,
        gettext_noop(
            "There is no queue {queue!r} in this region and account. "
            "Check the URL and the region; `manage.py aws_sqs list_queues` prints the URLs."
        ),
        None,
        "QueueDoesNotExist",
        "AWS.SimpleQueueService.NonExistentQueue",
        "NonExistentQueue",
    ),
    **_of(
        own.NotFoundError,
        gettext_noop("What was asked for of {subject} does not exist. AWS said: {message}"),
        None,
        "ResourceNotFoundException",
        "NoSuchEntity",
        "NoSuchTagSet",
        "NoSuchCORSConfiguration",
        "NoSuchLifecycleConfiguration",
        "NoSuchBucketPolicy",
        "NoSuchPublicAccessBlockConfiguration",
        "NoSuchWebsiteConfiguration",
        "ServerSideEncryptionConfigurationNotFoundError",
    ),
    # ------------------------------------------------------------------------- who asks
    **_of(
        own.CredentialsError,
        gettext_noop(
            "AWS does not know this access key id. "
            'Check settings.AWS["credentials"], or the environment or profile that boto3 reads.'
        ),
        Kind.FOR_ALL,
        "InvalidAccessKeyId",
        "InvalidClientTokenId",
        "UnrecognizedClientException",
    ),
    **_of(
        own.CredentialsError,
        gettext_noop(
            "AWS refused the signature: the secret access key does not belong to the access key "
            "id. "
            'Check settings.AWS["credentials"], or the environment or profile that boto3 reads. '
            "AWS said: {message}"
        ),
        Kind.FOR_ALL,
        "SignatureDoesNotMatch",
        "InvalidSignatureException",
        "IncompleteSignature",
        "InvalidSecurity",
    ),
    **_of(
        own.CredentialsError,
        gettext_noop("The credentials have expired. Sign in again, or give fresh ones."),
        Kind.EXPIRED,
        "ExpiredToken",
        "ExpiredTokenException",
        "TokenRefreshRequired",
    ),
    **_of(
        own.CredentialsError,
        gettext_noop(
            "AWS does not accept the session token. Give the one that belongs to this key pair."
        ),
        Kind.FOR_ALL,
        "InvalidToken",
    ),
    **_of(
        own.CredentialsError,
        gettext_noop(
            "The credentials may not be used: {message} "
            'Check settings.AWS["credentials"], or the environment or profile that boto3 reads.'
        ),
        Kind.FOR_ALL,
        "AccountProblem",
        "MissingAuthenticationToken",
        "MissingSecurityHeader",
        "NotSignedUp",
        "OptInRequired",
    ),
    **_of(
        own.ClockSkewError,
        gettext_noop(
            "AWS refused the request because this machine's clock is more than 15 minutes off. "
            "Set the clock (for example by NTP)."
        ),
        Kind.FOR_ALL,
        "RequestTimeTooSkewed",
        "RequestExpired",
        "RequestInTheFuture",
    ),
    # ----------------------------------------------------------------------- who may not
    **_of(
        own.AccessDeniedError,
        gettext_noop(
            "AWS denied access to {subject}: the credentials are good, but their policy does not "
            "allow this action. Ask for it to be allowed. AWS said: {message}"
        ),
        None,
        "AccessDenied",
        "AccessDeniedException",
        "UnauthorizedOperation",
        "AuthorizationError",
        "KMS.AccessDeniedException",
        "KmsAccessDenied",
        "KMSAccessDeniedException",
    ),
    **_of(
        own.AccessDeniedError,
        gettext_noop(
            "AWS denied access to {subject}, as to everything of this account. AWS said: {message}"
        ),
        Kind.FOR_ALL,
        "AllAccessDisabled",
    ),
    # The answers to HEAD have no body.
    **_of(
        own.AccessDeniedError,
        gettext_noop(
            "AWS denied access to {subject} and does not say why: the credentials are wrong, or "
            "their policy does not allow this action, or what may not be listed is not there. "
            "Ask for it to be allowed. `manage.py aws_check` tells whether the credentials are "
            "good."
        ),
        None,
        "403",
        "Forbidden",
    ),
    # ------------------------------------------------------------------ what stands there
    **_of(
        own.ConflictError,
        gettext_noop(
            "The bucket name {bucket!r} is taken by another account. Choose another name."
        ),
        None,
        "BucketAlreadyExists",
    ),
    **_of(
        own.ConflictError,
        gettext_noop("You already own the bucket {bucket!r}."),
        None,
        "BucketAlreadyOwnedByYou",
    ),
    **_of(
        own.ConflictError,
        gettext_noop(
            "The bucket {bucket!r} is not empty. Delete its objects (all versions of them) first."
        ),
        None,
        "BucketNotEmpty",
    ),
    **_of(
        own.ConflictError,
        gettext_noop(
            "The queue {queue!r} exists with other attributes. "
            "Use its attributes, or choose another name."
        ),
        None,
        "QueueAlreadyExists",
        "QueueNameExists",
    ),
    **_of(
        own.ConflictError,
        gettext_noop(
            "The queue {queue!r} was deleted less than 60 seconds ago. Wait, then try again."
        ),
        None,
        "QueueDeletedRecently",
        "AWS.SimpleQueueService.QueueDeletedRecently",
    ),
    **_of(
        own.ConflictError,
        gettext_noop(
            "The queue {queue!r} was purged less than 60 seconds ago. Wait, then try again."
        ),
        None,
        "PurgeQueueInProgress",
        "AWS.SimpleQueueService.PurgeQueueInProgress",
    ),
    **_of(
        own.ConflictError,
        gettext_noop(
            "The condition of the request on {subject} does not hold: it was changed meanwhile."
        ),
        None,
        "PreconditionFailed",
        "412",
    ),
    **_of(
        own.ConflictError,
        gettext_noop(
            "The {subject} is archived. Have it restored before it is read: "
            "`manage.py aws_s3 restore_archive` does that."
        ),
        None,
        "InvalidObjectState",
        "ObjectNotInActiveTierError",
    ),
    **_of(
        own.ConflictError,
        gettext_noop("The {subject} is being restored already. That takes its time."),
        None,
        "RestoreAlreadyInProgress",
    ),
    **_of(
        own.ConflictError,
        gettext_noop("The {subject} is not archived: it can be read as it is."),
        None,
        "ObjectAlreadyInActiveTierError",
    ),
    # ------------------------------------------------------------------------------ where
    **_of(
        own.RegionError,
        gettext_noop(
            "The bucket {bucket!r} is in another region. Give its own region with --region, "
            "region_name or settings.AWS."
        ),
        Kind.FOR_ALL,
        "PermanentRedirect",
        "TemporaryRedirect",
        "Redirect",
        "301",
        "307",
    ),
    **_of(
        own.RegionError,
        gettext_noop(
            "The request for {subject} was signed for another region than the endpoint's. "
            "Give the right region with --region, region_name or settings.AWS. AWS said: {message}"
        ),
        Kind.FOR_ALL,
        "AuthorizationHeaderMalformed",
    ),
    **_of(
        own.RegionError,
        gettext_noop("This endpoint cannot make a bucket in that region. AWS said: {message}"),
        Kind.FOR_ALL,
        "IllegalLocationConstraintException",
        "InvalidLocationConstraint",
    ),
    # ------------------------------------------------------------------- what cannot be
    **_of(
        own.InvalidRequestError,
        gettext_noop(
            "{bucket!r} is no possible bucket name: 3 to 63 characters, lower-case letters, "
            "digits, dots and hyphens."
        ),
        None,
        "InvalidBucketName",
    ),
    **_of(
        own.InvalidRequestError,
        gettext_noop("{subject} is larger than AWS takes."),
        None,
        "EntityTooLarge",
    ),
    **_of(
        own.InvalidRequestError,
        gettext_noop("The key is longer than 1,024 bytes in UTF-8. Shorten it."),
        None,
        "KeyTooLongError",
    ),
    **_of(
        own.InvalidRequestError,
        gettext_noop(
            "The key of AWS KMS with which {subject} is encrypted cannot be used: {message} "
            "Check that it exists, is enabled and is in the same region."
        ),
        None,
        "KMS.DisabledException",
        "KMS.InvalidKeyUsageException",
        "KMS.InvalidStateException",
        "KMS.KMSInvalidStateException",
        "KMS.NotFoundException",
        "KMS.OptInRequired",
        "KmsDisabled",
        "KmsInvalidKeyUsage",
        "KmsInvalidState",
        "KmsNotFound",
        "KmsOptInRequired",
    ),
    **_of(
        own.NotSupportedError,
        gettext_noop("This endpoint does not have the operation: {message}"),
        None,
        "405",
        "501",
        "AWS.SimpleQueueService.UnsupportedOperation",
        "InvalidAction",
        "MethodNotAllowed",
        "NotImplemented",
        "UnknownOperationException",
        "UnsupportedOperation",
    ),
    # ------------------------------------------------------------------------- too fast
    # https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ReceiveMessage.html
    # Waiting a few seconds does not help: messages have to be deleted first.
    **_of(
        own.ThrottledError,
        gettext_noop(
            "{subject} has as many messages in flight as it may have. Delete those that are done, "
            "or wait until their visibility timeout is over. AWS said: {message}"
        ),
        Kind.PERMANENT,
        "OverLimit",
        "AWS.SimpleQueueService.OverLimit",
    ),
    **_of(
        own.ThrottledError,
        gettext_noop(
            "AWS asked to slow down ({code}) and still did after all retries. "
            "Try later, or {slower}."
        ),
        Kind.THROTTLED,
        "429",
        "BandwidthLimitExceeded",
        "EC2ThrottledException",
        "KMS.ThrottlingException",
        "KmsThrottled",
        "PriorRequestNotComplete",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestThrottledException",
        "ServiceUnavailable",
        "SlowDown",
        "SlowDownRead",
        "SlowDownWrite",
        "ThrottledException",
        "Throttling",
        "ThrottlingException",
        "TooManyRequests",
        "TooManyRequestsException",
    ),
    # -------------------------------------------------------------------- AWS's own fault
    **_of(
        own.ServiceError,
        gettext_noop(
            "The bytes of {subject} changed on the way: the checksums differ. Send it again."
        ),
        Kind.TRANSIENT,
        "BadDigest",
        "XAmzContentChecksumMismatch",
        "XAmzContentSHA256Mismatch",
    ),
    **_of(
        own.ServiceError,
        gettext_noop("AWS failed ({code}): {message} Try again later."),
        Kind.TRANSIENT,
        "IncompleteBody",
        "InternalError",
        "InternalFailure",
        "InternalServerError",
        "InternalServiceError",
        "KMS.InternalException",
        "KMSInternalException",
        "RequestTimeout",
        "RequestTimeoutException",
        "ServiceFailure",
    ),
    **_of(
        own.ConflictError,
        gettext_noop(
            "Something else is being done to {subject} at this moment. Try again. "
            "AWS said: {message}"
        ),
        Kind.TRANSIENT,
        "ConditionalRequestConflict",
        "OperationAborted",
    ),
}

_OTHER_REGION = frozenset(
    {
        "AuthorizationHeaderMalformed",
        "IllegalLocationConstraintException",
        "PermanentRedirect",
        "Redirect",
        "TemporaryRedirect",
    }
)
_WRONG_REQUEST = Meaning(
    error=own.InvalidRequestError,
    sentence=gettext_noop("AWS refused the request ({code}): {message}"),
    kind=Kind.PERMANENT,
)
# Most often an answer to HEAD, which has no body.
_NO_REASON = Meaning(
    error=own.InvalidRequestError,
    sentence=gettext_noop(
        "AWS refused the request without saying why (400). Most often the credentials have "
        "expired: sign in again, or give fresh ones."
    ),
    kind=Kind.PERMANENT,
)
_EXPIRED_HEAD = Meaning(
    error=own.InvalidRequestError, sentence=_NO_REASON.sentence, kind=Kind.EXPIRED
)
_NOT_HERE = Meaning(
    error=own.NotFoundError,
    sentence=gettext_noop(
        "There is nothing at this address ({code}). Check the endpoint. AWS said: {message}"
    ),
    kind=Kind.PERMANENT,
)
_FAILED = CODES["InternalError"]
_BUSY = Meaning(error=own.ServiceError, sentence=_FAILED.sentence, kind=Kind.THROTTLED)
_PASSING = Meaning(
    error=own.ConflictError,
    sentence=CODES["OperationAborted"].sentence,
    kind=Kind.TRANSIENT,
)
# Requests that do not need the object to be there, so that "not found" is said of the bucket.
_MAKE_THE_OBJECT = frozenset(
    {"CompleteMultipartUpload", "CreateMultipartUpload", "PutObject", "UploadPart"}
)


def meaning_of(code: str, status: int, where: Context, *, message: str = "") -> Meaning:
    """Return what an answer means, by its code, else by its HTTP status.

    ``status`` is 0 where none is known, as for a single entry of a batch.
    """
    if code == "SignatureDoesNotMatch" and "scoped to a valid region" in message:
        return CODES["AuthorizationHeaderMalformed"]
    known = CODES.get(code)
    if known is not None:
        return known
    if code in ("404", "NotFound") or (status == 404 and not code):
        return _not_found(where)
    return _by_status(code, status, where)


def _not_found(where: Context) -> Meaning:
    """Return what an answer without a body stands for; every one to HEAD is such."""
    if where.key and where.operation not in _MAKE_THE_OBJECT:
        return CODES["NoSuchKey"]
    if where.bucket:
        return CODES["NoSuchBucket"]
    return CODES["QueueDoesNotExist"] if where.queue else _NOT_HERE


def _by_status(code: str, status: int, where: Context) -> Meaning:
    if code == "400":
        return _EXPIRED_HEAD if where.operation.startswith("Head") else _NO_REASON
    if status == 429:
        return CODES["SlowDown"]
    if status in (408, 409):
        return _FAILED if status == 408 else _PASSING
    if status == 503:
        return _BUSY
    if 400 <= status < 500 or (code and not status):
        return _WRONG_REQUEST
    # 200 is the status of an error that came after the answer had begun.
    return _FAILED


def kind_of(code: str, status: int, where: Context | None = None, *, other_region: bool) -> Kind:
    """Return whether another attempt may do.

    ``other_region`` says that the answer named another region than the one asked.
    """
    if other_region and (code in _OTHER_REGION or status in (301, 307, 400)):
        return Kind.REDIRECTED
    return meaning_of(code, status, where or Context()).kind


def from_code(
    code: str, status: int, message: str, where: Context, *, request_id: str = ""
) -> AWSError:
    """Return the error for an answer of AWS: its code, HTTP status (0 for none) and message."""
    meaning = meaning_of(code, status, where, message=message)
    text = Sentence(
        meaning.sentence,
        subject=where.subject(),
        bucket=where.bucket,
        key=where.key,
        queue=where.queue,
        message=" ".join(message.split()) or Sentence(gettext_noop("nothing more.")),
        code=code or status,
        slower=Sentence(
            gettext_noop("with a lower --concurrency")
            if where.bucket
            else gettext_noop("with fewer requests at a time")
        ),
    )
    made = meaning.error(text, code=code, request_id=request_id, kind=meaning.kind)
    made.of_reading = is_reading(where.operation)
    return made
