"""What a page can do to the embedded AWS of the machine that shows it, in a real browser."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

import pytest

from philo_aws import local
from tests.browser import programs
from tests.servers import LocalAWS

# All that a page may send without asking first, and what it has to ask for.
ATTACK = """async ([url, bucket, queue]) => {
    const send = "Action=SendMessage&QueueUrl=" + queue + "&MessageBody=x";
    const form = "application/x-www-form-urlencoded";
    const blind = [
        ["POST", "/_ministack/reset", "text/plain", ""],
        ["POST", "/_ministack/config", "text/plain", "{}"],
        ["POST", "/", form, send],
        ["POST", new URL(queue).pathname, "text/plain", send],
        ["POST", `/${bucket}?delete`, "text/plain",
            "<Delete><Object><Key>kept</Key></Object></Delete>"],
        ["POST", `/${bucket}/new?uploads`, "text/plain", ""],
        ["GET", "/?" + send],
    ];
    const read = [];
    for (const [method, path, type, body] of blind) {
        for (const mode of ["no-cors", "cors"]) {
            const headers = type ? {"Content-Type": type} : {};
            await fetch(url + path, {method, mode, headers, body}).catch(() => null);
        }
    }
    for (const [method, path] of [
        ["PUT", `/${bucket}/new`], ["DELETE", `/${bucket}/kept`], ["GET", `/${bucket}/kept`],
        ["GET", "/"], ["GET", `/${bucket}`], ["GET", "/health"],
    ]) {
        const answer = await fetch(url + path, {method}).catch(() => null);
        if (answer?.ok) {
            read.push(method + " " + path + ": " + await answer.text());
        }
    }
    return read;
}"""


class Page(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        pass


@pytest.fixture(scope="module")
def foreign_port() -> Iterator[int]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Page) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


@pytest.fixture(scope="module")
def fooled(chromium: Any) -> Iterator[Any]:
    """A browser whose resolver says that a foreign name is this machine's."""
    browser = chromium.browser_type.launch(
        executable_path=programs.find(),
        args=["--host-resolver-rules=MAP evil.example 127.0.0.1"],
    )
    yield browser
    browser.close()


@pytest.fixture(scope="module")
def embedded() -> Iterator[local.LocalAWS]:
    with local.start() as aws:
        yield aws


@pytest.fixture
def boto(embedded: local.LocalAWS) -> Iterator[LocalAWS]:
    boto = LocalAWS(name="local", endpoint_url=embedded.endpoint_url)
    yield boto
    boto.close()


@pytest.fixture(params=["evil.example", "localhost", "127.0.0.1"])
def foreign_page(request: pytest.FixtureRequest, fooled: Any, foreign_port: int) -> Iterator[Any]:
    page = fooled.new_page()
    page.goto(f"http://{request.param}:{foreign_port}/")
    yield page
    page.close()


def test_a_page_of_another_origin_can_neither_write_nor_read_nor_reset(
    embedded: local.LocalAWS, boto: LocalAWS, foreign_page: Any
) -> None:
    bucket, queue = boto.make_bucket(), boto.make_queue()
    boto.client("s3").put_object(Bucket=bucket, Key="kept", Body=b"private")
    read = foreign_page.evaluate(ATTACK, [embedded.endpoint_url, bucket, queue])
    assert read == []
    assert boto.client("s3").get_object(Bucket=bucket, Key="kept")["Body"].read() == b"private"
    assert boto.client("s3").list_objects_v2(Bucket=bucket)["KeyCount"] == 1
    assert "Uploads" not in boto.client("s3").list_multipart_uploads(Bucket=bucket)
    assert "Messages" not in boto.client("sqs").receive_message(QueueUrl=queue)


def test_a_foreign_name_that_leads_to_this_machine_is_refused(
    embedded: local.LocalAWS, boto: LocalAWS, fooled: Any
) -> None:
    """For the browser the page and the API are then of one origin (DNS rebinding)."""
    bucket = boto.make_bucket()
    port = urlsplit(embedded.endpoint_url).port
    page = fooled.new_page()
    answer = page.goto(f"http://evil.example:{port}/")
    assert answer.status == 403
    assert "is not this machine" in answer.text()
    reset = "fetch('/_ministack/reset', {method: 'POST'}).then((answer) => answer.status)"
    assert page.evaluate(reset) == 403
    assert boto.client("s3").head_bucket(Bucket=bucket)
    page.close()


def test_a_page_of_this_machine_sends_and_fetches_by_presigned_urls(
    embedded: local.LocalAWS, boto: LocalAWS, foreign_page: Any
) -> None:
    bucket = boto.make_bucket()
    put, get = (
        boto.client("s3").generate_presigned_url(name, {"Bucket": bucket, "Key": "k"})
        for name in ("put_object", "get_object")
    )
    sent = foreign_page.evaluate(
        """async ([put, get]) => {
            const sent = await fetch(put, {method: "PUT", body: "bytes"}).catch(() => null);
            const got = await fetch(get).catch(() => null);
            return [sent?.status, await got?.text()];
        }""",
        [put, get],
    )
    ours = "evil" not in foreign_page.url
    assert sent == ([200, "bytes"] if ours else [None, None])
