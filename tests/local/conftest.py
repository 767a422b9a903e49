from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterator

import pytest

from philo_aws import local
from tests import servers

PATIENCE = 15.0


@pytest.fixture
def plain() -> Iterator[Callable[[local.LocalAWS], servers.LocalAWS]]:
    """Gives an embedded AWS as boto3 sees it, without philo_aws."""
    with contextlib.ExitStack() as stack:

        def see(aws: local.LocalAWS) -> servers.LocalAWS:
            seen = servers.LocalAWS(
                name="local", endpoint_url=aws.endpoint_url, credentials=aws.credentials
            )
            stack.callback(seen.close)
            return seen

        yield see


@pytest.fixture
def await_end() -> Callable[[int], None]:
    """Waits until a process that is not our child is gone."""

    def wait(pid: int) -> None:
        deadline = time.monotonic() + PATIENCE
        while is_running(pid):
            assert time.monotonic() < deadline, f"process {pid} still runs"
            time.sleep(0.01)

    return wait


def is_running(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):  # it ended before, or while, it was read
        pass
    if os.path.isdir("/proc/self"):
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
