"""Each fault of `settings.AWS` is found, named with its value and its cure, without a network."""

from __future__ import annotations

from typing import Any

import pytest

from philo_aws.validation import Problem, is_region_name, validate

GOOD: dict[str, Any] = {
    "credentials": {
        "aws_access_key_id": "AKIDEXAMPLE",
        "aws_secret_access_key": "s3cr3t",
        "aws_session_token": "t0ken",
    },
    "region": "eu-west-1",
    "endpoint_url": {"s3": "http://127.0.0.1:9000", "sqs": "https://sqs.example.com/base"},
    "role_arn": "arn:aws:iam::123456789012:role/deploy/static",
    "regions": ["eu-west-1", "us-gov-west-1"],
    "bucket": "media",
    "buckets": ["media"],
    "queues": ("mail",),
    "transfer": {"engine": "crt", "max_concurrency": 64, "part_size": 8 * 1024 * 1024},
    "timeouts": {"web": {"connect": 0.5}, "commands": {"read": 120, "max_attempts": 3}},
    "access": [{"groups": ["Editors"], "buckets": ["media-*/exports/"], "queues": ["orders*"]}],
}


def only(value: object) -> Problem:
    problems = validate(value)
    assert len(problems) == 1, problems
    return problems[0]


@pytest.mark.parametrize("value", [{}, GOOD, {"region": None, "endpoint_url": None}])
def test_good_settings_have_no_problem(value: object) -> None:
    assert validate(value) == []


@pytest.mark.parametrize(
    ("value", "problem_id", "said", "cure"),
    [
        (["eu-west-1"], "E001", "settings.AWS is a list (value not shown), not a dict", "AWS = {"),
        ({"regoin": "x"}, "E002", "unknown key 'regoin'", 'Did you mean "region"?'),
        ({"AKIDEXAMPLE": "x"}, "E002", "an unknown key (not shown)", "The keys are: credentials"),
        ({"endpointUrl": "x"}, "E002", "'endpointUrl'", 'Did you mean "endpoint_url"?'),
        ({"zzz": "x"}, "E002", "unknown key 'zzz'", "The keys are: credentials, region"),
        ({"region": "US East"}, "E004", "AWS[\"region\"] is 'US East'", '"eu-west-1"'),
        ({"region": 7}, "E004", 'AWS["region"] is 7', '"eu-west-1"'),
        ({"endpoint_url": "minio:9000"}, "E005", "minio:9000", "https://"),
        ({"endpoint_url": "http://h:99999"}, "E005", "http://h:99999", "https://"),
        ({"endpoint_url": "http://h/?a=b"}, "E005", "with a query", "https://"),
        ({"endpoint_url": 5}, "E005", "is 5, not a URL", "https://"),
        ({"endpoint_url": {"sqss": "http://h"}}, "E005", "'sqss'", 'Did you mean "sqs"?'),
        ({"endpoint_url": {"s3": "ftp://h"}}, "E005", '["s3"] is no http', "https://"),
        ({"profile": ""}, "E006", "AWS[\"profile\"] is ''", "list-profiles"),
        ({"role_arn": "deploy"}, "E007", "'deploy', which is no role ARN", "arn:aws:iam::"),
        ({"regions": "eu-west-1"}, "E008", "not a list of names", '["eu-west-1", "us-east-1"]'),
        ({"regions": ["eu-west-1", "EU"]}, "E004", "AWS[\"regions\"][1] is 'EU'", "eu-west-1"),
        ({"access": [7]}, "E015", 'AWS["access"][0] is 7, not a dict.', '{"groups": ["Editors"]'),
        ({"transfer": 5}, "E009", 'AWS["transfer"] is 5', "max_concurrency"),
        ({"transfer": {"engine": "ctr"}}, "E009", "'ctr'", 'Did you mean "crt"?'),
        ({"transfer": {"checksum": "md5"}}, "E009", "'md5'", "crc64nvme"),
        ({"transfer": {"partsize": 5}}, "E009", "'partsize'", 'Did you mean "part_size"?'),
        ({"transfer": {"part_size": 1024}}, "E009", "is 1024", "5,242,880 to 5,368,709,120"),
        ({"transfer": {"part_size": None}}, "E009", "is None", "5,242,880"),
        ({"transfer": {"max_concurrency": 1.5}}, "E009", "is 1.5", "whole number"),
        ({"transfer": {"max_concurrency": True}}, "E009", "is True", "whole number"),
        ({"transfer": {"memory_limit": 1}}, "E009", "is 1", "268,435,456 or more"),
        ({"transfer": {"engine": None}}, "E009", "is None", "auto, crt, classic"),
        ({"transfer": {"engine": ["crt"]}}, "E009", "is ['crt']", "auto, crt, classic"),
        ({"timeouts": {"webb": {}}}, "E010", "'webb'", 'Did you mean "web"?'),
        ({"timeouts": {"web": 3}}, "E010", '["web"] is 3', '"connect": 3'),
        ({"timeouts": 3}, "E010", 'AWS["timeouts"] is 3', '"connect": 3'),
        ({"timeouts": {"web": {"conect": 3}}}, "E010", "'conect'", 'Did you mean "connect"?'),
        ({"timeouts": {"web": {"read": 0}}}, "E010", "is 0", "seconds"),
        ({"timeouts": {"web": {"read": None}}}, "E010", "is None", "0.1 to 3,600"),
        ({"timeouts": {"web": {"read": float("nan")}}}, "E010", "is nan", "0.1 to 3,600"),
        ({"timeouts": {"web": {"read": float("inf")}}}, "E010", "is inf", "0.1 to 3,600"),
        ({"timeouts": {"web": {"read": True}}}, "E010", "is True", "0.1 to 3,600"),
        ({"timeouts": {"web": {"max_attempts": 0}}}, "E010", "is 0", "1 to 20"),
        ({"bucket": "s3://media"}, "E014", "'s3://media', which is no", 'AWS["bucket"] = "'),
        ({"bucket": ["media"]}, "E014", "['media'], which is no", "without a folder"),
        ({"buckets": "media"}, "E011", "'media', not a list", 'AWS["buckets"] = ['),
        ({"queues": [""]}, "E011", "[''], not a list", 'AWS["queues"] = ['),
    ],
)
def test_a_fault_is_named_with_its_value_and_its_cure(
    value: object, problem_id: str, said: str, cure: str
) -> None:
    problem = only(value)
    assert problem.id == problem_id
    assert said in problem.message
    assert cure in problem.hint


