"""`manage.py collectstatic` with the storages of this package, over a socket; and with Django's."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.contrib.staticfiles.finders import FileSystemFinder
from django.contrib.staticfiles.storage import ManifestFilesMixin, staticfiles_storage
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.core.management import CommandError, call_command
from pytest_django import Settings

from philo_aws.s3.engine.run import GRACE
from philo_aws.storage import S3ManifestStaticStorage, S3StaticStorage
from philo_aws.storage.batch import aside
from tests.running import ROOT, Result
from tests.s3.engine.conftest import FaultProxy, fault_proxy  # noqa: F401 - a fixture
from tests.servers import LocalAWS

pytestmark = pytest.mark.aws_servers("ministack")

CSS = "body { background: url(img/a.png) }\n@import 'base.css';\n"
STATIC_URL = "https://cdn.example.com/static/"
HASHED_BASE = r"base\.[0-9a-f]{12}\.css"
FILES = {
    "app.css": CSS,
    "base.css": "html { color: red }",
    "img/a.png": "PNG",
    "js/app.js": "alert('é')",
}


class Site:
    """A site with static files in a folder, and a bucket for them."""

    def __init__(self, folder: Path, aws: LocalAWS, bucket: str, settings: Settings) -> None:
        self.folder = folder
        self.bucket = bucket
        self._client = aws.client("s3")
        self._settings = settings
        settings.STATICFILES_DIRS = [folder]
        settings.STATIC_URL = STATIC_URL
        settings.STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]

    def use(self, backend: str, **options: Any) -> None:
        storages = {"default": {"BACKEND": "django.core.files.storage.InMemoryStorage"}}
        given = options if "django." in backend else {"bucket": self.bucket, **options}
        storages["staticfiles"] = {"BACKEND": backend, "OPTIONS": given}  # type: ignore[dict-item]
        self._settings.STORAGES = storages

    def write(self, files: dict[str, str]) -> None:
        for name, text in files.items():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)

    @property
    def objects(self) -> dict[str, str]:
        """The texts of all objects below the location."""
        pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self.bucket)
        keys = [item["Key"] for page in pages for item in page.get("Contents", [])]
        return {
            key.removeprefix("static/"): self._client.get_object(Bucket=self.bucket, Key=key)[
                "Body"
            ]
            .read()
            .decode()
            for key in keys
        }

    def head(self, name: str) -> dict[str, Any]:
        return dict(self._client.head_object(Bucket=self.bucket, Key=f"static/{name}"))

    def put(self, name: str, text: str) -> None:
        self._client.put_object(Bucket=self.bucket, Key=f"static/{name}", Body=text.encode())


@pytest.fixture
def site(tmp_path: Path, aws: LocalAWS, bucket: str, settings: Settings) -> Site:
    made = Site(tmp_path / "static", aws, bucket, settings)
    made.write(FILES)
    made.use("philo_aws.storage.S3StaticStorage")
    return made


class Sent:
    """The requests that reached the store since it was last asked."""

    def __init__(self, proxy: FaultProxy) -> None:
        self._proxy = proxy
        self._before = self._count()

    def _count(self) -> dict[str, int]:
        return dict(self._proxy.report()["methods"])

    def __call__(self) -> dict[str, int]:
        now, before = self._count(), self._before
        self._before = now
        counts = {method: count - before.get(method, 0) for method, count in now.items()}
        return {method: count for method, count in counts.items() if count}


@pytest.fixture
def sent(site: Site, aws: LocalAWS, fault_proxy: FaultProxy, settings: Settings) -> Sent:  # noqa: F811
    settings.AWS = aws.settings | {"endpoint_url": fault_proxy.url}
    fault_proxy.set()
    return Sent(fault_proxy)


Collect = Callable[..., Result]


@pytest.fixture
def collect(run: Callable[..., Result]) -> Collect:
    return lambda *flags: run("collectstatic", "--no-input", *flags)


def test_files_are_copied_and_then_unmodified(site: Site, collect: Collect, sent: Sent) -> None:
    answer = collect()
    assert answer.code == 0, answer.err
    assert answer.out.startswith("\n4 static files copied.\n4 uploaded, 0 failed; 89 bytes in ")
    assert site.objects == FILES
    assert sent() == {"GET": 1, "PUT": 4}
    answer = collect()
    assert answer.out == "\n0 static files copied, 4 unmodified.\n"
    assert sent() == {"GET": 1}


def test_many_files_take_a_request_each_and_a_page_of_a_listing_for_a_thousand(
    site: Site, collect: Collect, sent: Sent
) -> None:
    site.write({f"many/{number:04}.js": f"// {number}" for number in range(1500)})
    assert collect().out.startswith("\n1504 static files copied.\n1,504 uploaded, 0 failed; ")
    assert sent() == {"GET": 1, "PUT": 1504}
    assert collect().out == "\n0 static files copied, 1504 unmodified.\n"
    assert sent() == {"GET": 2}


def test_what_is_older_and_has_another_content_is_uploaded(site: Site, collect: Collect) -> None:
    collect()
    site.write({"base.css": "html { color: tan }"})
    os.utime(site.folder / "base.css", (1, 1))
    assert collect().out.startswith("\n1 static file copied, 3 unmodified.\n")
    assert site.objects["base.css"] == "html { color: tan }"


def test_headers_follow_from_the_name_the_content_and_the_options(
    site: Site, collect: Collect
) -> None:
    site.use(
        "philo_aws.storage.S3StaticStorage", headers={"*.css": {"Cache-Control": "max-age=300"}}
    )
    site.write({"plain.js": "1"})
    collect()
    assert site.head("base.css")["CacheControl"] == "max-age=300"
    assert site.head("js/app.js")["ContentType"] == "text/javascript; charset=utf-8"
    assert site.head("img/a.png")["ContentType"] == "image/png"


def test_packed_files_stay_unmodified(site: Site, collect: Collect, sent: Sent) -> None:
    site.use("philo_aws.storage.S3StaticStorage", gzip=True)
    site.write({"large.css": "a { color: red }\n" * 100})
    collect()
    head = site.head("large.css")
    assert head["ContentEncoding"] == "gzip"
    assert head["ContentLength"] < 200
    assert "ContentEncoding" not in site.head("base.css")  # it would be larger
    sent()
    assert collect().out.startswith("\n0 static files copied, 5 unmodified.")
    assert sent() == {"GET": 1}
    site.write({"large.css": "a { color: tan }\n" * 100})
    assert collect().out.startswith("\n1 static file copied, 4 unmodified.")


@pytest.mark.parametrize("options", [{"gzip": True}, {}])
def test_the_time_of_a_packed_file_is_its_own(
    site: Site, collect: Collect, sent: Sent, options: dict[str, Any]
) -> None:
    site.use(
        "philo_aws.storage.S3ManifestStaticStorage",
        compare="size_mtime",
        manifest=str(site.folder.parent / "manifest.json"),
        **options,
    )
    site.write({"large.css": "a { color: red }\n" * 100})
    collect()
    sent()
    assert collect().out.startswith("\n0 static files copied, 5 unmodified, 4 post-processed.\n")
    assert sent() == {"GET": 1}


def test_nothing_is_renamed_where_nothing_may_be_overwritten(
    site: Site, collect: Collect, sent: Sent
) -> None:
    site.use("philo_aws.storage.S3StaticStorage", allow_overwrite=False)
    collect()
    site.write({"base.css": "html { color: tan }"})
    assert collect().out.startswith("\n1 static file copied, 3 unmodified.\n1 uploaded")
    assert set(site.objects) == set(FILES)
    assert site.objects["base.css"] == "html { color: tan }"


def test_always_lists_nothing(site: Site, collect: Collect, sent: Sent) -> None:
    site.use("philo_aws.storage.S3StaticStorage", compare="always")
    collect()
    sent()
    assert collect().out.startswith("\n4 static files copied.\n4 uploaded")
    assert sent() == {"PUT": 4}


def test_a_dry_run_lists_and_counts(site: Site, collect: Collect, sent: Sent) -> None:
    collect()
    site.write({"new.js": "1", "base.css": "another"})
    sent()
    answer = collect("--dry-run")
    assert "Pretending to copy" in answer.out
    assert answer.out.endswith("\n2 static files copied, 3 unmodified.\n")
    assert sent() == {"GET": 1}
    assert collect("--dry-run", "--clear").code == 0
    assert set(site.objects) == set(FILES)


def test_clear_deletes_what_is_not_saved_again_after_the_uploads(
    site: Site, collect: Collect, sent: Sent
) -> None:
    collect()
    site.put("old/stale.css", "stale")
    site._client.put_object(Bucket=site.bucket, Key="elsewhere.css", Body=b"mine")
    site._client.put_object(Bucket=site.bucket, Key="static-old/a.css", Body=b"mine")
    site.write({"new.js": "1"})
    sent()
    answer = collect("--clear", "-v2")
    assert "Deleting 'old/stale.css'" in answer.out
    assert set(site.objects) == {*FILES, "new.js", "elsewhere.css", "static-old/a.css"}
    assert "1 uploaded, 1 deleted, 4 skipped (unchanged)" in answer.out
    assert site.objects["app.css"] == CSS


def test_nothing_is_deleted_where_an_upload_failed(
    site: Site,
    collect: Collect,
    sent: Sent,
    fault_proxy: FaultProxy,  # noqa: F811
) -> None:
    site.put("old/stale.css", "stale")
    fault = {"do": "status", "status": 403, "code": "AccessDenied", "method": "PUT"}
    fault_proxy.set({**fault, "path": "base.css"})
    answer = collect("--clear")
    assert answer.code == 1
    assert "CommandError: 1 of 4 files were not stored or deleted.\n" in answer.err
    assert re.search(r"\n  static/base\.css: .*denied", answer.err), answer.err
    assert set(site.objects) == {*FILES, "old/stale.css"} - {"base.css"}


def test_link_and_patterns_and_the_prompt_are_djangos(
    site: Site, collect: Collect, run: Callable[..., Result]
) -> None:
    assert "CommandError: Can't symlink to a remote destination." in collect("--link").err
    assert collect("-i", "*.css", "-i", "img").out.startswith("\n1 static file copied.")
    assert set(site.objects) == {"js/app.js"}
    answer = run("collectstatic", stdin="no\n")
    assert answer.code == 1
    assert "Collecting static files cancelled." in answer.err


def test_no_bucket_is_one_sentence(site: Site, collect: Collect) -> None:
    site.bucket = "no-such-bucket-at-all"
    site.use("philo_aws.storage.S3StaticStorage")
    answer = collect()
    assert answer.code == 1
    assert answer.err.startswith("CommandError: ")
    assert "no-such-bucket-at-all" in answer.err


# ---------------------------------------------------------------------------------- manifest


def hashed(names: dict[str, str]) -> dict[str, str]:
    """Names without their hash, by the hashed names among `names`."""
    found = {name: re.sub(r"\.[0-9a-f]{12}(?=\.)", "", name) for name in names}
    return {name: plain for name, plain in found.items() if name != plain}


def test_the_manifest_storage_sends_all_in_one_run(
    site: Site, collect: Collect, sent: Sent
) -> None:
    site.use("philo_aws.storage.S3ManifestStaticStorage")
    answer = collect()
    assert answer.out.startswith("\n4 static files copied, 4 post-processed.\n9 uploaded, 0 failed")
    assert sent() == {"GET": 1, "PUT": 9}
    found = site.objects
    assert set(hashed(found).values()) == set(FILES)
    paths = json.loads(found["staticfiles.json"])["paths"]
    assert set(paths) == set(FILES)
    assert set(paths.values()) == set(hashed(found))
    assert paths["img/a.png"] in found[paths["app.css"]]
    assert site.head(paths["app.css"])["CacheControl"] == "public, max-age=31536000, immutable"
    assert "CacheControl" not in site.head("app.css")
    answer = collect()
    assert answer.out.startswith("\n0 static files copied, 4 unmodified, 3 post-processed.\n")
    assert sent() == {"GET": 1}


def test_no_reference_that_is_missing_uploads_anything(
    site: Site, collect: Collect, sent: Sent
) -> None:
    site.use("philo_aws.storage.S3ManifestStaticStorage")
    site.write({"broken.css": "a { background: url(none.png) }"})
    answer = collect()
    assert answer.code == 1
    assert "none.png" in answer.err
    assert site.objects == {}
    # Nothing is left of it: what is saved now is there at once.
    staticfiles_storage.save("bare.txt", ContentFile(b"bare"))
    assert site.objects == {"bare.txt": "bare"}


def test_a_failed_upload_keeps_the_manifest(
    site: Site,
    collect: Collect,
    sent: Sent,
    fault_proxy: FaultProxy,  # noqa: F811
) -> None:
    site.use("philo_aws.storage.S3ManifestStaticStorage")
    collect()
    before = site.objects["staticfiles.json"]
    site.write({"base.css": "html { color: tan }", "img/a.png": "PNG2"})
    fault = {"do": "status", "status": 403, "code": "AccessDenied", "method": "PUT"}
    fault_proxy.set({**fault, "path": r"img/a\.[0-9a-f]{12}\.png"})
    answer = collect()
    assert answer.code == 1
    assert "The manifest is the one before." in answer.err
    found = site.objects
    assert found["staticfiles.json"] == before
    assert found["base.css"] == FILES["base.css"]  # it waits for all hashed names
    fault_proxy.set()
    assert collect().code == 0
    assert site.objects["staticfiles.json"] != before


def test_a_failed_deletion_keeps_the_manifest(
    site: Site,
    collect: Collect,
    sent: Sent,
    fault_proxy: FaultProxy,  # noqa: F811
) -> None:
    site.use("philo_aws.storage.S3ManifestStaticStorage")
    collect()
    before = site.objects["staticfiles.json"]
    site.put("stale.css", "stale")
    site.write({"base.css": "html { color: tan }"})
    fault_proxy.set({"do": "status", "status": 403, "code": "AccessDenied", "method": "POST"})
    answer = collect("--clear")
    assert answer.code == 1
    assert "AccessDenied" in answer.err or "denied" in answer.err
    assert site.objects["base.css"] == "html { color: tan }"
    assert site.objects["staticfiles.json"] == before


def test_the_manifest_as_a_local_file(
    site: Site,
    collect: Collect,
    tmp_path: Path,
    sent: Sent,
    fault_proxy: FaultProxy,  # noqa: F811
) -> None:
    path = tmp_path / "image" / "static.json"
    site.use("philo_aws.storage.S3ManifestStaticStorage", manifest=str(path))
    fault = {"do": "status", "status": 403, "code": "AccessDenied", "method": "PUT"}
    fault_proxy.set({**fault, "path": "base"})
    assert collect().code == 1
    assert not path.exists()
    fault_proxy.set()
    assert collect().code == 0
    assert "static.json" not in site.objects
    assert set(json.loads(path.read_text())["paths"]) == set(FILES)
    assert [one.name for one in path.parent.iterdir()] == ["static.json"]


def test_only_hashed_uploads_no_plain_names(site: Site, collect: Collect, sent: Sent) -> None:
    site.use("philo_aws.storage.S3ManifestStaticStorage", only_hashed=True)
    site.put("base.css", "old and plain")
    answer = collect()
    assert answer.out.startswith("\n4 static files copied, 4 post-processed.\n5 uploaded")
    names = set(site.objects)
    assert set(hashed(site.objects).values()) == set(FILES)
    assert names == {*hashed(site.objects), "staticfiles.json", "base.css"}
    collect("--clear")
    assert "base.css" not in site.objects
    assert set(hashed(site.objects).values()) == set(FILES)
    sent()
    assert collect().code == 0
    assert sent() == {"GET": 1}


def test_without_post_processing(site: Site, collect: Collect, sent: Sent) -> None:
    site.use("philo_aws.storage.S3ManifestStaticStorage")
    assert collect("--no-post-process").out.startswith("\n4 static files copied.\n4 uploaded")
    assert site.objects == FILES
    assert sent() == {"GET": 1, "PUT": 4}


class Mine(ManifestFilesMixin, S3StaticStorage):  # type: ignore[misc]
    """As Django's documentation says that a site makes its own."""


