"""The pages in django-unfold, in django-jazzmin and in Django's own look, each on its own site."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import philo_aws
from tests.browser.conftest import DESKTOP, PHONE, examine, new_context, whole
from tests.browser.pages import PAGES, POPUPS, World
from tests.browser.theme_site import running

THEMES = {"django": "django", "unfold": "unfold", "jazzmin": "jazzmin"}
"""Each with the module it needs."""
OURS = (".aws-page", ".aws-breadcrumbs")
STATES = (
    *("bucket open: no address", "bucket add: refused", "bucket change: missing"),
    *("bucket change: empty", "bucket object: JSON", "bucket share: link", "queue peek: messages"),
)
"""Of the states of pages those that have parts of their own."""
PAINTED = """(tool) => {
    const [own, page] = [tool, document.body].map((each) => getComputedStyle(each).backgroundColor);
    return own !== page && own !== "rgba(0, 0, 0, 0)" && tool.offsetHeight >= 24;
}"""
SCHEMES = {
    "django": "matchMedia('(prefers-color-scheme: dark)').matches",
    "unfold": "document.documentElement.classList.contains('dark')",
    "jazzmin": "document.documentElement.dataset.bsTheme === 'dark'",
}
"""What says in each that it is dark."""


@pytest.fixture(scope="package")
def theme_sites() -> Iterator[Callable[[str, dict[str, Any]], dict[str, Any]]]:
    sites: dict[str, dict[str, Any]] = {}
    with contextlib.ExitStack() as stack:

        def start(theme: str, settings: dict[str, Any]) -> dict[str, Any]:
            if theme not in sites:
                sites[theme] = stack.enter_context(running(theme, settings))
            return sites[theme]

        yield start


@pytest.fixture(scope="package")
def theme_windows(chromium: Any) -> Iterator[Callable[[str, dict[str, Any]], Any]]:
    """A window on the site in a theme, the same one for all tests."""
    windows: dict[str, Any] = {}
    with contextlib.ExitStack() as stack:

        def window(theme: str, served: dict[str, Any]) -> Any:
            if theme not in windows:
                context = new_context(chromium)
                stack.callback(context.close)
                context.add_cookies([served["cookie"]])
                windows[theme] = context.new_page()
            return windows[theme]

        yield window


class Themed:
    """A page on the site in a theme, and what its pages are about."""

    def __init__(self, page: Any, site: str, world: World) -> None:
        self.page = page
        self.site = site
        self.world = world
        self.broken: list[str] = []

    def note(self, error: Any) -> None:
        # Themes have faults of their own, as with each file input that they did not make.
        if "/static/philo_aws/" in (error.stack or ""):
            self.broken.append(str(error))

    def open(self, name: str) -> Any:
        PAGES[name](self.page, self.site, self.world)
        return self.page


@pytest.fixture
def themed(
    theme: str,
    world: World,
    theme_sites: Callable[..., dict[str, Any]],
    theme_windows: Callable[..., Any],
) -> Iterator[Themed]:
    pytest.importorskip(THEMES[theme], reason=f"django-{theme} is not installed")
    served = theme_sites(theme, world.settings)
    page = theme_windows(theme, served)
    seen = Themed(page, served["site"], world)
    page.on("pageerror", seen.note)
    yield seen
    page.goto("about:blank")
    page.remove_listener("pageerror", seen.note)
    page.set_viewport_size(DESKTOP)
    page.emulate_media(color_scheme="light")
    assert not seen.broken


every_theme = pytest.mark.parametrize("theme", THEMES)


# Django's own look is that of test_pages.py; the history is the theme's page.
@pytest.mark.parametrize("theme", [theme for theme in THEMES if theme != "django"])
@pytest.mark.parametrize(
    "name",
    [name for name in PAGES if (":" not in name or name in STATES) and "history" not in name],
)
def test_a_page_can_be_read_in_every_theme(name: str, themed: Themed) -> None:
    page = themed.open(name)
    assert page.locator(".aws-breadcrumbs").count() == (0 if name in POPUPS else 1)
    assert page.locator(".aws-page h1").is_visible()
    examine(page, *OURS, rules=["color-contrast"])
    page.set_viewport_size(PHONE)
    wide = page.evaluate(
        "Math.max(...[...document.querySelectorAll('.aws-page, .aws-page :is(input, select,"
        " textarea, button)')].filter((each) => each.checkVisibility())"
        ".map((each) => each.getBoundingClientRect().right)) - innerWidth"
    )
    assert wide <= 0, f"{wide} pixels are cut off"


@every_theme
def test_light_and_dark_are_the_themes_own(theme: str, themed: Themed) -> None:
    page = themed.open("bucket change")
    shown = {}
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        page.reload()
        page.wait_for_function(f"{SCHEMES[theme]} === {json.dumps(scheme == 'dark')}")
        colour = "getComputedStyle(document.querySelector('.aws-page h1')).color"
        shown[scheme] = [int(each) for each in re.findall(r"\d+", page.evaluate(colour))[:3]]
    assert max(shown["light"]) < 128 < min(shown["dark"])


@every_theme
def test_the_tools_are_seen(themed: Themed) -> None:
    for name in ("bucket changelist", "bucket change", "bucket object", "queue change"):
        page = themed.open(name)
        tools = page.locator(".aws-tool >> visible=true")
        assert tools.count()
        assert all(tools.nth(number).evaluate(PAINTED) for number in range(tools.count())), name
    page.get_by_role("link", name="Send message").click()
    assert whole(page).locator(".aws-page h1").inner_text() == "Send message"


@every_theme
def test_the_history_is_shown(theme: str, themed: Themed) -> None:
    page = themed.open("bucket folder")
    page.locator(".aws-operation input[type=text]").fill(f"new-in-{theme}")
    with page.expect_navigation(wait_until="domcontentloaded"):
        page.locator(".aws-operation [name=confirm]").click()
    themed.open("bucket history")
    page.get_by_text(f"new-in-{theme}").first.wait_for()


@every_theme
def test_a_file_is_uploaded_and_deleted_again(themed: Themed, tmp_path: Path) -> None:
    (tmp_path / "lamp.txt").write_text("A lamp.")
    page = themed.open("bucket upload")
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Choose files").click()
    chooser.value.set_files(tmp_path / "lamp.txt")
    page.get_by_text("1 of 1 files uploaded").wait_for()
    themed.open("bucket change")
    page.locator("tr", has_text="lamp.txt").locator("[name=select_key]").check()
    page.locator("#aws-selection [formaction*='/delete-objects/']").first.click()
    assert "lamp.txt" in whole(page).locator(".aws-page").inner_text()
    page.locator(".aws-operation [name=confirm]").click()
    page.get_by_text("1 object was deleted").wait_for()


@every_theme
def test_a_form_that_was_filled_in_wrongly_says_where(theme: str, themed: Themed) -> None:
    page = themed.open("queue add: refused")
    note, fault = page.locator(".aws-page .errornote"), page.locator(".aws-page .errorlist").first
    assert note.is_visible()
    assert fault.is_visible()
    page.locator(".aws-operation [name=name]").fill(f"made-in-{theme}")
    page.locator(".aws-operation [name=confirm]").click()
    page.locator(".aws-page h1", has_text=f"made-in-{theme}").wait_for()


def test_every_variable_has_a_fallback() -> None:
    static = Path(philo_aws.__file__).parent / "static" / "philo_aws"
    layer, _, rest = (static / "themes.css").read_text("utf-8").partition("/* Words */")
    known = set(re.findall(r"(--[\w-]+):", layer.partition(":root.dark")[0]))
    assert known
    for sheet in static.rglob("*.css"):
        text = rest if sheet.name == "themes.css" else sheet.read_text("utf-8")
        own = set(re.findall(r"(--[\w-]+):", text))
        used = set(re.findall(r"var\((--[\w-]+)\)", text))
        assert used <= known | own, f"{sheet.name}: {sorted(used - known - own)}"
