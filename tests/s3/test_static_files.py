"""The recipe of docs/static-files.md, with a real `collectstatic`."""

from __future__ import annotations

import gzip
import json
import re
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from tests.running import ROOT, Result
from tests.servers import LocalAWS

HASHED = "*." + "[0-9a-f]" * 12 + ".*"
YEAR = "max-age=31536000, public, immutable"


@pytest.fixture
def collect(
    settings: Settings, tmp_path: Path, run: Callable[..., Result]
) -> Callable[[str], Path]:
    """Run `collectstatic` on a site whose style sheet has this text; return the folder."""
    source, root = tmp_path / "source", tmp_path / "collected"
    source.mkdir()
    settings.INSTALLED_APPS = [
        "django.contrib.staticfiles",
        "django.contrib.admin",
        *(
            app
            for app in settings.INSTALLED_APPS
            if "staticfiles" not in app and app != "django.contrib.admin"
        ),
    ]
    settings.STATIC_URL = "/static/"
    settings.STATIC_ROOT = str(root)
    settings.STATICFILES_DIRS = [str(source)]
    settings.STORAGES = {
        "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"},
    }

    def collected(text: str) -> Path:
        (source / "site.css").write_text(text)
        result = run("collectstatic", "--noinput", "--clear")
        assert result.code == 0, result.err
        for path in sorted(root.rglob("*.css")):
            # What a build step or whitenoise's compressor leaves beside the files.
            path.with_name(path.name + ".gz").write_bytes(gzip.compress(path.read_bytes(), mtime=0))
            path.with_name(path.name + ".br").write_bytes(b"brotli of " + path.read_bytes())
        return root

    return collected


@pytest.fixture
def deploy(bucket: str, run: Callable[..., Result]) -> Callable[[Path], list[Result]]:
    """The commands of the recipe, as the page has them."""

    def deployed(root: Path) -> list[Result]:
        sync = ("aws_s3", "sync", "--bucket", bucket, "--root_folder", root, "--prefix", "static")
        cached = ("--cache_control", "max-age=60", "--headers", f"{HASHED}:Cache-Control={YEAR}")
        manifest = ("--include", "/staticfiles.json", "--cache_control", "no-cache")
        return [
            run(*sync, "--exclude", "/staticfiles.json", *cached, "--format", "jsonl"),
            run(*sync, *manifest, "--format", "jsonl"),
        ]

    return deployed


def uploaded(result: Result) -> list[str]:
    lines = [json.loads(line) for line in result.out.splitlines()]
    return [line["key"] for line in lines if line.get("status") == "done"]


def manifest(root: Path) -> dict[str, str]:
    return dict(json.loads((root / "staticfiles.json").read_text())["paths"])


def test_the_recipe(
    aws: LocalAWS,
    bucket: str,
    collect: Callable[[str], Path],
    deploy: Callable[[Path], list[Result]],
) -> None:
    root = collect("body { color: red }")
    files, last = deploy(root)
    assert (files.code, last.code) == (0, 0)
    assert uploaded(last) == ["static/staticfiles.json"]
    client: Any = aws.client("s3")
    hashed = manifest(root)["site.css"]
    assert re.fullmatch(r"site\.[0-9a-f]{12}\.css", hashed)

    def head(name: str) -> dict[str, Any]:
        return dict(client.head_object(Bucket=bucket, Key=f"static/{name}"))

    assert head(hashed)["CacheControl"] == YEAR
    assert head("site.css")["CacheControl"] == "max-age=60"
    assert head("staticfiles.json")["CacheControl"] == "no-cache"
    assert head("staticfiles.json")["ContentType"] == "application/json"
    for ending, encoding in ((".gz", "gzip"), (".br", "br")):
        variant = head(hashed + ending)
        assert variant["ContentEncoding"] == encoding
        assert variant["ContentType"] == "text/css; charset=utf-8"
        assert variant["CacheControl"] == YEAR
    # A rebuilt but unchanged site uploads nothing.
    again = deploy(collect("body { color: red }"))
    assert [uploaded(result) for result in again] == [[], []]
    assert [result.code for result in again] == [0, 0]
    # The next release leaves the files of the last one where they are.
    deploy(collect("body { color: blue }"))
    assert head(hashed)["CacheControl"] == YEAR
    assert head(manifest(root)["site.css"])["CacheControl"] == YEAR


@pytest.mark.aws_servers("ministack")
def test_nothing_live_is_ever_missing_in_between(
    aws: LocalAWS,
    bucket: str,
    collect: Callable[[str], Path],
    deploy: Callable[[Path], list[Result]],
) -> None:
    deploy(collect("body { color: red }"))
    root = collect("body { color: blue }")
    client: Any = aws.client("s3")
    missing: list[str] = []
    looks = 0
    over = threading.Event()

    def visit() -> None:
        """What a page does, over and over: read the manifest, ask for what it names."""
        nonlocal looks
        while not over.is_set():
            body = client.get_object(Bucket=bucket, Key="static/staticfiles.json")["Body"].read()
            name = json.loads(body)["paths"]["site.css"]
            for ending in ("", ".gz", ".br"):
                try:
                    client.head_object(Bucket=bucket, Key=f"static/{name}{ending}")
                except client.exceptions.ClientError:
                    missing.append(name + ending)
            looks += 1

    visitor = threading.Thread(target=visit)
    visitor.start()
    try:
        deploy(root)
    finally:
        over.set()
        visitor.join()
    assert looks
    assert missing == []


def test_the_page_shows_these_commands() -> None:
    page = (ROOT / "docs" / "static-files.md").read_text()
    for words in (
        "HASHED=\"*.$(printf '[0-9a-f]%.0s' $(seq 12)).*\"",
        "--exclude /staticfiles.json",
        "--include /staticfiles.json",
        "--cache_control max-age=60",
        "--cache_control no-cache",
        f'--headers "$HASHED:Cache-Control={YEAR}"',
    ):
        assert words in page
