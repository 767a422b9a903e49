"""With a faulty `settings.AWS` every page says so, in the admin's style, and shows no secret."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest
from django.contrib import admin
from django.test import Client
from pytest_django import Settings

from philo_aws.models import Bucket, Queue

pytestmark = pytest.mark.django_db

SECRET = "s3cr3tTOBEHIDDEN"
FAULTY = {
    "credentials": {"aws_access_key_id": "AKIAHIDDEN", "aws_secret_access_key": SECRET},
    "regoin": "eu-west-1",
}
# What the pages that act ask for, so that they get as far as AWS.
GIVEN = {
    "key": "k",
    "prefix": "p/",
    "version": "v",
    "version_id": "v",
    "name": "my-bucket",
    "region": "eu-west-1",
    "confirm": "my-bucket",
    "post": "yes",
    "folder": "f",
    "expires": "1",
    "expires_in": "3600",
    "body": "x",
}
OBJECTS = {Bucket: "my-bucket", Queue: "eu-west-1/my-queue"}


def pages() -> list[tuple[type[Any], str]]:
    return [
        (model, name)
        for model in (Bucket, Queue)
        for name in admin.site._registry[model].get_views()  # type: ignore[attr-defined]
    ]


@pytest.fixture(autouse=True)
def faulty(settings: Settings) -> None:
    settings.AWS = FAULTY


@pytest.mark.parametrize("debug", [False, True])
@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize(("model", "name"), pages())
def test_a_page(
    admin_client: Client,
    settings: Settings,
    caplog: pytest.LogCaptureFixture,
    model: type[Any],
    name: str,
    method: str,
    debug: bool,
) -> None:
    settings.DEBUG = debug
    admin_client.raise_request_exception = False
    model_admin: Any = admin.site._registry[model]
    obj = model(name=OBJECTS[model])
    view = model_admin.get_views()[name]
    url = model_admin.url(name, obj if "<" in view.route else None)
    caplog.set_level(logging.ERROR)
    answer = getattr(admin_client, method)(url, GIVEN)
    content = answer.content.decode() if not answer.streaming else ""
    assert SECRET not in content + caplog.text
    assert "Traceback" not in content + caplog.text
    if answer.status_code in (405, 400, 404) or answer.status_code == 302:
        return  # the page does not take this method, or not these values, whatever the setting
    if answer.status_code == 200:
        # A form that asks nothing of AWS.
        assert "<form" in content
        return
    assert answer.status_code == 500
    if view.answers_json:
        assert 'Did you mean "region"?' in json.loads(content)["error"]
    else:
        assert "Did you mean &quot;region&quot;?" in content
        # A window of its own has nothing of the site around it.
        assert ('id="site-name"' in content) is (name not in ("pick", "pick_bucket"))


@pytest.mark.parametrize("model", [Bucket, Queue])
def test_the_list(admin_client: Client, model: type[Any]) -> None:
    answer = admin_client.get(f"/admin/philo_aws/{model.__name__.lower()}/")
    assert answer.status_code == 500
    assert "unknown key &#x27;regoin&#x27;" in answer.content.decode()


def test_the_index_of_the_admin_still_answers(admin_client: Client) -> None:
    assert admin_client.get("/admin/").status_code == 200
