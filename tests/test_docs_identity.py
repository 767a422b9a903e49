"""The actions that docs/admin.md wants granted are enough, on a server that verifies policies."""

from __future__ import annotations

import json
import re
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from django.contrib.admin.utils import quote
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from philo_aws.admin.buckets.rewinding import LOCAL
from philo_aws.forms import ObjectField
from philo_aws.s3.web.copysteps import WHOLE_BYTES
from philo_aws.sqs import directory
from tests.servers import REGION, LocalAWS, Pool
from tests.test_docs import rows

SECOND = timedelta(seconds=1)
ACTION = re.compile(r"`((?:s3|sqs):\w+)`")
TABLE = {row[0]: row[1:] for row in rows("admin.md", "page", "actions", "shows more with")}


@dataclass(frozen=True)
class Visit:
    """A person at the pages of one bucket and one queue, and what is behind them."""

    client: Client
    aws: LocalAWS
    bucket: str
    queue: str
    complete: bool
    """Whether the identity may do what makes a page show more, too."""

    def path(self, kind: str, page: str, **query: Any) -> str:
        name = {"bucket": self.bucket, "queue": f"{REGION}/{self.queue}"}[kind]
        found = f"/admin/philo_aws/{kind}/{quote(name)}/{page}/"
        return f"{found}?{urlencode(query)}" if query else found

    def get(self, kind: str, page: str, **query: Any) -> str:
        return self.good(self.client.get(self.path(kind, page, **query)))

    def seen(self, page: str) -> dict[str, str]:
        """What the form of a page carries of the object as it was shown."""
        found = re.search(r'name="seen" value="([^"]+)"', self.get("bucket", page, key="a.txt"))
        assert found
        return {"seen": found[1]}

    def post(self, kind: str, page: str, data: Any = None, **query: Any) -> str:
        address = self.path(kind, page, **query)
        return self.good(
            self.client.post(address, {"confirm": "yes", **(data or {})}, follow=False)
        )

    def step(self, page: str, data: Any, **query: Any) -> dict[str, Any]:
        kind = "application/octet-stream" if isinstance(data, bytes) else "application/json"
        body = data if isinstance(data, bytes) else json.dumps(data)
        answer = self.client.post(self.path("bucket", page, **query), body, content_type=kind)
        assert answer.status_code == 200, answer.content
        return dict(answer.json())

    @staticmethod
    def good(response: Any) -> str:
        """The page, which says nothing of an error; nothing where it leads on."""
        assert response.status_code in (200, 302), response.status_code
        if response.status_code == 302:
            return ""
        body = str(response.content.decode())
        assert 'class="aws-error"' not in body, body
        assert 'class="errorlist' not in body, body
        return body

    # What the keys of the server's owner see.

    @property
    def s3(self) -> Any:
        return self.aws.client("s3")

    @property
    def sqs(self) -> Any:
        return self.aws.client("sqs")

    def stored(self) -> set[str]:
        return {
            row["Key"] for row in self.s3.list_objects_v2(Bucket=self.bucket).get("Contents", [])
        }

    def versions(self, key: str) -> list[str]:
        answer = self.s3.list_object_versions(Bucket=self.bucket, Prefix=key)
        return [version["VersionId"] for version in answer["Versions"]]


def buckets(visit: Visit) -> None:
    assert visit.bucket in visit.good(visit.client.get("/admin/philo_aws/bucket/"))


def folder(visit: Visit) -> None:
    assert "a.txt" in visit.get("bucket", "change")
    assert "d/" in visit.get("bucket", "usage")
    assert "1 found" in visit.get("bucket", "search", q="A.TX")


def choose(visit: Visit) -> None:
    assert "Choose a.txt" in visit.get("bucket", "pick")
    assert ObjectField(bucket=visit.bucket).clean("a.txt") == "a.txt"


def one_object(visit: Visit) -> None:
    body = visit.get("bucket", "object", key="a.txt")
    assert "content of a" in body
    if visit.complete:
        assert "aws-row-error" not in body
        visit.get("bucket", "object", key="a.txt", version=visit.versions("a.txt")[-1])


