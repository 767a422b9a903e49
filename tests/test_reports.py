"""No key, secret or token is on Django's debug page or in a mail to the admins."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any

import django
import pytest
from django.core import mail
from django.core.exceptions import ImproperlyConfigured
from django.test import RequestFactory
from django.utils.log import AdminEmailHandler
from django.views.debug import ExceptionReporter, SafeExceptionReporterFilter
from pytest_django import Settings

from philo_aws import aws_errors, clients, environ, reports, s3, sqs
from philo_aws.conf import get_config
from philo_aws.exceptions import AWSError

KEY, SECRET, TOKEN = "AKIAKEYTOBEHIDDEN", "s3cr3tTOBEHIDDEN", "t0kenTOBEHIDDEN"
KEYS = {
    "aws_access_key_id": KEY,
    "aws_secret_access_key": SECRET,
    "aws_session_token": TOKEN,
}
NOWHERE = "http://127.0.0.1:1"
ONCE = {"timeouts": {"commands": {"max_attempts": 1}}}
GOOD: dict[str, Any] = {
    "credentials": KEYS,
    "region": "us-east-1",
    "endpoint_url": NOWHERE,
    **ONCE,
}

FAULTY: dict[str, Any] = {
    "E001 pairs": list(GOOD.items()),
    "E001 text": f"{KEY}:{SECRET}:{TOKEN}",
    "E002 typo": GOOD | {"regoin": "x"},
    "E002 secret as key": GOOD | {SECRET: TOKEN},
    "E002 keys at the top": {"region": "us-east-1", KEY: SECRET, "creds": TOKEN},
    "E003 text": GOOD | {"credentials": f"{KEY}:{SECRET}"},
    "E003 list": GOOD | {"credentials": [KEY, SECRET, TOKEN]},
    "E003 typo": GOOD | {"credentials": {"acess": KEY, "scret": SECRET, "tkn": TOKEN}},
    "E003 half": GOOD | {"credentials": {"aws_secret_access_key": SECRET}},
    "E003 secret as key": GOOD | {"credentials": {KEY: SECRET}},
    "E003 token": GOOD | {"credentials": KEYS | {"aws_session_token": [TOKEN]}},
    "E004": GOOD | {"region": "EU"},
    "E005 scheme": GOOD | {"endpoint_url": "minio:9000"},
    "E005 password": GOOD | {"endpoint_url": f"https://{KEY}:{SECRET}@h"},
    "E005 password, no scheme": GOOD | {"endpoint_url": f"{KEY}:{SECRET}@h"},
    "E005 presigned": GOOD | {"endpoint_url": f"https://h/?Credential={KEY}&Token={TOKEN}"},
    "E006": GOOD | {"profile": ""},
    "E007": GOOD | {"role_arn": "x"},
    "E008": GOOD | {"regions": "x"},
    "E009": GOOD | {"transfer": {"engine": "x"}},
    "E010": GOOD | {"timeouts": {"web": 5}},
    "E011": GOOD | {"buckets": 5},
    "E012": GOOD | {"profile": "x"},
}


def reported(call: Callable[[], object]) -> tuple[BaseException, str]:
    """What Django shows of the error that `call` raises: its page and its mails."""
    error, below = caught(call)
    raised = (type(error), error, below)
    request = RequestFactory().get("/")
    reporter = ExceptionReporter(request, *raised)
    record = logging.LogRecord("django.request", logging.ERROR, "f", 1, "Failed", (), raised)
    record.request = request
    AdminEmailHandler(include_html=True).emit(record)
    AdminEmailHandler().emit(record)
    mails = [
        f"{sent.subject} {sent.body} {getattr(sent, 'alternatives', '')}" for sent in mail.outbox
    ]
    assert len(mails) == 2
    assert "ImproperlyConfigured" in mails[0] or "Error" in mails[0]
    shown = [reporter.get_traceback_html(), reporter.get_traceback_text(), *mails]
    return error, "\n".join(shown)


def caught(call: Callable[[], object]) -> tuple[BaseException, TracebackType | None]:
    """The error, and its traceback without the frames of this module, which know the secrets."""
    try:
        call()
    except Exception as error:  # noqa: BLE001 - whatever it is
        below = error.__traceback__
        while below and below.tb_frame.f_globals.get("__name__") == __name__:
            below = below.tb_next
        return error, below
    raise AssertionError("nothing was raised")


def assert_hidden(text: str) -> None:
    for secret in (KEY, SECRET, TOKEN):
        at = text.find(secret)
        assert at < 0, text[max(0, at - 1500) : at + 100]


@pytest.fixture(params=[False, True], ids=["production", "debug"], autouse=True)
def debug(request: pytest.FixtureRequest, settings: Settings) -> None:
    settings.DEBUG = request.param
    # Up to 5.2 Django takes pairs alone, after that it deprecates them.
    pairs = django.VERSION < (6,)
    settings.ADMINS = [("Admin", "admin@example.com") if pairs else "admin@example.com"]


def list_buckets() -> object:
    return s3.list_buckets()


@pytest.mark.parametrize("name", FAULTY)
def test_a_faulty_setting(settings: Settings, name: str) -> None:
    settings.AWS = FAULTY[name]
    error, shown = reported(get_config)
    assert isinstance(error, ImproperlyConfigured)
    assert "AWS" in str(error)
    assert_hidden(shown)


CALLS: dict[str, Callable[[], object]] = {
    "s3": list_buckets,
    "sqs": lambda: sqs.get_queue_url("q"),
    "put": lambda: s3.upload_file(__file__, "b", "k"),
    "dir": lambda: s3.upload_dir(Path(__file__).parent / "migrations", "b"),
    "classic": lambda: s3.du("b"),
}


@pytest.mark.parametrize("call", CALLS)
def test_an_endpoint_that_is_not_there(settings: Settings, call: str) -> None:
    """The requests that botocore signed, the token in their headers, are in its frames."""
    settings.AWS = GOOD
    error, shown = reported(CALLS[call])
    assert isinstance(error, AWSError)
    assert_hidden(shown)


def test_a_role_whose_service_is_not_there(settings: Settings) -> None:
    settings.AWS = GOOD | {"role_arn": "arn:aws:iam::123456789012:role/R"}
    error, shown = reported(list_buckets)
    assert isinstance(error, AWSError)
    assert_hidden(shown)


def test_a_missing_ca_bundle(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.AWS = GOOD | {"endpoint_url": "https://127.0.0.1:1"}
    with monkeypatch.context() as patch:
        patch.setenv("AWS_CA_BUNDLE", "/no/such/bundle.pem")
        error, shown = reported(list_buckets)
    assert isinstance(error, AWSError)
    assert_hidden(shown)


PROCESSES: dict[str, str] = {
    "expired": json.dumps(
        {
            "Version": 1,
            "AccessKeyId": KEY,
            "SecretAccessKey": SECRET,
            "SessionToken": TOKEN,
            "Expiration": "2020-01-01T00:00:00Z",
        }
    ),
    "half": json.dumps({"Version": 1, "AccessKeyId": KEY, "SecretKey": SECRET}),
    "version": json.dumps({"Version": 7, "AccessKeyId": KEY, "SecretAccessKey": SECRET}),
    "rubbish": f"{KEY} {SECRET} {TOKEN}",
}


@pytest.mark.parametrize("name", PROCESSES)
def test_a_process_that_gives_no_good_keys(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str
) -> None:
    printed = tmp_path / "printed"
    printed.write_text(PROCESSES[name])
    config = tmp_path / "config"
    config.write_text(f"[profile p]\ncredential_process = cat {printed}\n")
    settings.AWS = {"profile": "p", "region": "us-east-1", "endpoint_url": NOWHERE, **ONCE}
    with monkeypatch.context() as patch:
        patch.setenv("AWS_CONFIG_FILE", str(config))
        clients.clear()
        error, shown = reported(list_buckets)
        assert isinstance(error, AWSError), repr(error)
        clients.clear()
    assert_hidden(shown)


def test_a_profile_that_is_not_there(settings: Settings) -> None:
    settings.AWS = {"profile": "nobody", "region": "us-east-1"}
    error, shown = reported(list_buckets)
    assert "nobody" in str(error)
    assert_hidden(shown)


def test_keys_in_the_environment(settings: Settings, tmp_path: Path) -> None:
    import environ as django_environ
    from environ.fileaware_mapping import FileAwareMapping

    unreadable = tmp_path / "folder"
    unreadable.mkdir()
    env = django_environ.FileAwareEnv()
    secrets = dict(zip(("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"), (KEY, SECRET), strict=True))
    given = secrets | {"AWS_SESSION_TOKEN": TOKEN, "AWS_QUEUES_FILE": str(unreadable)}
    env.ENVIRON = FileAwareMapping(env=given)
    settings.AWS = GOOD
    error, below = caught(lambda: environ.aws(env))
    assert isinstance(error, OSError)
    while below:
        if below.tb_frame.f_globals["__name__"] == "philo_aws.environ":
            held = {name: value for name, value in below.tb_frame.f_locals.items() if name != "env"}
            assert_hidden(repr(held))
        below = below.tb_next


def test_the_setting_is_hidden_as_django_hides_its_own(settings: Settings) -> None:
    settings.AWS = GOOD
    shown = SafeExceptionReporterFilter().get_safe_settings()
    assert shown["AWS"] == shown["SECRET_KEY"]
    assert shown["INSTALLED_APPS"] == list(settings.INSTALLED_APPS)
    before = SafeExceptionReporterFilter.hidden_settings
    reports.hide_setting()
    assert SafeExceptionReporterFilter.hidden_settings is before


def test_the_traceback_still_leads_to_the_call(settings: Settings) -> None:
    settings.AWS = GOOD
    error, below = caught(list_buckets)
    names = []
    while below:
        names.append(below.tb_frame.f_globals["__name__"])
        below = below.tb_next
    assert "philo_aws.s3.buckets" in names
    assert error.__cause__ is not None
    assert "127.0.0.1:1" in str(error.__cause__)


def test_without_the_cut_botocores_frames_still_show_the_token(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    # When this fails, philo_aws._frames has no reason any more.
    settings.AWS = GOOD
    monkeypatch.setattr(aws_errors, "cut", lambda error: None)
    _, shown = reported(list_buckets)
    assert TOKEN in shown


def test_django_still_shows_the_setting_by_itself() -> None:
    # When this fails, philo_aws.reports has no reason any more.
    known = SafeExceptionReporterFilter.hidden_settings.pattern.removesuffix("|^AWS$")
    assert "SECRET" in known
    assert not re.search(known, "AWS", re.IGNORECASE)
