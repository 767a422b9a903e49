"""What boto reads to send: what is there and what was announced, in both engines and sizes."""

from __future__ import annotations

import io
import json
import os
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any, cast

import botocore.session
import pytest
from botocore.config import Config
from botocore.httpchecksum import AwsChunkedWrapper
from botocore.response import StreamingBody

from philo_aws.exceptions import LocalFileError
from philo_aws.s3.engine import Result, Upload, create, sockets
from philo_aws.s3.engine.classic import attempts
from philo_aws.s3.engine.classic.attempts import Body, ClassicAttempt
from philo_aws.s3.engine.files import Source
from philo_aws.s3.engine.size_class import SizeClass, Transfer
from tests.servers import LocalAWS

from ..conftest import ROOT, FaultProxy, objects, options_for, upload

MIB = 1024 * 1024


class Noting:
    """A run that notes what moves and what fails."""

    def __init__(self) -> None:
        self.count = 0
        self.failures: list[Any] = []

    def moving(self, transfer: Transfer, count: int) -> None:
        self.count += count

    def failed(self, transfer: Transfer, failure: Any) -> None:
        self.failures.append(failure)


def attempt(run: Noting) -> ClassicAttempt:
    task = Upload(key="k", path="/f", size=10, mtime_ns=0)
    return ClassicAttempt(cast("Any", run), Transfer(task, SizeClass(limit=1, budget=1)))


def test_a_body_ends_where_it_was_announced_to() -> None:
    run = Noting()
    body = Body(io.BytesIO(b"0123456789and more"), 10, attempt(run))
    assert [body.read(4), body.read(), body.read(4)] == [b"0123", b"456789", b""]
    assert (len(body), body.tell(), run.count) == (10, 10, 10)
    assert (body.seek(0, 2), body.seek(-3, 1), body.read()) == (10, 7, b"789")


def test_a_body_that_is_too_short_raises() -> None:
    made = attempt(Noting())
    body = Body(io.BytesIO(b"0123"), 10, made)
    with pytest.raises(LocalFileError, match="'/f' changed while it was read"):
        body.read()
    assert isinstance(made.error, LocalFileError)


def test_a_body_that_nobody_waits_for_is_not_read_on() -> None:
    run = Noting()
    made = attempt(run)
    body = Body(io.BytesIO(b"0123456789"), 10, made)
    made.cancel()
    assert len(run.failures) == 1
    with pytest.raises(ConnectionError):
        body.read(1)


