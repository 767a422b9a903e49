"""Uploads against what the store says of them."""

from __future__ import annotations

import base64
import hashlib
import os
import uuid
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from philo_aws.exceptions import AccessDeniedError, ServiceError
from philo_aws.s3.engine import Result, create, proof

from .bare import EMPTY, PAGE, Answer, BareStore, bare_store, md5, once
from .conftest import options_for, upload

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
        engine = create(options_for(engine_name, "bucket", **options))
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


def crc32(body: bytes) -> str:
    return base64.b64encode(zlib.crc32(body).to_bytes(4, "big")).decode()


@pytest.fixture
def hasty(settings: Settings, store: BareStore) -> None:
    """Three attempts and no more."""
    settings.AWS = store.settings(timeouts={"commands": {"max_attempts": 3}})


NO_CONTENT: Answer = (204, b"", {})
PAGE_WITH_ETAG: Answer = (*PAGE[:2], {**PAGE[2], "ETag": '"5f3a-61b"'})
ERROR_PAGE: Answer = (200, PAGE[1], {"Content-Type": "text/html", "x-request-id": "r"})
LARGE = 6 * MIB


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize(
    "what, answer",
    [
        ("put", PAGE),
        ("put", EMPTY),
        ("put", NO_CONTENT),
        ("put", PAGE_WITH_ETAG),
        ("put", ERROR_PAGE),
        ("create", EMPTY),
        ("create", PAGE),
        ("part", EMPTY),
        ("part", PAGE),
        ("part", NO_CONTENT),
        ("complete", EMPTY),
        ("complete", PAGE),
        ("complete", NO_CONTENT),
        ("complete", (200, b"<CompleteMultipartUploadResult/>", {})),
        (
            "complete",
            (200, b"<CompleteMultipartUploadResult><ETag/></CompleteMultipartUploadResult>", {}),
        ),
    ],
)
def test_an_answer_that_proves_nothing_is_no_upload(
    send: Send, store: BareStore, what: str, answer: Answer
) -> None:
    store.instead = lambda asked: answer if asked.what == what else None
    result = send(100 if what == "put" else LARGE, part_size=5 * MIB)
    assert result.error is not None
    assert store.count(what) >= 3
    assert result.error.code == "NoProof"
    assert "log in" in str(result.error)
    assert store.body == b""
    assert store.uploads == {}, "every upload that was begun is aborted"


@pytest.mark.parametrize("what", ["put", "create", "part", "complete"])
@pytest.mark.parametrize("answer", [EMPTY, PAGE], ids=["empty", "page"])
def test_one_answer_that_proves_nothing_passes(
    send: Send, store: BareStore, tmp_path: Path, what: str, answer: Answer
) -> None:
    left = [answer]
    store.instead = lambda asked: left.pop() if left and asked.what == what else None
    result = send(100 if what == "put" else LARGE, part_size=5 * MIB)
    assert result.error is None
    assert store.body == (tmp_path / "f").read_bytes()
    assert store.uploads == {}


def told(name: str) -> Callable[[bytes], dict[str, str]]:
    return lambda body: {f"x-amz-checksum-{name}": proof.digest(name, [body])}


ALGORITHMS = ["crc64nvme", "crc32c", "crc32", "sha1", "sha256", "sha512", "xxhash3"]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", ALGORITHMS)
def test_a_checksum_that_is_told_is_compared(
    send: Send, store: BareStore, size: int, name: str
) -> None:
    store.etag = lambda body: "opaque"
    store.told_of = told(name)
    assert send(size).error is None
    store.keep = damaged
    result = send(size)
    assert result.error is not None
    assert (result.error.code, result.attempts) == ("ChecksumMismatch", 2)


@pytest.mark.parametrize("size", SIZES)
def test_the_etag_need_be_no_md5_where_the_checksum_that_is_told_is_right(
    send: Send, store: BareStore, size: int
) -> None:
    store.etag, store.told_of = (lambda body: "0" * 32), told("crc64nvme")
    assert send(size).error is None


def test_a_checksum_that_is_wrong_in_another_way_each_time_is_not_waited_for(
    send: Send, store: BareStore
) -> None:
    store.told_of = lambda body: {"x-amz-checksum-crc32": crc32(os.urandom(9))}
    result = send(100)
    assert result.error is not None
    assert (result.error.code, result.attempts) == ("ChecksumMismatch", 5)


def test_nothing_is_compared_where_no_checksum_is_wanted(send: Send, store: BareStore) -> None:
    store.told_of = lambda body: {"x-amz-checksum-crc32": "AAAAAA=="}
    assert send(100, checksum="none").error is None


