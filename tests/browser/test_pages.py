"""Every page of the table, light and dark: nothing that axe-core calls serious, none too wide."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib import admin
from pytest_django import Settings

from philo_aws.models import Bucket, Queue
from tests.browser.conftest import DESKTOP
from tests.browser.pages import NO_PAGES, PAGES, World

NARROW = {"width": 320, "height": 800}
"""As wide as a desktop is at four times its size, which WCAG asks for ("reflow")."""
TOO_WIDE = "document.documentElement.scrollWidth - window.innerWidth"


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
    tab: Any,
    site: str,
    settings: Settings,
    world: World,
    check_page: Callable[..., None],
) -> None:
    settings.AWS = world.settings
    PAGES[name](tab, site, world)
    assert tab.locator("h1").count() == 1
    check_page(tab)
    tab.set_viewport_size(NARROW)
    # What is elsewhere now is looked at in the theme in which only colours were.
    check_page(tab, schemes=["dark"])


@pytest.mark.parametrize("name", PAGES)
def test_a_page_reads_from_right_to_left(
    name: str, tab: Any, site: str, settings: Settings, world: World
) -> None:
    settings.AWS = world.settings
    settings.LANGUAGE_CODE = "he"
    PAGES[name](tab, site, world)
    assert tab.evaluate("getComputedStyle(document.querySelector('h1')).direction") == "rtl"
    for size in (DESKTOP, NARROW):
        tab.set_viewport_size(size)
        assert tab.evaluate(TOO_WIDE) <= 0
    if "history" not in name:
        [head] = tab.locator(".aws-head h1").all()
        box, around = head.bounding_box(), tab.locator(".aws-head").bounding_box()
        assert round(box["x"] + box["width"]) == round(around["x"] + around["width"])
