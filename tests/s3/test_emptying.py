"""All that a bucket holds, gone."""

from __future__ import annotations

import pytest

from philo_aws import s3
from philo_aws.exceptions import BucketNotFoundError, IncompleteError, UsageError
from tests.s3.transfer.test_folders import Recorder
from tests.s3.versioned import Versioned, versioned_bucket
from tests.servers import LocalAWS


@pytest.fixture
def full(aws: LocalAWS) -> Versioned:
    """Seven things: four versions, two delete markers and an upload."""
    kept = versioned_bucket(aws)
    for key in ("a", "a", "b", "c d\xe9"):
        kept.put(key)
    kept.delete("b")
    kept.delete("c d\xe9")
    kept.client.create_multipart_upload(Bucket=kept.bucket, Key="u")
    return kept


def left(kept: Versioned) -> int:
    told = kept.client.list_object_versions(Bucket=kept.bucket)
    uploads = kept.client.list_multipart_uploads(Bucket=kept.bucket)
    return sum(
        len(answer.get(name, ()))
        for answer, name in (
            (told, "Versions"),
            (told, "DeleteMarkers"),
            (uploads, "Uploads"),
        )
    )


def test_every_version_marker_and_upload_goes(full: Versioned) -> None:
    assert left(full) == 7
    report = s3.empty_bucket(full.bucket)
    assert (report.deleted, report.aborted, report.failed) == (6, 1, 0)
    assert left(full) == 0
    s3.delete_bucket(full.bucket)


def test_a_bucket_that_never_kept_versions(aws: LocalAWS, bucket: str) -> None:
    for key in ("a", "b", "tab\t"):
        aws.client("s3").put_object(Bucket=bucket, Key=key, Body=b"")
    assert s3.empty_bucket(bucket).deleted == 3
    assert s3.empty_bucket(bucket).planned == 0
    s3.delete_bucket(bucket)


def test_a_dry_run_names_all_and_does_nothing(full: Versioned) -> None:
    watcher = Recorder()
    report = s3.empty_bucket(full.bucket, dry_run=True, watcher=watcher)
    assert (report.deleted, report.aborted) == (6, 1)
    assert sorted(o.key for o in watcher.outcomes) == [
        "a",
        "a",
        "b",
        "b",
        "c d\xe9",
        "c d\xe9",
        "u",
    ]
    assert all(o.reason.startswith("version ") for o in watcher.outcomes if o.action == "delete")
    assert left(full) == 7


def test_versions_and_uploads_count_for_max_delete(full: Versioned) -> None:
    with pytest.raises(IncompleteError, match="7 would go, and --max_delete allows 6"):
        s3.empty_bucket(full.bucket, max_delete=6)
    assert left(full) == 7
    assert s3.empty_bucket(full.bucket, max_delete=7).done == 7


def test_arguments_that_cannot_be(aws: LocalAWS) -> None:
    with pytest.raises(BucketNotFoundError):
        s3.empty_bucket("no-such-bucket")
    with pytest.raises(UsageError):
        s3.empty_bucket("bucket", max_delete=-1)
    with pytest.raises(UsageError):
        s3.empty_bucket("bucket", dry_run="no")  # type: ignore[arg-type]
