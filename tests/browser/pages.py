"""Every page of buckets and queues, and how one gets to it: the table that tests of all pages use.

A page that is new gets its row in `PAGES`, named after its view as the admin's table has it
(`bucket change`), with more words where a page has several states (`bucket change: empty`).
`test_pages.py` names the views that have none.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib.admin.utils import quote

from tests.browser.conftest import whole
from tests.servers import LocalAWS

REGION = "us-pages-1"
QUEUE, DEAD = "orders", "orders-dead"

SUBMIT = "(button) => button.form.requestSubmit(button)"
NO_PAGES = {
    "bucket": {
        *("preview", "download", "zip"),  # files
        *("upload_begin", "upload_sign", "upload_part", "upload_finish", "upload_abort"),
        *("count", "folders"),  # asked by scripts
    },
    "queue": {"figures", "redrive_tasks", "hold", "release"},
}
"""Views that answer with something else, or do something and lead to another page."""

POPUPS = {"bucket pick", "bucket pick_bucket", "bucket pick: nothing found"}
"""Pages in a window of their own, with nothing around them."""


@dataclass(frozen=True)
class World:
    """What the pages are about. All tests that look at them share it, so no page takes of it."""

    aws: LocalAWS
    bucket: str
    """Holds `notes.txt`, `data.json` and `reports/2026.csv`, in versions; is set to something."""
    deleted: str
    """A version of `gone.txt`, which was deleted."""

    @classmethod
    def made(cls, aws: LocalAWS) -> World:
        s3 = aws.client("s3")
        bucket = aws.make_bucket()
        s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
        bodies = {
            "notes.txt": b"Bring the lamp.\n" * 40,
            "data.json": b'{"items": [{"sku": "A-1001", "stock": 42}]}',
            "reports/2026.csv": b"sku,sold\nA-1001,17\n",
        }
        for key, body in bodies.items():
            s3.put_object(Bucket=bucket, Key=key, Body=body, Metadata={"season": "autumn"})
        s3.put_object(Bucket=bucket, Key="notes.txt", Body=b"Bring the lamp.", Tagging="sku=A-1001")
        gone = s3.put_object(Bucket=bucket, Key="gone.txt", Body=b"gone")
        s3.delete_object(Bucket=bucket, Key="gone.txt")
        s3.create_multipart_upload(Bucket=bucket, Key="reports/never-ended.bin")
        s3.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": [{"Key": "team", "Value": "web"}]})
        cors = {"AllowedMethods": ["GET"], "AllowedOrigins": ["https://www.example.com"]}
        s3.put_bucket_cors(Bucket=bucket, CORSConfiguration={"CORSRules": [cors]})
        plain = {"Filter": {"Prefix": "tmp/"}, "Status": "Enabled", "Expiration": {"Days": 30}}
        other = {**plain, "NoncurrentVersionExpiration": {"NoncurrentDays": 30}}
        s3.put_bucket_lifecycle_configuration(
            Bucket=bucket, LifecycleConfiguration={"Rules": [plain, other]}
        )
        aws.make_queue(DEAD, region=REGION)
        sqs = aws.client("sqs", REGION)
        dead = sqs.get_queue_url(QueueName=DEAD)["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]
        policy = {"deadLetterTargetArn": arn["QueueArn"], "maxReceiveCount": "50"}
        url = aws.make_queue(QUEUE, region=REGION, RedrivePolicy=json.dumps(policy))
        world = cls(aws, bucket, gone["VersionId"])
        for to in (url, dead):
            world.send(to)
        return world

    def send(self, url: str) -> None:
        """Three messages that nobody has looked at."""
        kind = {"sku": {"DataType": "String", "StringValue": "A-1001"}}
        bodies = [json.dumps({"sku": 1001 + number}) for number in range(3)]
        self.aws.client("sqs", REGION).send_message_batch(
            QueueUrl=url,
            Entries=[
                {"Id": str(number), "MessageBody": body, "MessageAttributes": kind}
                for number, body in enumerate(bodies)
            ],
        )

    @property
    def settings(self) -> dict[str, Any]:
        """The value of `settings.AWS`."""
        return {**self.aws.settings, "region": REGION, "regions": [REGION]}


Opener = Callable[[Any, str, World], None]
"""Brings a browser's page, on the site of this address, to a page of the admin."""


