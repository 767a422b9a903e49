"""What others may know of a running consumer: a file that is touched, a page on the loopback."""

from __future__ import annotations

import contextlib
import http.server
import json
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ...arguments import whole_number
from ...exceptions import UsageError

HOST = "127.0.0.1"
"""Where the page is: nobody outside of the machine, or the container, reads it."""
TOUCHED_EVERY = 5.0
"""Seconds between two touches of the file, as long as all is well."""
SILENT_FOR = 45.0
"""Seconds beyond a receive's wait without any answer after which a consumer is not well."""

State = Callable[[], Mapping[str, Any]]


class HealthFile:
    """A file whose time is that of the last moment when all was well.

    A handler that takes long does not make it old; receives that are not answered do.
    """

    def __init__(self, path: str) -> None:
        self._path = Path(path)
        self._said = False

    def touch(self, *, well: bool) -> None:
        """Set the file's time to now, if all is well. Raises :exc:`OSError` the first time."""
        if not well:
            return
        try:
            self._path.touch()
        except OSError:
            if not self._said:
                raise
        self._said = True

    def remove(self) -> None:
        """Take the file away: there is no consumer any more."""
        with contextlib.suppress(OSError):
            self._path.unlink()


class HealthPage:
    """``/healthz`` in JSON, 200 or 503, and ``/metrics`` in the text that Prometheus reads."""

    def __init__(self, port: int, state: State) -> None:
        """Begin to answer at ``port``; 0 takes any.

        Raises :exc:`~philo_aws.exceptions.UsageError` where it cannot be had.
        """
        whole_number("health_port", port, 0, 65_535)

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                answer = _answer(self.path, state())
                status, kind, body = answer
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                with contextlib.suppress(OSError):
                    self.wfile.write(body)

            def log_message(self, *args: Any) -> None:
                """Say nothing of each probe."""

        try:
            self._server = http.server.ThreadingHTTPServer((HOST, port), Handler)
        except OSError as error:
            raise UsageError(
                f"The port {port} of {HOST} cannot be had: {error.strerror}. Give another one."
            ) from error
        self._server.daemon_threads = True
        self.port: int = self._server.server_address[1]
        """The port it has."""
        self._thread = threading.Thread(
            target=self._server.serve_forever, name="philo-aws-health", daemon=True
        )
        self._thread.start()

    def close(self) -> None:
        """End it."""
        self._server.shutdown()
        self._server.server_close()


def _answer(path: str, state: Mapping[str, Any]) -> tuple[int, str, bytes]:
    if path == "/healthz":
        status = 200 if state["healthy"] else 503
        return status, "application/json", (json.dumps(state) + "\n").encode()
    if path == "/metrics":
        return 200, "text/plain; version=0.0.4", metrics(state).encode()
    return 404, "text/plain", b"There are /healthz and /metrics.\n"


def metrics(state: Mapping[str, Any]) -> str:
    """Return the state as Prometheus reads it.

    https://prometheus.io/docs/instrumenting/exposition_formats/
    """
    lines = []
    for name, number in state["figures"].items():
        lines += [
            f"# TYPE philo_aws_consumer_{name}_total counter",
            f"philo_aws_consumer_{name}_total {number}",
        ]
    for name in ("running", "waiting", "held"):
        lines += [
            f"# TYPE philo_aws_consumer_{name} gauge",
            f"philo_aws_consumer_{name} {state[name]}",
        ]
    lines += [
        "# TYPE philo_aws_consumer_healthy gauge",
        f"philo_aws_consumer_healthy {int(state['healthy'])}",
    ]
    return "\n".join(lines) + "\n"
