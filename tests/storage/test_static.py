"""The storages of static files, without a batch: what Django's own do, on S3."""

from __future__ import annotations

import copy
import pickle
import re
import time
from pathlib import Path
from typing import Any

import pytest
from django.contrib.staticfiles.storage import HashedFilesMixin, ManifestFilesMixin
from django.core.exceptions import ImproperlyConfigured, SuspiciousFileOperation
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.db.migrations.writer import MigrationWriter
from django.template import Context, Template
from pytest_django import Settings

from philo_aws.storage import S3ManifestStaticStorage, S3StaticStorage
from tests.s3.engine.conftest import FaultProxy, fault_proxy, proxy  # noqa: F401 - fixtures

pytestmark = pytest.mark.aws_servers("ministack")
IMMUTABLE = "public, max-age=31536000, immutable"


class Mine(ManifestFilesMixin, S3StaticStorage):  # type: ignore[misc]
    """As Django's documentation says that a site makes its own."""


class Hashed(HashedFilesMixin, S3StaticStorage):  # type: ignore[misc]
    """Without a manifest."""


KINDS = (S3StaticStorage, S3ManifestStaticStorage, Mine, Hashed)


def head(storage: Any, name: str) -> dict[str, Any]:
    return dict(storage.client.head_object(Bucket=storage.bucket, Key=storage.key_of(name)))


def names(storage: Any) -> set[str]:
    listed = storage.client.list_objects_v2(Bucket=storage.bucket).get("Contents", [])
    return {item["Key"].removeprefix(storage.location) for item in listed}


@pytest.mark.parametrize("kind", KINDS)
def test_a_storage_is_copied_pickled_and_written_into_migrations(kind: Any, bucket: str) -> None:
    storage = kind(bucket=bucket, headers={"*.css": {"Cache-Control": "no-cache"}})
    storage.save("a.css", ContentFile(b"a{}"))
    pickled = pickle.loads(pickle.dumps(storage))  # noqa: S301 - its own
    for other in (copy.copy(storage), copy.deepcopy(storage), pickled):
        assert type(other) is kind
        assert other == storage
        assert other.exists("a.css")
        assert other.headers_for("a.css")["Cache-Control"] == "no-cache"
    path, arguments, keywords = storage.deconstruct()
    assert keywords["bucket"] == bucket
    assert arguments == ()
    if kind in (S3StaticStorage, S3ManifestStaticStorage):
        assert path == f"philo_aws.storage.{kind.__name__}"
        assert f"{path}(" in MigrationWriter.serialize(storage)[0]


def test_a_manifest_is_not_carried_along(bucket: str) -> None:
    storage = S3ManifestStaticStorage(bucket=bucket)
    storage.hashed_files = {"a.css": "a.0123456789ab.css"}
    other = pickle.loads(pickle.dumps(storage))  # noqa: S301 - its own
    with pytest.raises(ValueError, match="Missing"):
        other.url("a.css")
    assert other.manifest_storage.bucket == bucket


def test_defaults(bucket: str) -> None:
    storage = S3StaticStorage(bucket=bucket)
    assert storage.location == "static/"
    assert storage.options.allow_overwrite
    assert storage.options.signed is False
    assert storage.save("a.txt", ContentFile(b"one")) == "a.txt"
    assert storage.save("a.txt", ContentFile(b"two")) == "a.txt"
    with storage.open("a.txt") as file:
        assert file.read() == b"two"
    with pytest.raises(ImproperlyConfigured, match="only_hashed"):
        S3StaticStorage(bucket=bucket, only_hashed=True)


@pytest.mark.parametrize("name", ["../a", "/a", "a/../../b"])
def test_names_stay_below_the_location_in_a_batch_too(bucket: str, name: str) -> None:
    storage = S3StaticStorage(bucket=bucket)

    def saved() -> None:
        with storage.batch():
            storage.save(name, ContentFile(b""))

    with pytest.raises(SuspiciousFileOperation):
        saved()
    with storage.batch():
        assert storage.save("a\\b.txt", ContentFile(b"")) == "a/b.txt"
        assert storage.save("c/./d.txt", ContentFile(b"")) == "c/d.txt"
    assert names(storage) == {"a/b.txt", "c/d.txt"}


class Renaming(S3StaticStorage):
    def get_available_name(self, name: str, max_length: int | None = None) -> str:
        return f"new-{name}"

    def _save(self, name: str, content: Any) -> str:
        return super()._save(name, ContentFile(content.read().upper()))


def test_what_a_subclass_makes_of_names_and_contents_counts(bucket: str) -> None:
    storage = Renaming(bucket=bucket)
    with storage.batch():
        assert storage.save("a", ContentFile(b"text")) == "new-a"
    with storage.open("new-a") as file:
        assert file.read() == b"TEXT"


# URLs


