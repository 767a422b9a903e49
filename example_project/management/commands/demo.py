"""``manage.py demo``: everything once, on a local AWS."""

from __future__ import annotations

import contextlib
import errno
import io
import itertools
import json
import logging
import os
import re
import secrets
import shlex
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import django.contrib.admin
from django.conf import ENVIRONMENT_VARIABLE, settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group, Permission
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser, OutputWrapper
from django.test.utils import override_settings

from example_project.isolation import only
from example_project.models import Photo
from example_project.pictures import SKIES, landscape
from example_project.queues import IS_NATIVE, tasks
from example_project.storages import storages
from philo_aws import local, s3, sqs
from philo_aws.aws_errors import translated
from philo_aws.clients import get_client
from philo_aws.exceptions import AWSError
from philo_aws.sqs.dead_letters import read_dead_letters

HOST = "127.0.0.1"
AWS_PORT = 4566
SITE_PORT = 8000
PORTS_TRIED = 50
USER, EDITOR = "demo", "editor"
# The group that settings.AWS["access"] names, and what it may do there.
EDITORS = "Photo editors"
EDITING = ("view_bucket", "list_objects", "download_object", "upload_object")
NAME = "philo-aws-demo"
PHOTOS = f"{NAME}-photos"
DEAD = "-dead-letters"
BROKEN = "Broken off"
# Without an AWS account in between there is nothing to pay for a second region.
SECOND_REGION = "eu-west-1"
LOGS = ("philo_aws.sqs.consumer", "django.tasks" if IS_NATIVE else "django_tasks")
INTERRUPTED = 130
PASSED_ON = ("stdout", "stderr", "no_color", "force_color")
RESPONSE_METADATA = re.compile(r"^(  'ResponseMetadata': \{)\n(?:    .*\n)*  \}", re.MULTILINE)


class Shown(logging.Handler):
    """What is logged, among what the demo prints: a line each, without tracebacks."""

    def __init__(self, out: OutputWrapper) -> None:
        super().__init__()
        self._out = out

    def emit(self, record: logging.LogRecord) -> None:
        """Print it."""
        self._out.write(f"{record.levelname} {record.getMessage()}")


