"""The rows of a folder: their menus, what is ticked, and how many clicks each daily job takes."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from philo_aws.admin.buckets.folder import BrowseView
from philo_aws.admin.buckets.removal import DeleteObjectsView
from tests.browser.conftest import CUT_TABLES, whole
from tests.browser.hand import Hand, documented
from tests.browser.test_buckets import keys_of, put, see_heading
from tests.servers import LocalAWS

pytestmark = pytest.mark.aws_servers("ministack")

NARROW = {"width": 320, "height": 640}
IN_SIGHT = """(each) => {
    const {top, bottom, left, right} = each.getBoundingClientRect();
    const found = document.elementFromPoint((left + right) / 2, (top + bottom) / 2);
    return top >= 0 && bottom <= innerHeight && each.contains(found);
}"""


@pytest.fixture
def opened(page: Any, site: str, bucket: str) -> Callable[..., Any]:
    """Open a folder of the bucket, with the hand that counts."""

    def open_page(path: str = "change/") -> Hand:
        page.goto(f"{site}/admin/philo_aws/bucket/{bucket}/{path}")
        return Hand(whole(page))

    return open_page


def put_many(aws: LocalAWS, bucket: str, keys: list[str]) -> None:
    client = aws.client("s3")
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda key: client.put_object(Bucket=bucket, Key=key, Body=b""), keys))


def menu_of(page: Any, name: str) -> Any:
    return page.locator(".aws-browse tbody tr", has=page.get_by_text(name, exact=True))


def rename(hand: Hand, name: str, text: str) -> None:
    row = menu_of(hand.page, name)
    hand.click(row.locator("summary"))
    hand.click(row.get_by_role("link", name="Rename"))
    hand.type(text)
    hand.press("Enter")
    hand.page.get_by_text("now.").wait_for()


def test_an_object_is_renamed_in_its_row(
    aws: LocalAWS, opened: Callable[..., Hand], bucket: str, check_page: Callable[[Any], None]
) -> None:
    put(aws, bucket, d__old=b"content", d__kept=b"")
    hand = opened("change/?prefix=d/")
    # The end of the name stays as it is.
    rename(hand, "old.txt", "new")
    assert keys_of(aws, bucket) == ["d/kept.txt", "d/new.txt"]
    assert hand.counted == documented()["rename an object"]
    see_heading(hand.page, "d/")
    check_page(hand.page)


def test_a_folder_is_renamed_in_its_row(
    aws: LocalAWS, opened: Callable[..., Hand], bucket: str
) -> None:
    put(aws, bucket, **{"x__old.d__a": b"1", "x__old.d__b__c": b"2", "x__older__d": b"3"})
    hand = opened("change/?prefix=x/")
    rename(hand, "old.d/", "new")
    assert keys_of(aws, bucket) == ["x/new/a.txt", "x/new/b/c.txt", "x/older/d.txt"]


def test_a_name_that_is_taken_comes_back_with_the_reason(
    aws: LocalAWS, opened: Callable[..., Hand], bucket: str, check_page: Callable[[Any], None]
) -> None:
    put(aws, bucket, a=b"one", b=b"another")
    hand = opened()
    row = menu_of(hand.page, "a.txt")
    row.locator("summary").click()
    row.get_by_role("link", name="Rename").click()
    # Esc leaves all as it was, and one is where one came from.
    hand.page.keyboard.press("Escape")
    assert row.locator("summary").evaluate("(each) => each === document.activeElement")
    row.get_by_role("link", name="a.txt", exact=True).wait_for()
    hand.page.keyboard.press("Enter")
    row.get_by_role("link", name="Rename").click()
    check_page(hand.page)
    hand.page.get_by_label("New name").fill("b.txt")
    hand.page.get_by_role("button", name="Rename").click()
    hand.page.get_by_role("alert").get_by_text("There is an object 'b.txt'").wait_for()
    check_page(hand.page)
    assert hand.page.get_by_label("New name").input_value() == "b.txt"
    hand.page.get_by_label("New name").fill("c.txt")
    hand.page.get_by_role("button", name="Rename").click()
    hand.page.get_by_text("“a.txt” is “c.txt” now.").wait_for()
    assert keys_of(aws, bucket) == ["b.txt", "c.txt"]


def test_an_object_is_shared_from_its_row(
    aws: LocalAWS, opened: Callable[..., Hand], bucket: str
) -> None:
    put(aws, bucket, a=b"content")
    hand = opened()
    hand.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    row = menu_of(hand.page, "a.txt")
    hand.click(row.locator("summary"))
    hand.click(row.get_by_role("link", name="Share"))
    hand.click(hand.page.get_by_role("button", name="Make link"))
    hand.click(hand.page.get_by_role("button", name="Copy"))
    hand.page.get_by_text("Copied").wait_for()
    link = hand.page.evaluate("navigator.clipboard.readText()")
    assert hand.page.request.fetch(link, headers={"cookie": ""}).body() == b"content"
    assert hand.counted == documented()["share an object"]


@pytest.mark.parametrize("secure", [True, False])
def test_an_address_is_copied(
    aws: LocalAWS, opened: Callable[..., Hand], bucket: str, secure: bool
) -> None:
    long = "größer & mehr/" * 60
    aws.client("s3").put_object(Bucket=bucket, Key=f"{long}a?b#c", Body=b"")
    hand = opened(f"change/?prefix={long.replace('&', '%26')}")
    hand.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    if not secure:
        # As where the site is not on HTTPS; a page of 127.0.0.1 always has a clipboard.
        hand.page.evaluate(
            "window.kept = navigator.clipboard;"
            "Object.defineProperty(navigator, 'clipboard', {value: undefined})"
        )
    row = menu_of(hand.page, "a?b#c")
    hand.click(row.locator("summary"))
    hand.click(row.get_by_role("button", name="Copy address"))
    hand.page.get_by_text("Copied", exact=True).wait_for()
    copied = hand.page.evaluate("(window.kept ?? navigator.clipboard).readText()")
    assert copied == f"s3://{bucket}/{long}a?b#c"
    assert hand.counted == documented()["copy an address"]


def test_three_objects_are_deleted_by_a_range(
    aws: LocalAWS, opened: Callable[..., Hand], bucket: str
) -> None:
    put(aws, bucket, a=b"", b=b"", c=b"", d=b"")
    hand = opened()
    hand.click(hand.page.get_by_label("Select a.txt"))
    hand.click(hand.page.get_by_label("Select c.txt"), modifiers=["Shift"])
    hand.page.get_by_text("3 selected").wait_for()
    hand.click(hand.page.get_by_role("button", name="Delete", exact=True))
    hand.page.get_by_text("3 objects will be deleted.").wait_for()
    hand.click(hand.page.get_by_role("button", name="Delete", exact=True))
    hand.page.get_by_text("3 objects were deleted.").wait_for()
    assert keys_of(aws, bucket) == ["d.txt"]
    assert hand.counted == documented()["delete three objects"]


def test_a_range_is_taken_back_and_goes_upwards_too(
    aws: LocalAWS, opened: Callable[..., Hand], bucket: str
) -> None:
    put(aws, bucket, **dict.fromkeys("abcdef", b""))
    page = opened().page
    page.get_by_label("Select e.txt").click()
    page.get_by_label("Select b.txt").click(modifiers=["Shift"])
    page.get_by_text("4 selected").wait_for()
    page.get_by_label("Select d.txt").click(modifiers=["Shift"])
    page.get_by_text("1 selected").wait_for()
    assert page.get_by_label("Select e.txt").is_checked()
    # By keyboard as well.
    page.get_by_label("Select f.txt").focus()
    page.keyboard.press("Space")
    page.get_by_label("Select a.txt").focus()
    page.keyboard.press("Shift+Space")
    page.get_by_text("6 selected").wait_for()


def test_a_folder_is_deleted_with_everything_in_it(
    aws: LocalAWS, opened: Callable[..., Hand], bucket: str
) -> None:
    put(aws, bucket, d__a=b"", d__e__b=b"", kept=b"")
    hand = opened()
    row = menu_of(hand.page, "d/")
    hand.click(row.locator("summary"))
    hand.click(row.get_by_role("link", name="Delete"))
    hand.page.get_by_text("2 objects will be deleted.").wait_for()
    hand.click(hand.page.get_by_role("button", name="Delete", exact=True))
    hand.page.get_by_text("2 objects were deleted.").wait_for()
    assert keys_of(aws, bucket) == ["kept.txt"]
    assert hand.counted == documented()["delete everything in a folder"]


@pytest.mark.parametrize("size", [{"width": 1280, "height": 700}, {"width": 360, "height": 640}])
def test_the_bar_stays_in_sight(
    aws: LocalAWS,
    opened: Callable[..., Hand],
    bucket: str,
    size: Any,
    check_page: Callable[[Any], None],
) -> None:
    put(aws, bucket, **{f"k{number:02}": b"" for number in range(60)})
    page = opened().page
    page.set_viewport_size(size)
    bar = page.locator(".aws-actions")
    first = page.get_by_label("Select k03.txt")
    place = "(each) => each.getBoundingClientRect().top + scrollY"
    top = first.evaluate(place)
    first.check()
    page.get_by_text("1 selected").wait_for()
    if size["width"] < 500:
        # Nothing moves below the finger.
        assert first.evaluate(place) == top
    page.get_by_label("Select k50.txt").check()
    assert bar.evaluate(IN_SIGHT)
    # The bar covers nothing that has the focus, and no menu.
    for name in ("k20", "k58", "k59"):
        row = menu_of(page, f"{name}.txt")
        row.locator("summary").focus()
        assert row.locator("summary").evaluate(IN_SIGHT), name
        row.locator("summary").click()
        page.wait_for_function(IN_SIGHT, arg=row.locator(".aws-menu li").last.element_handle())
        page.keyboard.press("Escape")
    check_page(page)
    bar.get_by_role("button", name="Delete").click()
    page.get_by_text("2 objects will be deleted.").wait_for()


def test_a_menu_by_keyboard_alone(aws: LocalAWS, opened: Callable[..., Hand], bucket: str) -> None:
    put(aws, bucket, a=b"1", b=b"2")
    page = opened().page
    page.get_by_label("Select a.txt").focus()
    summary = menu_of(page, "a.txt").locator("summary")
    for _ in range(4):
        page.keyboard.press("Tab")
        if summary.evaluate("(each) => each === document.activeElement"):
            break
    page.keyboard.press("ArrowDown")
    page.keyboard.press("End")
    page.keyboard.press("ArrowUp")
    focused = "document.activeElement.textContent"
    assert page.evaluate(focused) == "Move"
    page.keyboard.press("Escape")
    assert not menu_of(page, "a.txt").locator("details").get_attribute("open")
    page.keyboard.press("Enter")
    for _ in range(4):
        if page.evaluate(focused) == "Rename":
            break
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.keyboard.type("c")
    page.keyboard.press("Enter")
    page.get_by_text("“a.txt” is “c.txt” now.").wait_for()
    assert keys_of(aws, bucket) == ["b.txt", "c.txt"]


def test_one_menu_is_open_at_a_time(
    aws: LocalAWS, opened: Callable[..., Hand], bucket: str, check_page: Callable[[Any], None]
) -> None:
    put(aws, bucket, a=b"1", b=b"2", d__c=b"3")
    page = opened().page
    # From the last one up: an open menu lies over the rows below it.
    for name in ("b.txt", "a.txt", "d/"):
        menu_of(page, name).locator("summary").click()
    assert page.locator("details.aws-menu[open]").count() == 1
    check_page(page)
    page.locator("h1").click()
    assert page.locator("details.aws-menu[open]").count() == 0


def test_rows_work_without_a_script(
    aws: LocalAWS,
    chromium: Any,
    site: str,
    bucket: str,
    login: Callable[[Any, Any], None],
    admin_user: Any,
) -> None:
    put(aws, bucket, d__a=b"1", d__b=b"2")
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    login(page, admin_user)
    page.goto(f"{site}/admin/philo_aws/bucket/{bucket}/change/")
    menu_of(page, "d/").locator("summary").click()
    page.get_by_role("link", name="Rename").click()
    page.get_by_label("New name").fill("e")
    page.get_by_role("button", name="Rename").click()
    page.get_by_text("“d/” is “e/” now.").wait_for()
    assert keys_of(aws, bucket) == ["e/a.txt", "e/b.txt"]
    menu_of(page, "e/").locator("summary").click()
    assert not page.get_by_role("button", name="Copy address").count()
    context.close()


@pytest.mark.parametrize("language", ["en", "ar"])
def test_rows_fit_the_smallest_window(
    aws: LocalAWS,
    opened: Callable[..., Hand],
    bucket: str,
    settings: Any,
    check_page: Callable[[Any], None],
    language: str,
) -> None:
    settings.LANGUAGE_CODE = language
    put(aws, bucket, **{"a_name_of_many_letters_" * 6: b"x", "d__a": b"x"})
    page = opened().page
    page.set_viewport_size(NARROW)
    direction = page.evaluate("getComputedStyle(document.documentElement).direction")
    assert direction == ("rtl" if language == "ar" else "ltr")
    page.locator(".aws-browse tbody input").first.check()
    for row in page.locator(".aws-browse tbody tr").all():
        page.keyboard.press("Escape")
        row.locator("summary").click()
        menu = page.locator("details[open] ul").bounding_box()
        assert menu["x"] >= 0
        assert menu["x"] + menu["width"] <= NARROW["width"]
        assert page.evaluate(CUT_TABLES) == 0
    check_page(page)
    page.locator("details[open] a[data-aws-page=rename]").click()
    check_page(page)


def test_three_thousand_objects_are_deleted_in_one_go(
    aws: LocalAWS,
    opened: Callable[..., Hand],
    bucket: str,
    monkeypatch: pytest.MonkeyPatch,
    check_page: Callable[[Any], None],
) -> None:
    monkeypatch.setattr(DeleteObjectsView, "step_seconds", 0.0)
    put_many(aws, bucket, [f"d/{number:04}" for number in range(3_000)])
    put(aws, bucket, kept=b"")
    hand = opened("change/?prefix=d/")
    page = hand.page
    hand.click(page.get_by_label("Everything in this folder, on all pages"))
    page.get_by_text("Everything selected: 3,000 objects").wait_for()
    # What is not ticked any more makes it no longer everything.
    page.get_by_label("Select 0003").uncheck()
    page.get_by_text("99 selected").wait_for()
    assert not page.get_by_label("Everything in this folder").is_checked()
    page.get_by_label("Everything in this folder").check()
    page.get_by_text("Everything selected: 3,000 objects").wait_for()
    check_page(page)
    hand.click(page.get_by_role("button", name="Delete", exact=True))
    page.get_by_text("3,000 objects will be deleted.").wait_for()
    # So many, of a bucket that keeps no versions: the field has the focus already.
    hand.type("3000")
    with page.expect_response(lambda answer: answer.request.method == "POST") as first:
        hand.click(page.get_by_role("button", name="Delete", exact=True))
    assert "1,000 of 3,000 objects were deleted." in first.value.text()
    page.get_by_text("2,000 of 3,000 objects were deleted.").wait_for()
    assert page.locator("progress").evaluate("(bar) => bar.position") == pytest.approx(2 / 3)
    page.get_by_text("3,000 objects were deleted.", exact=True).wait_for()
    assert keys_of(aws, bucket) == ["kept.txt"]
    assert hand.counted == documented()["delete 3,000 objects of a folder"]


def test_everything_is_taken_without_a_script(
    aws: LocalAWS,
    chromium: Any,
    site: str,
    bucket: str,
    login: Callable[[Any, Any], None],
    admin_user: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(BrowseView, "page_size", 2)
    put(aws, bucket, a1=b"", a2=b"", a3=b"", b=b"")
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    login(page, admin_user)
    page.goto(f"{site}/admin/philo_aws/bucket/{bucket}/change/?q=a")
    page.get_by_label("Everything that begins like this, on all pages").check()
    page.get_by_role("button", name="Delete", exact=True).click()
    page.get_by_text("3 objects will be deleted.").wait_for()
    page.get_by_role("button", name="Delete", exact=True).click()
    page.get_by_text("3 objects were deleted.").wait_for()
    assert keys_of(aws, bucket) == ["b.txt"]
    context.close()


def test_a_folder_is_copied_to_another_that_is_chosen(
    aws: LocalAWS, opened: Callable[..., Hand], bucket: str, check_page: Callable[[Any], None]
) -> None:
    put(aws, bucket, reports__a=b"1", reports__b__c=b"2", archive__old__x=b"")
    hand = opened()
    page = hand.page
    row = menu_of(page, "reports/")
    hand.click(row.locator("summary"))
    hand.click(row.get_by_role("link", name="Copy", exact=True))
    hand.click(page.get_by_role("button", name="Choose a folder"))
    hand.click(page.get_by_role("button", name="archive/"))
    page.get_by_text(f"{bucket}/archive/", exact=True).wait_for()
    check_page(page)
    assert page.get_by_label("Destination folder").input_value() == "archive/"
    hand.click(page.get_by_role("button", name="Copy", exact=True))
    page.get_by_text("2 objects were copied.").wait_for()
    assert keys_of(aws, bucket) == [
        "archive/old/x.txt",
        "archive/reports/a.txt",
        "archive/reports/b/c.txt",
        "reports/a.txt",
        "reports/b/c.txt",
    ]
    assert hand.counted == documented()["copy a folder to another"]


def test_an_object_is_moved_into_a_folder_of_another_bucket_by_keyboard(
    aws: LocalAWS,
    opened: Callable[..., Hand],
    bucket: str,
    make_bucket: Callable[..., str],
    check_page: Callable[[Any], None],
) -> None:
    other = make_bucket()
    put(aws, bucket, d__a=b"content")
    put(aws, other, deep__er__x=b"")
    page = opened("move/?key=d/a.txt").page
    page.set_viewport_size(NARROW)
    page.get_by_role("button", name="Choose a folder").focus()
    page.keyboard.press("Enter")
    for name in ("Up", "Buckets", other, "deep/", "er/"):
        button = page.locator(".aws-places").get_by_role("button", name=name)
        button.focus()
        page.keyboard.press("Enter")
        # The list of the place is there once the focus is on the way up.
        button.wait_for(state="detached")
    page.get_by_text("There are no folders here.").wait_for()
    check_page(page)
    assert page.get_by_label("Destination bucket").input_value() == other
    assert page.get_by_label("Destination key").input_value() == "deep/er/a.txt"
    page.keyboard.press("Escape")
    assert page.locator(".aws-places").is_hidden()
    page.get_by_role("button", name="Move", exact=True).focus()
    page.keyboard.press("Enter")
    page.get_by_text("1 object was moved.").wait_for()
    assert keys_of(aws, other) == ["deep/er/a.txt", "deep/er/x.txt"]


def test_a_bucket_that_is_typed_is_looked_into(
    aws: LocalAWS,
    opened: Callable[..., Hand],
    bucket: str,
    make_bucket: Callable[..., str],
    expect_errors: Callable[[], Any],
) -> None:
    other = make_bucket()
    put(aws, bucket, a=b"content")
    put(aws, other, there__x=b"")
    page = opened("copy/?key=a.txt").page
    opener = page.get_by_role("button", name="Choose a folder")
    page.get_by_label("Destination bucket").fill("no-such-bucket-at-all")
    with expect_errors():
        opener.click()
        page.locator(".aws-places").get_by_text("There is no bucket").wait_for()
    opener.click()
    page.get_by_label("Destination bucket").fill(other)
    opener.click()
    page.get_by_role("button", name="there/").click()
    chosen = "(field) => field.value === 'there/a.txt'"
    field = page.get_by_label("Destination key").element_handle()
    page.wait_for_function(chosen, arg=field)