class Extra(S3ManifestStaticStorage):
    """Saves something of its own for each file, and takes one away."""

    def post_process(self, paths: Any, dry_run: bool = False, **options: Any) -> Any:
        yield from super().post_process(paths, dry_run=dry_run, **options)
        if not dry_run:
            with self.open("base.css") as file:
                self.save("made.txt", ContentFile(file.read().upper()))
            self.delete("js/app.js")
            assert not self.exists("js/app.js")


@pytest.mark.parametrize("name", ["Mine", "Extra"])
def test_subclasses(site: Site, collect: Collect, sent: Sent, name: str) -> None:
    site.use(f"{__name__}.{name}")
    answer = collect()
    assert answer.code == 0, answer.err
    found = site.objects
    paths = json.loads(found["staticfiles.json"])["paths"]
    assert set(paths) == set(FILES)
    assert set(paths.values()) == set(hashed(found))
    assert sent() == {"GET": 1, "PUT": len(found)}
    if name == "Extra":
        assert found["made.txt"] == FILES["base.css"].upper()
        assert "js/app.js" not in found
        assert not staticfiles_storage.exists("js/app.js")
    assert staticfiles_storage.url("app.css").endswith(paths["app.css"])


# --------------------------------------------------------------------------------- interrupts


@pytest.fixture
def process_environment(site: Site, tmp_path: Path) -> dict[str, str]:
    """What a `manage.py` of its own needs for the site with the manifest storage."""
    module = f"""
from tests.settings import *
STATIC_URL = {STATIC_URL!r}
STATICFILES_DIRS = [{str(site.folder)!r}]
STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
STORAGES = {{
    "default": {{"BACKEND": "django.core.files.storage.InMemoryStorage"}},
    "staticfiles": {{
        "BACKEND": "philo_aws.storage.S3ManifestStaticStorage",
        "OPTIONS": {{"bucket": {site.bucket!r}}},
    }},
}}
"""
    (tmp_path / "site_settings.py").write_text(module)
    return {
        "DJANGO_SETTINGS_MODULE": "site_settings",
        "PYTHONPATH": os.pathsep.join([str(ROOT), str(tmp_path)]),
    }


