"""Stores of a few lines, for answers that no server gives, on the loopback address."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from pytest_django import Settings

from tests.servers import HOST, REGION, TEST_CREDENTIALS


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, *args: object) -> None:
        """A client that went away is no news."""


@contextmanager
def answered_by(
    handler: type[BaseHTTPRequestHandler], settings: Settings, **aws: Any
) -> Iterator[None]:
    """Let `handler` answer what `settings.AWS`, with `aws` in it, sends."""
    with _Server((HOST, 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        settings.AWS = {
            "credentials": dict(TEST_CREDENTIALS),
            "region": REGION,
            "endpoint_url": f"http://{HOST}:{server.server_port}",
            **aws,
        }
        try:
            yield
        finally:
            server.shutdown()
            thread.join()
