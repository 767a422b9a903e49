from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from philo_aws import s3
from philo_aws.exceptions import BucketNotFoundError, IncompleteError, UsageError
from philo_aws.s3.engine import copies as engine_copies
from philo_aws.s3.objects import partcopy
from tests.s3.transfer.test_folders import stored
from tests.servers import LocalAWS

MIB = 1024 * 1024
TREE = {"a": b"1", "d/b": b"22", "d/e/c": b"333", "d/": b"", "z": b""}


@pytest.fixture
def other(make_bucket: Callable[..., str]) -> str:
    return make_bucket()


@pytest.fixture
def filled(aws: LocalAWS, bucket: str) -> str:
    """A bucket with a tree below ``in/``, and one object outside of it."""
    for key, body in TREE.items():
        aws.client("s3").put_object(Bucket=bucket, Key=f"in/{key}", Body=body)
    aws.client("s3").put_object(Bucket=bucket, Key="out-of-it", Body=b"x")
    return bucket


def below(prefix: str, tree: dict[str, bytes]) -> dict[str, bytes]:
    return {prefix + key: body for key, body in tree.items()}


def test_a_folder_is_copied_to_another_bucket(aws: LocalAWS, filled: str, other: str) -> None:
    report = s3.copy_dir(filled, other, source_prefix="in", prefix="to/here")
    assert (report.copied, report.failed, report.bytes) == (5, 0, 6)
    assert stored(aws, other) == below("to/here/", TREE)
    assert s3.copy_dir(filled, other, source_prefix="in").copied == 5
    assert s3.copy_dir(filled, other).copied == 6
    assert stored(aws, other) == (
        below("to/here/", TREE) | TREE | below("in/", TREE) | {"out-of-it": b"x"}
    )


def test_filters_and_comparisons_choose(aws: LocalAWS, filled: str, other: str) -> None:
    rules = [s3.Rule(keep=False, pattern="d/e/"), s3.Rule(keep=False, pattern="a")]
    sides: dict[str, Any] = {"source_prefix": "in", "prefix": "to", "rules": rules}
    assert s3.copy_dir(filled, other, **sides).copied == 3
    assert stored(aws, other).keys() == {"to/d/b", "to/d/", "to/z"}
    report = s3.copy_dir(filled, other, **sides, compare="size")
    assert (report.copied, report.skipped) == (0, 3)


def test_the_marker_of_the_folder_itself_is_none_of_the_bucket(
    ministack: LocalAWS, bucket: str, other: str
) -> None:
    for key in ("in/", "in/a"):
        ministack.client("s3").put_object(Bucket=bucket, Key=key, Body=b"")
    report = s3.copy_dir(bucket, other, source_prefix="in")
    assert (report.copied, report.skipped_by_reason) == (1, {"folder marker": 1})
    assert s3.copy_dir(bucket, other, source_prefix="in", prefix="x").copied == 2
    assert stored(ministack, other).keys() == {"a", "x/", "x/a"}


def test_a_dry_run_copies_nothing(aws: LocalAWS, filled: str, other: str) -> None:
    report = s3.copy_dir(filled, other, source_prefix="in", dry_run=True)
    assert (report.copied, report.dry_run) == (5, True)
    report = s3.sync_buckets(filled, other, source_prefix="in", dry_run=True, delete=True)
    assert report.copied == 5
    assert stored(aws, other) == {}


def test_a_copy_in_the_place_of_what_is_to_be_copied_is_a_failure(
    ministack: LocalAWS, bucket: str
) -> None:
    for key in ("a/b/x", "a/b/b/x"):
        ministack.client("s3").put_object(Bucket=bucket, Key=key, Body=key.encode())
    report = s3.copy_dir(bucket, bucket, source_prefix="a/b", prefix="a")
    assert (report.copied, report.failed) == (1, 1)
    assert "'a/b/b/x'" in str(report.failures[0].error)
    assert stored(ministack, bucket) == {
        "a/x": b"a/b/x",
        "a/b/x": b"a/b/x",
        "a/b/b/x": b"a/b/b/x",
    }


def test_a_bucket_that_is_not_there_ends_it(ministack: LocalAWS, bucket: str) -> None:
    ministack.client("s3").put_object(Bucket=bucket, Key="k", Body=b"x")
    with pytest.raises(BucketNotFoundError, match="'nowhere-123'"):
        s3.copy_dir("nowhere-123", bucket)
    with pytest.raises(BucketNotFoundError, match="'nowhere-123'"):
        s3.copy_dir(bucket, "nowhere-123")


