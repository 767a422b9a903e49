from __future__ import annotations

from pathlib import Path

import pytest
from pytest_django import Settings

from philo_aws import s3
from philo_aws.exceptions import ServiceError
from philo_aws.s3.filters import Rule
from tests.s3.files.test_tree import plant
from tests.s3.liststore import listing
from tests.s3.transfer.test_folders import stored
from tests.servers import LocalAWS


def test_the_store_is_asked_only_for_what_the_rules_keep(
    settings: Settings, tmp_path: Path
) -> None:
    rules = [Rule(keep=True, pattern="media/2026/**"), Rule(keep=True, pattern="media/2025/*.jpg")]
    for call in (s3.download_dir, s3.upload_dir, s3.sync):
        with listing(settings) as store:
            call(tmp_path, "bucket", prefix="p", rules=rules, compare="size")
        assert [asked["prefix"] for _, asked in store.requests] == [["p/media/202"]]


def test_a_store_that_ignores_the_prefix_is_found_out(settings: Settings, tmp_path: Path) -> None:
    with listing(settings, "p/a", "q/b") as store:
        for call in (s3.download_dir, s3.sync):
            with pytest.raises(ServiceError, match="'q/b' where keys that begin with 'p/'"):
                call(tmp_path, "bucket", prefix="p", compare="size")
        with pytest.raises(ServiceError, match="does not support prefixes"):
            s3.delete_objects("bucket", prefix="p/")
    assert {method for method, _ in store.requests} == {"GET"}
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_download_left_is_not_uploaded(
    ministack: LocalAWS, bucket: str, tmp_path: Path
) -> None:
    plant(tmp_path, "a", "sub/.philo-aws-1f-0.part", "book.part")
    for call in (s3.upload_dir, s3.sync):
        report = call(tmp_path, bucket)
        assert "download that did not end" in report.skipped_by_reason
        assert set(stored(ministack, bucket)) == {"a", "book.part"}
