"""docs/tasks.md, followed block by block, on the site that it speaks of: one with photos."""

from __future__ import annotations

import json
import subprocess
import sys

import django
import pytest

from tests.running import ROOT
from tests.test_docs_start import PLACE, SECONDS, Newcomer, newcomer, steps

__all__ = ["newcomer"]
PAGE = ROOT / "docs" / "tasks.md"
IS_NATIVE = django.VERSION >= (6, 0)
OLDER = {
    "from django.tasks import": "from django_tasks import",
    "philo_aws.tasks.SQSBackend": "philo_aws.tasks.backport.SQSBackend",
}
"""What the page says of Django 5.2."""
SETTINGS = """
AWS = {
    "credentials": {"aws_access_key_id": "test", "aws_secret_access_key": "test"},
    "region": "us-east-1",
    "endpoint_url": "http://127.0.0.1:4566",
}
INSTALLED_APPS = ["photos", "philo_aws", *INSTALLED_APPS]
"""
MODELS = """
from django.db import models


class Photo(models.Model):
    title = models.CharField(max_length=100)
    thumbnail = models.CharField(max_length=100, blank=True)

    def make_thumbnail(self):
        self.thumbnail = f"small/{self.pk}.jpg"
        self.save()
"""
KNOWN = """
from photos.models import Photo
from photos import tasks
globals().update({name: getattr(tasks, name) for name in ("make_thumbnail", "describe")
                  if hasattr(tasks, name)})
photo = Photo.objects.first()
"""
"""The names that a block without a file takes for granted."""


class Reader(Newcomer):
    """Somebody who has the site, and Django of one version or another."""

    def here(self, text: str) -> str:
        if not IS_NATIVE:
            for newer, older in OLDER.items():
                text = text.replace(newer, older)
        return super().here(text)

    def have_the_site(self) -> None:
        self.python("-m", "django", "startproject", "mysite", ".")
        self.python("manage.py", "startapp", "photos")
        (self.folder / "photos" / "models.py").write_text(MODELS)
        with (self.folder / "mysite" / "settings.py").open("a") as file:
            file.write(self.here(SETTINGS))
            if not IS_NATIVE:
                file.write('INSTALLED_APPS += ["django_tasks"]\n')
        self.leave_running(
            "aws_local", ["…", "Signatures are not verified: --auth has them verified."]
        )
        self.python("manage.py", "makemigrations", "photos")
        self.python("manage.py", "migrate")

    def python(self, *words: str) -> str:
        done = subprocess.run(
            [sys.executable, *words],
            cwd=self.folder,
            env=self.env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        assert done.returncode == 0, f"{words}\n{done.stdout}"
        return done.stdout

    def shell(self, code: str) -> str:
        return self.python("manage.py", "shell", "--no-imports", "-c", KNOWN + self.here(code))


@pytest.fixture
def reader(newcomer: Newcomer) -> Reader:
    made = Reader(newcomer.folder, newcomer.folder.parent / "bin")
    made.left_running = newcomer.left_running  # which are ended
    return made


def test_what_is_written_there_works(reader: Reader) -> None:
    reader.have_the_site()
    printed = ""
    for language, text, wanted in steps(PAGE.read_text()):
        if language != "python":
            reader.type(text, wanted)
        elif PLACE.match(text):
            reader.write(text)
        else:
            printed += reader.shell(text)
    # What the page says of its last steps.
    assert "READY 0 []" in printed
    assert reader.shell("print(photo.thumbnail)").strip() == "small/1.jpg"
    done = reader.python("manage.py", "aws_sqs", "consume", "--tasks", "default", "--batch")
    # The result's, three by enqueue_many and the one that was brought back, which is parked again;
    # the one for later is held back.
    assert "Ended: 5 acknowledged, 4 done, 1 parked, 5 received" in done
    found = reader.python(
        *("manage.py", "aws_sqs", "get_queue_attributes", "--queue_name", "mysite-jobs"),
        *("--format", "json"),
    )
    assert json.loads(found)["Attributes"]["ApproximateNumberOfMessagesDelayed"] == "1"
