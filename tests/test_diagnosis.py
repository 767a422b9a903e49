"""`manage.py aws_check` and what is behind it: each finding, good and bad, with its cure."""

from __future__ import annotations

import datetime
import json
import socket
from collections.abc import Callable
from typing import Any

import pytest
from pytest_django import Settings

from philo_aws import clients, diagnosis
from philo_aws.diagnosis import Finding, diagnose
from tests.running import Result
from tests.servers import LocalAWS

Run = Callable[..., Result]


def findings() -> dict[str, Finding]:
    return {finding.check: finding for finding in diagnose()}


def test_all_is_well(ministack: LocalAWS, run: Run) -> None:
    found = findings()
    assert {finding.state for finding in found.values()} == {"ok"}
    assert "arn:aws:iam::000000000000:root" in found["identity"].detail
    assert ministack.endpoint_url in found["s3 endpoint"].detail
    assert "us-east-1" in found["region"].detail
    result = run("aws_check")
    assert (result.code, result.err) == (0, "")
    for check in found:
        assert f"| {check} " in result.out
    printed = run("aws_check", "--format", "json")
    assert [row["check"] for row in json.loads(printed.out)] == list(found)


def test_a_wrong_secret_fails_with_a_cure(
    signed_aws: LocalAWS, settings: Settings, run: Run
) -> None:
    wrong = dict(signed_aws.credentials) | {"aws_secret_access_key": "wr0ng"}
    settings.AWS = signed_aws.settings | {"credentials": wrong}
    found = findings()
    for check in ("identity", "buckets", "queues"):
        assert found[check].state == "failed"
        assert "Check settings.AWS" in found[check].detail
    assert found["clock"].state == "ok"
    result = run("aws_check")
    assert result.code == 1
    assert "Not in order: identity, buckets, queues." in result.err
    assert "wr0ng" not in result.out + result.err


def test_what_a_policy_denies_is_named_alone(signed_aws: LocalAWS, settings: Settings) -> None:
    keys = signed_aws.make_user("sqs:*", "sts:*")
    settings.AWS = signed_aws.settings | {"credentials": keys}
    found = findings()
    assert [check for check in found if found[check].state != "ok"] == ["buckets"]
    assert "policy does not allow" in found["buckets"].detail


def test_named_buckets_and_queues_make_denied_listing_good(
    signed_aws: LocalAWS, settings: Settings
) -> None:
    keys = signed_aws.make_user("sts:*")
    settings.AWS = signed_aws.settings | {
        "credentials": keys,
        "buckets": ["media"],
        "queues": ["mail", "sms"],
    }
    found = findings()
    assert found["buckets"].state == found["queues"].state == "ok"
    assert 'the 2 of settings.AWS["queues"]' in found["queues"].detail


def test_no_credentials_are_one_failure_and_nothing_is_asked(settings: Settings, run: Run) -> None:
    clients.clear()
    settings.AWS = {"region": "eu-west-1", "endpoint_url": "http://127.0.0.1:9"}
    found = findings()
    assert found["credentials"].state == "failed"
    assert "one of three ways" in found["credentials"].detail
    assert found["buckets"].state == "skipped"
    assert run("aws_check").code == 1


def test_nobody_listens(settings: Settings, run: Run) -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        settings.AWS = {
            "credentials": {"aws_access_key_id": "a", "aws_secret_access_key": "b"},
            "region": "us-east-1",
            "endpoint_url": f"http://127.0.0.1:{bound.getsockname()[1]}",
            "timeouts": {"web": {"max_attempts": 1}},
        }
        found = findings()
    assert "cannot be reached" in found["identity"].detail
    assert found["clock"] == Finding(
        check="clock", state="skipped", detail="No server told its time."
    )


def test_an_unknown_region_is_named_with_the_nearest(settings: Settings) -> None:
    settings.AWS = {"region": "eu-wset-1"}
    assert "'eu-west-1'" in findings()["region"].detail


@pytest.mark.parametrize(("ahead", "word"), [(1200, "ahead"), (-1200, "behind")])
def test_a_clock_that_is_off(
    ministack: LocalAWS, monkeypatch: pytest.MonkeyPatch, ahead: int, word: str
) -> None:
    class Clock(datetime.datetime):
        """The machine's clock cannot be set for a test."""

        @classmethod
        def now(cls, tz: Any = None) -> Any:
            return datetime.datetime.now(tz) + datetime.timedelta(seconds=ahead)

    monkeypatch.setattr(
        diagnosis, "datetime", type("module", (), {"datetime": Clock, "UTC": datetime.UTC})
    )
    clock = findings()["clock"]
    assert clock.state == "failed"
    assert word in clock.detail
    assert "NTP" in clock.detail


def test_credentials_do_not_go_to_aws_when_the_stores_are_elsewhere(
    ministack: LocalAWS, settings: Settings
) -> None:
    url = ministack.endpoint_url
    settings.AWS = ministack.settings | {"endpoint_url": {"s3": url, "sqs": url}}
    found = findings()
    assert found["identity"].state == "skipped"
    assert found["buckets"].state == "ok"


def test_faulty_settings_end_it_with_their_cure(settings: Settings, run: Run) -> None:
    settings.AWS = {"regoin": "x"}
    result = run("aws_check", "--skip-checks")
    assert result.code == 1
    assert 'Did you mean "region"?' in result.err
