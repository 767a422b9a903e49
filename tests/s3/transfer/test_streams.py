from __future__ import annotations

import gzip
import io
import os
import threading
from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from philo_aws import s3
from philo_aws.conf import TransferConfig
from philo_aws.exceptions import (
    AWSError,
    BucketNotFoundError,
    InvalidRequestError,
    LocalFileError,
    ObjectNotFoundError,
    ServiceError,
    UsageError,
)
from philo_aws.limits import MIB
from tests.s3.engine.bare import bare_store
from tests.s3.engine.conftest import FaultProxy, fault_proxy, objects, proxy
from tests.s3.objects.test_reading import stored
from tests.s3.objects.test_writing import unfinished
from tests.servers import LocalAWS

__all__ = ["fault_proxy", "proxy"]

SMALL_PARTS = TransferConfig(part_size=5 * MIB)


class Producer:
    """A file that ends as it is told to."""

    def __init__(self, blocks: int, end: BaseException | bytes | str | None = b"") -> None:
        self._left = [b"." * MIB] * blocks
        self._end = end

    def read(self, size: int) -> Any:
        if self._left:
            return self._left.pop()
        if isinstance(self._end, BaseException):
            raise self._end
        return self._end


class TestUpload:
    @pytest.mark.parametrize("size", [1, MIB, 9 * MIB, 21 * MIB + 5])
    def test_a_pipe(self, aws: LocalAWS, bucket: str, size: int) -> None:
        content = os.urandom(size)
        reading, writing = os.pipe()

        def write() -> None:
            with open(writing, "wb") as end:
                end.write(content)

        thread = threading.Thread(target=write)
        thread.start()
        came: list[int] = []
        with open(reading, "rb") as file:
            etag = s3.upload_fileobj(file, bucket, "k", transfer=SMALL_PARTS, on_bytes=came.append)
        thread.join()
        assert objects(aws, bucket) == {"k": content}
        assert aws.client("s3").head_object(Bucket=bucket, Key="k")["ETag"] == etag
        assert sum(came) == size
        assert unfinished(aws, bucket) == []

    @pytest.mark.parametrize(
        ("key", "content", "told"),
        [
            ("a.css", b"a { color: red }", "text/css; charset=utf-8"),
            ("a.css", b"/* caf\xe9 */", "text/css"),
            ("a.css", b"a" * (8 * MIB + 1), "text/css"),
            ("a.css.gz", gzip.compress(b"a {}", mtime=0), "text/css; charset=utf-8"),
            ("a.css.gz", b"no gzip", "text/css"),
            ("a.css.br", b"packed", "text/css"),
            ("a.png", b"\x89PNG", "image/png"),
        ],
    )
    def test_the_type_is_that_of_the_key(
        self, ministack: LocalAWS, bucket: str, key: str, content: bytes, told: str
    ) -> None:
        s3.upload_fileobj(io.BytesIO(content), bucket, key)
        head = ministack.client("s3").head_object(Bucket=bucket, Key=key)
        assert head["ContentType"] == told
        assert head["ContentLength"] == len(content)

    def test_properties(self, aws: LocalAWS, bucket: str) -> None:
        s3.upload_fileobj(
            io.BytesIO(b"x"),
            bucket,
            "a.css",
            default_headers={"Cache-Control": "no-store"},
            headers=[s3.HeaderRule(pattern="*.css", name="Content-Language", value="de")],
            extra_args={"Metadata": {"a": "b"}},
        )
        head = aws.client("s3").head_object(Bucket=bucket, Key="a.css")
        assert (head["CacheControl"], head["ContentLanguage"]) == ("no-store", "de")
        assert head["Metadata"] == {"a": "b"}

    def test_nothing(self, aws: LocalAWS, bucket: str) -> None:
        aws.client("s3").put_object(Bucket=bucket, Key="k", Body=b"before")
        with pytest.raises(InvalidRequestError, match="Nothing came, so 'k' was not written"):
            s3.upload_fileobj(io.BytesIO(), bucket, "k", allow_empty=False)
        assert objects(aws, bucket) == {"k": b"before"}
        s3.upload_fileobj(io.BytesIO(), bucket, "k")
        assert objects(aws, bucket) == {"k": b""}

    @pytest.mark.parametrize("blocks", [1, 24])
    @pytest.mark.parametrize(
        ("end", "told"),
        [
            (OSError(5, "Input/output error"), LocalFileError),
            (RuntimeError("it broke"), RuntimeError),
            (KeyboardInterrupt(), KeyboardInterrupt),
            (None, UsageError),
            ("text", UsageError),
        ],
    )
    def test_who_fails_to_write_it_leaves_nothing(
        self,
        ministack: LocalAWS,
        bucket: str,
        blocks: int,
        end: Any,
        told: type[BaseException],
    ) -> None:
        ministack.client("s3").put_object(Bucket=bucket, Key="k", Body=b"before")
        with pytest.raises(told):
            s3.upload_fileobj(Producer(blocks, end), bucket, "k", transfer=SMALL_PARTS)
        assert objects(ministack, bucket) == {"k": b"before"}
        assert unfinished(ministack, bucket) == []

    def test_what_cannot_be_is_told_before_anything_is_read(self, ministack: LocalAWS) -> None:
        file = Producer(0, RuntimeError("it was read"))
        for arguments in (("bucket", "k/"), ("bucket", ""), ("b", "k")):
            with pytest.raises(UsageError):
                s3.upload_fileobj(file, *arguments)
        with pytest.raises(UsageError):
            s3.upload_fileobj(file, "bucket", "k", extra_args={"Nothing": 1})
        with pytest.raises(BucketNotFoundError):
            s3.upload_fileobj(io.BytesIO(b"x"), "there-is-no-such-bucket", "k")

    @pytest.mark.aws_servers("ministack")
    def test_parts_are_tried_again(self, proxy: FaultProxy, aws: LocalAWS, bucket: str) -> None:
        content = os.urandom(12 * MIB)
        fault = {"method": "PUT", "path": "partNumber=", "times": 1}
        proxy.set(
            {"do": "status", "status": 503, "code": "SlowDown"} | fault, {"do": "reset"} | fault
        )
        s3.upload_fileobj(io.BytesIO(content), bucket, "k", transfer=SMALL_PARTS)
        assert proxy.report()["done"] == [1, 1]
        assert objects(aws, bucket) == {"k": content}


