"""An HTTP proxy on loopback that does to some requests what networks and stores do on bad days.

    python -m tests.faultproxy PORT UPSTREAM_PORT [--tls CERTIFICATE_AND_KEY] [--buffer BYTES]

passes bytes on as they are, `Host` included, so signatures still hold. Faults are set by a POST of
a JSON list to `/__faults__`, each an object:

    {"do": ACTION, "method": "PUT", "path": "regex", "share": 0.1, "times": 5, "seconds": 30, …}

`method` and `path` say which requests it may meet, `share` how many of them, `times` how often in
all, `seconds` for how long after it was set. The first fault that meets a request is done:

    status        answer with `status`, `code` and `headers`, without asking upstream
    reset         break the connection off once the request is there
    reset_after   the same, but after upstream has done it
    stall         say nothing for `pause` seconds and until so many requests have come as `until`
                  says, then hang up
    truncate      break off in the middle of the answer's body
    damage        change one byte of the answer's body
    damage_sent   change one byte of the request's body
    slow          pass the answer on after `pause` seconds
    hold          pass the answer on when the next faults are set
    throttle      pass bodies at `rate` bytes a second, of all connections together and fairly
    drip          pass bodies at `rate` bytes a second, of each connection

A slow link is one only with a small `--buffer`: else the proxy takes what is sent at once.

A GET of the same path gives how many requests came, how often each fault was done, how many
connections are open, and the requests per method.
"""

from __future__ import annotations

import argparse
import asyncio
import collections
import json
import random
import re
import socket
import ssl
import struct
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

CONTROL = "/__faults__"
LIMIT = 1 << 20
QUANTUM = 4096
"""Bytes that pass a slow link at once, at most."""


@dataclass(kw_only=True)
class Fault:
    """One kind of bad luck."""

    do: str
    method: str = ""
    path: str = ""
    share: float = 1.0
    times: int | None = None
    seconds: float | None = None
    status: int = 503
    code: str = "SlowDown"
    pause: float = 0.0
    until: int = 0
    rate: float = 0.0
    free: float = 0.0
    """When the link of a `throttle` has passed what was given to it."""
    headers: Mapping[str, str] = field(default_factory=dict)
    since: float = field(default_factory=time.monotonic)
    done: int = 0
    over: asyncio.Event = field(default_factory=asyncio.Event)

    def meets(self, method: str, target: str, luck: random.Random) -> bool:
        if self.method and method != self.method:
            return False
        if self.times is not None and self.done >= self.times:
            return False
        if self.seconds is not None and time.monotonic() - self.since > self.seconds:
            return False
        return bool(re.search(self.path, target)) and luck.random() < self.share

    def link(self) -> Link:
        """What the bodies of one request go through."""
        return Link(self if self.do == "throttle" else replace(self)) if self.rate else Link(None)


@dataclass
class Link:
    """A way that takes bodies as they come, or so many bytes a second."""

    shared: Fault | None

    async def pass_on(self, size: int) -> None:
        if self.shared is not None:
            start = max(self.shared.free, time.monotonic())
            self.shared.free = start + size / self.shared.rate
            await asyncio.sleep(self.shared.free - time.monotonic())

    def pieces(self, size: int) -> Iterator[int]:
        step = size if self.shared is None else max(1, min(QUANTUM, int(self.shared.rate / 4)))
        for start in range(0, size, step or 1):
            yield min(step, size - start)


@dataclass(kw_only=True)
class Message:
    """The head of a request or of an answer."""

    raw: bytes
    first: str
    headers: dict[str, str]

    @property
    def chunked(self) -> bool:
        return "chunked" in self.headers.get("transfer-encoding", "").lower()

    @property
    def length(self) -> int:
        return int(self.headers.get("content-length") or 0)


OPEN = Link(None)


class HangUpError(Exception):
    """The connection is to be broken off."""


async def read_head(reader: asyncio.StreamReader) -> Message:
    raw = await reader.readuntil(b"\r\n\r\n")
    first, *lines = raw[:-4].decode("latin-1").split("\r\n")
    pairs = (line.partition(":") for line in lines)
    return Message(
        raw=raw, first=first, headers={name.strip().lower(): v.strip() for name, _, v in pairs}
    )


async def read_body(reader: asyncio.StreamReader, head: Message, link: Link = OPEN) -> bytes:
    """The body as it came, the marks of its chunks included."""
    if not head.chunked:
        parts = []
        for size in link.pieces(head.length):
            parts.append(await reader.readexactly(size))
            await link.pass_on(size)
        return b"".join(parts)
    parts = []
    while True:
        line = await reader.readline()
        parts.append(line)
        size = int(line.split(b";")[0], 16)
        if size:
            parts.append(await reader.readexactly(size + 2))
            continue
        while (line := await reader.readline()) not in (b"\r\n", b""):
            parts.append(line)
        return b"".join([*parts, line])


def damaged(body: bytes, luck: random.Random) -> bytes:
    if not body:
        return body
    place = luck.randrange(len(body))
    return body[:place] + bytes([body[place] ^ (1 << luck.randrange(8))]) + body[place + 1 :]


def answer(status: int, code: str, headers: Mapping[str, str], *, with_body: bool) -> bytes:
    text = f"<Error><Code>{code}</Code><Message>bad day</Message><RequestId>R1</RequestId></Error>"
    body = f'<?xml version="1.0" encoding="UTF-8"?>\n{text}'.encode()
    lines = [
        f"HTTP/1.1 {status} {code}",
        "Content-Type: application/xml",
        f"Content-Length: {len(body)}",
        "x-amz-request-id: R1",
        *(f"{name}: {value}" for name, value in headers.items()),
    ]
    head = ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")
    return head + body if with_body else head


