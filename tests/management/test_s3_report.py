"""What a transfer prints for people, and for programs."""

from __future__ import annotations

import json
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.core.management.base import CommandError
from pytest_django import Settings

from philo_aws.exceptions import LocalFileError
from philo_aws.management import alike, s3_report
from philo_aws.s3.report import Report, Watcher
from tests.handmade import answered_by
from tests.management.test_output import Printed
from tests.running import run
from tests.servers import LocalAWS


def printed(style: str, *sentences: str) -> Printed:
    """What is printed of so many failures."""
    made = Printed(style)

    def service(watcher: Watcher) -> Report:
        report = Report(watcher=watcher)
        for number, sentence in enumerate(sentences):
            report.fail("upload", f"k{number}", "", LocalFileError(sentence))
        report.finish()
        return report

    with pytest.raises(CommandError) as caught:
        s3_report.run(made.output, service, no_progress=True)
    assert caught.value.returncode == 1
    return made


def failed(made: Printed) -> list[str]:
    return [line for line in made.stderr.getvalue().splitlines() if line.startswith("Failed")]


def test_failures_with_the_same_words_are_one_line_with_their_number(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(alike, "_TOGETHER", 1e9)  # a loaded machine takes its time
    made = printed("table", *["No bucket."] * 1200, "'f' is broken.", *["No bucket."] * 34)
    assert failed(made) == ["Failed (1,234 objects): No bucket.", "Failed: 'f' is broken."]
    assert "1,235 failed" in made.stderr.getvalue()


def test_the_first_is_told_while_the_transfer_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alike, "_TOGETHER", 0.0)
    made = printed("table", *["No bucket."] * 100)
    assert failed(made) == ["Failed: No bucket.", "Failed (99 objects): No bucket."]


def test_many_different_failures_are_bounded() -> None:
    made = printed("table", *(f"'{number}' is broken." for number in range(250)))
    assert len(failed(made)) == 100
    assert "… and 150 more; --format jsonl names all." in made.stderr.getvalue()


def test_programs_get_a_line_for_each() -> None:
    made = printed("jsonl", *["No bucket."] * 100)
    rows = [json.loads(line) for line in made.stdout.getvalue().splitlines()]
    assert [row["error"] for row in rows[:-1]] == ["No bucket."] * 100
    assert rows[-1]["failed"] == 100


@pytest.mark.aws_servers("ministack")
@pytest.mark.parametrize("engine", ["crt", "classic"])
def test_a_missing_bucket_is_told_once(
    aws: LocalAWS, tmp_path: Path, engine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(alike, "_TOGETHER", 1e9)
    for number in range(100):
        (tmp_path / f"{number}").write_bytes(b"x")
    result = run(
        "aws_s3", "upload_dir", "--bucket", "no-such-bucket", "--root_folder", tmp_path,
        "--engine", engine,
    )  # fmt: skip
    assert result.code == 1
    lines = [line for line in result.err.splitlines() if line.startswith("Failed")]
    assert len(lines) == 1, result.err
    assert "no-such-bucket" in lines[0]


class Denying(BaseHTTPRequestHandler):
    """A store that denies each object in AWS's words, which name it."""

    protocol_version = "HTTP/1.1"

    def do_PUT(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        _, bucket, key = urlsplit(self.path).path.split("/", 2)
        resource = f'"arn:aws:s3:::{bucket}/{key}"'
        body = (
            "<Error><Code>AccessDenied</Code><Message>User: arn:aws:iam::1:user/u is not authorized"
            f" to perform: s3:PutObject on resource: {resource}</Message></Error>"
        ).encode()
        self.send_response(403)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        pass


@pytest.mark.parametrize("quiet", [False, True])
def test_a_thousand_objects_that_are_denied_are_one_line(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, quiet: bool
) -> None:
    monkeypatch.setattr(alike, "_TOGETHER", 1e9)
    for number in range(1000):
        (tmp_path / f"{number}.txt").touch()
    words = ("--engine", "classic", *(("--quiet",) if quiet else ()))
    with answered_by(Denying, settings):
        result = run("aws_s3", "upload_dir", tmp_path, "s3://my-bucket/static", *words)
    assert (result.code, result.out) == (1, "")
    [line, *others] = result.err.splitlines()
    assert line.startswith("Failed: AWS denied access to object 'static/")
    assert line.endswith(" (The same with 999 other objects.)")
    assert [other.split(" in ")[0] for other in others] == (
        ([] if quiet else ["1,000 failed"]) + ["CommandError: 1,000 of 1,000 were not done."]
    )
