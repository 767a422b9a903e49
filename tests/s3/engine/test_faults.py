"""Both engines on bad days: every fault ends in the same bytes, or in an honest report."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings
from urllib3 import HTTPResponse

from philo_aws import patience
from philo_aws.exceptions import InvalidRequestError, NetworkError, ThrottledError
from philo_aws.s3.engine import Download, Result, Task, create
from tests.servers import LocalAWS, free_port

from .conftest import FaultProxy, Move, downloads, files, objects, options_for, upload, uploads

pytestmark = pytest.mark.aws_servers("ministack")

MIB = 1024 * 1024

FAULTS: dict[str, dict[str, Any]] = {
    "500": {"do": "status", "status": 500, "code": "InternalError"},
    "503": {"do": "status", "status": 503, "code": "SlowDown"},
    "429": {"do": "status", "status": 429, "code": "TooManyRequests"},
    "408": {"do": "status", "status": 408, "code": "RequestTimeout"},
    "409": {"do": "status", "status": 409, "code": "OperationAborted"},
    "reset": {"do": "reset"},
    "reset_after": {"do": "reset_after"},
    "truncate": {"do": "truncate"},
    "damage": {"do": "damage"},
    "damage_sent": {"do": "damage_sent"},
    "stall": {"do": "stall", "pause": 30},
}


TO_UPLOADS = [kind for kind in FAULTS if kind not in ("damage", "truncate")]
TO_DOWNLOADS = [kind for kind in FAULTS if kind != "damage_sent"]


def impatient(settings: Settings) -> None:
    settings.AWS = settings.AWS | {"timeouts": {"commands": {"connect": 1, "read": 1}}}


def fill(folder: Path, count: int) -> Path:
    folder.mkdir()
    for number in range(count):
        (folder / f"f{number:04}").write_bytes(b"%d-" % number * (number % 200 * 5))
    return folder


def check_uploads(move: Move, proxy: FaultProxy, folder: Path, aws: LocalAWS, bucket: str) -> None:
    outcome = move(uploads(folder))
    assert outcome.errors == {}
    assert all(proxy.report()["done"]), proxy.report()
    assert outcome.moved == sum(map(len, files(folder).values()))
    assert objects(aws, bucket) == files(folder)


def check_downloads(
    move: Move, proxy: FaultProxy, folder: Path, aws: LocalAWS, bucket: str
) -> None:
    back = folder.with_name("back")
    outcome = move(downloads(aws, bucket, back))
    assert outcome.errors == {}
    assert all(proxy.report()["done"]), proxy.report()
    assert files(back) == files(folder)


def test_uploads_survive_every_fault(
    move: Move,
    proxy: FaultProxy,
    tmp_path: Path,
    aws: LocalAWS,
    bucket: str,
    settings: Settings,
) -> None:
    impatient(settings)
    folder = fill(tmp_path / "source", 150)
    proxy.set(*(FAULTS[kind] | {"method": "PUT", "share": 0.05} for kind in TO_UPLOADS))
    check_uploads(move, proxy, folder, aws, bucket)


def test_downloads_survive_every_fault(
    move: Move,
    proxy: FaultProxy,
    tmp_path: Path,
    aws: LocalAWS,
    bucket: str,
    settings: Settings,
) -> None:
    folder = fill(tmp_path / "source", 150)
    assert move(uploads(folder)).errors == {}
    impatient(settings)
    proxy.set(
        *(
            FAULTS[kind] | {"method": "GET", "path": f"/{bucket}/f", "share": 0.05}
            for kind in TO_DOWNLOADS
        )
    )
    check_downloads(move, proxy, folder, aws, bucket)


@pytest.mark.slow
@pytest.mark.parametrize("kind", TO_UPLOADS)
def test_two_thousand_uploads_survive(
    move: Move,
    proxy: FaultProxy,
    tmp_path: Path,
    aws: LocalAWS,
    bucket: str,
    kind: str,
    settings: Settings,
) -> None:
    if kind == "stall":
        impatient(settings)
    folder = fill(tmp_path / "source", 2000)
    proxy.set(FAULTS[kind] | {"method": "PUT", "share": 0.1})
    check_uploads(move, proxy, folder, aws, bucket)


@pytest.mark.slow
@pytest.mark.parametrize("kind", TO_DOWNLOADS)
def test_two_thousand_downloads_survive(
    move: Move,
    proxy: FaultProxy,
    tmp_path: Path,
    aws: LocalAWS,
    bucket: str,
    kind: str,
    settings: Settings,
) -> None:
    folder = fill(tmp_path / "source", 2000)
    assert move(uploads(folder)).errors == {}
    if kind == "stall":
        impatient(settings)
    proxy.set(FAULTS[kind] | {"method": "GET", "path": f"/{bucket}/f", "share": 0.1})
    check_downloads(move, proxy, folder, aws, bucket)


def once(kind: str, method: str, path: str = "") -> dict[str, Any]:
    return FAULTS[kind] | {"method": method, "path": path, "times": 1}


def test_parts_survive_and_none_is_left_behind(
    move: Move, proxy: FaultProxy, tmp_path: Path, aws: LocalAWS, bucket: str
) -> None:
    (tmp_path / "f").write_bytes(os.urandom(11 * MIB))
    kinds = ("500", "429", "408", "reset", "reset_after", "damage_sent")
    proxy.set(*(once(kind, "PUT", "partNumber") for kind in kinds))
    assert move([upload("f", tmp_path / "f")], part_size=5 * MIB).errors == {}
    assert proxy.report()["done"] == [1] * len(kinds)
    assert objects(aws, bucket)["f"] == (tmp_path / "f").read_bytes()
    assert "Uploads" not in aws.client("s3").list_multipart_uploads(Bucket=bucket)


def test_begin_and_end_of_a_multipart_upload_survive(
    move: Move, proxy: FaultProxy, tmp_path: Path, aws: LocalAWS, bucket: str
) -> None:
    (tmp_path / "f").write_bytes(os.urandom(6 * MIB))
    kinds = ("429", "409", "reset", "truncate")
    proxy.set(
        *(once(kind, "POST", "uploads") for kind in kinds),
        *(once(kind, "POST", "uploadId") for kind in kinds),
    )
    assert move([upload("f", tmp_path / "f")], part_size=5 * MIB).errors == {}
    assert proxy.report()["done"] == [1] * len(kinds) * 2
    assert objects(aws, bucket)["f"] == (tmp_path / "f").read_bytes()


def test_large_downloads_survive(
    move: Move, proxy: FaultProxy, tmp_path: Path, aws: LocalAWS, bucket: str
) -> None:
    body = os.urandom(11 * MIB)
    aws.client("s3").put_object(Bucket=bucket, Key="f", Body=body, ChecksumAlgorithm="CRC64NVME")
    (tmp_path / "f").write_bytes(b"old")
    kinds = ("500", "429", "408", "reset", "truncate", "damage")
    proxy.set(*(once(kind, "GET") for kind in kinds))
    task = Download(key="f", path=str(tmp_path / "f"), size=11 * MIB)
    outcome = move([task], part_size=5 * MIB)
    assert outcome.errors == {}
    assert outcome.moved == 11 * MIB
    assert proxy.report()["done"] == [1] * len(kinds)
    assert (tmp_path / "f").read_bytes() == body
    assert os.listdir(tmp_path) == ["f"]


@pytest.mark.parametrize("seconds", [3, pytest.param(30, marks=pytest.mark.slow)])
def test_a_storm_of_slow_down_ends_without_failures(
    move: Move, proxy: FaultProxy, tmp_path: Path, aws: LocalAWS, bucket: str, seconds: int
) -> None:
    folder = fill(tmp_path / "source", 200)
    proxy.set(FAULTS["503"] | {"method": "PUT", "seconds": seconds})
    outcome = move(uploads(folder))
    assert outcome.errors == {}
    # Without the falling window there would be thousands.
    assert 0 < proxy.report()["done"][0] < 400
    assert len(objects(aws, bucket)) == 200


@pytest.mark.parametrize("attempts", [1, 3])
@pytest.mark.parametrize("size", [100, 6 * MIB], ids=["small", "large"])
@pytest.mark.parametrize("way", ["up", "down"])
def test_every_request_is_sent_as_often_as_the_settings_say(
    move: Move,
    proxy: FaultProxy,
    tmp_path: Path,
    aws: LocalAWS,
    bucket: str,
    settings: Settings,
    attempts: int,
    size: int,
    way: str,
) -> None:
    settings.AWS = settings.AWS | {"timeouts": {"commands": {"max_attempts": attempts}}}
    (tmp_path / "f").write_bytes(os.urandom(size))
    task: Task = upload("f", tmp_path / "f")
    if way == "down":
        aws.client("s3").upload_file(str(tmp_path / "f"), bucket, "f")
        task = Download(key="f", path=str(tmp_path / "f"), size=size)
    # One part's only, where there are several: awscrt lets the others go then.
    path = "partNumber=2" if (way, size > MIB) == ("up", True) else "/f"
    proxy.set(FAULTS["429"] | {"method": "GET" if way == "down" else "PUT", "path": path})
    outcome = move([task], part_size=8 * MIB if way == "down" else 5 * MIB)
    assert outcome.errors == {"f": "TooManyRequests"}
    assert proxy.report()["done"] == [attempts]


def test_what_awscrt_sends_again_by_itself_has_an_end(
    proxy: FaultProxy, tmp_path: Path, bucket: str, settings: Settings
) -> None:
    settings.AWS = settings.AWS | {"timeouts": {"commands": {"max_attempts": 1}}}
    (tmp_path / "f").write_bytes(b"x")
    proxy.set(FAULTS["503"])
    results: list[Result] = []
    engine = create(options_for("crt", bucket))
    engine.run([upload("f", tmp_path / "f")], on_result=results.append)
    assert [result.attempts for result in results] == [1]
    # It has no setting for it: five more of a 500, a 503 and a connection that broke off.
    assert 1 <= proxy.report()["requests"] <= 6


@pytest.mark.parametrize("seconds", [3, pytest.param(30, marks=pytest.mark.slow)])
def test_a_storm_of_everything_ends_without_failures(
    move: Move, proxy: FaultProxy, tmp_path: Path, aws: LocalAWS, bucket: str, seconds: int
) -> None:
    folder = fill(tmp_path / "source", 100)
    kinds = ("reset", "429", "408", "409")
    storm = {"method": "PUT", "seconds": seconds}
    # Each takes its part of what the ones before let pass: every request meets one of the four.
    shares = (0.25, 1 / 3, 0.5, 1.0)
    proxy.set(*(FAULTS[k] | storm | {"share": s} for k, s in zip(kinds, shares, strict=True)))
    assert move(uploads(folder)).errors == {}
    assert all(proxy.report()["done"]), proxy.report()
    assert len(objects(aws, bucket)) == 100


def test_a_fault_that_stays_is_told_with_its_code(
    move: Move,
    proxy: FaultProxy,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    short = patience.Patience(attempts=2, seconds=0.5, unreachable=0.5, silence=60)
    monkeypatch.setitem(patience.PATIENCE, "commands", short)
    folder = fill(tmp_path / "source", 20)
    proxy.set(FAULTS["429"] | {"method": "PUT", "path": "/f0007"})
    outcome = move(uploads(folder))
    assert outcome.errors == {"f0007": "TooManyRequests"}
    assert isinstance(outcome.of("f0007").error, ThrottledError)
    assert outcome.of("f0007").request_id == "R1"
    assert outcome.of("f0007").attempts >= 2


def test_an_endpoint_that_is_not_there_ends_soon(
    move: Move,
    tmp_path: Path,
    aws: LocalAWS,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    short = patience.Patience(attempts=2, seconds=60, unreachable=0.5, silence=60)
    monkeypatch.setitem(patience.PATIENCE, "commands", short)
    settings.AWS = aws.settings | {"endpoint_url": f"http://127.0.0.1:{free_port()}"}
    impatient(settings)
    folder = fill(tmp_path / "source", 1000)
    outcome = move(uploads(folder))
    assert len(outcome.results) == 1000
    assert all(isinstance(result.error, NetworkError) for result in outcome.results)
    # Most were not even tried.
    assert sum(result.attempts == 0 for result in outcome.results) > 300


def test_a_proxy_that_is_not_there_ends_soon(
    tmp_path: Path, bucket: str, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    short = patience.Patience(attempts=2, seconds=60, unreachable=0.5, silence=60)
    monkeypatch.setitem(patience.PATIENCE, "commands", short)
    impatient(settings)
    # The proxy's own environment variable; nothing but a new client reads it.
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{free_port()}")
    monkeypatch.setenv("NO_PROXY", "")
    results: list[Result] = []
    engine = create(options_for("classic", bucket))
    engine.run(uploads(fill(tmp_path / "source", 1000)), on_result=results.append)
    assert len(results) == 1000
    assert all(isinstance(result.error, NetworkError) for result in results)
    assert sum(result.attempts == 0 for result in results) > 300


def test_headers_that_cannot_be_sent_are_no_trouble_of_the_network(
    tmp_path: Path, bucket: str
) -> None:
    (tmp_path / "f").write_bytes(b"x")
    task = replace(upload("k", tmp_path / "f"), headers={"x-amz-meta-a b": "x"})
    results: list[Result] = []
    create(options_for("crt", bucket)).run([task], on_result=results.append)
    (result,) = results
    assert isinstance(result.error, InvalidRequestError)
    assert result.attempts == 1
    assert "headers of 'k'" in str(result.error)


@pytest.fixture
def uncollected() -> Iterator[None]:
    """Leave the garbage of the test as it is."""
    gc.disable()
    yield
    gc.enable()


def open_answers(path: str) -> list[HTTPResponse]:
    """The answers for `path` that hold their connection, also those that nothing can reach."""
    answers = [found for found in gc.get_objects() if type(found) is HTTPResponse]
    return [found for found in answers if path in (found.geturl() or "") and not found.closed]


@pytest.mark.usefixtures("uncollected")
def test_a_part_tried_again_does_not_stay_open_when_another_fails(
    proxy: FaultProxy,
    tmp_path: Path,
    aws: LocalAWS,
    bucket: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    short = patience.Patience(attempts=1, seconds=0, unreachable=0, silence=60)
    monkeypatch.setitem(patience.PATIENCE, "commands", short)
    body = os.urandom(10 * MIB)
    aws.client("s3").put_object(Bucket=bucket, Key="f", Body=body)
    # One part breaks and is asked for again, however long that takes; as soon as it is, the other
    # fails, and the second answer is not there yet.
    fails = {"do": "stall", "until": len(("HEAD", "GET", "GET", "GET"))}
    faults = (FAULTS["truncate"], fails, {"do": "slow", "pause": 5})
    proxy.set(*(fault | {"method": "GET", "times": 1} for fault in faults))
    task = Download(key="f", path=str(tmp_path / "f"), size=len(body))
    results: list[Result] = []
    engine = create(options_for("classic", bucket, part_size=5 * MIB))
    engine.run([task], on_result=results.append)
    assert [isinstance(result.error, NetworkError) for result in results] == [True]
    assert proxy.report()["methods"] == {"HEAD": 1, "GET": 3}
    assert open_answers(f"/{bucket}/f") == []
