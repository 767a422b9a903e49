"""What can never work ends within seconds, with the true reason and without a traceback.

Through each door two reasons end a process of its own, which threads or a program that was started
could hold up; the others are told in this process, as it takes a hundredth of the time.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from philo_aws import clients
from tests.certificates import make_certificate, showing
from tests.running import Result

KEYS: dict[str, Any] = {
    "credentials": {"aws_access_key_id": "AKID", "aws_secret_access_key": "s3cr3t"},
    "region": "us-east-1",
}
PROFILE: dict[str, Any] = {"profile": "p", "region": "us-east-1"}
DOORS = {
    "check": ["aws_check"],
    "list": ["aws_s3", "list_buckets"],
    "crt": ["aws_s3", "upload_dir", "--bucket=bucket", "--engine=crt"],
    "classic": ["aws_s3", "upload_dir", "--bucket=bucket", "--engine=classic"],
    "queues": ["aws_sqs", "list_queues", "--region=us-east-1"],
}
MORE_DOORS = DOORS | {"queues of all regions": ["aws_sqs", "list_queues"]}
# Ten on a machine of one's own; here others may want it too.
SECONDS = 20
EXPIRED = json.dumps(
    {
        "Version": 1,
        "AccessKeyId": "AKID",
        "SecretAccessKey": "s3cr3t",
        "SessionToken": "t0ken",
        "Expiration": "2020-01-01T00:00:00Z",
    }
)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_certificate(tmp_path_factory.mktemp("tls"))


@pytest.fixture(scope="module")
def untrusted(certificate: Path) -> Iterator[str]:
    with showing(certificate) as url:
        yield url


@pytest.fixture
def assert_told(
    settings: Settings,
    run: Callable[..., Result],
    run_process: Callable[..., Result],
    tmp_path: Path,
) -> Callable[..., None]:
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "a").write_text("x")
    (folder / "b").write_text("y")

    def run_here(*arguments: str, env: Mapping[str, str]) -> Result:
        # The same setting means something else in another environment, before and after.
        clients.clear()
        with pytest.MonkeyPatch.context() as patch:
            for name, value in env.items():
                patch.setenv(name, value)
            result = run(*arguments)
        clients.clear()
        return result

    def look(
        door: str,
        reason: str,
        aws: Mapping[str, Any],
        env: Mapping[str, str],
        *,
        own_process: bool = False,
    ) -> None:
        settings.AWS = dict(aws)
        run_door = run_process if own_process else run_here
        given = [f"--root_folder={folder}"] if "upload_dir" in MORE_DOORS[door] else []
        begun = time.monotonic()
        result = run_door(*MORE_DOORS[door], *given, env=env)
        took = time.monotonic() - begun
        # A table breaks its lines.
        said = " ".join((result.out + result.err).replace("|", " ").split())
        assert result.code == 1
        assert "Traceback" not in result.err
        assert reason in said
        assert "s3cr3t" not in said
        assert took < SECONDS

    return look


@pytest.fixture
def profile(tmp_path: Path) -> Callable[[str], dict[str, str]]:
    def write(lines: str) -> dict[str, str]:
        file = tmp_path / "config"
        file.write_text(f"[profile p]\n{lines}\n")
        return {"AWS_CONFIG_FILE": str(file)}

    return write


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize(
    ("process", "reason"),
    [
        ("cat {folder}/expired", "still expired"),
        ("cat {folder}/rubbish", "The AWS credentials cannot be had: Expecting value"),
        ("false", "Error when retrieving credentials from custom-process. Look at the profile"),
        ("/no/such/program", "No such file or directory: '/no/such/program'"),
    ],
)
def test_a_process_that_gives_no_good_keys(
    assert_told: Callable[..., None],
    profile: Callable[[str], dict[str, str]],
    tmp_path: Path,
    door: str,
    process: str,
    reason: str,
) -> None:
    (tmp_path / "expired").write_text(EXPIRED)
    (tmp_path / "rubbish").write_text("no json")
    env = profile(f"credential_process = {process.format(folder=tmp_path)}")
    assert_told(door, reason, PROFILE, env)


@pytest.mark.parametrize("door", DOORS)
def test_a_profile_that_is_not_there(assert_told: Callable[..., None], door: str) -> None:
    assert_told(door, "There is no AWS profile 'nobody'", PROFILE | {"profile": "nobody"}, {})


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize(
    ("variable", "name", "cause"),
    [
        ("AWS_CA_BUNDLE", "missing", "No such file or directory"),
        ("AWS_CA_BUNDLE", "empty", "it holds none"),
        ("REQUESTS_CA_BUNDLE", "missing", "No such file or directory"),
        ("ca_bundle", "missing", "No such file or directory"),
    ],
)
def test_certificates_that_cannot_be_read(
    assert_told: Callable[..., None],
    profile: Callable[[str], dict[str, str]],
    untrusted: str,
    tmp_path: Path,
    door: str,
    variable: str,
    name: str,
    cause: str,
) -> None:
    (tmp_path / "empty").write_text("no certificates\n")
    file = tmp_path / name
    aws: dict[str, Any] = KEYS
    env = {variable: str(file)}
    if variable == "ca_bundle":
        keys = "aws_access_key_id = AKID\naws_secret_access_key = s3cr3t"
        aws, env = PROFILE, profile(f"{keys}\nca_bundle = {file}")
    reason = f"({variable}): {cause}. Name a file of certificates"
    assert_told(door, reason, aws | {"endpoint_url": untrusted}, env)


@pytest.mark.parametrize("door", MORE_DOORS)
def test_a_certificate_that_is_not_trusted(
    assert_told: Callable[..., None], untrusted: str, door: str
) -> None:
    aws = KEYS | {"endpoint_url": untrusted}
    assert_told(door, "The certificate of AWS at https:", aws, {}, own_process=True)


@pytest.mark.parametrize("door", DOORS)
def test_a_host_that_does_not_exist(assert_told: Callable[..., None], door: str) -> None:
    # awscrt says it in its own words.
    reason = "AWS_IO_DNS_INVALID_NAME" if door == "crt" else "there is no such host"
    aws = KEYS | {"endpoint_url": "https://no-such-host.invalid"}
    assert_told(door, reason, aws, {}, own_process=True)
