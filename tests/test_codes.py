"""The table of codes: what each means, and that class, sentence and kind agree."""

from __future__ import annotations

import string

import pytest

from philo_aws import exceptions as own
from philo_aws.codes import CODES, from_code, kind_of
from philo_aws.exceptions import RETRIED, AWSError, Context, Kind

WHERE = Context(bucket="some-bucket", key="some/key")
QUEUE = Context(queue="some-queue")

ALWAYS_PASSING = (own.NetworkError, own.ServiceError, own.ThrottledError)


@pytest.mark.parametrize(
    ("code", "status", "kind"),
    [
        ("SlowDown", 503, Kind.THROTTLED),
        ("SlowDownRead", 503, Kind.THROTTLED),
        ("SlowDownWrite", 503, Kind.THROTTLED),
        ("ServiceUnavailable", 503, Kind.THROTTLED),
        ("PriorRequestNotComplete", 400, Kind.THROTTLED),
        ("KMS.ThrottlingException", 400, Kind.THROTTLED),
        ("", 429, Kind.THROTTLED),
        ("", 503, Kind.THROTTLED),
        ("RequestTimeout", 400, Kind.TRANSIENT),
        ("", 408, Kind.TRANSIENT),
        ("OperationAborted", 409, Kind.TRANSIENT),
        ("", 409, Kind.TRANSIENT),
        ("InternalError", 500, Kind.TRANSIENT),
        ("InternalError", 200, Kind.TRANSIENT),
        ("BadDigest", 400, Kind.TRANSIENT),
        ("", 502, Kind.TRANSIENT),
        ("", 200, Kind.TRANSIENT),
        ("BucketNotEmpty", 409, Kind.PERMANENT),
        ("RestoreAlreadyInProgress", 409, Kind.PERMANENT),
        ("AccessDenied", 200, Kind.PERMANENT),
        ("NotImplemented", 501, Kind.PERMANENT),
        ("501", 501, Kind.PERMANENT),
        ("ExpiredToken", 400, Kind.EXPIRED),
        ("NoSuchKey", 404, Kind.PERMANENT),
        ("AccessDenied", 403, Kind.PERMANENT),
        ("KMS.AccessDeniedException", 400, Kind.PERMANENT),
        ("PreconditionFailed", 412, Kind.PERMANENT),
        ("OverLimit", 403, Kind.PERMANENT),
        ("Unheard", 418, Kind.PERMANENT),
        ("NoSuchBucket", 404, Kind.FOR_ALL),
        ("SignatureDoesNotMatch", 403, Kind.FOR_ALL),
        ("PermanentRedirect", 301, Kind.FOR_ALL),
    ],
)
def test_every_reader_gives_a_code_the_same_kind(code: str, status: int, kind: Kind) -> None:
    assert kind_of(code, status, WHERE, other_region=False) is kind
    assert from_code(code, status, "words", WHERE).kind is kind


def test_a_redirect_is_followed_where_it_says_whereto() -> None:
    assert kind_of("PermanentRedirect", 301, other_region=True) is Kind.REDIRECTED
    assert kind_of("AuthorizationHeaderMalformed", 400, other_region=True) is Kind.REDIRECTED
    assert kind_of("AccessDenied", 403, other_region=True) is Kind.PERMANENT


@pytest.mark.parametrize("code", CODES)
def test_class_and_kind_of_each_code_agree(code: str) -> None:
    meaning = CODES[code]
    if meaning.kind in RETRIED and meaning.kind is not Kind.EXPIRED:
        # What is tried again is no fault of the request; a conflict may be over a moment later.
        assert issubclass(meaning.error, (*ALWAYS_PASSING, own.ConflictError))
    if issubclass(meaning.error, own.InvalidRequestError):
        assert meaning.kind not in RETRIED
    if issubclass(meaning.error, own.ThrottledError):
        assert meaning.kind is Kind.THROTTLED or code.endswith("OverLimit")


@pytest.mark.parametrize("code", CODES)
def test_each_sentence_is_one_a_person_can_read(code: str) -> None:
    for where in (WHERE, QUEUE, Context()):
        text = str(from_code(code, 400, "AWS's words", where))
        assert text[0].isupper() or text[0] in "'\""
        assert text.endswith((".", "!", "words"))
        assert "{" not in text
    fields = {name for _, name, _, _ in string.Formatter().parse(CODES[code].sentence) if name}
    assert fields <= {"subject", "bucket", "key", "queue", "message", "code", "slower"}


@pytest.mark.parametrize(
    ("operation", "error"),
    [
        ("HeadObject", own.ObjectNotFoundError),
        ("GetObject", own.ObjectNotFoundError),
        ("PutObject", own.BucketNotFoundError),
        ("CreateMultipartUpload", own.BucketNotFoundError),
    ],
)
def test_a_404_without_a_word_is_about_what_was_asked(
    operation: str, error: type[AWSError]
) -> None:
    where = Context(bucket="b", key="k", operation=operation)
    assert type(from_code("404", 404, "", where)) is error


def test_a_region_that_is_wrong_for_the_signature_is_told_in_aws_words() -> None:
    told = "Credential should be scoped to a valid region. "
    error = from_code("SignatureDoesNotMatch", 403, told, QUEUE)
    assert type(error) is own.RegionError
    assert "Credential should be scoped to a valid region" in str(error)
    other = from_code("SignatureDoesNotMatch", 403, "The request signature differs.", QUEUE)
    assert type(other) is own.CredentialsError
    assert "The request signature differs." in str(other)


def test_who_is_too_fast_is_told_of_what_there_is() -> None:
    assert "--concurrency" in str(from_code("SlowDown", 503, "", WHERE))
    assert "--concurrency" not in str(from_code("ThrottlingException", 400, "", QUEUE))


def test_a_head_that_is_refused_without_a_word_may_be_an_expired_token() -> None:
    head = Context(bucket="b", key="k", operation="HeadObject")
    assert kind_of("400", 400, head, other_region=False) is Kind.EXPIRED
    assert kind_of("400", 400, WHERE, other_region=False) is Kind.PERMANENT
