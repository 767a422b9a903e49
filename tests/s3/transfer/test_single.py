from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from philo_aws import s3
from philo_aws.conf import TransferConfig
from philo_aws.exceptions import (
    AWSError,
    BucketNotFoundError,
    CredentialsError,
    InvalidRequestError,
    LocalFileError,
    ObjectNotFoundError,
    UsageError,
)
from philo_aws.s3.headers import parse_rule
from tests.s3.engine.bare import BareStore, bare_store
from tests.servers import LocalAWS

MIB = 1024 * 1024


@pytest.mark.parametrize("size", [0, 5, 9 * MIB + 1])
def test_up_and_down_again(aws: LocalAWS, bucket: str, tmp_path: Path, size: int) -> None:
    data = os.urandom(size)
    (tmp_path / "up").write_bytes(data)
    moved: list[int] = []
    s3.upload_file(tmp_path / "up", bucket, "a b/c+d", on_bytes=moved.append)
    assert aws.client("s3").get_object(Bucket=bucket, Key="a b/c+d")["Body"].read() == data
    assert sum(moved) == size
    moved.clear()
    expected: list[int] = []
    s3.download_file(
        tmp_path / "down", bucket, "a b/c+d", on_size=expected.append, on_bytes=moved.append
    )
    assert (tmp_path / "down").read_bytes() == data
    assert sum(moved) == size
    assert expected == [size]


def test_the_content_type_comes_from_the_key_and_can_be_set(
    aws: LocalAWS, bucket: str, tmp_path: Path
) -> None:
    (tmp_path / "f").write_text("x")
    s3.upload_file(tmp_path / "f", bucket, "a.css")
    s3.upload_file(
        tmp_path / "f",
        bucket,
        "b.css",
        headers=[parse_rule("*.css:Cache-Control=max-age=5")],
        default_headers={"Content-Type": "text/plain"},
        extra_args={"Metadata": {"by": "me"}, "StorageClass": "STANDARD_IA"},
    )
    head = aws.client("s3").head_object
    assert head(Bucket=bucket, Key="a.css")["ContentType"] == "text/css; charset=utf-8"
    made = head(Bucket=bucket, Key="b.css")
    assert made["ContentType"] == "text/plain"
    assert made["CacheControl"] == "max-age=5"
    assert made["Metadata"] == {"by": "me"}
    assert made["StorageClass"] == "STANDARD_IA"


