"""Fixtures for every test; the interface is this docstring.

Servers (real processes on loopback, one of each for the whole session, shared by all tests: work
on buckets and queues of your own, by unique names; nothing is reset between tests):

`aws`         the test runs once per server, "ministack" and "moto"; `settings.AWS` points at it.
              Attributes: `.name`, `.endpoint_url`, `.credentials` (dict), `.settings` (a fresh
              dict, the value of `settings.AWS`), `.client(service, region=None)` (plain boto3,
              cached), `.make_bucket()`, `.make_queue()`, `.make_user(*actions)`.
              `@pytest.mark.aws_servers("ministack")` (on test, class or `pytestmark`) keeps to one.
`ministack`, `moto`   the same for this one server; `bucket` and the others then use it too.
`signed_aws`  ministack with SigV4 and IAM policies verified; credentials of an IAM user with all of
              S3 and SQS. `signed_aws.make_user("s3:GetObject")` gives the keys of one who may less.
`bucket`      the name of a fresh bucket on the server of this test.
`queue_url`   the URL of a fresh standard queue on it.
`make_bucket(region=None, **create_bucket_options) -> name`
`make_queue(name=None, region=None, **attributes) -> url`   (`FifoQueue="true"` makes it a .fifo)
`settings`    pytest-django's: `settings.AWS = {...}` takes effect at once.

Commands:

`run(*arguments, stdin="", tty=False) -> Result(code, out, err)`
              `manage.py ARGUMENTS` in this process, on the settings of the test.
`run_process(*arguments, env=None, stdin="", timeout=60) -> Result`
              the same as a process of its own (`tests.settings`, `AWS` as the test has set it).
`start_process(*arguments, env=None) -> subprocess.Popen[str]`
              the same, not waited for; killed at the end of the test when it still runs.

Every test starts without AWS_* variables, config files or instance metadata, and fails when it
leaves an AWS_* variable behind. `slow` tests run with `make test-slow`; a test that needs a browser
is marked `browser`.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import gc
import os
import subprocess
from collections.abc import Callable, Iterator
from typing import Any

import botocore
import hypothesis
import pytest
from botocore.loaders import JSONFileLoader
from pytest_django import Settings

from philo_aws._loader import PlainFileLoader
from tests import running
from tests.running import Result
from tests.servers import DEFAULT_SERVERS, MINISTACK_BIN, NO_ACCOUNT, SERVERS, LocalAWS, Pool

SINGLE_SERVER_FIXTURES = {"ministack": "ministack", "moto": "moto", "signed_aws": "signed"}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--aws-server",
        action="append",
        choices=list(SERVERS),
        help="run only the tests that take any server, on this one (may be repeated)",
    )


def pytest_configure(config: pytest.Config) -> None:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]
    os.environ.update(NO_ACCOUNT)
    if MINISTACK_BIN.exists():
        # Where the embedded AWS finds it: no test is to install anything.
        os.environ["PATH"] = os.pathsep.join([str(MINISTACK_BIN), os.environ["PATH"]])
    # A time for each example says more of the machine than of the code; a test that is about time
    # measures that of this process.
    hypothesis.settings.register_profile("any machine", deadline=None)
    hypothesis.settings.load_profile("any machine")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "aws" not in metafunc.fixturenames:
        return
    wanted = SINGLE_SERVER_FIXTURES.keys() & set(metafunc.fixturenames)
    single = [SINGLE_SERVER_FIXTURES[name] for name in sorted(wanted)]
    names = metafunc.config.getoption("--aws-server") or DEFAULT_SERVERS
    if marker := metafunc.definition.get_closest_marker("aws_servers"):
        single = single or list(marker.args)
    metafunc.parametrize("aws", single or names, indirect=True)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """With `--aws-server`, keep the tests that were written for any server."""
    if not config.getoption("--aws-server"):
        return
    kept: list[pytest.Item] = []
    dropped: list[pytest.Item] = []
    for item in items:
        names = getattr(item, "fixturenames", ())
        any_server = "aws" in names and not SINGLE_SERVER_FIXTURES.keys() & set(names)
        chosen = any_server and not item.get_closest_marker("aws_servers")
        (kept if chosen else dropped).append(item)
    config.hook.pytest_deselected(items=dropped)
    items[:] = kept


def pytest_collection_finish() -> None:
    """Let garbage be looked for among what tests make, not among the tests themselves."""
    gc.collect()
    gc.freeze()
    # One client makes as many objects as Python would look twenty times for garbage at.
    gc.set_threshold(10_000, 10, 10)


@pytest.fixture(scope="session", autouse=True)
def descriptions_read_once() -> Iterator[None]:
    """Read each file of botocore's once.

    Every new value of `settings.AWS` has a session of its own, which would parse megabytes of JSON
    again: most of the time that a client takes to be made, and of the memory it holds.
    """
    theirs = os.path.dirname(botocore.__file__) + os.sep
    with pytest.MonkeyPatch.context() as patch:
        for loader in (JSONFileLoader, PlainFileLoader):
            patch.setattr(loader, "load_file", read_once(loader.load_file, theirs))
        yield


def read_once(load_file: Callable[..., Any], folder: str) -> Callable[..., Any]:
    known: dict[str, Any] = {}

    @functools.wraps(load_file)
    def load(self: Any, file_path: str) -> Any:
        if not file_path.startswith(folder):
            return load_file(self, file_path)
        if file_path not in known:
            known[file_path] = load_file(self, file_path)
        return known[file_path]

    return load


@pytest.fixture(scope="session")
def aws_pool(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pool]:
    with contextlib.closing(Pool(tmp_path_factory.mktemp("servers"))) as pool:
        yield pool


@pytest.fixture(autouse=True)
def no_account() -> Iterator[None]:
    """Credentials must never get into `os.environ`: whoever puts them there fails."""
    yield
    left = {k: v for k, v in os.environ.items() if k.startswith("AWS_") and NO_ACCOUNT.get(k) != v}
    for name in left:
        del os.environ[name]
    os.environ.update(NO_ACCOUNT)
    assert not left, f"the test left {sorted(left)} in os.environ"


@pytest.fixture
def aws(request: pytest.FixtureRequest, aws_pool: Pool, settings: Settings) -> LocalAWS:
    server = aws_pool[request.param]
    settings.AWS = server.settings
    return server


def single_server(name: str) -> Callable[[Pool, Settings], LocalAWS]:
    def fixture(aws_pool: Pool, settings: Settings) -> LocalAWS:
        settings.AWS = aws_pool[name].settings
        return aws_pool[name]

    return fixture


ministack = pytest.fixture(single_server("ministack"), name="ministack")
moto = pytest.fixture(single_server("moto"), name="moto")
signed_aws = pytest.fixture(single_server("signed"), name="signed_aws")


@pytest.fixture
def make_bucket(aws: LocalAWS) -> Callable[..., str]:
    return aws.make_bucket


@pytest.fixture
def make_queue(aws: LocalAWS) -> Callable[..., str]:
    return aws.make_queue


@pytest.fixture
def bucket(aws: LocalAWS) -> str:
    return aws.make_bucket()


@pytest.fixture
def queue_url(aws: LocalAWS) -> str:
    return aws.make_queue()


@pytest.fixture
def run() -> Callable[..., Result]:
    return running.run


@pytest.fixture
def run_process(settings: Settings) -> Callable[..., Result]:
    return lambda *arguments, **options: running.run_process(
        *arguments, aws=settings.AWS, **options
    )


@pytest.fixture(autouse=True)
def _no_loop_of_a_browser(request: pytest.FixtureRequest) -> Iterator[None]:
    """Let a test that has no browser begin an event loop: Playwright's runs in the same thread.

    It does so for as long as there is a browser, which is beyond the tests that have it.
    """
    running = asyncio._get_running_loop()
    if running is None or "chromium" in request.fixturenames:
        yield
        return
    asyncio._set_running_loop(None)
    yield
    asyncio._set_running_loop(running)


@pytest.fixture
def start_process(settings: Settings) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    started: list[subprocess.Popen[str]] = []

    def start(*arguments: object, **options: Any) -> subprocess.Popen[str]:
        started.append(running.start_process(*arguments, aws=settings.AWS, **options))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.communicate()
