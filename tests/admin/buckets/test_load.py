"""A huge folder, many people at once with a slow store, a file larger than the memory it takes."""

from __future__ import annotations

import concurrent.futures
import contextlib
import re
import subprocess
import sys
import threading
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.test import Client
from pytest_django import Settings

from philo_aws.admin.buckets.folder import PAGE_SIZE
from tests.admin.stores import Answer, Asked, serving
from tests.running import ROOT, process_environment
from tests.servers import LocalAWS

EMPTY = b"<ListBucketResult><Name>slow</Name><KeyCount>0</KeyCount></ListBucketResult>"
PEOPLE = 50
# What is promised for every page.
LIMIT = 15


def key_of(number: int) -> str:
    return f"many/key-{number:09d}"


def bucket_of(objects: int) -> Callable[[Asked], Answer]:
    """Answer ListObjectsV2 for a bucket of any size; a token is the number of its first key."""

    def answer(asked: Asked) -> Answer:
        assert (asked.method, asked.query["list-type"], asked.query["delimiter"]) == (
            "GET",
            "2",
            "/",
        )
        start = int(asked.query.get("continuation-token", "0"))
        end = min(start + int(asked.query["max-keys"]), objects)
        more = f"<NextContinuationToken>{end}</NextContinuationToken>" if end < objects else ""
        rows = "".join(
            f"<Contents><Key>{key_of(number)}</Key><Size>1</Size>"
            "<LastModified>2026-01-01T00:00:00.000Z</LastModified></Contents>"
            for number in range(start, end)
        )
        told = f"<IsTruncated>{str(bool(more)).lower()}</IsTruncated>{more}{rows}"
        return Answer(200, f"<ListBucketResult>{told}</ListBucketResult>".encode())

    return answer


@pytest.mark.parametrize("objects", [1_000, 1_000_000])
def test_a_page_of_a_huge_folder_costs_one_request_wherever_it_is(
    settings: Settings, admin_client: Client, objects: int
) -> None:
    with serving(bucket_of(objects)) as store:
        settings.AWS = store.settings()
        middle, last = objects // 2, objects - PAGE_SIZE
        for number, start in enumerate((0, middle, last), start=1):
            query = {"prefix": "many/"} | ({"token": str(start)} if start else {})
            response = admin_client.get("/admin/philo_aws/bucket/huge/change/", query)
            rows = re.findall(r"<bdi>(key-\d+)</bdi>", response.content.decode())
            wanted = [key_of(n).removeprefix("many/") for n in range(start, start + PAGE_SIZE)]
            assert rows == wanted
            assert len(store.asked) == number
            assert int(store.asked[-1].query["max-keys"]) == PAGE_SIZE
            follows = f"token={start + PAGE_SIZE}" in response.content.decode()
            assert follows == (start != last)


# A site as a process of its own: what tests share of a database is not made for fifty threads, and
# the memory of this process is not the site's. The first argument is the site's database.
SITE = """
import sys
from threading import Thread
from wsgiref.simple_server import WSGIRequestHandler
import django
from django.conf import settings
settings.DATABASES["default"]["NAME"] = sys.argv[1]
django.setup()
from django.contrib.auth.models import User
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application
from django.test import Client
call_command("migrate", verbosity=0)
client = Client()
client.force_login(User.objects.create_superuser("a", password="a"))
session = client.cookies["sessionid"].value
class Quiet(WSGIRequestHandler):
    def log_message(self, *args):
        pass
"""
THREADED = """
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIServer
class Server(ThreadingMixIn, WSGIServer):
    request_queue_size = 128
with Server(("127.0.0.1", 0), Quiet) as server:
    server.set_app(get_wsgi_application())
    Thread(target=server.serve_forever).start()
    print(server.server_port, session, flush=True)
    sys.stdin.read()
    server.shutdown()
"""


@contextlib.contextmanager
def site(settings: Settings, folder: Path) -> Iterator[Callable[..., bytes]]:
    """Run the site, and give what asks it for a page, or sends it a form, as a superuser."""
    command = [sys.executable, "-c", SITE + THREADED, str(folder / "db")]
    with subprocess.Popen(
        command,
        env=process_environment(settings.AWS, {}),
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin
        assert process.stdout
        port, session = process.stdout.readline().split()

        def ask(path: str, form: dict[str, str] | None = None, timeout: float = LIMIT) -> bytes:
            url, token = f"http://127.0.0.1:{port}{path}", "a" * 32
            headers = {"Cookie": f"sessionid={session}; csrftoken={token}", "X-CSRFToken": token}
            data = urllib.parse.urlencode(form).encode() if form else None
            request = urllib.request.Request(url, data, headers)
            with urllib.request.urlopen(request, timeout=timeout) as response:
                body: bytes = response.read()
                return body

        yield ask
        process.stdin.close()
        assert process.wait(30) == 0


def test_fifty_people_at_once_do_not_hold_up_the_others(settings: Settings, tmp_path: Path) -> None:
    waits = threading.Event()

    def answer(asked: Asked) -> Answer:
        waits.set()
        store.ended.wait(2)
        return Answer(200, EMPTY)

    with serving(answer) as store:
        settings.AWS = store.settings()
        with (
            site(settings, tmp_path) as ask,
            concurrent.futures.ThreadPoolExecutor(PEOPLE) as pool,
        ):
            page = "/admin/philo_aws/bucket/slow/change/"
            waiting = [pool.submit(ask, page) for _ in range(PEOPLE)]
            assert waits.wait(LIMIT)
            assert b"Site administration" in ask("/admin/")
            # It was served while they were waiting.
            assert not all(each.done() for each in waiting)
            for each in waiting:
                # One after the other they would take 100 seconds, and most would be given up.
                assert b"This bucket is empty." in each.result()
    assert len(store.asked) == PEOPLE


# The client sends in small pieces.
UPLOAD = """
import http.client, json, resource
from wsgiref.simple_server import make_server
bucket, size = sys.argv[2], int(sys.argv[3])
server = make_server("127.0.0.1", 0, get_wsgi_application(), handler_class=Quiet)
Thread(target=server.serve_forever, daemon=True).start()
token = "a" * 32
def ask(step, body, length, kind="application/json", query=""):
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port)
    path = f"/admin/philo_aws/bucket/{bucket}/upload/{step}/{query}"
    headers = {"Content-Length": str(length), "Content-Type": kind, "X-CSRFToken": token,
        "Cookie": f"csrftoken={token}; sessionid={session}"}
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
    size = 1024**3
    done = subprocess.run(
        [sys.executable, "-c", SITE + UPLOAD, str(tmp_path / "db"), bucket, str(size)],
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
