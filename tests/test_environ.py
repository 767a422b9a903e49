"""The `AWS` dict of a twelve-factor site."""

from __future__ import annotations

from typing import Any

import pytest

from philo_aws.environ import aws
from philo_aws.validation import KEYS, Key, validate


class MakeEnv:
    """A django-environ `Env` over these variables alone."""

    def __call__(self, **variables: str) -> dict[str, Any]:
        import environ

        env = environ.Env()
        env.ENVIRON = variables
        return aws(env)


@pytest.fixture
def from_env() -> MakeEnv:
    return MakeEnv()


def test_a_new_key_brings_its_variable(from_env: MakeEnv, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(KEYS, "partner", Key(check=lambda *_: (), variables=("AWS_A", "AWS_B")))
    monkeypatch.setitem(
        KEYS, "partners", Key(check=lambda *_: (), variables=("AWS_C",), names=True)
    )
    made = from_env(AWS_A="", AWS_B="b", AWS_C="c, ,d")
    assert made == {"partner": "b", "partners": ["c", "d"]}
    assert validate(made) == []


def test_nothing_set_gives_an_empty_dict(from_env: MakeEnv) -> None:
    assert from_env() == {}


def test_everything_set_gives_valid_settings(from_env: MakeEnv) -> None:
    made = from_env(
        AWS_ACCESS_KEY_ID="AKIDEXAMPLE",
        AWS_SECRET_ACCESS_KEY="s3cr3t",
        AWS_SESSION_TOKEN="t0ken",
        AWS_REGION="eu-west-1",
        AWS_DEFAULT_REGION="eu-west-2",
        AWS_ENDPOINT_URL="http://127.0.0.1:9000",
        AWS_ROLE_ARN="arn:aws:iam::123456789012:role/deploy",
        AWS_REGIONS="eu-west-1, eu-west-2",
        AWS_BUCKET="media",
        AWS_BUCKETS="media",
        AWS_QUEUES="mail,",
    )
    assert made == {
        "credentials": {
            "aws_access_key_id": "AKIDEXAMPLE",
            "aws_secret_access_key": "s3cr3t",
            "aws_session_token": "t0ken",
        },
        "region": "eu-west-1",
        "endpoint_url": "http://127.0.0.1:9000",
        "role_arn": "arn:aws:iam::123456789012:role/deploy",
        "regions": ["eu-west-1", "eu-west-2"],
        "bucket": "media",
        "buckets": ["media"],
        "queues": ["mail"],
    }
    assert validate(made) == []


def test_empty_variables_count_as_absent(from_env: MakeEnv) -> None:
    assert from_env(AWS_ACCESS_KEY_ID="", AWS_REGION="", AWS_PROFILE="", AWS_REGIONS="") == {}


def test_half_a_key_pair_is_left_for_the_check_to_name(from_env: MakeEnv) -> None:
    (problem,) = validate(from_env(AWS_ACCESS_KEY_ID="AKIDEXAMPLE"))
    assert problem.id == "E003"
    assert "aws_secret_access_key" in problem.message


def test_a_profile_is_taken_only_without_keys(from_env: MakeEnv) -> None:
    assert from_env(AWS_PROFILE="dev") == {"profile": "dev"}
    both = from_env(AWS_PROFILE="dev", AWS_ACCESS_KEY_ID="A", AWS_SECRET_ACCESS_KEY="B")
    assert "profile" not in both


def test_the_default_region_serves_where_there_is_no_other(from_env: MakeEnv) -> None:
    assert from_env(AWS_DEFAULT_REGION="eu-west-2") == {"region": "eu-west-2"}


def test_one_service_may_have_an_endpoint_of_its_own(from_env: MakeEnv) -> None:
    assert from_env(AWS_ENDPOINT_URL_S3="http://127.0.0.1:9000") == {
        "endpoint_url": {"s3": "http://127.0.0.1:9000"}
    }
    both = from_env(
        AWS_ENDPOINT_URL="http://127.0.0.1:9000", AWS_ENDPOINT_URL_SQS="http://127.0.0.1:9001"
    )
    assert validate(both) == []
    assert both["endpoint_url"]["sqs"] == "http://127.0.0.1:9001"
    assert both["endpoint_url"]["s3"] == "http://127.0.0.1:9000"
    assert both["endpoint_url"]["sts"] == "http://127.0.0.1:9000"


def test_a_web_identity_is_left_to_boto3(from_env: MakeEnv) -> None:
    role = "arn:aws:iam::123456789012:role/pod"
    assert from_env(AWS_ROLE_ARN=role, AWS_WEB_IDENTITY_TOKEN_FILE="/token") == {}
