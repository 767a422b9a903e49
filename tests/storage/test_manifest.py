"""The manifest: read when it is first needed, and written whole."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import pytest
from django.contrib.staticfiles.storage import HashedFilesMixin, ManifestFilesMixin
from django.core.files.base import ContentFile
from pytest_django import Settings

from philo_aws.exceptions import LocalFileError
from philo_aws.storage import S3ManifestStaticStorage, S3StaticStorage
from philo_aws.storage.manifest import LocalManifest


class Mine(ManifestFilesMixin, S3StaticStorage):  # type: ignore[misc]
    pass


class Hashed(HashedFilesMixin, S3StaticStorage):  # type: ignore[misc]
    pass


pytestmark = pytest.mark.aws_servers("ministack")
MANIFEST = {"version": "1.1", "paths": {"a.css": "a.0123456789ab.css"}, "hash": "1234"}


@pytest.fixture(params=[Mine, S3ManifestStaticStorage])
def storage(request: pytest.FixtureRequest, bucket: str) -> Any:
    return request.param(bucket=bucket)


def test_it_is_read_at_its_first_use(storage: Any) -> None:
    storage.save("staticfiles.json", ContentFile(json.dumps(MANIFEST).encode()))
    assert storage.stored_name("a.css") == "a.0123456789ab.css"
    storage.delete("staticfiles.json")
    assert storage.stored_name("a.css") == "a.0123456789ab.css"  # once
    assert storage.manifest_hash == "1234"
    del storage.hashed_files
    with pytest.raises(ValueError, match=r"Missing staticfiles manifest entry for .a\.css."):
        storage.stored_name("a.css")


def test_its_hash_may_be_the_first_that_is_asked_for(storage: Any) -> None:
    storage.save("staticfiles.json", ContentFile(json.dumps(MANIFEST).encode()))
    assert storage.manifest_hash == "1234"
    assert storage.hashed_files == MANIFEST["paths"]
    del storage.manifest_hash
    assert storage.manifest_hash == ""
    storage.hashed_files = {"b": "c"}
    assert storage.stored_name("b") == "c"


@pytest.mark.parametrize("made", [Mine, S3ManifestStaticStorage, Hashed, S3StaticStorage])
def test_nothing_is_asked_when_a_storage_is_made(made: Any, settings: Settings) -> None:
    settings.AWS = {"endpoint_url": "http://127.0.0.1:9"}
    storage = made(bucket="bucket")
    assert hasattr(type(storage), "hashed_files")
    if made is Hashed:
        assert storage.hashed_files == {}
    if made is S3StaticStorage:
        for name in ("hashed_files", "manifest_storage"):
            assert not hasattr(storage, name)


def test_one_that_cannot_be_read_is_an_error_at_each_use(storage: Any) -> None:
    storage.save("staticfiles.json", ContentFile(b"{}"))
    for _ in range(2):
        with pytest.raises(ValueError, match="Couldn't load manifest"):
            storage.url("a.css")


def test_a_new_one_takes_the_place_of_the_old_one(storage: Any) -> None:
    # Without a moment in which there is none: S3 is not asked to delete it.
    storage.save("staticfiles.json", ContentFile(json.dumps(MANIFEST).encode()))
    deleted: list[str] = []
    storage.delete = deleted.append
    storage.hashed_files = {"b.css": "b.1.css"}
    storage.save_manifest()
    with storage.open("staticfiles.json") as file:
        assert json.loads(file.read())["paths"] == {"b.css": "b.1.css"}
    assert not deleted


def test_the_error_says_what_is_missing(bucket: str, tmp_path: Path) -> None:
    in_bucket = S3ManifestStaticStorage(bucket=bucket)
    with pytest.raises(ValueError, match=r"'static/staticfiles\.json' is missing or empty\."):
        in_bucket.url("a.css")
    path = tmp_path / "m.json"
    local = S3ManifestStaticStorage(bucket=bucket, manifest=path)
    with pytest.raises(ValueError, match=r"manifest '/.*/m.json' is missing or empty"):
        local.url("a.css")
    path.write_text(json.dumps(MANIFEST))
    local = S3ManifestStaticStorage(bucket=bucket, manifest=path)
    assert local.url("a.css").endswith("/a.0123456789ab.css")
    with pytest.raises(ValueError, match=r"^Missing staticfiles manifest entry for .b\.css.$"):
        local.url("b.css")


def test_without_strictness_the_files_are_asked(bucket: str) -> None:
    class Lenient(S3ManifestStaticStorage):
        manifest_strict = False

    storage = Lenient(bucket=bucket)
    storage.save("a.css", ContentFile(b"a{}"))
    assert storage.stored_name("a.css") == storage.hashed_name("a.css", ContentFile(b"a{}"))


# A local file


def test_a_local_file_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "manifest.json"
    storage = LocalManifest(str(path))
    assert not storage.exists("any")
    storage._save("any", ContentFile(b"first"))
    storage.delete("any")
    assert path.read_bytes() == b"first"

    class Broken(ContentFile):  # type: ignore[type-arg]
        def chunks(self, chunk_size: int | None = None) -> Any:
            yield b"half"
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        storage._save("any", Broken(b""))
    assert path.read_bytes() == b"first"
    assert [one.name for one in path.parent.iterdir()] == ["manifest.json"]
    with storage.open("any") as file:
        assert file.read() == b"first"


def test_a_local_file_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(LocalFileError, match="cannot be used"):
        LocalManifest(str(tmp_path / "file" / "manifest.json"))._save("any", ContentFile(b""))


def test_many_threads_read_it(bucket: str) -> None:
    storage = S3ManifestStaticStorage(bucket=bucket)
    storage.save("staticfiles.json", ContentFile(json.dumps(MANIFEST).encode()))
    found: list[str] = []
    threads = [
        threading.Thread(target=lambda: found.append(storage.stored_name("a.css")))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == ["a.0123456789ab.css"] * 8
