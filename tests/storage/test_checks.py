"""What `manage.py check` finds in `STORAGES`."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core import checks
from django.core.exceptions import ImproperlyConfigured
from django.core.management import get_commands
from django.urls import reverse_lazy
from pytest_django import Settings

from philo_aws.s3.request.extra_args import parameters_of
from philo_aws.storage import S3ManifestStaticStorage, S3StaticStorage, S3Storage
from tests.running import ROOT, Result

MEDIA, STATIC = "philo_aws.storage.S3Storage", "philo_aws.storage.S3StaticStorage"
MANIFEST = "philo_aws.storage.S3ManifestStaticStorage"
DJANGO = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
HERE = "tests.storage.test_checks"


def forget_commands() -> None:
    """Django looks for commands once; the tests change where it finds them."""
    cached: Any = get_commands
    cached.cache_clear()


@pytest.fixture(autouse=True)
def fresh_commands() -> Iterator[None]:
    forget_commands()
    yield
    forget_commands()


def entry(backend: str, **options: Any) -> dict[str, Any]:
    return {"BACKEND": backend, "OPTIONS": options}


def found(tag: str = "files") -> list[checks.CheckMessage]:
    return [
        message
        for message in checks.run_checks(tags=[tag])
        if str(message.id).startswith("philo_aws.")
    ]


def ids(tag: str = "files") -> list[str]:
    return [str(message.id).removeprefix("philo_aws.") for message in found(tag)]


def one() -> checks.CheckMessage:
    (message,) = found()
    assert message.hint
    return message


@pytest.mark.parametrize("debug", [True, False])
def test_what_the_documentation_begins_with_passes(settings: Settings, debug: bool) -> None:
    settings.DEBUG = debug
    settings.STORAGES = {
        "default": entry(MEDIA, bucket="media", location="uploads"),
        "staticfiles": entry(MANIFEST, bucket="static", manifest="/srv/staticfiles.json"),
    }
    assert found() == []


class TestOptions:
    def test_a_name_of_django_storages_is_answered_with_ours(self, settings: Settings) -> None:
        settings.STORAGES = DJANGO | {"media": entry(MEDIA, bucket="media", querystring_auth=True)}
        (message,) = found()
        assert isinstance(message, checks.Error)
        assert message.id == "philo_aws.E020"
        assert 'STORAGES["media"]' in message.msg
        assert "'querystring_auth'" in message.msg
        assert "is 'signed' here" in message.msg

    def test_a_key_of_cloudfront_is_there_to_sign(self, settings: Settings) -> None:
        settings.DEBUG = True
        settings.STORAGES = DJANGO | {
            "staticfiles": entry(
                STATIC,
                bucket="static",
                base_url="https://cdn.example.com/",
                cloudfront_key_id="K1",
                cloudfront_key="/run/key.pem",
            )
        }
        assert found() == []

    def test_every_fault_is_told_at_once(self, settings: Settings) -> None:
        settings.STORAGES = {
            "default": entry(MEDIA, bukcet="media", expires_in=0),
            "staticfiles": entry(STATIC, bucket="static", only_hashed=True),
        }
        assert ids() == ["E020"] * 4
        text = " ".join(f"{message.msg} {message.hint}" for message in found())
        for part in ("'bucket' is missing", "'bukcet'", "'bucket'?", "expires_in", "only_hashed"):
            assert part in text

    def test_parameters_that_boto_has_not_are_named(self, settings: Settings) -> None:
        settings.STORAGES = DJANGO | {
            "media": entry(MEDIA, bucket="media", extra_args={"StorageClas": "GLACIER"})
        }
        (message,) = found()
        assert message.id == "philo_aws.E020"
        assert "'StorageClas' is no parameter" in message.msg
        assert "'StorageClass'?" in message.msg

    def test_those_of_a_class_count_too(self, settings: Settings) -> None:
        settings.STORAGES = DJANGO | {"media": entry(f"{HERE}.Reports")}
        assert found() == []
        settings.STORAGES = DJANGO | {"media": entry(f"{HERE}.Reports", bucket="B")}
        assert ids() == ["E020"]

    def test_a_constructor_of_its_own_is_asked(self, settings: Settings) -> None:
        settings.STORAGES = DJANGO | {"media": entry(f"{HERE}.OfTenant", tenant="acme")}
        assert found() == []
        settings.STORAGES = DJANGO | {"media": entry(f"{HERE}.OfTenant", tenant="ACME/")}
        (message,) = found()
        assert message.id == "philo_aws.E020"
        settings.STORAGES = DJANGO | {"media": entry(f"{HERE}.OfTenant", bucket="media")}
        assert ids() == ["E020"]

    def test_a_faulty_setting_of_aws_has_its_own_check(self, settings: Settings) -> None:
        parameters_of.cache_clear()  # as in a process that has just started
        settings.AWS = {"regoin": "eu-west-1"}
        settings.STORAGES = DJANGO | {
            "media": entry(MEDIA, bucket="media", extra_args={"ACL": "private"})
        }
        assert found() == []


class Reports(S3Storage):
    defaults = {"bucket": "reports"}


class OfTenant(S3Storage):
    def __init__(self, *, tenant: str) -> None:
        if tenant.endswith("/"):
            raise ImproperlyConfigured("A tenant has no slash.")
        super().__init__(bucket=f"media-of-{tenant}")


class NotOurs:
    def __init__(self, bucket_name: str) -> None:
        pass


class TestNotOurs:
    @pytest.mark.parametrize(
        "value",
        [
            None,
            [],
            "S3",
            {"default": None},
            {"default": {}},
            {"default": {"BACKEND": None}},
            {"default": {"BACKEND": "no.such.Module", "OPTIONS": {"bucket_name": "b"}}},
            {"default": {"BACKEND": "philo_aws.storage.NoSuchStorage"}},
            {"default": {"BACKEND": "philo_aws.storage.options.Options"}},
            {"default": {"BACKEND": f"{HERE}.NotOurs", "OPTIONS": {"bucket_name": "b"}}},
            {"default": {"BACKEND": f"{HERE}.entry"}},
            {"default": {"BACKEND": MEDIA, "OPTIONS": "bucket"}},
        ],
    )
    def test_is_left_to_django(
        self, settings: Settings, monkeypatch: pytest.MonkeyPatch, value: Any
    ) -> None:
        # Django itself raises for some of them as soon as it hears of them: not told here.
        monkeypatch.setattr(settings._wrapped, "STORAGES", value)
        from philo_aws.storage.checks import check_storages

        assert check_storages(None) == []

    def test_a_site_without_ours_imports_none_of_it(self) -> None:
        script = """
