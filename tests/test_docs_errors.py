"""The errors of docs/errors.md, each made by a server and read as its user reads it."""

from __future__ import annotations

import contextlib
import re
import resource
import shlex
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
from django.core.management.base import BaseCommand, CommandError
from pytest_django import Settings

from philo_aws import s3
from philo_aws.exceptions import AWSError
from philo_aws.storage import S3Storage
from tests import running
from tests.certificates import make_certificate, showing
from tests.handmade import answered_by
from tests.running import Result
from tests.s3.engine.conftest import FaultProxy, fault_proxy_before
from tests.servers import HOST, REGION, LocalAWS, Pool, free_port
from tests.test_docs import text
from tests.test_docs_start import is_told

PART = text("errors.md").partition("## Which errors will I see\n")[2]
SECTION = re.compile(
    r"^#### (.+)\n\n```(console|text)\n((?:(?!```).*\n)*)```\n\n"
    r"(?:`(\w+)`|no error) · (?:code `(.+?)`|no code)(?: · exit code (\d+))?$",
    re.MULTILINE,
)
KEYS = ("aws_access_key_id", "aws_secret_access_key")
AT_ONCE = {"timeouts": {"commands": {"max_attempts": 1}}}
"""One attempt: the tests do not wait until patience is at an end."""

pytestmark = pytest.mark.aws_servers("ministack")


@dataclass(frozen=True)
class Told:
    """What the page says of one situation."""

    block: str
    error: str
    code: str
    exit_code: str

    @property
    def words(self) -> list[str]:
        command, _, _ = self.block.removeprefix("$ python manage.py ").partition("\n")
        return shlex.split(command)

    @property
    def lines(self) -> list[str]:
        return (
            self.block.splitlines()[1:] if self.block.startswith("$") else self.block.splitlines()
        )


TOLD = {
    title: Told(block, error, code, exit_code)
    for title, _, block, error, code, exit_code in SECTION.findall(PART)
}


@dataclass
class World:
    """A bucket with two objects, a folder, and whatever goes wrong."""

    aws: LocalAWS
    settings: Settings
    proxy: FaultProxy
    signed: Callable[[], LocalAWS]
    folder: Path
    monkeypatch: pytest.MonkeyPatch
    bucket: str = "my-bucket"

    def __post_init__(self) -> None:
        self.bucket = self.aws.make_bucket()
        for name in ("1.pdf", "2.pdf"):
            self.put(f"reports/{name}")
        self.monkeypatch.chdir(self.folder)
        (self.folder / "collected").mkdir()
        (self.folder / "collected" / "a.txt").write_text("x")
        self.set()

    def put(self, key: str, body: bytes = b"content" * 100, **options: Any) -> None:
        self.aws.client("s3").put_object(Bucket=self.bucket, Key=key, Body=body, **options)

    def set(self, **changed: Any) -> None:
        self.settings.AWS = {**self.aws.settings, **AT_ONCE, **changed}

    def fault(self, **fault: Any) -> None:
        self.proxy.set(fault)
        self.set(endpoint_url=self.proxy.url)

    def status(self, status: int, code: str) -> None:
        self.fault(do="status", status=status, code=code)

    def signs_as(self, *keys: str) -> None:
        self.set(
            endpoint_url=self.signed().endpoint_url, credentials=dict(zip(KEYS, keys, strict=True))
        )

    def ask(self, told: Told) -> tuple[Result, BaseException | None]:
        """What the command of the page prints, and the error behind it."""
        raised: list[BaseException | None] = []
        execute = BaseCommand.execute

        def noting(command: BaseCommand, *args: Any, **options: Any) -> Any:
            try:
                return execute(command, *args, **options)
            except CommandError as error:
                raised.append(error.__cause__)
                raise

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(BaseCommand, "execute", noting)
            result = running.run(*(word.replace("my-bucket", self.bucket) for word in told.words))
        return result, raised[0] if raised else None


Scene = Callable[[World], Any]
SCENES: dict[str, Scene] = {}
"""What makes each situation; it may run the command itself."""


def situation(title: str) -> Callable[[Scene], Scene]:
    def note(scene: Scene) -> Scene:
        SCENES[title] = scene
        return scene

    return note


def plain(*titles: str) -> None:
    """The command alone makes it."""
    SCENES.update(dict.fromkeys(titles, lambda world: None))


plain(
    "No such bucket",
    "No such object",
    "No such queue",
    "A bucket that is not empty",
    "Nothing matched",
    "An operation that the endpoint does not have",
    "A file that is not there",
    "Flags that cannot be",
    "A guard of the deleting",
)


@situation("No credentials")
def no_credentials(world: World) -> None:
    world.settings.AWS = {"region": REGION, "endpoint_url": world.aws.endpoint_url}


@situation("A key that AWS does not know")
def unknown_key(world: World) -> None:
    world.signs_as("AKIAIOSFODNN7EXAMPLE", "secret")


@situation("A secret that does not belong to the key")
def wrong_secret(world: World) -> None:
    world.signs_as(world.signed().credentials[KEYS[0]], "secret")


@situation("Credentials that have expired")
def expired(world: World) -> None:
    world.status(400, "ExpiredToken")


@situation("A clock that is wrong")
def skew(world: World) -> None:
    world.status(403, "RequestTimeTooSkewed")


def without_policy(world: World) -> None:
    """A user who may nothing of S3, at a bucket of the same name."""
    signed = world.signed()
    signed.client("s3").create_bucket(Bucket=world.bucket)
    keys = signed.make_user("sqs:*")
    world.signs_as(*(keys[name] for name in KEYS))


