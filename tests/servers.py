"""Real S3 and SQS servers on loopback: started as processes, stopped when the tests end or die."""

from __future__ import annotations

import contextlib
import http.client
import importlib.util
import json
import os
import shutil
import socket
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

REGION = "us-east-1"
HOST = "127.0.0.1"
START_TIMEOUT = 30.0
STOP_TIMEOUT = 15.0
TEST_CREDENTIALS: Mapping[str, str] = {
    "aws_access_key_id": "test",
    "aws_secret_access_key": "test",
}

# It wants a botocore of its own, so `make test` gives it an environment of its own.
MINISTACK_BIN = Path(__file__).resolve().parent.parent / ".venv-ministack" / "bin"

# Runs one server and ends it when standard input closes. The kernel closes that pipe however the
# tests end, kill -9 included, which no exit handler in the test process could promise.
SUPERVISOR = f"""
import os, subprocess, sys, threading
child = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL)
def end_with_parent():
    os.read(0, 1)
    child.terminate()
    try:
        child.wait({STOP_TIMEOUT - 5})
    except subprocess.TimeoutExpired:
        child.kill()
threading.Thread(target=end_with_parent, daemon=True).start()
sys.exit(child.wait())
"""


class ServerError(Exception):
    """A test server cannot be started; the text says why and holds the end of its log."""


@dataclass(frozen=True, kw_only=True)
class LocalAWS:
    """One running server as the tests see it; its clients know nothing of philo_aws."""

    name: str
    """The name given to `--aws-server`."""
    endpoint_url: str
    """Where S3, SQS and, on most servers, STS, IAM and EC2 answer."""
    credentials: Mapping[str, str] = field(default_factory=lambda: dict(TEST_CREDENTIALS))
    """The keys that `settings.AWS` gets."""
    admin: Mapping[str, str] = field(default_factory=lambda: dict(TEST_CREDENTIALS))
    """The keys that may make IAM users."""
    _clients: dict[tuple[str, str, str], Any] = field(default_factory=dict, repr=False)

    @property
    def settings(self) -> dict[str, Any]:
        """A fresh value for `settings.AWS` that points at this server."""
        return {
            "credentials": dict(self.credentials),
            "region": REGION,
            "endpoint_url": self.endpoint_url,
        }

    def client(
        self,
        service: str,
        region: str | None = None,
        *,
        credentials: Mapping[str, str] | None = None,
    ) -> Any:
        """A plain boto3 client, cached, to arrange and to check what philo_aws did."""
        import boto3
        from botocore.config import Config

        keys: dict[str, Any] = dict(credentials or self.credentials)
        cached = (service, region or REGION, keys["aws_access_key_id"])
        if cached not in self._clients:
            config = Config(
                signature_version="s3v4" if service == "s3" else None,
                connect_timeout=5,
                read_timeout=30,
                retries={"total_max_attempts": 3},
            )
            session: Any = boto3.Session(**keys)
            self._clients[cached] = session.client(
                service,
                region_name=region or REGION,
                endpoint_url=self.endpoint_url,
                config=config,
            )
        return self._clients[cached]

    def make_bucket(self, region: str | None = None, **options: Any) -> str:
        """Make a bucket with a name nobody else has; options are boto's for `create_bucket`."""
        name = f"b-{uuid.uuid4().hex[:16]}"
        if (region or REGION) != REGION:
            options.setdefault("CreateBucketConfiguration", {"LocationConstraint": region})
        self.client("s3", region).create_bucket(Bucket=name, **options)
        return name

    def make_queue(
        self, name: str | None = None, region: str | None = None, **attributes: str
    ) -> str:
        """Make a queue (FIFO when `FifoQueue="true"` is given) and return its URL."""
        fifo = ".fifo" if attributes.get("FifoQueue") == "true" else ""
        name = name or f"q-{uuid.uuid4().hex[:16]}{fifo}"
        answer = self.client("sqs", region).create_queue(QueueName=name, Attributes=attributes)
        return str(answer["QueueUrl"])

    def make_user(self, *actions: str) -> dict[str, str]:
        """Make an IAM user who may do `actions` (`"s3:GetObject"`, `"sqs:*"`); return its keys."""
        iam = self.client("iam", credentials=self.admin)
        name = f"u-{uuid.uuid4().hex[:16]}"
        statement = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
        document = {"Version": "2012-10-17", "Statement": [statement]}
        iam.create_user(UserName=name)
        iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=json.dumps(document))
        key = iam.create_access_key(UserName=name)["AccessKey"]
        return {
            "aws_access_key_id": key["AccessKeyId"],
            "aws_secret_access_key": key["SecretAccessKey"],
        }

    def close(self) -> None:
        """Close the sockets of every client."""
        for client in self._clients.values():
            client.close()