@pytest.mark.parametrize(
    "number, path",
    [
        (signal.SIGINT, HASHED_BASE),
        (signal.SIGTERM, r"base\.css"),
        (signal.SIGINT, "staticfiles"),
    ],
)
def test_an_interrupt_ends_it_soon_and_the_next_run_goes_on(
    site: Site,
    collect: Collect,
    sent: Sent,
    fault_proxy: FaultProxy,  # noqa: F811
    start_process: Callable[..., subprocess.Popen[str]],
    process_environment: dict[str, str],
    number: signal.Signals,
    path: str,
) -> None:
    fault_proxy.set({"do": "stall", "pause": 120, "method": "PUT", "path": path})
    process = start_process("collectstatic", "--no-input", env=process_environment)
    fault_proxy.wait_for(lambda report: sum(report["done"]))
    at = time.monotonic()
    process.send_signal(number)
    _, err = process.communicate(timeout=30)
    assert time.monotonic() - at < GRACE + 5
    assert process.returncode == 130
    assert err.startswith("CommandError: Interrupted: ")
    # The one that was held, and those that were not begun by then.
    assert re.search(r" 0 failed, [1-9] unfinished", err)
    found = site.objects
    assert "staticfiles.json" not in found
    assert ("app.css" in found) == (path != HASHED_BASE)
    fault_proxy.set()
    site.use("philo_aws.storage.S3ManifestStaticStorage")
    sent()
    assert collect().code == 0
    assert sent()["PUT"] == 9 - len(found)
    assert set(json.loads(site.objects["staticfiles.json"])["paths"]) == set(FILES)


