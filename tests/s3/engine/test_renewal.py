"""Credentials that expire, and buckets that are in another region."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from philo_aws.exceptions import CredentialsError
from philo_aws.s3.engine import Download
from tests.servers import LocalAWS

from .conftest import FaultProxy, Move, downloads, files, objects, upload, uploads

pytestmark = pytest.mark.aws_servers("ministack")

MIB = 1024 * 1024
EXPIRED = {"do": "status", "status": 400, "code": "ExpiredToken"}
ELSEWHERE = {
    "do": "status",
    "status": 301,
    "code": "PermanentRedirect",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    source = tmp_path / "source"
    source.mkdir()
    for number in range(30):
        (source / f"f{number}").write_bytes(b"x" * number)
    return source


def test_expired_credentials_are_fetched_again(
    move: Move, proxy: FaultProxy, folder: Path, aws: LocalAWS, bucket: str
) -> None:
    proxy.set(EXPIRED | {"times": 6})
    assert move(uploads(folder)).errors == {}
    assert proxy.report()["done"] == [6]
    assert objects(aws, bucket) == files(folder)


def test_credentials_that_stay_expired_end_the_run_soon(
    move: Move, proxy: FaultProxy, folder: Path
) -> None:
    proxy.set(EXPIRED)
    outcome = move(uploads(folder))
    assert set(outcome.errors.values()) == {"ExpiredToken"}
    assert len(outcome.errors) == 30
    assert all(isinstance(result.error, CredentialsError) for result in outcome.results)
    assert proxy.report()["requests"] < 150


def test_a_bucket_in_another_region_is_found(
    move: Move, folder: Path, tmp_path: Path, aws: LocalAWS
) -> None:
    # ministack sends requests that are signed for another region away, as AWS does.
    bucket = aws.make_bucket("eu-west-1")
    assert move(uploads(folder), bucket=bucket).errors == {}
    outcome = move(downloads(aws, bucket, tmp_path / "back"), bucket=bucket)
    assert outcome.errors == {}
    assert files(tmp_path / "back") == files(folder)


def test_a_region_that_leads_nowhere_is_told(move: Move, proxy: FaultProxy, folder: Path) -> None:
    proxy.set(ELSEWHERE | {"method": "PUT"})
    outcome = move(uploads(folder))
    assert len(outcome.errors) == 30
    assert proxy.report()["requests"] < 400


def test_an_answer_that_names_the_region_asked_is_no_redirection(
    move: Move, proxy: FaultProxy, folder: Path
) -> None:
    headers = {"x-amz-bucket-region": "us-east-1"}
    fault = {"do": "status", "status": 400, "code": "InvalidArgument", "headers": headers}
    proxy.set(fault | {"path": "/f7"})
    outcome = move(uploads(folder))
    assert outcome.errors == {"f7": "InvalidArgument"}
    assert outcome.of("f7").attempts == 1
    assert proxy.report()["done"] == [1]


@pytest.mark.parametrize("method", ["HEAD", "GET", "PUT", "POST"])
def test_expired_credentials_are_fetched_again_for_every_request_of_a_large_object(
    move: Move, proxy: FaultProxy, tmp_path: Path, aws: LocalAWS, bucket: str, method: str
) -> None:
    body = os.urandom(11 * MIB)
    (tmp_path / "f").write_bytes(body)
    if method in ("PUT", "POST"):
        proxy.set(EXPIRED | {"method": method, "path": "/f", "times": 1})
        assert move([upload("f", tmp_path / "f")], part_size=5 * MIB).errors == {}
        assert objects(aws, bucket) == {"f": body}
        return
    aws.client("s3").upload_file(str(tmp_path / "f"), bucket, "f")
    # What is expired is so for every request; an answer to HEAD has no word of it.
    proxy.set(EXPIRED | {"method": method, "times": 1}, EXPIRED | {"method": "GET", "times": 1})
    task = Download(key="f", path=str(tmp_path / "back"), size=len(body))
    assert move([task], part_size=5 * MIB).errors == {}
    assert (tmp_path / "back").read_bytes() == body