def test_urls_follow_static_url_where_that_has_a_host(bucket: str, settings: Settings) -> None:
    settings.STATIC_URL = "https://cdn.example.com/assets/"
    assert S3StaticStorage(bucket=bucket).url("a b.css") == (
        "https://cdn.example.com/assets/a%20b.css"
    )
    settings.STATIC_URL = "/static/"
    assert f"{bucket}/static/a.css" in S3StaticStorage(bucket=bucket).url("a.css")
    own = S3StaticStorage(bucket=bucket, base_url="https://other.example.com")
    assert own.url("/a.css") == "https://other.example.com/a.css"


def test_hashed_urls_but_in_debug(bucket: str, settings: Settings) -> None:
    storage = S3ManifestStaticStorage(bucket=bucket, base_url="https://cdn.example.com")
    storage.hashed_files = {"a.css": "a.0123456789ab.css"}
    assert storage.url("a.css") == "https://cdn.example.com/a.0123456789ab.css"
    assert storage.url("a.css#x") == "https://cdn.example.com/a.0123456789ab.css#x"
    settings.DEBUG = True
    assert storage.url("a.css") == "https://cdn.example.com/a.css"
    assert storage.url("a.css", force=True) == "https://cdn.example.com/a.0123456789ab.css"
    hashed_alone = S3ManifestStaticStorage(
        bucket=bucket, base_url="https://cdn.example.com", only_hashed=True
    )
    hashed_alone.hashed_files = {"a.css": "a.0123456789ab.css"}
    # There is nothing under the plain name.
    assert hashed_alone.url("a.css") == "https://cdn.example.com/a.0123456789ab.css"
    assert hashed_alone.url("new.css") == "https://cdn.example.com/new.css"
    settings.DEBUG = False
    with pytest.raises(ValueError, match="Missing"):
        hashed_alone.url("new.css")


@pytest.mark.parametrize("kind", KINDS[:3])
def test_a_page_full_of_static_files_makes_no_request(
    kind: Any,
    proxy: FaultProxy,  # noqa: F811
    bucket: str,
    settings: Settings,
) -> None:
    settings.STORAGES = {
        "staticfiles": {
            "BACKEND": f"{kind.__module__}.{kind.__name__}",
            "OPTIONS": {"bucket": bucket},
        }
    }
    paths = {f"img/{number}.png": f"img/{number}.0123456789ab.png" for number in range(500)}
    if kind is not S3StaticStorage:
        storages["staticfiles"].hashed_files = paths  # type: ignore[attr-defined]
    tags = "".join(f"{{% static '{name}' %}}\n" for name in paths)
    template = Template(f"{{% load static %}}{tags}")
    template.render(Context())  # the first makes what all others use
    before = proxy.report()["requests"]
    at = time.process_time()
    page = template.render(Context())
    seconds = time.process_time() - at
    assert page.count("/static/img/") == 500
    assert proxy.report()["requests"] == before
    assert seconds < 0.05  # it takes a few milliseconds; the machine may be busy


# Without a batch


@pytest.mark.parametrize("kind", KINDS[1:])
def test_hashed_names_that_are_saved_one_by_one(kind: Any, bucket: str, tmp_path: Path) -> None:
    """As another tool's command has it, which knows nothing of batches."""
    from django.core.files.storage import FileSystemStorage

    source = FileSystemStorage(location=tmp_path)
    for name, text in (("a.css", "a { background: url(b.png) }"), ("b.png", "PNG")):
        source.save(name, ContentFile(text.encode()))
    storage = kind(bucket=bucket)
    paths = {name: (source, name) for name in ("a.css", "b.png")}
    for name in paths:
        with source.open(name) as file:
            storage.save(name, file)
    done = list(storage.post_process(paths))
    assert {name for name, _, _ in done} == set(paths)
    for name in paths:
        hashed = storage.hashed_files[name]
        assert re.fullmatch(r"[ab]\.[0-9a-f]{12}\.(css|png)", hashed)
        assert head(storage, hashed)["CacheControl"] == IMMUTABLE
        assert "CacheControl" not in head(storage, name)
    with storage.open(storage.hashed_files["a.css"]) as file:
        assert storage.hashed_files["b.png"].encode() in file.read()
    # A name that only looks like one with a hash.
    storage.save("c.0123456789ab.css", ContentFile(b"a{}"))
    assert "CacheControl" not in head(storage, "c.0123456789ab.css")


def test_the_header_of_hashed_names_is_an_option(bucket: str) -> None:
    content = ContentFile(b"a{}")
    for chosen in ("max-age=60", ""):
        storage = S3ManifestStaticStorage(bucket=bucket, hashed_cache_control=chosen)
        name = storage.hashed_name("a.css", content)
        storage.save(name, content)
        assert head(storage, name).get("CacheControl", "") == chosen


def test_a_manifest_storage_of_the_sites_own(bucket: str, tmp_path: Path) -> None:
    from django.contrib.staticfiles.storage import StaticFilesStorage

    place = StaticFilesStorage(location=str(tmp_path))
    storage = Mine(bucket=bucket, manifest_storage=place)
    assert storage.manifest_storage is place
    storage.hashed_files = {"a": "b"}
    storage.save_manifest()
    assert names(storage) == set()
    assert (tmp_path / "staticfiles.json").exists()
    assert Mine(bucket=bucket, manifest_storage=place).stored_name("a") == "b"
