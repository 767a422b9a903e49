"""What is seen of an object without a download, in a browser under a strict policy."""

from __future__ import annotations

import base64
import io
import re
import wave
from collections.abc import Callable
from typing import Any

import pytest

from tests.browser import policy
from tests.browser.conftest import more, read, whole
from tests.servers import LocalAWS

pytestmark = pytest.mark.aws_servers("ministack")

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
NARROW = {"width": 320, "height": 800}


@pytest.fixture
def put(aws: LocalAWS, bucket: str) -> Callable[..., None]:
    def put(key: str, body: bytes, **options: Any) -> None:
        aws.client("s3").put_object(Bucket=bucket, Key=key, Body=body, **options)

    return put


@pytest.fixture
def see(page: Any, site: str, bucket: str) -> Callable[..., Any]:
    """Open the page of an object."""

    def open_page(key: str) -> Any:
        page.goto(f"{site}/admin/philo_aws/bucket/{bucket}/object/?key={key}")
        return whole(page)

    return open_page


def test_a_table_is_seen_as_one_on_a_desktop_and_on_a_narrow_phone(
    put: Callable[..., None], see: Callable[..., Any], check_page: Callable[[Any], None]
) -> None:
    names = ";".join(f"Spalte {number}" for number in range(12))
    put("x.csv", "\n".join([names, *[";".join(["Grüße, Welt"] * 12)] * 150]).encode("latin-1"))
    page = see("x.csv")
    table = page.get_by_role("region", name="Content").get_by_role("table")
    assert table.get_by_role("columnheader", name="Spalte 11").is_visible()
    assert table.locator("tbody tr").count() == 100
    assert table.get_by_role("cell", name="Grüße, Welt").count() == 1200
    assert "only the first rows are shown" in read(page)
    check_page(page)
    page.set_viewport_size(NARROW)
    check_page(page)


def test_the_end_of_a_log_comes_first_and_its_beginning_by_keyboard(
    put: Callable[..., None], see: Callable[..., Any], check_page: Callable[[Any], None]
) -> None:
    put("app.log", b"".join(b"line %d\n" % number for number in range(20_000)))
    page = see("app.log")
    assert read(page, "pre").rstrip().endswith("line 19999")
    # Scrolled to where one reads.
    bottom = "(each) => each.scrollHeight > each.clientHeight && each.scrollTop === 0"
    assert page.locator("pre.aws-preview-end").evaluate(bottom)
    assert (
        page.locator("pre").evaluate("(each) => { each.scrollTop = -50; return each.scrollTop }")
        < 0
    )
    check_page(page)
    page.get_by_role("link", name="Beginning").press("Enter")
    page.get_by_text("Only the beginning is shown.").wait_for()
    assert read(page, "pre").startswith("line 0\n")
    page.set_viewport_size(NARROW)
    check_page(page)


def tone() -> bytes:
    """A second of a sound that every browser plays."""
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(1)
        sound.setframerate(8000)
        sound.writeframes(bytes([128, 160] * 4000))
    return file.getvalue()


PLAY = """(player) => new Promise((resolve) => {
    player.addEventListener("ended", () => resolve(player.duration));
    player.addEventListener("error", () => resolve("refused"));
    player.muted = true;
    player.play().catch(() => {});
})"""


def test_a_sound_is_played_where_the_policy_allows_s3(
    aws: LocalAWS,
    put: Callable[..., None],
    see: Callable[..., Any],
    check_page: Callable[[Any], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(policy, "allowed_media", [aws.endpoint_url])
    put("tone.wav", tone())
    page = see("tone.wav")
    assert page.locator("audio").evaluate(PLAY) == 1
    assert not page.get_by_role("alert").is_visible()
    check_page(page)


def test_where_the_policy_does_not_the_page_says_so_and_a_tab_plays_it(
    put: Callable[..., None],
    see: Callable[..., Any],
    check_page: Callable[[Any], None],
    expect_errors: Callable[[], Any],
) -> None:
    put("tone.wav", tone())
    page = see("tone.wav")
    # Nothing is loaded before somebody wants to hear it.
    with expect_errors():
        assert page.locator("audio").evaluate(PLAY) == "refused"
        page.get_by_text("It cannot be played on this page").wait_for()
    check_page(page)
    with page.expect_popup() as opened:
        page.get_by_role("link", name="Play in a new tab").click()
    opened.value.wait_for_url(re.compile("X-Amz-Signature="), wait_until="commit")
    page.set_viewport_size(NARROW)
    check_page(page)


def test_thumbnails_are_loaded_in_a_list_as_they_come_into_view(
    put: Callable[..., None],
    page_in_whole: Any,
    site: str,
    bucket: str,
    check_page: Callable[[Any], None],
) -> None:
    page = page_in_whole
    for number in range(40):
        put(f"{number:02}.png", PNG)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.set_viewport_size({"width": 1280, "height": 300})
    page.goto(f"{site}/admin/philo_aws/bucket/{bucket}/change/")
    more(page).get_by_role("link", name="Show thumbnails").press("Enter")
    page.wait_for_url(re.compile("thumbs=1"))
    images = whole(page).locator("img.aws-thumbnail")
    assert images.count() == 40
    loaded = "(image) => image.decode().then(() => image.naturalWidth)"
    assert images.first.evaluate(loaded) == 1
    assert not [url for url in asked if "39.png" in url]
    images.last.scroll_into_view_if_needed()
    assert images.last.evaluate(loaded) == 1
    check_page(page)
    page.set_viewport_size(NARROW)
    check_page(page)


def test_markdown_is_read_as_a_document(
    put: Callable[..., None], see: Callable[..., Any], check_page: Callable[[Any], None]
) -> None:
    table = "| a | b |\n|---|---|\n| 1 | 2 |\n"
    put("README.md", f"# Read me\n\n- [site](https://example.com)\n\n> `code`\n\n{table}".encode())
    page = see("README.md")
    shown = page.get_by_role("region", name="Content")
    assert shown.get_by_role("heading", name="Read me").is_visible()
    assert shown.get_by_role("link", name="site").get_attribute("href") == "https://example.com"
    check_page(page)
    page.set_viewport_size(NARROW)
    check_page(page)