@pytest.mark.aws_servers("ministack")
@pytest.mark.parametrize("by", [-MIB // 2, MIB], ids=["shrinks", "grows"])
def test_a_small_file_that_changes_while_it_is_read_fails_at_once(
    engine_name: str,
    tmp_path: Path,
    aws: LocalAWS,
    bucket: str,
    by: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path = tmp_path / "f"
    path.write_bytes(os.urandom(MIB))
    # After its size was taken, and before it is read: no server has a hand in between.
    seen = Source.__init__

    def change(source: Source, *args: Any, **kwargs: Any) -> None:
        seen(source, *args, **kwargs)
        os.truncate(path, MIB + by)

    monkeypatch.setattr(Source, "__init__", change)
    result = send(engine_name, bucket, path)
    assert result.attempts == 1
    assert by > 0 or objects(aws, bucket) == {}


@pytest.mark.aws_servers("ministack")
@pytest.mark.parametrize("by", [-MIB // 2, MIB], ids=["shrinks", "grows"])
def test_a_large_file_that_changes_while_it_is_read_fails_at_once(
    engine_name: str, tmp_path: Path, proxy: FaultProxy, aws: LocalAWS, bucket: str, by: int
) -> None:
    path = tmp_path / "f"
    path.write_bytes(os.urandom(6 * MIB))
    proxy.set({"do": "hold", "method": "POST", "path": "uploads", "times": 1})

    def change() -> None:
        proxy.wait_for_requests(1)
        os.truncate(path, 6 * MIB + by)
        proxy.set()

    changer = threading.Thread(target=change)
    changer.start()
    result = send(engine_name, bucket, path)
    changer.join()
    assert result.attempts == 1
    assert by > 0 or objects(aws, bucket) == {}
    assert "Uploads" not in aws.client("s3").list_multipart_uploads(Bucket=bucket)


def send(engine_name: str, bucket: str, path: Path) -> Result:
    results: list[Result] = []
    begun = time.monotonic()
    engine = create(options_for(engine_name, bucket, part_size=5 * MIB))
    engine.run([upload("f", path)], on_result=results.append)
    # Patience would take a minute and a half, and the local AWS takes seconds for a part.
    assert time.monotonic() - begun < 30
    (result,) = results
    assert isinstance(result.error, LocalFileError)
    assert result.error.code == "FileChanged"
    return result


def test_a_connection_takes_no_more_than_it_sends(monkeypatch: pytest.MonkeyPatch) -> None:
    class Client:
        class _endpoint:  # noqa: N801 - botocore's name
            class http_session:  # noqa: N801 - the same
                _socket_options: list[tuple[int, int, int]] = []

    attempts.send_as_it_goes(Client)
    attempts.send_as_it_goes(Client)
    options = Client._endpoint.http_session._socket_options
    assert options == [(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, sockets.UNSENT)]
    # Without it, or without botocore's name for it, everything works as it did.
    monkeypatch.delattr(socket, "TCP_NOTSENT_LOWAT")
    attempts.send_as_it_goes(Client)
    attempts.send_as_it_goes(object())
    assert len(options) == 1


def test_botocore_still_has_no_option_for_its_sockets() -> None:
    # When this fails, the buffer of a connection can be set by that option.
    client: Any = botocore.session.Session().create_client("s3", region_name="us-east-1")
    options = client._endpoint.http_session._socket_options
    client.close()
    assert isinstance(options, list)
    assert socket.TCP_NOTSENT_LOWAT not in [option for _, option, _ in options]
    assert not [name for name in Config.OPTION_DEFAULTS if "socket" in name]


def test_botocores_bodies_still_cannot_be_broken_off() -> None:
    # When this fails, a body can be broken off by its public name, or is wrapped in another way.
    raw = io.BytesIO(b"")
    assert StreamingBody(raw, 0)._raw_stream is raw  # type: ignore[attr-defined]
    assert AwsChunkedWrapper(raw)._raw is raw  # type: ignore[attr-defined]
    assert not {"shutdown", "abort", "break_off"} & {*dir(StreamingBody)}


PROGRAM = """
import json, sys
given = json.loads(sys.argv[1])
import django
from django.conf import settings
settings.configure(INSTALLED_APPS=["philo_aws"], AWS=given["aws"])
django.setup()
import os
from philo_aws.conf import TransferConfig
from philo_aws.s3.engine import Options, Upload, create
status = os.stat(given["path"])
task = Upload(key="f", path=given["path"], size=status.st_size, mtime_ns=status.st_mtime_ns)
tuning = TransferConfig(engine=given["engine"], part_size=5 << 20)
options = Options(bucket=given["bucket"], tuning=tuning)
results = []
create(options).run([task], on_result=results.append)
sys.exit(bool(results[0].error))
"""


@pytest.mark.aws_servers("ministack")
@pytest.mark.parametrize("code", ["TooManyRequests", "ExpiredToken", "AccessDenied"])
def test_a_part_that_fails_prints_nothing(
    engine_name: str, tmp_path: Path, proxy: FaultProxy, aws: LocalAWS, bucket: str, code: str
) -> None:
    # As a process of its own: awscrt writes past Python to the standard error.
    path = tmp_path / "f"
    path.write_bytes(os.urandom(21 * MIB))
    fault = {"do": "status", "status": 429 if code.startswith("Too") else 403, "code": code}
    proxy.set(fault | {"method": "PUT", "path": "partNumber", "times": 1})
    given = {
        "aws": aws.settings | {"endpoint_url": proxy.url},
        "engine": engine_name,
        "bucket": bucket,
        "path": str(path),
    }
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, json.dumps(given)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (code == "AccessDenied", "", "")
