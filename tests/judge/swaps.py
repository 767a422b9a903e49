"""Our classes in the place of Django's, made with the arguments that Django's tests give theirs.

A test says by a folder of its own where its files are: here that is a folder of the one bucket.
What a test has saved is looked at through the storage, and taken away after it like its folder.
"""

from __future__ import annotations

import hashlib
import importlib
import uuid
from pathlib import Path
from typing import Any

from django.conf import settings

from tests.judge import disk

BUCKET = "judge"


def location_of(folder: object) -> str:
    """The place in the bucket that stands for a folder; without one, a place of its own."""
    text = str(folder) if folder else uuid.uuid4().hex
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def put(module: str, **classes: type[Any]) -> None:
    """Put classes into a module of Django's, in the place of those of these names."""
    place = importlib.import_module(module)
    for name, made in classes.items():
        getattr(place, name)  # there is one, or this is no judge
        setattr(place, name, made)


def empty_bucket() -> None:
    """Take every object out of it."""
    from philo_aws import s3

    s3.delete_objects(BUCKET, prefix="")


def read_through_storage() -> None:
    """Let the tests of static files look at what was collected by the storage that has it."""
    cases = importlib.import_module("staticfiles_tests.cases")
    module = importlib.import_module("django.contrib.staticfiles.storage")

    from_disk = cases.CollectionTestCase._get_file

    def read(case: object, name: str) -> str:
        # Some tests have a storage that only writes, and to the disk.
        if not hasattr(module.staticfiles_storage, "_open"):
            return str(from_disk(case, name))
        assert name, "the name is empty"
        with module.staticfiles_storage.open(name) as file:
            return bytes(file.read()).decode()

    cases.CollectionTestCase._get_file = read


def command() -> None:
    """Our collectstatic in the place of Django's, wherever it is looked for."""
    from philo_aws.management.commands import collectstatic

    name = "django.contrib.staticfiles.management.commands.collectstatic"
    put(name, Command=collectstatic.Command)


def static() -> None:
    """Both static storages."""
    from philo_aws import storage

    class Static(storage.S3StaticStorage):
        def __init__(self, location: object = None, base_url: Any = None, **options: Any) -> None:
            super().__init__(**static_options(location, base_url), **options)

    class Manifest(storage.S3ManifestStaticStorage):
        def __init__(self, location: object = None, base_url: Any = None, **options: Any) -> None:
            super().__init__(**static_options(location, base_url), **options)

    name = "django.contrib.staticfiles.storage"
    put(name, StaticFilesStorage=Static, ManifestStaticFilesStorage=Manifest)


def static_options(location: object, base_url: Any) -> dict[str, Any]:
    """The options of a static storage for Django's two arguments."""
    return {
        "bucket": BUCKET,
        "location": location_of(location or settings.STATIC_ROOT or "no root"),
        "base_url": base_url or settings.STATIC_URL,
    }


def media_storage() -> type[Any]:
    """S3Storage, made with the arguments of FileSystemStorage and InMemoryStorage."""
    from philo_aws import storage

    class Media(storage.S3Storage):
        # Read by a module of Django 5.2's tests when it is imported.
        OS_OPEN_FLAGS = 0

        def __init__(
            self,
            location: object = None,
            base_url: Any = None,
            file_permissions_mode: int | None = None,
            directory_permissions_mode: int | None = None,
            **options: Any,
        ) -> None:
            self._folder = str(location)
            self.base_url = base_url
            options |= {"bucket": BUCKET, "location": location_of(location)}
            url = base_url if base_url is not None else settings.MEDIA_URL or "/"
            super().__init__(base_url=url, **options)
            if location:
                disk.stands_for(self._folder, self)

        @property
        def location(self) -> str:
            """The folder that was given: a test asks the disk how long a name may be there."""
            return self._folder

        def path(self, name: str) -> str:
            """Where a test looks for a file by a function of `os`, which asks the storage."""
            return str(Path(self._folder) / self.name_of(name))

    return Media


def media() -> None:
    """S3Storage for FileSystemStorage."""
    disk.ask_storages()
    put("django.core.files.storage", FileSystemStorage=media_storage())


def backport() -> None:
    """django-tasks for Django's tasks."""
    from tests.judge import backported

    backported.stand_in()


def tasks() -> None:
    """SQSBackend, as it is without options, for DummyBackend; a round trip for ImmediateBackend."""
    from tests.judge import round_trip

    put_backends(round_trip.Enqueue, round_trip.RoundTrip)


def tasks_kept() -> None:
    """The same, with results in a cache and with priorities."""
    from tests.judge import round_trip

    put_backends(round_trip.Kept, round_trip.RoundTrip)


def put_backends(dummy: type[Any], immediate: type[Any]) -> None:
    """Put backends in the place of Django's two."""
    put("django.tasks.backends.dummy", DummyBackend=dummy)
    put("django.tasks.backends.immediate", ImmediateBackend=immediate)


def memory() -> None:
    """S3Storage for InMemoryStorage."""
    put("django.core.files.storage", InMemoryStorage=media_storage())
