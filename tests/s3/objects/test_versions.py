from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest

from philo_aws.exceptions import ConflictError, ObjectNotFoundError
from philo_aws.s3.listing.versions import list_versions
from philo_aws.s3.objects import versions
from philo_aws.s3.objects.versions import (
    delete_version,
    find_version,
    is_versioned,
    restore_version,
)
from tests.s3.versioned import Versioned, versioned_bucket
from tests.servers import LocalAWS

# moto gives versions written within the same second in any order.
pytestmark = pytest.mark.aws_servers("ministack")


@pytest.fixture
def kept(aws: LocalAWS) -> Versioned:
    return versioned_bucket(aws)


@pytest.fixture
def versioned(kept: Versioned) -> str:
    return kept.bucket


@pytest.fixture
def put(kept: Versioned) -> Callable[..., str]:
    return kept.put


@pytest.fixture
def delete(kept: Versioned) -> Callable[[str], str]:
    return kept.delete


def read(aws: LocalAWS, bucket: str, key: str) -> bytes:
    return bytes(aws.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read())


def test_a_version_is_found_on_any_page(
    versioned: str, put: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(versions, "list_versions", partial(list_versions, limit=2))
    made = [put("a") for _ in range(5)]
    other = put("b")
    assert [find_version(versioned, "a", each).version_id for each in made] == made
    with pytest.raises(ObjectNotFoundError):
        find_version(versioned, "a", other)


def test_an_older_version_becomes_the_object_and_nothing_is_lost(
    aws: LocalAWS, versioned: str, put: Callable[..., str]
) -> None:
    old, new = put("a", b"old"), put("a", b"new")
    restore_version(versioned, "a", old)
    assert read(aws, versioned, "a") == b"old"
    kept = [version.version_id for version in list_versions(versioned).versions]
    assert kept[1:] == [new, old]


def test_a_deleted_object_comes_back(
    aws: LocalAWS, versioned: str, put: Callable[..., str], delete: Callable[[str], str]
) -> None:
    put("a", b"content")
    restore_version(versioned, "a", delete("a"))
    assert read(aws, versioned, "a") == b"content"
    assert len(list_versions(versioned).versions) == 1


def test_a_mark_that_hides_nothing_cannot_be_restored(
    versioned: str, put: Callable[..., str], delete: Callable[[str], str]
) -> None:
    put("a")
    mark = delete("a")
    put("a")
    with pytest.raises(ConflictError, match="not the newest"):
        restore_version(versioned, "a", mark)


def test_a_version_that_is_not_there_is_named(versioned: str, put: Callable[..., str]) -> None:
    other = put("a-longer-key")
    put("a")
    for key, version in (("a", other), ("missing", other)):
        with pytest.raises(ObjectNotFoundError, match=f"'{key}'"):
            restore_version(versioned, key, version)


def test_one_version_is_deleted_for_good(
    aws: LocalAWS, versioned: str, put: Callable[..., str]
) -> None:
    old, new = put("a", b"old"), put("a", b"new")
    assert find_version(versioned, "a", new).is_latest
    delete_version(versioned, "a", new)
    assert read(aws, versioned, "a") == b"old"
    assert [version.version_id for version in list_versions(versioned).versions] == [old]


def test_whether_a_bucket_keeps_versions(aws: LocalAWS, versioned: str) -> None:
    plain = aws.make_bucket()
    assert is_versioned(versioned)
    assert not is_versioned(plain)
    aws.client("s3").put_object(Bucket=plain, Key="a", Body=b"x")
    assert [version.version_id for version in list_versions(plain).versions] == ["null"]
    aws.client("s3").put_bucket_versioning(
        Bucket=versioned, VersioningConfiguration={"Status": "Suspended"}
    )
    assert not is_versioned(versioned)
