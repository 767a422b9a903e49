from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from philo_aws.conf import TransferConfig
from philo_aws.exceptions import LocalFileError
from philo_aws.limits import MIB
from philo_aws.s3.engine.proof import digest as proof_digest
from philo_aws.s3.engine.proof import digest_of_parts
from philo_aws.s3.files.rooted import Root
from philo_aws.s3.files.tree import File
from philo_aws.s3.listing.xml import Object
from philo_aws.s3.request.remote import Remote
from philo_aws.s3.transfer.changes import ContentCheck, part_sizes
from philo_aws.s3.transfer.plan import PlanStep, Verdict
from tests.s3.engine.bare import Answer, Asked, BareStore, bare_store, md5
from tests.servers import LocalAWS


def file(size: int = 1, mtime_ns: int = 0, path: str = "") -> File:
    return File("k", path, size, mtime_ns)


def item(size: int = 1, modified: str = "2026-01-01T00:00:00Z", etag: str = "") -> Object:
    return Object("k", size, etag, modified, "STANDARD")


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
    checker = ContentCheck(Remote(bucket=bucket, transfer=TransferConfig(part_size=part_size)))
    target = Object(listed["Key"], listed["Size"], listed["ETag"].strip('"'), "", "")
    return checker(
        PlanStep(Verdict.CHECK, listed["Key"], file(listed["Size"], 0, str(path)), target)
    )


def listed(aws: LocalAWS, bucket: str) -> dict[str, Any]:
    [entry] = aws.client("s3").list_objects_v2(Bucket=bucket)["Contents"]
    return dict(entry)


