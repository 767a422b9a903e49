"""No file of a batch takes the place of another one, whatever happens after its name was given."""

from __future__ import annotations

import pytest
from django.core.files.base import ContentFile

from philo_aws.exceptions import IncompleteError
from philo_aws.storage import S3Storage
from philo_aws.storage.batch import Batch
from tests.s3.engine.conftest import FaultProxy, fault_proxy, proxy  # noqa: F401 - fixtures
from tests.storage.test_batch import contents

MIB = 1024 * 1024


@pytest.fixture
def storage(bucket: str) -> S3Storage:
    return S3Storage(bucket=bucket, location="media")


@pytest.fixture
def other(bucket: str) -> S3Storage:
    """Somebody else, who saves in between."""
    return S3Storage(bucket=bucket, location="media")


@pytest.mark.parametrize("size", [5, 9 * MIB])
def test_what_came_meanwhile_is_not_overwritten(
    storage: S3Storage, other: S3Storage, size: int
) -> None:
    other.save("stale.txt", ContentFile(b"stale"))
    batches: list[Batch] = []

    def beaten() -> None:
        with storage.batch() as batch:
            batches.append(batch)
            storage.save("mine.txt", ContentFile(b"x" * size))
            storage.save("free.txt", ContentFile(b"free"))
            storage.delete("stale.txt")
            other.save("mine.txt", ContentFile(b"theirs"))

    with pytest.raises(IncompleteError) as caught:
        beaten()
    text = str(caught.value)
    assert text.startswith("1 of 2 files were not stored or deleted.\n  media/mine.txt: ")
    assert caught.value.result is batches[0].report
    assert contents(storage) == {
        "mine.txt": b"theirs",
        "free.txt": b"free",
        "stale.txt": b"stale",  # nothing is deleted where something failed
    }


@pytest.mark.parametrize("size", [5, 9 * MIB])
def test_the_same_content_is_no_conflict(storage: S3Storage, other: S3Storage, size: int) -> None:
    # As it is when the answer to a request was lost that is sent again.
    with storage.batch() as batch:
        storage.save("mine.txt", ContentFile(b"x" * size))
        other.save("mine.txt", ContentFile(b"x" * size))
    assert batch.report is not None
    assert batch.report.complete
    assert batch.report.uploaded == 1


@pytest.mark.aws_servers("ministack")
def test_an_answer_that_was_lost(storage: S3Storage, proxy: FaultProxy) -> None:  # noqa: F811
    with storage.batch() as batch:
        storage.save("mine.txt", ContentFile(b"mine"))
        proxy.set({"do": "reset_after", "method": "PUT", "times": 1})
    assert batch.report is not None
    assert batch.report.complete
    assert contents(storage) == {"mine.txt": b"mine"}


@pytest.mark.aws_servers("ministack")
def test_a_store_that_knows_no_conditions(
    storage: S3Storage,
    proxy: FaultProxy,  # noqa: F811
) -> None:
    refusal = {"do": "status", "status": 501, "code": "NotImplemented", "method": "PUT"}
    with storage.batch() as batch:
        storage.save("a", ContentFile(b"a"))
        storage.save("b", ContentFile(b"b"))
        storage.delete("c")
        proxy.set({**refusal, "times": 2})
    assert batch.report is not None
    assert batch.report.complete
    assert (batch.report.planned, batch.report.uploaded, batch.report.deleted) == (3, 2, 1)
    assert contents(storage) == {"a": b"a", "b": b"b"}
