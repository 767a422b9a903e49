"""The example project's settings, read by a Python of their own as a start of the site does."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import environ
import pytest

from philo_aws.environ import aws
from tests.running import ROOT

READ = """
import json
from django.conf import settings
names = ("DEBUG", "SECRET_KEY", "ALLOWED_HOSTS", "AWS")
names += ("SESSION_COOKIE_SECURE", "SECURE_SSL_REDIRECT", "STORAGES", "STATIC_URL")
print(json.dumps({name: getattr(settings, name) for name in names}, default=str))
"""


def read(*, check: bool = True, **env: str) -> subprocess.CompletedProcess[str]:
    variables = {"DJANGO_SETTINGS_MODULE": "example_project.settings", "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        [sys.executable, "-c", READ],
        env=os.environ | variables | env,
        capture_output=True,
        text=True,
        check=check,
    )


def test_a_secret_key_is_made_in_development() -> None:
    found = [json.loads(read(DJANGO_DEBUG="true").stdout) for _ in range(2)]
    assert len(found[0]["SECRET_KEY"]) >= 50
    assert found[0]["SECRET_KEY"] != found[1]["SECRET_KEY"]
    assert found[0]["ALLOWED_HOSTS"] == ["127.0.0.1", "localhost"]


def test_a_secret_key_is_a_must_elsewhere() -> None:
    result = read(check=False, DJANGO_DEBUG="false")
    assert result.returncode != 0
    assert "DJANGO_SECRET_KEY" in result.stderr


def test_elsewhere_cookies_and_pages_go_by_https_only() -> None:
    found = json.loads(read(DJANGO_DEBUG="false", DJANGO_SECRET_KEY="k" * 50).stdout)
    assert found["SECRET_KEY"] == "k" * 50
    assert not found["DEBUG"]
    assert found["SESSION_COOKIE_SECURE"]
    assert found["SECURE_SSL_REDIRECT"]


def test_aws_comes_from_the_environment() -> None:
    found = json.loads(read(AWS_REGION="eu-west-1", AWS_ENDPOINT_URL="http://127.0.0.1:1").stdout)
    found["AWS"].pop("access")
    assert found["AWS"] == {"region": "eu-west-1", "endpoint_url": "http://127.0.0.1:1"}


def test_files_are_on_this_machine_without_a_bucket() -> None:
    found = json.loads(read().stdout)
    backends = {alias: entry["BACKEND"] for alias, entry in found["STORAGES"].items()}
    assert backends == {
        "default": "django.core.files.storage.FileSystemStorage",
        "staticfiles": "django.contrib.staticfiles.storage.StaticFilesStorage",
    }
    assert found["STATIC_URL"] == "/static/"


def test_files_are_in_the_buckets_that_are_named() -> None:
    result = read(EXAMPLE_BUCKET="uploads")
    found = json.loads(result.stdout)["STORAGES"]
    assert found["default"]["BACKEND"] == "philo_aws.storage.S3Storage"
    assert found["default"]["OPTIONS"]["bucket"] == "uploads"
    # That bucket is private: static files are never in it.
    assert found["staticfiles"]["BACKEND"].startswith("django.")
    result = read(EXAMPLE_STATIC_BUCKET="assets", EXAMPLE_DATA_DIR="/srv/data")
    found = json.loads(result.stdout)["STORAGES"]
    assert found["default"]["BACKEND"].startswith("django.")
    assert found["staticfiles"]["BACKEND"] == "philo_aws.storage.S3ManifestStaticStorage"
    assert found["staticfiles"]["OPTIONS"] == {
        "bucket": "assets",
        "manifest": "/srv/data/staticfiles.json",
    }


@pytest.mark.parametrize("buckets", [{}, {"EXAMPLE_BUCKET": "a-1", "EXAMPLE_STATIC_BUCKET": "b-1"}])
def test_the_checks_pass_and_no_migration_is_missing(
    buckets: dict[str, str], tmp_path: Path
) -> None:
    variables = {"DJANGO_SETTINGS_MODULE": "example_project.settings", "DJANGO_DEBUG": "true"}
    env = os.environ | variables | buckets | {"EXAMPLE_DATA_DIR": str(tmp_path)}
    for words in (["check", "--fail-level", "INFO"], ["makemigrations", "--check", "--dry-run"]):
        done = subprocess.run(
            [sys.executable, ROOT / "manage.py", *words],
            env=env,
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, done.stderr) == (0, ""), done


@pytest.mark.parametrize("module", ["wsgi", "asgi"])
def test_servers_find_an_application(module: str) -> None:
    program = f"from example_project.{module} import application; print(callable(application))"
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={name: value for name, value in os.environ.items() if not name.startswith("DJANGO_")}
        | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "True\n"


class TestEnvExample:
    text = (ROOT / ".env.example").read_text()

    def test_every_variable_is_one_that_is_read(self) -> None:
        asked: set[str] = set()

        class Recording(dict[str, str]):
            def __getitem__(self, name: str) -> str:
                asked.add(name)
                return ""

        env = environ.Env()
        env.ENVIRON = Recording()
        aws(env)
        # Asked for only where there is a key pair.
        asked.add("AWS_SESSION_TOKEN")
        settings = (ROOT / "example_project" / "settings.py").read_text()
        asked |= set(re.findall(r'env\.\w+\(\s*"(\w+)"', settings))
        named = set(re.findall(r"^(?:# )?([A-Z_]+)=", self.text, re.MULTILINE))
        assert named <= asked
        assert {"DJANGO_SECRET_KEY", "AWS_ACCESS_KEY_ID", "EXAMPLE_BUCKET"} <= named

    def test_as_it_stands_it_is_a_working_env_file(self) -> None:
        apart: Any = type("Apart", (environ.Env,), {"ENVIRON": {}})
        apart.read_env(ROOT / ".env.example")
        assert apart.ENVIRON == {"DJANGO_DEBUG": "true"}
