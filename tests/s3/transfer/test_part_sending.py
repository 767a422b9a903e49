from __future__ import annotations

import threading
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from philo_aws.exceptions import InvalidRequestError, NetworkError
from philo_aws.limits import GIB, MAX_PART_SIZE, MAX_PARTS, MIB, MIN_PART_SIZE
from philo_aws.s3.objects.writing import Body
from philo_aws.s3.transfer import part_sending
from philo_aws.s3.transfer.part_sending import PartSending, part_size_of
from tests.s3.engine.conftest import FaultProxy, fault_proxy, objects, proxy
from tests.s3.objects.test_writing import requests_for, unfinished
from tests.servers import LocalAWS

__all__ = ["fault_proxy", "proxy"]

BUDGET = 64 * MIB


class Given:
    """A part that knows whether it was let go of."""

    def __init__(self, body: bytes = b"p" * MIN_PART_SIZE) -> None:
        self.body = body
        self.closed = 0

    def content(self) -> Body:
        return self.body

    def close(self) -> None:
        self.closed += 1


def test_sizes_grow_so_that_ten_thousand_parts_do() -> None:
    sizes = [part_size_of(number, 8 * MIB) for number in range(1, MAX_PARTS + 1)]
    assert set(sizes[:1000]) == {8 * MIB}
    assert set(sizes[1000:1050]) == {16 * MIB}
    assert set(sizes[1050:1100]) == {32 * MIB}
    assert sizes == sorted(sizes)
    assert sizes[-1] == MAX_PART_SIZE
    assert sum(sizes) > 42 * 1024 * GIB
    # No step is a leap: what is held grows no faster than what was sent.
    assert all(sizes[n] <= max(8 * MIB, sum(sizes[:n]) // 50) for n in range(1000, 1500))


@given(st.integers(MIN_PART_SIZE, MAX_PART_SIZE), st.integers(1, MAX_PARTS))
def test_no_part_is_too_small_or_too_large(first: int, number: int) -> None:
    assert MIN_PART_SIZE <= part_size_of(number, first) <= MAX_PART_SIZE


def test_an_object_of_parts(aws: LocalAWS, bucket: str) -> None:
    sending = PartSending(requests_for(bucket))
    pieces = [Given(bytes([n]) * MIN_PART_SIZE) for n in range(9)] + [Given(b"end")]
    for piece in pieces:
        sending.send(piece, len(piece.body), budget=BUDGET)
    etag = sending.finish()
    assert objects(aws, bucket) == {"k": b"".join(piece.body for piece in pieces)}
    assert etag == aws.client("s3").head_object(Bucket=bucket, Key="k")["ETag"]
    assert [piece.closed for piece in pieces] == [1] * 10


@pytest.mark.parametrize(("at_once", "budget", "most"), [(3, BUDGET, 3), (8, 16 * MIB, 3)])
@pytest.mark.aws_servers("ministack")
def test_no_more_are_on_their_way_than_may_be(
    aws: LocalAWS, bucket: str, at_once: int, budget: int, most: int
) -> None:
    lock, counts, all_there = threading.Lock(), [0, 0], threading.Barrier(most)

    class Counted(Given):
        def content(self) -> Body:
            with lock:
                counts[0] += 1
                counts[1] = max(counts)
            all_there.wait(10)  # as many as may be are there at once
            return super().content()

        def close(self) -> None:
            with lock:
                counts[0] -= 1

    sending = PartSending(requests_for(bucket), at_once)
    for _ in range(2 * most):
        sending.send(Counted(), MIN_PART_SIZE, budget=budget)
    sending.finish()
    assert counts == [0, most]


@pytest.mark.aws_servers("ministack")
class TestFailures:
    def test_a_part_that_fails_is_told_with_the_next_and_nothing_stays(
        self, proxy: FaultProxy, aws: LocalAWS, bucket: str, settings: Any
    ) -> None:
        settings.AWS = settings.AWS | {"timeouts": {"commands": {"max_attempts": 1}}}
        proxy.set({"do": "reset", "method": "PUT", "path": "partNumber=2"})
        sending = PartSending(requests_for(bucket))
        pieces = [Given() for _ in range(30)]

        def send_all() -> None:
            for piece in pieces:
                sending.send(piece, MIN_PART_SIZE, budget=BUDGET)

        with pytest.raises(NetworkError):
            send_all()
        assert unfinished(aws, bucket) == []
        assert objects(aws, bucket) == {}
        sent = [piece for piece in pieces if piece.closed]
        assert 2 <= len(sent) < 30
        sending.abort()  # again does nothing

    def test_the_last_one_is_told_at_the_end(
        self, proxy: FaultProxy, aws: LocalAWS, bucket: str
    ) -> None:
        refused = {"do": "status", "status": 403, "code": "AccessDenied", "path": "partNumber=2"}
        proxy.set(refused)
        sending = PartSending(requests_for(bucket))
        sending.send(Given(), MIN_PART_SIZE, budget=BUDGET)
        sending.send(Given(), MIN_PART_SIZE, budget=BUDGET)
        with pytest.raises(PermissionError):
            sending.finish()
        assert unfinished(aws, bucket) == []

    def test_what_bad_luck_there_is_passes(
        self, proxy: FaultProxy, aws: LocalAWS, bucket: str
    ) -> None:
        proxy.set(
            {"do": "reset_after", "method": "PUT", "times": 2},
            {"do": "status", "method": "PUT", "times": 2},
        )
        sending = PartSending(requests_for(bucket))
        for _ in range(4):
            sending.send(Given(), MIN_PART_SIZE, budget=BUDGET)
        sending.finish()
        assert len(objects(aws, bucket)["k"]) == 4 * MIN_PART_SIZE

    def test_a_part_that_comes_late_does_not_stay(
        self, proxy: FaultProxy, aws: LocalAWS, bucket: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(part_sending, "LAST_WORD", 0.01)
        proxy.set({"do": "hold", "method": "PUT"})
        sending = PartSending(requests_for(bucket))
        sending.send(Given(), MIN_PART_SIZE, budget=BUDGET)
        proxy.wait_for_requests(2)
        sending.abort()
        before = proxy.report()["methods"]["DELETE"]
        proxy.set()  # and what was held goes on
        proxy.wait_for(lambda report: report["methods"].get("DELETE"))
        assert before == 1
        assert unfinished(aws, bucket) == []

    def test_it_can_be_given_up_without_waiting(
        self, proxy: FaultProxy, aws: LocalAWS, bucket: str
    ) -> None:
        sending = PartSending(requests_for(bucket))
        sending.send(Given(), MIN_PART_SIZE, budget=BUDGET)
        sending.abandon()
        proxy.wait_for(lambda report: report["methods"].get("DELETE"))
        assert objects(aws, bucket) == {}

    def test_too_many_parts(
        self, aws: LocalAWS, bucket: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(part_sending, "MAX_PARTS", 2)
        sending = PartSending(requests_for(bucket))
        for _ in range(2):
            sending.send(Given(), MIN_PART_SIZE, budget=BUDGET)
        with pytest.raises(InvalidRequestError, match="more bytes than 2 parts hold"):
            sending.send(Given(), 1, budget=BUDGET)
        assert unfinished(aws, bucket) == []
