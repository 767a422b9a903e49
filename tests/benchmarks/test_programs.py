"""The benchmark's programs in Rust, by counts and lower bounds: a busy machine keeps no others."""

from __future__ import annotations

import http.client
import shutil
import subprocess
import threading
import time
from pathlib import Path

import pytest

from benchmarks.material import BUCKET, complete, tree
from benchmarks.programs import MANY_FILES, build, sink, stats
from tests.servers import LocalAWS

pytestmark = pytest.mark.skipif(
    shutil.which("rustc") is None, reason="there is no Rust compiler for the sink and the floor"
)
MB = 1_000_000
CATCH_UP = 0.010
"""Seconds for which a link that stood idle may carry more."""


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of both programs."""
    folder = tmp_path_factory.mktemp("programs")
    assert build("s3sink", folder)
    assert build("floor", folder)
    return folder


def connect(aws: LocalAWS) -> http.client.HTTPConnection:
    return http.client.HTTPConnection(aws.endpoint_url.removeprefix("http://"), timeout=60)


def ask(
    aws: LocalAWS, method: str, path: str, body: bytes = b"", times: int = 1, status: int = 200
) -> int:
    """How many bytes all answers on one connection have."""
    connection = connect(aws)
    count = 0
    try:
        for _ in range(times):
            connection.request(method, path, body or None)
            answer = connection.getresponse()
            assert answer.status == status
            count += len(answer.read())
    finally:
        connection.close()
    return count


def floor(programs: Path, action: str, folder: Path, url: str) -> subprocess.CompletedProcess[str]:
    command = [*MANY_FILES, str(programs / "floor"), action, str(folder), url, "8"]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_without_a_delay_none_is_counted(programs: Path) -> None:
    with sink(programs / "s3sink") as aws:
        ask(aws, "PUT", f"/{BUCKET}/key", b"body")
        found = stats(aws)
    assert (found["requests"], found["puts"], found["bytes"]) == (1, 1, 4)
    assert found["delay_us_max"] == 0


def test_copies_are_answered_as_s3_does(programs: Path) -> None:
    with sink(programs / "s3sink") as aws:
        client = aws.client("s3")
        source = {"Bucket": BUCKET, "Key": "a"}
        whole = client.copy_object(Bucket=BUCKET, Key="b", CopySource=source)
        part = client.upload_part_copy(
            Bucket=BUCKET,
            Key="b",
            CopySource=source,
            PartNumber=1,
            UploadId="u1",
        )
        found = stats(aws)
    assert whole["CopyObjectResult"]["ETag"] == part["CopyPartResult"]["ETag"]
    assert (found["requests"], found["puts"]) == (2, 2)


def test_everything_is_there_but_what_is_below_absent(programs: Path) -> None:
    with sink(programs / "s3sink") as aws:
        assert ask(aws, "HEAD", f"/{BUCKET}/key", times=2) == 0
        assert ask(aws, "HEAD", f"/{BUCKET}/absent/key", times=2, status=404) == 0


def test_no_answer_is_earlier_than_the_delay(programs: Path) -> None:
    with sink(programs / "s3sink", delay=20) as aws:
        started = time.monotonic()
        ask(aws, "GET", f"/{BUCKET}/key", times=5)
        assert time.monotonic() - started >= 5 * 0.020
        found = stats(aws)
    assert found["requests"] == 5
    assert found["delay_us_min"] >= 20_000


def test_requests_wait_beside_each_other(programs: Path) -> None:
    count = 300
    with sink(programs / "s3sink", delay=2000) as aws:
        connections = [connect(aws) for _ in range(count)]
        for connection in connections:
            connection.request("GET", f"/{BUCKET}/key")
        assert all(connection.getresponse().status == 200 for connection in connections)
        for connection in connections:
            connection.close()
        found = stats(aws)
    assert found["requests"] == count
    assert found["connections_at_once"] >= count
    # In turns there would be one, and the test would take ten minutes.
    assert found["requests_at_once"] > 1


@pytest.mark.parametrize("direction", ["up", "down"])
def test_a_connection_carries_no_more_than_its_bandwidth(programs: Path, direction: str) -> None:
    size = 4 * MB
    with sink(programs / "s3sink", bytes_per_second=10 * MB) as aws:
        started = time.monotonic()
        if direction == "up":
            ask(aws, "PUT", f"/{BUCKET}/key", bytes(size))
        else:
            assert ask(aws, "GET", f"/{BUCKET}/size-{size}") == size
        assert time.monotonic() - started >= size / (10 * MB) - CATCH_UP


def test_connections_do_not_share_the_bandwidth(programs: Path) -> None:
    count, size = 64, MB
    with sink(programs / "s3sink", bytes_per_second=MB) as aws:
        target = f"/{BUCKET}/size-{size}"
        threads = [threading.Thread(target=ask, args=(aws, "GET", target)) for _ in range(count)]
        started = time.monotonic()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        took = time.monotonic() - started
    # Each of them takes a second; sharing it they would take 64, which no busy machine does.
    assert size / MB - CATCH_UP <= took < count * size / MB


def test_the_floor_sends_and_fetches_every_file(programs: Path, tmp_path: Path) -> None:
    count = 250
    root = tree(tmp_path / "tree", count)
    with sink(programs / "s3sink", count) as aws:
        url = f"{aws.endpoint_url}/{BUCKET}"
        assert floor(programs, "put", root, url).stdout == f"{count} files\n"
        assert stats(aws)["puts"] == count
        assert stats(aws)["bytes"] == count * 4096
        assert floor(programs, "get", tmp_path / "out", url).stdout == f"{count} files\n"
    complete(tmp_path / "out", count)
    with pytest.raises(SystemExit, match="250 files, and not all 251"):
        complete(tmp_path / "out", count + 1)


def test_the_floor_fails_where_an_answer_is_not_200(
    programs: Path, tmp_path: Path, ministack: LocalAWS
) -> None:
    root = tree(tmp_path / "tree", 1)
    answer = floor(programs, "put", root, f"{ministack.endpoint_url}/no-such-bucket")
    assert answer.returncode == 1
    assert "404" in answer.stderr
    assert "is not 200" in answer.stderr
