"""A low limit of open files makes a run slower, and not fail."""

from __future__ import annotations

import errno
import json
import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from philo_aws.exceptions import Kind
from philo_aws.s3.engine import Download, descriptors, errors
from philo_aws.s3.engine.descriptors import Allowance, shared_out
from tests.servers import LocalAWS

from .conftest import ROOT, files, objects

MIB = 1024 * 1024

# As a process of its own: a limit is one of a process, and the tests need more.
PROGRAM = """
import json, os, resource, sys
resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
given = json.loads(sys.argv[1])
import django
from django.conf import settings
settings.configure(INSTALLED_APPS=["philo_aws"], AWS=given["aws"])
django.setup()
from philo_aws.conf import TransferConfig
from philo_aws.s3.engine import Download, Options, Upload, create
source, back = given["source"], given["back"]
names = sorted(os.listdir(source))
stats = {name: os.stat(os.path.join(source, name)) for name in names}
results = []
options = Options(bucket=given["bucket"], tuning=TransferConfig(engine=given["engine"]))
create(options).run(
    [Upload(key=n, path=os.path.join(source, n), size=s.st_size, mtime_ns=s.st_mtime_ns)
     for n, s in stats.items()], on_result=results.append)
create(options).run(
    [Download(key=n, path=os.path.join(back, n), size=s.st_size) for n, s in stats.items()],
    on_result=results.append)
failed = [f"{r.task.key}: {r.error}" for r in results if r.error]
print("\\n".join(failed[:5]))
sys.exit(len(results) != 2 * len(names) or bool(failed))
"""


@pytest.mark.aws_servers("ministack")
def test_sixty_four_open_files_are_enough(
    engine_name: str, tmp_path: Path, aws: LocalAWS, bucket: str
) -> None:
    source, back = tmp_path / "source", tmp_path / "back"
    source.mkdir()
    for number in range(200):
        (source / f"f{number:03}").write_bytes(b"%d" % number * 1000)
    (source / "large").write_bytes(os.urandom(40 * MIB))
    given = {
        "aws": aws.settings,
        "engine": engine_name,
        "bucket": bucket,
        "source": str(source),
        "back": str(back),
    }
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, json.dumps(given)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, "", "")
    assert objects(aws, bucket) == files(source)
    assert files(back) == files(source)


def test_what_is_free_is_the_limit_without_what_is_open() -> None:
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    before = descriptors.free()
    assert before is not None
    assert 0 < before < soft
    read, write = os.pipe()
    try:
        assert descriptors.free() == before - 2
    finally:
        os.close(read)
        os.close(write)


@pytest.mark.parametrize(
    "free, allowed",
    [
        (None, Allowance(small=524256, parts=16, loops=8)),
        (1000, Allowance(small=468, parts=16, loops=8)),
        (128, Allowance(small=32, parts=16, loops=8)),
        (32, Allowance(small=8, parts=4, loops=2)),
        (0, Allowance(small=1, parts=1, loops=1)),
    ],
)
def test_what_is_free_is_shared_out(free: int | None, allowed: Allowance) -> None:
    assert shared_out(free) == allowed


@pytest.mark.parametrize("number", [errno.EMFILE, errno.ENFILE])
def test_too_many_open_files_are_too_many_for_the_moment(number: int) -> None:
    task = Download(key="k", path="/f", size=1)
    failure = errors.from_exception(OSError(number, os.strerror(number)), task, "b")
    assert failure.kind is Kind.TRANSIENT
    assert failure.error.code == "TooManyOpenFiles"
    assert "ulimit -n" in str(failure.error)
    other = errors.from_exception(OSError(errno.EACCES, "x"), task, "b")
    assert other.kind is Kind.PERMANENT
