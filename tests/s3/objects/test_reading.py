from __future__ import annotations

import contextlib
import gc
import gzip
import io
import os
import random
import zipfile
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as checked
from hypothesis import strategies as st
from pytest_django import Settings

from philo_aws.clients import get_client
from philo_aws.exceptions import (
    AWSError,
    BucketNotFoundError,
    ConflictError,
    InvalidRequestError,
    ObjectNotFoundError,
    ServiceError,
    UsageError,
)
from philo_aws.limits import MIB
from philo_aws.s3.objects.reading import ObjectReader
from tests.s3.engine.bare import bare_store
from tests.s3.engine.conftest import FaultProxy, fault_proxy, proxy
from tests.servers import LocalAWS

__all__ = ["fault_proxy", "proxy"]

SIZES = [0, 1, MIB - 1, MIB, MIB + 1, 3 * MIB + 5]
ONCE = {"timeouts": {"commands": {"max_attempts": 1}}}


@contextlib.contextmanager
def asked(purpose: Any = "commands") -> Iterator[list[str]]:
    """The requests that are sent: the range of each, or its method."""
    found: list[str] = []

    def note(request: Any, **kwargs: Any) -> None:
        told = request.headers.get("Range") or request.method
        found.append(told.decode() if isinstance(told, bytes) else told)

    events = get_client("s3", purpose=purpose).meta.events
    events.register("before-send.s3", note)
    try:
        yield found
    finally:
        events.unregister("before-send.s3", note)


def stored(aws: LocalAWS, bucket: str, size: int, key: str = "k", **more: Any) -> bytes:
    content = random.Random(size).randbytes(size)
    aws.client("s3").put_object(Bucket=bucket, Key=key, Body=content, **more)
    return content


class TestOpening:
    def test_what_it_tells(self, aws: LocalAWS, bucket: str) -> None:
        about: dict[str, Any] = {
            "ContentType": "a/b",
            "ContentEncoding": "gzip",
            "Metadata": {"n": "v"},
        }
        stored(aws, bucket, 3, **about)
        head = aws.client("s3").head_object(Bucket=bucket, Key="k")
        with ObjectReader(bucket, "k") as reader:
            assert reader.size == 3
            assert reader.etag == head["ETag"]
            assert reader.encoding == "gzip"
            assert reader.content_type == "a/b"
            assert reader.metadata == {"n": "v"}
            assert reader.modified == head["LastModified"]
            assert reader.readable()
            assert reader.seekable()
            assert not reader.writable()

    def test_what_is_not_there(self, aws: LocalAWS, bucket: str) -> None:
        with pytest.raises(ObjectNotFoundError, match="no object 'k'"):
            ObjectReader(bucket, "k")
        with pytest.raises(BucketNotFoundError):
            ObjectReader("there-is-no-such-bucket", "k")
        gc.collect()  # and nothing goes wrong in what was not made

    def test_parameters(self, ministack: LocalAWS, bucket: str) -> None:
        stored(ministack, bucket, 3)
        # That of a PUT does not hurt: one setting serves for all requests.
        with pytest.raises(UsageError):
            ObjectReader(bucket, "k", extra_args={"Nothing": 1})
        with pytest.raises(UsageError, match="chosen by the call"):
            ObjectReader(bucket, "k", extra_args={"Range": "bytes=0-1"})
        ObjectReader(bucket, "k", extra_args={"ACL": "private", "RequestPayer": "requester"})

    @pytest.mark.parametrize(
        "answer",
        [
            (200, b"<html>log in</html>", {"Content-Type": "text/html"}),
            (200, b"without an ETag", {}),
        ],
    )
    def test_what_is_no_object(self, settings: Settings, answer: Any) -> None:
        with bare_store() as store:
            store.instead = lambda asked: answer
            settings.AWS = store.settings()
            with pytest.raises(ServiceError, match="does not say that it was done"):
                ObjectReader("bucket", "k")


