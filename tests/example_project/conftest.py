from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.test import Client
from django.test.utils import override_settings

PASSWORD = "for-this-test"


@pytest.fixture(scope="session")
def table_of_photos(django_db_setup: None, django_db_blocker: Any) -> None:
    """The table of the example's model, whose app the settings of the tests do not have."""
    from django.conf import settings

    apps = [*settings.INSTALLED_APPS, "example_project"]
    with django_db_blocker.unblock(), override_settings(INSTALLED_APPS=apps):
        call_command("migrate", "example_project", verbosity=0)


@pytest.fixture
def site(table_of_photos: None, settings: Any) -> Iterator[None]:
    """The example project's URLs, templates and admin, on the settings of the tests."""
    settings.INSTALLED_APPS = [*settings.INSTALLED_APPS, "example_project"]
    settings.ROOT_URLCONF = "example_project.urls"
    from example_project.queues import RESULTS, tasks

    settings.TASKS = tasks("")
    settings.CACHES = {**settings.CACHES, RESULTS: settings.CACHES["default"]}
    from example_project.admin import PhotoAdmin
    from example_project.models import Photo

    if not admin.site.is_registered(Photo):
        admin.site.register(Photo, PhotoAdmin)
    yield
    # The other tests' site does not have this app.
    admin.site.unregister(Photo)


@pytest.fixture
def staff(site: None, db: None) -> Client:
    """A browser in which a member of staff has logged in; it minds CSRF as a real one does."""
    user = get_user_model().objects.create_user("staff", password=PASSWORD, is_staff=True)
    client = Client(enforce_csrf_checks=True)
    client.force_login(user)
    return client
