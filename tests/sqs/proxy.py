"""A loopback proxy before an SQS server: it records the calls, and can answer or change them."""

from __future__ import annotations

import contextlib
import http.client
import json
import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import urlsplit

from tests.servers import LocalAWS


@dataclass(frozen=True)
class Call:
    """One request of the JSON protocol."""

    action: str
    region: str
    body: Any


@dataclass(frozen=True)
class Reply:
    """An answer; a status of 0 closes the connection without one."""

    status: int
    body: Any
    headers: tuple[tuple[str, str], ...] = ()


# Passes the request on, with another body where one is given.
Forward = Callable[..., Reply]
Behaviour = Callable[[Call, Forward], Reply]


def refusal(code: str, status: int = 400, message: str = "No.") -> Reply:
    return Reply(status, {"__type": f"com.amazonaws.sqs#{code}", "message": message})


def pass_on(call: Call, forward: Forward) -> Reply:
    return forward()


@dataclass
class Proxy:
    """What the tests see of it."""

    endpoint_url: str
    behaviour: Behaviour = pass_on
    calls: list[Call] = field(default_factory=list)

    def actions(self, name: str) -> list[Call]:
        return [call for call in self.calls if call.action == name]


@contextlib.contextmanager
def running(upstream: str) -> Iterator[Proxy]:
    target = urlsplit(upstream).netloc

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers["Content-Length"]))
            signed = re.search(r"Credential=[^/]+/\d+/([^/]+)/", self.headers["Authorization"])
            action = self.headers.get("X-Amz-Target", "").partition(".")[2]
            # EC2 and others speak other protocols; nobody here looks into what they say.
            body = json.loads(raw) if action else raw.decode(errors="replace")
            call = Call(action or self.path, signed[1] if signed else "", body)
            proxy.calls.append(call)
            self.reply(proxy.behaviour(call, lambda *body: self.forward(raw, *body)))

        do_GET = do_POST  # noqa: N815 - the name http.server looks for

        def forward(self, raw: bytes, body: Any = None) -> Reply:
            if body is not None:
                raw = json.dumps(body).encode()
                self.headers.replace_header("Content-Length", str(len(raw)))
            connection = http.client.HTTPConnection(target, timeout=30)
            try:
                connection.request(self.command, self.path, raw, dict(self.headers))
                answer = connection.getresponse()
                return Reply(answer.status, answer.read())
            finally:
                connection.close()

        def reply(self, reply: Reply) -> None:
            self.close_connection = True
            if not reply.status:
                return
            body = reply.body if isinstance(reply.body, bytes) else json.dumps(reply.body).encode()
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # it went away
                # Else it says the time itself.
                dated = any(name == "Date" for name, _ in reply.headers)
                (self.send_response_only if dated else self.send_response)(reply.status)
                self.send_header("Content-Type", "application/x-amz-json-1.0")
                for header in reply.headers:
                    self.send_header(*header)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    class Server(ThreadingHTTPServer):
        # More than come at once: a connection that finds no place is tried again after a second.
        request_queue_size = 128

    with Server(("127.0.0.1", 0), Handler) as server:
        proxy = Proxy(f"http://127.0.0.1:{server.server_address[1]}")
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield proxy
        finally:
            server.shutdown()
            thread.join()


class Proxies:
    """One proxy before each server: a client that a test has made serves those after it too."""

    def __init__(self) -> None:
        self._stack = contextlib.ExitStack()
        self._running: dict[str, Proxy] = {}

    def before(self, server: LocalAWS) -> Proxy:
        """The proxy before `server`, with nothing recorded and passing everything on."""
        if server.name not in self._running:
            proxy = self._stack.enter_context(running(server.endpoint_url))
            self._running[server.name] = proxy
        proxy = self._running[server.name]
        proxy.behaviour = pass_on
        proxy.calls.clear()
        return proxy

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._stack.close()
