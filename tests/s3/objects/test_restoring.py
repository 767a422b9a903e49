"""One object again as it was."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pytest_django import Settings

from philo_aws import s3
from philo_aws.exceptions import ConflictError, ObjectNotFoundError, UsageError
from philo_aws.s3.objects import copying, restoring
from tests.s3.scripted import ONCE, Answer, Request, scripted
from tests.s3.versioned import Versioned, versioned_bucket
from tests.servers import LocalAWS


@pytest.fixture
def kept(aws: LocalAWS) -> Versioned:
    return versioned_bucket(aws)


@pytest.fixture
def exact(ministack: LocalAWS) -> Versioned:
    # moto gives versions written within the same second in any order.
    return versioned_bucket(ministack)


def test_an_older_version_becomes_the_newest_with_all_it_had(exact: Versioned) -> None:
    old = exact.put(
        "k", b"old", ContentType="text/x-old", Metadata={"a": "1"}, Tagging="t=1", CacheControl="c"
    )
    new = exact.put("k", b"newer")
    made = s3.restore_object(exact.bucket, "k", version_id=old)
    assert (made.how, made.version_id, made.size) == ("copied", old, 3)
    assert exact.read("k") == b"old"
    head = exact.client.head_object(Bucket=exact.bucket, Key="k")
    assert (head["ContentType"], head["CacheControl"]) == ("text/x-old", "c")
    assert head["Metadata"] == {"a": "1"}
    assert head["VersionId"] == made.new_version_id
    assert s3.get_object_tagging(exact.bucket, "k")["TagSet"] == [{"Key": "t", "Value": "1"}]
    assert set(exact.ids("k")) == {old, new, made.new_version_id}


def test_a_deleted_object_comes_back(kept: Versioned) -> None:
    version = kept.put("k", b"content")
    kept.put("kk")
    kept.delete("k")
    made = s3.restore_object(kept.bucket, "k")
    assert (made.how, made.version_id) == ("undeleted", version)
    assert kept.read("k") == b"content"
    assert kept.ids("k") == [version]


def test_so_it_does_under_several_delete_markers(exact: Versioned) -> None:
    exact.put("k", b"1")
    newest = exact.put("k", b"2")
    exact.delete("k")
    mark = exact.delete("k")
    assert s3.restore_object(exact.bucket, "k", version_id=mark).version_id == newest
    assert exact.read("k") == b"2"


def test_an_older_version_of_a_deleted_object(exact: Versioned) -> None:
    old = exact.put("k", b"1")
    exact.put("k", b"2")
    exact.delete("k")
    assert s3.restore_object(exact.bucket, "k", version_id=old).how == "copied"
    assert exact.read("k") == b"1"


def test_what_is_the_object_already_is_left_alone(exact: Versioned) -> None:
    options = {"ContentType": "text/plain", "Metadata": {"a": "1"}}
    old = exact.put("k", b"same", **options)
    newest = exact.put("k", b"same", **options)
    assert s3.restore_object(exact.bucket, "k", version_id=newest).how == "unchanged"
    assert s3.restore_object(exact.bucket, "k", version_id=old).how == "unchanged"
    assert len(exact.ids("k")) == 2
    # A header alone is a difference.
    exact.put("k", b"same", ContentType="text/html", Metadata={"a": "1"})
    assert s3.restore_object(exact.bucket, "k", version_id=old).how == "copied"


def test_as_it_was_at_a_moment(exact: Versioned) -> None:
    first = exact.put("k", b"1")
    mark = exact.delete("k")
    second = exact.put("k", b"2")
    exact.put("k", b"3")
    at = {name: exact.written("k", name) for name in (first, mark, second)}
    assert s3.restore_object(exact.bucket, "k", as_of=at[second]).version_id == second
    assert exact.read("k") == b"2"
    assert s3.restore_object(exact.bucket, "k", as_of=at[first]).version_id == first
    for moment in (at[mark], at[first] - timedelta(seconds=1)):
        with pytest.raises(ObjectNotFoundError, match="There was no object 'k'"):
            s3.restore_object(exact.bucket, "k", as_of=moment)
    assert exact.read("k") == b"1"


def test_a_dry_run_changes_nothing(exact: Versioned) -> None:
    old = exact.put("k", b"1")
    exact.put("k", b"2")
    assert s3.restore_object(exact.bucket, "k", version_id=old, dry_run=True).how == "copied"
    exact.delete("k")
    assert s3.restore_object(exact.bucket, "k", dry_run=True).how == "undeleted"
    assert len(exact.ids("k")) == 3
    assert exact.contents() == {}


def test_what_cannot_be_brought_back(exact: Versioned) -> None:
    exact.put("k")
    other = exact.put("kk")
    mark = exact.delete("k")
    exact.put("k")
    with pytest.raises(ConflictError, match=r"is not deleted\. Say which version"):
        s3.restore_object(exact.bucket, "k")
    with pytest.raises(ConflictError, match="nothing is hidden by it"):
        s3.restore_object(exact.bucket, "k", version_id=mark)
    with pytest.raises(ObjectNotFoundError, match="There is no version"):
        s3.restore_object(exact.bucket, "k", version_id=other)
    with pytest.raises(ObjectNotFoundError, match="There is no version of object 'never'"):
        s3.restore_object(exact.bucket, "never")
    exact.delete("gone")
    with pytest.raises(ObjectNotFoundError, match="Nothing but delete markers"):
        s3.restore_object(exact.bucket, "gone")


def test_a_bucket_that_would_lose_the_newest_is_refused(exact: Versioned) -> None:
    old = exact.put("k", b"1")
    exact.client.put_bucket_versioning(
        Bucket=exact.bucket, VersioningConfiguration={"Status": "Suspended"}
    )
    exact.client.put_object(Bucket=exact.bucket, Key="k", Body=b"2")
    with pytest.raises(ConflictError, match="put_bucket_versioning"):
        s3.restore_object(exact.bucket, "k", version_id=old)
    assert exact.read("k") == b"2"
    # A delete marker covers nothing that would be lost.
    exact.client.delete_object(Bucket=exact.bucket, Key="k")
    assert s3.restore_object(exact.bucket, "k").how == "undeleted"


def test_what_is_written_meanwhile_is_not_covered_up(
    exact: Versioned, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the look and the copy: no server can be made to write then."""
    old = exact.put("k", b"1")
    exact.put("k", b"22")

    def late(*arguments: Any, **options: Any) -> None:
        exact.put("k", b"somebody else's")

    monkeypatch.setattr(restoring, "check_keeps_versions", late)
    with pytest.raises(ConflictError, match="written anew"):
        s3.restore_object(exact.bucket, "k", version_id=old)
    assert exact.read("k") == b"somebody else's"
    exact.delete("k")
    with pytest.raises(ConflictError):
        s3.restore_object(exact.bucket, "k", version_id=old)
    assert exact.read("k") == b"somebody else's"


