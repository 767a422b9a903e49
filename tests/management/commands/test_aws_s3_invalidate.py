"""`manage.py aws_s3 invalidate`, alone, behind a transfer by a pipe, and as its last step."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.management.base import CommandError, OutputWrapper
from pytest_django import Settings

from philo_aws import s3
from philo_aws.exceptions import UsageError
from philo_aws.management import s3_invalidate
from philo_aws.management.output import Output
from philo_aws.s3 import cdn
from tests.running import Result, Stream
from tests.s3.files.test_tree import plant
from tests.s3.scripted import scripted
from tests.s3.test_cdn import ANSWER, BUSY, after, invalidations, make_distribution
from tests.servers import LocalAWS

Run = Callable[..., Result]


@pytest.fixture
def distribution(aws: LocalAWS) -> str:
    return make_distribution(aws)


@pytest.fixture
def invalidate(run: Run, distribution: str) -> Run:
    return lambda *words, **options: run(
        "aws_s3", "invalidate", "--distribution", distribution, *words, **options
    )


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    plant(tmp_path / "tree", "a.txt", "css/base.27e20196a850.css", "new.txt")
    return tmp_path / "tree"


def paths(aws: LocalAWS, distribution: str) -> list[list[str]]:
    return [each["Paths"]["Items"] for each in invalidations(aws, distribution)]


def test_paths_and_keys(invalidate: Run, aws: LocalAWS, distribution: str) -> None:
    done = invalidate(
        "--path", "/static/*", "--path=/", "--key", "a b", "--format", "json", "--wait"
    )
    assert (done.code, done.err) == (0, "")
    made = json.loads(done.out)["Invalidation"]
    assert made["InvalidationBatch"]["Paths"]["Items"] == ["/", "/a%20b", "/static/*"]
    assert made["Status"].lower() == "completed"
    assert paths(aws, distribution) == [["/", "/a%20b", "/static/*"]]


def test_what_a_sync_changed(
    run: Run, invalidate: Run, aws: LocalAWS, bucket: str, distribution: str, tree: Path
) -> None:
    client = aws.client("s3")
    for key in ("site/a.txt", "site/css/base.27e20196a850.css", "site/old.txt"):
        client.put_object(Bucket=bucket, Key=key, Body=b"before")
    report = run(
        *("aws_s3", "sync", "--bucket", bucket, "--root_folder", tree, "--prefix", "site"),
        *("--delete", "--compare", "size", "--format", "jsonl"),
    )
    assert report.code == 0
    done = invalidate("--from", "-", "--origin_path", "/site", stdin=report.out)
    assert (done.code, done.err) == (0, "")
    # What is new is in no cache; the hashed name has another content, which is seen here.
    assert paths(aws, distribution) == [["/a.txt", "/css/base.27e20196a850.css", "/old.txt"]]


def test_a_report_in_a_file_and_what_is_new(
    run: Run, invalidate: Run, aws: LocalAWS, bucket: str, distribution: str, tree: Path
) -> None:
    flags = ("--bucket", bucket, "--root_folder", tree, "--format", "jsonl")
    report = tree.parent / "report.jsonl"
    report.write_text(run("aws_s3", "sync", *flags).out)
    done = invalidate("--from", report)
    nothing = "Nothing changed that a cache may have: nothing is to be invalidated.\n"
    assert (done.code, done.out, done.err) == (0, "", nothing)
    assert paths(aws, distribution) == []
    done = invalidate("--from", report, "--include_new", "--max_paths", "1")
    assert done.code == 0
    assert done.err == (
        "3 paths are more than are invalidated at a time: /* stands for those within.\n"
    )
    assert paths(aws, distribution) == [["/*"]]


def test_a_dry_run(invalidate: Run, aws: LocalAWS, distribution: str) -> None:
    done = invalidate("--path", "/b", "--key", "a\x1b", "--dry_run")
    assert (done.code, done.out, done.err) == (0, "invalidate /a%1B\ninvalidate /b\n", "")
    line = {"action": "upload", "status": "done", "key": "a", "path": "", "reason": "size"}
    report = f'{json.dumps(line)}\n{{"action": "summary", "dry_run": true}}\n'
    done = invalidate("--from", "-", stdin=report)
    assert (done.code, done.out) == (0, "invalidate /a\n")
    assert done.err == "The report is of a dry run, so nothing is invalidated.\n"
    assert invalidations(aws, distribution) == []


def test_a_report_without_an_end_is_a_failure_after_what_it_tells(
    invalidate: Run, aws: LocalAWS, distribution: str
) -> None:
    line = {"action": "upload", "status": "done", "key": "a", "path": "", "reason": "size"}
    done = invalidate("--from", "-", stdin=f"{json.dumps(line)}\n")
    assert done.code == 1
    assert done.err.startswith("CommandError: The report is not whole")
    assert paths(aws, distribution) == [["/a"]]


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ((), 2, "Say what to invalidate: --path '/static/*', --key, or --from a report."),
        (("--path", "static"), 2, "'static' is no path of a distribution."),
        (("--path", "/a", "--include_new"), 2, "--include_new is about a report"),
        (("--path", "/a", "--timeout", "0"), 2, "timeout is 0"),
        (("--path", "/a", "--max_paths", "4000"), 2, "max_paths is 4000"),
        (("--from", "/no/such"), 1, "There is no file or folder '/no/such'"),
        (("--from", "-"), 1, "The report is empty"),
    ],
)
@pytest.mark.aws_servers("ministack")
def test_what_cannot_be(invalidate: Run, words: tuple[str, ...], code: int, said: str) -> None:
    done = invalidate(*words)
    assert (done.code, done.out) == (code, "")
    assert done.err.startswith(f"CommandError: {said}")


@pytest.mark.aws_servers("ministack")
def test_a_distribution_that_is_not_there(run: Run, aws: LocalAWS) -> None:
    done = run("aws_s3", "invalidate", "--distribution", "E0NONE", "--path", "/a")
    assert (done.code, done.out) == (1, "")
    assert done.err.startswith("CommandError: There is no distribution 'E0NONE'")


def test_a_wait_that_ends_too_early(
    run: Run, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    # No server takes any time for an invalidation.
    monkeypatch.setattr(cdn, "_FIRST_PAUSE", 0.01)
    words = ("aws_s3", "invalidate", "--distribution", "E1", "--path", "/a", "--wait")
    with scripted(settings, after((201, ANSWER.format(status="InProgress")))):
        done = run(*words, "--timeout", "1")
    assert (done.code, done.out) == (1, "")
    assert "The invalidation I1 was not done after 1 s" in done.err
    with scripted(settings, after((400, BUSY))):
        done = run(*words[:-1])
    assert done.code == 1
    assert "Wait for them with --wait" in done.err


class Transfer:
    """A transfer of an action that is followed by an invalidation."""

    def __init__(self, bucket: str, folder: Path) -> None:
        self.bucket, self.folder, self.err = bucket, folder, Stream()

    def __call__(self, **given: Any) -> None:
        output = Output(OutputWrapper(Stream()), OutputWrapper(self.err), "table")
        error = given.pop("error", None)
        with s3_invalidate.after(output, given) as watched:
            s3.upload_dir(self.folder, self.bucket, watcher=watched(s3.Watcher()), **given)
            if error:
                raise error

    @property
    def told(self) -> str:
        return self.err.text()


@pytest.fixture
def transfer(bucket: str, tree: Path) -> Transfer:
    return Transfer(bucket, tree)


class TestAfter:
    """The hook of the transfers: the flags `--invalidate` and `--origin_path`."""

    def test_what_changed_is_invalidated(
        self, transfer: Transfer, aws: LocalAWS, distribution: str
    ) -> None:
        transfer(invalidate=distribution, origin_path="")
        assert paths(aws, distribution) == [["/a.txt", "/new.txt"]]
        assert transfer.told.startswith(f"Invalidated 2 paths of {distribution}: ")

    def test_without_the_flag_nothing_is(self, transfer: Transfer) -> None:
        transfer(invalidate=None, origin_path="")
        assert transfer.told == ""

    def test_a_dry_run(self, transfer: Transfer, aws: LocalAWS, distribution: str) -> None:
        transfer(invalidate=distribution, dry_run=True)
        told = f"Would be invalidated: 2 paths of {distribution}: /a.txt, /new.txt.\n"
        assert transfer.told == told
        assert paths(aws, distribution) == []

    def test_what_was_done_before_something_failed_is_too(
        self, transfer: Transfer, aws: LocalAWS, distribution: str
    ) -> None:
        with pytest.raises(CommandError, match="1 of 3"):
            transfer(invalidate=distribution, error=CommandError("1 of 3 were not done."))
        assert paths(aws, distribution) == [["/a.txt", "/new.txt"]]

    def test_the_first_error_is_the_one_that_is_raised(
        self, transfer: Transfer, distribution: str
    ) -> None:
        with pytest.raises(CommandError, match="1 of 3"):
            transfer(invalidate="E0NONE", error=CommandError("1 of 3 were not done."))
        assert transfer.told.startswith("Not invalidated: There is no distribution 'E0NONE'")

    def test_after_an_interrupt_it_is_said_how(
        self, transfer: Transfer, aws: LocalAWS, distribution: str
    ) -> None:
        with pytest.raises(KeyboardInterrupt):
            transfer(invalidate=distribution, error=KeyboardInterrupt())
        assert f"manage.py aws_s3 invalidate --distribution {distribution} --path" in transfer.told
        assert paths(aws, distribution) == []

    def test_what_cannot_be_is_refused_before_anything_is_moved(
        self, transfer: Transfer, aws: LocalAWS
    ) -> None:
        for given in ({"invalidate": "d1.cloudfront.net"}, {"origin_path": "site"}):
            with pytest.raises(UsageError):
                transfer(**given)
        assert aws.client("s3").list_objects_v2(Bucket=transfer.bucket)["KeyCount"] == 0
