"""Many people at once with a slow store, and a file larger than the memory it may take."""

from __future__ import annotations

import concurrent.futures
import http.server
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import Client
from pytest_django import Settings

from tests.servers import LocalAWS

EMPTY = b"<ListBucketResult><Name>slow</Name><KeyCount>0</KeyCount></ListBucketResult>"


@pytest.fixture
def slow_store() -> Iterator[str]:
    """A store that takes its time for each answer; a real server cannot be told to."""

    class Slow(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            time.sleep(1)
            self.send_response(200)
            self.send_header("Content-Length", str(len(EMPTY)))
            self.end_headers()
            self.wfile.write(EMPTY)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Slow) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


# On a machine that is busy otherwise, fifty pages at once pass the limit of time by themselves.
@pytest.mark.slow
def test_fifty_people_at_once_do_not_wait_for_each_other(
    slow_store: str, settings: Settings, live_server: object, admin_user: object
) -> None:
    settings.AWS = {
        "credentials": {"aws_access_key_id": "test", "aws_secret_access_key": "test"},
        "region": "us-east-1",
        "endpoint_url": slow_store,
    }
    client = Client()
    client.force_login(admin_user)  # type: ignore[arg-type]
    cookie = f"sessionid={client.cookies['sessionid'].value}"

    def ask(_number: int) -> int:
        request = urllib.request.Request(
            f"{live_server}/admin/philo_aws/bucket/slow/change/", headers={"Cookie": cookie}
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            assert b"This bucket is empty." in answer.read()
            return int(answer.status)

    started = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(50) as pool:
        assert list(pool.map(ask, range(50))) == [200] * 50
    # One after the other they would take 50 seconds.
    assert time.monotonic() - started < 20


# A server of its own, whose memory is its own; the client sends in small pieces.
MEMORY = """
import http.client, json, resource, sys, threading
from wsgiref.simple_server import WSGIRequestHandler, make_server
import django
from django.conf import settings
bucket, size, database = sys.argv[1], int(sys.argv[2]), sys.argv[3]
settings.DATABASES["default"]["NAME"] = database
django.setup()
from django.contrib.auth.models import User
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application
from django.test import Client
call_command("migrate", verbosity=0)
client = Client()
client.force_login(User.objects.create_superuser("a", password="a"))
class Quiet(WSGIRequestHandler):
    def log_message(self, *args):
        pass
server = make_server("127.0.0.1", 0, get_wsgi_application(), handler_class=Quiet)
threading.Thread(target=server.serve_forever, daemon=True).start()
token = "a" * 32
def ask(step, body, length, kind="application/json", query=""):
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port)
    path = f"/admin/philo_aws/bucket/{bucket}/upload/{step}/{query}"
    headers = {"Content-Length": str(length), "Content-Type": kind, "X-CSRFToken": token,
        "Cookie": f"csrftoken={token}; sessionid={client.cookies['sessionid'].value}"}
    connection.request("POST", path, body, headers)
    response = connection.getresponse()
    answer = response.read()
    assert response.status == 200, answer
    connection.close()
    return json.loads(answer)
def ask_json(step, data):
    body = json.dumps(data).encode()
    return ask(step, body, len(body))
def zeros(amount):
    while amount:
        piece = bytes(min(amount, 65536))
        amount -= len(piece)
        yield piece
begun = ask_json("begin", {"key": "big", "size": size})
number, left = 0, size
while left:
    number += 1
    amount = min(begun["part_size"], left)
    left -= amount
    query = f"?key=big&upload_id={begun['upload_id']}&part_number={number}"
    ask("part", zeros(amount), amount, "application/octet-stream", query)
done = {"key": "big", "upload_id": begun["upload_id"], "size": size}
ask_json("finish", done)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
server.shutdown()
"""


@pytest.mark.slow
@pytest.mark.aws_servers("ministack")
def test_a_gibibyte_through_the_site_takes_less_than_200_mebibytes(
    aws: LocalAWS, bucket: str, settings: Settings, tmp_path: Path
) -> None:
    from tests.running import ROOT, process_environment

    size = 1024**3
    done = subprocess.run(
        [sys.executable, "-c", MEMORY, bucket, str(size), str(tmp_path / "db")],
        env=process_environment(settings.AWS, {}),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    assert aws.client("s3").head_object(Bucket=bucket, Key="big")["ContentLength"] == size
    kibibytes = int(done.stdout)
    assert kibibytes < 200 * 1024