def at(path: str) -> Opener:
    """The page of this path, below the admin of this app."""

    def opening(page: Any, site: str, world: World) -> None:
        filled = path.format(
            bucket=f"bucket/{world.bucket}",
            queue=f"queue/{quote(f'{REGION}/{QUEUE}')}",
            dead=f"queue/{quote(f'{REGION}/{DEAD}')}",
            deleted=world.deleted,
        )
        page.goto(f"{site}/admin/philo_aws/{filled}")
        whole(page)

    return opening


def pressed(before: Opener, button: str, *ticked: str) -> Opener:
    """The page behind a button of another, after what is to be ticked was."""

    def opening(page: Any, site: str, world: World) -> None:
        before(page, site, world)
        for box in ticked:
            page.locator(box).first.check()
        with page.expect_navigation(wait_until="domcontentloaded"):
            page.eval_on_selector(button, SUBMIT)

    return opening


BROWSE = at("{bucket}/change/")
CONFIRM = ".aws-operation [name=confirm]"


def looked(page: Any, site: str, world: World) -> None:
    """The messages of a look, which is done unless the person has one."""
    at("{queue}/peek/")(page, site, world)
    if page.locator("[data-queue-lease]").count():
        return
    if not page.locator(CONFIRM).count():
        # Its time is over.
        page.goto(page.eval_on_selector(".queue-again a", "(link) => link.href"))
    # Those of another person's look are not to be had for a while.
    sqs = world.aws.client("sqs", REGION)
    world.send(sqs.get_queue_url(QueueName=QUEUE)["QueueUrl"])
    pressed(lambda *_: whole(page), CONFIRM)(page, site, world)


def noted(page: Any, site: str, world: World) -> None:
    """The history of the bucket, after something was done."""
    at("{bucket}/folder/")(page, site, world)
    page.locator(".aws-operation input[type=text]").fill(f"noted/{uuid.uuid4()}")
    pressed(lambda *_: None, CONFIRM)(page, site, world)
    at("{bucket}/history/")(page, site, world)


def followed(before: Opener, link: str) -> Opener:
    """The page behind a link of another."""

    def opening(page: Any, site: str, world: World) -> None:
        before(page, site, world)
        page.goto(page.eval_on_selector(link, "(link) => link.href"))
        whole(page)

    return opening


def chosen(action: str) -> Opener:
    """The page of an action for an object that was selected in its folder."""
    return pressed(BROWSE, f"#aws-selection [formaction*='/{action}/']", "[name=select_key]")


def held(action: str) -> Opener:
    """The page of an action for a message that was selected in a look."""
    return pressed(
        looked, f"#aws-selection [formaction*='/{action}/']", "[type=checkbox][name=message]"
    )


SETTINGS = at("{bucket}/settings/")

