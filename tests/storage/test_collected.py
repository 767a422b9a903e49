"""Batches of static files: what is known to be in the store already, and read from where it is."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage
from pytest_django import Settings

from philo_aws.storage import S3StaticStorage
from philo_aws.storage.collected import Collecting
from tests.s3.engine.conftest import FaultProxy, fault_proxy, proxy  # noqa: F401 - fixtures
from tests.servers import LocalAWS

pytestmark = pytest.mark.aws_servers("ministack")
Made = Callable[..., S3StaticStorage]
COMMAND = SimpleNamespace(dry_run=False, ignore_patterns=[])


@pytest.fixture
def source(tmp_path: Path, settings: Settings) -> FileSystemStorage:
    (tmp_path / "static").mkdir()
    settings.STATICFILES_DIRS = [tmp_path / "static"]
    settings.STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
    return FileSystemStorage(location=tmp_path / "static")


@pytest.fixture
def made(bucket: str, proxy: FaultProxy) -> Made:  # noqa: F811
    return lambda **options: S3StaticStorage(bucket=bucket, **options)


@pytest.fixture
def requests(proxy: FaultProxy) -> Callable[[], dict[str, int]]:  # noqa: F811
    before: dict[str, int] = {}

    def since() -> dict[str, int]:
        now = dict(proxy.report()["methods"])
        found = {name: count - before.get(name, 0) for name, count in now.items()}
        before.clear()
        before.update(now)
        return {name: count for name, count in found.items() if count > 0}

    since()
    return since


def put(aws: LocalAWS, storage: S3StaticStorage, name: str, content: bytes, **more: Any) -> None:
    aws.client("s3").put_object(
        Bucket=storage.bucket, Key=storage.key_of(name), Body=content, **more
    )


def unmodified(batch: Collecting, source: FileSystemStorage, *names: str) -> list[str]:
    return [name for name in names if batch.is_unmodified(name, name, source)]


def test_only_the_content_counts(
    made: Made, source: FileSystemStorage, aws: LocalAWS, requests: Any
) -> None:
    storage = made()
    for name in ("same", "other", "longer", "new"):
        source.save(name, ContentFile(b"text"))
    put(aws, storage, "same", b"text")
    put(aws, storage, "other", b"TEXT")
    put(aws, storage, "longer", b"text and more")
    with storage.collecting(COMMAND) as batch:
        assert unmodified(batch, source, "same", "other", "longer", "new") == ["same"]
        assert unmodified(batch, source, "other", "same") == ["same"]
        assert requests() == {"GET": 1, "HEAD": 1}


@pytest.mark.parametrize("compare, found", [("size", ["a", "b"]), ("always", [])])
def test_other_comparisons(
    made: Made, source: FileSystemStorage, aws: LocalAWS, compare: str, found: list[str]
) -> None:
    storage = made(compare=compare)
    for name in "ab":
        source.save(name, ContentFile(b"text"))
        put(aws, storage, name, name.encode() * 4)
    with storage.collecting(COMMAND) as batch:
        assert unmodified(batch, source, "a", "b") == found


def test_the_time_of_an_older_file_may_count(
    made: Made, source: FileSystemStorage, aws: LocalAWS
) -> None:
    storage = made(compare="size_mtime")
    source.save("a", ContentFile(b"text"))
    put(aws, storage, "a", b"TEXT")
    with storage.collecting(COMMAND) as batch:
        assert unmodified(batch, source, "a") == ["a"]


def test_many_objects_that_have_to_be_asked_for_are_asked_side_by_side(
    made: Made,
    source: FileSystemStorage,
    aws: LocalAWS,
    requests: Any,
    proxy: FaultProxy,  # noqa: F811
) -> None:
    storage = made()
    names = [f"folder/{number:02}" for number in range(40)]
    for name in names:
        source.save(name, ContentFile(name.encode()))
        put(aws, storage, name, name.encode(), ChecksumAlgorithm="SHA256")
    with storage.collecting(COMMAND) as batch:
        objects = batch.there.objects()
        for name in names:
            # As AWS has it of objects encrypted with a customer's key; no server here does.
            objects[name] = objects[name]._replace(etag="0" * 31 + "-x")
        assert unmodified(batch, source, *names[:2]) == names[:2]
        assert requests() == {"GET": 1, "HEAD": 2}
        proxy.set({"do": "slow", "pause": 0.3, "method": "HEAD"})
        requests()
        at = time.monotonic()
        assert unmodified(batch, source, *names) == names
        assert requests()["HEAD"] == 38
        # Two of them alone, and all others together.
        assert time.monotonic() - at < 38 * 0.3 / 2


def test_what_cannot_be_read_is_left_to_who_opens_it(
    made: Made, source: FileSystemStorage, aws: LocalAWS, monkeypatch: pytest.MonkeyPatch
) -> None:
    storage = made()
    put(aws, storage, "a", b"text")
    source.save("a", ContentFile(b"text"))
    with storage.collecting(COMMAND) as batch:
        assert not batch.is_unmodified("gone", "gone", source)
        path = Path(source.path("a"))
        path.unlink()
        path.mkdir()
        assert not batch.is_unmodified("a", "a", source)


def test_files_are_read_where_they_were_found(
    made: Made, source: FileSystemStorage, aws: LocalAWS, requests: Any
) -> None:
    storage = made()
    source.save("a/b.css", ContentFile(b"local"))
    source.save("same.css", ContentFile(b"same"))
    put(aws, storage, "same.css", b"same")
    with storage.collecting(COMMAND) as batch:
        for name in ("a/b.css", "same.css"):
            if not batch.is_unmodified(name, name, source):
                with source.open(name) as file:
                    storage.save(name, file)
        assert batch.saved["a/b.css"].path == source.path("a/b.css")
        assert set(batch.saved) == {"a/b.css"}
        for name, content in (("a/b.css", b"local"), ("same.css", b"same")):
            assert storage.exists(name)
            with storage.open(name) as file:
                assert file.read() == content
        assert requests() == {"GET": 1}
    assert requests() == {"PUT": 1}


def test_a_batch_of_a_storage_of_static_files_sends_what_differs(
    made: Made, aws: LocalAWS, requests: Any
) -> None:
    storage = made()
    put(aws, storage, "same", b"same")
    put(aws, storage, "other", b"before")
    put(aws, storage, "gone", b"gone")
    with storage.batch() as batch:
        storage.save("same", ContentFile(b"same"))
        storage.save("other", ContentFile(b"after!"))
        storage.delete("gone")
        storage.delete("never there")
        assert requests() == {}
    assert batch.report is not None
    report = batch.report
    assert (report.uploaded, report.skipped, report.deleted) == (1, 1, 1)
    assert requests() == {"GET": 1, "HEAD": 1, "PUT": 1, "POST": 1}


def test_a_dry_run_does_nothing(made: Made, requests: Any) -> None:
    storage = made()
    with storage.collecting(SimpleNamespace(dry_run=True, ignore_patterns=[])) as batch:
        storage.save("a", ContentFile(b"a"))
    assert batch.report is None
    assert requests() == {}
