"""Write the pictures of the admin's main pages: `python -m tests.browser.screenshots [FOLDER]`.

Every page in the light and the dark theme, on a desktop and on a phone, on an embedded AWS that is
filled for it; the contents of a bucket in the themes of others; and the photos of the example
project, as `manage.py demo` serves them. Needs what the tests of this folder need: Playwright,
Chromium and the themes. The embedded AWS has no message-move tasks: for the page about a redrive a
proxy answers those calls as AWS does.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.running import ROOT
from tests.servers import NO_ACCOUNT

FOLDER = ROOT / "docs" / "images"
SIZES = {"desktop": (1280, 800), "phone": (390, 800)}
THEMES = ("light", "dark")
REGION, OTHER_REGION = "eu-west-1", "us-east-1"
BUCKET = "example-media"
QUEUE, DEAD = "orders", "orders-dead"
POLLS = 9

LANDSCAPE = """<body style="margin:0"><svg width="960" height="540" viewBox="0 0 960 540">
<defs><linearGradient id="sky" x2="0" y2="1"><stop stop-color="#20497a"/>
<stop offset=".6" stop-color="#e9a06f"/><stop offset="1" stop-color="#f7dfb0"/></linearGradient>
</defs>
<rect width="960" height="540" fill="url(#sky)"/><circle cx="660" cy="300" r="46" fill="#fff3d0"/>
<path d="M0 380 150 250 270 350 430 190 620 370 760 270 960 400V540H0z" fill="#50607f"/>
<path d="M0 450 200 350 380 440 560 360 760 450 960 390V540H0z" fill="#2f405c"/>
<path d="M0 500Q240 430 480 490T960 470V540H0z" fill="#1b2a3c"/></svg>"""


def client(aws: Any, service: str, region: str = REGION) -> Any:
    """A plain boto3 client of the embedded AWS."""
    import boto3

    session: Any = boto3.Session(**aws.credentials)
    return session.client(service, region_name=region, endpoint_url=aws.endpoint_url)


def fill_buckets(s3: Any, picture: bytes) -> None:
    for name in (BUCKET, "example-backups", "example-reports", "example-static"):
        place = {"LocationConstraint": REGION}
        s3.create_bucket(Bucket=name, CreateBucketConfiguration=place)
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    catalogue = {
        "season": "autumn",
        "items": [{"sku": "A-1001", "title": "Desk lamp", "stock": 42}],
    }
    bodies = {
        "catalogue.json": json.dumps(catalogue, indent=2).encode(),
        "exports/2026-10.csv": b"sku,sold\nA-1001,17\n" * 9_000,
        "exports/2026-11.csv": b"sku,sold\nA-1001,23\n" * 12_000,
        "manuals/desk-lamp.pdf": b"%PDF-1.7\n" + bytes(1_260_000),
        "price-list.csv": b"sku,price\nA-1001,39.00\n" * 600,
        "README.txt": b"Pictures and manuals of the catalogue.\n",
        "videos/assembly.mp4": bytes(4_800_000),
    }
    for key, body in bodies.items():
        s3.put_object(Bucket=BUCKET, Key=key, Body=body)
    for number in range(1, 9):
        s3.put_object(Bucket=BUCKET, Key=f"pictures/detail-{number}.png", Body=picture)
    # The second version is the one shown.
    for body in (picture[:-1], picture):
        s3.put_object(
            Bucket=BUCKET,
            Key="mountains.png",
            Body=body,
            ContentType="image/png",
            CacheControl="max-age=86400",
            Metadata={"season": "autumn", "usage": "cover"},
            Tagging="purpose=website&status=published",
        )


def fill_queues(aws: Any) -> None:
    sqs = client(aws, "sqs")
    for name in ("exports.fifo", "mail", "thumbnails", QUEUE):
        attributes = {"FifoQueue": "true"} if name.endswith(".fifo") else {}
        sqs.create_queue(QueueName=name, Attributes=attributes)
    dead = sqs.create_queue(QueueName=DEAD)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]
    policy = {"deadLetterTargetArn": arn["QueueArn"], "maxReceiveCount": 5}
    url = sqs.get_queue_url(QueueName=QUEUE)["QueueUrl"]
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"RedrivePolicy": json.dumps(policy)})
    other = client(aws, "sqs", OTHER_REGION)
    other.create_queue(QueueName="newsletter")
    send(sqs, "mail", 4)
    send(sqs, "thumbnails", 26)
    send(sqs, QUEUE, 12)
    send(sqs, DEAD, 3)


def send(sqs: Any, name: str, count: int) -> None:
    url = sqs.get_queue_url(QueueName=name)["QueueUrl"]
    for number in range(count):
        body = {"order": 1001 + number, "items": [{"sku": "A-1001", "quantity": number % 3 + 1}]}
        source = {"source": {"DataType": "String", "StringValue": "shop"}}
        sqs.send_message(QueueUrl=url, MessageBody=json.dumps(body), MessageAttributes=source)


def take(sqs: Any, name: str) -> None:
    """Receive one message and delete it, as a worker does."""
    url = sqs.get_queue_url(QueueName=name)["QueueUrl"]
    for message in sqs.receive_message(QueueUrl=url).get("Messages", []):
        sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])


class Tour:
    """The way through the pages; `shoot(name)` takes the four pictures of the one that is open."""

    def __init__(self, page: Any, site: str, aws: Any, folder: Path) -> None:
        self.page, self.aws, self.folder = page, aws, folder
        self.buckets = f"{site}/admin/philo_aws/bucket/"
        self.queues = f"{site}/admin/philo_aws/queue/"

    def shoot(self, name: str) -> None:
        for theme in THEMES:
            self.page.emulate_media(color_scheme=theme)
            for size, (width, height) in SIZES.items():
                self.page.set_viewport_size({"width": width, "height": height})
                # Colours fade from one theme to the other.
                self.page.evaluate("document.getAnimations().forEach((each) => each.finish())")
                self.page.screenshot(
                    path=self.folder / f"{name}-{theme}-{size}.png", full_page=True
                )
        self.page.set_viewport_size(dict(zip(("width", "height"), SIZES["desktop"], strict=True)))
        self.page.emulate_media(color_scheme="light")

    def bucket_pages(self) -> None:
        page, root = self.page, f"{self.buckets}{quoted(BUCKET)}"
        page.goto(self.buckets)
        self.shoot("buckets")
        page.goto(f"{root}/change/")
        self.shoot("browse")
        page.get_by_label("Select folder exports/").check()
        page.get_by_label("Select price-list.csv").check()
        page.get_by_role("button", name="Delete", exact=True).click()
        page.wait_for_selector("button[name=confirm]")
        self.shoot("delete")
        page.goto(f"{root}/object/?key=mountains.png")
        page.wait_for_function("[...document.images].every((image) => image.complete)")
        self.shoot("object")
        page.goto(f"{root}/share/?key=mountains.png")
        page.click("button[name=confirm]")
        page.wait_for_selector("#aws-link")
        self.shoot("share")
        page.goto(f"{root}/usage/")
        self.shoot("usage")
        page.goto(f"{root}/upload/?prefix=pictures/")
        self.shoot("upload")
        page.goto(f"{root}/settings/")
        self.shoot("settings")

    def queue_pages(self) -> None:
        page = self.page
        root = f"{self.queues}{quoted(f'{REGION}/{QUEUE}')}"
        # Before the clock of the page is moved: messages are held for two minutes only.
        page.goto(f"{root}/peek/")
        page.click("button[name=confirm]")
        page.click(".queue-message summary >> nth=0")
        page.wait_for_selector("pre")
        self.shoot("peek")
        self.live(self.queues)
        self.shoot("queues")
        self.live(f"{root}/change/")
        self.shoot("queue")
        page.goto(f"{root}/send/")
        self.shoot("send")
        with redriving(self.aws):
            page.goto(f"{self.queues}{quoted(f'{REGION}/{DEAD}')}/redrive/")
            page.wait_for_selector("[data-active]")
            self.shoot("redrive")

    def live(self, address: str) -> None:
        """Open a page that draws its figures, and let it fetch them while they change."""
        page, sqs = self.page, client(self.aws, "sqs")
        page.goto(address)
        for number in range(1, POLLS):
            page.wait_for_function(
                f"Number(document.querySelector('[data-fresh]')?.dataset.fresh || 0) >= {number}"
            )
            send(sqs, "thumbnails", number * 3 % 7)
            send(sqs, QUEUE, number * 5 % 4)
            take(sqs, QUEUE)
            page.clock.fast_forward("00:11")


@contextlib.contextmanager
def redriving(aws: Any) -> Iterator[None]:
    """The site on an AWS where a redrive of the dead-letter queue runs, and one has ended."""
    from django.conf import settings
    from django.test.utils import override_settings

    from tests.sqs import proxy

    sqs = client(aws, "sqs")
    url = sqs.get_queue_url(QueueName=QUEUE)["QueueUrl"]
    now = round(time.time())
    ended = {
        "Status": "COMPLETED",
        "ApproximateNumberOfMessagesMoved": 48,
        "ApproximateNumberOfMessagesToMove": 48,
        "StartedTimestamp": (now - 3 * 86_400) * 1000,
    }
    running = {
        "TaskHandle": "handle",
        "Status": "RUNNING",
        "ApproximateNumberOfMessagesMoved": 412,
        "ApproximateNumberOfMessagesToMove": 1280,
        "StartedTimestamp": (now - 40) * 1000,
    }
    answers = {
        "ListMessageMoveTasks": {"Results": [running, ended]},
        "ListDeadLetterSourceQueues": {"queueUrls": [url]},
    }

    def answer(call: proxy.Call, forward: proxy.Forward) -> proxy.Reply:
        known = answers.get(call.action)
        return proxy.Reply(200, known) if known else forward()

    with proxy.running(aws.endpoint_url) as before:
        before.behaviour = answer
        with override_settings(AWS={**settings.AWS, "endpoint_url": before.endpoint_url}):
            yield


def quoted(name: str) -> str:
    from django.contrib.admin.utils import quote

    return str(quote(name))


@contextlib.contextmanager
def opened() -> Iterator[Any]:
    """Chromium, as long as it is needed."""
    from playwright.sync_api import sync_playwright

    from tests.browser import programs

    with sync_playwright() as running:
        browser = running.chromium.launch(executable_path=programs.find(*programs.WHOLE))
        try:
            yield browser
        finally:
            browser.close()


@contextlib.contextmanager
def served(aws: Any) -> Iterator[str]:
    """The test site on a database of its own; its address."""
    from django.test.utils import override_settings, setup_databases, teardown_databases
    from pytest_django.live_server_helper import LiveServer

    databases = setup_databases(verbosity=0, interactive=False)
    chosen = {**aws.settings(), "region": REGION, "regions": [REGION, OTHER_REGION]}
    try:
        with override_settings(AWS=chosen, TIME_ZONE="UTC"):
            server = LiveServer("127.0.0.1")
            try:
                yield str(server.url)
            finally:
                server.stop()
    finally:
        teardown_databases(databases, verbosity=0)


@contextlib.contextmanager
def demo(folder: str) -> Iterator[tuple[str, str]]:
    """`manage.py demo` with its data in a folder: the site's address, and the password for it."""
    variables = {
        "DJANGO_SETTINGS_MODULE": "example_project.settings",
        "DJANGO_DEBUG": "true",
        "EXAMPLE_DATA_DIR": folder,
        "PYTHONUNBUFFERED": "1",
    }
    process = subprocess.Popen(
        [sys.executable, ROOT / "manage.py", "demo"],
        env=os.environ | variables,
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout
        found = None
        for line in process.stdout:
            found = re.match(r"(http://\S+)/admin/   Login: demo   Password: (\S+)", line) or found
            if "Quit the server" in line:
                break
        assert found
        yield found[1], found[2]
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate()


def shoot_photos(browser: Any, folder: Path) -> None:
    with tempfile.TemporaryDirectory() as data, demo(data) as (site, password):
        context = browser.new_context(viewport={"width": 1280, "height": 720}, color_scheme="light")
        page = context.new_page()
        page.goto(f"{site}/admin/login/?next=/photos/")
        page.get_by_label("Username").fill("demo")
        page.get_by_label("Password").fill(password)
        page.get_by_role("button", name="Log in").click()
        # Icons too, which style sheets bring.
        page.wait_for_load_state("networkidle")
        page.screenshot(path=folder / "photos-light-desktop.png", full_page=True)
        context.close()


def shoot_themes(browser: Any, settings: dict[str, Any], folder: Path) -> None:
    """The contents of the bucket in the themes of others, each on a site of its own."""
    from tests.browser.theme_site import running

    for theme in ("unfold", "jazzmin"):
        with running(theme, settings) as served:
            for scheme in THEMES:
                width, height = SIZES["desktop"]
                context = browser.new_context(
                    viewport={"width": width, "height": height}, color_scheme=scheme
                )
                context.add_cookies([served["cookie"]])
                page = context.new_page()
                page.goto(f"{served['site']}/admin/philo_aws/bucket/{BUCKET}/change/")
                # Icons too, which style sheets bring.
                page.wait_for_load_state("networkidle")
                page.screenshot(path=folder / f"{theme}-{scheme}-desktop.png")
                context.close()


def cookie(site: str) -> dict[str, str]:
    """The session of a superuser."""
    from django.conf import settings
    from django.contrib.auth.models import User
    from django.test import Client

    browser = Client()
    browser.force_login(User.objects.create_superuser("admin"))
    name = settings.SESSION_COOKIE_NAME
    return {"name": name, "value": browser.cookies[name].value, "url": site}


def main(folder: Path) -> None:
    import django

    from philo_aws.local import start

    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]
    os.environ.update(NO_ACCOUNT)
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    # Playwright runs an event loop in this thread, where Django would refuse its ORM.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    django.setup()
    folder.mkdir(parents=True, exist_ok=True)
    with start() as aws, served(aws) as site, opened() as browser:
        context = browser.new_context(
            viewport=dict(zip(("width", "height"), SIZES["desktop"], strict=True)),
            color_scheme="light",
        )
        context.set_default_timeout(15_000)
        page = context.new_page()
        page.set_viewport_size({"width": 960, "height": 540})
        page.set_content(LANDSCAPE)
        fill_buckets(client(aws, "s3"), page.screenshot())
        fill_queues(aws)
        context.add_cookies([cookie(site)])
        page.clock.install()
        tour = Tour(page, site, aws, folder)
        tour.page.set_viewport_size({"width": 1280, "height": 800})
        tour.bucket_pages()
        tour.queue_pages()
        context.close()
        shoot_themes(browser, {**aws.settings(), "region": REGION}, folder)
        shoot_photos(browser, folder)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER)