PAGES: dict[str, Opener] = {
    "bucket changelist": at("bucket/"),
    "bucket changelist: nothing found": at("bucket/?q=there-is-none"),
    "bucket open: no address": at("bucket/open/?address=ftp://x"),
    "bucket add": at("bucket/add/"),
    "bucket add: refused": pressed(at("bucket/add/"), CONFIRM),
    "bucket change": BROWSE,
    "bucket change: folder": at("{bucket}/change/?prefix=reports/"),
    "bucket change: empty": at("{bucket}/change/?prefix=nothing/"),
    "bucket change: nothing found": at("{bucket}/change/?q=zzz"),
    "bucket change: missing": at("bucket/philo-aws-there-is-none/change/"),
    "bucket delete": at("{bucket}/delete/"),
    "bucket delete: refused": pressed(at("{bucket}/delete/"), CONFIRM),
    "bucket empty": at("{bucket}/empty/"),
    "bucket empty: refused": pressed(at("{bucket}/empty/"), CONFIRM),
    "bucket history": noted,
    "bucket search": at("{bucket}/search/?q=not"),
    "bucket search: nothing found": at("{bucket}/search/?prefix=reports/&q=zzz"),
    "bucket end: missing": at("bucket/philo-aws-there-is-none/end/"),
    "bucket object": at("{bucket}/object/?key=notes.txt"),
    "bucket object: JSON": at("{bucket}/object/?key=data.json"),
    "bucket object: missing": at("{bucket}/object/?key=missing.txt"),
    "bucket share": at("{bucket}/share/?key=notes.txt"),
    "bucket share: link": pressed(at("{bucket}/share/?key=notes.txt"), CONFIRM),
    "bucket upload": at("{bucket}/upload/"),
    "bucket unfinished": at("{bucket}/unfinished/"),
    "bucket unfinished: none": at("{bucket}/unfinished/?prefix=nothing/"),
    "bucket give_up_uploads": pressed(
        at("{bucket}/unfinished/"), "[formaction*='/give-up-uploads/']", "[name=select_upload]"
    ),
    "bucket folder": at("{bucket}/folder/"),
    "bucket folder: refused": pressed(at("{bucket}/folder/"), CONFIRM),
    "bucket copy": chosen("copy"),
    "bucket move": chosen("move"),
    "bucket rename": at("{bucket}/rename/?key=notes.txt"),
    "bucket rename: refused": pressed(at("{bucket}/rename/?key=notes.txt"), CONFIRM),
    "bucket metadata": at("{bucket}/metadata/?key=notes.txt"),
    "bucket tags": at("{bucket}/tags/?key=notes.txt"),
    "bucket delete_objects": chosen("delete-objects"),
    "bucket deleted": at("{bucket}/deleted/"),
    "bucket undelete": pressed(
        at("{bucket}/deleted/"), "[formaction*='/undelete/']", "[name=select_key]"
    ),
    "bucket rewind": at("{bucket}/rewind/"),
    "bucket rewind: looked": pressed(at("{bucket}/rewind/"), CONFIRM),
    "bucket restore": at("{bucket}/restore/?key=gone.txt&version={deleted}"),
    "bucket delete_version": at("{bucket}/delete-version/?key=gone.txt&version={deleted}"),
    "bucket usage": at("{bucket}/usage/"),
    "bucket settings": SETTINGS,
    "bucket settings_versioning": at("{bucket}/settings/versioning/"),
    "bucket settings_public_access": at("{bucket}/settings/public-access/"),
    "bucket settings_encryption": at("{bucket}/settings/encryption/"),
    "bucket settings_tags": at("{bucket}/settings/tags/"),
    "bucket settings_allow_uploads": at("{bucket}/settings/allow-uploads/"),
    "bucket settings_cors": at("{bucket}/settings/cors/"),
    "bucket settings_cors: refused": pressed(at("{bucket}/settings/cors/"), CONFIRM),
    "bucket settings_cors_remove": followed(SETTINGS, "[href*='/cors/remove/']"),
    "bucket settings_lifecycle": followed(SETTINGS, ".aws-rules [href*='/lifecycle/?']"),
    "bucket settings_lifecycle_remove": followed(SETTINGS, "[href*='/lifecycle/remove/']"),
    "bucket pick_bucket": at("bucket/pick/"),
    "bucket pick": at("{bucket}/pick/?whole=1"),
    "bucket pick: nothing found": at("{bucket}/pick/?q=zzz"),
    "queue changelist": at("queue/"),
    "queue changelist: nothing found": at("queue/?q=there-is-none"),
    "queue add": at("queue/add/"),
    "queue add: refused": pressed(at("queue/add/"), CONFIRM),
    "queue change": at("{queue}/change/"),
    "queue change: missing": at(f"queue/{quote(f'{REGION}/there-is-none')}/change/"),
    "queue history": at("{queue}/history/"),
    "queue attributes": at("{queue}/attributes/"),
    "queue send": at("{queue}/send/"),
    "queue send: refused": pressed(at("{queue}/send/"), CONFIRM),
    "queue peek": at("{queue}/peek/"),
    "queue peek: messages": looked,
    "queue delete_message": held("delete-message"),
    "queue send_again": held("send-again"),
    "queue move_messages": held("move"),
    "queue redrive": at("{dead}/redrive/"),
    "queue redrive_cancel": at("{dead}/redrive/cancel/"),
    "queue redrive_move": at("{dead}/redrive/move/"),
    "queue purge": at("{queue}/purge/"),
    "queue delete": at("{queue}/delete/"),
    "queue delete: refused": pressed(at("{queue}/delete/"), CONFIRM),
}
