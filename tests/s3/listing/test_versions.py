"""Versions as a store lists them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pytest_django import Settings

from philo_aws.exceptions import BucketNotFoundError, ServiceError, UsageError
from philo_aws.s3.listing.versions import (
    Version,
    iter_object_versions,
    list_object_versions,
    list_versions,
    versions_by_key,
    versions_of,
)
from tests.s3.scripted import ONCE, scripted
from tests.s3.versioned import Versioned, versioned_bucket
from tests.servers import LocalAWS


@pytest.fixture
def kept(ministack: LocalAWS) -> Versioned:
    # moto gives versions written within the same second in any order.
    return versioned_bucket(ministack)


def test_the_newest_comes_first_and_deletions_are_marked(kept: Versioned) -> None:
    first, second, mark = kept.put("d/a", b"1"), kept.put("d/a", b"22"), kept.delete("d/a")
    kept.put("d/sub/b")
    page = list_versions(kept.bucket, prefix="d/")
    assert [version.version_id for version in page.versions] == [mark, second, first]
    assert [version.is_delete_marker for version in page.versions] == [True, False, False]
    assert [version.is_latest for version in page.versions] == [True, False, False]
    assert [version.size for version in page.versions] == [0, 2, 1]
    assert page.prefixes == ("d/sub/",)
    assert (page.next_key, page.next_version) == ("", "")


def test_each_key_has_its_versions_together(kept: Versioned) -> None:
    made = [kept.put("a"), kept.put("b"), kept.put("a"), kept.put("b")]
    found = [(version.key, version.version_id) for version in list_versions(kept.bucket).versions]
    assert found == [("a", made[2]), ("a", made[0]), ("b", made[3]), ("b", made[1])]


def test_pages_go_on_where_the_last_one_ended(kept: Versioned) -> None:
    made = {kept.put("a"), kept.put("a"), kept.put("a"), kept.put("b")}
    found: list[str] = []
    key = version = ""
    while True:
        page = list_versions(kept.bucket, key_marker=key, version_marker=version, limit=2)
        assert len(page.versions) <= 2
        found += [each.version_id for each in page.versions]
        key, version = page.next_key, page.next_version
        if not key:
            break
    assert len(found) == 4
    assert set(found) == made


@pytest.mark.parametrize("options", [{"limit": 0}, {"limit": 1001}, {"prefix": 5}])
def test_arguments_that_cannot_be(ministack: LocalAWS, options: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        list_versions("bucket", **options)


# ------------------------------------------------------------------------- all of them


def test_all_pages_become_one_answer(kept: Versioned, monkeypatch: pytest.MonkeyPatch) -> None:
    made = {kept.put("d/a"), kept.put("d/a"), kept.put("d/b"), kept.put("e")}
    marks = {kept.delete("d/a")}
    answer = list_object_versions(kept.bucket, extra_args={"MaxKeys": 2})
    assert {item["VersionId"] for item in answer["Versions"]} == made
    assert {item["VersionId"] for item in answer["DeleteMarkers"]} == marks
    assert answer["IsTruncated"] is False
    assert "NextKeyMarker" not in answer
    assert len(list_object_versions(kept.bucket, prefix="d/")["Versions"]) == 3
    nothing = list_object_versions(kept.bucket, prefix="none/")
    assert (nothing["Versions"], nothing["DeleteMarkers"]) == ([], [])


def test_the_stream_has_each_key_together_and_the_newest_first(kept: Versioned) -> None:
    first, other, second, mark = (
        kept.put("a", b"1"),
        kept.put("ab"),
        kept.put("a", b"22"),
        kept.delete("a"),
    )
    found = list(iter_object_versions(kept.bucket))
    assert [version.version_id for version in found] == [mark, second, first, other]
    assert [version.version_id for version in versions_of(kept.bucket, "a")] == [
        mark,
        second,
        first,
    ]
    assert versions_of(kept.bucket, "never") == []
    [newest, *_] = versions_of(kept.bucket, "ab")
    head = kept.client.head_object(Bucket=kept.bucket, Key="ab")
    assert newest.etag == head["ETag"].strip('"')


def test_a_bucket_that_is_not_there(aws: LocalAWS) -> None:
    with pytest.raises(BucketNotFoundError):
        list(iter_object_versions("no-such-bucket"))
    with pytest.raises(BucketNotFoundError):
        list_object_versions("no-such-bucket")


def element(kind: str, key: str, number: int, *, second: int = 0, latest: bool = False) -> str:
    size = "<Size>1</Size><ETag>&quot;e&quot;</ETag>" if kind == "Version" else ""
    return (
        f"<{kind}><Key>{key}</Key><VersionId>v{number}</VersionId>"
        f"<IsLatest>{str(latest).lower()}</IsLatest>"
        f"<LastModified>2026-01-02T03:04:{second:02}.000Z</LastModified>{size}</{kind}>"
    )


def test_of_one_second_the_order_of_the_store_counts(settings: Settings) -> None:
    """AWS gives whole seconds; boto puts marks and versions into two lists."""
    body = "".join(
        [
            element("Version", "k", 4, latest=True),
            element("DeleteMarker", "k", 3),
            element("Version", "k", 2),
            element("DeleteMarker", "k", 1),
        ]
    )
    page = f"<ListVersionsResult><IsTruncated>false</IsTruncated>{body}</ListVersionsResult>"
    with scripted(settings, lambda request: (200, page), **ONCE):
        found = versions_of("bucket", "k")
    assert [version.version_id for version in found] == ["v4", "v3", "v2", "v1"]


def test_a_key_over_two_pages_is_one(settings: Settings) -> None:
    pages = {
        "": element("DeleteMarker", "k", 2, second=2, latest=True)
        + "<IsTruncated>true</IsTruncated><NextKeyMarker>k</NextKeyMarker>"
        "<NextVersionIdMarker>v2</NextVersionIdMarker>",
        "v2": element("Version", "k", 1, second=1)
        + element("Version", "l", 1, latest=True)
        + "<IsTruncated>false</IsTruncated>",
    }

    def answer(request: Any) -> tuple[int, str]:
        told = pages[request.query.get("version-id-marker", "")]
        return 200, f"<ListVersionsResult>{told}</ListVersionsResult>"

    with scripted(settings, answer, **ONCE):
        groups = list(versions_by_key(iter_object_versions("bucket")))
    assert [[(v.key, v.version_id) for v in group] for group in groups] == [
        [("k", "v2"), ("k", "v1")],
        [("l", "v1")],
    ]


def test_a_store_that_comes_back_to_a_key_is_refused() -> None:
    moment = datetime(2026, 1, 2, tzinfo=UTC)

    def version(key: str, number: int) -> Version:
        return Version(
            key=key,
            version_id=f"v{number}",
            is_latest=False,
            is_delete_marker=False,
            last_modified=moment + timedelta(seconds=number),
        )

    given = [version("a", 1), version("b", 1), version("a", 2)]
    with pytest.raises(ServiceError, match="in no order, 'a' after 'b'"):
        list(versions_by_key(iter(given)))
