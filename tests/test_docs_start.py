"""docs/start.md, followed block by block: a fresh project, each file written, each line typed."""

from __future__ import annotations

import contextlib
import http.cookiejar
import os
import re
import shlex
import signal
import subprocess
import sys
import tomllib
import urllib.parse
import urllib.request
import uuid
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from tests.running import ROOT
from tests.servers import free_port, scrubbed

PAGE = ROOT / "docs" / "start.md"
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
PLACE = re.compile(r"# ([\w/]+\.py)(, at its end)?\n")
AWS_PORT, SITE_PORT = "4566", "8000"
SECONDS = 120
AT_AWS = 'AWS = {"region": "eu-west-1"}\n'
"""The one block that needs an account."""


class Newcomer:
    """Somebody who types what the page says, in an empty folder and a terminal or two."""

    def __init__(self, folder: Path, tools: Path) -> None:
        self.folder = folder
        self.ports = {AWS_PORT: str(free_port()), SITE_PORT: str(free_port())}
        self.env = {
            **{k: v for k, v in scrubbed(os.environ).items() if not k.startswith("DJANGO_")},
            "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT),
            "PYTHONUNBUFFERED": "1",
            "COLUMNS": "80",
        }
        self.left_running: list[subprocess.Popen[str]] = []
        self.typed: list[str] = []

    def here(self, text: str) -> str:
        """What the page says, with ports that are free on this machine."""
        for told, taken in self.ports.items():
            text = text.replace(f":{told}", f":{taken}")
        return text

    def write(self, code: str) -> None:
        found = PLACE.match(code)
        assert found, f"no file is named for\n{code}"
        path = self.folder / found[1]
        assert path.parent.is_dir(), path
        assert not found[2] or path.exists(), path
        with path.open("a" if found[2] else "w") as file:
            file.write(f"\n\n{self.here(code)}")

    def type(self, command: str, wanted: list[str]) -> None:
        self.typed.append(command)
        words = shlex.split(command)
        if words[:2] == ["pip", "install"]:
            assert_known(words[2])
        elif words[1:] in (["manage.py", "aws_local"], ["manage.py", "runserver"]):
            self.leave_running(words[2], wanted)
        else:
            ended = subprocess.run(
                ["/bin/sh", "-c", self.here(command)],
                cwd=self.folder,
                env=self.env,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                timeout=SECONDS,
                check=False,
            )
            assert ended.returncode == 0, f"{command}\n{ended.stdout}"
            if wanted:
                said = ended.stdout.splitlines()
                assert is_told(self.here_all(wanted), said), f"{command}\n{ended.stdout}"

    def here_all(self, lines: list[str]) -> list[str]:
        return [self.here(line) for line in lines]

    def leave_running(self, name: str, wanted: list[str]) -> None:
        """Start it as typed, but for the port, and wait until it has said what it is to say."""
        port = {"aws_local": ["--port", self.ports[AWS_PORT]]}.get(
            name, ["--noreload", self.ports[SITE_PORT]]
        )
        running = subprocess.Popen(
            [sys.executable, "manage.py", name, *port],
            cwd=self.folder,
            env=self.env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.left_running.append(running)
        assert running.stdout
        said: list[str] = []
        while not is_told(self.here_all(wanted), said):
            line = running.stdout.readline()
            assert line, said
            # Django 6.1 says what kind of server it is.
            said.append(line.rstrip("\n").replace("Starting WSGI dev", "Starting dev"))

    def go_home(self) -> None:
        for running in reversed(self.left_running):
            running.send_signal(signal.SIGINT)
            running.communicate(timeout=SECONDS)


def assert_known(requirement: str) -> None:
    """Instead of an installation, which wants the network: the names are those of the package."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    name, _, extra = requirement.rstrip("]").partition("[")
    assert name == project["name"]
    assert not extra or extra in project["optional-dependencies"]


def is_told(wanted: list[str], said: list[str]) -> bool:
    """Whether `said` is what the page shows: `…` is anything, figures and widths may differ."""
    pattern = "".join(
        r"(?:[^\n]*\n)*?" if line == "…" else f"{as_pattern(line)}\n" for line in wanted
    )
    return bool(re.fullmatch(pattern, "".join(f"{line.rstrip()}\n" for line in said)))


def as_pattern(line: str) -> str:
    if re.fullmatch(r"\+[-+]+\+", line):
        return r"\+[-+]+\+"
    parts = [
        ".*" if part == "…" else " +" if part.startswith(" ") else re.escape(part)
        for part in re.split(r"(…| +)", line)
    ]
    return "".join(parts)


def steps(page: str) -> Iterator[tuple[str, str, list[str]]]:
    """The blocks in their order: `("python", code, [])`, or a command with what it prints."""
    for language, body in BLOCK.findall(page):
        if language == "python":
            yield language, body, []
            continue
        assert language == "console", language
        lines = iter(body.splitlines())
        command, wanted = "", []
        for line in lines:
            if not line.startswith("$ "):
                wanted.append(line)
                continue
            if command:
                yield language, command, wanted
            command, wanted = line[2:], []
            while not is_whole(command):
                command += f"\n{next(lines)}"
        yield language, command, wanted


def is_whole(command: str) -> bool:
    with contextlib.suppress(ValueError):
        shlex.split(command)
        return True
    return False


class Browser:
    """Enough of one for the admin: cookies, forms, uploads."""

    def __init__(self, site: str) -> None:
        self.site = site
        self.jar = http.cookiejar.CookieJar()
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.jar))

    def get(self, path: str) -> str:
        with self.opener.open(urllib.parse.urljoin(self.site, path), timeout=60) as answer:
            return str(answer.read().decode())

    def post(
        self, path: str, fields: Mapping[str, str], file: tuple[str, bytes] | None = None
    ) -> str:
        token = next(cookie.value for cookie in self.jar if cookie.name == "csrftoken")
        line = uuid.uuid4().hex
        parts = [
            f'Content-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
            for name, value in {"csrfmiddlewaretoken": token, **fields}.items()
        ]
        if file is not None:
            name, content = file
            head = f'Content-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'
            parts.append(head.encode() + content + b"\r\n")
        body = b"".join(f"--{line}\r\n".encode() + part for part in parts)
        request = urllib.request.Request(
            urllib.parse.urljoin(self.site, path),
            body + f"--{line}--\r\n".encode(),
            {"Content-Type": f"multipart/form-data; boundary={line}", "Referer": self.site},
        )
        with self.opener.open(request, timeout=60) as answer:
            return str(answer.read().decode())


def look_around(newcomer: Newcomer) -> None:
    """What the page says of the admin, in the order in which it does."""
    browser = Browser(f"http://127.0.0.1:{newcomer.ports[SITE_PORT]}/admin/")
    browser.get("login/")
    entered = {"username": "admin", "password": "first-steps", "next": "/admin/"}
    assert "Log out" in browser.post("login/", entered)
    assert "texts/first.txt" in browser.get("documents/document/")
    browser.get("documents/document/add/")
    browser.post("documents/document/add/", {"_save": "Save"}, ("third.txt", b"a third one"))
    assert "texts/third.txt" in browser.get("documents/document/")
    assert "my-documents" in browser.get("philo_aws/bucket/")
    folder = browser.get("philo_aws/bucket/my-documents/change/?prefix=texts/")
    assert "third.txt" in folder
    shown = browser.get("philo_aws/bucket/my-documents/object/?key=texts/third.txt")
    assert "a third one" in shown
    queues = browser.get("philo_aws/queue/")
    assert "documents-dead" in queues


def see_static_files(newcomer: Newcomer) -> None:
    """A style sheet comes from the bucket, for a site that begins now."""
    script = (
        "from django.contrib.staticfiles.storage import staticfiles_storage\n"
        "print(staticfiles_storage.url('admin/css/base.css', force=True))"
    )
    made = subprocess.run(
        [sys.executable, "manage.py", "shell", "-c", script],
        cwd=newcomer.folder,
        env=newcomer.env,
        capture_output=True,
        text=True,
        check=True,
    )
    address = made.stdout.split()[-1]
    assert re.search(r"/my-static/static/admin/css/base\.[0-9a-f]{12}\.css$", address)
    with urllib.request.urlopen(address, timeout=60) as answer:
        assert answer.headers["Content-Type"] == "text/css; charset=utf-8"


THEN: dict[str, Callable[[Newcomer], None]] = {
    "runserver": look_around,
    "collectstatic": see_static_files,
}
"""What somebody at a browser does, after a command."""


@pytest.fixture
def newcomer(tmp_path: Path) -> Iterator[Newcomer]:
    tools, folder = tmp_path / "bin", tmp_path / "site"
    tools.mkdir()
    folder.mkdir()
    for name, words in {"python": "", "django-admin": " -m django"}.items():
        (tools / name).write_text(f'#!/bin/sh\nexec "{sys.executable}"{words} "$@"\n')
        (tools / name).chmod(0o755)
    made = Newcomer(folder, tools)
    try:
        yield made
    finally:
        made.go_home()


def test_the_first_steps_lead_there(newcomer: Newcomer) -> None:
    for language, text, wanted in steps(PAGE.read_text()):
        if text == AT_AWS:
            continue
        if language == "python":
            newcomer.write(text)
            continue
        newcomer.type(text, wanted)
        for word, look in THEN.items():
            if f"manage.py {word}" in text:
                look(newcomer)
    assert all(any(word in text for text in newcomer.typed) for word in THEN)


def test_another_output_would_be_seen() -> None:
    wanted = ["+--+---+", "| a | b |", "+--+---+", "… left, 3 done", "…", "end"]
    said = ["+----+", "|  a  | b |", "+----+", "12 left, 3 done", "x", "", "end"]
    assert is_told(wanted, said)
    assert is_told(wanted, [*said[:4], "end"])
    assert not is_told(wanted, said[:-1])
    assert not is_told(wanted, [*said[:3], "12 left, 4 done", "end"])