# ---------------------------------------------------------------------- what else there may be


def test_a_terminal_shows_a_bar(site: Site, run: Callable[..., Result]) -> None:
    answer = run("collectstatic", "--no-input", tty=True)
    assert answer.code == 0
    assert "B/s" in answer.err
    assert run("collectstatic", "--no-input", "-v0", tty=True) == (0, "", "")


def test_djangos_own_storages_have_djangos_own_command(
    site: Site, run: Callable[..., Result], tmp_path: Path, settings: Settings
) -> None:
    root = tmp_path / "root"
    settings.STATIC_ROOT = root
    site.use("django.contrib.staticfiles.storage.ManifestStaticFilesStorage")
    answer = run("collectstatic", "--no-input")
    assert answer.out == f"\n4 static files copied to '{root}', 4 post-processed.\n"
    (root / "stale.css").write_text("stale")
    answer = run("collectstatic", "--no-input", "--clear", "-v2")
    assert "Deleting 'stale.css'" in answer.out
    assert not (root / "stale.css").exists()
    answer = run("collectstatic", "--no-input", "--link", "--no-post-process")
    assert answer.out.startswith(f"\n4 static files symlinked to '{root}'.")
    assert (root / "app.css").is_symlink()


def test_without_the_application_it_says_so(run: Callable[..., Result], settings: Settings) -> None:
    settings.INSTALLED_APPS = [
        name for name in settings.INSTALLED_APPS if not name.endswith("staticfiles")
    ]
    # Its checks are registered in this process.
    answer = run("collectstatic", "--no-input", "--skip-checks")
    assert answer.code == 1
    assert answer.err.startswith("CommandError: 'django.contrib.staticfiles' is not in INSTALLED")


