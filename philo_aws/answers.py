"""What an answer has to hold to count: what AWS always says when it did what it was asked.

A proxy, a portal to log in at or a broken store can answer any request with 200. Without the proof
such an answer is a failure, which may pass; it is never a success.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from django.utils.translation import gettext_noop

from .exceptions import Kind, ServiceError, is_reading
from .sentences import Sentence

NO_PROOF = "NoProof"
"""The code of the error of an answer that proves nothing."""

Proof = Callable[[Any, Mapping[str, Any]], bool]


def _holds(*paths: str) -> Proof:
    """Return what says whether an answer holds all of these: ``CopyObjectResult.ETag``."""
    ways = [path.split(".") for path in paths]

    def prove(http: Any, parsed: Mapping[str, Any]) -> bool:
        return all(_at(parsed, way) not in (None, "") for way in ways)

    return prove


def _holds_one(*names: str) -> Proof:
    """Return what says whether an answer holds one of these or more."""
    return lambda http, parsed: any(name in parsed for name in names)


def _at(value: Any, way: list[str]) -> Any:
    for name in way:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def _is_element(*names: str) -> Proof:
    """Return what says whether an answer is the XML element of this name, which may be empty.

    Some stores call it by the operation.
    """
    either = b"|".join(name.encode() for name in names)
    begins = re.compile(
        rb"(?:\xef\xbb\xbf)?\s*(?:<\?xml\b[^>]*\?>\s*)?<(?:[\w.-]+:)?(?:" + either + rb")[\s/>]"
    )
    return lambda http, parsed: begins.match(http.content) is not None


def _is_empty(http: Any, parsed: Mapping[str, Any]) -> bool:
    """Say whether an answer has no body, as that to a DELETE: AWS answers 204."""
    return http.status_code == 204 or not http.content


def _is_empty_or_true(http: Any, parsed: Mapping[str, Any]) -> bool:
    """Say the same of a store that answers with a Python truth, as moto does."""
    return _is_empty(http, parsed) or http.content == b"True"


def _is_object(http: Any, parsed: Mapping[str, Any]) -> bool:
    """Say whether an answer is a JSON object; botocore takes any other text for an empty one."""
    try:
        return isinstance(json.loads(http.content), dict)
    except (ValueError, RecursionError):
        return False


def _is_done(http: Any, parsed: Mapping[str, Any]) -> bool:
    """Say whether an answer with nothing to tell is SQS's: empty under a request id, or ``{}``."""
    if not http.content:
        return "x-amzn-requestid" in http.headers
    return _is_object(http, parsed)


