from __future__ import annotations

import json
import socket
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from philo_aws import local
from philo_aws.local import identity


@pytest.fixture(scope="module")
def aws() -> Iterator[local.LocalAWS]:
    with local.start(auth=True) as aws:
        yield aws


def keys_of_user(aws: local.LocalAWS, file: Path) -> dict[str, str]:
    return identity.keys_of_user(aws.endpoint_url, file, aws._token)


def test_keys_are_kept_in_a_private_file(aws: local.LocalAWS, tmp_path: Path) -> None:
    file = tmp_path / "keys.json"
    keys = keys_of_user(aws, file)
    assert json.loads(file.read_text()) == keys
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert keys_of_user(aws, file) == keys


UNKNOWN = {"aws_access_key_id": "AKIAIOSFODNN7EXAMPLE", "aws_secret_access_key": "x"}


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", json.dumps(UNKNOWN)])
def test_a_file_that_is_of_no_use_is_replaced(
    aws: local.LocalAWS, tmp_path: Path, content: str
) -> None:
    file = tmp_path / "keys.json"
    file.write_text(content)
    keys = keys_of_user(aws, file)
    assert keys_of_user(aws, file) == keys
    # A user has two keys at most: those that are lost must go.
    file.write_text(content)
    assert keys_of_user(aws, file) != keys
    assert not identity._work(aws.endpoint_url, keys)


def test_a_server_that_is_not_there(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(local.LocalAWSError, match="does not answer"):
        identity.keys_of_user(f"http://127.0.0.1:{port}", tmp_path / "keys.json", "token")
