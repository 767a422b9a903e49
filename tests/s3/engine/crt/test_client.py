"""awscrt's clients: one for each process, and the same certificates as boto3's."""

from __future__ import annotations

import gc
import multiprocessing
import os
import socket
import sys
import time
from pathlib import Path
from typing import ClassVar

import pytest
from pytest_django import Settings

from philo_aws.exceptions import CredentialsError, NetworkError
from philo_aws.s3.engine import Result, create
from philo_aws.s3.engine.crt import client as crt_client
from tests.certificates import make_certificate
from tests.servers import LocalAWS, free_port, process

from ..conftest import ROOT, Move, files, objects, options_for, upload, uploads

pytestmark = pytest.mark.aws_servers("ministack")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    source = tmp_path / "source"
    source.mkdir()
    for number in range(5):
        (source / f"f{number}").write_bytes(b"x" * number)
    return source


def test_a_client_is_used_again(move: Move, folder: Path, engine_name: str) -> None:
    if engine_name != "crt":
        pytest.skip("this is about awscrt")
    assert move(uploads(folder)).errors == {}
    before = list(crt_client._clients.values())
    assert move(uploads(folder)).errors == {}
    assert list(crt_client._clients.values()) == before
    assert len(before) <= crt_client.KEPT


def run_in_child(engine: str, bucket: str, path: Path) -> None:
    results: list[Result] = []
    task = upload("from-the-child", path)
    create(options_for(engine, bucket)).run([task], on_result=results.append)
    sys.exit(0 if results and results[0].error is None else 1)


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")
def test_a_process_that_was_forked_has_clients_of_its_own(
    move: Move, folder: Path, engine_name: str, aws: LocalAWS, bucket: str
) -> None:
    assert move(uploads(folder)).errors == {}
    child = multiprocessing.get_context("fork").Process(
        target=run_in_child, args=(engine_name, bucket, folder / "f3")
    )
    child.start()
    child.join(30)
    assert child.exitcode == 0
    assert objects(aws, bucket)["from-the-child"] == b"xxx"
    assert move(uploads(folder)).errors == {}


class Left:
    """Something that waits to be collected."""

    collected: ClassVar[list[int]] = []

    def __init__(self) -> None:
        self.itself = self

    def __del__(self) -> None:
        self.collected.append(os.getpid())


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")
def test_a_process_that_was_forked_collects_nothing_of_its_parents() -> None:
    def collect() -> None:
        gc.collect()
        assert not Left.collected

    gc.collect()
    gc.disable()
    try:
        Left()
        child = multiprocessing.get_context("fork").Process(target=collect)
        child.start()
        child.join(30)
    finally:
        gc.enable()
    assert child.exitcode == 0
    gc.collect()
    assert Left.collected == [os.getpid()]


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_certificate(tmp_path_factory.mktemp("tls"))


def test_over_tls_with_the_certificates_that_boto3_is_given(
    engine_name: str,
    move: Move,
    folder: Path,
    tmp_path: Path,
    aws: LocalAWS,
    bucket: str,
    certificate: Path,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    port = free_port()
    upstream = aws.endpoint_url.rpartition(":")[2]
    both = str(certificate.with_name("both.pem"))
    command = [sys.executable, "-m", "tests.faultproxy", str(port), upstream, "--tls", both]
    with process(
        command,
        folder=tmp_path / "proxy",
        env={"PYTHONPATH": str(ROOT)},
        ready=lambda: listens(port),
    ):
        settings.AWS = aws.settings | {
            "endpoint_url": f"https://127.0.0.1:{port}",
        }
        begun = time.monotonic()
        untrusted = move(uploads(folder))
        assert time.monotonic() - begun < 10
        assert all(isinstance(result.error, NetworkError) for result in untrusted.results)
        assert all("certificate" in str(result.error) for result in untrusted.results)
        assert list(untrusted.errors.values()) == ["UntrustedCertificate"] * 5
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
        settings.AWS = settings.AWS | {"region": "us-east-1", "regions": ["us-east-1"]}
        assert move(uploads(folder)).errors == {}
    assert objects(aws, bucket) == files(folder)


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_a_host_that_does_not_exist_is_told_soon(
    move: Move, folder: Path, aws: LocalAWS, settings: Settings
) -> None:
    settings.AWS = aws.settings | {"endpoint_url": "http://no-such-host.invalid"}
    begun = time.monotonic()
    outcome = move(uploads(folder))
    assert time.monotonic() - begun < 10
    assert len(outcome.errors) == 5
    assert all(isinstance(result.error, NetworkError) for result in outcome.results)
    assert all("no-such-host.invalid" in str(result.error) for result in outcome.results)


def test_certificates_that_are_not_there_are_told_soon(
    move: Move, folder: Path, aws: LocalAWS, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = time.monotonic()
    errors = []
    with socket.create_server(("127.0.0.1", 0)) as listener, monkeypatch.context() as environ:
        port = listener.getsockname()[1]
        settings.AWS = aws.settings | {"endpoint_url": f"https://127.0.0.1:{port}"}
        environ.setenv("REQUESTS_CA_BUNDLE", str(folder / "nowhere.pem"))
        try:
            errors += [result.error for result in move(uploads(folder)).results]
        except NetworkError as error:
            errors.append(error)
    assert errors
    assert time.monotonic() - begun < 10
    assert all(isinstance(error, NetworkError) for error in errors)
    assert all("nowhere.pem" in str(error) for error in errors)


def test_a_process_that_gives_no_credentials_is_told_soon(
    move: Move,
    folder: Path,
    aws: LocalAWS,
    settings: Settings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    profile = tmp_path / "config"
    profile.write_text("[profile p]\ncredential_process = false\n")
    settings.AWS = {"endpoint_url": aws.endpoint_url, "region": "us-east-1", "profile": "p"}
    begun = time.monotonic()
    errors = []
    with monkeypatch.context() as environ:
        environ.setenv("AWS_CONFIG_FILE", str(profile))
        try:
            errors += [result.error for result in move(uploads(folder)).results]
        except CredentialsError as error:
            errors.append(error)
    assert time.monotonic() - begun < 10
    assert errors
    assert all(isinstance(error, CredentialsError) for error in errors)
