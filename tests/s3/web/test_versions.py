from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from philo_aws.exceptions import ConflictError, ObjectNotFoundError, UsageError
from philo_aws.s3.web import versions
from philo_aws.s3.web.versions import (
    delete_version,
    find_version,
    is_versioned,
    list_versions,
    restore_version,
)
from tests.servers import LocalAWS

# moto gives versions written within the same second in any order.
pytestmark = pytest.mark.aws_servers("ministack")


@pytest.fixture
def versioned(aws: LocalAWS, bucket: str) -> str:
    aws.client("s3").put_bucket_versioning(
        Bucket=bucket, VersioningConfiguration={"Status": "Enabled"}
    )
    return bucket


@pytest.fixture
def put(aws: LocalAWS, versioned: str) -> Callable[..., str]:
    def put(key: str, body: bytes = b"x") -> str:
        answer = aws.client("s3").put_object(Bucket=versioned, Key=key, Body=body)
        return str(answer["VersionId"])

    return put


@pytest.fixture
def delete(aws: LocalAWS, versioned: str) -> Callable[[str], str]:
    return lambda key: str(aws.client("s3").delete_object(Bucket=versioned, Key=key)["VersionId"])


def read(aws: LocalAWS, bucket: str, key: str) -> bytes:
    return bytes(aws.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read())


def test_the_newest_comes_first_and_deletions_are_marked(
    versioned: str, put: Callable[..., str], delete: Callable[[str], str]
) -> None:
    first, second, mark = put("d/a", b"1"), put("d/a", b"22"), delete("d/a")
    put("d/sub/b")
    page = list_versions(versioned, prefix="d/")
    assert [version.version_id for version in page.versions] == [mark, second, first]
    assert [version.is_delete_marker for version in page.versions] == [True, False, False]
    assert [version.is_latest for version in page.versions] == [True, False, False]
    assert [version.size for version in page.versions] == [0, 2, 1]
    assert page.prefixes == ("d/sub/",)
    assert (page.next_key, page.next_version) == ("", "")


def test_each_key_has_its_versions_together(versioned: str, put: Callable[..., str]) -> None:
    made = [put("a"), put("b"), put("a"), put("b")]
    found = [(version.key, version.version_id) for version in list_versions(versioned).versions]
    assert found == [("a", made[2]), ("a", made[0]), ("b", made[3]), ("b", made[1])]


def test_a_version_is_found_on_any_page(
    versioned: str, put: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(versions, "list_versions", partial(list_versions, limit=2))
    made = [put("a") for _ in range(5)]
    other = put("b")
    assert [find_version(versioned, "a", each).version_id for each in made] == made
    with pytest.raises(ObjectNotFoundError):
        find_version(versioned, "a", other)


def test_pages_go_on_where_the_last_one_ended(versioned: str, put: Callable[..., str]) -> None:
    made = {put("a"), put("a"), put("a"), put("b")}
    found: list[str] = []
    key = version = ""
    while True:
        page = list_versions(versioned, key_marker=key, version_marker=version, limit=2)
        assert len(page.versions) <= 2
        found += [each.version_id for each in page.versions]
        key, version = page.next_key, page.next_version
        if not key:
            break
    assert len(found) == 4
    assert set(found) == made


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


@pytest.mark.parametrize("options", [{"limit": 0}, {"limit": 1001}, {"prefix": 5}])
def test_arguments_that_cannot_be(aws: LocalAWS, options: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        list_versions("bucket", **options)
