"""Fixtures of the engines: `move` runs tasks on both of them; `proxy` puts faults in between."""

from __future__ import annotations

import contextlib
import http.client
import json
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from philo_aws.conf import TransferConfig
from philo_aws.s3.engine import Download, Engine, Options, Result, Task, Upload, create
from tests.faultproxy import CONTROL
from tests.servers import LocalAWS, Pool, answers_http, free_port, process

ROOT = Path(__file__).resolve().parents[3]
ENGINES = ("crt", "classic")


@dataclass
class RunOutcome:
    """What one run told."""

    results: list[Result] = field(default_factory=list)
    moved: int = 0
    engine: Engine | None = None

    @property
    def errors(self) -> dict[str, str]:
        """The code (or the sentence) of each failure, by key."""
        return {r.task.key: r.error.code or str(r.error) for r in self.results if r.error}

    @property
    def done(self) -> set[str]:
        return {r.task.key for r in self.results if r.error is None}

    def of(self, key: str) -> Result:
        (result,) = [r for r in self.results if r.task.key == key]
        return result


def upload(key: str, path: Path, **headers: str) -> Upload:
    """The task for one file as it is now."""
    status = path.stat()
    return Upload(
        key=key,
        path=str(path),
        size=status.st_size,
        mtime_ns=status.st_mtime_ns,
        headers={name.replace("_", "-"): value for name, value in headers.items()},
    )


def uploads(folder: Path, prefix: str = "") -> Iterator[Upload]:
    """Tasks for every file below `folder`."""
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            yield upload(prefix + path.relative_to(folder).as_posix(), path)


def downloads(source: LocalAWS, bucket: str, folder: Path) -> Iterator[Download]:
    """Tasks for every object of `bucket`."""
    pages = source.client("s3").get_paginator("list_objects_v2").paginate(Bucket=bucket)
    for page in pages:
        for found in page.get("Contents", []):
            path = folder / found["Key"]
            yield Download(key=found["Key"], path=str(path), size=found["Size"], etag=found["ETag"])


@pytest.fixture(params=ENGINES)
def engine_name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def options_for(
    engine: str, bucket: str, *, extra_args: Mapping[str, Any] | None = None, **tuning: Any
) -> Options:
    """What an engine of this name is given; further keywords are fields of `TransferConfig`."""
    config = TransferConfig(engine=engine, **tuning)
    return Options(bucket=bucket, tuning=config, extra_args=extra_args or {})


Move = Callable[..., RunOutcome]


@pytest.fixture
def move(engine_name: str, aws: LocalAWS, bucket: str) -> Move:
    """Run tasks on the bucket of the test; further keywords are those of `options_for`."""

    def run(tasks: Iterable[Task], *, bucket: str = bucket, **options: Any) -> RunOutcome:
        outcome = RunOutcome()

        def on_bytes(count: int) -> None:
            outcome.moved += count

        outcome.engine = create(options_for(engine_name, bucket, **options))
        outcome.engine.run(tasks, on_result=outcome.results.append, on_bytes=on_bytes)
        return outcome

    return run


def objects(aws: LocalAWS, bucket: str) -> dict[str, bytes]:
    """All objects of a bucket."""
    s3 = aws.client("s3")
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket)
    keys = [found["Key"] for page in pages for found in page.get("Contents", [])]
    return {key: s3.get_object(Bucket=bucket, Key=key)["Body"].read() for key in keys}


def files(folder: Path) -> dict[str, bytes]:
    """All files below a folder."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@dataclass
class FaultProxy:
    """The proxy's remote control."""

    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def set(self, *faults: dict[str, Any]) -> None:
        self._ask("POST", json.dumps(faults))

    def report(self) -> dict[str, Any]:
        return self._ask("GET")

    def wait_for_requests(self, count: int, seconds: float = 60) -> None:
        """Return when so many requests have come since the faults were set."""
        self.wait_for(lambda report: report["requests"] >= count, seconds)

    def wait_for(self, condition: Callable[[dict[str, Any]], Any], seconds: float = 60) -> None:
        """Return when the proxy's report meets `condition`."""
        end = time.monotonic() + seconds
        while not condition(self.report()):
            assert time.monotonic() < end, self.report()

    def _ask(self, method: str, body: str = "") -> dict[str, Any]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request(method, CONTROL, body)
            report: dict[str, Any] = json.loads(connection.getresponse().read())
            return report
        finally:
            connection.close()


@contextlib.contextmanager
def fault_proxy_before(upstream: str, folder: Path, *options: str) -> Iterator[FaultProxy]:
    """A proxy in front of the port `upstream` of this machine."""
    port = free_port()
    command = [sys.executable, "-m", "tests.faultproxy", str(port), upstream, *options]
    with process(
        command,
        folder=folder,
        env={"PYTHONPATH": str(ROOT)},
        ready=lambda: answers_http(port, CONTROL),
    ):
        yield FaultProxy(port)


@pytest.fixture(scope="session")
def fault_proxy(aws_pool: Pool, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FaultProxy]:
    upstream = aws_pool["ministack"].endpoint_url.rpartition(":")[2]
    with fault_proxy_before(upstream, tmp_path_factory.mktemp("faultproxy")) as made:
        yield made


@pytest.fixture
def proxy(fault_proxy: FaultProxy, aws: LocalAWS, settings: Settings) -> FaultProxy:
    """Faults between the engine and ministack; `settings.AWS` points at it."""
    fault_proxy.set()
    assert aws.name == "ministack"
    settings.AWS = aws.settings | {"endpoint_url": fault_proxy.url}
    return fault_proxy


@pytest.fixture
def narrow_proxy(aws: LocalAWS, settings: Settings, tmp_path: Path) -> Iterator[FaultProxy]:
    """The same, which takes no more at once than a slow link does."""
    upstream = aws.endpoint_url.rpartition(":")[2]
    folder = tmp_path / "narrow"
    folder.mkdir()
    with fault_proxy_before(upstream, folder, "--buffer", "4096") as made:
        settings.AWS = aws.settings | {"endpoint_url": made.url}
        yield made
