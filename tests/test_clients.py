"""Clients: kept where they can be, never shared where they must not, with the right identity."""

from __future__ import annotations

import datetime
import inspect
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import botocore.session
import pytest
from django.test import override_settings
from pytest_django import Settings

from philo_aws import clients
from philo_aws.clients import get_client, get_session, has_own_endpoint
from philo_aws.exceptions import CredentialsError, RegionError
from tests.running import process_environment
from tests.servers import LocalAWS

KEYS = {"aws_access_key_id": "AKIDEXAMPLE", "aws_secret_access_key": "s3cr3t"}


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    clients.clear()
    yield
    clients.clear()


@pytest.fixture
def keys(settings: Settings) -> None:
    settings.AWS = {"credentials": KEYS, "region": "eu-west-1"}


@pytest.mark.usefixtures("keys")
class TestCache:
    def test_the_same_call_gives_the_same_client(self) -> None:
        assert get_client("s3") is get_client("s3")
        assert get_client("s3") is get_client("s3", "eu-west-1")

    def test_another_service_region_or_purpose_gives_another(self) -> None:
        made = [
            get_client("s3"),
            get_client("sqs"),
            get_client("s3", "us-west-2"),
            get_client("s3", purpose="web"),
        ]
        assert len({id(client) for client in made}) == 4
        assert made[2].meta.region_name == "us-west-2"

    def test_purposes_differ_in_their_timeouts(self) -> None:
        web: Any = get_client("s3", purpose="web").meta.config
        assert (web.connect_timeout, web.read_timeout) == (3, 6)
        # What is sent again is sent again by philo_aws.patience.
        assert web.retries == {"mode": "standard", "total_max_attempts": 1}
        commands: Any = get_client("s3").meta.config
        assert commands.read_timeout == 60

    def test_the_setting_takes_effect_at_once(self) -> None:
        before = get_client("sqs")
        with override_settings(AWS={"credentials": KEYS, "region": "ap-south-1"}):
            assert get_client("sqs").meta.region_name == "ap-south-1"
        assert get_client("sqs") is before

    def test_many_threads_get_one_client(self) -> None:
        barrier = threading.Barrier(8)

        def get(_: int) -> int:
            barrier.wait()
            return id(get_client("s3"))

        with ThreadPoolExecutor(8) as pool:
            assert len(set(pool.map(get, range(8)))) == 1

    def test_only_the_last_few_settings_are_kept(self) -> None:
        for number in range(clients.MAX_CONFIGS * 2):
            with override_settings(AWS={"credentials": KEYS, "region": f"eu-west-{number}"}):
                get_client("sqs")
                assert not has_own_endpoint("sqs")
        assert 0 < len(clients._sessions) <= clients.MAX_CONFIGS
        assert 0 < len(clients._endpoints) <= clients.MAX_CONFIGS
        assert len(clients._clients) <= clients.MAX_CONFIGS * 2

    def test_clear_forgets(self) -> None:
        before = get_client("s3")
        clients.clear()
        assert get_client("s3") is not before

    def test_boto3s_default_session_is_left_alone(self) -> None:
        import boto3

        get_client("s3")
        assert boto3.DEFAULT_SESSION is None


@pytest.mark.usefixtures("keys")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_worker_makes_its_own_clients() -> None:
    before = get_client("s3")
    reader, writer = os.pipe()
    with clients._lock:  # held by the parent: the child must not wait for it
        child = os.fork()
        if child == 0:
            try:
                os.write(writer, b"same" if get_client("s3") is before else b"own")
            finally:
                os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as answer:
        assert answer.read() == b"own"
    os.waitpid(child, 0)


def test_credentials_of_the_setting_win_over_the_environment(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setenv("AWS_ACCESS_KEY_ID", "OTHER")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "OTHER")
        patch.setenv("AWS_PROFILE", "there-is-none")
        settings.AWS = {"credentials": KEYS, "region": "eu-west-1"}
        found = get_session().get_credentials()
        assert found is not None
        assert found.access_key == "AKIDEXAMPLE"
        assert get_client("s3").meta.region_name == "eu-west-1"


def test_without_the_setting_the_environment_serves(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setenv("AWS_ACCESS_KEY_ID", "FROMENV")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "x")
        settings.AWS = {"region": "eu-west-1"}
        found = get_session().get_credentials()
        assert found is not None
        assert found.access_key == "FROMENV"


