"""What an answer means, and when it is tried again."""

from __future__ import annotations

import pytest

from philo_aws.s3.engine.retry import LONGEST_DELAY, Kind, Patience, classify, delay


@pytest.mark.parametrize(
    "code, status, kind",
    [
        ("SlowDown", 503, Kind.THROTTLED),
        ("ServiceUnavailable", 503, Kind.THROTTLED),
        ("", 429, Kind.THROTTLED),
        ("RequestTimeout", 400, Kind.TRANSIENT),
        ("", 408, Kind.TRANSIENT),
        ("OperationAborted", 409, Kind.TRANSIENT),
        ("InternalError", 500, Kind.TRANSIENT),
        ("InternalError", 200, Kind.TRANSIENT),
        ("BadDigest", 400, Kind.TRANSIENT),
        ("", 502, Kind.TRANSIENT),
        ("NotImplemented", 501, Kind.PERMANENT),
        ("ExpiredToken", 400, Kind.EXPIRED),
        ("NoSuchKey", 404, Kind.PERMANENT),
        ("AccessDenied", 403, Kind.PERMANENT),
        ("PreconditionFailed", 412, Kind.PERMANENT),
        ("NoSuchBucket", 404, Kind.FOR_ALL),
        ("SignatureDoesNotMatch", 403, Kind.FOR_ALL),
        ("PermanentRedirect", 301, Kind.PERMANENT),
    ],
)
def test_answers(code: str, status: int, kind: Kind) -> None:
    assert classify(code, status) is kind


def test_a_redirect_is_followed_where_it_says_whereto() -> None:
    assert classify("PermanentRedirect", 301, other_region=True) is Kind.REDIRECTED
    assert classify("AuthorizationHeaderMalformed", 400, other_region=True) is Kind.REDIRECTED
    assert classify("AccessDenied", 403, other_region=True) is Kind.PERMANENT


def test_delays_double_are_jittered_and_capped() -> None:
    assert 0.05 <= delay(1) <= 0.1
    assert 0.2 <= delay(3) <= 0.4
    assert LONGEST_DELAY / 2 <= delay(500) <= LONGEST_DELAY
    assert len({delay(4) for _ in range(10)}) > 1


def test_patience_is_both_attempts_and_time() -> None:
    patience = Patience(attempts=5, seconds=90, unreachable=5, silence=180)

    def over(attempts: int, seconds: float, kind: Kind = Kind.THROTTLED) -> bool:
        return patience.is_over(attempts=attempts, seconds=seconds, kind=kind, reached=True)

    assert not over(50, 60)
    assert not over(4, 600)
    assert over(5, 90)
    assert not over(1, 6, Kind.UNREACHABLE)
    assert patience.is_over(attempts=1, seconds=6, kind=Kind.UNREACHABLE, reached=False)