def links(visit: Visit) -> None:
    answer = visit.client.get(visit.path("bucket", "download", key="a.txt"))
    with urllib.request.urlopen(answer.headers["Location"]) as opened:
        assert opened.read() == b"content of a"
    assert "X-Amz-Signature" in visit.post("bucket", "share", {"expires_in": 3600}, key="a.txt")


def zipped(visit: Visit) -> None:
    answer: Any = visit.client.get(visit.path("bucket", "zip", select_folder="d/"))
    content = b"".join(answer.streaming_content)
    assert b"content of b" in content
    assert b"_NOT_INCLUDED" not in content


def upload(visit: Visit) -> None:
    from django.core.files.uploadedfile import SimpleUploadedFile

    visit.post("bucket", "upload", {"files": SimpleUploadedFile("new.txt", b"new")})
    begun = visit.step("upload/begin", {"key": "parts.txt", "size": 3})
    about = {"key": "parts.txt", "upload_id": begun["upload_id"]}
    visit.step("upload/part", b"new", **about, part_number=1)
    visit.step("upload/finish", {**about, "size": 3})
    begun = visit.step("upload/begin", {"key": "given-up.txt", "size": 3})
    visit.step("upload/abort", {"key": "given-up.txt", "upload_id": begun["upload_id"]})
    assert visit.stored() >= {"new.txt", "parts.txt"}


def unfinished(visit: Visit) -> None:
    begun = visit.s3.create_multipart_upload(Bucket=visit.bucket, Key="left.txt")
    assert "left.txt" in visit.get("bucket", "unfinished")
    visit.post("bucket", "give-up-uploads", {"select_upload": f"left.txt {begun['UploadId']}"})
    assert "Uploads" not in visit.s3.list_multipart_uploads(Bucket=visit.bucket)


def create_folder(visit: Visit) -> None:
    visit.post("bucket", "folder", {"name": "new"})
    assert "new/" in visit.stored()


def copy(visit: Visit) -> None:
    to = {"bucket": visit.bucket, "key": "copy.txt"}
    visit.post("bucket", "copy", to, select_key="a.txt")
    visit.post("bucket", "copy", {**to, "key": "copies/"}, select_folder="d/")
    changed = {"storage_class": "STANDARD", "metadata": "k=v", **visit.seen("metadata")}
    visit.post("bucket", "metadata", changed, key="a.txt")
    assert visit.stored() >= {"copy.txt", "copies/d/b.txt"}
    assert visit.s3.head_object(Bucket=visit.bucket, Key="a.txt")["Metadata"] == {"k": "v"}


def move(visit: Visit) -> None:
    to = {"bucket": visit.bucket, "key": "moved.txt"}
    visit.post("bucket", "move", to, select_key="a.txt")
    assert "moved.txt" in visit.stored()
    assert "a.txt" not in visit.stored()
    visit.post("bucket", "rename", {"name": "e"}, select_folder="d/")
    assert not [key for key in visit.stored() if key.startswith("d/")]


def tags(visit: Visit) -> None:
    for text, wanted in (("team=web", 1), ("", 0)):
        visit.post("bucket", "tags", {"tags": text, **visit.seen("tags")}, key="a.txt")
        found = visit.s3.get_object_tagging(Bucket=visit.bucket, Key="a.txt")["TagSet"]
        assert len(found) == wanted


def delete(visit: Visit) -> None:
    page = visit.get("bucket", "delete-objects", select_key="a.txt")
    assert "1 object will be deleted" in page
    assert ("keeps versions" in page) is visit.complete
    visit.post("bucket", "delete-objects", select_key="a.txt")
    visit.post("bucket", "delete-objects", select_folder="d/")
    assert visit.stored() == set()


def deleted(visit: Visit) -> None:
    visit.s3.delete_object(Bucket=visit.bucket, Key="a.txt")
    page = visit.get("bucket", "deleted")
    assert "a.txt" in page


def undelete(visit: Visit) -> None:
    for key in ("a.txt", "d/b.txt"):
        visit.s3.delete_object(Bucket=visit.bucket, Key=key)
    assert "2 objects will be brought back" in visit.good(
        visit.client.post(
            visit.path("bucket", "undelete"), {"select_key": "a.txt", "select_folder": "d/"}
        )
    )
    visit.post("bucket", "undelete", {"select_key": "a.txt"})
    visit.post("bucket", "undelete", {"select_folder": "d/"})
    assert visit.stored() == {"a.txt", "d/b.txt"}


