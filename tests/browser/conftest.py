"""A real browser on a live server with the embedded AWS behind it.

`page`        a Playwright page, logged in as a superuser; the test fails on a console error, an
              uncaught exception or a violation of the policy `default-src 'self'`.
`site`        the live server's address, such as `http://127.0.0.1:4711`.
`login(page, user)`  logs another person in on `page`.
`person(*codenames)` makes a member of staff with these permissions of this app.
`check_page(page)`   axe-core finds nothing serious on it, in either theme, and it is not wider
              than the window; `examine(page, *selectors)` is the same, for a part of the page.
`expect_errors(page)`  context: console errors in it are wanted.
`tab`         as `page`, but one window for all tests that only look at pages: a new one costs more
              than most of what they do. `world` is what the table of pages is about, made once.
`page_in_whole`  as `page`, in the whole program, for what only that has (see programs.py).
`more(page)`           the page with its further tools in sight.
`whole(page)`          the page, once all of it is there; `read(page, selector)` its text there.

Skipped where Playwright or Chromium is not installed.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.test.utils import override_settings

from tests.browser import programs

AXE = Path(__file__).parent / "vendor" / "axe-core" / "axe.min.js"
DESKTOP = {"width": 1280, "height": 900}
PHONE = {"width": 360, "height": 800}
TIMEOUT = 15_000
"""Milliseconds until what should be seen counts as not there; long, for busy machines."""
CUT_TABLES = """[...document.querySelectorAll(".aws-table-frame")].filter(
    (frame) => frame.scrollWidth > frame.clientWidth
).length"""
SERIOUS = ("serious", "critical")


def whole(page: Any) -> Any:
    """The page once its last line is there.

    A click is over with the first bytes of the next page, and an element is found as soon as its
    first line is.
    """
    page.wait_for_load_state("domcontentloaded")
    return page


def more(page: Any) -> Any:
    """The whole page, its menu of further tools open."""
    whole(page).locator(".aws-more > summary").click()
    return page


def read(page: Any, selector: str = "main") -> str:
    """The text at `selector` of the whole page."""
    return str(whole(page).inner_text(selector))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.django_db(transaction=True))


@pytest.fixture(scope="package")
def chromium() -> Iterator[Any]:
    playwright = pytest.importorskip(
        "playwright.sync_api", reason="Playwright is not installed: pip install playwright"
    )
    program = programs.find() or pytest.skip(programs.MISSING)
    # Playwright runs an event loop in this thread, where Django would then refuse its ORM.
    before = os.environ.get("DJANGO_ALLOW_ASYNC_UNSAFE")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    try:
        with playwright.sync_playwright() as running:
            # Python's development mode turns it on, which notes a stack for each call.
            asyncio.get_running_loop().set_debug(False)
            browser = running.chromium.launch(executable_path=program)
            yield browser
            browser.close()
    finally:
        if before is None:
            del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]
        else:
            os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = before


@pytest.fixture(scope="package")
def server(django_db_setup: None) -> Iterator[Any]:
    from pytest_django.live_server_helper import LiveServer

    middleware = ["tests.browser.policy.StrictPolicy", *django_settings.MIDDLEWARE]
    # The handler reads the middleware once, when the server starts.
    with override_settings(MIDDLEWARE=middleware):
        running = LiveServer("127.0.0.1")
    try:
        yield running
    finally:
        running.stop()


@pytest.fixture
def site(server: Any) -> str:
    return str(server.url)


@pytest.fixture
def person(db: None) -> Callable[..., Any]:
    from django.contrib.auth.models import Permission, User

    def make(*codenames: str) -> Any:
        user = User.objects.create_user(
            f"user-{User.objects.count()}", password="secret", is_staff=True
        )
        found = Permission.objects.filter(
            content_type__app_label="philo_aws", codename__in=codenames
        )
        assert found.count() == len(codenames)
        user.user_permissions.set(found)
        return user

    return make


@pytest.fixture
def login(site: str) -> Callable[[Any, Any], None]:
    def login(page: Any, user: Any) -> None:
        from django.test import Client

        client = Client()
        client.force_login(user)
        name = django_settings.SESSION_COOKIE_NAME
        page.context.clear_cookies()
        page.context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": site}])

    return login


class Troubles:
    """What went wrong in a page, as a person with the console open would see it."""

    def __init__(self) -> None:
        self.found: list[str] = []
        self.wanted = False

    def note(self, text: str) -> None:
        if not self.wanted:
            self.found.append(text)

    def hear(self, message: Any) -> None:
        if message.type in ("error", "warning"):
            self.note(message.text)

    def fail(self, error: Any) -> None:
        self.note(str(error))

    def watch(self, page: Any) -> None:
        page.on("console", self.hear)
        page.on("pageerror", self.fail)

    def leave(self, page: Any) -> None:
        page.remove_listener("console", self.hear)
        page.remove_listener("pageerror", self.fail)


@pytest.fixture
def troubles() -> Iterator[Troubles]:
    watched = Troubles()
    yield watched
    assert not watched.found


@pytest.fixture
def expect_errors(troubles: Troubles) -> Callable[[], Any]:
    @contextlib.contextmanager
    def expecting() -> Iterator[None]:
        troubles.wanted = True
        yield
        troubles.wanted = False

    return expecting


@pytest.fixture
def page(
    chromium: Any, site: str, login: Callable[[Any, Any], None], troubles: Troubles, db: None
) -> Iterator[Any]:
    from django.contrib.auth.models import User

    context = new_context(chromium)
    page = context.new_page()
    troubles.watch(page)
    login(page, User.objects.create_superuser("admin", password="secret"))
    yield page
    context.close()


@pytest.fixture
def page_in_whole(chromium: Any, page: Any, troubles: Troubles) -> Iterator[Any]:
    program = programs.find(*programs.WHOLE) or pytest.skip(programs.MISSING)
    browser = chromium.browser_type.launch(executable_path=program)
    opened = new_context(browser, storage_state=page.context.storage_state()).new_page()
    troubles.watch(opened)
    yield opened
    browser.close()


def new_context(chromium: Any, **options: Any) -> Any:
    context = chromium.new_context(
        viewport=DESKTOP, accept_downloads=True, color_scheme="light", **options
    )
    context.set_default_timeout(TIMEOUT)
    return context


@pytest.fixture(scope="package")
def window(chromium: Any) -> Iterator[Any]:
    context = new_context(chromium)
    yield context.new_page()
    context.close()


@pytest.fixture
def tab(
    window: Any, site: str, login: Callable[[Any, Any], None], troubles: Troubles, db: None
) -> Iterator[Any]:
    from django.contrib.auth.models import User

    login(window, User.objects.create_superuser("admin", password="secret"))
    troubles.watch(window)
    yield window
    # What it still loads is the next test's no more.
    window.goto("about:blank")
    troubles.leave(window)
    window.set_viewport_size(DESKTOP)


@pytest.fixture(scope="package")
def world(aws_pool: Any) -> Any:
    from tests.browser.pages import World

    return World.made(aws_pool["ministack"])


def examine(
    page: Any,
    *within: str,
    rules: Sequence[str] = (),
    schemes: Sequence[str] = ("light", "dark"),
) -> None:
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text())
    # The lists in it are the ways into frames; there are none.
    part = json.dumps({"include": [[each] for each in within]}) if within else "document"
    for scheme in schemes:
        page.emulate_media(color_scheme=scheme)
        # Colours fade from one theme to the other; halfway there they mean nothing.
        page.evaluate("document.getAnimations().forEach((each) => each.finish())")
        # Only colours differ between the themes.
        chosen = rules if scheme == schemes[0] else ["color-contrast"]
        only = f"runOnly: {json.dumps(chosen)}," if chosen else ""
        answer = page.evaluate(f"axe.run({part}, {{{only} resultTypes: ['violations']}})")
        found = [
            (rule["id"], [node["html"][:200] for node in rule["nodes"]])
            for rule in answer["violations"]
            if rule["impact"] in SERIOUS
        ]
        assert not found, (scheme, page.url, found)
    page.emulate_media(color_scheme="light")
    wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    assert wide <= 0, f"{page.url} is {wide} pixels too wide"


@pytest.fixture
def check_page(troubles: Troubles) -> Callable[..., None]:
    def check(page: Any, **options: Any) -> None:
        # axe writes inline styles to measure, which the policy forbids as it should.
        troubles.wanted = True
        examine(whole(page), **options)
        page.wait_for_timeout(0)
        troubles.wanted = False

    return check