@pytest.mark.parametrize(
    ("newest", "header", "value"),
    [("Version", "if-match", '"now"'), ("DeleteMarker", "if-none-match", "*")],
)
def test_aws_compares_while_it_copies(
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    newest: str,
    header: str,
    value: str,
) -> None:
    """No server here is AWS: that the condition goes with the copy is all that can be seen."""
    for module in (restoring, copying):
        monkeypatch.setattr(module, "has_own_endpoint", lambda service: False)

    def version(kind: str, number: int, etag: str, size: int) -> str:
        more = f"<Size>{size}</Size><ETag>&quot;{etag}&quot;</ETag>" if kind == "Version" else ""
        return (
            f"<{kind}><Key>k</Key><VersionId>v{number}</VersionId>"
            f"<IsLatest>{str(number == 3).lower()}</IsLatest>"
            f"<LastModified>2026-01-02T03:04:0{number}.000Z</LastModified>{more}</{kind}>"
        )

    listed = (
        "<ListVersionsResult><IsTruncated>false</IsTruncated>"
        f"{version(newest, 3, 'now', 7)}{version('Version', 2, 'between', 8)}"
        f"{version('Version', 1, 'then', 1)}</ListVersionsResult>"
    )

    def answer(request: Request) -> Answer:
        if request.method == "HEAD":
            # Of one that was deleted only its version is there.
            there = newest == "Version" or "versionId" in request.query
            return (200, '"then"') if there else (404, "")
        if request.method == "PUT":
            return 200, "<CopyObjectResult><ETag>&quot;e&quot;</ETag></CopyObjectResult>"
        if "versioning" in request.query:
            status = "<Status>Enabled</Status>"
            return 200, f"<VersioningConfiguration>{status}</VersioningConfiguration>"
        return 200, listed

    with scripted(settings, answer, **ONCE) as store:
        assert s3.restore_object("bucket", "k", version_id="v1").how == "copied"
        [put] = [request for request in store.requests if request.method == "PUT"]
    assert put.headers[header] == value
    assert put.headers["x-amz-copy-source"] == "bucket/k?versionId=v1"
    assert put.headers["x-amz-copy-source-if-match"] == '"then"'


def test_arguments_that_cannot_be(ministack: LocalAWS, settings: Settings) -> None:
    now = datetime.now(UTC)
    for options in (
        {"version_id": "a", "as_of": now},
        {"version_id": ""},
        {"as_of": datetime(2026, 1, 1)},  # noqa: DTZ001 - that is what is refused
        {"as_of": now + timedelta(hours=1)},
        {"as_of": "2h"},
        {"dry_run": "no"},
    ):
        with pytest.raises(UsageError):
            s3.restore_object("bucket", "k", **options)