def rewind(visit: Visit) -> None:
    # S3 tells times in whole seconds: what follows has to be of a later one.
    then = visit.s3.head_object(Bucket=visit.bucket, Key="d/b.txt")["LastModified"] + SECOND
    while datetime.now(UTC) < then + SECOND:
        time.sleep(0.05)
    visit.s3.put_object(Bucket=visit.bucket, Key="a.txt", Body=b"worse")
    visit.s3.put_object(Bucket=visit.bucket, Key="added.txt", Body=b"new")
    visit.s3.delete_object(Bucket=visit.bucket, Key="d/b.txt")
    data = {"at": timezone.localtime(then).strftime(LOCAL), "delete": "on"}
    looked = re.search(r'name="looked_at" value="([^"]+)"', visit.post("bucket", "rewind", data))
    assert looked
    assert not visit.post("bucket", "rewind", {**data, "looked_at": looked[1]})
    assert visit.stored() == {"a.txt", "d/b.txt"}
    body = visit.s3.get_object(Bucket=visit.bucket, Key="a.txt")["Body"].read()
    assert body == b"content of a"


def restore(visit: Visit) -> None:
    old = visit.versions("a.txt")[-1]
    visit.post("bucket", "restore", key="a.txt", version=old)
    mark = visit.s3.delete_object(Bucket=visit.bucket, Key="a.txt")["VersionId"]
    visit.post("bucket", "restore", key="a.txt", version=mark)
    assert "a.txt" in visit.stored()
    visit.post("bucket", "delete-version", key="a.txt", version=old)
    assert old not in visit.versions("a.txt")


def settings_page(visit: Visit) -> None:
    page = visit.get("bucket", "settings")
    assert "what is overwritten or deleted is kept" in page
    assert ("aws-row-error" not in page) is visit.complete


def change_settings(visit: Visit) -> None:
    rule = {"deed": "abort", "days": 7, "enabled": "on"}
    for page, data in (
        ("versioning", {"status": "Suspended"}),
        ("public-access", {"BlockPublicAcls": "on"}),
        ("encryption", {"algorithm": "aws:kms"}),
        ("allow-uploads", {}),
        ("lifecycle", rule),
        ("tags", {"tags": "team=web"}),
    ):
        found = re.search(r'name="seen" value="([^"]+)"', visit.get("bucket", f"settings/{page}"))
        assert found
        assert not visit.post("bucket", f"settings/{page}", {**data, "seen": found[1]})
    status = visit.s3.get_bucket_versioning(Bucket=visit.bucket)["Status"]
    assert status == "Suspended"
    assert visit.s3.get_bucket_cors(Bucket=visit.bucket)["CORSRules"]
    assert visit.s3.get_bucket_tagging(Bucket=visit.bucket)["TagSet"]


def lifecycle(visit: Visit) -> None:
    name = f"{visit.bucket}-new"
    data = {"confirm": "yes", "name": name}
    visit.good(visit.client.post("/admin/philo_aws/bucket/add/", data))
    assert name in str(visit.s3.list_buckets()["Buckets"])
    address = visit.path("bucket", "delete").replace(visit.bucket, name)
    asked = visit.good(visit.client.get(address))
    assert ("It is empty" in asked) == visit.complete
    visit.good(visit.client.post(address, {"confirm": "yes", "typed_name": name}))
    assert name not in str(visit.s3.list_buckets()["Buckets"])


def empty(visit: Visit) -> None:
    held = visit.get("bucket", "empty", delete="1")
    assert "It holds 2 objects. 1 older version is kept." in held
    visit.post("bucket", "empty", {"typed_name": visit.bucket, "then_delete": "on"}, delete="1")
    assert visit.bucket not in str(visit.s3.list_buckets()["Buckets"])


