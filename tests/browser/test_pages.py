"""Every page of the table, light and dark: nothing that axe-core calls serious, none too wide."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib import admin
from pytest_django import Settings

from philo_aws.models import Bucket, Queue
from tests.browser.pages import NO_PAGES, PAGES, World
from tests.servers import LocalAWS

NARROW = {"width": 320, "height": 800}
"""As wide as a desktop is at four times its size, which WCAG asks for ("reflow")."""
TOO_WIDE = "document.documentElement.scrollWidth - window.innerWidth"

pytestmark = pytest.mark.aws_servers("ministack")


@pytest.mark.parametrize("model", [Bucket, Queue])
def test_the_table_has_every_page(model: type[Bucket | Queue]) -> None:
    views = set(admin.site.get_model_admin(model).get_views())  # type: ignore[attr-defined]
    kind = str(model._meta.model_name)
    rows = {name.partition(":")[0] for name in PAGES}
    missing = {f"{kind} {view}" for view in views - NO_PAGES[kind]} - rows
    assert not missing, "to be added to tests/browser/pages.py"


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_accessible(
    name: str,
    aws: LocalAWS,
    page: Any,
    site: str,
    settings: Settings,
    check_page: Callable[[Any], None],
) -> None:
    world = World.made(aws)
    settings.AWS = world.settings
    PAGES[name](page, site, world)
    assert page.locator("h1").count() == 1
    check_page(page)
    page.set_viewport_size(NARROW)
    check_page(page)


@pytest.mark.parametrize("name", PAGES)
def test_a_page_reads_from_right_to_left(
    name: str, aws: LocalAWS, page: Any, site: str, settings: Settings
) -> None:
    world = World.made(aws)
    settings.AWS = world.settings
    settings.LANGUAGE_CODE = "he"
    PAGES[name](page, site, world)
    assert page.evaluate("getComputedStyle(document.querySelector('h1')).direction") == "rtl"
    for size in ({"width": 1280, "height": 900}, NARROW):
        page.set_viewport_size(size)
        assert page.evaluate(TOO_WIDE) <= 0
    if "history" not in name:
        [head] = page.locator(".aws-head h1").all()
        box, around = head.bounding_box(), page.locator(".aws-head").bounding_box()
        assert round(box["x"] + box["width"]) == round(around["x"] + around["width"])
