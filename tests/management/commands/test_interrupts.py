"""Ctrl-C, SIGTERM and SIGHUP end `manage.py aws_s3` soon, also where the store stands still."""

from __future__ import annotations

import re
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from philo_aws.s3.engine.run import GRACE
from tests.running import Result
from tests.s3.engine.conftest import FaultProxy, fault_proxy  # noqa: F401 - a fixture
from tests.s3.files.test_tree import plant
from tests.servers import LocalAWS

pytestmark = pytest.mark.aws_servers("ministack")

Start = Callable[..., subprocess.Popen[str]]
Interrupted = Callable[..., Result]
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
# A signal may come while Python imports: it then says of itself, where warnings are errors, that
# the module's file was left open.
CUT_IMPORT = re.compile(
    r"Exception ignored [^\n]*\.pyc?'[^\n]*\nTraceback[^\n]*\n(?:  [^\n]*importlib[^\n]*\n)+"
    r"ResourceWarning: unclosed file [^\n]*\n"
)
LISTING = {"method": "GET", "path": "list-type=2.*continuation|continuation.*list-type=2"}


@pytest.fixture
def interrupted(
    aws: LocalAWS,
    bucket: str,
    fault_proxy: FaultProxy,  # noqa: F811
    start_process: Start,
    settings: Settings,
) -> Interrupted:
    """Run a command until `fault` stalls it, interrupt it, and see that it ends in time."""
    # Default timeouts: a request that stands still is given up after minutes.
    settings.AWS = aws.settings | {"endpoint_url": fault_proxy.url}

    def run(number: signal.Signals, fault: dict[str, Any], *words: object) -> Result:
        fault_proxy.set({"do": "stall", "pause": 120} | fault)
        action, *flags = words
        process = start_process("aws_s3", action, "--bucket", bucket, *flags)
        fault_proxy.wait_for(lambda report: sum(report["done"]))
        at = time.monotonic()
        process.send_signal(number)
        out, err = process.communicate(timeout=30)
        assert time.monotonic() - at < GRACE + 5
        assert process.returncode == 130, err
        assert err.endswith("CommandError: Interrupted.\n")
        assert "Traceback" not in CUT_IMPORT.sub("", err)
        return Result(process.returncode, out, err)

    return run


@pytest.fixture
def two_pages(bucket: str, run: Callable[..., Result], tmp_path: Path) -> Path:
    """Fill the bucket with more than a page of a listing holds; return an empty folder."""
    plant(tmp_path / "tree", *(f"{number:04}" for number in range(1001)))
    words = ("upload_dir", "--bucket", bucket, "--root_folder", str(tmp_path / "tree"))
    assert run("aws_s3", *words).code == 0
    (tmp_path / "empty").mkdir()
    return tmp_path / "empty"


def test_a_listing_that_stands_still(two_pages: Path, interrupted: Interrupted) -> None:
    for number, action in zip(SIGNALS, ("list_objects_v2", "du", "list_objects_v2"), strict=True):
        assert interrupted(number, LISTING, action).out == ""
    flags = ("--root_folder", two_pages, "--delete", "--allow_empty")
    assert "Interrupted: " in interrupted(signal.SIGINT, LISTING, "sync", *flags).err
    words = ("sync", "--direction", "down", "--dry_run", "--root_folder", two_pages)
    assert "Interrupted: " in interrupted(signal.SIGTERM, LISTING, *words).err


@pytest.mark.parametrize("engine", ["crt", "classic"])
def test_uploads_that_stand_still(engine: str, interrupted: Interrupted, tmp_path: Path) -> None:
    plant(tmp_path, *(f"{number:02}" for number in range(40)))
    flags = ("--root_folder", tmp_path, "--engine", engine)
    result = interrupted(signal.SIGINT, {"method": "PUT"}, "upload_dir", *flags)
    # As many as had been begun when the first of them stood still.
    assert re.search(r"Interrupted: 0 failed, [1-9]\d* unfinished", result.err)


@pytest.mark.parametrize("engine", ["crt", "classic"])
def test_downloads_that_stand_still(
    engine: str, interrupted: Interrupted, aws: LocalAWS, bucket: str, tmp_path: Path
) -> None:
    for number in range(5):
        aws.client("s3").put_object(Bucket=bucket, Key=f"k{number}", Body=b"x")
    flags = ("--root_folder", tmp_path, "--engine", engine)
    fault = {"method": "GET", "path": r"/k\d"}
    result = interrupted(signal.SIGTERM, fault, "download_dir", *flags)
    assert "Interrupted: 0 failed, 5 unfinished" in result.err
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("number", SIGNALS)
def test_deletions_that_stand_still(
    number: signal.Signals, interrupted: Interrupted, aws: LocalAWS, bucket: str
) -> None:
    aws.client("s3").put_object(Bucket=bucket, Key="k", Body=b"x")
    result = interrupted(number, {"method": "POST"}, "delete_objects", "--prefix", "k")
    assert "Interrupted: 0 failed, 1 unfinished" in result.err


def test_a_comparison_that_stands_still(
    interrupted: Interrupted, aws: LocalAWS, bucket: str, tmp_path: Path
) -> None:
    size = 300_000
    aws.client("s3").put_object(Bucket=bucket, Key="f", Body=b"a" * size)
    (tmp_path / "f").write_bytes(b"b" * size)
    words = ("sync", "--root_folder", tmp_path)
    assert "Interrupted: " in interrupted(signal.SIGINT, {"method": "HEAD"}, *words).err


def test_under_nohup_a_hangup_is_ignored(
    aws: LocalAWS,
    bucket: str,
    fault_proxy: FaultProxy,  # noqa: F811
    start_process: Start,
    settings: Settings,
    tmp_path: Path,
) -> None:
    settings.AWS = aws.settings | {"endpoint_url": fault_proxy.url}
    plant(tmp_path, "f")
    fault_proxy.set({"do": "stall", "pause": 120, "method": "PUT"})
    process = start_process(
        *("aws_s3", "upload_dir", "--bucket", bucket, "--root_folder", tmp_path),
        preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN),
    )
    fault_proxy.wait_for(lambda report: sum(report["done"]))
    process.send_signal(signal.SIGHUP)
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(1)
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "Interrupted: 0 failed, 1 unfinished" in err