def queues(visit: Visit) -> None:
    # By its name: the server has the queues of other tests too, more than a page holds.
    found = visit.client.get("/admin/philo_aws/queue/", {"q": visit.queue})
    assert visit.queue in visit.good(found)
    name = f"{REGION}/{visit.queue}"
    data = json.dumps({"queues": [name]})
    path = "/admin/philo_aws/queue/figures/"
    answer = visit.client.post(path, data, content_type="application/json")
    assert answer.json()["queues"][name]["available"] == 1


def queue(visit: Visit) -> None:
    assert visit.queue in visit.get("queue", "change")


def create_queue(visit: Visit) -> None:
    data = {
        **FIELDS,
        "confirm": "yes",
        "name": f"{visit.queue}-new",
        "region": REGION,
        "kind": "standard",
        "dead_letter": "new",
        "dead_letter_queue": f"{visit.queue}-new-dead",
        "max_receive_count": 5,
    }
    page = visit.good(visit.client.post("/admin/philo_aws/queue/add/", data))
    assert not page
    found = visit.sqs.list_queues(QueueNamePrefix=f"{visit.queue}-new")["QueueUrls"]
    assert len(found) == 2


FIELDS = {"visibility_timeout": 31, "retention": 3600, "delay": 0, "wait": 0, "largest": 262_144}


def edit_queue(visit: Visit) -> None:
    assert not visit.post("queue", "attributes", FIELDS)
    assert attribute(visit, "VisibilityTimeout") == "31"


def attribute(visit: Visit, name: str) -> str:
    url = visit.sqs.get_queue_url(QueueName=visit.queue)["QueueUrl"]
    answer = visit.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])
    return str(answer["Attributes"][name])


def send(visit: Visit) -> None:
    rows_of_form = {"attributes-TOTAL_FORMS": 0, "attributes-INITIAL_FORMS": 0}
    assert not visit.post("queue", "send", {"body": "hello", **rows_of_form})
    assert attribute(visit, "ApproximateNumberOfMessages") == "2"


def move_back(visit: Visit) -> None:
    url = visit.sqs.get_queue_url(QueueName=visit.queue)["QueueUrl"]
    for name in (f"{visit.queue}-source", f"{visit.queue}-other"):
        visit.sqs.create_queue(QueueName=name)
    source = {"DataType": "String", "StringValue": f"{visit.queue}-source"}
    for destination in ("", f"{visit.queue}-other"):
        visit.sqs.purge_queue(QueueUrl=url)
        visit.sqs.send_message(
            QueueUrl=url, MessageBody="x", MessageAttributes={"philo.source": source}
        )
        assert not visit.post("queue", "redrive/move", {"destination": destination})
        there = f"{visit.queue}-other" if destination else f"{visit.queue}-source"
        assert attribute(replace(visit, queue=there), "ApproximateNumberOfMessages") == "1"


def ticked(visit: Visit) -> dict[str, Any]:
    """What the page of the messages that were received posts with all of them ticked."""
    assert not visit.post("queue", "peek", {"count": 1})
    page = visit.good(visit.client.get(visit.path("queue", "peek")))
    assert "a message" in page
    found = re.search(r'name="look" value="(\w+)"', page)
    assert found
    return {"look": found[1], "message": "all"}


def peek(visit: Visit) -> None:
    fields = ticked(visit)
    assert not visit.post("queue", "peek/hold", fields)
    assert attribute(visit, "ApproximateNumberOfMessagesNotVisible") == "1"
    assert not visit.post("queue", "release", fields)
    assert attribute(visit, "ApproximateNumberOfMessagesNotVisible") == "0"


def delete_message(visit: Visit) -> None:
    assert not visit.post("queue", "delete-message", ticked(visit))
    assert attribute(visit, "ApproximateNumberOfMessagesNotVisible") == "0"


def send_again(visit: Visit) -> None:
    assert not visit.post("queue", "peek/send-again", ticked(visit))
    assert attribute(visit, "ApproximateNumberOfMessages") == "1"


def move_messages(visit: Visit) -> None:
    other = f"{visit.queue}-other"
    visit.sqs.create_queue(QueueName=other)
    assert not visit.post("queue", "peek/move", {**ticked(visit), "destination": other})
    assert attribute(replace(visit, queue=other), "ApproximateNumberOfMessages") == "1"


