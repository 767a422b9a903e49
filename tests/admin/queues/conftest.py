"""Fixtures for the queue pages.

`console`    the pages of one fresh standard queue, seen by a superuser: `.get(page, …)`,
             `.post(page, {…}, …)`, `.path(page)`; `.of(queue_url)`, `.by(client)` for others.
`proxy`      `settings.AWS` goes through a recording proxy (`tests/sqs/proxy.py`); ask for it
             before `console`.
`read(response)`  what a person reads on a page, as one line of text.
"""

from __future__ import annotations

import html
import itertools
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlencode

import pytest
from django.contrib.admin.utils import quote
from django.test import Client
from pytest_django import Settings

from tests.servers import REGION, LocalAWS
from tests.sqs import proxy as proxies
from tests.sqs.proxy import Proxy

REGIONS = (REGION, "eu-west-1")
_numbers = itertools.count(1)
ROOT = "/admin/philo_aws/queue/"


@dataclass(frozen=True)
class Console:
    """The pages of one queue as one person sees them."""

    client: Client
    aws: LocalAWS
    url: str
    region: str = REGION

    @property
    def name(self) -> str:
        return self.url.rpartition("/")[2]

    @property
    def id(self) -> str:
        return f"{self.region}/{self.name}"

    def of(self, url: str, region: str = REGION) -> Console:
        return replace(self, url=url, region=region)

    def by(self, client: Client) -> Console:
        return replace(self, client=client)

    def path(self, page: str, **query: Any) -> str:
        found = f"{ROOT}{quote(self.id)}/{page}/"
        return f"{found}?{urlencode(query)}" if query else found

    def get(self, page: str, **query: Any) -> Any:
        return self.client.get(self.path(page, **query))

    def post(self, page: str, data: dict[str, Any] | None = None) -> Any:
        return self.client.post(self.path(page), {"confirm": "yes", **(data or {})}, follow=True)

    def browse(self, **query: Any) -> Any:
        return self.client.get(ROOT, query)

    def figures(self, *names: str) -> Any:
        data = {"queues": list(names)}
        return self.client.post(f"{ROOT}figures/", data, content_type="application/json")

    # What the queue itself says.

    @property
    def sqs(self) -> Any:
        return self.aws.client("sqs", self.region)

    def send(self, *bodies: str, **options: Any) -> None:
        for body in bodies:
            self.sqs.send_message(QueueUrl=self.url, MessageBody=body, **options)

    def receive(self, **options: Any) -> list[dict[str, Any]]:
        answer = self.sqs.receive_message(
            QueueUrl=self.url,
            MaxNumberOfMessages=10,
            AttributeNames=["All"],
            MessageAttributeNames=["All"],
            **options,
        )
        return list(answer.get("Messages", []))

    @property
    def attributes(self) -> dict[str, str]:
        answer = self.sqs.get_queue_attributes(QueueUrl=self.url, AttributeNames=["All"])
        return dict(answer["Attributes"])


@pytest.fixture(autouse=True)
def few_scanned(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tests of a session leave hundreds of queues in the region that most of them share."""
    monkeypatch.setattr("philo_aws.admin.queues.sources.SCANNED_LIMIT", 5)


@pytest.fixture
def two_regions(aws: LocalAWS, settings: Settings) -> None:
    """Local servers have thirty regions and more, which is a lot to ask for one page."""
    settings.AWS = {**settings.AWS, "regions": list(REGIONS)}


@pytest.fixture
def console(admin_client: Client, aws: LocalAWS, two_regions: None) -> Console:
    return Console(admin_client, aws, aws.make_queue())


@pytest.fixture
def proxy(aws: LocalAWS, settings: Settings) -> Iterator[Proxy]:
    with proxies.running(aws.endpoint_url) as running:
        settings.AWS = {**settings.AWS, "endpoint_url": running.endpoint_url}
        yield running


@pytest.fixture
def with_dead_letters(
    console: Console, aws: LocalAWS, settings: Settings
) -> tuple[Console, Console]:
    """A queue that takes two receives, and its dead-letter queue."""
    region = REGION
    if aws.name == "ministack":
        # It cannot tell the sources, so the page asks all queues of the region: let them be two.
        region = f"us-test-{next(_numbers)}"
        settings.AWS = {**settings.AWS, "regions": [region]}
    dead = console.of(aws.make_queue(region=region), region)
    arn = dead.attributes["QueueArn"]
    policy = f'{{"deadLetterTargetArn": "{arn}", "maxReceiveCount": "2"}}'
    return console.of(aws.make_queue(region=region, RedrivePolicy=policy), region), dead


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.pieces: list[str] = []

    def handle_data(self, data: str) -> None:
        self.pieces.append(data)


@pytest.fixture
def read() -> Callable[[Any], str]:
    def read(response: Any) -> str:
        assert response.status_code == 200
        parser = _Text()
        main = re.search(r"<main.*</main>", response.content.decode(), re.DOTALL)
        assert main
        parser.feed(main[0])
        return " ".join(" ".join(parser.pieces).split())

    return read


@dataclass(frozen=True)
class Table:
    """The page of the messages that a person holds."""

    console: Console
    response: Any

    @property
    def html(self) -> str:
        return str(self.response.content.decode())

    @property
    def token(self) -> str:
        found = re.search(r'name="look" value="(\w+)"', self.html)
        return found[1] if found else ""

    @property
    def numbers(self) -> list[str]:
        return re.findall(r'<input type="checkbox" name="message" value="(\d+)"', self.html)

    @property
    def ids(self) -> list[str]:
        return re.findall(r"<dd><code>([0-9a-f-]{36})</code></dd>", self.html)

    @property
    def blocks(self) -> list[str]:
        found = re.findall(r"<pre.*?>(.*?)</pre>", self.html, re.DOTALL)
        return [html.unescape(block) for block in found]

    @property
    def beginnings(self) -> list[str]:
        found = re.findall(r"<summary><code>(.*?)</code></summary>", self.html, re.DOTALL)
        return [html.unescape(each) for each in found]

    def number_of(self, beginning: str) -> str:
        return self.numbers[self.beginnings.index(beginning)]

    def fields(self, *beginnings: str, **more: str) -> dict[str, Any]:
        """What the form posts with these lines ticked."""
        return {"look": self.token, "message": [*map(self.number_of, beginnings)], **more}

    def ask(self, page: str, *beginnings: str) -> Any:
        """Press a button of the page."""
        path = self.console.path(page)
        return self.console.client.post(path, self.fields(*beginnings), follow=True)

    def do(self, page: str, *beginnings: str, **more: str) -> Table:
        """Press it and confirm; the table again."""
        response = self.console.post(page, self.fields(*beginnings, **more))
        return replace(self, response=response)


@pytest.fixture
def peek() -> Callable[..., Table]:
    """Look at the messages of a queue; the page that follows."""

    def peek(console: Console, count: int = 10, **more: str) -> Table:
        return Table(console, console.post("peek", {"count": str(count), **more}))

    return peek
