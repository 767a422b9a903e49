"""The policies of docs/iam.md: each is enough for its use, and with one action less it is not.

On a server that verifies signatures and policies, over its sockets.
"""

from __future__ import annotations

import contextlib
import copy
import datetime as dt
import html
import io
import json
import logging
import re
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from philo_aws import clients
from philo_aws.exceptions import AWSError
from philo_aws.sqs import directory
from philo_aws.sqs.consumer import Message, Reject, registry
from philo_aws.storage import S3ManifestStaticStorage, S3Storage
from philo_aws.tasks.envelope import Envelope, written
from tests import running
from tests import test_docs_identity as identity
from tests.s3.engine.conftest import FaultProxy, fault_proxy_before
from tests.servers import REGION, LocalAWS, Pool
from tests.settings import TASKS
from tests.tasks.jobs import task
from tests.test_docs import text
from tests.test_docs_commands import make_distribution

SECTION = re.compile(r"^## (.+)\n(?:(?!## ).*\n)*?```json\n((?:(?!```).*\n)*)```", re.MULTILINE)
POLICIES = {title: json.loads(policy) for title, policy in SECTION.findall(text("iam.md"))}
ACCOUNT = "000000000000"
LARGE = 9 * 1024**2
"""Bytes that go in two parts."""
# The server wants batches named; at AWS the actions without are for them too.
BATCHED = {"sqs:SendMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility"}


HARMLESS = {"Effect": "Allow", "Action": "ec2:DescribeRegions", "Resource": "*"}


class RefusedError(Exception):
    """The use does not work; the text is what its user reads."""