import sys, django
from django.conf import settings
settings.configure(INSTALLED_APPS=["philo_aws"])
django.setup()
from django.core import checks
assert checks.run_checks(tags=["files"]) == []
heavy = {"philo_aws.storage.media", "philo_aws.storage.options", "boto3", "botocore"}
print(sorted(heavy & sys.modules.keys()))
"""
        done = subprocess.run(
            [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
        )
        assert done.stdout == "[]\n"

    def test_nor_is_boto_loaded_for_ours_without_parameters_of_boto(self) -> None:
        script = f"""
import sys, django
from django.conf import settings
settings.configure(
    INSTALLED_APPS=["philo_aws", "django.contrib.staticfiles"],
    STATIC_URL="/static/",
    STORAGES={{
        "default": {entry(MEDIA, bucket="media")!r},
        "staticfiles": {entry(MANIFEST, bucket="static")!r},
    }},
)
django.setup()
from django.core import checks
assert checks.run_checks(tags=["files"]) == []
print(sorted({{"boto3", "botocore", "awscrt"}} & sys.modules.keys()))
"""
        done = subprocess.run(
            [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
        )
        assert done.stdout == "[]\n"


class TestManifestAndSignatures:
    @pytest.fixture(autouse=True)
    def development(self, settings: Settings) -> None:
        settings.DEBUG = True

    @pytest.mark.parametrize(
        "options",
        [
            {"signed": True},
            {
                "base_url": "https://cdn.example.com/",
                "cloudfront_key_id": "K1",
                "cloudfront_key": "/run/key.pem",
            },
        ],
    )
    def test_do_not_go_together(self, settings: Settings, options: dict[str, Any]) -> None:
        settings.STORAGES = DJANGO | {"staticfiles": entry(MANIFEST, bucket="static", **options)}
        assert ids() == ["E021"]

    def test_media_may_be_signed(self, settings: Settings) -> None:
        settings.STORAGES = DJANGO | {"default": entry(MEDIA, bucket="media", signed=True)}
        assert found() == []


class TestStyleSheets:
    """`url(/static/…)` in a style sheet leads to the host that the style sheet came from."""

    @pytest.fixture(autouse=True)
    def live(self, settings: Settings) -> None:
        settings.DEBUG = False

    def test_a_location_that_is_not_the_path_of_the_site(self, settings: Settings) -> None:
        settings.STORAGES = DJANGO | {
            "staticfiles": entry(MANIFEST, bucket="static", location="assets")
        }
        message = one()
        assert message.id == "philo_aws.W022"
        assert isinstance(message, checks.Warning)
        assert "url(/static/…)" in message.msg
        assert "/assets/" in message.msg

    def test_a_store_that_has_the_bucket_in_its_path(self, settings: Settings) -> None:
        settings.STORAGES = DJANGO | {"staticfiles": entry(MANIFEST, bucket="some-bucket")}
        assert found() == []
        settings.AWS = {"endpoint_url": "http://127.0.0.1:9"}
        assert "/some-bucket/static/" in one().msg

    def test_an_endpoint_of_the_environment(
        self, settings: Settings, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        settings.STORAGES = DJANGO | {"staticfiles": entry(STATIC, bucket="some-bucket")}
        with monkeypatch.context() as patch:
            patch.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:9")
            assert ids() == ["W022"]

    def test_a_cdn_in_front_of_it(self, settings: Settings) -> None:
        def given(base_url: Any) -> dict[str, Any]:
            return DJANGO | {"staticfiles": entry(MANIFEST, bucket="static", base_url=base_url)}

        settings.STORAGES = given("https://cdn.example.com")
        assert ids() == ["W022"]
        settings.STORAGES = given("https://cdn.example.com/static")
        assert found() == []
        settings.STORAGES = given(reverse_lazy("no-such-page"))
        assert found() == []

    def test_a_static_url_with_a_host_is_where_the_files_are(self, settings: Settings) -> None:
        settings.STATIC_URL = "https://cdn.example.com/"
        settings.STORAGES = DJANGO | {
            "staticfiles": entry(MANIFEST, bucket="static", location="assets")
        }
        assert found() == []

    def test_nobody_minds_in_development(self, settings: Settings) -> None:
        settings.DEBUG = True
        settings.STORAGES = DJANGO | {
            "staticfiles": entry(MANIFEST, bucket="static", location="assets")
        }
        assert found() == []


class TestPlaces:
    def test_two_storages_at_one_place(self, settings: Settings) -> None:
        settings.STORAGES = DJANGO | {
            "default": entry(MEDIA, bucket="media", location="a"),
            "other": entry(MEDIA, bucket="media", location="/a/", signed=False),
            "beside": entry(MEDIA, bucket="media", location="ab"),
            "elsewhere": entry(MEDIA, bucket="other", location="a"),
        }
        message = one()
        assert message.id == "philo_aws.W023"
        assert 'STORAGES["default"] and STORAGES["other"]' in message.msg
        assert "media/a/" in message.msg

    def test_uploads_inside_of_static_files(self, settings: Settings) -> None:
        settings.STORAGES = {
            "default": entry(MEDIA, bucket="site", location="static/uploads"),
            "staticfiles": entry(STATIC, bucket="site"),
        }
        message = one()
        assert message.id == "philo_aws.W023"
        assert "--clear" in str(message.hint)

    def test_static_files_inside_of_uploads_are_safe(self, settings: Settings) -> None:
        settings.STORAGES = {
            "default": entry(MEDIA, bucket="site"),
            "staticfiles": entry(STATIC, bucket="site"),
        }
        assert found() == []

    def test_static_files_that_have_a_whole_bucket(self, settings: Settings) -> None:
        settings.DEBUG = True
        settings.STORAGES = DJANGO | {"staticfiles": entry(STATIC, bucket="site", location="")}
        message = one()
        assert message.id == "philo_aws.W024"
        assert "'site'" in message.msg
        assert "--clear" in str(message.hint)


class TestCommand:
    def place(self, settings: Settings, *apps: str) -> None:
        others = [
            app
            for app in settings.INSTALLED_APPS
            if app not in ("philo_aws", "django.contrib.staticfiles")
        ]
        settings.INSTALLED_APPS = [*others, *apps]
        forget_commands()

    def test_of_django_is_found_first(self, settings: Settings) -> None:
        settings.STORAGES = DJANGO | {"staticfiles": entry(MANIFEST, bucket="static")}
        self.place(settings, "django.contrib.staticfiles", "philo_aws")
        message = one()
        assert message.id == "philo_aws.W025"
        assert '"philo_aws" above "django.contrib.staticfiles"' in str(message.hint)
        # Whoever types collectstatic is told too.
        assert ids("staticfiles") == ["W025"]
        self.place(settings, "philo_aws", "django.contrib.staticfiles")
        assert found() == []

    def test_does_not_matter_for_files_that_are_not_on_s3(self, settings: Settings) -> None:
        self.place(settings, "django.contrib.staticfiles", "philo_aws")
        settings.STORAGES = DJANGO | {"default": entry(MEDIA, bucket="media")}
        assert found() == []

    @pytest.mark.parametrize(
        ("code", "expected"),
        [
            ("from philo_aws.management.commands.collectstatic import Command as Ours", []),
            (
                "from django.contrib.staticfiles.management.commands.collectstatic"
                " import Command as Ours",
                ["W025"],
            ),
            ("raise ImportError", ["W025"]),
        ],
    )
    def test_of_another_app_may_be_made_of_ours(
        self,
        settings: Settings,
        tmp_path: Any,
        monkeypatch: pytest.MonkeyPatch,
        code: str,
        expected: list[str],
    ) -> None:
        name = f"app_of_a_command_{abs(hash(code))}"
        folder = tmp_path / name / "management" / "commands"
        folder.mkdir(parents=True)
        for package in (folder, folder.parent, folder.parent.parent):
            (package / "__init__.py").touch()
        (folder / "collectstatic.py").write_text(f"{code}\nclass Command(Ours): pass\n")
        monkeypatch.syspath_prepend(tmp_path)
        settings.STORAGES = DJANGO | {"staticfiles": entry(STATIC, bucket="static")}
        self.place(settings, name, "philo_aws", "django.contrib.staticfiles")
        assert ids() == expected


def test_check_prints_it_and_fails(settings: Settings, run: Callable[..., Result]) -> None:
    settings.STORAGES = DJANGO | {"default": entry(MEDIA, bucket="media", file_overwrite=False)}
    result = run("check")
    assert result.code == 1
    assert "philo_aws.E020" in result.err
    assert "'allow_overwrite'" in result.err


def test_the_classes_say_which_options_they_have() -> None:
    kinds = [S3Storage.kind, S3StaticStorage.kind, S3ManifestStaticStorage.kind]
    assert kinds == ["media", "static", "manifest"]