def test_between_regions(ministack: LocalAWS) -> None:
    source = ministack.make_bucket("eu-west-1")
    target = ministack.make_bucket("ap-southeast-2")
    ministack.client("s3").put_object(Bucket=source, Key="k", Body=b"x")
    regions = {"source_region": "eu-west-1", "region_name": "ap-southeast-2"}
    assert s3.copy_dir(source, target, **regions).copied == 1  # type: ignore[arg-type]
    report = s3.sync_buckets(source, target, **regions)  # type: ignore[arg-type]
    assert (report.copied, report.skipped) == (0, 1)
    assert s3.move_dir(target, source, source_prefix="", prefix="back").deleted == 1
    assert stored(ministack, source) == {"k": b"x", "back/k": b"x"}


# ----------------------------------------------------------------------------------- sync


def test_only_differences_are_copied(aws: LocalAWS, filled: str, other: str) -> None:
    sides = {"source_prefix": "in", "prefix": "to"}
    assert s3.sync_buckets(filled, other, **sides).copied == 5  # type: ignore[arg-type]
    report = s3.sync_buckets(filled, other, **sides)  # type: ignore[arg-type]
    assert (report.copied, report.skipped, report.engine) == (0, 5, "")
    client = aws.client("s3")
    client.put_object(Bucket=filled, Key="in/a", Body=b"2")
    client.put_object(Bucket=filled, Key="in/new", Body=b"new")
    client.put_object(Bucket=other, Key="to/extra", Body=b"x")
    client.put_object(Bucket=other, Key="beside", Body=b"x")
    report = s3.sync_buckets(filled, other, **sides)  # type: ignore[arg-type]
    assert (report.copied, report.skipped, report.deleted) == (2, 4, 0)
    report = s3.sync_buckets(filled, other, **sides, delete=True)  # type: ignore[arg-type]
    assert (report.copied, report.deleted) == (0, 1)
    changed = TREE | {"a": b"2", "new": b"new"}
    assert stored(aws, other) == below("to/", changed) | {"beside": b"x"}


def test_a_second_sync_copies_nothing_whatever_the_etags(
    aws: LocalAWS, bucket: str, other: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine_copies, "WHOLE", 6 * MIB)
    monkeypatch.setattr(partcopy, "PART_SIZE", 7 * MIB)
    client = aws.client("s3")
    client.put_object(Bucket=bucket, Key="whole", Body=b"1" * 8 * MIB)
    (tmp_path / "f").write_bytes(b"2" * 11 * MIB)
    s3.upload_file(tmp_path / "f", bucket, "parts")
    client.put_object(
        Bucket=bucket, Key="kms", Body=b"3", ServerSideEncryption="aws:kms", SSEKMSKeyId="k"
    )
    assert s3.sync_buckets(bucket, other).copied == 3
    etags = [{item.key: item.etag for item in s3.iter_objects(name)} for name in (bucket, other)]
    assert etags[0]["whole"] != etags[1]["whole"]
    assert etags[0]["parts"] != etags[1]["parts"]
    for compare in ("checksum", "size_mtime", "size"):
        report = s3.sync_buckets(bucket, other, compare=compare)
        assert (report.copied, report.skipped) == (0, 3), compare
    if aws.name == "moto":
        return  # it tells no checksums, and times in whole seconds
    # What is changed in its content alone is seen all the same.
    client.put_object(Bucket=bucket, Key="whole", Body=b"4" * 8 * MIB)
    assert s3.sync_buckets(bucket, other).copied == 1


def test_deleting_is_guarded(aws: LocalAWS, filled: str, other: str) -> None:
    client = aws.client("s3")
    for key in ("x", "y"):
        client.put_object(Bucket=other, Key=key, Body=b"")
    with pytest.raises(IncompleteError, match="--max_delete allows 1"):
        s3.sync_buckets(filled, other, source_prefix="in", delete=True, max_delete=1)
    with pytest.raises(IncompleteError, match="the source is empty"):
        s3.sync_buckets(filled, other, source_prefix="none", delete=True)
    assert {"x", "y"} <= stored(aws, other).keys()
    report = s3.sync_buckets(filled, other, source_prefix="none", delete=True, allow_empty=True)
    assert report.deleted == 7
    assert stored(aws, other) == {}


def test_what_cannot_be_is_refused_before_anything_is_sent(bucket: str) -> None:
    for service in (s3.copy_dir, s3.sync_buckets, s3.move_dir):
        for given in (
            {"prefix": "a"},
            {"source_prefix": "a", "prefix": "a"},
            {"dry_run": "no", "prefix": ""},
            {"extra_args": {"Bodyy": "x"}},
            {"rules": "*.css"},
        ):
            with pytest.raises(UsageError):
                service(bucket, bucket, **given)
    with pytest.raises(UsageError, match="compare"):
        s3.copy_dir(bucket, "other", compare="md5")  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="are the same"):
        # Nothing would be told apart from itself.
        s3.copy_dir(bucket, bucket, compare="checksum", extra_args={"CacheControl": "x"})
    with pytest.raises(UsageError, match="max_delete"):
        s3.sync_buckets(bucket, "other", max_delete=-1)
