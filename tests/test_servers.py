"""The harness itself: no server may outlive the tests."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.running import ROOT
from tests.servers import HOST, ServerError, free_port, process

START_AND_WAIT = """
import sys
from pathlib import Path
from tests.servers import answers_http, process
port = int(sys.argv[1])
command = [sys.executable, "-m", "http.server", "--bind", "127.0.0.1", sys.argv[1]]
with process(command, folder=Path(sys.argv[2]), ready=lambda: answers_http(port)):
    print("ready", flush=True)
    sys.stdin.read()
"""


def test_a_server_ends_when_its_tests_are_killed(tmp_path: Path) -> None:
    port = free_port()
    with subprocess.Popen(
        [sys.executable, "-c", START_AND_WAIT, str(port), str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=ROOT,
    ) as tests:
        assert tests.stdout is not None
        assert tests.stdout.readline() == b"ready\n"
        with socket.create_connection((HOST, port), timeout=20) as to_server:
            os.kill(tests.pid, signal.SIGKILL)
            # The server closes an idle connection only by ending, with a reset when it had not
            # accepted it yet; a server that lives on is a timeout here.
            with contextlib.suppress(ConnectionResetError):
                assert to_server.recv(1) == b""


def test_a_server_that_cannot_start_is_reported_with_its_log(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "import sys; sys.exit('no room at the inn')"]
    with (
        pytest.raises(ServerError, match="exit code 1:\nno room at the inn"),
        process(command, folder=tmp_path, ready=lambda: False),
    ):
        pass
