"""What no request can carry is refused at once, by every service that takes boto's parameters."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from philo_aws import s3
from philo_aws.exceptions import UsageError
from philo_aws.s3.request.extra_args import check_extra_args, check_transfer_args
from tests.servers import free_port

Refused = tuple[dict[str, Any], str]

REFUSED: list[Refused] = [
    ({"StorageClass": "A\r\nx-evil: 1"}, "StorageClass has characters"),
    ({"ExpectedBucketOwner": "a\r\nb"}, "ExpectedBucketOwner has characters"),
    ({"CacheControl": "caf\xe9"}, "CacheControl has characters"),
    ({"Metadata": {"a b": "x"}}, "'a b' is no metadata name"),
    ({"Metadata": {"a": "x\r\nx-amz-acl: public-read"}}, "metadata value of 'a'"),
    ({"Metadata": {"a": "b", "A": "c"}}, "differ in their case"),
    ({"Metadata": {"a": "x" * 2048}}, "2,049 bytes"),
    ({"Tagging": "a=b&a=c"}, "same name"),
    ({"Tagging": "&".join(f"t{number}=x" for number in range(11))}, "10 tags; these are 11"),
    ({"Tagging": "a=\r\nb"}, "Tagging has characters"),
]


@pytest.mark.parametrize(("given", "said"), REFUSED)
def test_what_no_header_can_carry_is_refused(given: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        check_extra_args(given)


def test_what_can_be_sent_is_kept() -> None:
    given = {
        "StorageClass": "STANDARD_IA",
        "Metadata": {"a": "x y", "b": ""},
        "Tagging": "a=b&c=",
        "SSECustomerKey": "\x00\xff" * 16,
        "RequestPayer": "requester",
    }
    assert check_extra_args(given) == given
    assert check_extra_args(None) == {}


def services(folder: Path) -> dict[str, Callable[[dict[str, Any]], object]]:
    """Calls of the services with boto's parameters."""
    file = folder / "file"
    return {
        "upload_file": lambda given: s3.upload_file(file, "media", "k", extra_args=given),
        "download_file": lambda given: s3.download_file(file, "media", "k", extra_args=given),
        "upload_dir": lambda given: s3.upload_dir(folder, "media", extra_args=given),
        "download_dir": lambda given: s3.download_dir(folder, "media", extra_args=given),
        "sync": lambda given: s3.sync(folder, "media", extra_args=given),
        "delete_objects": lambda given: s3.delete_objects("media", prefix="", extra_args=given),
        "iter_objects": lambda given: list(s3.iter_objects("media", extra_args=given)),
        "list_objects_v2": lambda given: s3.list_objects_v2("media", extra_args=given),
        "du": lambda given: s3.du("media", extra_args=given),
        "head_object": lambda given: s3.head_object("media", "k", extra_args=given),
        "copy_object": lambda given: s3.copy_object(
            "media", "k", "media", "copy", extra_args=given
        ),
        "list_multipart_uploads": lambda given: s3.list_multipart_uploads(
            "media", extra_args=given
        ),
        "abort_multipart_uploads": lambda given: s3.abort_multipart_uploads(
            "media", extra_args=given
        ),
    }


@pytest.mark.parametrize("name", services(Path()))
def test_no_service_sends_it(settings: Settings, tmp_path: Path, name: str) -> None:
    # Nobody listens there: whatever is sent ends with another error.
    settings.AWS = {
        "credentials": {"aws_access_key_id": "a", "aws_secret_access_key": "b"},
        "region": "eu-west-1",
        "endpoint_url": f"http://127.0.0.1:{free_port()}",
        "timeouts": {"commands": {"max_attempts": 1}},
    }
    (tmp_path / "file").write_bytes(b"content")
    with pytest.raises(UsageError, match="has characters that no header can carry"):
        services(tmp_path)[name]({"ExpectedBucketOwner": "a\r\nb"})


def test_a_name_that_boto_does_not_have_is_refused_before_anything_is_sent(
    tmp_path: Path, settings: Settings
) -> None:
    settings.AWS = {"region": "eu-west-1", "endpoint_url": f"http://127.0.0.1:{free_port()}"}
    (tmp_path / "f").write_bytes(b"x")
    with pytest.raises(UsageError, match=r"'StorageClas' .* Did you mean 'StorageClass'\?"):
        s3.upload_dir(tmp_path, "bucket", extra_args={"StorageClas": "STANDARD"})
    with pytest.raises(UsageError, match=r"'Nonsense' is no parameter of boto for objects\.$"):
        s3.sync(tmp_path, "bucket", extra_args={"Nonsense": 1})


def test_what_some_request_of_a_transfer_has_is_kept() -> None:
    given = {"ACL": "private", "RequestPayer": "requester", "VersionId": "v", "Tagging": "a=b"}
    assert check_transfer_args(given) == given
    assert check_transfer_args(None) == {}
