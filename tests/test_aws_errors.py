"""Each failure becomes one class and one sentence that says what to do; no secret, one line."""

from __future__ import annotations

import contextlib
import errno
import gc
import os
import socket
import sys
import weakref
from pathlib import Path

import pytest
from botocore import exceptions as boto
from pytest_django import Settings

from philo_aws import exceptions as own
from philo_aws.aws_errors import translate, translated
from philo_aws.clients import get_client
from philo_aws.exceptions import AWSError
from tests.servers import LocalAWS


def answer(code: str, status: int = 400, message: str = "Said\n by AWS.") -> boto.ClientError:
    return boto.ClientError(
        {
            "Error": {"Code": code, "Message": message},
            "ResponseMetadata": {"HTTPStatusCode": status, "RequestId": "REQ1"},  # type: ignore[typeddict-item]
        },
        "AnyOperation",
    )


def made(error: BaseException, **context: str) -> AWSError:
    result = translate(error, **context)
    assert result is not None
    return result


# Most of these codes no local server gives, so the answer itself is made here.
@pytest.mark.parametrize(
    ("code", "status", "kind", "said"),
    [
        ("NoSuchBucket", 404, own.BucketNotFoundError, "no bucket 'b'"),
        ("NoSuchKey", 404, own.ObjectNotFoundError, "no object 'k' in bucket 'b'"),
        ("404", 404, own.ObjectNotFoundError, "no object 'k'"),
        ("NoSuchVersion", 404, own.ObjectNotFoundError, "no such version of object 'k'"),
        ("AWS.SimpleQueueService.NonExistentQueue", 400, own.QueueNotFoundError, "list_queues"),
        ("InvalidAccessKeyId", 403, own.CredentialsError, "does not know this access key"),
        ("UnrecognizedClientException", 400, own.CredentialsError, "does not know this access"),
        ("SignatureDoesNotMatch", 403, own.CredentialsError, "secret access key does not belong"),
        ("InvalidSignatureException", 400, own.CredentialsError, "secret access key"),
        ("ExpiredToken", 400, own.CredentialsError, "have expired"),
        ("400", 400, own.InvalidRequestError, "Most often the credentials have expired"),
        ("RequestTimeTooSkewed", 403, own.ClockSkewError, "clock"),
        ("AccessDenied", 403, own.AccessDeniedError, "policy does not allow"),
        ("403", 403, own.AccessDeniedError, "does not say why: the credentials are wrong, or"),
        ("BucketAlreadyExists", 409, own.ConflictError, "another account"),
        ("BucketNotEmpty", 409, own.ConflictError, "is not empty"),
        ("QueueDeletedRecently", 400, own.ConflictError, "60 seconds"),
        ("PurgeQueueInProgress", 403, own.ConflictError, "60 seconds"),
        ("PermanentRedirect", 301, own.RegionError, "another region"),
        ("AuthorizationHeaderMalformed", 400, own.RegionError, "right region"),
        ("InvalidAction", 400, own.NotSupportedError, "does not have the operation"),
        ("SlowDown", 503, own.ThrottledError, "slow down"),
        ("Whatever", 429, own.ThrottledError, "slow down"),
        ("OverLimit", 403, own.ThrottledError, "in flight as it may have"),
        ("Whatever", 400, own.InvalidRequestError, "refused the request (Whatever): Said by AWS."),
        ("InternalError", 500, own.ServiceError, "Try again later"),
    ],
)
def test_codes_of_aws(code: str, status: int, kind: type[AWSError], said: str) -> None:
    error = made(answer(code, status), bucket="b", key="k", queue="q")
    assert type(error) is kind
    assert said in str(error)
    assert "\n" not in str(error)
    assert str(error)[0].isupper()
    assert (error.code, error.request_id, error.exit_code) == (code, "REQ1", 1)


@pytest.mark.parametrize(
    ("error", "kind", "said"),
    [
        (boto.NoCredentialsError(), own.CredentialsError, "one of three ways"),
        (
            boto.PartialCredentialsError(provider="env", cred_var="AWS_SECRET_ACCESS_KEY"),
            own.CredentialsError,
            "incomplete",
        ),
        (boto.ProfileNotFound(profile="dev"), own.CredentialsError, "no AWS profile 'dev'"),
        (boto.TokenRetrievalError(provider="sso", error_msg="x"), own.CredentialsError, "be had"),
        (boto.NoRegionError(), own.RegionError, "AWS_REGION"),
        (
            boto.ReadTimeoutError(endpoint_url="http://h/b/k?X-Amz-Signature=5"),
            own.NetworkError,
            "in time",
        ),
        (boto.ConnectTimeoutError(endpoint_url="http://h/"), own.NetworkError, "http://h did not"),
        (
            boto.IncompleteReadError(actual_bytes=1, expected_bytes=2),
            own.NetworkError,
            "bytes expected is 2. Check the network",
        ),
        (
            boto.SSLError(endpoint_url="http://h/", error=ValueError("bad\ncert")),
            own.NetworkError,
            "bad cert",
        ),
        (boto.ParamValidationError(report="Missing x"), own.InvalidRequestError, "Missing x"),
        (boto.DataNotFoundError(data_path="x"), own.ServiceError, "x"),
    ],
)
def test_errors_of_botocore(error: Exception, kind: type[AWSError], said: str) -> None:
    result = made(error)
    assert type(result) is kind
    assert said in str(result)
    assert "Signature" not in str(result)


