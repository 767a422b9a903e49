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
def endpoint_url() -> Iterator[str]:
    with local.start(auth=True) as aws:
        yield aws.endpoint_url


def test_keys_are_kept_in_a_private_file(endpoint_url: str, tmp_path: Path) -> None:
    file = tmp_path / "keys.json"
    keys = identity.keys_of_user(endpoint_url, file)
    assert json.loads(file.read_text()) == keys
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert identity.keys_of_user(endpoint_url, file) == keys


UNKNOWN = {"aws_access_key_id": "AKIAIOSFODNN7EXAMPLE", "aws_secret_access_key": "x"}


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", json.dumps(UNKNOWN)])
def test_a_file_that_is_of_no_use_is_replaced(
    endpoint_url: str, tmp_path: Path, content: str
) -> None:
    file = tmp_path / "keys.json"
    file.write_text(content)
    keys = identity.keys_of_user(endpoint_url, file)
    assert identity.keys_of_user(endpoint_url, file) == keys
    # A user has two keys at most: those that are lost must go.
    file.write_text(content)
    assert identity.keys_of_user(endpoint_url, file) != keys
    assert not identity._work(endpoint_url, keys)


def test_a_server_that_is_not_there(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(local.LocalAWSError, match="does not answer"):
        identity.keys_of_user(f"http://127.0.0.1:{port}", tmp_path / "keys.json")