def purge(visit: Visit) -> None:
    assert not visit.post("queue", "purge", {"typed_name": visit.queue})
    assert attribute(visit, "ApproximateNumberOfMessages") == "0"


def delete_queue(visit: Visit) -> None:
    assert not visit.post("queue", "delete", {"typed_name": visit.queue})
    assert visit.queue not in str(visit.sqs.list_queues(QueueNamePrefix=visit.queue))


SCENES: dict[str, Callable[[Visit], None]] = {
    "Buckets": buckets,
    "Folder, Search, Usage": folder,
    "Choose an object for a field": choose,
    "Object": one_object,
    "Download, Share": links,
    "Zip": zipped,
    "Upload": upload,
    "Unfinished uploads": unfinished,
    "Create folder": create_folder,
    "Copy, Edit properties": copy,
    "Move, Rename": move,
    "Edit tags": tags,
    "Delete": delete,
    "Deleted objects": deleted,
    "Undelete": undelete,
    "As it was at a time": rewind,
    "Restore, Delete version": restore,
    "Settings": settings_page,
    "Change settings": change_settings,
    "Create bucket, Delete bucket": lifecycle,
    "Empty bucket": empty,
    "Queues": queues,
    "Queue": queue,
    "Create queue": create_queue,
    "Edit queue": edit_queue,
    "Send message": send,
    "Peek, Release": peek,
    "Delete messages": delete_message,
    "Send messages again": send_again,
    "Move messages": move_messages,
    "Purge": purge,
    "Delete queue": delete_queue,
    "Move messages back": move_back,
}
# No server here has both IAM and message-move tasks.
UNSEEN = {"Redrive"}


@pytest.fixture(scope="module")
def owner(aws_pool: Pool) -> Iterator[LocalAWS]:
    """The server by the keys of its owner: what a scene looks at is not the identity's to see."""
    aws = aws_pool["signed"]
    seen = LocalAWS(name=aws.name, endpoint_url=aws.endpoint_url, credentials=aws.admin)
    yield seen
    seen.close()


@pytest.fixture
def visit(
    signed_aws: LocalAWS, owner: LocalAWS, admin_client: Client, settings: Settings
) -> Callable[..., Visit]:
    bucket = owner.make_bucket()
    s3 = owner.client("s3")
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    for body in (b"older", b"content of a"):
        s3.put_object(Bucket=bucket, Key="a.txt", Body=body)
    s3.put_object(Bucket=bucket, Key="d/b.txt", Body=b"content of b")
    url = owner.make_queue()
    owner.client("sqs").send_message(QueueUrl=url, MessageBody="a message")

    def begin(*actions: str, complete: bool = False) -> Visit:
        keys = signed_aws.make_user(*actions)
        settings.AWS = {**signed_aws.settings, "credentials": keys, "regions": [REGION]}
        directory.forget()
        return Visit(admin_client, owner, bucket, url.rpartition("/")[2], complete)

    return begin


# The server wants batches named; at AWS the actions without are for them too.
BATCHED = {"sqs:SendMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility"}


def actions_of(page: str, *, more: bool) -> list[str]:
    needed, extra = TABLE[page]
    found = ACTION.findall(needed) + (ACTION.findall(extra) if more else [])
    found += [f"{name}Batch" for name in found if name in BATCHED]
    if needed.startswith("those of Settings"):
        found += actions_of("Settings", more=True)
    if also := re.match(r"as (\w+)", needed):
        [other] = [name for name in TABLE if name.startswith(also[1])]
        found += actions_of(other, more=more)
    return found


def test_every_row_is_looked_at() -> None:
    assert set(SCENES) | UNSEEN == set(TABLE)
    assert f"beyond {WHOLE_BYTES // 1024**2} MiB" in TABLE["Copy, Edit properties"][0]


CASES = [(page, False) for page in SCENES] + [
    (page, True) for page in SCENES if ACTION.search(TABLE[page][1])
]


@pytest.mark.parametrize(("page", "more"), CASES)
def test_the_actions_of_a_page_are_enough(visit: Any, page: str, more: bool) -> None:
    SCENES[page](visit(*actions_of(page, more=more), complete=more))
