from __future__ import annotations

import os

import pytest
from django.conf import settings

from example_project.isolation import only


def test_what_the_machine_knows_of_aws_is_gone_and_comes_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    machine = {"AWS_ACCESS_KEY_ID": "a", "AWS_PROFILE": "p", "https_proxy": "x", "ALL_PROXY": "y"}
    with monkeypatch.context() as patch:
        for name, value in machine.items():
            patch.setenv(name, value)
        before = dict(os.environ)
        with only({"region": "eu-west-1"}):
            assert not machine.keys() & os.environ.keys()
            assert os.environ["AWS_EC2_METADATA_DISABLED"] == "true"
            assert os.environ["AWS_CONFIG_FILE"] == os.devnull
            assert settings.AWS == {"region": "eu-west-1"}
        assert dict(os.environ) == before
        assert settings.AWS == {}


def test_comes_back_after_an_error_too() -> None:
    before = dict(os.environ)
    with pytest.raises(ZeroDivisionError), only({}):
        _ = 1 / 0
    assert dict(os.environ) == before
