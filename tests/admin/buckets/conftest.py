"""Fixtures for the bucket pages: `pages` visits them, `text_of` reads them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client

# Whatever a key may hold that a page, a header or a form could stumble over.
HOSTILE_KEYS = (
    "<script>alert(1)</script>.txt",
    '"><img src=x onerror=alert(1)>.txt',
    "new\nline.txt",
    "tab\there.txt",
    "../../etc/passwd",
    "a//b//c.txt",
    "/leading.txt",
    "\u202egpj.exe",
    "space \u00e9 + % & ? # = ' .txt",
    "{{ settings.SECRET_KEY }}{% debug %}.txt",
    "\u65e5" * 341 + "x",  # 1,024 bytes of UTF-8
)


@dataclass(frozen=True)
class Pages:
    """The bucket pages as one person sees them."""

    client: Client
    bucket: str

    def path(self, page: str, **query: Any) -> str:
        found = f"/admin/philo_aws/bucket/{self.bucket}/{page}/"
        return f"{found}?{urlencode(query, doseq=True)}" if query else found

    def get(self, page: str, **query: Any) -> Any:
        return self.client.get(self.path(page, **query))

    def post(self, page: str, data: dict[str, Any] | None = None, **query: Any) -> Any:
        return self.client.post(self.path(page, **query), {"confirm": "yes", **(data or {})})


@pytest.fixture
def pages(admin_client: Client, bucket: str) -> Pages:
    return Pages(admin_client, bucket)


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.pieces: list[str] = []
        self.links: dict[str, str] = {}
        self._href: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            self._href.append(dict(attrs).get("href") or "")
            self.links.setdefault("", "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "a" and self._href:
            self._href.pop()

    def handle_data(self, data: str) -> None:
        if data.strip():
            self.pieces.append(" ".join(data.split()))
            if self._href:
                self.links[" ".join(data.split())] = self._href[-1]


@pytest.fixture
def text_of() -> Callable[[Any], str]:
    def read(response: Any) -> str:
        parser = _Text()
        parser.feed(response.content.decode())
        return " ".join(parser.pieces)

    return read


@pytest.fixture
def links_of() -> Callable[[Any], dict[str, str]]:
    def read(response: Any) -> dict[str, str]:
        parser = _Text()
        parser.feed(response.content.decode())
        return parser.links

    return read