class TestRequests:
    def test_a_small_one_is_one_request_and_holds_no_connection(
        self, aws: LocalAWS, bucket: str
    ) -> None:
        content = stored(aws, bucket, MIB)
        with asked() as requests, ObjectReader(bucket, "k") as reader:
            readers = [ObjectReader(bucket, "k") for _ in range(3)]
            aws.client("s3").delete_object(Bucket=bucket, Key="k")
            for one in (reader, *readers):
                assert one.readall() == content
                one.seek(MIB // 2)
                assert one.read(1) == content[MIB // 2 : MIB // 2 + 1]
                one.close()
        assert requests == ["GET"] * 4

    def test_a_large_one_read_from_end_to_end(self, aws: LocalAWS, bucket: str) -> None:
        content = stored(aws, bucket, 5 * MIB)
        with asked() as requests, ObjectReader(bucket, "k") as reader:
            assert b"".join(iter(lambda: reader.read(100_000), b"")) == content
            assert reader.read(1) == b""
        assert requests == ["GET"]

    def test_going_back_to_the_beginning(self, aws: LocalAWS, bucket: str) -> None:
        content = stored(aws, bucket, 5 * MIB)
        with asked() as requests, ObjectReader(bucket, "k") as reader:
            reader.read(200_000)
            reader.seek(0)
            assert reader.read(1000) == content[:1000]
            reader.seek(150_000)
            assert reader.read(10) == content[150_000:150_010]
            reader.seek(200_000)
            assert reader.read(10) == content[200_000:200_010]
        assert requests == ["GET"]

    def test_a_short_way_forward_is_read_past(self, aws: LocalAWS, bucket: str) -> None:
        content = stored(aws, bucket, 5 * MIB)
        with asked() as requests, ObjectReader(bucket, "k") as reader:
            reader.read(10)
            reader.seek(MIB, os.SEEK_CUR)
            assert reader.read(10) == content[MIB + 10 : MIB + 20]
        assert requests == ["GET"]

    def test_a_long_way_is_asked_for(self, aws: LocalAWS, bucket: str) -> None:
        content = stored(aws, bucket, 9 * MIB)
        with asked() as requests, ObjectReader(bucket, "k") as reader:
            reader.seek(-10, os.SEEK_END)
            assert reader.read() == content[-10:]
            reader.seek(4 * MIB)
            assert reader.read(5) == content[4 * MIB : 4 * MIB + 5]
            reader.seek(5 * MIB - 2)
            assert reader.read(2) == content[5 * MIB - 2 : 5 * MIB]
            assert requests[1:] == [
                f"bytes={8 * MIB}-{9 * MIB - 1}",
                f"bytes={4 * MIB}-{5 * MIB - 1}",
            ]
            assert reader.readall() == content[5 * MIB :]
        assert requests[3:] == [f"bytes={5 * MIB}-{9 * MIB - 1}"]

    def test_a_seek_alone_asks_nothing(self, ministack: LocalAWS, bucket: str) -> None:
        stored(ministack, bucket, 5 * MIB)
        with asked() as requests, ObjectReader(bucket, "k") as reader:
            assert reader.seek(0, os.SEEK_END) == 5 * MIB
            assert reader.seek(7 * MIB) == 7 * MIB
            assert reader.read(1) == b""
            assert reader.seek(0) == 0
        assert requests == ["GET"]

    def test_a_zip_is_opened_without_a_download(self, ministack: LocalAWS, bucket: str) -> None:
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w") as made:
            for name in "abcdef":
                made.writestr(name, name.encode() * 2 * MIB)
        ministack.client("s3").put_object(Bucket=bucket, Key="k", Body=file.getvalue())
        with (
            asked() as requests,
            io.BufferedReader(ObjectReader(bucket, "k")) as reader,
            zipfile.ZipFile(reader) as archive,
        ):
            assert archive.read("d") == b"d" * 2 * MIB
        # It, its end with the directory, the beginning of the member, and the rest.
        assert len(requests) == 4


class TestAsAFile:
    def test_places(self, ministack: LocalAWS, bucket: str) -> None:
        stored(ministack, bucket, 10)
        with ObjectReader(bucket, "k") as reader:
            assert reader.seek(3) == reader.tell() == 3
            assert reader.seek(2, os.SEEK_CUR) == 5
            with pytest.raises(ValueError, match="before the beginning"):
                reader.seek(-1)
            with pytest.raises(ValueError, match="whence is 7"):
                reader.seek(0, 7)
            assert reader.tell() == 5

    def test_after_it_was_closed(self, ministack: LocalAWS, bucket: str) -> None:
        stored(ministack, bucket, 10)
        reader = ObjectReader(bucket, "k")
        reader.close()
        reader.close()
        for call in (reader.read, reader.readall, reader.tell, lambda: reader.seek(0)):
            with pytest.raises(ValueError, match="closed"):
                call()

    @pytest.mark.parametrize("size", SIZES)
    def test_through_pythons_own_layers(self, aws: LocalAWS, bucket: str, size: int) -> None:
        content = stored(aws, bucket, size)
        with io.BufferedReader(ObjectReader(bucket, "k")) as file:
            assert file.read() == content
            assert file.read() == b""
            file.seek(0)
            assert list(file) == list(io.BytesIO(content))
        text = "".join(random.Random(size).choices("aä€😀\n\r", k=size // 3))
        aws.client("s3").put_object(Bucket=bucket, Key="t", Body=text.encode())
        with io.TextIOWrapper(io.BufferedReader(ObjectReader(bucket, "t")), "utf-8") as lines:
            assert list(lines) == list(io.StringIO(text, newline=None))

    def test_what_is_packed_stays_so_and_can_be_unpacked(
        self, ministack: LocalAWS, bucket: str
    ) -> None:
        content = random.Random(1).randbytes(3 * MIB)
        packed = gzip.compress(content)
        ministack.client("s3").put_object(
            Bucket=bucket, Key="k", Body=packed, ContentEncoding="gzip"
        )
        with ObjectReader(bucket, "k") as reader:
            assert reader.readall() == packed
            reader.seek(0)
            with gzip.GzipFile(fileobj=io.BufferedReader(reader)) as file:
                file.seek(2 * MIB)
                assert file.read(10) == content[2 * MIB : 2 * MIB + 10]
                file.seek(5)
                assert file.read() == content[5:]


STEPS = st.one_of(
    st.tuples(st.just("seek"), st.integers(0, 4 * MIB)),
    st.tuples(st.just("back"), st.integers(0, 4 * MIB)),
    st.tuples(st.just("read"), st.integers(0, 2 * MIB)),
    st.tuples(st.just("readinto"), st.integers(0, 300_000)),
    st.tuples(st.just("readline"), st.integers(-1, 5000)),
    st.tuples(st.just("rest"), st.just(0)),
)


def took(file: Any, step: str, number: int, size: int) -> Any:
    """What a step gives."""
    if step == "seek":
        return file.seek(min(number, size + 2))
    if step == "back":
        return file.seek(-min(number, size), os.SEEK_END)
    if step == "readinto":
        buffer = bytearray(number)
        count = file.readinto(buffer)
        return bytes(buffer[:count])
    if step == "readline":
        return file.readline(number)
    return file.read() if step == "rest" else file.read(number)


@pytest.fixture
def of_all_sizes(ministack: LocalAWS, bucket: str) -> dict[int, bytes]:
    return {size: stored(ministack, bucket, size, f"k{size}") for size in SIZES}


@checked(
    deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    size=st.sampled_from(SIZES),
    steps=st.lists(STEPS, max_size=12),
    buffer=st.sampled_from([16, 8192, 131072]),
)
def test_it_reads_as_a_file_in_memory_does(
    bucket: str, of_all_sizes: dict[int, bytes], size: int, steps: list[Any], buffer: int
) -> None:
    expected = io.BytesIO(of_all_sizes[size])
    with io.BufferedReader(ObjectReader(bucket, f"k{size}"), buffer) as file:
        for step, number in steps:
            assert took(file, step, number, size) == took(expected, step, number, size)
            assert file.tell() == expected.tell()


class TestReplaced:
    @pytest.mark.parametrize("size", [5 * MIB, 2 * MIB])
    def test_another_object_is_told(self, aws: LocalAWS, bucket: str, size: int) -> None:
        stored(aws, bucket, 5 * MIB)
        with ObjectReader(bucket, "k") as reader:
            reader.read(10)
            stored(aws, bucket, size - 1)
            reader.seek(4 * MIB)
            with pytest.raises(ConflictError, match="was replaced while it was read") as error:
                reader.read(1)
            assert error.value.code == "PreconditionFailed"
            with pytest.raises(ConflictError):
                reader.read(1)

    def test_one_that_is_gone(self, aws: LocalAWS, bucket: str) -> None:
        stored(aws, bucket, 5 * MIB)
        with ObjectReader(bucket, "k") as reader:
            aws.client("s3").delete_object(Bucket=bucket, Key="k")
            reader.seek(4 * MIB)
            with pytest.raises(ObjectNotFoundError):
                reader.read(1)

    @pytest.mark.parametrize("of_range", [True, False])
    def test_a_store_that_does_not_look_at_conditions_or_ranges(
        self, settings: Settings, of_range: bool
    ) -> None:
        with bare_store() as store:
            store.body = bytes(5 * MIB)
            settings.AWS = store.settings()
            with ObjectReader("bucket", "k") as reader:
                if of_range:
                    store.body = b"1" + bytes(5 * MIB - 1)
                    message, kind = "was replaced", ConflictError
                else:
                    store.instead = lambda asked: (200, store.body, {"ETag": reader.etag})
                    message, kind = "does not say that it was done", ServiceError  # type: ignore[assignment]
                reader.seek(4 * MIB)
                with pytest.raises(kind, match=message):
                    reader.read(1)


@pytest.mark.aws_servers("ministack")
class TestBreaks:
    """What comes through the proxy with `truncate` ends in the middle, as at AWS after a while."""

    @pytest.mark.parametrize("size", [MIB, 9 * MIB])
    def test_it_is_gone_on_with(
        self, proxy: FaultProxy, aws: LocalAWS, bucket: str, size: int
    ) -> None:
        content = stored(aws, bucket, size)
        proxy.set({"do": "truncate", "method": "GET", "times": 3})
        with asked() as requests, io.BufferedReader(ObjectReader(bucket, "k")) as file:
            assert file.read() == content
        assert proxy.report()["done"] == [3]
        assert requests[0] == "GET"
        starts = [int(request[6:].partition("-")[0]) for request in requests[1:]]
        assert starts == sorted(starts)
        # What was on its way may be lost with a connection: how much of it is the kernel's.
        assert min(size - MIB, 1) <= starts[0] <= size // 2

    def test_in_a_part_that_was_asked_for(
        self, proxy: FaultProxy, aws: LocalAWS, bucket: str
    ) -> None:
        content = stored(aws, bucket, 9 * MIB)
        with ObjectReader(bucket, "k") as reader:
            proxy.set({"do": "truncate", "method": "GET", "times": 1})
            reader.seek(5 * MIB)
            assert reader.read(100) == content[5 * MIB : 5 * MIB + 100]
            reader.seek(-100, os.SEEK_END)
            assert reader.read() == content[-100:]

    def test_one_that_was_replaced_meanwhile(
        self, proxy: FaultProxy, aws: LocalAWS, bucket: str
    ) -> None:
        stored(aws, bucket, 9 * MIB)
        proxy.set({"do": "truncate", "method": "GET", "times": 1})
        with ObjectReader(bucket, "k") as reader:
            stored(aws, bucket, 9 * MIB + 1)
            with pytest.raises(ConflictError, match="was replaced"):
                reader.readall()

    def test_it_is_given_up_in_the_end(
        self, proxy: FaultProxy, aws: LocalAWS, bucket: str, settings: Settings
    ) -> None:
        settings.AWS = settings.AWS | {"timeouts": {"commands": {"max_attempts": 3}}}
        stored(aws, bucket, 9 * MIB)
        with ObjectReader(bucket, "k") as reader:
            reader.read(1)
            proxy.set({"do": "truncate", "method": "GET"})
            reader.seek(4 * MIB)
            with pytest.raises(AWSError) as error:
                reader.read(MIB + 1)
            assert error.value.kind.name == "TRANSIENT"
            # 1 MiB, then halves of what is left
            assert proxy.report()["done"] == [3]

    def test_damage_is_told_and_not_hidden_by_another_try(
        self, proxy: FaultProxy, aws: LocalAWS, bucket: str
    ) -> None:
        stored(aws, bucket, 3 * MIB, ChecksumAlgorithm="CRC32")
        proxy.set({"do": "damage", "method": "GET", "times": 1})
        with ObjectReader(bucket, "k") as reader:
            for _ in range(2):
                with pytest.raises(ServiceError, match="do not match their checksum"):
                    reader.readall()
        proxy.set({"do": "damage", "method": "GET", "times": 1})
        stored(aws, bucket, 30, ChecksumAlgorithm="CRC32")
        with pytest.raises(ServiceError, match="do not match their checksum"):
            ObjectReader(bucket, "k")


class TestConnections:
    def test_what_was_read_gives_it_back(self, ministack: LocalAWS, bucket: str) -> None:
        stored(ministack, bucket, 3 * MIB)
        pool = get_client("s3")._endpoint.http_session._manager  # type: ignore[attr-defined]
        reader = ObjectReader(bucket, "k")
        reader.readall()
        connections = pool.connection_from_url(ministack.endpoint_url)
        before = connections.num_connections
        ObjectReader(bucket, "k").close()
        assert connections.num_connections == before  # the same served again
        reader.close()

    @pytest.mark.aws_servers("ministack")
    def test_what_is_not_read_is_not_waited_for(
        self, proxy: FaultProxy, aws: LocalAWS, bucket: str
    ) -> None:
        stored(aws, bucket, 5 * MIB)
        proxy.set({"do": "drip", "method": "GET", "rate": 100_000})
        reader = ObjectReader(bucket, "k")
        reader.read(1000)
        reader.close()  # and not after the 50 seconds that all of it takes
        proxy.wait_for(lambda report: report["open"] <= 1)

    def test_one_that_is_forgotten(self, ministack: LocalAWS, bucket: str) -> None:
        stored(ministack, bucket, 5 * MIB)
        ObjectReader(bucket, "k").read(10)
        gc.collect()  # a socket left open would be a ResourceWarning, which is an error here


class TestRanges:
    @pytest.mark.parametrize(
        ("written", "start", "end"),
        [("0-99", 0, 100), ("5-5", 5, 6), (f"{4 * MIB}-", 4 * MIB, None), ("-100", -100, None)],
    )
    def test_no_other_bytes_are_asked_for(
        self, aws: LocalAWS, bucket: str, written: str, start: int, end: int | None
    ) -> None:
        content = stored(aws, bucket, 5 * MIB)
        with asked() as requests, ObjectReader(bucket, "k", byte_range=written) as reader:
            assert reader.readall() == content[start:end]
            assert reader.size == len(content[start:end])
            assert reader.object_size == 5 * MIB
            assert reader.digest == ("", "")
        assert requests == [f"bytes={written}"]

    def test_it_is_a_file_of_its_own(self, aws: LocalAWS, bucket: str) -> None:
        content = stored(aws, bucket, 9 * MIB)
        part = io.BytesIO(content[MIB + 7 : 8 * MIB + 7])
        with (
            asked() as requests,
            ObjectReader(bucket, "k", byte_range=f"{MIB + 7}-{8 * MIB + 6}") as reader,
            io.BufferedReader(reader) as file,
        ):
            for place in (0, 10, 3 * MIB, 5, 7 * MIB - 10, 2 * MIB):
                assert file.seek(place) == part.seek(place)
                assert file.read(100) == part.read(100)
            assert file.seek(-1, os.SEEK_END) == 7 * MIB - 1
            assert file.read() == content[8 * MIB + 6 : 8 * MIB + 7]
        first, last = MIB + 7, 8 * MIB + 6
        for request in requests:
            start, end = map(int, request.removeprefix("bytes=").split("-"))
            assert first <= start <= end <= last

    def test_more_than_there_is(self, aws: LocalAWS, bucket: str) -> None:
        content = stored(aws, bucket, 10)
        for written in ("5-99", "-5"):
            with ObjectReader(bucket, "k", byte_range=written) as reader:
                assert reader.readall() == content[5:]
        with ObjectReader(bucket, "k", byte_range="-99") as reader:
            assert reader.readall() == content

    def test_behind_the_end(self, aws: LocalAWS, bucket: str) -> None:
        stored(aws, bucket, 10)
        with pytest.raises(InvalidRequestError, match="no byte 10: it ends before") as error:
            ObjectReader(bucket, "k", byte_range="10-")
        assert error.value.code == "InvalidRange"

    @pytest.mark.parametrize("written", ["0-99", "0-", "-5"])
    def test_of_an_object_without_a_byte(self, aws: LocalAWS, bucket: str, written: str) -> None:
        stored(aws, bucket, 0)
        with ObjectReader(bucket, "k", byte_range=written) as reader:
            assert (reader.size, reader.object_size, reader.readall()) == (0, 0, b"")

    @pytest.mark.parametrize("size", [300, 4 * MIB])
    def test_a_store_that_knows_no_ranges(self, settings: Settings, size: int) -> None:
        content = random.Random(size).randbytes(size)
        with bare_store() as store:
            store.instead = lambda asked: (200, content, {"ETag": '"x"'})
            settings.AWS = store.settings(timeouts=ONCE["timeouts"])
            for written, part in (
                ("0-99", content[:100]),
                ("7-99", content[7:100]),
                (f"{size - 9}-", content[-9:]),
                ("-7", content[-7:]),
            ):
                with ObjectReader("bucket", "k", byte_range=written) as reader:
                    assert (reader.readall(), reader.object_size) == (part, size)
                    assert reader.seek(3) == 3
                    assert reader.read(2) == part[3:5]
            with pytest.raises(InvalidRequestError, match=f"no byte {size:,}"):
                ObjectReader("bucket", "k", byte_range=f"{size}-")
            with ObjectReader("bucket", "k", byte_range=f"7-{size - 1}") as reader:
                assert reader.readall() == content[7:]

    @pytest.mark.aws_servers("ministack")
    def test_a_connection_that_breaks(self, proxy: FaultProxy, aws: LocalAWS, bucket: str) -> None:
        content = stored(aws, bucket, 9 * MIB)
        proxy.set({"do": "truncate", "method": "GET", "times": 2})
        with ObjectReader(bucket, "k", byte_range=f"100-{6 * MIB}") as reader:
            assert reader.readall() == content[100 : 6 * MIB + 1]
        assert proxy.report()["done"] == [2]

    def test_a_condition_of_the_caller_s_own(self, aws: LocalAWS, bucket: str) -> None:
        content = stored(aws, bucket, 5 * MIB)
        etag = aws.client("s3").head_object(Bucket=bucket, Key="k")["ETag"]
        with ObjectReader(bucket, "k", extra_args={"IfMatch": etag}) as reader:
            reader.seek(3 * MIB)
            assert reader.read(5) == content[3 * MIB : 3 * MIB + 5]
        with pytest.raises(ConflictError):
            ObjectReader(bucket, "k", extra_args={"IfMatch": '"other"'})
