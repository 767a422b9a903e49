"""The run at the end of a batch: what comes after what, and what it says of failures."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.core.files.base import ContentFile

from philo_aws.exceptions import IncompleteError
from philo_aws.s3.report import Outcome, Report, Watcher
from philo_aws.storage import S3Storage
from philo_aws.storage.batch import Batch, Stages, done
from tests.s3.engine.conftest import FaultProxy, fault_proxy, proxy  # noqa: F401 - fixtures

pytestmark = pytest.mark.aws_servers("ministack")


class Staged(Batch):
    """Ten files of each kind, told apart by their names."""

    def stages(self) -> Stages:
        def of(kind: str) -> list[str]:
            return [name for name in self.saved if name.startswith(kind)]

        return Stages(hashed=of("hashed"), plain=of("plain"), last=of("last"), gone=["gone"])


class Seen(Watcher):
    def __init__(self) -> None:
        self.order: list[str] = []
        self.report: Report | None = None

    def outcome(self, outcome: Outcome) -> None:
        assert outcome.error or outcome.status == "done"
        self.order.append(re.sub(r"-?\d*$", "", outcome.key))

    def finished(self, report: Report) -> None:
        self.report = report


def run(storage: S3Storage) -> tuple[Seen, list[str]]:
    seen, after = Seen(), list[str]()
    batch = Staged(storage, watcher=seen)
    with done(batch):
        for kind in ("last", "plain", "hashed"):
            for number in range(10):
                storage.save(f"{kind}-{number}", ContentFile(kind.encode()))
        batch.last.append(lambda: after.extend(seen.order))
    return seen, after


@pytest.fixture
def storage(bucket: str) -> S3Storage:
    return S3Storage(bucket=bucket, allow_overwrite=True)


def test_each_stage_waits_for_the_one_before(storage: S3Storage) -> None:
    seen, after = run(storage)
    assert seen.order == ["hashed"] * 10 + ["plain"] * 10 + ["gone"] + ["last"] * 10
    assert after == seen.order
    assert seen.report is not None
    assert (seen.report.uploaded, seen.report.deleted) == (30, 1)


@pytest.mark.parametrize(
    "method, path, done",
    [
        ("PUT", "hashed-3", {"hashed"}),
        ("PUT", "plain-3", {"hashed", "plain"}),
        ("POST", "delete", {"hashed", "plain", "gone"}),
    ],
)
def test_none_begins_where_one_failed(
    storage: S3Storage,
    proxy: FaultProxy,  # noqa: F811
    method: str,
    path: str,
    done: set[str],
) -> None:
    fault = {"do": "status", "status": 403, "code": "AccessDenied"}
    seen = Seen()
    batch = Staged(storage, watcher=seen)
    proxy.set({**fault, "method": method, "path": path})
    with pytest.raises(IncompleteError) as caught:
        fill(batch)
    assert set(seen.order) == done
    assert str(caught.value).startswith(f"1 of {len(seen.order)} files were not stored or deleted.")
    assert "The manifest is the one before." in str(caught.value)
    assert caught.value.result is batch.report


def fill(batch: Batch) -> None:
    with done(batch):
        for kind in ("last", "plain", "hashed"):
            for number in range(10):
                batch.storage.save(f"{kind}-{number}", ContentFile(kind.encode()))


def test_many_failures_are_counted(storage: S3Storage, proxy: FaultProxy) -> None:  # noqa: F811
    proxy.set({"do": "status", "status": 403, "code": "AccessDenied", "method": "PUT"})

    def failing() -> None:
        with storage.batch():
            for number in range(30):
                storage.save(f"{number:02}", ContentFile(b""))

    with pytest.raises(IncompleteError) as caught:
        failing()
    first, *named = str(caught.value).split("\n")
    assert first == "30 of 30 files were not stored or deleted."
    assert len(named) == 21
    assert named[-1] == "  … and 10 more"


def test_no_copies_are_left(
    storage: S3Storage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with storage.batch():
        storage.save("a", ContentFile(b"a"))
        assert list(tmp_path.iterdir())
    assert not list(tmp_path.iterdir())
