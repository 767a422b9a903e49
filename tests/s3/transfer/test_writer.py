from __future__ import annotations

import gc
import io
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from pytest_django import Settings

from philo_aws.conf import TransferConfig
from philo_aws.exceptions import (
    BucketNotFoundError,
    ConflictError,
    LocalFileError,
    NetworkError,
    UsageError,
)
from philo_aws.limits import MIB
from philo_aws.s3.transfer import part_sending, writer
from philo_aws.s3.transfer.writer import ObjectWriter, upload_content
from tests.running import ROOT
from tests.s3.engine.conftest import FaultProxy, fault_proxy, objects, proxy
from tests.s3.objects.test_writing import unfinished
from tests.servers import LocalAWS

__all__ = ["fault_proxy", "proxy"]

SMALL_PARTS = TransferConfig(part_size=5 * MIB)
ONCE = {"timeouts": {"commands": {"max_attempts": 1}}}


class TestWriting:
    @pytest.mark.parametrize("size", [0, 1, 5 * MIB - 1, 5 * MIB, 5 * MIB + 1, 21 * MIB])
    def test_all_sizes(self, aws: LocalAWS, bucket: str, size: int) -> None:
        content = os.urandom(1024) * (size // 1024) + b"x" * (size % 1024)
        with ObjectWriter(bucket, "k", transfer=SMALL_PARTS) as made:
            for start in range(0, size, 3 * MIB + 11):
                made.write(content[start : start + 3 * MIB + 11])
        assert objects(aws, bucket) == {"k": content}
        assert made.close() == aws.client("s3").head_object(Bucket=bucket, Key="k")["ETag"]
        assert unfinished(aws, bucket) == []

    def test_what_was_written_stays_as_it_was(self, ministack: LocalAWS, bucket: str) -> None:
        buffer = bytearray(b"abc")
        with ObjectWriter(bucket, "k", headers={"Content-Type": "a/b"}) as made:
            made.write(buffer)
            buffer[:] = b"xyz"
            made.write(memoryview(b"defg")[1:3])
            with pytest.raises(TypeError):
                made.write("text")  # type: ignore[arg-type]
        assert objects(ministack, bucket) == {"k": b"abcef"}
        head = ministack.client("s3").head_object(Bucket=bucket, Key="k")
        assert head["ContentType"] == "a/b"

    def test_parts_beyond_memory_wait_on_the_disk(
        self, aws: LocalAWS, bucket: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(part_sending, "PARTS_AT_FIRST", 2)
        monkeypatch.setattr(part_sending, "PARTS_OF_A_SIZE", 1)
        monkeypatch.setattr(writer, "IN_MEMORY", 10 * MIB)
        content = os.urandom(MIB)
        with ObjectWriter(bucket, "k", transfer=SMALL_PARTS) as made:
            for _ in range(45):
                made.write(content)
        assert objects(aws, bucket) == {"k": content * 45}
        # 5, 5, 10, 20 and the rest of 40
        assert made.close().endswith('-5"')

    def test_nothing_is_there_before_the_end(self, ministack: LocalAWS, bucket: str) -> None:
        made = ObjectWriter(bucket, "k", transfer=SMALL_PARTS)
        made.write(b"x" * (5 * MIB - 1))
        assert unfinished(ministack, bucket) == []
        made.write(b"x")
        assert len(unfinished(ministack, bucket)) == 1  # begun as soon as there is a part
        assert objects(ministack, bucket) == {}
        made.close()
        assert len(objects(ministack, bucket)["k"]) == 5 * MIB

    def test_it_is_closed_once(self, ministack: LocalAWS, bucket: str) -> None:
        made = ObjectWriter(bucket, "k")
        made.write(b"x")
        assert made.closed is False
        etag = made.close()
        ministack.client("s3").delete_object(Bucket=bucket, Key="k")
        assert made.close() == etag
        made.abort()
        assert objects(ministack, bucket) == {}
        with pytest.raises(ValueError, match="after it was closed"):
            made.write(b"x")

    def test_names_are_looked_at_at_once(self, ministack: LocalAWS, bucket: str) -> None:
        for arguments in [("A", "k"), (bucket, "")]:
            with pytest.raises(UsageError):
                ObjectWriter(*arguments)
        with pytest.raises(UsageError):
            ObjectWriter(bucket, "k", extra_args={"Nothing": 1})

    def test_no_bucket(self, ministack: LocalAWS) -> None:
        made = ObjectWriter("there-is-no-such-bucket", "k")
        with pytest.raises(BucketNotFoundError):
            made.close()


@pytest.mark.parametrize("size", [1, 11 * MIB])
class TestConditions:
    def test_nothing_is_replaced(self, aws: LocalAWS, bucket: str, size: int) -> None:
        made = ObjectWriter(bucket, "k", if_none_match=True, transfer=SMALL_PARTS)
        made.write(bytes(size))
        # somebody was faster
        aws.client("s3").put_object(Bucket=bucket, Key="k", Body=b"theirs")
        with pytest.raises(ConflictError) as error:
            made.close()
        assert error.value.code == "PreconditionFailed"
        assert objects(aws, bucket) == {"k": b"theirs"}
        assert unfinished(aws, bucket) == []

    def test_one_is_replaced(self, ministack: LocalAWS, bucket: str, size: int) -> None:
        with ObjectWriter(bucket, "k") as first:
            first.write(b"first")
        etag = first.close()
        others = [ObjectWriter(bucket, "k", if_match=etag, transfer=SMALL_PARTS) for _ in range(2)]
        for made in others:
            made.write(bytes(size))
        others[0].close()
        with pytest.raises(ConflictError):
            others[1].close()
        assert objects(ministack, bucket) == {"k": bytes(size)}
        assert unfinished(ministack, bucket) == []

    def test_of_many_at_once_one_is_made(self, ministack: LocalAWS, bucket: str, size: int) -> None:
        done: list[int] = []

        def write(number: int) -> None:
            made = ObjectWriter(bucket, "k", if_none_match=True, transfer=SMALL_PARTS)
            made.write(b"same" * size)
            try:
                made.close()
            except ConflictError:
                return
            done.append(number)

        threads = [threading.Thread(target=write, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(done) == 1


class TestGivingUp:
    @pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt, SystemExit])
    def test_a_block_that_fails(
        self, ministack: LocalAWS, bucket: str, error: type[BaseException]
    ) -> None:
        made = ObjectWriter(bucket, "k", transfer=SMALL_PARTS)

        def fail() -> None:
            with made:
                made.write(b"x" * 11 * MIB)
                assert unfinished(ministack, bucket) != []
                raise error

        with pytest.raises(error):
            fail()
        assert objects(ministack, bucket) == {}
        assert unfinished(ministack, bucket) == []
        assert made.closed

    @pytest.mark.aws_servers("ministack")
    def test_an_interrupt_while_it_waits(
        self, proxy: FaultProxy, aws: LocalAWS, bucket: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(part_sending, "LAST_WORD", 0.01)
        proxy.set({"do": "hold", "method": "PUT"})

        main = threading.get_ident()

        def interrupt() -> None:
            # The third part is sent by close(), which waits from then on.
            proxy.wait_for(lambda report: report["methods"].get("PUT", 0) >= 3)
            signal.pthread_kill(main, signal.SIGINT)

        made = ObjectWriter(bucket, "k", transfer=SMALL_PARTS)
        made.write(bytes(11 * MIB))
        thread = threading.Thread(target=interrupt)
        thread.start()
        with pytest.raises(KeyboardInterrupt):
            made.close()
        thread.join()
        proxy.set()
        proxy.wait_for(lambda report: report["methods"].get("DELETE", 0) >= 2)
        assert objects(aws, bucket) == {}
        assert unfinished(aws, bucket) == []

    @pytest.mark.aws_servers("ministack")
    def test_a_part_that_fails_is_told_and_ends_it(
        self, proxy: FaultProxy, aws: LocalAWS, bucket: str, settings: Settings
    ) -> None:
        settings.AWS = settings.AWS | ONCE
        proxy.set({"do": "reset", "method": "PUT", "path": "partNumber=2"})
        made = ObjectWriter(bucket, "k", transfer=SMALL_PARTS)

        def write_all() -> None:
            for _ in range(50):
                made.write(bytes(5 * MIB))

        with pytest.raises(NetworkError) as first:
            write_all()
        assert unfinished(aws, bucket) == []
        for call in (lambda: made.write(b"x"), made.close):
            with pytest.raises(NetworkError) as again:
                call()
            assert again.value is first.value
        assert objects(aws, bucket) == {}

    @pytest.mark.aws_servers("ministack")
    def test_an_object_that_cannot_be_completed(
        self, proxy: FaultProxy, aws: LocalAWS, bucket: str, settings: Settings
    ) -> None:
        settings.AWS = settings.AWS | ONCE
        proxy.set({"do": "reset", "method": "POST", "path": "uploadId="})
        made = ObjectWriter(bucket, "k", transfer=SMALL_PARTS)
        made.write(bytes(6 * MIB))
        with pytest.raises(NetworkError):
            made.close()
        assert unfinished(aws, bucket) == []
        assert objects(aws, bucket) == {}

    @pytest.mark.aws_servers("ministack")
    def test_one_that_is_forgotten(self, proxy: FaultProxy, aws: LocalAWS, bucket: str) -> None:
        def forget() -> None:
            ObjectWriter(bucket, "k", transfer=SMALL_PARTS).write(bytes(6 * MIB))
            gc.collect()

        with pytest.warns(ResourceWarning, match="neither closed nor aborted"):
            forget()
        proxy.wait_for(lambda report: report["methods"].get("DELETE"))
        assert objects(aws, bucket) == {}
        assert unfinished(aws, bucket) == []


class TestContent:
    def test_a_path(self, aws: LocalAWS, bucket: str, tmp_path: Path) -> None:
        (tmp_path / "f").write_bytes(b"a path")
        for path in (tmp_path / "f", str(tmp_path / "f")):
            etag = upload_content(path, bucket, "k", headers={"Content-Type": "a/b"})
            found = aws.client("s3").get_object(Bucket=bucket, Key="k")
            assert (found["Body"].read(), found["ETag"]) == (b"a path", etag)
            assert found["ContentType"] == "a/b"

    def test_a_large_file(self, aws: LocalAWS, bucket: str, tmp_path: Path) -> None:
        content = os.urandom(11 * MIB)
        (tmp_path / "f").write_bytes(content)
        upload_content(tmp_path / "f", bucket, "k", transfer=SMALL_PARTS)
        assert objects(aws, bucket) == {"k": content}

    def test_a_file_stays_open_where_it_was(
        self, ministack: LocalAWS, bucket: str, tmp_path: Path
    ) -> None:
        (tmp_path / "f").write_bytes(b"a file")
        with (tmp_path / "f").open("rb") as file:
            file.read(3)
            upload_content(file, bucket, "k")
            assert file.read() == b"ile"
        assert objects(ministack, bucket) == {"k": b"a file"}

    @pytest.mark.parametrize("size", [0, 3, 11 * MIB])
    def test_what_is_no_file_of_this_machine(
        self, ministack: LocalAWS, bucket: str, size: int
    ) -> None:
        content = io.BytesIO(b"abc" * (size // 3))
        content.seek(size // 2)
        upload_content(content, bucket, "k", transfer=SMALL_PARTS)
        assert objects(ministack, bucket) == {"k": content.getvalue()}
        assert not content.closed

    def test_a_pipe(self, ministack: LocalAWS, bucket: str) -> None:
        read, write = os.pipe()
        with open(read, "rb") as file:
            with open(write, "wb") as other:
                other.write(b"through it")
            upload_content(file, bucket, "k")
        assert objects(ministack, bucket) == {"k": b"through it"}

    @pytest.mark.parametrize("size", [1, 11 * MIB])
    def test_conditions(self, aws: LocalAWS, bucket: str, tmp_path: Path, size: int) -> None:
        (tmp_path / "f").write_bytes(bytes(size))
        for content in (tmp_path / "f", io.BytesIO(bytes(size))):
            aws.client("s3").put_object(Bucket=bucket, Key="k", Body=b"theirs")
            with pytest.raises(ConflictError):
                upload_content(content, bucket, "k", if_none_match=True, transfer=SMALL_PARTS)
            if aws.name == "moto" and size > 1:
                continue  # it does not look at If-Match of an upload in parts
            with pytest.raises(ConflictError):
                upload_content(content, bucket, "k", if_match='"x"', transfer=SMALL_PARTS)
        assert objects(aws, bucket) == {"k": b"theirs"}
        assert unfinished(aws, bucket) == []

    def test_a_file_that_is_not_there(
        self, ministack: LocalAWS, bucket: str, tmp_path: Path
    ) -> None:
        with pytest.raises(LocalFileError, match="There is no file"):
            upload_content(tmp_path / "none", bucket, "k")
        with pytest.raises(LocalFileError, match="is a folder"):
            upload_content(tmp_path, bucket, "k")


MEASURE = """
import resource, sys, threading
import django
from django.conf import settings
settings.configure(AWS={aws!r})
django.setup()
from philo_aws.s3.transfer.writer import ObjectWriter, upload_content

def peak():
    return int(next(line for line in open("/proc/self/status") if "VmHWM" in line).split()[1])

with ObjectWriter({bucket!r}, "first") as made:  # all that is imported, and a connection
    made.write(bytes(9 << 20))
before = peak()
if {path!r}:
    upload_content({path!r}, {bucket!r}, "k")
else:
    block = bytes(1 << 16)
    with ObjectWriter({bucket!r}, "k") as made:
        for _ in range(200 * 16):
            made.write(block)
print((peak() - before) // 1024)
"""


@pytest.mark.skipif(not os.path.exists("/proc/self/status"), reason="Linux tells the most it had")
@pytest.mark.parametrize("of_file", [False, True])
def test_memory_does_not_grow_with_the_object(
    ministack: LocalAWS, bucket: str, tmp_path: Path, of_file: bool
) -> None:
    path = tmp_path / "f"
    with path.open("wb") as file:
        file.truncate(200 * MIB)
    script = MEASURE.format(
        aws=ministack.settings, bucket=bucket, path=str(path) if of_file else ""
    )
    answer = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert int(answer.stdout) <= 64, answer.stdout
    size = ministack.client("s3").head_object(Bucket=bucket, Key="k")["ContentLength"]
    assert size == 200 * MIB