def break_off(writer: asyncio.StreamWriter) -> None:
    """Make the kernel send a reset instead of an orderly end."""
    connection = writer.get_extra_info("socket")
    if connection is not None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


class Proxy:
    """All connections, and what was done to them."""

    def __init__(self, upstream: int) -> None:
        self.upstream = upstream
        self.faults: list[Fault] = []
        self.luck = random.Random(1)
        self.requests: collections.Counter[str] = collections.Counter()
        self.most_open = 0
        self.open = 0
        self.came = asyncio.Event()
        """Set when the next request comes."""

    async def have_come(self, count: int) -> None:
        """Return when so many requests have come since the faults were set."""
        while sum(self.requests.values()) < count:
            await self.came.wait()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = Connection(self, reader, writer)
        self.open += 1
        self.most_open = max(self.most_open, self.open)
        try:
            while await connection.pass_one():
                pass
        except (HangUpError, asyncio.IncompleteReadError, ConnectionError):
            break_off(writer)
        finally:
            self.open -= 1
            connection.close()

    def control(self, method: str, body: bytes) -> bytes:
        if method == "POST":
            for fault in self.faults:
                fault.over.set()
            self.faults = [Fault(**fault) for fault in json.loads(body)]
            self.requests.clear()
            self.luck = random.Random(1)
            self.most_open = self.open
        report = {
            "requests": sum(self.requests.values()),
            "methods": dict(self.requests),
            "done": [fault.done for fault in self.faults],
            "open": self.open,
            "most_open": self.most_open,
        }
        text = json.dumps(report).encode()
        return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(text) + text

    def fault_for(self, method: str, target: str) -> Fault | None:
        self.requests[method] += 1
        self.came.set()
        self.came = asyncio.Event()
        for fault in self.faults:
            if fault.meets(method, target, self.luck):
                fault.done += 1
                return fault
        return None


class Connection:
    """One connection of a client, and the one to the server behind it."""

    def __init__(
        self, proxy: Proxy, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.proxy = proxy
        self.reader = reader
        self.writer = writer
        self.up: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    def close(self) -> None:
        self.writer.close()
        if self.up is not None:
            self.up[1].close()

    async def pass_one(self) -> bool:
        """Pass one request on and its answer back; false when the client has hung up."""
        try:
            head = await read_head(self.reader)
        except asyncio.IncompleteReadError:
            return False
        method, target, _ = head.first.split(" ", 2)
        if head.headers.get("expect", "").lower() == "100-continue":
            self.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            await self.writer.drain()
            head.raw = re.sub(rb"(?i)expect: 100-continue\r\n", b"", head.raw)
        if target.startswith(CONTROL):
            body = await read_body(self.reader, head)
            await self.send(self.proxy.control(method, body))
            return True
        fault = self.proxy.fault_for(method, target)
        link = fault.link() if fault is not None else OPEN
        body = await read_body(self.reader, head, link)
        if fault is not None and await self.refuse(fault, method):
            return True
        if fault is not None and fault.do == "damage_sent":
            body = damaged(body, self.proxy.luck)
        await self.exchange(head.raw + body, method, fault, link)
        return True

    async def refuse(self, fault: Fault, method: str) -> bool:
        """Do what needs no upstream; true when the request has its answer."""
        if fault.do == "reset":
            raise HangUpError
        if fault.do == "stall":
            await asyncio.sleep(fault.pause)
            await self.proxy.have_come(fault.until)
            raise HangUpError
        if fault.do != "status":
            return False
        await self.send(answer(fault.status, fault.code, fault.headers, with_body=method != "HEAD"))
        return True

    async def exchange(self, request: bytes, method: str, fault: Fault | None, link: Link) -> None:
        if self.up is None:
            self.up = await asyncio.open_connection("127.0.0.1", self.proxy.upstream, limit=LIMIT)
        reader, writer = self.up
        writer.write(request)
        await writer.drain()
        head = await read_head(reader)
        while head.first.split(" ", 2)[1] == "100":
            head = await read_head(reader)
        bodiless = method == "HEAD" or head.first.split(" ", 2)[1] in ("204", "304")
        body = b"" if bodiless else await read_body(reader, head)
        await self.give(head, body, fault, link)
        if "close" in head.headers.get("connection", "").lower():
            raise HangUpError

    async def give(self, head: Message, body: bytes, fault: Fault | None, link: Link) -> None:
        if fault is not None and fault.do == "reset_after":
            raise HangUpError
        if fault is not None and fault.do == "slow":
            await asyncio.sleep(fault.pause)
        if fault is not None and fault.do == "hold":
            await fault.over.wait()
        if fault is not None and fault.do == "damage":
            body = damaged(body, self.proxy.luck)
        if fault is not None and fault.do == "truncate":
            await self.send(head.raw + body[: len(body) // 2])
            raise HangUpError
        if link.shared is None:
            await self.send(head.raw + body)
            return
        await self.send(head.raw)
        start = 0
        for size in link.pieces(len(body)):
            await link.pass_on(size)
            await self.send(body[start : start + size])
            start += size

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()


async def main(port: int, upstream: int, certificate: str | None, buffer: int | None) -> None:
    proxy = Proxy(upstream)
    tls = None
    if certificate:
        tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        tls.load_cert_chain(certificate)
    listener = socket.create_server(("127.0.0.1", port), backlog=512)
    if buffer:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
    server = await asyncio.start_server(
        proxy.serve, sock=listener, limit=buffer or LIMIT, backlog=512, ssl=tls
    )
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("port", type=int)
    parser.add_argument("upstream", type=int)
    parser.add_argument("--tls")
    parser.add_argument("--buffer", type=int)
    given = parser.parse_args()
    asyncio.run(main(given.port, given.upstream, given.tls, given.buffer))
