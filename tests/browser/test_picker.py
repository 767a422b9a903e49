"""A field of another model's admin chooses an object, in a browser under a strict policy."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group
from django.urls import path

from tests.admin.test_picker import site as picking
from tests.browser.conftest import CUT_TABLES, whole
from tests.servers import LocalAWS

NARROW = {"width": 320, "height": 800}
urlpatterns = [path("picking/", picking.urls), path("admin/", admin.site.urls)]

pytestmark = [pytest.mark.urls(__name__), pytest.mark.aws_servers("ministack")]


@pytest.fixture
def stored(aws: LocalAWS, bucket: str) -> str:
    for key in ("press/photo 1 & é.png", "press/old/a.txt", "other.txt"):
        aws.client("s3").put_object(Bucket=bucket, Key=key, Body=PNG)
    return bucket


PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010804000000b51c0c02"
    "0000000b4944415478da6364f80f00010501012718e3660000000049454e44ae426082"
)


@contextlib.contextmanager
def closing(popup: Any) -> Iterator[None]:
    """Do what closes it, which may be before the mouse button or the key is up again."""
    from playwright.sync_api import Error

    with contextlib.suppress(Error):
        yield
    if not popup.is_closed():
        popup.wait_for_event("close")


def test_an_object_is_chosen_from_its_bucket_and_saved(
    stored: str, page: Any, site: str, check_page: Callable[[Any], None]
) -> None:
    page.goto(f"{site}/picking/auth/group/add/")
    check_page(page)
    with page.expect_popup() as opened:
        page.get_by_role("button", name="Choose…").click()
    popup = whole(opened.value)
    check_page(popup)
    popup.get_by_label("Name contains").fill(stored)
    popup.get_by_role("button", name="Search").click()
    popup.get_by_role("link", name=stored).click()
    popup.get_by_role("link", name="press/").click()
    popup.get_by_role("button", name="Choose photo").wait_for()
    check_page(popup)
    popup.set_viewport_size(NARROW)
    check_page(popup)
    assert popup.evaluate(CUT_TABLES) == 0
    with closing(popup):
        popup.get_by_role("button", name="Choose photo").click()
    value = f"{stored}/press/photo 1 & é.png"
    field = page.get_by_label("Picture")
    page.wait_for_function("document.activeElement.id === 'id_name'")
    assert field.input_value() == value
    image = page.locator("[data-aws-thumbnail]")
    assert image.evaluate("(image) => image.decode().then(() => image.naturalWidth)") == 1
    check_page(page)
    page.set_viewport_size(NARROW)
    check_page(page)
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_text("was added successfully").wait_for()
    assert Group.objects.get().name == value
    # It is there again, until another one is typed.
    page.goto(f"{site}/picking/auth/group/{Group.objects.get().pk}/change/")
    chosen = page.get_by_role("link", name="Open the object")
    chosen.wait_for()
    field.fill("another")
    chosen.wait_for(state="hidden")


def test_by_keyboard_alone(stored: str, page: Any, site: str) -> None:
    page.goto(f"{site}/picking/auth/group/add/")
    page.get_by_label("Picture").focus()
    page.keyboard.press("Tab")
    with page.expect_popup() as opened:
        page.keyboard.press("Space")
    popup = whole(opened.value)
    with closing(popup):
        popup.keyboard.press("Escape")
    with page.expect_popup() as opened:
        page.keyboard.press("Enter")
    popup = whole(opened.value)
    popup.get_by_role("link", name=stored).press("Enter")
    with closing(popup):
        popup.get_by_role("button", name="Choose other.txt").press("Enter")
    page.wait_for_function("document.activeElement.id === 'id_name'")
    assert page.get_by_label("Picture").input_value() == f"{stored}/other.txt"


def test_a_stranger_who_sends_a_message_chooses_nothing(stored: str, page: Any, site: str) -> None:
    page.goto(f"{site}/picking/auth/group/add/")
    sent = page.evaluate("""new Promise((resolve) => {
        window.addEventListener("message", (event) => setTimeout(() => resolve(event.data)));
        window.postMessage({ awsChosen: { value: "evil", object: "", image: "" } }, "*");
    })""")
    assert sent["awsChosen"]["value"] == "evil"
    assert page.get_by_label("Picture").input_value() == ""


def test_without_a_script_one_reads_what_to_type(
    stored: str, chromium: Any, page: Any, site: str
) -> None:
    context = chromium.new_context(java_script_enabled=False)
    context.add_cookies(page.context.cookies())
    plain = context.new_page()
    plain.goto(f"{site}/picking/philo_aws/bucket/{stored}/pick/?whole=1")
    assert plain.get_by_text(f"{stored}/other.txt", exact=True).is_visible()
    assert not plain.get_by_role("button", name="Choose").count()
    plain.goto(f"{site}/picking/auth/group/add/")
    plain.get_by_label("Picture").fill(f"s3://{stored}/other.txt")
    plain.get_by_role("button", name="Save", exact=True).click()
    assert Group.objects.get().name == f"{stored}/other.txt"
    context.close()