PROOFS: dict[str, dict[str, Proof]] = {
    "s3": {
        "CompleteMultipartUpload": _holds("ETag"),
        "CopyObject": _holds("CopyObjectResult.ETag"),
        "CreateMultipartUpload": _holds("UploadId"),
        "DeleteBucket": _is_empty,
        "DeleteBucketCors": _is_empty,
        "DeleteBucketEncryption": _is_empty,
        "DeleteBucketLifecycle": _is_empty,
        "DeleteBucketPolicy": _is_empty,
        "DeleteBucketTagging": _is_empty,
        "DeleteBucketWebsite": _is_empty,
        "DeleteObject": _is_empty,
        "DeleteObjectTagging": _is_empty,
        "DeletePublicAccessBlock": _is_empty,
        "GetBucketCors": _holds("CORSRules"),
        "GetBucketEncryption": _holds("ServerSideEncryptionConfiguration.Rules"),
        "GetBucketLifecycleConfiguration": _holds("Rules"),
        "GetBucketNotificationConfiguration": _is_element(
            "NotificationConfiguration", "GetBucketNotificationResponse"
        ),
        "GetBucketPolicy": _is_object,
        "GetBucketTagging": _holds("TagSet"),
        "GetBucketVersioning": _is_element(
            "VersioningConfiguration", "GetBucketVersioningResponse"
        ),
        "GetBucketWebsite": _is_element("WebsiteConfiguration"),
        "GetObjectTagging": _holds("TagSet"),
        "GetPublicAccessBlock": _is_element("PublicAccessBlockConfiguration"),
        "HeadObject": _holds("ETag"),
        "ListBuckets": _holds("Buckets"),
        "PutBucketCors": _is_empty,
        "PutBucketEncryption": _is_empty,
        "PutBucketLifecycleConfiguration": _is_empty,
        "PutBucketNotificationConfiguration": _is_empty,
        "PutBucketPolicy": _is_empty_or_true,
        "PutBucketTagging": _is_empty,
        "PutBucketVersioning": _is_empty,
        "PutBucketWebsite": _is_empty,
        "PutObject": _holds("ETag"),
        "PutObjectTagging": _is_empty,
        "PutPublicAccessBlock": _is_empty,
        "RestoreObject": _is_empty,
        "UploadPart": _holds("ETag"),
        "UploadPartCopy": _holds("CopyPartResult.ETag"),
    },
    "sqs": {
        "CancelMessageMoveTask": _holds("ApproximateNumberOfMessagesMoved"),
        "ChangeMessageVisibility": _is_done,
        "ChangeMessageVisibilityBatch": _holds_one("Successful", "Failed"),
        "CreateQueue": _holds("QueueUrl"),
        "DeleteMessage": _is_done,
        "DeleteMessageBatch": _holds_one("Successful", "Failed"),
        "DeleteQueue": _is_done,
        "GetQueueAttributes": _is_object,
        "GetQueueUrl": _holds("QueueUrl"),
        "ListDeadLetterSourceQueues": _holds("queueUrls"),
        "ListMessageMoveTasks": _is_object,
        "ListQueueTags": _is_object,
        "ListQueues": _is_object,
        "PurgeQueue": _is_done,
        "ReceiveMessage": _is_object,
        "SendMessage": _holds("MessageId", "MD5OfMessageBody"),
        "SendMessageBatch": _holds_one("Successful", "Failed"),
        "SetQueueAttributes": _is_done,
        "StartMessageMoveTask": _holds("TaskHandle"),
        "TagQueue": _is_done,
        "UntagQueue": _is_done,
    },
    "cloudfront": {
        "CreateInvalidation": _holds("Invalidation.Id", "Invalidation.Status"),
        "GetInvalidation": _holds("Invalidation.Id", "Invalidation.Status"),
    },
    "sts": {"GetCallerIdentity": _holds("Arn", "Account")},
    "ec2": {"DescribeRegions": _holds("Regions")},
    "account": {"ListRegions": _holds("Regions")},
}


def problem(operation: Any, http: Any, parsed: Mapping[str, Any]) -> ServiceError | None:
    """Return the error of an answer that proves nothing, ``None`` for one that counts.

    ``operation`` is botocore's model, ``http`` the answer and ``parsed`` what botocore read in it.
    """
    service = operation.service_model.service_name
    proof = PROOFS.get(service, {}).get(operation.name)
    if proof is None or proof(http, parsed):
        return None
    error = no_proof(operation.name, str(parsed.get("ResponseMetadata", {}).get("RequestId", "")))
    error.of_reading = is_reading(operation.name)
    return error


def no_proof(operation: str, request_id: str = "") -> ServiceError:
    """Return the error of an answer to ``operation`` that does not say that it was done."""
    return ServiceError(
        Sentence(
            gettext_noop(
                "The answer to {operation} does not say that it was done, though it reports no "
                "error. Most likely it is not AWS's, but that of a proxy or of a page to log in "
                "at: check the endpoint and the network."
            ),
            operation=operation,
        ),
        code=NO_PROOF,
        request_id=request_id,
        kind=Kind.TRANSIENT,
    )


def check(http_response: Any, parsed: Mapping[str, Any], model: Any, **kwargs: Any) -> None:
    """Raise :exc:`~philo_aws.exceptions.ServiceError` for an answer that proves nothing."""
    if parsed.get("Error") or http_response.status_code >= 300:
        return
    error = problem(model, http_response, parsed)
    if error is not None:
        raise error
