"""`manage.py aws_s3 get_… put_… delete_…`, as its user sees it: stdout, stderr, exit code."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from tests.running import Result
from tests.s3.test_configuration import EXAMPLES, STARTS, notification
from tests.servers import LocalAWS

Run = Callable[..., Result]


@pytest.fixture
def s3(run: Run, bucket: str) -> Run:
    """`manage.py aws_s3 ACTION --bucket BUCKET …`."""
    return lambda action, *flags, **options: run(
        "aws_s3", action, "--bucket", bucket, *flags, **options
    )


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_file_an_input_and_a_text_come_back_equal(
    aws: LocalAWS, run: Run, s3: Run, name: str, tmp_path: Path
) -> None:
    given = json.dumps(EXAMPLES[name] or notification(aws))
    start = s3(f"get_{name}", "--format", "json")
    assert (start.code, start.err) == (0, "")
    assert json.loads(start.out) in ({}, STARTS.get(name))
    put = s3(f"put_{name}", "--configuration", given)
    assert put == Result(0, "", "Set.\n")
    first = s3(f"get_{name}", "--format", "json")
    assert "ResponseMetadata" not in first.out
    file = tmp_path / "given.json"
    file.write_text(first.out)
    for flags, stdin in (
        ([str(file)], ""),
        ([f"@{file}"], ""),
        (["-"], first.out),
        ([first.out], ""),
    ):
        other = aws.make_bucket()
        done = run(
            "aws_s3", f"put_{name}", "--bucket", other, "--configuration", *flags, stdin=stdin
        )
        assert done == Result(0, "", "Set.\n")
        again = run("aws_s3", f"get_{name}", "--bucket", other, "--format", "json")
        assert again == first


def test_the_tags_of_an_object(aws: LocalAWS, bucket: str, s3: Run) -> None:
    aws.client("s3").put_object(Bucket=bucket, Key="k", Body=b"")
    assert s3("get_object_tagging", "--key", "k") == Result(0, "", "Nothing is set.\n")
    assert s3("get_object_tagging", "--key", "k", "--format", "jsonl") == Result(0, "{}\n", "")
    put = s3("put_object_tagging", "--key", "k", "--configuration", '{"team": "caf\xe9"}')
    assert put == Result(0, "", "Set.\n")
    told = s3("get_object_tagging", "--key", "k", "--format", "json").out
    assert json.loads(told) == {"TagSet": [{"Key": "team", "Value": "caf\xe9"}]}
    gone = s3("delete_object_tagging", "--key", "k")
    assert gone == Result(0, "", "Taken away.\n")
    assert s3("get_object_tagging", "--key", "k", "--format", "json").out == "{}\n"
    result = s3("get_object_tagging", "--key", "never")
    assert (result.code, result.out) == (1, "")
    assert "There is no object 'never'" in result.err


def test_what_is_taken_away(s3: Run) -> None:
    cors = json.dumps(EXAMPLES["bucket_cors"])
    assert s3("put_bucket_cors", "--configuration", cors).code == 0
    deleted = s3("delete_bucket_cors", "--format", "json")
    assert (deleted.code, deleted.err) == (0, "")
    assert json.loads(deleted.out)["ResponseMetadata"]["HTTPStatusCode"] == 204
    assert s3("put_bucket_cors", "--configuration", "{}") == Result(0, "", "Taken away.\n")
    assert s3("get_bucket_cors") == Result(0, "", "Nothing is set.\n")


@pytest.mark.parametrize(
    ("action", "given", "words"),
    [
        ("put_bucket_cors", '{"CORSRule": []}', "Did you mean 'CORSRules'?"),
        ("put_bucket_cors", '{"CORSRules": [{"AllowedMethods": ["GET"]}]}', "AllowedOrigins"),
        ("put_bucket_versioning", '{"Status": "enabled"}', "Did you mean 'Enabled'?"),
        ("put_bucket_versioning", "{}", "cannot be taken away"),
        ("put_bucket_policy", '{"Statement": [{"Efect": "Allow"}]}', "Did you mean 'Effect'?"),
        ("put_bucket_tagging", "[1]", "is no JSON object"),
        ("put_bucket_tagging", '{"a": ', "is not JSON"),
        ("put_bucket_tagging", '{"a": "1", "a": "2"}', "the name 'a' twice"),
        ("put_bucket_tagging", '{"aws": "\x07"}', "is not JSON"),
    ],
)
@pytest.mark.aws_servers("ministack")
def test_what_cannot_be_is_refused(s3: Run, action: str, given: str, words: str) -> None:
    result = s3(action, "--configuration", given)
    assert (result.code, result.out) == (2, "")
    assert words in result.err
    assert "Traceback" not in result.err


@pytest.mark.aws_servers("ministack")
def test_a_file_that_is_not_there_or_is_none(s3: Run, tmp_path: Path) -> None:
    result = s3("put_bucket_cors", "--configuration", tmp_path / "none.json")
    assert (result.code, result.out) == (1, "")
    assert "There is no file or folder" in result.err
    (tmp_path / "bad.json").write_text("[]")
    for flags, stdin in (([tmp_path / "bad.json"], ""), (["-"], "[]")):
        result = s3("put_bucket_cors", "--configuration", *flags, stdin=stdin)
        assert (result.code, result.out) == (2, "")
        assert "is no JSON object" in result.err
    assert "is not JSON" in s3("put_bucket_cors", "--configuration", "-").err


@pytest.mark.aws_servers("ministack")
def test_of_a_program(bucket: str, aws: LocalAWS) -> None:
    tags: dict[str, Any] = {"team": "web"}
    call_command("aws_s3", "put_bucket_tagging", bucket=bucket, configuration=tags)
    [tag] = aws.client("s3").get_bucket_tagging(Bucket=bucket)["TagSet"]
    assert tag == {"Key": "team", "Value": "web"}
    with pytest.raises(CommandError):
        call_command("aws_s3", "put_bucket_tagging", bucket=bucket)


@pytest.mark.aws_servers("ministack")
def test_a_bucket_that_is_not_there(run: Run, ministack: LocalAWS) -> None:
    for action in ("get_public_access_block", "delete_public_access_block"):
        result = run("aws_s3", action, "--bucket", "no-such-bucket")
        assert (result.code, result.out) == (1, "")
        assert "There is no bucket" in result.err
