"""Which engine is taken, and what is said about it."""

from __future__ import annotations

import sys
import types

import pytest
from pytest_django import Settings

from philo_aws.exceptions import AWSError, CredentialsError, NotSupportedError, UsageError
from philo_aws.s3.engine import create
from philo_aws.s3.engine.choice import why_not_crt
from tests.servers import TEST_CREDENTIALS, LocalAWS

from .conftest import options_for

pytestmark = pytest.mark.aws_servers("ministack")


def make(bucket: str, name: str = "auto") -> tuple[str, str]:
    engine = create(options_for(name, bucket))
    return engine.name, engine.reason


def test_auto_takes_the_fast_one(bucket: str) -> None:
    assert make(bucket) == ("crt", "It is the fastest.")
    assert make(bucket, "crt") == ("crt", "It was asked for.")
    assert make(bucket, "classic") == ("classic", "It was asked for.")


def test_an_unknown_engine(bucket: str) -> None:
    with pytest.raises(UsageError, match="'auto', 'crt' or 'classic'"):
        make(bucket, "fast")


@pytest.mark.parametrize("name", ["crt", "classic"])
def test_without_credentials(aws: LocalAWS, bucket: str, settings: Settings, name: str) -> None:
    settings.AWS = {key: value for key, value in aws.settings.items() if key != "credentials"}
    with pytest.raises(CredentialsError, match="three ways"):
        make(bucket, name)


@pytest.mark.parametrize("library", ["gevent", "eventlet"])
def test_threads_that_were_replaced(
    bucket: str, monkeypatch: pytest.MonkeyPatch, library: str
) -> None:
    # Neither is installed, and a process that is really patched could not run these tests.
    patcher = types.ModuleType("patcher")
    patcher.is_module_patched = lambda name: name == "threading"  # type: ignore[attr-defined]
    patcher.is_monkey_patched = lambda name: name == "thread"  # type: ignore[attr-defined]
    name = {"gevent": "gevent.monkey", "eventlet": "eventlet.patcher"}[library]
    monkeypatch.setitem(sys.modules, name, patcher)
    engine, reason = make(bucket)
    assert engine == "classic"
    assert library in reason
    with pytest.raises(NotSupportedError, match=library):
        make(bucket, "crt")


@pytest.mark.parametrize(
    "no_proxy, engine",
    [("", "classic"), ("127.0.0.1", "crt"), ("10.0.0.1,127.0.0.1:1", "classic")],
)
def test_a_proxy(bucket: str, monkeypatch: pytest.MonkeyPatch, no_proxy: str, engine: str) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("no_proxy", no_proxy)
    name, reason = make(bucket)
    assert name == engine
    assert engine == "crt" or "proxy" in reason


def test_awscrt_is_missing(bucket: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert make(bucket) == ("classic", "awscrt is not installed.")


@pytest.mark.parametrize(
    "name, reason",
    [
        ("arn:aws:s3-outposts:us-east-1:123456789012:outpost/op-1/accesspoint/a", "ECDSA"),
        ("arn:aws:s3::123456789012:accesspoint/mfzwi23gnjvgw.mrap", "AWS4-ECDSA-P256-SHA256"),
        ("name--use1-az4--x-s3", "directory bucket"),
    ],
)
def test_buckets_that_awscrt_would_sign_for_differently(
    settings: Settings, name: str, reason: str
) -> None:
    settings.AWS = {"credentials": TEST_CREDENTIALS, "region": "us-east-1"}
    assert reason in why_not_crt(options_for("auto", name))


@pytest.mark.parametrize("name", ["crt", "classic"])
def test_arguments_are_checked_before_anything_is_moved(bucket: str, name: str) -> None:
    with pytest.raises(AWSError, match="ASCII"):
        create(options_for(name, bucket, extra_args={"Metadata": {"a": "\u20ac"}}))
