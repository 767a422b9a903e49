"""An interrupt ends a run within seconds, with a result for every task and nothing left behind."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from philo_aws.s3.engine import INTERRUPTED, Download, Result, Task, create
from philo_aws.s3.engine import run as engine_run
from tests.servers import LocalAWS

from .conftest import FaultProxy, objects, options_for, upload

pytestmark = pytest.mark.aws_servers("ministack")

MIB = 1024 * 1024


def interrupt_when(condition: threading.Event) -> threading.Thread:
    """Press Ctrl-C once `condition` is there."""

    def press() -> None:
        assert condition.wait(20)
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)

    thread = threading.Thread(target=press)
    thread.start()
    return thread


def test_small_uploads_end_and_every_task_has_its_result(
    engine_name: str,
    tmp_path: Path,
    aws: LocalAWS,
    bucket: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # However slow the server is just now: of what is broken off nobody knows what it has.
    monkeypatch.setattr(engine_run, "GRACE", 60)
    path = tmp_path / "f"
    path.write_bytes(b"x" * 100)
    some = threading.Event()
    pulled: list[str] = []
    results: list[Result] = []

    def tasks() -> Iterator[Task]:
        for number in range(1_000_000):
            pulled.append(f"k{number}")
            yield upload(pulled[-1], path)

    def on_result(result: Result) -> None:
        results.append(result)
        if len(results) == 50:
            some.set()

    thread = interrupt_when(some)
    with pytest.raises(KeyboardInterrupt):
        create(options_for(engine_name, bucket)).run(tasks(), on_result=on_result)
    thread.join()
    done = {r.task.key for r in results if r.error is None}
    assert len(results) == len({r.task.key for r in results})
    assert {r.error.code for r in results if r.error} == {INTERRUPTED}
    # The task that was being pulled may have been one too many.
    assert len(pulled) - len(results) in (0, 1)
    assert objects(aws, bucket).keys() == done


@pytest.mark.parametrize("presses", [1, 2])
def test_a_large_upload_is_aborted_at_the_store(
    engine_name: str, proxy: FaultProxy, tmp_path: Path, aws: LocalAWS, bucket: str, presses: int
) -> None:
    path = tmp_path / "f"
    path.write_bytes(os.urandom(40 * MIB))
    proxy.set({"do": "slow", "pause": 2.5, "method": "PUT"})
    results: list[Result] = []
    pressed: list[float] = []

    def press() -> None:
        proxy.wait_for_requests(3)
        pressed.append(time.monotonic())
        for _ in range(presses):
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
            time.sleep(0.3)

    thread = threading.Thread(target=press)
    thread.start()
    options = options_for(engine_name, bucket, part_size=5 * MIB, max_concurrency=2)
    with pytest.raises(KeyboardInterrupt):
        create(options).run([upload("f", path)], on_result=results.append)
    ended = time.monotonic()
    thread.join()
    assert ended - pressed[0] < 15
    assert [r.error.code for r in results if r.error] == [INTERRUPTED]
    assert "Uploads" not in aws.client("s3").list_multipart_uploads(Bucket=bucket)
    assert objects(aws, bucket) == {}


def test_a_large_download_leaves_the_old_file_and_nothing_else(
    engine_name: str, proxy: FaultProxy, tmp_path: Path, aws: LocalAWS, bucket: str
) -> None:
    aws.client("s3").put_object(Bucket=bucket, Key="f", Body=os.urandom(40 * MIB))
    (tmp_path / "f").write_bytes(b"old")
    proxy.set({"do": "slow", "pause": 2.5, "method": "GET"})
    results: list[Result] = []

    def press() -> None:
        proxy.wait_for_requests(3)
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)

    thread = threading.Thread(target=press)
    thread.start()
    options = options_for(engine_name, bucket, part_size=5 * MIB, max_concurrency=2)
    task = Download(key="f", path=str(tmp_path / "f"), size=40 * MIB)
    with pytest.raises(KeyboardInterrupt):
        create(options).run([task], on_result=results.append)
    thread.join()
    assert [r.error.code for r in results if r.error] == [INTERRUPTED]
    assert (tmp_path / "f").read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["f"]


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """The order of things is the same in less time."""
    monkeypatch.setattr(engine_run, "GRACE", 0.5)
    monkeypatch.setattr(engine_run, "LAST_GRACE", 1.0)


@pytest.mark.usefixtures("impatient")
def test_an_upload_whose_parts_stand_still_is_aborted_at_the_store(
    engine_name: str, proxy: FaultProxy, tmp_path: Path, aws: LocalAWS, bucket: str
) -> None:
    path = tmp_path / "f"
    path.write_bytes(os.urandom(20 * MIB))
    proxy.set({"do": "stall", "pause": 20, "method": "PUT"})
    results = until_interrupted(engine_name, proxy, bucket, upload("f", path))
    assert [r.error.code for r in results if r.error] == [INTERRUPTED]
    assert "Uploads" not in aws.client("s3").list_multipart_uploads(Bucket=bucket)


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("size", [100, 20 * MIB], ids=["small", "large"])
def test_a_download_that_stands_still_leaves_the_old_file_and_nothing_else(
    engine_name: str, proxy: FaultProxy, tmp_path: Path, aws: LocalAWS, bucket: str, size: int
) -> None:
    aws.client("s3").put_object(Bucket=bucket, Key="f", Body=os.urandom(size))
    (tmp_path / "f").write_bytes(b"old")
    # Of a large object the first part comes, and some of those after it are asked for.
    first = {"do": "slow", "times": int(size > MIB), "method": "GET"}
    proxy.set(first, {"do": "stall", "pause": 20, "method": "GET"})
    task = Download(key="f", path=str(tmp_path / "f"), size=size)
    results = until_interrupted(engine_name, proxy, bucket, task, 3 if size > MIB else 1)
    assert [r.error.code for r in results if r.error] == [INTERRUPTED]
    assert (tmp_path / "f").read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["f"]


def until_interrupted(
    name: str, proxy: FaultProxy, bucket: str, task: Task, faults: int = 1
) -> list[Result]:
    """Run `task`, which stands still, and press Ctrl-C when the proxy has done so much."""
    results: list[Result] = []

    def press() -> None:
        proxy.wait_for(lambda report: sum(report["done"]) >= faults)
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)

    thread = threading.Thread(target=press)
    thread.start()
    options = options_for(name, bucket, part_size=5 * MIB, max_concurrency=2)
    begun = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        create(options).run([task], on_result=results.append)
    thread.join()
    assert time.monotonic() - begun < 8
    return results
