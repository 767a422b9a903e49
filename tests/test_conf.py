"""`settings.AWS` as an object: defaults, cached, renewed with the setting, silent about secrets."""

from __future__ import annotations

import dataclasses
import pickle

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import override_settings
from pytest_django import Settings

from philo_aws import validation
from philo_aws.conf import Config, get_config
from philo_aws.rules import names_of

KEYS = {"aws_access_key_id": "AKIDEXAMPLE", "aws_secret_access_key": "s3cr3t"}


def test_without_the_setting_the_defaults_hold(settings: Settings) -> None:
    del settings.AWS
    assert get_config() == Config()
    assert get_config().timeouts.web.connect <= 3
    assert get_config().timeouts.web.read <= 10


def test_every_key_has_its_field() -> None:
    assert names_of(Config) == tuple(
        "endpoints" if key == "endpoint_url" else key for key in validation.KEYS
    )


def test_the_object_is_kept_until_the_setting_changes() -> None:
    with override_settings(AWS={"region": "eu-west-1"}):
        first = get_config()
        assert get_config() is first
        with override_settings(AWS={"region": "eu-west-2"}):
            assert get_config().region == "eu-west-2"
        assert get_config().region == "eu-west-1"


def test_the_object_cannot_be_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        get_config().region = "eu-west-1"  # type: ignore[misc]


def test_no_secret_in_the_repr() -> None:
    with override_settings(AWS={"credentials": KEYS | {"aws_session_token": "t0ken"}}):
        config = get_config()
        assert config.credentials is not None
        assert config.credentials.secret_access_key == "s3cr3t"
        assert "s3cr3t" not in repr(config)
        assert "t0ken" not in repr(config)
        assert "AKIDEXAMPLE" not in repr(config)
        with pytest.raises(TypeError, match="not pickled"):
            pickle.dumps(config)


def test_endpoints_for_all_or_one_by_one() -> None:
    with override_settings(AWS={"endpoint_url": "http://127.0.0.1:9000"}):
        assert get_config().endpoint_for("s3") == "http://127.0.0.1:9000"
        assert get_config().endpoint_for("sts") == "http://127.0.0.1:9000"
    with override_settings(AWS={"endpoint_url": {"s3": "http://127.0.0.1:9000"}}):
        assert get_config().endpoint_for("s3") == "http://127.0.0.1:9000"
        assert get_config().endpoint_for("sqs") is None


def test_one_timeout_changes_and_the_others_stay() -> None:
    with override_settings(AWS={"timeouts": {"web": {"read": 5}}}):
        timeouts = get_config().timeouts
        assert timeouts.web.read == 5
        assert timeouts.web.connect == 3
        assert timeouts.for_purpose("web") is timeouts.web
        assert timeouts.for_purpose("commands").read == 60


def test_faults_are_all_told_with_their_cures() -> None:
    with (
        override_settings(AWS={"regoin": "x", "region": "EU"}),
        pytest.raises(ImproperlyConfigured) as caught,
    ):
        get_config()
    assert "'regoin'" in str(caught.value)
    assert 'Did you mean "region"?' in str(caught.value)
    assert "'EU'" in str(caught.value)