SCENES["Not allowed"] = SCENES["Not allowed, and AWS does not say why"] = without_policy


def at_aws(world: World) -> None:
    """Nothing is sent: a test never asks AWS."""
    del world.settings.AWS["endpoint_url"]


SCENES["A region that does not exist"] = SCENES["A queue of another region"] = at_aws


@situation("Nobody there")
def nobody(world: World) -> None:
    world.set(endpoint_url=f"http://{HOST}:{free_port()}")


@situation("A certificate that is not trusted")
@contextlib.contextmanager
def untrusted(world: World) -> Iterator[None]:
    with showing(make_certificate(world.folder)) as url:
        world.set(endpoint_url=url)
        yield


class LogIn(BaseHTTPRequestHandler):
    """The page of a network that wants its users to log in first."""

    def do_GET(self) -> None:
        body = b"<!DOCTYPE html><title>Log in</title>"
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        """Say nothing."""


@situation("Something else answers")
@contextlib.contextmanager
def something_else(world: World) -> Iterator[None]:
    with answered_by(LogIn, world.settings, **AT_ONCE):
        yield


@situation("The connection breaks off")
def broken(world: World) -> None:
    world.fault(do="reset")


@situation("No answer in time")
def late(world: World) -> None:
    world.fault(do="stall", pause=5)
    limits = {"commands": {"read": 0.2, "max_attempts": 1}}
    world.settings.AWS = {**world.settings.AWS, "timeouts": limits}


@situation("AWS asks to slow down")
def throttled(world: World) -> None:
    world.status(503, "SlowDown")


@situation("AWS fails")
def failing(world: World) -> None:
    world.status(500, "InternalError")


@situation("Damaged bytes")
def damaged(world: World) -> None:
    world.fault(do="damage", method="GET", path="1.pdf")
    del world.settings.AWS["timeouts"]


@situation("An object that was replaced while it was read")
def replaced(world: World) -> tuple[Result, BaseException]:
    world.put("reports/1.pdf", b"a" * 3 * 1024**2)
    with S3Storage(bucket=world.bucket).open("reports/1.pdf") as file:
        file.read(1)
        world.put("reports/1.pdf", b"b" * 3 * 1024**2)
        file.seek(2 * 1024**2)
        with pytest.raises(AWSError) as raised:
            file.read()
    return Result(0, "", f"{raised.value}\n"), raised.value


@situation("An object in an archive")
def archived(world: World) -> None:
    world.put("archived.pdf", StorageClass="GLACIER")


@situation("A disk that is full")
@contextlib.contextmanager
def full_disk(world: World) -> Iterator[None]:
    world.put("reports/1.pdf", b"x" * 100_000)
    # To fill a disk takes one of its own. The kernel refuses what is longer than this at the same
    # place, in other words.
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@situation("Output that cannot be written")
def full_output(world: World) -> tuple[Result, None]:
    words = TOLD["Output that cannot be written"].words[:-2]
    with open("/dev/full", "w") as full:
        made = running.run_process(
            *(word.replace("my-bucket", world.bucket) for word in words),
            aws=world.settings.AWS,
            stdout=full,
        )
    return Result(made.code, "", made.err), None


@situation("Settings that cannot be")
def faulty(world: World) -> None:
    world.settings.AWS = {"regoin": REGION}


@situation("A part of the work failed")
def partly(world: World) -> tuple[Result, BaseException | None]:
    (world.folder / "collected" / "old").symlink_to("nowhere")
    result, _ = world.ask(TOLD["A part of the work failed"])
    with pytest.raises(AWSError) as raised:
        s3.upload_dir("collected", world.bucket).raise_for_failures()
    return result, raised.value


@pytest.fixture(scope="module")
def faults(aws_pool: Pool, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FaultProxy]:
    upstream = aws_pool["ministack"].endpoint_url.rpartition(":")[2]
    with fault_proxy_before(upstream, tmp_path_factory.mktemp("faults")) as made:
        yield made


@pytest.fixture
def world(
    aws: LocalAWS,
    aws_pool: Pool,
    settings: Settings,
    faults: FaultProxy,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> World:
    faults.set()
    return World(aws, settings, faults, lambda: aws_pool["signed"], tmp_path, monkeypatch)


def test_every_situation_is_made() -> None:
    assert re.findall(r"^#### (.+)$", PART, re.MULTILINE) == list(TOLD)
    assert TOLD.keys() == SCENES.keys()


@pytest.mark.parametrize("title", TOLD)
def test_the_error_is_as_told(world: World, title: str) -> None:
    told = TOLD[title]
    made = SCENES[title](world)
    with made if isinstance(made, contextlib.AbstractContextManager) else contextlib.nullcontext():
        result, error = made if isinstance(made, tuple) else world.ask(told)
    said = as_on_the_page(result.out + result.err, world.bucket)
    assert is_told(told.lines, said.splitlines()), said
    if told.exit_code:
        assert result.code == int(told.exit_code)
    assert type(error).__name__ == (told.error or type(error).__name__)
    if isinstance(error, AWSError):
        assert told.error
        assert is_told([told.code], [error.code])


def as_on_the_page(said: str, bucket: str) -> str:
    said = said.replace(bucket, "my-bucket").replace("File too large", "No space left on device")
    return re.sub(rf"{HOST}:\d+", f"{HOST}:9", said)
