from __future__ import annotations

import time
import tracemalloc
from collections import defaultdict
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from philo_aws.exceptions import InvalidRequestError
from philo_aws.sqs.channel import Channel
from philo_aws.sqs.entries import BatchEntry, Reader, Requests
from tests.servers import LocalAWS

URL = "https://sqs.us-east-1.amazonaws.com/123456789012/jobs"


def reader(*, fifo: bool = False, reserved: tuple[str, ...] = ()) -> Reader:
    return Reader(Channel(URL).entry_shape, fifo=fifo, reserved=reserved)


@pytest.mark.aws_servers("ministack")
class TestReader:
    @pytest.fixture(autouse=True)
    def client(self, aws: LocalAWS) -> None: ...

    def test_a_string_is_a_body(self) -> None:
        entry = reader().read(3, "hello")

        assert (entry.position, entry.id, entry.message) == (3, "3", {"MessageBody": "hello"})
        assert (entry.size, entry.fault) == (5, None)

    def test_a_dict_is_botos(self) -> None:
        given: dict[str, Any] = {
            "Id": "any string: ä/!",
            "MessageBody": "hello",
            "DelaySeconds": 5,
            "MessageAttributes": {"n": 1, "t": {"DataType": "String", "StringValue": "x"}},
            "MessageSystemAttributes": {
                "AWSTraceHeader": {"DataType": "String", "StringValue": "Root=1"}
            },
        }

        entry = reader().read(0, given)

        assert entry.id == "any string: ä/!"
        assert entry.message["MessageAttributes"]["n"] == {"DataType": "Number", "StringValue": "1"}
        assert entry.size == 5 + (1 + 6 + 1) + (1 + 6 + 1)
        assert given["Id"] == "any string: ä/!"
        assert given["MessageAttributes"]["n"] == 1

    @pytest.mark.parametrize(
        ("given", "problem"),
        [
            (5, "Entry 8 is a int, neither a dict nor a string"),
            (None, "Entry 8 is a NoneType"),
            ([], "Entry 8 is a list"),
            ({}, 'Entry 8 is no message: .*Missing required parameter in input: "MessageBody"'),
            ({"MessageBdy": "x"}, 'Unknown parameter in input: "MessageBdy", must be one of'),
            ({"MessageBody": 5}, "Invalid type for parameter MessageBody"),
            ({"MessageBody": "x", "DelaySeconds": "5"}, "parameter DelaySeconds"),
            ({"MessageBody": "x", "Id": 5}, "parameter Id"),
            ({"MessageBody": "x", "Id": ""}, "Entry 8 has the Id '', which is empty"),
            ({"MessageBody": "x", "MessageAttributes": {"a": None}}, "Entry 8: The message attr"),
            ({"MessageBody": "x", "MessageAttributes": []}, "parameter MessageAttributes"),
        ],
    )
    def test_what_is_no_message(self, given: object, problem: str) -> None:
        with pytest.raises(InvalidRequestError, match=problem):
            reader().read(7, given)

    @pytest.mark.parametrize(
        ("given", "code"),
        [
            ("", "MissingParameter"),
            ("\x01", "InvalidMessageContents"),
            ("x" * 1_048_577, "InvalidParameterValue"),
            ({"MessageBody": "x", "DelaySeconds": 901}, "InvalidParameterValue"),
        ],
    )
    def test_what_sqs_would_never_take(self, given: object, code: str) -> None:
        fault = reader().read(0, given).fault

        assert fault is not None
        assert fault.code == code

    def test_fifo_needs_a_group(self) -> None:
        grouped = {"MessageBody": "x", "MessageGroupId": "g"}

        assert reader(fifo=True).read(0, grouped).fault is None
        assert reader(fifo=True).read(0, grouped).group == "g"
        fault = reader(fifo=True).read(0, "x").fault
        assert fault is not None
        assert fault.code == "MissingParameter"

    def test_two_with_the_same_id(self) -> None:
        reading = reader()
        reading.read(0, {"MessageBody": "x", "Id": "a"})

        with pytest.raises(InvalidRequestError, match="Entry 2 has the Id 'a', which an entry bef"):
            reading.read(1, {"MessageBody": "y", "Id": "a"})

    def test_an_id_made_is_none_that_somebody_chose(self) -> None:
        reading = reader(reserved=("0", "0-1"))

        assert reading.read(0, "x").id == "0-2"
        assert reading.read(1, {"MessageBody": "x", "Id": "0"}).id == "0"

    def test_an_id_made_is_none_that_an_entry_before_chose(self) -> None:
        reading = reader()

        assert reading.read(0, {"MessageBody": "x", "Id": "1"}).id == "1"
        assert reading.read(1, "x").id == "1-1"
        assert reading.read(2, {"MessageBody": "x", "Id": "0"}).id == "0"

    @pytest.mark.parametrize("chosen", ["00", "7", "7-1", "١", "1" * 5000])
    def test_an_id_that_looks_like_one_made(self, chosen: str) -> None:
        reading = reader()
        reading.read(0, "x")

        assert reading.read(1, {"MessageBody": "x", "Id": chosen}).id == chosen
        with pytest.raises(InvalidRequestError, match="which an entry before it has"):
            reading.read(2, {"MessageBody": "x", "Id": chosen})
        with pytest.raises(InvalidRequestError, match="Entry 4 has the Id '0', which an entry be"):
            reading.read(3, {"MessageBody": "x", "Id": "0"})

    def test_reading_without_end_takes_no_memory(self) -> None:
        reading = reader()
        for position in range(1000):
            reading.read(position, "x")
        tracemalloc.start()
        try:
            for position in range(1000, 21_000):
                reading.read(position, "x")
            kept, _ = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()

        # Ids kept for all of them would be a mebibyte and more.
        assert kept < 200_000


