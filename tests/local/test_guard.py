"""What the embedded AWS refuses: foreign pages and hosts, its own paths, what is not signed."""

from __future__ import annotations

import asyncio
import http.client
import json
import os
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

import pytest

from philo_aws import local
from philo_aws.local import guard
from tests import servers

EVIL = {"Origin": "http://evil.example"}
PAGE_OF_THIS_MACHINE = {"Origin": "http://127.0.0.1:8000", "Sec-Fetch-Site": "same-site"}
TEXT = {"Content-Type": "text/plain"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.fixture(scope="module")
def open_aws() -> Iterator[local.LocalAWS]:
    with local.start() as aws:
        yield aws


@pytest.fixture(scope="module")
def verifying() -> Iterator[local.LocalAWS]:
    with local.start(auth=True) as aws:
        yield aws


@pytest.fixture
def boto(open_aws: local.LocalAWS) -> Iterator[servers.LocalAWS]:
    yield from seen(open_aws)


@pytest.fixture
def signed(verifying: local.LocalAWS) -> Iterator[servers.LocalAWS]:
    yield from seen(verifying)


def seen(aws: local.LocalAWS) -> Iterator[servers.LocalAWS]:
    boto = servers.LocalAWS(
        name="local", endpoint_url=aws.endpoint_url, credentials=aws.credentials
    )
    yield boto
    boto.close()


def ask(
    url: str,
    method: str,
    target: str,
    headers: Mapping[str, str] | None = None,
    body: bytes | str | None = None,
) -> tuple[int, str]:
    """One request as a program or a browser would send it: its status and text."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=10)
    try:
        connection.request(method, target, body, dict(headers or {}))
        answer = connection.getresponse()
        return answer.status, answer.read().decode(errors="replace")
    finally:
        connection.close()


class TestHost:
    """A name that an attacker lets point here (DNS rebinding) is not this machine's."""

    @pytest.mark.parametrize(
        "host",
        [
            "evil.example",
            "evil.example:{port}",
            "0.0.0.0:{port}",
            "127.0.0.1.evil.example:{port}",
            "localhost.evil.example",
            "evil.example#localhost",
            "user@localhost",
            "128.0.0.1",
            "[::2]",
            "",
        ],
    )
    def test_a_foreign_one_is_refused(
        self, open_aws: local.LocalAWS, boto: servers.LocalAWS, host: str
    ) -> None:
        port = urlsplit(open_aws.endpoint_url).port
        name = f"{host.count('e')}-{len(host)}-refused"
        given = {"Host": host.format(port=port)}
        status, text = ask(open_aws.endpoint_url, "PUT", f"/{name}", given)
        assert status == 403
        assert "is not this machine" in text
        assert name not in {found["Name"] for found in boto.client("s3").list_buckets()["Buckets"]}

    @pytest.mark.parametrize(
        "host", ["127.0.0.1", "LOCALHOST:{port}", "[::1]:{port}", "localhost:8080", "127.1.2.3"]
    )
    def test_this_machines_names_are_taken(self, open_aws: local.LocalAWS, host: str) -> None:
        port = urlsplit(open_aws.endpoint_url).port
        given = {"Host": host.format(port=port)}
        assert ask(open_aws.endpoint_url, "GET", "/", given)[0] == 200

    def test_a_bucket_may_be_in_it(self, open_aws: local.LocalAWS, boto: servers.LocalAWS) -> None:
        name = boto.make_bucket()
        boto.client("s3").put_object(Bucket=name, Key="k", Body=b"in it")
        host = {"Host": f"{name}.localhost:{urlsplit(open_aws.endpoint_url).port}"}
        assert ask(open_aws.endpoint_url, "GET", "/k", host) == (200, "in it")

    def test_two_are_refused(self, open_aws: local.LocalAWS) -> None:
        connection = http.client.HTTPConnection(urlsplit(open_aws.endpoint_url).netloc, timeout=10)
        connection.putrequest("GET", "/", skip_host=True)
        connection.putheader("Host", "localhost")
        connection.putheader("Host", "evil.example")
        connection.endheaders()
        assert connection.getresponse().status in (400, 403)
        connection.close()


@pytest.mark.aws_servers("ministack")
def test_the_server_still_has_no_guard_of_its_own(aws: servers.LocalAWS) -> None:
    # When this fails, philo_aws.local.guard has less to do, or nothing.
    name = f"taken-from-a-foreign-page-{os.getpid()}"
    assert ask(aws.endpoint_url, "PUT", f"/{name}", {"Host": "evil.example", **EVIL})[0] == 200


class TestOwnPaths:
    @pytest.mark.parametrize(
        ("method", "path"),
        [
            ("POST", "/_ministack/reset"),
            ("POST", "/%5fministack/reset"),
            ("POST", "/_ministack/config"),
            ("GET", "/_ministack/health"),
            ("GET", "/_ministack/sqs/messages?QueueUrl=x"),
            ("GET", "/_localstack/health"),
            ("GET", "/_aws/lambda-url/x/"),
            ("GET", "/health"),
        ],
    )
    def test_are_closed(
        self, open_aws: local.LocalAWS, boto: servers.LocalAWS, method: str, path: str
    ) -> None:
        name = boto.make_bucket()
        for headers in ({}, EVIL, PAGE_OF_THIS_MACHINE, {guard.TOKEN_HEADER: "guess"}):
            assert ask(open_aws.endpoint_url, method, path, headers)[0] == 403
        assert boto.client("s3").head_bucket(Bucket=name)

    def test_are_open_to_whoever_started_it(self, boto: servers.LocalAWS) -> None:
        with local.start() as aws:
            ask(aws.endpoint_url, "PUT", "/a-bucket")
            aws.reset()
            assert "a-bucket" not in ask(aws.endpoint_url, "GET", "/")[1]


class TestPages:
    """What a browser sends for a page; it sets these headers, and no page can."""

    @pytest.mark.parametrize(
        "page",
        [
            EVIL,
            {"Origin": "null"},
            {"Origin": "https://127.0.0.1.evil.example"},
            {"Origin": "file://"},
            {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Dest": "empty"},
            PAGE_OF_THIS_MACHINE,
            {"Sec-Fetch-Site": "same-site", "Sec-Fetch-Dest": "empty"},
        ],
    )
    def test_may_neither_write_nor_read(
        self, open_aws: local.LocalAWS, boto: servers.LocalAWS, page: dict[str, str]
    ) -> None:
        url, bucket, queue = open_aws.endpoint_url, boto.make_bucket(), boto.make_queue()
        boto.client("s3").put_object(Bucket=bucket, Key="k", Body=b"private")
        send = f"Action=SendMessage&QueueUrl={queue}&MessageBody=x"
        asked = [
            ("PUT", f"/{bucket}/new", TEXT, b"x"),
            ("POST", f"/{bucket}/new?uploads", TEXT, b""),
            ("POST", f"/{bucket}?delete", TEXT, b"<Delete><Object><Key>k</Key></Object></Delete>"),
            ("DELETE", f"/{bucket}/k", {}, None),
            ("POST", urlsplit(queue).path, TEXT, send.encode()),
            ("POST", "/", FORM, send.encode()),
            ("GET", f"/?{send}", {}, None),
            ("GET", f"{urlsplit(queue).path}?{send}", {"Sec-Fetch-Mode": "navigate"}, None),
            ("POST", "/", {**TEXT, "X-Amz-Target": "AmazonSQS.SendMessage"}, b"{}"),
            ("GET", "/?Action=ListUsers&Version=2010-05-08", {}, None),
            ("GET", "/", {}, None),
            ("GET", f"/{bucket}", {}, None),
            ("GET", f"/{bucket}/k", {}, None),
            ("OPTIONS", f"/{bucket}/k", {"Access-Control-Request-Method": "PUT"}, None),
        ]
        for method, target, headers, body in asked:
            status, text = ask(url, method, target, headers | page, body)
            assert (method, target, status) == (method, target, 403)
            assert "private" not in text
        found = boto.client("s3").list_objects_v2(Bucket=bucket)["Contents"]
        assert [entry["Key"] for entry in found] == ["k"]
        assert "Messages" not in boto.client("sqs").receive_message(QueueUrl=queue)

    def test_one_of_this_machine_uploads_and_downloads_by_presigned_urls(
        self, open_aws: local.LocalAWS, boto: servers.LocalAWS
    ) -> None:
        s3, bucket = boto.client("s3"), boto.make_bucket()
        for origin in ("http://127.0.0.1:8000", "http://localhost:8000", "https://dev.localhost"):
            page = {"Origin": origin, "Sec-Fetch-Site": "cross-site"}
            put = target_of(s3.generate_presigned_url("put_object", target(bucket)))
            asks = {"Access-Control-Request-Method": "PUT"}
            assert ask(open_aws.endpoint_url, "OPTIONS", put, page | asks)[0] == 200
            assert ask(open_aws.endpoint_url, "PUT", put, page | TEXT, b"sent")[0] == 200
            get = target_of(s3.generate_presigned_url("get_object", target(bucket)))
            assert ask(open_aws.endpoint_url, "GET", get, page) == (200, "sent")
            for other in (EVIL, {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Dest": "script"}):
                assert ask(open_aws.endpoint_url, "GET", get, other)[0] == 403

    def test_one_of_this_machine_uploads_by_a_form(
        self, open_aws: local.LocalAWS, boto: servers.LocalAWS
    ) -> None:
        bucket = boto.make_bucket()
        post = boto.client("s3").generate_presigned_post(bucket, "k")
        headers, body = form(post["fields"])
        at = f"/{bucket}"
        assert ask(open_aws.endpoint_url, "POST", at, headers | EVIL, body)[0] == 403
        sent = ask(open_aws.endpoint_url, "POST", at, headers | PAGE_OF_THIS_MACHINE, body)
        assert sent[0] == 204

    @pytest.mark.parametrize(
        ("page", "status"),
        [
            ({"Sec-Fetch-Site": "none", "Sec-Fetch-Mode": "navigate"}, 200),
            ({"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}, 200),
            ({"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Dest": "image"}, 200),
            ({"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Dest": "script"}, 403),
            ({"Sec-Fetch-Site": "same-site", "Sec-Fetch-Dest": "script"}, 200),
            ({"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Dest": "style"}, 200),
            (
                {
                    "Origin": "http://localhost:8000",
                    "Sec-Fetch-Dest": "font",
                    "Sec-Fetch-Site": "cross-site",
                },
                200,
            ),
        ],
    )
    def test_what_is_only_shown(
        self,
        open_aws: local.LocalAWS,
        boto: servers.LocalAWS,
        page: dict[str, str],
        status: int,
    ) -> None:
        bucket = boto.make_bucket()
        boto.client("s3").put_object(Bucket=bucket, Key="static/a.css", Body=b"a {}")
        assert ask(open_aws.endpoint_url, "GET", f"/{bucket}/static/a.css", page)[0] == status

    def test_a_web_socket_is_refused(self) -> None:
        # By hand: the services that the server has switched on answer none.
        asked, sent = [], []

        async def app(*arguments: Any) -> None:
            asked.append(arguments)

        async def receive() -> dict[str, Any]:
            return {"type": "websocket.connect"}

        async def send(event: Any) -> None:
            sent.append(event["type"])

        scope = {"type": "websocket", "path": "/", "headers": []}
        # In a thread of its own: tests in a browser leave a loop in that of the tests.
        with ThreadPoolExecutor(1) as pool:
            guarded = guard.guarded(app, token="token", auth=False)
            pool.submit(lambda: asyncio.run(guarded(scope, receive, send))).result()
        assert (asked, sent) == ([], ["websocket.close"])


class TestVerifying:
    """With ``auth`` nothing passes whose signature the server would not look at."""

    def test_the_user_may_presign(
        self, verifying: local.LocalAWS, signed: servers.LocalAWS
    ) -> None:
        s3, bucket = signed.client("s3"), signed.make_bucket()
        put = target_of(s3.generate_presigned_url("put_object", target(bucket)))
        assert ask(verifying.endpoint_url, "PUT", put, PAGE_OF_THIS_MACHINE, b"sent")[0] == 200
        assert ask(verifying.endpoint_url, "PUT", f"{put[:-4]}0000", {}, b"x")[0] == 403
        headers, body = form(s3.generate_presigned_post(bucket, "form")["fields"])
        assert ask(verifying.endpoint_url, "POST", f"/{bucket}", headers, body)[0] == 204

    @pytest.mark.parametrize("key", ["test", "123456789012"])
    def test_the_root_is_refused(
        self, verifying: local.LocalAWS, signed: servers.LocalAWS, key: str
    ) -> None:
        bucket = signed.make_bucket()
        keys = {"aws_access_key_id": key, "aws_secret_access_key": "test"}
        root = servers.LocalAWS(name="local", endpoint_url=signed.endpoint_url, credentials=keys)
        s3 = root.client("s3")
        for call in (
            s3.list_buckets,
            lambda: s3.put_object(Bucket=bucket, Key="k", Body=b""),
            root.client("sqs").list_queues,
            root.client("iam").list_users,
            root.client("sts").get_caller_identity,
        ):
            with pytest.raises(Exception, match="does not take this access key"):
                call()
        put = target_of(s3.generate_presigned_url("put_object", target(bucket)))
        assert ask(verifying.endpoint_url, "PUT", put, {}, b"x")[0] == 403
        headers, body = form(s3.generate_presigned_post(bucket, "form")["fields"])
        assert ask(verifying.endpoint_url, "POST", f"/{bucket}", headers, body)[0] == 403
        root.close()
        assert signed.client("s3").list_objects_v2(Bucket=bucket)["KeyCount"] == 0

    @pytest.mark.parametrize(
        ("query", "headers"),
        [
            ("", {}),
            ("?AWSAccessKeyId=test", {}),
            ("?AWSAccessKeyId=AKIA", {}),
            ("?X-Amz-Credential=test/20260101/us-east-1/s3/aws4_request", {}),
            ("?X-Amz-Credential={user}/20260101/us-east-1/s3/aws4_request", {}),
            ("?x-amz-credential={user}/x&X-Amz-Credential=test/x&X-Amz-Signature=0", {}),
            ("?X-Amz-Algorithm=x&X-Amz-Signature=0&X-Amz-Credential=test/x", {}),
            ("", {"Authorization": "Bearer x"}),
            ("", {"Authorization": ""}),
            ("", {"Authorization": "AWS4-HMAC-SHA256 Credential=test/x"}),
            ("", {"Authorization": "AWS4-HMAC-SHA256 Credential=/x"}),
            ("", {"Authorization": "AWS test:x"}),
            ("", {"Authorization": "AWS4-HMAC-SHA256 Credential={user}/x"}),
            ("", {"Authorization": "AWS {user}:x"}),
        ],
    )
    def test_what_is_not_signed_is_refused(
        self,
        verifying: local.LocalAWS,
        signed: servers.LocalAWS,
        query: str,
        headers: dict[str, str],
    ) -> None:
        user = verifying.credentials["aws_access_key_id"]
        given = {name: value.format(user=user) for name, value in headers.items()}
        status, _ = ask(
            verifying.endpoint_url, "PUT", f"/unsigned-bucket{query.format(user=user)}", given
        )
        assert status in (400, 403)
        for action in ("", "&Action=ListQueues", "&Action=ListUsers&Version=2010-05-08"):
            asked = f"/{query.format(user=user) or '?'}{action}"
            assert ask(verifying.endpoint_url, "GET", asked, given)[0] in (400, 403)
        names = {found["Name"] for found in signed.client("s3").list_buckets()["Buckets"]}
        assert "unsigned-bucket" not in names

    def test_an_unsigned_form_is_refused(
        self, verifying: local.LocalAWS, signed: servers.LocalAWS
    ) -> None:
        bucket = signed.make_bucket()
        headers, body = form({"key": "k"})
        for target in (f"/{bucket}", "/", "/new-bucket"):
            assert ask(verifying.endpoint_url, "POST", target, headers, body)[0] in (403, 404, 405)
        assert signed.client("s3").list_objects_v2(Bucket=bucket)["KeyCount"] == 0


class TestAnswers:
    """A refusal is a sentence in the form that the caller's protocol has for errors."""

    def test_in_each_protocol(self, open_aws: local.LocalAWS) -> None:
        url = open_aws.endpoint_url
        assert "<Error><Code>AccessDenied</Code>" in ask(url, "GET", "/b/k?x=%3C&y", EVIL)[1]
        assert ask(url, "POST", "/", EVIL | FORM, b"Action=x")[1].startswith("<ErrorResponse>")
        target = {"X-Amz-Target": "AmazonSQS.ListQueues"}
        assert json.loads(ask(url, "POST", "/", EVIL | target)[1])["__type"] == "AccessDenied"

    def test_the_sender_of_a_large_body_gets_it(self, open_aws: local.LocalAWS) -> None:
        body = bytes(32 * 1024 * 1024)
        assert ask(open_aws.endpoint_url, "PUT", "/bucket/key", EVIL, body)[0] == 403


def target(bucket: str) -> dict[str, Any]:
    return {"Bucket": bucket, "Key": "k"}


def target_of(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.path}?{parts.query}"


def form(fields: Mapping[str, str]) -> tuple[dict[str, str], bytes]:
    lines = [
        f'--B\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    ]
    lines.append('--B\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\nx\r\n')
    return {"Content-Type": "multipart/form-data; boundary=B"}, "".join([*lines, "--B--"]).encode()