@pytest.mark.parametrize(
    ("credentials", "said"),
    [
        ("s3cr3t", "a str (value not shown)"),
        ({"aws_access_key_id": "AKID"}, 'lacks "aws_secret_access_key"'),
        (
            {"aws_access_key_id": " ", "aws_secret_access_key": "s3cr3t"},
            'lacks "aws_access_key_id"',
        ),
        (GOOD["credentials"] | {"aws_session_tokn": "s3cr3t"}, "'aws_session_tokn'"),
        (GOOD["credentials"] | {"s3cr3t": "x"}, "not shown"),
        (GOOD["credentials"] | {"aws_session_token": 5}, "a int, not a string"),
    ],
)
def test_faulty_credentials_are_named_but_never_shown(credentials: object, said: str) -> None:
    problem = only({"credentials": credentials})
    assert problem.id == "E003"
    assert said in problem.message
    assert "s3cr3t" not in problem.message + problem.hint


def test_a_password_in_an_endpoint_is_refused_and_not_shown() -> None:
    problem = only({"endpoint_url": "https://me:s3cr3t@s3.example.com"})
    assert problem.id == "E005"
    assert "password" in problem.message
    assert "s3cr3t" not in problem.message + problem.hint
    assert "s3cr3t" not in only({"endpoint_url": "me:s3cr3t@s3.example.com"}).message
    assert "s3cr3t" not in only({"endpoint_url": "https://h/k?X-Amz-Security-Token=s3cr3t"}).message


def test_credentials_beside_a_profile_are_a_contradiction() -> None:
    assert only({"credentials": GOOD["credentials"], "profile": "dev"}).id == "E012"


MIB = 1024 * 1024


@pytest.mark.parametrize(
    ("path", "low", "high", "step"),
    [
        ("transfer.max_concurrency", 1, 1024, 1),
        ("transfer.part_size", 5 * MIB, 5 * 1024 * MIB, 1),
        ("transfer.memory_limit", 256 * MIB, None, 1),
        ("timeouts.web.connect", 0.1, 3600, 0.001),
        ("timeouts.commands.read", 0.1, 3600, 0.001),
        ("timeouts.web.max_attempts", 1, 20, 1),
    ],
)
def test_the_ends_of_a_range_are_in_it_and_what_is_beyond_is_not(
    path: str, low: float, high: float | None, step: float
) -> None:
    def problems(number: float) -> list[Problem]:
        value: Any = number
        for key in reversed(path.split(".")):
            value = {key: value}
        return validate(value)

    assert problems(low) == []
    assert len(problems(low - step)) == 1
    far = high if high is not None else 10**15
    assert problems(far) == []
    assert high is None or len(problems(high + step)) == 1


@pytest.mark.parametrize("key", ["max_concurrency", "memory_limit"])
def test_none_leaves_the_choice_to_the_engine(key: str) -> None:
    assert validate({"transfer": {key: None}}) == []


def test_none_leaves_the_attempts_to_time() -> None:
    assert validate({"timeouts": {"web": {"max_attempts": None}}}) == []


def test_every_problem_is_listed_at_once() -> None:
    faulty = {
        "regoin": 1,
        "region": "EU",
        "buckets": 5,
        "transfer": {"engine": "x", "part_size": 1},
    }
    assert [problem.id for problem in validate(faulty)] == ["E002", "E004", "E011", "E009", "E009"]


def test_a_long_value_is_cut() -> None:
    assert len(only({"region": "x" * 10_000}).message) < 200


@pytest.mark.parametrize(
    ("name", "good"),
    [
        ("eu-west-1", True),
        ("garage", True),
        ("", False),
        ("eu--1", False),
        ("EU", False),
        (None, False),
    ],
)
def test_form_of_region_names(name: object, good: bool) -> None:
    assert is_region_name(name) is good