class Command(BaseCommand):
    """Show what philo_aws does: each step says the command that one would type."""

    help = (
        "Show everything on a local AWS, whatever credentials are on this machine: a bucket with"
        " real files, static files and uploads of a site, queues with messages, and the admin."
    )
    # The settings' own AWS, faulty or not, has no part in it.
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Add whether to serve, and where; and the one flag that leads to a real account."""
        parser.add_argument(
            "--no-serve", action="store_true", help="end after the tables, without the site"
        )
        parser.add_argument(
            "--port", type=int, default=SITE_PORT, help="the site's port (default: %(default)s)"
        )
        parser.add_argument(
            "--configured",
            action="store_true",
            help="use settings.AWS instead of a local AWS: makes a bucket and queues in that"
            " account, which stay",
        )

    def handle(self, *, no_serve: bool, port: int, configured: bool, **options: Any) -> None:
        """Walk through the steps."""
        self._numbers = itertools.count(1)
        self._passed_on = {name: options[name] for name in PASSED_ON if name in options}
        if not no_serve and not settings.DEBUG:
            raise CommandError(
                "The demo serves with Django's development server, which needs DJANGO_DEBUG=true."
                " Set that, or add --no-serve."
            )
        try:
            with self._account() if configured else self._local_aws() as bucket:
                self._run_through(bucket, no_serve, port, is_local=not configured)
        except AWSError as error:
            raise CommandError(str(error), returncode=error.exit_code) from error
        except KeyboardInterrupt:
            self.stderr.write("Stopped.", style_func=str)
            raise SystemExit(INTERRUPTED) from None

    def _run_through(self, bucket: str, no_serve: bool, port: int, *, is_local: bool) -> None:
        password = self._people()
        again = self._files(bucket)
        # Static files are for anybody to read: in an account, to open a bucket is not ours to do.
        static_bucket = f"{bucket}-static" if is_local else ""
        kept = storages(
            media_bucket=bucket, static_bucket=static_bucket, folder=Path(settings.DATA_DIR)
        )
        with override_settings(STORAGES=kept):
            if static_bucket:
                self._static_files(static_bucket)
            photos_url = self._photos_queue()
            with override_settings(TASKS=tasks(photos_url), EXAMPLE_QUEUE_URL=NAME):
                self._photos()
                self._worker()
                self._dead_letter(bucket, photos_url)
                queue_url = self._queues(is_local=is_local, again=again)
            if no_serve:
                self._say("\nDone. Without --no-serve the demo now serves the site, on this data.")
                return
            changed = {
                "EXAMPLE_BUCKET": bucket,
                "EXAMPLE_QUEUE_URL": queue_url,
                "EXAMPLE_PHOTOS_QUEUE_URL": photos_url,
                "TASKS": tasks(photos_url),
            }
            # Overridden settings forget their module's name, which runserver shows.
            with override_settings(**changed, SETTINGS_MODULE=os.environ[ENVIRONMENT_VARIABLE]):
                self._serve(port, password, is_local=is_local)

    @contextlib.contextmanager
    def _local_aws(self) -> Iterator[str]:
        self._step("A local AWS")
        folder = Path(settings.DATA_DIR) / ".aws-local"
        access = settings.AWS["access"]
        with self._start(folder) as aws, only({**aws.settings(), "access": access}):
            self._say(
                f"It answers at {aws.endpoint_url} and keeps its data in {folder}.\n"
                "Nothing goes to Amazon: this machine's AWS credentials are not even read."
            )
            yield NAME

    def _start(self, folder: Path) -> local.LocalAWS:
        for port in range(AWS_PORT, AWS_PORT + PORTS_TRIED):
            try:
                return local.start(port=port, data_dir=folder)
            except local.PortTakenError:
                self._say(f"Port {port} is taken; trying the next one.")
        return local.start(data_dir=folder)

    @contextlib.contextmanager
    def _account(self) -> Iterator[str]:
        self._step("The AWS of the settings")
        with translated():
            identity = get_client("sts").get_caller_identity()
        self._say(
            f"This is {identity['Arn']}.\n"
            "The bucket and the queues stay: delete them when you have seen enough."
        )
        # The names of buckets are the whole world's.
        yield f"{NAME}-{identity['Account']}"

    def _people(self) -> str:
        self._step("The database, and somebody to log in")
        Path(settings.DATA_DIR).mkdir(parents=True, exist_ok=True)
        self._run("migrate")
        self._run("createcachetable")
        password = secrets.token_urlsafe(9)
        for name in (USER, EDITOR):
            user, _ = get_user_model().objects.get_or_create(username=name)
            user.is_active = user.is_staff = True
            user.is_superuser = name == USER
            user.set_password(password)
            user.save()
        editors, _ = Group.objects.get_or_create(name=EDITORS)
        editors.permissions.set(Permission.objects.filter(codename__in=EDITING))
        user.groups.add(editors)
        self._say(f"Login: {USER}   Password: {password}   (a new one in each run)")
        self._say(f'{EDITOR}, with the same password, sees what AWS["access"] opens: the photos.')
        return password

    def _files(self, bucket: str) -> bool:
        self._step("A bucket")
        again = self._bucket(bucket)
        self._step("A folder goes up: the static files of Django's own admin")
        folder = Path(django.contrib.admin.__file__).parent / "static" / "admin"
        if folder.is_relative_to(Path.cwd()):
            folder = folder.relative_to(Path.cwd())
        self._run("aws_s3", "upload_dir", "--bucket", bucket, "--root_folder", str(folder))
        self._step("What is in the bucket now, the style sheets of it")
        self._run("aws_s3", "list_objects_v2", "--bucket", bucket, "--prefix", "css/")
        return again

    def _bucket(self, name: str) -> bool:
        """Make it, and say whether it was there."""
        again = name in {known["Name"] for known in s3.list_buckets()["Buckets"]}
        if again:
            self._say(f"{name} is there from an earlier run.")
        else:
            self._run_briefly("aws_s3", "create_bucket", "--bucket", name)
        return again

    def _static_files(self, bucket: str) -> None:
        self._step("Static files: collectstatic brings them to a bucket of their own")
        self._bucket(bucket)
        self._run("collectstatic", "--noinput")
        self._step("The same again: content decides, and nothing is copied")
        self._run("collectstatic", "--noinput")
        name = "admin/css/base.css"
        self._say(f"{{% static '{name}' %}} is {staticfiles_storage.url(name)}")

    def _photos_queue(self) -> str:
        self._step("A queue for the site's tasks, and one for those that fail for good")
        return self._create_queue_and_dead_letters(PHOTOS, receives=5)

    def _photos(self) -> None:
        self._step("Photos, saved by a model: all under one name, none of them lost")
        for hour in SKIES:
            known = Photo.objects.filter(title=hour).first()
            if known and default_storage.exists(name := str(known.image.name)):
                self._say(f"{hour}: {name} is there from an earlier run.")
                # It asks for the small picture, where the earlier run did not come to that.
                known.save()
                continue
            photo = Photo.objects.create(
                title=hour,
                image=ContentFile(landscape(hour), "landscape.jpg"),
                attachment=ContentFile(f"{hour}, drawn for the demo.\n", "about.txt"),
            )
            self._say(f"{hour}: {photo.image.name}, {photo.image.size:,} bytes")
            self._say(f"  {photo.image.url.partition('?')[0]}?… (signed, for an hour)")

    def _worker(self) -> None:
        from example_project.tasks import make_thumbnail

        self._step("A worker: a task for each photo, which makes a small picture of it")
        photo = Photo.objects.filter(title__in=SKIES)[0]
        # SQS may do that at any time: give a message twice.
        self._say("One of them is enqueued twice, which does nothing the second time:")
        self._say(f">>> make_thumbnail.enqueue({photo.pk})")
        result = make_thumbnail.enqueue(photo.pk)
        self._work()
        result.refresh()
        self._say(f">>> result.status, result.return_value\n{result.status}, {result.return_value}")
        for photo in Photo.objects.filter(title__in=SKIES):
            self._say_thumbnail(photo)

    def _dead_letter(self, bucket: str, queue_url: str) -> None:
        self._step("An upload that broke off: its task fails, and is parked with the reason")
        whole = landscape("Noon")
        for earlier in Photo.objects.filter(title=BROKEN):
            for kept in (earlier.image, earlier.thumbnail):
                kept.delete(save=False)
            earlier.delete()
        # Its beginning tells a size, so that forms and models take it.
        half = ContentFile(whole[: len(whole) // 2], "broken-off.jpg")
        photo = Photo.objects.create(title=BROKEN, image=half)
        self._work("--max_attempts", "1")
        self._say_state(photo)
        dead_url = queue_url + DEAD
        self._run("aws_sqs", "dead_letters", "--queue_url", dead_url)
        self._say("With --format json each has its traceback, too. It ends:")
        for letter in read_dead_letters(dead_url):
            self._say("  " + "\n  ".join(letter.traceback.splitlines()[-3:]))

        self._step("The whole file goes up in its place, and the task back to its queue")
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "whole.jpg"
            file.write_bytes(whole)
            self._run_briefly(
                *("aws_s3", "upload_file", "--bucket", bucket, "--fname", str(file)),
                *("--key", f"media/{photo.image.name}"),
            )
        chosen = ("--task", "example_project.tasks.make_thumbnail")
        self._run("aws_sqs", "requeue", "--queue_url", dead_url, *chosen)
        self._work()
        photo.refresh_from_db()
        self._say_state(photo)
        self._say_thumbnail(photo)

    def _say_state(self, photo: Photo) -> None:
        from example_project.tasks import state_of

        self._say(f"{photo.title}, as the page of photos tells it: {state_of(photo)}")

    def _say_thumbnail(self, photo: Photo) -> None:
        self._say(f"{photo.title}: {photo.thumbnail.name}, {photo.thumbnail.size:,} bytes")

    def _work(self, *words: str) -> None:
        """Have a worker run what tasks there are."""
        self._consume("--tasks", "default", "--batch", *words)

    def _consume(self, *words: str) -> None:
        """Consume, and show what is logged meanwhile."""
        shown = Shown(self.stdout)
        logs = [logging.getLogger(name) for name in LOGS]
        before = [(log.level, log.propagate) for log in logs]
        for log in logs:
            log.addHandler(shown)
            log.setLevel(logging.INFO)
            log.propagate = False
        try:
            self._run("aws_sqs", "consume", *words)
        finally:
            for log, (log.level, log.propagate) in zip(logs, before, strict=True):
                log.removeHandler(shown)

    def _caption(self, queue_url: str) -> None:
        self._step("A handler: what another program says of a photo becomes its caption")
        photo = Photo.objects.filter(title__in=SKIES)[0]
        said = {"photo": photo.pk, "caption": f"{photo.title}, said by a message"}
        self._run_briefly(
            *("aws_sqs", "send_message", "--queue_url", queue_url),
            *("--message_body", json.dumps(said)),
        )
        self._consume("--queues", NAME, "--max_messages", "1")
        photo.refresh_from_db()
        self._say(f"{photo.title}: {photo.caption}")

    def _queues(self, *, is_local: bool, again: bool) -> str:
        fifo_region = ["--region", SECOND_REGION] if is_local else []
        self._step("Queues: one for dead letters, one that uses it, and a FIFO queue")
        url = self._create_queue_and_dead_letters(NAME, receives=3)
        fifo = f"{NAME}.fifo"
        self._create_queue(fifo, {"ContentBasedDeduplication": True}, *fifo_region)

        self._step("The queues of all regions, asked side by side")
        self._run("aws_sqs", "list_queues")
        if again and is_local:
            # On AWS a queue may be purged once a minute.
            self._run_briefly("aws_sqs", "purge_queue", "--queue_url", url)
        if is_local or not again:
            self._caption(url)

        self._step("Messages")
        fifo_url = sqs.get_queue_url(fifo, *fifo_region[1:])["QueueUrl"]
        self._run_briefly("aws_sqs", "send_message", "--queue_url", url, "--message_body", "Hello")
        entries = json.dumps([f"Order {number}" for number in range(1, 13)])
        self._run(
            *("aws_sqs", "send_message_batch", "--queue_url", url, "--entries", entries),
            *("--format", "jsonl"),
        )
        self._run_briefly(
            *("aws_sqs", "send_message", "--queue_url", fifo_url, *fifo_region),
            *("--message_body", "First in, first out", "--message_group_id", "a"),
        )
        self._run_briefly(
            *("aws_sqs", "receive_message", "--queue_url", url, "--max_number_of_messages", "2")
        )
        return url

    def _create_queue_and_dead_letters(self, name: str, *, receives: int) -> str:
        """Return the URL of the first."""
        self._run_briefly("aws_sqs", "create_queue", "--queue_name", name + DEAD)
        dead_url = sqs.get_queue_url(name + DEAD)["QueueUrl"]
        arn = sqs.get_queue_attributes(dead_url)["Attributes"]["QueueArn"]
        redrive = {"RedrivePolicy": {"deadLetterTargetArn": arn, "maxReceiveCount": receives}}
        self._create_queue(name, redrive)
        return str(sqs.get_queue_url(name)["QueueUrl"])

    def _create_queue(self, name: str, attributes: dict[str, Any], *region: str) -> None:
        words = ["aws_sqs", "create_queue", "--queue_name", name]
        self._run_briefly(*words, "--attributes", json.dumps(attributes), *region)

    def _serve(self, port: int, password: str, *, is_local: bool) -> None:
        self._step("The site")
        port = self._free_port(port)
        site = f"http://{HOST}:{port}"
        self._say(
            f"{site}/admin/   Login: {USER}   Password: {password}\n"
            f"  as {EDITOR}, with the same password, the photos alone are there\n"
            f"{site}/         a page of this example: it lists, downloads and sends\n"
            f"{site}/photos/  another one: the photos of a model, and a form for more"
        )
        if is_local:
            self._say(
                "Commands in another terminal reach this AWS and this site's files after\n"
                f"  export AWS_ENDPOINT_URL={settings.AWS['endpoint_url']} AWS_REGION=us-east-1"
                " AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test"
                f" EXAMPLE_BUCKET={settings.EXAMPLE_BUCKET}"
                f" EXAMPLE_QUEUE_URL={settings.EXAMPLE_QUEUE_URL}"
                f" EXAMPLE_PHOTOS_QUEUE_URL={settings.EXAMPLE_PHOTOS_QUEUE_URL}\n"
                "A worker there makes the small pictures of photos that you add:\n"
                "  python manage.py aws_sqs consume --tasks default"
            )
        self._say("Ctrl-C stops everything; the data stays.\n")
        self.stdout.flush()
        call_command("runserver", f"{HOST}:{port}", use_reloader=False, **self._passed_on)

    def _free_port(self, first: int) -> int:
        for port in range(first, min(first + PORTS_TRIED, 65536)):
            try:
                with socket.create_server((HOST, port)):
                    return port
            except OSError as error:
                if error.errno != errno.EADDRINUSE:
                    raise CommandError(
                        f"Port {port} cannot be used: {error.strerror}. Give another --port."
                    ) from error
                self._say(f"Port {port} is taken; trying the next one.")
        raise CommandError(f"No port from {first} on is free. Give another --port.")

    def _step(self, title: str) -> None:
        self._say("\n" + self.style.MIGRATE_HEADING(f"{next(self._numbers)}. {title}"))

    def _say(self, text: str) -> None:
        self.stdout.write(text)

    def _run(self, *words: str, **options: Any) -> None:
        self._say("\n" + self.style.SQL_KEYWORD(f"$ python manage.py {shlex.join(words)}"))
        self.stdout.flush()
        call_command(*words, **self._passed_on | options)

    def _run_briefly(self, *words: str) -> None:
        """Leave out what AWS says of its own answer, of which each one has a page."""
        output = io.StringIO()
        try:
            self._run(*words, stdout=output)
        finally:
            self._say(RESPONSE_METADATA.sub(r"\1...}", output.getvalue()))