@dataclass
class World:
    """The buckets and queues of the page, an identity with a policy, and a person who tries."""

    owner: LocalAWS
    settings: Settings
    folder: Path
    client: Client
    proxy: FaultProxy
    names: dict[str, str] = field(default_factory=dict)
    policy: str = ""
    """The policy of now, as JSON."""

    def __post_init__(self) -> None:
        for name in ("example-media", "example-static", "example-backups"):
            self.names[name] = self.owner.make_bucket()
        self.names["orders-dead"] = f"q-{uuid.uuid4().hex[:12]}-dead"
        self.names["orders"] = self.names["orders-dead"].removesuffix("-dead")
        self.owner.make_queue(self.names["orders-dead"], MessageRetentionPeriod="1209600")
        target = f"arn:aws:sqs:{REGION}:{ACCOUNT}:{self.names['orders-dead']}"
        policy = json.dumps({"deadLetterTargetArn": target, "maxReceiveCount": 5})
        self.owner.make_queue(self.names["orders"], RedrivePolicy=policy)
        self.media = self.names["example-media"]
        self.names["E1A2B3C4D5E6F7"] = make_distribution(self.owner, self.media)
        (self.folder / "new").mkdir(parents=True)
        (self.folder / "new" / "a.txt").write_text("new")

    def become(self, policy: dict[str, Any]) -> None:
        """Use the keys of a fresh user with this policy."""
        written = json.dumps(policy)
        for told, real in {**self.names, "eu-west-1": REGION, "123456789012": ACCOUNT}.items():
            written = re.sub(rf"\b{told}\b(?!-dead)", real, written)
        self.policy = written
        document = json.loads(written)
        for statement in document["Statement"]:
            statement["Action"] += [f"{one}Batch" for one in statement["Action"] if one in BATCHED]
        # A policy has one statement at least.
        document["Statement"] = document["Statement"] or [HARMLESS]
        iam = self.owner.client("iam")
        name = f"u-{uuid.uuid4().hex[:16]}"
        iam.create_user(UserName=name)
        iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=json.dumps(document))
        key = iam.create_access_key(UserName=name)["AccessKey"]
        self.settings.AWS = {
            "credentials": {
                "aws_access_key_id": key["AccessKeyId"],
                "aws_secret_access_key": key["SecretAccessKey"],
            },
            "region": REGION,
            "regions": [REGION],
            "endpoint_url": self.proxy.url,
        }
        directory.forget()

    # What the user does.

    def run(self, *words: object) -> str:
        """What a command prints; its complaint where it fails."""
        result = running.run(*words)
        if result.code or "denied" in result.err:
            raise RefusedError(f"{result.out}\n{result.err}")
        return result.out

    def s3(self, action: str, *words: object, bucket: str = "example-media") -> str:
        return self.run("aws_s3", action, "--bucket", self.names[bucket], *words)

    def sqs(self, action: str, *words: object, queue: str = "orders") -> str:
        return self.run("aws_sqs", action, "--queue_url", self.url(queue), *words)

    def url(self, queue: str) -> str:
        # Through the proxy, as all of it.
        return f"{self.proxy.url}/{ACCOUNT}/{self.names[queue]}"

    def open(self, url: str, **request: Any) -> bytes:
        try:
            with urllib.request.urlopen(urllib.request.Request(url, **request)) as answer:
                return bytes(answer.read())
        except urllib.error.HTTPError as error:
            raise RefusedError(error.read().decode()) from None

    def large(self) -> Path:
        path = self.folder / "large.bin"
        path.write_bytes(b"0123456789abcdef" * (LARGE // 16))
        return path

    @contextlib.contextmanager
    def no_part_is_left(self, bucket: str = "example-media") -> Iterator[None]:
        """In the block an upload in parts fails; what it sent is to be gone then."""
        fault = {"do": "status", "status": 403, "code": "AccessDenied", "path": "partNumber=2"}
        self.proxy.set({**fault, "method": "PUT"})
        with contextlib.suppress(AWSError, RefusedError):
            yield
        assert self.proxy.report()["done"][0] > 0
        self.proxy.set()
        left = self.owner.client("s3").list_multipart_uploads(Bucket=self.names[bucket])
        if left.get("Uploads"):
            raise RefusedError("access denied: the parts of a failed upload are left")

    # What the owner puts there and sees.

    def put(self, key: str, body: bytes = b"content", bucket: str = "example-media") -> None:
        self.owner.client("s3").put_object(Bucket=self.names[bucket], Key=key, Body=body)

    def keys(self, bucket: str = "example-media") -> set[str]:
        answer = self.owner.client("s3").list_objects_v2(Bucket=self.names[bucket])
        return {row["Key"] for row in answer.get("Contents", [])}

    def send(self, body: str, queue: str = "orders", **attributes: str) -> None:
        made = {
            name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()
        }
        self.owner.client("sqs").send_message(
            QueueUrl=self.url(queue), MessageBody=body, MessageAttributes=made
        )

    def waiting(self, queue: str = "orders") -> int:
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        answer = self.owner.client("sqs").get_queue_attributes(
            QueueUrl=self.url(queue), AttributeNames=names
        )
        return sum(int(value) for value in answer["Attributes"].values())


def media_files(world: World) -> None:
    storage = S3Storage(bucket=world.media, location="uploads")
    name = storage.save("a.txt", ContentFile(b"content"))
    with storage.open(name) as file:
        assert file.read() == b"content"
    assert storage.listdir("")[1] == ["a.txt"]
    assert not storage.exists("b.txt")
    assert world.open(storage.url(name)) == b"content"
    storage.delete(name)
    assert world.keys() == set()
    with world.no_part_is_left():
        storage.save("large.bin", ContentFile(world.large().read_bytes()))


def collect(world: World, *words: str) -> None:
    world.settings.STATICFILES_DIRS = [world.folder / "static"]
    world.settings.STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
    world.settings.STORAGES = {
        **world.settings.STORAGES,
        "staticfiles": {
            "BACKEND": "philo_aws.storage.S3ManifestStaticStorage",
            "OPTIONS": {"bucket": world.names["example-static"]},
        },
    }
    world.run("collectstatic", "--noinput", "--verbosity=0", *words)


def static_deployment(world: World) -> None:
    (world.folder / "static").mkdir()
    (world.folder / "static" / "site.css").write_text("body { color: red }")
    world.put("static/old.css", bucket="example-static")
    collect(world, "--clear")
    assert "static/old.css" not in world.keys("example-static")
    assert "static/staticfiles.json" in world.keys("example-static")
    collect(world)
    world.large().rename(world.folder / "static" / "large.bin")
    with world.no_part_is_left("example-static"):
        collect(world)


def static_site(world: World) -> None:
    manifest = {"version": "1.1", "paths": {"a.css": "a.0123456789ab.css"}, "hash": "x"}
    world.put("static/staticfiles.json", json.dumps(manifest).encode(), "example-static")
    storage = S3ManifestStaticStorage(bucket=world.names["example-static"])
    assert storage.url("a.css").endswith("/static/a.0123456789ab.css")


def uploads(world: World) -> None:
    world.s3("upload_file", "--fname", world.folder / "new" / "a.txt", "--key", "uploads/a.txt")
    world.s3("upload_dir", "--root_folder", world.folder / "new", "--prefix", "uploads/new")
    assert world.keys() == {"uploads/a.txt", "uploads/new/a.txt"}
    with world.no_part_is_left():
        world.s3("upload_file", "--fname", world.large(), "--key", "uploads/large.bin")


def sync_up(world: World) -> None:
    world.put("uploads/old.txt")
    given = ("--root_folder", world.folder / "new", "--prefix", "uploads")
    world.s3("sync", *given, "--delete")
    assert world.keys() == {"uploads/a.txt"}
    world.s3("sync", *given)
    world.large().rename(world.folder / "new" / "large.bin")
    with world.no_part_is_left():
        world.s3("sync", *given)


def downloads(world: World) -> None:
    world.put("uploads/a.txt")
    world.s3("download_file", "--key", "uploads/a.txt", "--fname", world.folder / "one.txt")
    given = ("--root_folder", world.folder / "back", "--prefix", "uploads")
    world.s3("download_dir", *given)
    world.s3("sync", *given, "--direction", "down")
    assert (world.folder / "back" / "a.txt").read_bytes() == b"content"


def deletions(world: World) -> None:
    for name in "ab":
        world.put(f"uploads/{name}.txt")
    world.s3("delete_objects", "--prefix", "uploads/")
    assert world.keys() == set()


def copies(world: World) -> None:
    world.put("uploads/a.txt")
    to = ("--destination_bucket", world.names["example-backups"], "--destination_key", "a.txt")
    world.s3("copy_object", "--key", "uploads/a.txt", *to)
    assert world.keys("example-backups") == {"a.txt"}


def backups(world: World) -> str:
    return f"s3://{world.names['example-backups']}/2026"


def between_buckets(world: World) -> None:
    world.put("uploads/a.txt")
    world.put("2026/old.txt", bucket="example-backups")
    source = f"s3://{world.media}/uploads"
    world.run("aws_s3", "copy_dir", "--source", source, "--target", backups(world))
    sides = ("--source", source, "--target", backups(world))
    world.run("aws_s3", "sync", *sides, "--delete")
    assert world.keys("example-backups") == {"2026/a.txt"}


def moves(world: World) -> None:
    for name in "ab":
        world.put(f"uploads/{name}.txt")
    to = ("--destination_bucket", world.names["example-backups"], "--destination_key", "2026/a.txt")
    world.s3("move_object", "--key", "uploads/a.txt", *to)
    source = f"s3://{world.media}/uploads"
    world.run("aws_s3", "move_dir", "--source", source, "--target", backups(world))
    assert world.keys() == set()
    assert world.keys("example-backups") == {"2026/a.txt", "2026/b.txt"}


def bringing_back(world: World) -> None:
    s3 = world.owner.client("s3")
    s3.put_bucket_versioning(Bucket=world.media, VersioningConfiguration={"Status": "Enabled"})
    for key in ("uploads/a.txt", "uploads/b.txt"):
        world.put(key)
    s3.delete_object(Bucket=world.media, Key="uploads/a.txt")
    world.s3("restore_object", "--key", "uploads/a.txt")
    assert world.keys() == {"uploads/a.txt", "uploads/b.txt"}
    [version] = s3.list_object_versions(Bucket=world.media, Prefix="uploads/b.txt")["Versions"]
    world.put("uploads/b.txt", b"worse")
    world.s3("restore_object", "--key", "uploads/b.txt", "--version_id", version["VersionId"])
    assert s3.get_object(Bucket=world.media, Key="uploads/b.txt")["Body"].read() == b"content"
    world.s3("restore_object", "--prefix", "uploads/", "--as_of", "0s")


def invalidation(world: World) -> None:
    given = ("--distribution", world.names["E1A2B3C4D5E6F7"], "--path", "/static/*")
    world.run("aws_s3", "invalidate", *given)


def links(world: World) -> None:
    world.put("uploads/a.txt")
    link = world.s3("presign", "--key", "uploads/a.txt").strip()
    assert world.open(link) == b"content"
    storage = S3Storage(bucket=world.media, location="uploads")
    assert world.open(storage.url("a.txt")) == b"content"


def upload_links(world: World) -> None:
    link = world.s3("presign", "--key", "uploads/a.txt", "--method", "PUT").strip()
    world.open(link, data=b"1", method="PUT")
    storage = S3Storage(bucket=world.media, location="uploads")
    world.open(storage.presign_upload("b.txt"), data=b"2", method="PUT")
    assert world.keys() == {"uploads/a.txt", "uploads/b.txt"}


TOLD_ON_A_PAGE = re.compile("AWS (?:denied access|does not let)[^<]*")


class Visit(identity.Visit):
    """One at whose pages every refusal ends the visit."""

    @staticmethod
    def good(response: Any) -> str:
        body = str(response.content.decode()) if not response.streaming else ""
        if said := TOLD_ON_A_PAGE.findall(body):
            raise RefusedError(html.unescape(" ".join(said)))
        return identity.Visit.good(response)

    def step(self, page: str, data: Any, **query: Any) -> dict[str, Any]:
        kind = "application/octet-stream" if isinstance(data, bytes) else "application/json"
        body = data if isinstance(data, bytes) else json.dumps(data)
        answer = self.client.post(
            self.path("bucket", page, **query),
            body,
            content_type=kind,
            headers={"origin": "https://www.example.com"},
        )
        if answer.status_code != 200:
            raise RefusedError(answer.content.decode())
        return dict(answer.json())


def visit(world: World) -> Visit:
    return Visit(world.client, world.owner, world.media, world.names["orders"], complete=True)


def browser_uploads(world: World) -> None:
    rule = {
        "AllowedOrigins": ["https://www.example.com"],
        "AllowedMethods": ["PUT"],
        "AllowedHeaders": ["*"],
    }
    world.owner.client("s3").put_bucket_cors(
        Bucket=world.media, CORSConfiguration={"CORSRules": [rule]}
    )
    person = visit(world)
    begun = person.step("upload/begin", {"key": "a.txt", "size": 3})
    if not begun["direct"]:
        raise RefusedError("access denied to the CORS rules: uploads go through the site")
    about = {"key": "a.txt", "upload_id": begun["upload_id"]}
    signed = person.step("upload/sign", {**about, "part_number": 1})
    world.open(signed["url"], data=b"new", method="PUT")
    person.step("upload/finish", {**about, "size": 3})
    assert world.keys() == {"a.txt"}
    begun = person.step("upload/begin", {"key": "b.txt", "size": 3})
    person.step("upload/abort", {"key": "b.txt", "upload_id": begun["upload_id"]})


LOOKING = (
    "Buckets",
    "Folder, Search, Usage",
    "Object",
    "Download, Share",
    "Zip",
    "Deleted objects",
)
AT_QUEUES = ("Queues", "Queue")
WRITING = (
    *LOOKING,
    "Upload",
    "Unfinished uploads",
    "Create folder",
    "Copy, Edit properties",
    "Move, Rename",
    "Edit tags",
    "Delete",
    "Restore, Delete version",
    "Undelete",
    "As it was at a time",
    *AT_QUEUES,
    "Edit queue",
    "Send message",
    "Peek, Release",
    "Delete messages",
    "Send messages again",
    "Purge",
)


def figures(person: identity.Visit) -> None:
    """The list of queues, and the figures that its script asks for."""
    person.good(person.client.get("/admin/philo_aws/queue/"))
    data = json.dumps({"queues": [f"{REGION}/{person.queue}"]})
    path = "/admin/philo_aws/queue/figures/"
    answer = person.client.post(path, data, content_type="application/json").content.decode()
    if '"available": 1' not in answer:
        raise RefusedError(answer)


SCENES = {**identity.SCENES, "Queues": figures}


def pages(*names: str) -> Callable[[World], None]:
    """The scenes of these pages, each in a bucket and a queue as if there had been no other."""

    def look(world: World) -> None:
        s3, sqs = (world.owner.client(name) for name in ("s3", "sqs"))
        s3.put_bucket_versioning(Bucket=world.media, VersioningConfiguration={"Status": "Enabled"})
        for name in names:
            answer = s3.list_object_versions(Bucket=world.media)
            for found in (*answer.get("Versions", ()), *answer.get("DeleteMarkers", ())):
                s3.delete_object(Bucket=world.media, Key=found["Key"], VersionId=found["VersionId"])
            world.put("a.txt", b"older")
            world.put("a.txt", b"content of a")
            world.put("d/b.txt", b"content of b")
            sqs.purge_queue(QueueUrl=world.url("orders"))
            world.send("a message")
            directory.forget()
            person = visit(world)
            if name == "Delete" and "s3:GetBucketVersioning" not in world.policy:
                # Whether the bucket keeps versions is told to who may know it.
                person = replace(person, complete=False)
            try:
                SCENES[name](person)
            except urllib.error.HTTPError as error:
                raise RefusedError(error.read().decode()) from None

    return look


def sending(world: World) -> None:
    world.sqs("send_message", "--message_body", "one")
    world.sqs("send_message_batch", "--entries", '["two", "three"]')
    assert world.waiting() == 3


def told_by(name: str, *words: object) -> tuple[running.Result, str]:
    """What became of a command, and what a logger said meanwhile."""
    log = io.StringIO()
    shown = logging.StreamHandler(log)
    logging.getLogger(name).addHandler(shown)
    try:
        return running.run(*words), log.getvalue()
    finally:
        logging.getLogger(name).removeHandler(shown)


LEASE = {"visibility_timeout": 2, "wait_time_seconds": 0, "drain_timeout": 5}
"""Of a consumer whose lease is over before its work is."""


def consuming(world: World) -> None:
    held: list[bool] = []

    def handle(message: Message) -> None:
        if message.body == "bad":
            raise Reject("no good")
        # Longer than the lease, which is renewed meanwhile.
        held.append(not message.lost.wait(3))

    world.settings.AWS = {**world.settings.AWS, "consumer": LEASE}
    for body in ("good", "bad"):
        world.send(body)
    registry.forget()
    registry.handler(world.names["orders"])(handle)
    try:
        given = ("--batch", "--max_runtime", "6")
        result, log = told_by("philo_aws.sqs.consumer", "aws_sqs", "consume", *given)
    finally:
        registry.forget()
    if result.code or held != [True] or world.waiting() or world.waiting("orders-dead") != 1:
        raise RefusedError(f"{result.err}\n{log}")


def dead_letters(world: World) -> None:
    parked = {"philo.source": world.names["orders"], "philo.error": "ValueError: no such order"}
    world.send("a message", "orders-dead", **parked)
    assert "no such order" in world.sqs("dead_letters", queue="orders-dead")
    world.sqs("requeue", "--all", queue="orders-dead")
    assert (world.waiting(), world.waiting("orders-dead")) == (1, 0)


def doctor(world: World) -> None:
    said = world.sqs("doctor")
    if "denied" in said:
        raise RefusedError(said)


BACKEND = TASKS["default"]["BACKEND"]


def tasks_in(world: World, queue: str) -> None:
    """Have the site's tasks in this queue."""
    world.settings.TASKS = {
        "default": {
            "BACKEND": BACKEND,
            "OPTIONS": {"queues": {"default": queue}, "modules": ["tests"]},
        }
    }


def enqueuing(world: World) -> None:
    tasks_in(world, world.names["orders"])
    hold.enqueue()
    hold.enqueue_many([[], []])
    assert world.waiting() == 3


HELD: list[str] = []


@task()  # type: ignore[untyped-decorator]
def hold() -> None:
    """Take longer than the lease."""
    time.sleep(3)
    HELD.append("to its end")


def message_of(world: World, *, run_after: dt.datetime | None = None) -> str:
    """The message of a task, as the site would send it."""
    result = hold.get_backend()._made(hold, (), {})
    made = Envelope(
        id=result.id,
        task=hold.module_path,
        args=[],
        kwargs={},
        queue_name="default",
        backend="default",
        enqueued_at=result.enqueued_at,
        run_after=run_after,
        priority=0,
    )
    return written(made, sign=False)


def working(world: World, *, later: bool = True) -> None:
    tasks_in(world, world.names["orders"])
    world.settings.AWS = {**world.settings.AWS, "consumer": LEASE}
    HELD.clear()
    world.send(message_of(world))
    world.send("bad")
    if later:
        world.send(message_of(world, run_after=timezone.now() + dt.timedelta(hours=2)))
    given = ("--tasks", "default", "--batch", "--max_runtime", "6")
    result, log = told_by("philo_aws", "aws_sqs", "consume", *given)
    failed = len(HELD) != 1 or world.waiting() or world.waiting("orders-dead") != 1
    if result.code or failed:
        raise RefusedError(f"{result.err}\n{log}")


def doctor_of_tasks(world: World) -> None:
    tasks_in(world, world.names["orders"])
    said = world.run("aws_sqs", "doctor", "--tasks", "default")
    if "denied" in said:
        raise RefusedError(said)


def aws_check(world: World) -> None:
    world.run("aws_check")


USES: dict[str, Callable[[World], None]] = {
    "Files of models": media_files,
    "Static files: who deploys": static_deployment,
    "Static files: the site": static_site,
    "Uploads of files and folders": uploads,
    "Synchronising a folder to a bucket": sync_up,
    "Downloads": downloads,
    "Deleting": deletions,
    "Copies": copies,
    "From bucket to bucket": between_buckets,
    "Moves": moves,
    "Bringing back what was deleted": bringing_back,
    "CloudFront": invalidation,
    "Links to download": links,
    "Links to upload": upload_links,
    "Uploads from the browser, straight to S3": browser_uploads,
    "The admin, to look": pages(*LOOKING, *AT_QUEUES),
    "The admin, to write": pages(*WRITING),
    "A bucket's settings in the admin": pages("Settings", "Change settings"),
    "Sending messages": sending,
    "A consumer": consuming,
    "Dead letters: to look, and to move back": dead_letters,
    "The doctor": doctor,
    "Enqueuing tasks": enqueuing,
    "A worker of tasks": working,
    "The doctor of tasks": doctor_of_tasks,
    "`aws_check`": aws_check,
}


def listed(policy: dict[str, Any]) -> dict[str, Any]:
    """The policy with its actions as lists."""
    made = copy.deepcopy(policy)
    for statement in made["Statement"]:
        if isinstance(statement["Action"], str):
            statement["Action"] = [statement["Action"]]
    return made


def less(policy: dict[str, Any], number: int, action: str) -> dict[str, Any]:
    """The policy without an action of one of its statements."""
    made = listed(policy)
    made["Statement"][number]["Action"].remove(action)
    made["Statement"] = [one for one in made["Statement"] if one["Action"]]
    return made


# What AWS alone asks for: an object that is not there is 403 to who may not list.
UNVERIFIED = {("Uploads from the browser, straight to S3", 1, "s3:ListBucket")}
CASES = [
    (use, number, action)
    for use, policy in POLICIES.items()
    for number, statement in enumerate(listed(policy)["Statement"])
    for action in statement["Action"]
    if (use, number, action) not in UNVERIFIED
]


# Where the refusal itself is not told, but what follows from it.
INSTEAD = {
    ("A consumer", "sqs:GetQueueAttributes"): "no queue takes such messages",
    ("A worker of tasks", "sqs:GetQueueAttributes"): "no queue takes such messages",
    (
        "Dead letters: to look, and to move back",
        "sqs:ChangeMessageVisibility",
    ): "Not given back: 1 message",
}


@pytest.fixture(scope="module")
def owner(aws_pool: Pool) -> Iterator[LocalAWS]:
    aws = aws_pool["signed"]
    seen = LocalAWS(name=aws.name, endpoint_url=aws.endpoint_url, credentials=aws.admin)
    yield seen
    seen.close()


@pytest.fixture(scope="module")
def faults(owner: LocalAWS, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FaultProxy]:
    upstream = owner.endpoint_url.rpartition(":")[2]
    with fault_proxy_before(upstream, tmp_path_factory.mktemp("faults")) as made:
        yield made


@pytest.fixture
def world(
    owner: LocalAWS,
    faults: FaultProxy,
    settings: Settings,
    tmp_path: Path,
    admin_client: Client,
) -> Iterator[World]:
    faults.set()
    yield World(owner, settings, tmp_path / "files", admin_client, faults)
    clients.clear()  # a hundred identities would hold too many connections


def test_every_use_is_tried() -> None:
    assert POLICIES.keys() == USES.keys()


@pytest.mark.parametrize("use", POLICIES)
def test_the_policy_of_a_use_is_enough(world: World, use: str) -> None:
    world.become(listed(POLICIES[use]))
    USES[use](world)


@pytest.mark.parametrize(("use", "number", "action"), CASES)
def test_no_action_of_it_can_be_spared(world: World, use: str, number: int, action: str) -> None:
    world.become(less(POLICIES[use], number, action))
    with pytest.raises((RefusedError, AWSError)) as refused:
        USES[use](world)
    told = str(refused.value)
    expected = INSTEAD.get((use, action), "denied|AccessDenied|not authorized|does not let")
    assert re.search(expected, told), told


@pytest.mark.parametrize(("use", "number", "action"), UNVERIFIED)
def test_what_the_server_does_not_ask_for(world: World, use: str, number: int, action: str) -> None:
    world.become(less(POLICIES[use], number, action))
    USES[use](world)


# What the page says can be left out, and what works then.


def only_collected(world: World) -> None:
    (world.folder / "static").mkdir()
    (world.folder / "static" / "site.css").write_text("body { color: red }")
    collect(world)


def only_synced(world: World) -> None:
    world.s3("sync", "--root_folder", world.folder / "new", "--prefix", "uploads")
    assert world.keys() == {"uploads/a.txt"}


def only_one_downloaded(world: World) -> None:
    world.put("uploads/a.txt")
    world.s3("download_file", "--key", "uploads/a.txt", "--fname", world.folder / "one.txt")


def only_one_deleted(world: World) -> None:
    world.put("uploads/a.txt")
    world.s3("delete_objects", "--key", "uploads/a.txt")
    assert world.keys() == set()


def only_copied(world: World) -> None:
    world.put("uploads/a.txt")
    source = f"s3://{world.media}/uploads"
    world.run("aws_s3", "copy_dir", "--source", source, "--target", backups(world))
    assert world.keys("example-backups") == {"2026/a.txt"}


def through_the_site(world: World) -> None:
    person = visit(world)
    begun = person.step("upload/begin", {"key": "a.txt", "size": 3})
    assert not begun["direct"]
    about = {"key": "a.txt", "upload_id": begun["upload_id"]}
    person.step("upload/part", b"new", **about, part_number=1)
    person.step("upload/finish", {**about, "size": 3})
    assert world.keys() == {"a.txt"}


def named(world: World) -> None:
    world.settings.AWS = {
        **world.settings.AWS,
        "buckets": [world.media],
        "queues": [world.names["orders"]],
    }


def named_in_the_admin(world: World) -> None:
    named(world)
    person = visit(world)
    page = "/admin/philo_aws/{}/"
    assert world.media in person.client.get(page.format("bucket")).content.decode()
    assert world.names["orders"] in person.client.get(page.format("queue")).content.decode()


def named_in_the_check(world: World) -> None:
    named(world)
    assert "Listing is denied" in world.run("aws_check")


def only_looked_at(world: World) -> None:
    world.send("a message", "orders-dead", **{"philo.error": "ValueError: no such order"})
    assert "no such order" in world.sqs("dead_letters", queue="orders-dead")


def enqueued_by_url(world: World) -> None:
    tasks_in(world, world.url("orders"))
    hold.enqueue()
    assert world.waiting() == 1


def nothing_put_off(world: World) -> None:
    working(world, later=False)


LEFT_OUT: list[tuple[str, set[str], Callable[[World], None]]] = [
    ("Static files: who deploys", {"s3:DeleteObject"}, only_collected),
    ("Synchronising a folder to a bucket", {"s3:DeleteObject"}, only_synced),
    ("Downloads", {"s3:ListBucket"}, only_one_downloaded),
    ("Deleting", {"s3:ListBucket"}, only_one_deleted),
    ("From bucket to bucket", {"s3:DeleteObject", "2: s3:ListBucket"}, only_copied),
    ("Uploads from the browser, straight to S3", {"s3:GetBucketCORS"}, through_the_site),
    ("The admin, to look", {"s3:ListAllMyBuckets", "sqs:ListQueues"}, named_in_the_admin),
    (
        "Dead letters: to look, and to move back",
        {"sqs:DeleteMessage", "sqs:SendMessage"},
        only_looked_at,
    ),
    ("Enqueuing tasks", {"sqs:GetQueueUrl"}, enqueued_by_url),
    ("A worker of tasks", {"0: sqs:SendMessage"}, nothing_put_off),
    ("`aws_check`", {"s3:ListAllMyBuckets", "sqs:ListQueues"}, named_in_the_check),
]


@pytest.mark.parametrize(
    ("use", "actions", "rest"), LEFT_OUT, ids=[rest.__name__ for _, _, rest in LEFT_OUT]
)
def test_what_can_be_left_out(
    world: World, use: str, actions: set[str], rest: Callable[[World], None]
) -> None:
    policy = listed(POLICIES[use])
    for number, statement in enumerate(policy["Statement"]):
        statement["Action"] = [
            one
            for one in statement["Action"]
            if one not in actions and f"{number}: {one}" not in actions
        ]
    policy["Statement"] = [one for one in policy["Statement"] if one["Action"]]
    world.become(policy)
    rest(world)
