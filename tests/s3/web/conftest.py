"""`kept` fills a bucket that keeps versions; `small` makes listings of versions short."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from philo_aws.s3.listing import versions as listing
from philo_aws.s3.web import deleted
from tests.servers import LocalAWS


@pytest.fixture
def kept(aws: LocalAWS, bucket: str) -> Callable[..., Any]:
    """Put objects into a bucket that keeps versions, and delete some."""
    s3 = aws.client("s3")
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})

    def fill(put: list[str], gone: list[str]) -> None:
        for key in put:
            s3.put_object(Bucket=bucket, Key=key, Body=b"12345")
        for key in gone:
            s3.delete_object(Bucket=bucket, Key=key)

    return fill


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], list[str]]:
    """Make pages of so many versions; returns the list of where each page began."""

    def make(size: int) -> list[str]:
        began: list[str] = []
        whole = listing.list_versions

        def few(*args: Any, **kwargs: Any) -> Any:
            began.append(kwargs["key_marker"])
            return whole(*args, **{**kwargs, "limit": size})

        monkeypatch.setattr(deleted, "list_versions", few)
        return began

    return make
