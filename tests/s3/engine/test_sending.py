"""Uploads against what the store says of them."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from philo_aws.exceptions import ServiceError
from philo_aws.s3.engine import Options, Result, create

from .bare import BareStore, bare_store, once
from .conftest import upload

MIB = 1024 * 1024
SIZES = [0, 100, 200_000]


@pytest.fixture
def store(settings: Settings) -> Iterator[BareStore]:
    with bare_store() as made:
        settings.AWS = made.settings()
        yield made


Send = Callable[..., Result]


@pytest.fixture
def send(engine_name: str, store: BareStore, tmp_path: Path) -> Send:
    """Upload one file of so many bytes."""

    def run(size: int, **options: Any) -> Result:
        (tmp_path / "f").write_bytes(os.urandom(size))
        results: list[Result] = []
        engine = create(engine_name, Options(**{"bucket": "bucket", **options}))
        engine.run([upload("f", tmp_path / "f")], on_result=results.append)
        return results[0]

    return run


def damaged(body: bytes) -> bytes:
    return b"damaged" + body[7:]


@pytest.mark.parametrize("size", SIZES)
def test_what_the_store_keeps_wrong_is_a_failure(send: Send, store: BareStore, size: int) -> None:
    store.keep = damaged
    result = send(size)
    assert isinstance(result.error, ServiceError)
    assert result.error.code == "ChecksumMismatch"
    assert "not what was sent" in str(result.error)
    assert result.attempts == 2, "the same damage twice is not tried for ever"


@pytest.mark.parametrize("size", SIZES)
def test_what_was_damaged_on_the_way_is_sent_again(
    send: Send, store: BareStore, tmp_path: Path, size: int
) -> None:
    store.keep = once(damaged)
    result = send(size)
    assert (result.error, result.attempts) == (None, 2)
    assert store.body == (tmp_path / "f").read_bytes()


@pytest.mark.parametrize(
    "headers",
    [
        {"x-amz-checksum-crc64nvme": "AAAAAAAAAAA="},
        {"X-Amz-Checksum-Crc64nvme": "AAAAAAAAAAA="},
        {"x-amz-server-side-encryption": "aws:kms"},
        {"x-amz-server-side-encryption": "aws:kms:dsse"},
        {"x-amz-server-side-encryption-customer-algorithm": "AES256"},
    ],
    ids=str,
)
def test_an_etag_is_not_looked_at_where_it_says_nothing_or_need_not(
    send: Send, store: BareStore, headers: dict[str, str]
) -> None:
    store.etag, store.headers = (lambda body: "0" * 32), headers
    assert send(100).error is None


def test_an_etag_that_does_not_look_like_an_md5_says_nothing(send: Send, store: BareStore) -> None:
    store.etag = lambda body: uuid.uuid4().hex + "-1"
    assert send(100).error is None


def test_a_store_whose_etags_only_look_like_md5s_is_usable_without_checksums(
    send: Send, store: BareStore
) -> None:
    store.etag = lambda body: "0" * 32
    assert "checksum: none" in str(send(100).error)
    assert send(100, checksum="none").error is None


PROFILE = """[profile dev]
aws_access_key_id = AKIAIOSFODNN7EXAMPLE
aws_secret_access_key = x
region = us-east-1
request_checksum_calculation = {}
response_checksum_validation = {}
"""


@pytest.fixture(params=["environment", "profile"])
def choose(
    request: pytest.FixtureRequest, tmp_path: Path, settings: Settings, store: BareStore
) -> Iterator[Callable[[str], None]]:
    """Set both checksum modes, in the one place or in the other."""

    def set_both(value: str) -> None:
        if request.param == "environment":
            patch.setenv("AWS_REQUEST_CHECKSUM_CALCULATION", value)
            patch.setenv("AWS_RESPONSE_CHECKSUM_VALIDATION", value)
            return
        (tmp_path / "config").write_text(PROFILE.format(value, value))
        patch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
        settings.AWS = {"profile": "dev", "endpoint_url": store.endpoint_url}

    with pytest.MonkeyPatch.context() as patch:
        yield set_both


@pytest.mark.parametrize("size", [100, 6 * MIB], ids=["small", "large"])
def test_checksums_are_sent_as_the_configuration_says(
    send: Send, store: BareStore, choose: Callable[[str], None], size: int
) -> None:
    choose("when_supported")
    assert send(size, part_size=5 * MIB).error is None
    assert "x-amz-checksum-crc64nvme" in store.names_sent("PUT")


@pytest.mark.parametrize("size", [100, 6 * MIB], ids=["small", "large"])
def test_no_checksum_is_sent_where_none_is_required(
    send: Send, store: BareStore, choose: Callable[[str], None], size: int
) -> None:
    choose("when_required")
    assert send(size, part_size=5 * MIB).error is None
    assert len(store.asked) == (1 if size == 100 else 4)
    assert store.names_sent("PUT") | store.names_sent("POST") == set()


@pytest.mark.parametrize("size", [100, 6 * MIB], ids=["small", "large"])
def test_no_checksum_is_sent_where_none_is_asked_for(
    send: Send, store: BareStore, size: int
) -> None:
    assert send(size, part_size=5 * MIB, checksum="none").error is None
    assert store.names_sent("PUT") | store.names_sent("POST") == set()
