"""Whether a consumer is well, as a probe and a person see it."""

from __future__ import annotations

import json
import os
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from philo_aws import sqs
from philo_aws.exceptions import UsageError
from philo_aws.sqs.consumer import Message, polling, run
from philo_aws.sqs.consumer.health import HealthFile, HealthPage, metrics
from philo_aws.sqs.consumer.run import DRAINED, Life
from tests.sqs.consumer.conftest import Consume, wait_for
from tests.sqs.proxy import Call, Forward, Proxy, Reply, refusal


def fetched(port: int, path: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def test_the_page_says_how_it_is() -> None:
    state = {
        "healthy": True,
        "running": 1,
        "waiting": 2,
        "held": 3,
        "figures": {"done": 7},
        "queues": {},
    }
    page = HealthPage(0, lambda: state)
    try:
        assert fetched(page.port, "/healthz") == (200, json.dumps(state) + "\n")
        status, text = fetched(page.port, "/metrics")
        assert status == 200
        assert "philo_aws_consumer_done_total 7\n" in text
        assert "# TYPE philo_aws_consumer_held gauge\nphilo_aws_consumer_held 3\n" in text
        assert fetched(page.port, "/other")[0] == 404
        state["healthy"] = False
        assert fetched(page.port, "/healthz")[0] == 503
        assert "philo_aws_consumer_healthy 0\n" in metrics(state)
    finally:
        page.close()


def test_a_port_that_is_taken_is_an_error() -> None:
    page = HealthPage(0, dict)
    try:
        with pytest.raises(UsageError, match=rf"port {page.port} .* in use"):
            HealthPage(page.port, dict)
    finally:
        page.close()
    with pytest.raises(UsageError, match="health_port is 99999"):
        HealthPage(99_999, dict)


def test_the_file_is_touched_while_all_is_well(tmp_path: Path) -> None:
    path = tmp_path / "health"
    file = HealthFile(str(path))
    file.touch(well=False)
    assert not path.exists()
    file.touch(well=True)
    os.utime(path, (0, 0))
    file.touch(well=False)
    assert path.stat().st_mtime == 0
    file.touch(well=True)
    assert path.stat().st_mtime > 0
    file.remove()
    file.remove()
    assert not path.exists()


def test_a_file_that_cannot_be_is_told_at_the_start(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        HealthFile(str(tmp_path / "none" / "health")).touch(well=True)


@pytest.mark.aws_servers("ministack")
def test_a_long_handler_is_well_and_a_queue_that_does_not_answer_is_not(
    queue_url: str,
    proxy: Proxy,
    consume: Consume,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(polling, "_LONGEST_PAUSE", 0.3)
    monkeypatch.setattr(run, "SILENT_FOR", 1.0)
    monkeypatch.setattr(run, "TOUCHED_EVERY", 0.05)
    monkeypatch.setattr(run, "WATCHED_EVERY", 0.05)
    begun, go = threading.Event(), threading.Event()

    def handle(message: Message) -> None:
        begun.set()
        go.wait(60)

    path = tmp_path / "health"
    sqs.send_message(queue_url, "1")
    life = Life(health_file=str(path))
    running = consume({queue_url: handle}, life, concurrency=2)
    assert begun.wait(20)
    os.utime(path, (0, 0))
    assert wait_for(lambda: path.stat().st_mtime > 0)
    assert running.consumer.is_healthy

    def refuse(call: Call, forward: Forward) -> Reply:
        return refusal("InternalError", 500)

    proxy.behaviour = refuse
    assert wait_for(lambda: not running.consumer.is_healthy)
    time.sleep(0.1)  # one that was just about to touch it
    os.utime(path, (0, 0))
    touched_before = running["receive_errors"]
    assert wait_for(lambda: running["receive_errors"] > touched_before)
    assert path.stat().st_mtime == 0
    proxy.behaviour = lambda call, forward: forward()
    assert wait_for(lambda: path.stat().st_mtime > 0)
    go.set()
    assert wait_for(lambda: running["acknowledged"] == 1)
    assert running.stop() == DRAINED
    assert not path.exists()
