from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.test import Client

PASSWORD = "for-this-test"


@pytest.fixture
def site(settings: Any) -> None:
    """The example project's URLs and templates, on the settings of the tests."""
    settings.INSTALLED_APPS = [*settings.INSTALLED_APPS, "example_project"]
    settings.ROOT_URLCONF = "example_project.urls"


@pytest.fixture
def staff(site: None, db: None) -> Client:
    """A browser in which a member of staff has logged in; it minds CSRF as a real one does."""
    user = get_user_model().objects.create_user("staff", password=PASSWORD, is_staff=True)
    client = Client(enforce_csrf_checks=True)
    client.force_login(user)
    return client