def entry(position: int, group: str = "", size: int = 1) -> BatchEntry:
    message: dict[str, Any] = {"MessageBody": "x", **({"MessageGroupId": group} if group else {})}
    return BatchEntry(position=position, id=str(position), message=message, size=size)


def all_requests(requests: Requests) -> list[list[BatchEntry]]:
    found = []
    while request := requests.next():
        found.append(request)
        requests.over(request)
    return found


def taken(requests: Requests) -> list[BatchEntry]:
    request = requests.next()
    assert request
    return request


def give_back(requests: Requests, request: list[BatchEntry]) -> None:
    requests.put_back(request)
    requests.over(request)


class TestRequests:
    def test_ten_at_most(self) -> None:
        requests = Requests(iter([entry(n) for n in range(23)]), fifo=False)

        assert [len(request) for request in all_requests(requests)] == [10, 10, 3]

    def test_a_mebibyte_at_most(self) -> None:
        sizes = [600_000, 400_000, 48_576, 1, 1_048_576, 1]
        requests = Requests(iter([entry(n, size=s) for n, s in enumerate(sizes)]), fifo=False)

        found = [[one.size for one in request] for request in all_requests(requests)]

        assert found == [[600_000, 400_000, 48_576], [1], [1_048_576], [1]]

    def test_one_larger_than_a_request_goes_alone(self) -> None:
        sizes = [10, 50, 10, 10, 50]
        requests = Requests(iter([entry(n, size=s) for n, s in enumerate(sizes)]), fifo=False)
        requests.max_bytes = 20

        found = [[one.position for one in request] for request in all_requests(requests)]

        assert found == [[0], [1], [2, 3], [4]]

    def test_put_back_they_are_cut_anew(self) -> None:
        requests = Requests(iter([entry(n, size=10) for n in range(5)]), fifo=False)
        give_back(requests, taken(requests))
        requests.max_bytes = 20

        found = [[one.position for one in request] for request in all_requests(requests)]

        assert found == [[0, 1], [2, 3], [4]]

    def test_put_back_they_keep_their_place(self) -> None:
        requests = Requests(iter([entry(n, group) for n, group in enumerate("abab")]), fifo=True)
        request = taken(requests)
        give_back(requests, [request[1], request[0], *request[2:]])

        found = [[one.position for one in request] for request in all_requests(requests)]

        assert found == [[0, 2, 1, 3]]

    def test_fifo_has_ten_groups_in_a_request(self) -> None:
        entries = [entry(n, group) for n, group in enumerate("abcdefghijkl")]

        found = all_requests(Requests(iter(entries), fifo=True))

        assert [len(request) for request in found] == [10, 2]

    def test_no_more_is_read_than_is_sent(self) -> None:
        read = []

        def endless() -> Any:
            for number in range(1000):
                read.append(number)
                yield entry(number)

        Requests(endless(), fifo=False).next()

        assert len(read) == 10

    @pytest.mark.parametrize(("size", "most"), [(1, 1000), (1024 * 1024, 8), (100_000, 84)])
    def test_fifo_reads_ahead_for_other_groups_but_not_without_end(
        self, size: int, most: int
    ) -> None:
        read = []

        def endless() -> Any:
            for number in range(2000):
                read.append(number)
                yield entry(number, "all the same", size)

        requests = Requests(endless(), fifo=True)
        first = taken(requests)
        assert requests.next() == []

        # 1,000 entries, and no more than 8 MiB of them.
        assert len(read) - len(first) <= most <= len(read)

    def test_fifo_has_a_group_in_one_request_at_a_time(self) -> None:
        entries = [entry(n, "a" if n < 15 else "b") for n in range(18)]
        requests = Requests(iter(entries), fifo=True)

        first, second = taken(requests), taken(requests)
        assert [one.position for one in first] == list(range(10))
        assert [one.position for one in second] == [15, 16, 17]
        assert requests.next() == []
        requests.over(second)
        assert requests.next() == []
        requests.over(first)
        assert [one.position for one in taken(requests)] == [10, 11, 12, 13, 14]

    def test_fifo_has_one_of_a_group_in_a_request_once_one_failed(self) -> None:
        entries = [entry(n, group) for n, group in enumerate("aabbca")]
        requests = Requests(iter(entries), fifo=True)
        requests.one_of_each = True

        found = all_requests(requests)

        assert [[one.position for one in request] for request in found] == [[0, 2, 4], [1, 3], [5]]

    def test_one_that_comes_slowly_is_not_waited_for(self) -> None:
        def slow() -> Any:
            for number in range(3):
                time.sleep(0.01)
                yield entry(number)

        requests = Requests(slow(), fifo=False)

        assert requests.next(seconds=0.001) is None
        assert [one.position for one in taken(requests)] == [0, 1, 2]

    def test_an_error_ends_them_after_those_before_it(self) -> None:
        def broken() -> Any:
            yield entry(0)
            raise InvalidRequestError("entry 2 is bad")

        requests = Requests(broken(), fifo=False)

        assert [one.position for one in taken(requests)] == [0]
        assert requests.next() == []
        assert str(requests.error) == "entry 2 is bad"

    def test_the_rest_is_all_that_was_not_given_out(self) -> None:
        requests = Requests(iter([entry(n) for n in range(25)]), fifo=True)
        taken(requests)

        assert [one.position for one in requests.rest()] == list(range(10, 25))
        assert requests.next() == []

    @settings(deadline=None)
    @given(
        entries=st.lists(
            st.tuples(st.sampled_from("abcdefghijklm"), st.integers(1, 1_048_576)), max_size=60
        ),
        fifo=st.booleans(),
    )
    def test_nothing_is_lost_and_groups_keep_their_order(
        self, entries: list[tuple[str, int]], fifo: bool
    ) -> None:
        made = [entry(n, group, size) for n, (group, size) in enumerate(entries)]

        requests = all_requests(Requests(iter(made), fifo=fifo))

        sent = [one for request in requests for one in request]
        assert sorted(one.position for one in sent) == list(range(len(entries)))
        by_group = defaultdict(list)
        for one in sent:
            by_group[one.group].append(one.position)
        assert all(positions == sorted(positions) for positions in by_group.values())
        for request in requests:
            assert len(request) <= 10
            assert sum(one.size for one in request) <= 1_048_576
        if not fifo:
            assert [one.position for one in sent] == list(range(len(entries)))