def test_parts_of_the_size_asked_for(aws: LocalAWS, bucket: str, tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(os.urandom(11 * MIB))
    s3.upload_file(tmp_path / "f", bucket, "k", transfer=TransferConfig(part_size=5 * MIB))
    assert aws.client("s3").head_object(Bucket=bucket, Key="k")["ETag"].endswith('-3"')


@pytest.mark.parametrize("place", ["folder", "pipe", "none", "none/f"])
def test_what_is_no_file_is_not_uploaded(
    ministack: LocalAWS, bucket: str, tmp_path: Path, place: str
) -> None:
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(LocalFileError) as caught:
        s3.upload_file(tmp_path / place, bucket, "k")
    assert str(tmp_path / place) in str(caught.value)
    assert s3.list_objects_v2(bucket)["Contents"] == []


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read(ministack: LocalAWS, bucket: str, tmp_path: Path) -> None:
    (tmp_path / "f").touch(mode=0)
    with pytest.raises(LocalFileError, match="permission denied"):
        s3.upload_file(tmp_path / "f", bucket, "k")


def test_names_that_cannot_be(ministack: LocalAWS, bucket: str, tmp_path: Path) -> None:
    (tmp_path / "f").touch()
    for call in (s3.upload_file, s3.download_file):
        with pytest.raises(InvalidRequestError, match="1,025 bytes"):
            call(tmp_path / "f", bucket, "x" * 1025)
        with pytest.raises(InvalidRequestError, match="no possible bucket name"):
            call(tmp_path / "f", "No Bucket", "k")


def test_a_missing_bucket(aws: LocalAWS, tmp_path: Path) -> None:
    (tmp_path / "f").write_text("x")
    with pytest.raises(BucketNotFoundError, match="'no-such-bucket'"):
        s3.upload_file(tmp_path / "f", "no-such-bucket", "k")
    with pytest.raises(AWSError, match="no-such-bucket"):
        s3.download_file(tmp_path / "g", "no-such-bucket", "k")


def test_a_wrong_secret(
    signed_aws: LocalAWS, bucket: str, settings: Settings, tmp_path: Path
) -> None:
    (tmp_path / "f").write_text("x")
    s3.upload_file(tmp_path / "f", bucket, "right")
    credentials = {**signed_aws.credentials, "aws_secret_access_key": "wrong"}
    settings.AWS = {**signed_aws.settings, "credentials": credentials}
    with pytest.raises(CredentialsError, match="signature"):
        s3.upload_file(tmp_path / "f", bucket, "wrong")
    keys = [
        row["Key"] for row in signed_aws.client("s3").list_objects_v2(Bucket=bucket)["Contents"]
    ]
    assert keys == ["right"]


def test_a_download_that_fails_leaves_the_old_file(
    aws: LocalAWS, bucket: str, tmp_path: Path
) -> None:
    (tmp_path / "f").write_text("old")
    with pytest.raises(ObjectNotFoundError, match="'none'"):
        s3.download_file(tmp_path / "f", bucket, "none")
    assert (tmp_path / "f").read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["f"]


@pytest.mark.parametrize(
    "place, message", [("", "folder"), ("none/f", "There is no folder"), ("pipe", "not a regular")]
)
def test_a_target_that_cannot_be(
    ministack: LocalAWS, bucket: str, tmp_path: Path, place: str, message: str
) -> None:
    os.mkfifo(tmp_path / "pipe")
    ministack.client("s3").put_object(Bucket=bucket, Key="k", Body=b"x")
    with pytest.raises(LocalFileError, match=message):
        s3.download_file(tmp_path / place, bucket, "k")
    assert [path.name for path in tmp_path.iterdir()] == ["pipe"]


def test_a_link_stays_one_and_a_mode_too(ministack: LocalAWS, bucket: str, tmp_path: Path) -> None:
    ministack.client("s3").put_object(Bucket=bucket, Key="k", Body=b"new")
    (tmp_path / "real").write_text("old")
    (tmp_path / "real").chmod(0o640)
    (tmp_path / "link").symlink_to("real")
    s3.download_file(tmp_path / "link", bucket, "k")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_text() == "new"
    assert (tmp_path / "real").stat().st_mode & 0o777 == 0o640


@pytest.fixture
def store(settings: Settings) -> Iterator[BareStore]:
    with bare_store() as made:
        settings.AWS = made.settings(timeouts={"commands": {"max_attempts": 2}})
        yield made


KEYED = {"SSECustomerAlgorithm": "AES256", "SSECustomerKey": "k" * 32}
BY_ENGINE = pytest.mark.parametrize("engine", ["crt", "classic"])


@BY_ENGINE
@pytest.mark.parametrize("size", [100, 6 * MIB])
def test_a_key_for_encryption_goes_with_every_request_of_a_download(
    store: BareStore, tmp_path: Path, engine: str, size: int
) -> None:
    header = "x-amz-server-side-encryption-customer-key"
    store.body = os.urandom(size)
    store.headers = {"x-amz-server-side-encryption-customer-algorithm": "AES256"}
    # As AWS answers, without a word where the request was a HEAD.
    store.instead = lambda asked: None if header in asked.headers else (400, b"", {})
    transfer = TransferConfig(engine=engine, part_size=5 * MIB)
    s3.download_file(tmp_path / "f", "bucket", "f", extra_args=KEYED, transfer=transfer)
    assert (tmp_path / "f").read_bytes() == store.body
    assert store.count("head") >= 1
    assert store.count("get") >= 1


@BY_ENGINE
def test_a_portal_that_answers_for_the_store_gives_no_file(
    store: BareStore, tmp_path: Path, engine: str
) -> None:
    (tmp_path / "f").write_bytes(b"old")
    page = b"<html>log in</html>"
    headers = {"Content-Type": "text/html", "ETag": '"5f3a61b"'}
    store.instead = lambda asked: (200, page, headers)
    with pytest.raises(AWSError) as caught:
        s3.download_file(tmp_path / "f", "bucket", "f", transfer=TransferConfig(engine=engine))
    assert caught.value.code == "NoProof"
    assert (tmp_path / "f").read_bytes() == b"old"


@BY_ENGINE
def test_a_head_without_a_length_gives_no_file(
    store: BareStore, tmp_path: Path, engine: str
) -> None:
    store.instead = lambda asked: (
        (200, b"", {"ETag": '"x"', "Content-Length": "rubbish"}) if asked.what == "head" else None
    )
    with pytest.raises(AWSError) as caught:
        s3.download_file(tmp_path / "f", "bucket", "f", transfer=TransferConfig(engine=engine))
    assert caught.value.code == "NoProof"
    assert not (tmp_path / "f").exists()


def test_a_file_gets_no_key_of_a_folder(store: BareStore, tmp_path: Path) -> None:
    (tmp_path / "report.pdf").write_bytes(b"x")
    with pytest.raises(UsageError, match=r"'app/report\.pdf'"):
        s3.upload_file(tmp_path / "report.pdf", "bucket", "app/")
    with pytest.raises(CommandError, match=r"'app/report\.pdf'") as caught:
        call_command(
            "aws_s3", "upload_file", bucket="bucket", fname=tmp_path / "report.pdf", key="app/"
        )
    assert caught.value.returncode == 2
    assert store.asked == []
