"""`manage.py demo`, as somebody runs it who has just cloned the repository."""

from __future__ import annotations

import contextlib
import html
import json
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Callable, Iterator
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.parse import urlencode

import pytest

from philo_aws import local
from tests import servers
from tests.running import ROOT, Result
from tests.servers import LocalAWS

# Seconds for a step of the demo, on a busy machine.
PATIENCE = 180


class Demo:
    """The command, in a process of its own, with its data in a folder of the test."""

    def __init__(self, folder: Path, *arguments: object, **env: str) -> None:
        variables = {
            "DJANGO_SETTINGS_MODULE": "example_project.settings",
            "DJANGO_DEBUG": "true",
            "EXAMPLE_DATA_DIR": str(folder),
            "PYTHONUNBUFFERED": "1",
        }
        self.process = subprocess.Popen(
            [sys.executable, ROOT / "manage.py", "demo", *map(str, arguments)],
            env=os.environ | variables | env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            # Its own working directory: its paths are what it shows.
            cwd=ROOT,
        )
        self.out = ""

    def read_until(self, text: str) -> str:
        """Read what it prints up to the line with `text`."""
        assert self.process.stdout
        for line in self.process.stdout:
            self.out += line
            if text in line:
                return self.out
        raise AssertionError(f"{text!r} did not come: {self.out}\n{self.finish()}")

    def finish(self) -> Result:
        """Wait for its end."""
        out, err = self.process.communicate(timeout=PATIENCE)
        return Result(self.process.returncode, self.out + out, err)


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Callable[..., Demo]]:
    started: list[Demo] = []

    def start(*arguments: object, **env: str) -> Demo:
        started.append(Demo(tmp_path / "data", *arguments, **env))
        return started[-1]

    yield start
    for one in started:
        one.process.kill()
        one.process.communicate()


