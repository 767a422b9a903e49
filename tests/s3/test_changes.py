from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any

import pytest

from philo_aws.exceptions import LocalFileError
from philo_aws.limits import MIB
from philo_aws.s3.changes import ContentCheck, differs, part_sizes
from philo_aws.s3.listxml import Object
from philo_aws.s3.plan import UNDECIDED, Kind, Step
from philo_aws.s3.tree import File
from tests.servers import LocalAWS


def file(size: int = 1, mtime_ns: int = 0, path: str = "") -> File:
    return File("k", path, size, mtime_ns)


def item(size: int = 1, modified: str = "2026-01-01T00:00:00Z", etag: str = "") -> Object:
    return Object("k", size, etag, modified, "STANDARD")


NEW_YEAR = 1_767_225_600_000_000_000


def test_by_size_and_time_up() -> None:
    changed = differs("size_mtime", upload=True)
    assert changed(file(2), item(1)) == "size"
    assert changed(file(1, NEW_YEAR + 1), item(1)) == "mtime"
    assert changed(file(1, NEW_YEAR), item(1)) == ""


def test_by_size_and_time_down() -> None:
    changed = differs("size_mtime", upload=False)
    assert changed(item(1), file(2)) == "size"
    assert changed(item(1), file(1, NEW_YEAR)) == ""
    assert (
        changed(item(1), file(1, NEW_YEAR - 1))
        == changed(item(1), file(1, NEW_YEAR + 1))
        == "mtime"
    )


def test_by_size_alone_always_and_by_content() -> None:
    assert differs("size", upload=True)(file(1, NEW_YEAR + 1), item(1)) == ""
    assert differs("always", upload=True)(file(1), item(1)) == "always"
    assert differs("checksum", upload=True)(file(1), item(2)) == "size"
    assert differs("checksum", upload=True)(file(1), item(1)) == UNDECIDED


@pytest.mark.parametrize(
    "size, count, own, first",
    [
        (20 * MIB, 3, 8 * MIB, 8 * MIB),
        (20 * MIB, 4, 8 * MIB, 5 * MIB),
        (100 * MIB, 7, 8 * MIB, 16 * MIB),
        (90_000 * 8 * MIB, 5625, 8 * MIB, 128 * MIB),
        (1, 1, 8 * MIB, 8 * MIB),
    ],
)
def test_likely_part_sizes(size: int, count: int, own: int, first: int) -> None:
    found = part_sizes(size, count, own)
    assert found[0] == first
    assert all(-(-size // part) == count for part in found)


def check(bucket: str, path: Path, listed: dict[str, Any], part_size: int = 8 * MIB) -> str:
    checker = ContentCheck(bucket, None, "", part_size=part_size, purpose="commands")
    target = Object(listed["Key"], listed["Size"], listed["ETag"].strip('"'), "", "")
    return checker(Step(Kind.CHECK, listed["Key"], file(listed["Size"], 0, str(path)), target))


def listed(aws: LocalAWS, bucket: str) -> dict[str, Any]:
    [entry] = aws.client("s3").list_objects_v2(Bucket=bucket)["Contents"]
    return dict(entry)


@pytest.fixture
def heads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The keys of the HEAD requests that were made."""
    made: list[str] = []
    head = ContentCheck._head

    def counted(self: ContentCheck, key: str) -> dict[str, Any]:
        made.append(key)
        return head(self, key)

    monkeypatch.setattr(ContentCheck, "_head", counted)
    return made


def test_an_md5_tells_equality_without_a_request(
    aws: LocalAWS, bucket: str, tmp_path: Path, heads: list[str]
) -> None:
    path = tmp_path / "f"
    path.write_bytes(b"same")
    aws.client("s3").put_object(Bucket=bucket, Key="k", Body=b"same")
    assert check(bucket, path, listed(aws, bucket)) == ""
    assert heads == []
    path.write_bytes(b"diff")
    assert check(bucket, path, listed(aws, bucket)) == "checksum"


def test_a_head_is_made_for_the_first_different_md5s_only(
    aws: LocalAWS, bucket: str, tmp_path: Path, heads: list[str]
) -> None:
    path = tmp_path / "f"
    path.write_bytes(b"diff")
    aws.client("s3").put_object(Bucket=bucket, Key="k", Body=b"same")
    etag = hashlib.md5(b"same", usedforsecurity=False).hexdigest()
    checker = ContentCheck(bucket, None, "", part_size=8 * MIB, purpose="commands")
    step = Step(Kind.CHECK, "k", file(4, 0, str(path)), Object("k", 4, etag, "", ""))
    assert [checker(step) for _ in range(10)] == ["checksum"] * 10
    assert len(heads) == 3


@pytest.mark.parametrize("parts", [5 * MIB, 8 * MIB])
def test_the_etag_of_parts_is_computed(
    aws: LocalAWS, bucket: str, tmp_path: Path, heads: list[str], parts: int
) -> None:
    from boto3.s3.transfer import TransferConfig

    path = tmp_path / "f"
    path.write_bytes(os.urandom(11 * MIB + 3))
    aws.client("s3").upload_file(
        str(path),
        bucket,
        "k",
        Config=TransferConfig(multipart_threshold=1, multipart_chunksize=parts),
    )
    assert "-" in listed(aws, bucket)["ETag"]
    assert check(bucket, path, listed(aws, bucket)) == ""
    assert heads == []


@pytest.mark.aws_servers("ministack")
@pytest.mark.parametrize("algorithm", ["CRC64NVME", "CRC32C", "CRC32", "SHA256"])
def test_a_checksum_tells_where_the_etag_says_nothing(
    aws: LocalAWS, bucket: str, tmp_path: Path, heads: list[str], algorithm: str
) -> None:
    path = tmp_path / "f"
    path.write_bytes(b"same")
    aws.client("s3").put_object(Bucket=bucket, Key="k", Body=b"same", ChecksumAlgorithm=algorithm)
    opaque = listed(aws, bucket) | {"ETag": "opaque"}
    assert check(bucket, path, opaque) == ""
    path.write_bytes(b"diff")
    assert check(bucket, path, opaque) == "checksum"
    assert heads == ["k", "k"]


@pytest.mark.aws_servers("ministack")
def test_an_encrypted_object_is_known_by_its_checksum(
    aws: LocalAWS, bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "f"
    path.write_bytes(b"same")
    aws.client("s3").put_object(Bucket=bucket, Key="k", Body=b"same", ChecksumAlgorithm="CRC32")
    head = ContentCheck._head
    # ministack gives encrypted objects the ETag of plain ones; AWS gives them one of no meaning.
    monkeypatch.setattr(
        ContentCheck,
        "_head",
        lambda self, key: head(self, key) | {"ServerSideEncryption": "aws:kms"},
    )
    assert check(bucket, path, listed(aws, bucket) | {"ETag": "0" * 32}) == ""
    path.write_bytes(b"diff")
    assert check(bucket, path, listed(aws, bucket) | {"ETag": "0" * 32}) == "checksum"


def test_a_file_that_cannot_be_read_is_an_error(bucket: str, tmp_path: Path) -> None:
    with pytest.raises(LocalFileError, match="gone"):
        check(bucket, tmp_path / "gone", {"Key": "k", "Size": 1, "ETag": "0" * 32})