def test_a_profile_serves_and_a_missing_one_is_named(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    shared = tmp_path / "credentials"
    shared.write_text("[dev]\naws_access_key_id = DEVKEY\naws_secret_access_key = x\n")
    with monkeypatch.context() as patch:
        patch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(shared))
        settings.AWS = {"profile": "dev", "region": "eu-west-1"}
        found = get_session().get_credentials()
        assert found is not None
        assert found.access_key == "DEVKEY"
        settings.AWS = {"profile": "prod", "region": "eu-west-1"}
        with pytest.raises(CredentialsError, match="no AWS profile 'prod'"):
            get_client("s3")


def test_a_missing_region_is_told_with_its_cure(settings: Settings) -> None:
    settings.AWS = {"credentials": KEYS}
    with pytest.raises(RegionError, match="AWS_REGION"):
        get_client("sqs")


def test_a_role_is_assumed_and_refreshed(
    ministack: LocalAWS, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    role = "arn:aws:iam::000000000000:role/deploy"
    ministack.client("iam").create_role(
        RoleName="deploy", AssumeRolePolicyDocument='{"Version": "2012-10-17", "Statement": []}'
    )
    settings.AWS = ministack.settings | {"role_arn": role}
    assert ":assumed-role/deploy/" in get_client("sts").get_caller_identity()["Arn"]
    found = get_session().get_credentials()
    assert found is not None
    before = found.get_frozen_credentials().access_key
    # The clock is set on because nobody waits the hour that the credentials live.
    later = datetime.datetime.now(datetime.UTC) + datetime.timedelta(minutes=55)
    monkeypatch.setattr("botocore.credentials._local_now", lambda: later)
    monkeypatch.setattr(found, "_time_fetcher", lambda: later)
    assert found.get_frozen_credentials().access_key != before


def test_a_session_of_botocore_still_takes_keys_only() -> None:
    # When this fails, the credentials of a role can be given by the public name.
    taken = inspect.signature(botocore.session.Session.set_credentials).parameters
    assert {"access_key", "secret_key"} <= set(taken)
    assert "credentials" not in taken


def test_a_role_needs_credentials_to_be_assumed_with(settings: Settings) -> None:
    settings.AWS = {"role_arn": "arn:aws:iam::123456789012:role/x", "region": "eu-west-1"}
    with pytest.raises(CredentialsError, match="one of three ways"):
        get_client("s3")


def test_an_endpoint_of_the_settings_counts(settings: Settings) -> None:
    settings.AWS = {"endpoint_url": {"s3": "http://127.0.0.1:9000"}}
    assert has_own_endpoint("s3")
    assert not has_own_endpoint("sqs")


def test_an_endpoint_of_the_environment_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    with override_settings(AWS={}), monkeypatch.context() as patch:
        assert not has_own_endpoint("sqs")
        patch.setenv("AWS_ENDPOINT_URL_SQS", "http://127.0.0.1:9000")
        clients.clear()
        assert has_own_endpoint("sqs")
        assert not has_own_endpoint("s3")
        patch.setenv("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true")
        clients.clear()
        assert not has_own_endpoint("sqs")


def test_the_endpoint_is_asked_for_once_by_each_process_and_setting(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.AWS = {"credentials": KEYS, "region": "eu-west-1"}
    with monkeypatch.context() as patch:
        asked: list[str] = []
        find = clients._has_endpoint_of_boto3

        def count(session: Any, service: str) -> bool:
            asked.append(service)
            return find(session, service)

        patch.setattr(clients, "_has_endpoint_of_boto3", count)
        for region in ("eu-west-1", "us-west-2"):
            get_client("s3", region)
            assert not has_own_endpoint("s3")
        assert asked == ["s3"]
        with override_settings(AWS={"credentials": KEYS, "endpoint_url": "http://127.0.0.1:9000"}):
            assert has_own_endpoint("s3")
        clients.clear()
        assert not has_own_endpoint("s3")
        assert asked == ["s3", "s3"]


@pytest.mark.parametrize(
    ("text", "own"),
    [
        ("endpoint_url = http://127.0.0.1:9000\n", {"s3", "sqs"}),
        ("services = here\n[services here]\ns3 =\n  endpoint_url = http://a\n", {"s3"}),
        ("endpoint_url = http://a\nignore_configured_endpoint_urls = true\n", set()),
        ("region = eu-west-1\n", set()),
    ],
)
def test_an_endpoint_of_a_profile_counts(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    settings: Settings,
    text: str,
    own: set[str],
) -> None:
    (tmp_path / "config").write_text(f"[profile dev]\n{text}")
    with monkeypatch.context() as patch:
        patch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
        settings.AWS = {"profile": "dev"}
        assert {service for service in ("s3", "sqs") if has_own_endpoint(service)} == own


def presigned_host(bucket: str, region: str) -> str:
    params = {"Bucket": bucket, "Key": "k"}
    url = get_client("s3", region).generate_presigned_url("get_object", Params=params)
    return urlsplit(url).netloc + urlsplit(url).path.removesuffix("/k")


@pytest.mark.usefixtures("keys")
@pytest.mark.parametrize(
    ("bucket", "region", "host"),
    [
        ("photos", "us-east-1", "photos.s3.us-east-1.amazonaws.com"),
        ("photos", "eu-west-1", "photos.s3.eu-west-1.amazonaws.com"),
        ("photos", "cn-north-1", "photos.s3.cn-north-1.amazonaws.com.cn"),
        # The certificate of S3 covers one label before the region.
        ("my.photos", "eu-west-1", "s3.eu-west-1.amazonaws.com/my.photos"),
    ],
)
def test_presigned_urls_name_the_host_of_the_region(bucket: str, region: str, host: str) -> None:
    assert presigned_host(bucket, region) == host


def test_an_endpoint_of_ones_own_gets_the_bucket_in_the_path(settings: Settings) -> None:
    settings.AWS = {"credentials": KEYS, "endpoint_url": "http://localhost:9000"}
    assert presigned_host("photos", "us-east-1") == "localhost:9000/photos"


def test_the_addressing_of_a_profile_holds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    (tmp_path / "config").write_text(
        "[profile dev]\ns3 =\n  addressing_style = path\n"
        "aws_access_key_id = DEVKEY\naws_secret_access_key = x\n"
    )
    with monkeypatch.context() as patch:
        patch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
        settings.AWS = {"profile": "dev"}
        assert presigned_host("photos", "eu-west-1").endswith("amazonaws.com/photos")


def test_presigned_urls_are_signature_version_4(settings: Settings) -> None:
    settings.AWS = {"credentials": KEYS, "region": "us-east-1"}
    client = get_client("s3")
    url = client.generate_presigned_url("get_object", Params={"Bucket": "b", "Key": "a/../k"})
    assert "X-Amz-Algorithm=AWS4-HMAC-SHA256" in url
    assert "/a/../k?" in url
    assert "x-amz-signature" in client.generate_presigned_post("b", "k")["fields"]


def test_botocore_still_presigns_with_version_2() -> None:
    # When this fails, clients._presign_with_version_4 has no reason any more.
    session = botocore.session.Session()
    session.set_credentials("AKIDEXAMPLE", "s3cr3t")
    client: Any = session.create_client("s3", region_name="us-east-1")
    url = client.generate_presigned_url("get_object", Params={"Bucket": "b", "Key": "k"})
    client.close()
    assert "AWSAccessKeyId=" in url


MULTI_REGION = "arn:aws:s3::123456789012:accesspoint/mfzwi23gnjvgw.mrap"


def test_a_multi_region_access_point_is_signed_as_botocore_does(settings: Settings) -> None:
    settings.AWS = {"credentials": KEYS, "region": "us-east-1"}
    client = get_client("s3")
    url = client.generate_presigned_url("get_object", Params={"Bucket": MULTI_REGION, "Key": "k"})
    assert "X-Amz-Algorithm=AWS4-ECDSA-P256-SHA256" in url
    assert first_request(client, MULTI_REGION).startswith("AWS4-ECDSA-P256-SHA256 ")
    assert first_request(client, "bucket").startswith("AWS4-HMAC-SHA256 ")


def test_a_directory_bucket_gets_a_session(settings: Settings) -> None:
    settings.AWS = {"credentials": KEYS, "region": "us-east-1"}
    assert "/s3express/" in first_request(get_client("s3"), "name--use1-az4--x-s3")


def first_request(client: Any, bucket: str) -> str:
    """The signature of the first request, which is not sent: no local AWS has such buckets."""
    seen: list[str] = []

    def hold(request: Any, **kwargs: Any) -> None:
        seen.append(request.headers["Authorization"])
        raise InterruptedError

    client.meta.events.register_first("before-send.s3", hold)
    try:
        with pytest.raises(InterruptedError):
            client.get_object(Bucket=bucket, Key="k")
    finally:
        client.meta.events.unregister("before-send.s3", hold)
    return decoded(seen[0])


def decoded(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value


def test_nothing_heavy_is_imported_with_the_services() -> None:
    script = (
        "import sys, django; django.setup(); from philo_aws import s3, sqs;"
        "[getattr(s3, name) for name in s3.__all__];"
        "print([name for name in ('boto3', 'botocore', 'awscrt', 'tqdm', 'prettytable')"
        " if name in sys.modules])"
    )
    finished = subprocess.run(
        [sys.executable, "-c", script],
        env=process_environment({}, {}),
        capture_output=True,
        text=True,
        check=True,
    )
    assert finished.stdout == "[]\n"