def scrubbed(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment without the machine's AWS and Python settings, pointed at no AWS account."""
    kept = {
        key: value
        for key, value in environ.items()
        if not key.startswith(("AWS_", "PYTHON")) and key != "LOCALSTACK_AUTH_TOKEN"
    }
    return {**kept, **NO_ACCOUNT}


NO_ACCOUNT: Mapping[str, str] = {
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
}


def free_port() -> int:
    """A TCP port of the loopback address that nobody listens on."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def process(
    command: Sequence[str],
    *,
    folder: Path,
    env: Mapping[str, str] | None = None,
    ready: Callable[[], bool] = lambda: True,
) -> Iterator[Path]:
    """Run a server in `folder` until the block ends; yields its log once `ready()` is true."""
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / f"{Path(command[0]).name}.log"
    with (
        log.open("ab") as output,
        subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", SUPERVISOR, *command],
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=folder,
            env=scrubbed(os.environ) | dict(env or {}),
            # Ctrl-C in the terminal is for the tests, which then stop their servers in order.
            start_new_session=True,
        ) as supervisor,
    ):
        assert supervisor.stdin is not None
        try:
            wait_until(ready, supervisor, command, log)
            yield log
        finally:
            supervisor.stdin.close()
            supervisor.wait(STOP_TIMEOUT)


def wait_until(
    ready: Callable[[], bool],
    supervisor: subprocess.Popen[bytes],
    command: Sequence[str],
    log: Path,
) -> None:
    """Return when `ready()`; raise `ServerError` when the process ends first or takes too long."""
    pause, waited = 0.02, 0.0
    while not ready():
        with contextlib.suppress(subprocess.TimeoutExpired):
            code = supervisor.wait(pause)
            tail = log.read_text(errors="replace")[-2000:]
            raise ServerError(f"{' '.join(command)} ended with exit code {code}:\n{tail}")
        waited += pause
        if waited > START_TIMEOUT:
            raise ServerError(f"{' '.join(command)} did not answer within {START_TIMEOUT:.0f} s")


def answers_http(port: int, path: str = "/") -> bool:
    """Whether something speaks HTTP on this loopback port."""
    connection = http.client.HTTPConnection(HOST, port, timeout=2)
    try:
        connection.request("GET", path)
        return connection.getresponse().status < 600
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def ministack_command() -> list[str]:
    """How ministack is run: by the first Python that has it.

    That of the environment which `make test` makes for it, this one, or that of the program on the
    PATH.
    """
    script = str(Path(__file__).with_name("ministack_server.py"))
    if (python := MINISTACK_BIN / "python").exists():
        return [str(python), script]
    if importlib.util.find_spec("ministack"):
        return [sys.executable, script]
    if program := shutil.which("ministack"):
        first = Path(program).read_bytes().partition(b"\n")[0]
        found = first.removeprefix(b"#!").strip().decode(errors="replace")
        return [found, script] if Path(found).is_file() else [program]
    raise ServerError("There is no ministack: `make .venv-ministack/.ready` installs it")


def ministack_version() -> str:
    """The version of ministack that runs, which may be another Python's."""
    script = "from importlib.metadata import version; print(version('ministack'))"
    command = [ministack_command()[0], "-c", script]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


@contextlib.contextmanager
def ministack(folder: Path, *, name: str = "ministack", **env: str) -> Iterator[LocalAWS]:
    """The main server: S3, SQS, STS, IAM, EC2's regions; takes any credentials."""
    port = free_port()
    settings = {"BIND_HOST": HOST, "GATEWAY_PORT": str(port), "LOG_LEVEL": "WARNING"}
    with process(
        ministack_command(),
        folder=folder,
        env=settings | env,
        ready=lambda: answers_http(port, "/_ministack/health"),
    ):
        yield LocalAWS(name=name, endpoint_url=f"http://{HOST}:{port}")


@contextlib.contextmanager
def signed(folder: Path) -> Iterator[LocalAWS]:
    """The main server with signatures and IAM policies verified, seen by a user of S3 and SQS."""
    with ministack(folder, name="signed", AUTH="true") as root:
        user = root.make_user("s3:*", "sqs:*", "sts:*", "cloudwatch:*", "ec2:DescribeRegions")
        yield LocalAWS(name="signed", endpoint_url=root.endpoint_url, credentials=user)
        root.close()


@contextlib.contextmanager
def embedded(folder: Path) -> Iterator[LocalAWS]:
    """The embedded AWS as a site has it; for `make release`, which has installed it so."""
    from philo_aws import local

    with local.start(data_dir=folder) as aws:
        yield LocalAWS(name="embedded", endpoint_url=aws.endpoint_url)


@contextlib.contextmanager
def moto(folder: Path) -> Iterator[LocalAWS]:
    """The second server, which disagrees with the first in useful places."""
    port = free_port()
    command = [sys.executable, "-m", "moto.server", "-H", HOST, "-p", str(port)]
    with process(command, folder=folder, ready=lambda: answers_http(port, "/moto-api/data.json")):
        yield LocalAWS(name="moto", endpoint_url=f"http://{HOST}:{port}")


@contextlib.contextmanager
def radosgw(folder: Path) -> Iterator[LocalAWS]:
    """Ceph's S3 gateway, from Debian; only for `make conformance`."""
    from tests.conformance.radosgw import running

    with running(folder) as server:
        yield server


@contextlib.contextmanager
def localstack(folder: Path) -> Iterator[LocalAWS]:
    """LocalStack in a Python of its own; only for `make conformance`."""
    from tests.conformance.localstack import running

    with running(folder) as server:
        yield server


SERVERS: Mapping[str, Callable[[Path], contextlib.AbstractContextManager[LocalAWS]]] = {
    "ministack": ministack,
    "moto": moto,
    "signed": signed,
    "embedded": embedded,
    "radosgw": radosgw,
    "localstack": localstack,
}
DEFAULT_SERVERS = ("ministack", "moto")


class Pool:
    """The servers of one test session, each started when first asked for."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._stack = contextlib.ExitStack()
        self._running: dict[str, LocalAWS] = {}

    def __getitem__(self, name: str) -> LocalAWS:
        if name not in self._running:
            server = self._stack.enter_context(SERVERS[name](self._folder / name))
            self._stack.callback(server.close)
            self._running[name] = server
        return self._running[name]

    def close(self) -> None:
        """Stop them all, the last one first."""
        self._stack.close()