def of_parts(parts: list[bytes]) -> str:
    whole = b"".join(hashlib.md5(part, usedforsecurity=False).digest() for part in parts)
    return f"{md5(whole)}-{len(parts)}"


@pytest.mark.parametrize("size", [LARGE, 10 * MIB, 10 * MIB + 1])
def test_the_etag_of_an_upload_in_parts_is_compared(
    send: Send, store: BareStore, tmp_path: Path, size: int
) -> None:
    store.etag_of_parts = of_parts
    assert (result := send(size, part_size=5 * MIB)).error is None
    assert result.etag.endswith("-3" if size > 10 * MIB else "-2")
    store.keep = damaged
    result = send(size, part_size=5 * MIB)
    assert result.error is not None
    assert result.error.code == "ChecksumMismatch"
    assert result.attempts == 5 or "twice" in str(result.error)


def test_parts_that_were_damaged_on_the_way_are_sent_again(
    send: Send, store: BareStore, tmp_path: Path
) -> None:
    store.etag_of_parts, store.keep = of_parts, once(damaged)
    result = send(LARGE, part_size=5 * MIB)
    assert (result.error, result.attempts) == (None, 2)
    assert store.body == (tmp_path / "f").read_bytes()


@pytest.mark.parametrize(
    "etag", ["0" * 32, "0" * 32 + "-7", "8b24d5799dec40dd8899e5d7040f1ef-2", "opaque"]
)
def test_an_etag_that_is_none_of_these_parts_says_nothing(
    send: Send, store: BareStore, etag: str
) -> None:
    store.etag_of_parts = lambda parts: etag
    assert (send(LARGE, part_size=5 * MIB, checksum="none")).error is None
    if etag != "0" * 32:
        assert send(LARGE, part_size=5 * MIB).error is None


@pytest.mark.parametrize(
    "extra_args",
    [
        {"ServerSideEncryption": "aws:kms"},
        {"SSECustomerAlgorithm": "AES256", "SSECustomerKey": "k" * 32},
    ],
    ids=["kms", "customer"],
)
@pytest.mark.parametrize("size", [100, LARGE])
def test_the_etag_of_what_is_sent_encrypted_says_nothing(
    send: Send, store: BareStore, extra_args: dict[str, str], size: int
) -> None:
    store.etag_of_parts, store.etag = (lambda parts: "0" * 32 + "-2"), (lambda body: "0" * 32)
    assert send(size, part_size=5 * MIB, extra_args=extra_args).error is None


@pytest.mark.parametrize("what", ["part", "complete"])
@pytest.mark.parametrize("code, status", [("NoSuchUpload", 404), ("InvalidPart", 400)])
def test_an_upload_that_is_gone_is_begun_anew_but_not_for_ever(
    send: Send, store: BareStore, tmp_path: Path, what: str, code: str, status: int
) -> None:
    gone: Answer = (status, f"<Error><Code>{code}</Code></Error>".encode(), {})
    left = [gone]
    store.instead = lambda asked: left.pop() if left and asked.what == what else None
    result = send(LARGE, part_size=5 * MIB)
    assert (result.error, result.attempts) == (None, 2)
    assert store.body == (tmp_path / "f").read_bytes()
    store.asked.clear()
    store.instead = lambda asked: gone if asked.what == what else None
    result = send(LARGE, part_size=5 * MIB)
    assert result.error is not None
    assert (result.error.code, store.count("create")) == (code, 3)


def test_a_completion_that_is_refused_in_its_body_is_not_tried_for_ever(
    send: Send, store: BareStore
) -> None:
    body = b"<Error><Code>AccessDenied</Code><Message>no</Message></Error>"
    store.instead = lambda asked: (200, body, {}) if asked.what == "complete" else None
    result = send(LARGE, part_size=5 * MIB)
    assert isinstance(result.error, AccessDeniedError)
    assert store.count("create") == 1
    assert store.uploads == {}


@pytest.mark.parametrize("spelled", ['W/"{}"', "{}", "'{}'"], ids=["weak", "bare", "apostrophes"])
def test_an_etag_is_the_same_however_it_is_spelled(
    send: Send, store: BareStore, tmp_path: Path, spelled: str
) -> None:
    store.told_of = lambda body: {"ETag": spelled.format(md5(body).upper())}
    result = send(100)
    assert (result.error, result.etag) == (None, md5(store.body))
    store.keep = damaged
    error = send(100).error
    assert error is not None
    assert error.code == "ChecksumMismatch"


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
