"""Start LocalStack with its listener on the loopback address; runs in LocalStack's own Python.

Its web server drops the host of GATEWAY_LISTEN and would listen on every interface.
"""

from __future__ import annotations

from typing import Any

from localstack.runtime.main import main
from twisted.internet import endpoints

original = endpoints.TCP4ServerEndpoint.__init__


def on_loopback(self: Any, reactor: Any, port: int, backlog: int = 50, interface: str = "") -> None:
    """Take the place of the endpoint's constructor."""
    original(self, reactor, port, backlog, interface or "127.0.0.1")


endpoints.TCP4ServerEndpoint.__init__ = on_loopback
main()