def test_a_wrapped_answer_is_found() -> None:
    from boto3.exceptions import S3UploadFailedError

    outer = S3UploadFailedError("no")
    outer.__cause__ = answer("NoSuchBucket", 404)
    with pytest.raises(own.BucketNotFoundError) as caught, translated(bucket="b"):
        raise outer
    assert caught.value.code == "NoSuchBucket"


def test_errors_of_the_machine(tmp_path: Path) -> None:
    with (
        pytest.raises(own.LocalFileError, match=r"no file or folder .*missing") as caught,
        translated(),
    ):
        (tmp_path / "missing").read_bytes()
    assert caught.value.errno == errno.ENOENT
    assert isinstance(caught.value.__cause__, FileNotFoundError)
    with pytest.raises(own.LocalFileError, match="is a folder, not a file"), translated():
        tmp_path.read_bytes()
    assert "permission denied" in str(made(PermissionError(errno.EACCES, "x", "f")))
    assert "No space left" in str(
        made(OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)), filename="f")
    )


def test_other_errors_pass_unchanged() -> None:
    with pytest.raises(ZeroDivisionError), translated():
        _ = 1 / 0
    already = own.ConflictError("x")
    with pytest.raises(own.ConflictError) as caught, translated():
        raise already
    assert caught.value is already


@pytest.mark.skipif(
    sys.version_info >= (3, 12), reason="contextlib itself keeps an error that another one replaces"
)
def test_an_error_that_was_dealt_with_holds_nothing() -> None:
    class Held:
        """Something of a caller, as an open file."""

    def deal() -> weakref.ref[Held]:
        held = Held()
        with contextlib.suppress(AWSError), translated():
            raise answer("NoSuchBucket")
        return weakref.ref(held)

    gc.disable()
    try:
        assert deal()() is None
    finally:
        gc.enable()


def test_a_missing_bucket_and_key_and_queue(aws: LocalAWS, bucket: str) -> None:
    with pytest.raises(own.BucketNotFoundError), translated(bucket="b-none"):
        get_client("s3").list_objects_v2(Bucket="b-none")
    with pytest.raises(own.ObjectNotFoundError), translated(bucket=bucket, key="none"):
        get_client("s3").get_object(Bucket=bucket, Key="none")
    with pytest.raises(own.ObjectNotFoundError), translated(bucket=bucket, key="none"):
        get_client("s3").head_object(Bucket=bucket, Key="none")
    with pytest.raises(own.QueueNotFoundError), translated(queue="none"):
        get_client("sqs").get_queue_url(QueueName="none")


def test_wrong_secrets_and_denied_actions(signed_aws: LocalAWS, settings: Settings) -> None:
    wrong = signed_aws.credentials | {"aws_secret_access_key": "wrong"}  # type: ignore[operator]
    settings.AWS = signed_aws.settings | {"credentials": wrong}
    with pytest.raises(own.CredentialsError, match="does not belong"), translated():
        get_client("s3").list_buckets()
    with pytest.raises(own.CredentialsError), translated():
        get_client("sqs").list_queues()
    unknown = wrong | {"aws_access_key_id": "AKIDUNKNOWN"}
    settings.AWS = signed_aws.settings | {"credentials": unknown}
    with pytest.raises(own.CredentialsError), translated():
        get_client("s3").list_buckets()
    settings.AWS = signed_aws.settings | {"credentials": signed_aws.make_user("sqs:ListQueues")}
    with pytest.raises(own.AccessDeniedError, match="policy does not allow"), translated():
        get_client("s3").list_buckets()


def test_nobody_listens(settings: Settings) -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))  # bound, but not listening: refused at once
        settings.AWS = {
            "credentials": {"aws_access_key_id": "a", "aws_secret_access_key": "b"},
            "region": "us-east-1",
            "endpoint_url": f"http://127.0.0.1:{bound.getsockname()[1]}",
            "timeouts": {"commands": {"max_attempts": 1}},
        }
        with pytest.raises(own.NetworkError, match="cannot be reached"), translated():
            get_client("s3").list_buckets()