class Trap:
    """A server that nobody is to call: it counts who does."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self.calls: list[bytes] = []
        self._thread = threading.Thread(target=self._answer)
        self._thread.start()

    def _answer(self) -> None:
        while True:
            caller, _ = self._socket.accept()
            with caller:
                said = caller.recv(4096)
            if said == b"end":
                return
            self.calls.append(said)

    def close(self) -> None:
        with socket.create_connection(self._socket.getsockname()) as last:
            last.sendall(b"end")
        self._thread.join()
        self._socket.close()


@pytest.fixture
def trap() -> Iterator[Trap]:
    trap = Trap()
    yield trap
    trap.close()


def test_without_serving_it_ends_after_the_tables(
    demo: Callable[..., Demo], trap: Trap, tmp_path: Path
) -> None:
    profile = tmp_path / "config"
    profile.write_text(f"[default]\nendpoint_url = {trap.url}\nregion = mars-north-1\n")
    # Whatever credentials lie about on the machine: none of it may be used.
    machine = {
        "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "of-a-real-account",
        "AWS_SESSION_TOKEN": "token",
        "AWS_PROFILE": "no-such-profile",
        "AWS_CONFIG_FILE": str(profile),
        "AWS_SHARED_CREDENTIALS_FILE": str(profile),
        "AWS_REGION": "mars-north-1",
        "AWS_REGIONS": "mars-north-1",
        "AWS_MAX_ATTEMPTS": "nonsense",
        "AWS_CA_BUNDLE": "/no/such/file",
        "AWS_ROLE_ARN": "arn:aws:iam::123456789012:role/real",
        "AWS_ENDPOINT_URL": trap.url,
        "AWS_ENDPOINT_URL_S3": trap.url,
        "AWS_ENDPOINT_URL_SQS": trap.url,
        "HTTP_PROXY": trap.url,
        "HTTPS_PROXY": trap.url,
        "http_proxy": trap.url,
        "ALL_PROXY": trap.url,
    }
    result = demo("--no-serve", **machine).finish()
    assert result.code == 0, result
    assert trap.calls == []
    assert "Traceback" not in result.err

    steps = re.findall(r"^(\d+)\. ", result.out, re.MULTILINE)
    assert steps == [str(number) for number in range(1, 17)]
    # The columns of both tables, and a row of each.
    assert re.search(
        r"^\|\s+\|\s+Key\s+\|\s+Last Modified\s+\|\s+Size \(bytes\)\s+\|\s+Storage Class\s+\|$",
        result.out,
        re.MULTILINE,
    )
    assert re.search(r"^\| \d+ +\| css/base\.css +\|", result.out, re.MULTILINE)
    assert re.search(r"^\|\s+Queue Url\s+\|\s+Region\s+\|$", result.out, re.MULTILINE)
    for queue, region in (
        ("philo-aws-demo", "us-east-1"),
        ("philo-aws-demo-dead-letters", "us-east-1"),
        (r"philo-aws-demo\.fifo", "eu-west-1"),
    ):
        assert re.search(rf"^\|\s+\S+/{queue}\s+\| {region} \|$", result.out, re.MULTILINE)
    # Static files, with and without a hash, and again.
    copied = re.search(
        r"^(\d+) static files copied, \d+ post-processed\.$", result.out, re.MULTILINE
    )
    assert copied
    assert int(copied[1]) > 127
    assert f"\n0 static files copied, {copied[1]} unmodified, " in result.out
    # A worker: a task in, a file made; one that fails is parked, requeued and done. And a handler.
    ended = re.findall(r"^Ended: (.*)\.$", result.err, re.MULTILINE)
    assert [re.sub(r", \d+ receives", "", each) for each in ended] == [
        "5 acknowledged, 5 done, 5 received",
        "1 acknowledged, 1 failed, 1 parked, 1 received",
        "1 acknowledged, 1 done, 1 received",
        "1 acknowledged, 1 done, 1 received",
    ]
    assert re.search(r"(?m)^Dawn: thumbnails/photos/landscape\.jpg, \d,\d+ bytes$", result.out)
    assert re.search(r"(?m)^SUCCESSFUL, thumbnails/photos/landscape\w+\.jpg$", result.out)
    told = re.findall(r"(?m)^Broken off, as the page of photos tells it: (.*)$", result.out)
    assert told == ["failed: OSError, attempt 1", "done"]
    reason = r"OSError: image file is truncated .+"
    assert re.search(rf'(?m)^\| \S{{36}} \| {reason} \| {{"v":1,"id":"\w+".*\|$', result.out)
    assert re.search(rf"(?m)^      raise OSError\(msg\)\n  {reason}$", result.out)
    assert "\nMoved: 1 message.\n" in result.err
    assert re.search(
        r"(?m)^Broken off: thumbnails/photos/broken-off\.jpg, \d,\d+ bytes", result.out
    )
    assert "\nNight: Night, said by a message\n" in result.out
    # Photos that came under one name.
    kept = re.findall(r"^\w+: (photos/landscape\w*\.jpg), [\d,]+ bytes$", result.out, re.MULTILINE)
    assert len(set(kept)) == 4
    assert "photos/landscape.jpg" in kept

    assert result.out.count('"Status": "Successful"') == 12
    assert re.search(r"(?m)^ +(- )?Body: +Hello$", result.out)


def test_what_it_made_is_there_and_stays(demo: Callable[..., Demo], tmp_path: Path) -> None:
    first = demo("--no-serve").finish()
    second = demo("--no-serve").finish()
    assert (first.code, second.code) == (0, 0), (first, second)
    assert "philo-aws-demo is there from an earlier run." in second.out
    assert "philo-aws-demo-static is there from an earlier run." in second.out
    assert not re.search(r"^[1-9]\d* static files copied", second.out, re.MULTILINE)
    assert second.out.count(" static files copied, ") == 2
    assert len(re.findall(r"^\w+: photos/\S+ is there from an", second.out, re.MULTILINE)) == 4
    # Their small pictures are there too: one task, the one that is enqueued twice on purpose.
    assert "\nEnded: 1 acknowledged, 1 done, 1 received, " in second.err
    with contextlib.closing(sqlite3.connect(tmp_path / "data" / "db.sqlite3")) as database:
        users = database.execute("SELECT username, is_staff, password FROM auth_user").fetchall()
    assert [user[:2] for user in users] == [("demo", 1), ("editor", 1)]
    assert all(user[2].startswith("pbkdf2_") for user in users)
    assert len(password(first.out)) >= 12
    assert password(first.out) != password(second.out)

    with local.start(data_dir=tmp_path / "data" / ".aws-local") as aws, boto(aws) as user:
        pages = user.client("s3").get_paginator("list_objects_v2").paginate(Bucket="philo-aws-demo")
        keys = {found["Key"] for page in pages for found in page["Contents"]}
        admin = Path(sys.modules["django"].__file__ or "").parent / "contrib/admin/static/admin"
        files = {path.relative_to(admin).as_posix() for path in admin.rglob("*") if path.is_file()}
        uploads = {key for key in keys if key.startswith("media/")}
        assert keys - uploads == files
        assert len(uploads) == 14
        manifest = json.loads((tmp_path / "data" / "staticfiles.json").read_text())["paths"]
        assert {f"admin/{name}" for name in files} <= manifest.keys()
        for name in ("admin/css/base.css", manifest["admin/css/base.css"]):
            head = user.client("s3").head_object(
                Bucket="philo-aws-demo-static", Key=f"static/{name}"
            )
            assert head["ContentType"] == "text/css; charset=utf-8"
        assert head["CacheControl"] == "public, max-age=31536000, immutable"
        sqs = user.client("sqs")
        url = sqs.get_queue_url(QueueName="philo-aws-demo")["QueueUrl"]
        attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        assert "philo-aws-demo-dead-letters" in attributes["RedrivePolicy"]
        # Thirteen of the second run, two of them received; the first run's are gone.
        depth = sum(
            int(attributes[f"ApproximateNumberOfMessages{kind}"]) for kind in ("", "NotVisible")
        )
        assert depth == 13


class TestServing:
    def test_the_admin_and_the_page_on_the_next_free_ports(
        self, demo: Callable[..., Demo], tmp_path: Path
    ) -> None:
        with taken(8000) as site_port, taken(4566):
            running = demo("--port", site_port)
            out = running.read_until("Quit the server with CONTROL-C.")
            assert "Port 4566 is taken; trying the next one." in out
            assert f"Port {site_port} is taken; trying the next one." in out
        found = re.search(r"^(http://127\.0\.0\.1:\d+)/admin/   Login: demo", out, re.MULTILINE)
        assert found
        browser = Browser(found[1])
        assert "Log out" in browser.log_in("demo", password(out))
        page = browser.get("/")
        assert "css/base.css" in page
        assert browser.get("/download/?key=css%2Fbase.css").startswith("/*")
        assert "Sent; its MessageId is" in browser.post("/send/", body="from the page")
        editor = Browser(found[1])
        assert "Log out" in editor.log_in("editor", password(out))
        bucket = "/admin/philo_aws/bucket/philo-aws-demo"
        assert re.findall(r"([\w-]+)/</bdi>", editor.get(f"{bucket}/change/")) == ["media"]
        assert "photos/" in editor.get(f"{bucket}/change/?prefix=media%2F")
        # The style sheets and the pictures are the local AWS's.
        page = browser.get("/photos/")
        aws = re.search(r"^  export AWS_ENDPOINT_URL=(\S+)", out, re.MULTILINE)
        assert aws
        sheets = re.findall(r'<link rel="stylesheet" href="([^"]+)"', page)
        assert f"{aws[1]}/philo-aws-demo-static/static/example_project/photos.css" in sheets
        pictures = [html.unescape(found) for found in re.findall(r'<img src="([^"]+)"', page)]
        assert len(pictures) == page.count("Small picture: done") == 5
        assert all("/media/thumbnails/" in each for each in pictures)
        for address, kind in [(sheets[-1], "style"), *((each, "image") for each in pictures)]:
            assert address.startswith(f"{aws[1]}/")
            assert shown(address, kind, referrer=found[1])

        # The commands that it offers to type elsewhere.
        offered = re.search(r"^  export (.*)$", out, re.MULTILINE)
        assert offered
        env = {"DJANGO_SETTINGS_MODULE": "example_project.settings"}
        env |= dict(pair.split("=", 1) for pair in offered[1].split())
        env["EXAMPLE_DATA_DIR"] = str(tmp_path / "data")

        def elsewhere(*words: str) -> str:
            done = subprocess.run(
                [sys.executable, ROOT / "manage.py", *words],
                env=os.environ | env,
                capture_output=True,
                text=True,
                check=True,
            )
            return done.stdout + done.stderr

        assert "philo-aws-demo" in elsewhere("aws_s3", "list_buckets")
        queue_url = env["EXAMPLE_PHOTOS_QUEUE_URL"]
        elsewhere(
            "shell",
            "-c",
            "from example_project.tasks import make_thumbnail; make_thumbnail.enqueue(1)",
        )
        waiting = elsewhere("aws_sqs", "get_queue_attributes", "--queue_url", queue_url)
        assert re.search(r"ApproximateNumberOfMessages'?: +'?1\b", waiting)
        worked = elsewhere("aws_sqs", "consume", "--tasks", "default", "--batch")
        assert "Ended: 1 acknowledged, 1 done, " in worked

        running.process.send_signal(signal.SIGINT)
        result = running.finish()
        assert result.code == 0
        assert "Traceback" not in result.err

    def test_needs_debug_and_says_so_at_once(self, demo: Callable[..., Demo]) -> None:
        result = demo(DJANGO_DEBUG="false", DJANGO_SECRET_KEY="for-this-test").finish()
        assert (result.code, result.out) == (1, "")
        assert "needs DJANGO_DEBUG=true" in result.err


def test_ctrl_c_in_the_middle_stops_the_local_aws_too(
    demo: Callable[..., Demo], tmp_path: Path
) -> None:
    running = demo("--no-serve")
    running.read_until("4. A folder goes up")
    running.process.send_signal(signal.SIGINT)
    result = running.finish()
    assert result.code == 130
    assert "Traceback" not in result.err
    assert "\n16. " not in result.out
    # The folder is free, and what was made is in it.
    with local.start(data_dir=tmp_path / "data" / ".aws-local") as aws, boto(aws) as user:
        assert user.client("s3").head_bucket(Bucket="philo-aws-demo")


def test_a_folder_in_use_is_an_error_and_changes_nothing(
    demo: Callable[..., Demo], tmp_path: Path
) -> None:
    with local.start(data_dir=tmp_path / "data" / ".aws-local"):
        result = demo("--no-serve").finish()
    assert result.code == 1
    assert f"in use by the local AWS of process {os.getpid()}" in result.err
    assert not (tmp_path / "data" / "db.sqlite3").exists()


def test_configured_uses_the_settings(
    demo: Callable[..., Demo], ministack: LocalAWS, tmp_path: Path
) -> None:
    env = {
        "AWS_ACCESS_KEY_ID": ministack.credentials["aws_access_key_id"],
        "AWS_SECRET_ACCESS_KEY": ministack.credentials["aws_secret_access_key"],
        "AWS_REGION": servers.REGION,
        "AWS_REGIONS": servers.REGION,
        "AWS_ENDPOINT_URL": ministack.endpoint_url,
    }
    ministack.client("s3").create_bucket(Bucket="philo-aws-demo-000000000000")
    result = demo("--no-serve", "--configured", **env).finish()
    assert result.code == 0, result
    assert "This is arn:aws:iam::000000000000:root." in result.out
    assert "philo-aws-demo-000000000000 is there from an earlier run." in result.out
    head = ministack.client("s3").head_object
    assert head(Bucket="philo-aws-demo-000000000000", Key="css/base.css")
    assert head(Bucket="philo-aws-demo-000000000000", Key="media/photos/landscape.jpg")
    # A bucket that anybody may read is not made in an account.
    assert "collectstatic" not in result.out
    # Messages of an account are somebody's.
    assert "purge_queue" not in result.out
    assert not (tmp_path / "data" / ".aws-local").exists()


def test_configured_without_credentials_is_one_sentence(demo: Callable[..., Demo]) -> None:
    result = demo("--no-serve", "--configured").finish()
    assert result.code == 1
    assert result.err.startswith("CommandError: ")
    assert "AWS_ACCESS_KEY_ID" in result.err


def shown(address: str, kind: str, referrer: str) -> bytes:
    """What a browser gets that shows it on a page of the site."""
    headers = {"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": kind}
    request = urllib.request.Request(address, headers=headers | {"Referer": f"{referrer}/"})
    with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
        return bytes(answer.read())


def password(out: str) -> str:
    found = re.search(r"^Login: demo   Password: (\S+)", out, re.MULTILINE)
    assert found, out
    return found[1]


@contextlib.contextmanager
def boto(aws: local.LocalAWS) -> Iterator[LocalAWS]:
    seen = LocalAWS(name="local", endpoint_url=aws.endpoint_url, credentials=aws.credentials)
    yield seen
    seen.close()


@contextlib.contextmanager
def taken(port: int) -> Iterator[int]:
    """Hold the port, unless somebody else does."""
    with contextlib.ExitStack() as stack:
        with contextlib.suppress(OSError):
            stack.enter_context(socket.create_server(("127.0.0.1", port)))
        yield port


class Browser:
    """Just enough of one to log in."""

    def __init__(self, site: str) -> None:
        self.site = site
        self.cookies = CookieJar()
        self._opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPCookieProcessor(self.cookies)
        )

    def get(self, path: str) -> str:
        with self._opener.open(self.site + path, timeout=PATIENCE) as answer:
            return str(answer.read().decode())

    def post(self, path: str, **form: str) -> str:
        token = next(cookie.value for cookie in self.cookies if cookie.name == "csrftoken")
        data = urlencode(form | {"csrfmiddlewaretoken": token or ""}).encode()
        with self._opener.open(self.site + path, data, timeout=PATIENCE) as answer:
            return str(answer.read().decode())

    def log_in(self, username: str, password: str) -> str:
        self.get("/admin/login/")
        return self.post("/admin/login/?next=/admin/", username=username, password=password)
