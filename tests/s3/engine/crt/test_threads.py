"""Python's state of awscrt's threads."""

from __future__ import annotations

import ctypes
import threading
from collections import OrderedDict, defaultdict
from pathlib import Path
from typing import Any

import pytest

from philo_aws.s3.engine import Download, Result, create
from philo_aws.s3.engine.crt import attempts as crt_attempts
from philo_aws.s3.engine.crt import client as crt_client
from tests.servers import LocalAWS

from ..conftest import options_for, upload

pytestmark = pytest.mark.aws_servers("ministack")

api = ctypes.pythonapi
api.PyThreadState_Get.restype = ctypes.c_void_p
api.PyThreadState_GetID.restype = ctypes.c_uint64
api.PyThreadState_GetID.argtypes = [ctypes.c_void_p]


def test_every_callback_of_a_thread_finds_the_same_state(
    aws: LocalAWS, bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    states: defaultdict[int, list[int]] = defaultdict(list)

    def noting(method: Any) -> Any:
        def note(self: Any, *args: Any, **kwargs: Any) -> None:
            states[threading.get_ident()].append(api.PyThreadState_GetID(api.PyThreadState_Get()))
            method(self, *args, **kwargs)

        return note

    for kind, name in (
        (crt_attempts.CrtAttempt, "on_done"),
        (crt_attempts.SmallDownloadAttempt, "on_body"),
    ):
        monkeypatch.setattr(kind, name, noting(getattr(kind, name)))
    files = [tmp_path / f"{number}" for number in range(20)]
    for path in files:
        path.write_bytes(b"content")
    results: list[Result] = []
    engine = create(options_for("crt", bucket))
    engine.run([upload(path.name, path) for path in files], on_result=results.append)
    engine.run(
        [Download(key=path.name, path=f"{path}.copy", size=7) for path in files],
        on_result=results.append,
    )
    assert [result.error for result in results] == [None] * 40
    assert sum(len(found) for found in states.values()) >= 60
    # A first callback may have begun before its thread's state was kept.
    assert all(len(set(found[1:])) == 1 for found in states.values()), states


def test_python_still_forgets_its_state_of_a_thread_of_awscrts(
    aws: LocalAWS, bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # When this fails, philo_aws.s3.engine.crt.threads has no reason any more.
    states: defaultdict[int, set[int]] = defaultdict(set)

    def note() -> None:
        states[threading.get_ident()].add(api.PyThreadState_GetID(api.PyThreadState_Get()))

    monkeypatch.setattr(crt_attempts, "keep_state", note)
    # A client of its own, whose threads kept nothing in another test.
    monkeypatch.setattr(crt_client, "_clients", OrderedDict())
    files = [tmp_path / f"{number}" for number in range(5)]
    for path in files:
        path.write_bytes(b"content")
    results: list[Result] = []
    engine = create(options_for("crt", bucket))
    engine.run([upload(path.name, path) for path in files], on_result=results.append)
    assert [result.error for result in results] == [None] * 5
    assert max(len(found) for found in states.values()) > 1, states