class TestDownload:
    @pytest.mark.parametrize("size", [0, 1, MIB, 5 * MIB + 3])
    def test_all_of_it(self, aws: LocalAWS, bucket: str, size: int) -> None:
        content = stored(aws, bucket, size)
        file, sizes, came = io.BytesIO(), list[int](), list[int]()
        s3.download_fileobj(file, bucket, "k", on_size=sizes.append, on_bytes=came.append)
        assert file.getvalue() == content
        assert (sizes, sum(came)) == ([size], size)
        assert max(came, default=0) <= MIB

    def test_some_of_it(self, aws: LocalAWS, bucket: str) -> None:
        content = stored(aws, bucket, 300)
        file = io.BytesIO()
        s3.download_fileobj(file, bucket, "k", byte_range="-100")
        assert file.getvalue() == content[-100:]

    def test_damage_is_told_at_the_end(self, settings: Settings) -> None:
        with bare_store() as store:
            store.body = bytes(3 * MIB)
            store.give = lambda body: b"x" + body[1:]
            settings.AWS = store.settings()
            file = io.BytesIO()
            with pytest.raises(ServiceError) as error:
                s3.download_fileobj(file, "bucket", "k")
        assert error.value.code == "ChecksumMismatch"
        assert len(file.getvalue()) == 3 * MIB

    def test_a_range_in_a_file(self, aws: LocalAWS, bucket: str, tmp_path: Path) -> None:
        content = stored(aws, bucket, 3 * MIB)
        target = tmp_path / "f"
        target.write_bytes(b"before")
        target.chmod(0o600)
        sizes: list[int] = []
        s3.download_file(target, bucket, "k", byte_range="100-1999999", on_size=sizes.append)
        assert target.read_bytes() == content[100:2_000_000]
        assert target.stat().st_mode & 0o777 == 0o600
        assert sizes == [1_999_900]
        assert list(tmp_path.iterdir()) == [target]

    def test_a_range_that_fails_leaves_the_file(
        self, aws: LocalAWS, bucket: str, tmp_path: Path
    ) -> None:
        target = tmp_path / "f"
        target.write_bytes(b"before")
        with pytest.raises(ObjectNotFoundError):
            s3.download_file(target, bucket, "none", byte_range="0-9")
        stored(aws, bucket, 10)
        with pytest.raises(InvalidRequestError, match="no byte 10"):
            s3.download_file(target, bucket, "k", byte_range="10-")
        with pytest.raises(LocalFileError, match="There is no folder"):
            s3.download_file(tmp_path / "none" / "f", bucket, "k", byte_range="0-5")
        assert target.read_bytes() == b"before"
        assert list(tmp_path.iterdir()) == [target]

    @pytest.mark.aws_servers("ministack")
    def test_a_range_that_breaks_off_leaves_no_half(
        self, proxy: FaultProxy, aws: LocalAWS, bucket: str, settings: Settings, tmp_path: Path
    ) -> None:
        settings.AWS = settings.AWS | {"timeouts": {"commands": {"max_attempts": 1}}}
        stored(aws, bucket, 5 * MIB)
        proxy.set({"do": "truncate", "method": "GET"})
        with pytest.raises(AWSError):
            s3.download_file(tmp_path / "f", bucket, "k", byte_range="5-4999999")
        assert list(tmp_path.iterdir()) == []
