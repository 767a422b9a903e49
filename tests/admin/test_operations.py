"""The page of a write when AWS refuses it."""

from __future__ import annotations

from django.test import Client
from pytest_django import Settings

from tests.admin.stores import refusal, serving


def test_a_refusal_keeps_what_was_chosen_though_nothing_can_be_said_of_it(
    settings: Settings, admin_client: Client
) -> None:
    with serving(lambda asked: refusal(asked, "AccessDenied", 403, "Not you.")) as store:
        settings.AWS = store.settings()
        # What the page says beforehand, how many objects there are, is refused as well.
        response = admin_client.post(
            "/admin/philo_aws/bucket/some-bucket/copy/",
            {"confirm": "yes", "select_folder": "d/", "bucket": "some-bucket", "key": "typed"},
        )
    body = response.content.decode()
    assert body.count("Not you.") == 1
    assert 'name="select_folder" value="d/"' in body
    assert 'value="typed/"' in body or 'value="typed"' in body


def test_a_page_that_only_asks_says_what_was_refused(
    settings: Settings, admin_client: Client
) -> None:
    with serving(lambda asked: refusal(asked, "AccessDenied", 403, "Not you.")) as store:
        settings.AWS = store.settings()
        response = admin_client.post(
            "/admin/philo_aws/bucket/some-bucket/copy/", {"select_folder": "d/"}
        )
    assert "Not you." in response.content.decode()