@pytest.fixture
def heads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The keys of the HEAD requests that were made."""
    made: list[str] = []
    head = ContentCheck._head

    def counted(self: ContentCheck, key: str, **more: Any) -> Mapping[str, str]:
        made.append(key)
        return head(self, key, **more)

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
    checker = ContentCheck(Remote(bucket=bucket))
    step = PlanStep(Verdict.CHECK, "k", file(4, 0, str(path)), Object("k", 4, etag, "", ""))
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
@pytest.mark.parametrize("algorithm", ["CRC64NVME", "CRC32C", "CRC32", "SHA1", "SHA256"])
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
        lambda self, key: {**head(self, key), "x-amz-server-side-encryption": "aws:kms"},
    )
    assert check(bucket, path, listed(aws, bucket) | {"ETag": "0" * 32}) == ""
    path.write_bytes(b"diff")
    assert check(bucket, path, listed(aws, bucket) | {"ETag": "0" * 32}) == "checksum"


def test_a_file_that_cannot_be_read_is_an_error(bucket: str, tmp_path: Path) -> None:
    with pytest.raises(LocalFileError, match="gone"):
        check(bucket, tmp_path / "gone", {"Key": "k", "Size": 1, "ETag": "0" * 32})


def send_in_parts(aws: LocalAWS, bucket: str, bodies: list[bytes], **options: Any) -> None:
    s3: Any = aws.client("s3")
    upload = s3.create_multipart_upload(Bucket=bucket, Key="k", **options)["UploadId"]
    where = {"Bucket": bucket, "Key": "k", "UploadId": upload}
    parts = [
        {
            "PartNumber": number,
            "ETag": s3.upload_part(**where, PartNumber=number, Body=body)["ETag"],
        }
        for number, body in enumerate(bodies, 1)
    ]
    s3.complete_multipart_upload(**where, MultipartUpload={"Parts": parts})


UNUSUAL = 5 * MIB + 4321


@pytest.mark.aws_servers("moto")  # ministack tells no sizes of parts
def test_the_size_of_unusual_parts_is_asked_for(
    aws: LocalAWS, bucket: str, tmp_path: Path, heads: list[str]
) -> None:
    body = os.urandom(2 * UNUSUAL + 5)
    send_in_parts(aws, bucket, [body[:UNUSUAL], body[UNUSUAL : 2 * UNUSUAL], body[2 * UNUSUAL :]])
    path = tmp_path / "f"
    path.write_bytes(body)
    assert check(bucket, path, listed(aws, bucket)) == ""
    assert heads == ["k", "k"]
    path.write_bytes(body[:-1] + bytes([body[-1] ^ 1]))
    assert check(bucket, path, listed(aws, bucket)) == "checksum"


def test_parts_of_sizes_that_no_store_tells_are_sent_again(
    aws: LocalAWS, bucket: str, tmp_path: Path
) -> None:
    bodies = [os.urandom(5 * MIB + 1), os.urandom(6 * MIB), b"rest"]
    send_in_parts(aws, bucket, bodies)
    path = tmp_path / "f"
    path.write_bytes(b"".join(bodies))
    assert check(bucket, path, listed(aws, bucket)) == "checksum"


@pytest.fixture
def store(settings: Settings) -> Iterator[BareStore]:
    with bare_store() as made:
        settings.AWS = made.settings()
        yield made


@pytest.mark.parametrize("spelled", ['W/"{}"', '"{}"', "'{}'", "&quot;{}&quot;"])
def test_an_etag_counts_however_it_is_spelled(
    store: BareStore, tmp_path: Path, spelled: str
) -> None:
    path = tmp_path / "f"
    path.write_bytes(b"same")
    etag = spelled.format(md5(b"same").upper())
    item_ = Object("k", 4, etag, "", "")
    checker = ContentCheck(Remote(bucket="bucket"))
    assert checker(PlanStep(Verdict.CHECK, "k", file(4, 0, str(path)), item_)) == ""
    assert store.asked == []


def told_by(store: BareStore, whole: dict[str, str], part: dict[str, str] | int) -> None:
    """Have HEADs answered with `whole`, those for a part with `part`, or with that status."""

    def answer(asked: Asked) -> Answer:
        if "partNumber" not in asked.query:
            return 200, b"", {"ETag": '"x"', **whole}
        return (part, b"", {}) if isinstance(part, int) else (206, b"", {"ETag": '"x"', **part})

    store.instead = answer


def compare(path: Path, etag: str, **extra_args: Any) -> str:
    size = path.stat().st_size
    checker = ContentCheck(Remote(bucket="bucket", extra_args=extra_args))
    target = Object("k", size, etag, "", "")
    return checker(PlanStep(Verdict.CHECK, "k", file(size, 0, str(path)), target))


KMS = {"x-amz-server-side-encryption": "aws:kms"}


def test_a_checksum_over_parts_is_compared_where_the_etag_says_nothing(
    store: BareStore, tmp_path: Path
) -> None:
    path = tmp_path / "f"
    path.write_bytes(b"0123456789")
    value = digest_of_parts("sha1", [b"0123456789"], 4)
    assert value.endswith("-3")
    told_by(store, {"x-amz-checksum-sha1": value, **KMS}, {"Content-Length": "4"})
    assert compare(path, "0" * 32 + "-3") == ""
    assert store.count("head") == 2
    path.write_bytes(b"0123456_89")
    assert compare(path, "0" * 32 + "-3") == "checksum"


@pytest.mark.parametrize(
    "part", [400, 405, 416, 501, {"Content-Length": "0"}, {"Content-Length": "9"}]
)
def test_a_store_that_does_not_tell_the_size_of_parts_has_them_moved(
    store: BareStore, tmp_path: Path, part: dict[str, str] | int
) -> None:
    path = tmp_path / "f"
    path.write_bytes(b"0123456789")
    told_by(store, {}, part)
    assert compare(path, digest_of_parts("md5", [b"0123456789"], 4)) == "checksum"
    # Credentials that have expired are a 400 to HEAD, so that is asked once more.
    assert store.count("head") == (3 if part == 400 else 2)


def test_the_etag_of_an_encrypted_upload_in_parts_is_not_asked_after(
    store: BareStore, tmp_path: Path
) -> None:
    path = tmp_path / "f"
    path.write_bytes(b"0123456789")
    told_by(store, KMS, {"Content-Length": "4"})
    assert compare(path, "0" * 32 + "-3") == "checksum"
    assert store.count("head") == 1


def test_a_key_for_encryption_goes_with_the_questions(store: BareStore, tmp_path: Path) -> None:
    path = tmp_path / "f"
    path.write_bytes(b"0123456789")
    told_by(store, {}, {"Content-Length": "4"})
    etag = digest_of_parts("md5", [b"0123456789"], 4)
    args = {"SSECustomerAlgorithm": "AES256", "SSECustomerKey": "k" * 32, "ChecksumMode": "ENABLED"}
    assert compare(path, etag, **args) == ""
    keyed = "x-amz-server-side-encryption-customer-key"
    assert [keyed in asked.headers for asked in store.asked] == [True, True]


def test_a_question_that_is_throttled_is_asked_again(store: BareStore, tmp_path: Path) -> None:
    path = tmp_path / "f"
    path.write_bytes(b"same")
    left: list[Answer] = [(503, b"", {}), (429, b"", {})]
    crc = proof_digest("crc32", [b"same"])
    store.told = lambda: {"x-amz-checksum-crc32": crc}
    store.instead = lambda asked: left.pop() if left else None
    assert compare(path, "opaque") == ""
    assert store.count("head") == 3


@pytest.mark.parametrize("follow", [True, False])
def test_what_took_the_place_of_a_file_is_neither_waited_for_nor_read(
    tmp_path: Path, follow: bool
) -> None:
    etag = md5(b"x")
    (tmp_path / "tree").mkdir()
    (tmp_path / "outside").write_bytes(b"x")
    (tmp_path / "tree" / "link").symlink_to(tmp_path / "outside")
    os.mkfifo(tmp_path / "tree" / "pipe")
    with Root(tmp_path / "tree", follow=follow) as root:
        checker = ContentCheck(Remote(bucket="b"), root)

        def told(name: str) -> str:
            found = file(1, 0, str(tmp_path / "tree" / name))
            try:
                return checker(PlanStep(Verdict.CHECK, "k", found, item(1, etag=etag)))
            except LocalFileError as error:
                return error.code

        said: list[str] = []
        # Nobody writes to it, so a thread that waits for it stays.
        waiting = threading.Thread(target=lambda: said.append(told("pipe")), daemon=True)
        waiting.start()
        waiting.join(timeout=20)
        assert said == ["NotARegularFile"]
        assert told("link") == ("" if follow else "Confined")