def test_an_option_that_cannot_be_is_one_sentence(site: Site) -> None:
    site.use("philo_aws.storage.S3StaticStorage", extra_args={"Nonsense": "1"})
    with pytest.raises(CommandError, match="'Nonsense' is no parameter of boto") as caught:
        call_command("collectstatic", interactive=False)  # without the checks before it
    assert caught.value.returncode == 2


def test_a_thread_of_the_site_saves_at_once(
    site: Site, collect: Collect, settings: Settings
) -> None:
    """Something else saves into the same storage while files are collected."""
    settings.STATICFILES_FINDERS = [f"{__name__}.BusyFinder"]
    answer = collect()
    assert answer.out.startswith("\n4 static files copied.\n4 uploaded")
    assert BusyFinder.seen == ["direct.txt"]
    assert site.objects == {**FILES, "direct.txt": "direct"}


class BusyFinder(FileSystemFinder):
    seen: list[str] = []

    def list(self, ignore_patterns: Any) -> Any:
        names = list(super().list(ignore_patterns))
        yield from names[:2]
        saving = threading.Thread(target=self.save)
        saving.start()
        saving.join()
        storage = storages["staticfiles"]
        assert isinstance(storage, S3StaticStorage)
        with aside(storage):
            type(self).seen = storage.listdir("")[1]
        yield from names[2:]

    def save(self) -> None:
        staticfiles_storage.save("direct.txt", ContentFile(b"direct"))
