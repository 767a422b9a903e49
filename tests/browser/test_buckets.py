"""Every job of the bucket pages, done as a person does it, in a browser under a strict policy."""

from __future__ import annotations

import base64
import io
import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.contrib.sessions.models import Session

from philo_aws.admin.buckets.copying import CopyView
from philo_aws.s3.objects import partcopy
from philo_aws.s3.web import copysteps
from tests.browser.conftest import CUT_TABLES, PHONE, more, whole
from tests.servers import LocalAWS

pytestmark = pytest.mark.aws_servers("ministack")

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d494844520000000100000001080600000"
    "01f15c4890000000d49444154789c6360f8cfc000000301010018dd8d"
    "b00000000049454e44ae426082"
)

SHOWN_WHOLE = "(field) => field.scrollHeight <= field.clientHeight"


def put(aws: LocalAWS, bucket: str, **objects: bytes) -> None:
    for key, body in objects.items():
        aws.client("s3").put_object(Bucket=bucket, Key=key.replace("__", "/") + ".txt", Body=body)


def content(aws: LocalAWS, bucket: str, key: str) -> bytes:
    body: bytes = aws.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
    return body


def keys_of(aws: LocalAWS, bucket: str) -> list[str]:
    answer = aws.client("s3").list_objects_v2(Bucket=bucket)
    return [item["Key"] for item in answer.get("Contents", ())]


@pytest.fixture
def opened(page: Any, site: str, bucket: str) -> Callable[..., Any]:
    """Open a page of the bucket by its path."""

    def open_page(path: str = "change/") -> Any:
        page.goto(f"{site}/admin/philo_aws/bucket/{bucket}/{path}")
        return page

    return open_page


def see_heading(page: Any, text: str) -> None:
    page.locator("h1", has=page.get_by_text(text, exact=True)).wait_for()


def test_from_the_index_to_an_object_and_back(
    aws: LocalAWS, page: Any, site: str, bucket: str, check_page: Callable[[Any], None]
) -> None:
    put(aws, bucket, reports__2026__january=b"content of january")
    page.goto(f"{site}/admin/")
    page.get_by_role("link", name="Buckets", exact=True).first.click()
    check_page(page)
    page.get_by_role("link", name=bucket, exact=True).click()
    for folder in ("reports/", "2026/"):
        page.get_by_role("link", name=folder).click()
        check_page(page)
    page.get_by_role("link", name="january.txt", exact=True).click()
    see_heading(page, "january.txt")
    assert "content of january" in whole(page).locator("pre").inner_text()
    check_page(page)
    page.get_by_role("link", name="reports/").click()
    see_heading(page, "reports/")


def test_an_address_is_pasted_and_a_prefix_is_searched(
    aws: LocalAWS, opened: Callable[..., Any], bucket: str
) -> None:
    put(aws, bucket, d__alpha=b"", d__beta=b"")
    page = opened()
    page.get_by_label("Address").fill(f"s3://{bucket}/d/")
    page.get_by_role("button", name="Open").click()
    see_heading(page, "d/")
    page.get_by_label("Search this folder").fill("al")
    page.get_by_role("button", name="Search").click()
    page.get_by_role("link", name="Only names that begin so").click()
    page.get_by_text("Only names that begin with").wait_for()
    assert whole(page).locator(".aws-table tbody tr").count() == 1
    page.get_by_role("link", name="alpha.txt", exact=True).wait_for()


def test_without_a_script_everything_still_works(
    aws: LocalAWS,
    chromium: Any,
    site: str,
    bucket: str,
    tmp_path: Path,
    login: Callable[[Any, Any], None],
    admin_user: Any,
) -> None:
    put(aws, bucket, d__1=b"", d__2=b"", kept=b"")
    (tmp_path / "a.txt").write_bytes(b"content")
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    login(page, admin_user)
    page.goto(f"{site}/admin/philo_aws/bucket/{bucket}/upload/")
    page.set_input_files("input[type=file]", tmp_path / "a.txt")
    page.get_by_role("button", name="Upload").click()
    page.get_by_text("1 file was uploaded.").wait_for()
    page.get_by_label("Select folder d/").check()
    page.get_by_label("Select a.txt").check()
    page.get_by_role("button", name="Delete", exact=True).click()
    page.get_by_role("button", name="Delete", exact=True).click()
    page.get_by_role("button", name="Continue").click()
    page.get_by_text("3 objects were deleted.").wait_for()
    assert keys_of(aws, bucket) == ["kept.txt"]
    context.close()


def test_a_login_that_ends_between_two_steps_leaves_what_is_not_done(
    aws: LocalAWS,
    chromium: Any,
    site: str,
    bucket: str,
    login: Callable[[Any, Any], None],
    admin_user: Any,
) -> None:
    put(aws, bucket, d__1=b"", d__2=b"", a=b"", kept=b"")
    # Without a script the next step waits for the person.
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    login(page, admin_user)
    page.goto(f"{site}/admin/philo_aws/bucket/{bucket}/change/")
    page.get_by_label("Select folder d/").check()
    page.get_by_label("Select a.txt").check()
    for _ in range(2):
        page.get_by_role("button", name="Delete", exact=True).click()
    proceed = page.get_by_role("button", name="Continue")
    proceed.wait_for()
    assert keys_of(aws, bucket) == ["d/1.txt", "d/2.txt", "kept.txt"]
    Session.objects.all().delete()
    proceed.click()
    page.get_by_label("Username").fill("admin")
    page.get_by_label("Password").fill("password")
    page.get_by_role("button", name="Log in").click()
    # A login does nothing by itself: the person sees what is left, and begins again.
    page.get_by_text("Nothing was selected.").wait_for()
    page.get_by_label("Select folder d/").wait_for()
    assert keys_of(aws, bucket) == ["d/1.txt", "d/2.txt", "kept.txt"]
    context.close()


def test_a_selection_is_deleted_after_a_look_at_what_goes(
    aws: LocalAWS, opened: Callable[..., Any], bucket: str, check_page: Callable[[Any], None]
) -> None:
    put(aws, bucket, a=b"1", b=b"1", d__1=b"12345", d__2=b"12345")
    page = opened()
    delete = page.get_by_role("button", name="Delete", exact=True)
    assert delete.is_disabled()
    page.get_by_label("Select all on this page").check()
    page.get_by_label("Select a.txt").uncheck()
    page.get_by_text("2 selected").wait_for()
    check_page(page)
    delete.click()
    page.get_by_text("3 objects will be deleted.").wait_for()
    check_page(page)
    page.get_by_role("button", name="Delete", exact=True).click()
    page.get_by_text("3 objects were deleted.").wait_for()
    page.wait_for_url(re.compile("/change/"))
    assert keys_of(aws, bucket) == ["a.txt"]


def test_a_folder_is_created_and_an_object_is_renamed_and_copied_into_it(
    aws: LocalAWS, opened: Callable[..., Any], bucket: str, check_page: Callable[[Any], None]
) -> None:
    put(aws, bucket, a=b"content")
    page = opened()
    page.get_by_role("link", name="Create folder").click()
    check_page(page)
    page.get_by_label("Folder name").fill("archive")
    page.get_by_role("button", name="Create folder").click()
    see_heading(page, "archive/")
    more(opened("object/?key=a.txt")).get_by_role("link", name="Move").click()
    check_page(page)
    page.get_by_label("Destination key").fill("b.txt")
    page.get_by_role("button", name="Move").click()
    page.get_by_label("Select b.txt").check()
    page.get_by_role("button", name="Copy", exact=True).click()
    page.get_by_label("Destination key").fill("archive/b.txt")
    page.get_by_role("button", name="Copy", exact=True).click()
    page.get_by_text("1 object was copied.").wait_for()
    assert keys_of(aws, bucket) == ["archive/", "archive/b.txt", "b.txt"]
    assert content(aws, bucket, "archive/b.txt") == b"content"


@pytest.fixture
def small_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(copysteps, "WHOLE_BYTES", 1024**2)
    monkeypatch.setattr(partcopy, "PART_SIZE", 5 * 1024**2)
    monkeypatch.setattr(CopyView, "step_seconds", 0)


def test_a_large_object_is_copied_part_by_part(
    aws: LocalAWS,
    opened: Callable[..., Any],
    bucket: str,
    check_page: Callable[[Any], None],
    small_limits: None,
) -> None:
    body = bytes(range(256)) * 45_000
    put(aws, bucket, large=body)
    page = opened("copy/?select_key=large.txt")
    page.get_by_label("Destination key").fill("copy.txt")
    page.get_by_role("button", name="Copy", exact=True).click()
    # The script sends one step after the other.
    page.get_by_text("5\u00a0MiB of 11\u00a0MiB copied").wait_for()
    page.get_by_text("1 object was copied.").wait_for()
    assert content(aws, bucket, "copy.txt") == body


def test_the_copy_of_a_large_object_is_stopped(
    aws: LocalAWS,
    chromium: Any,
    site: str,
    bucket: str,
    login: Callable[[Any, Any], None],
    admin_user: Any,
    small_limits: None,
) -> None:
    put(aws, bucket, large=bytes(256 * 45_000))
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    login(page, admin_user)
    page.goto(f"{site}/admin/philo_aws/bucket/{bucket}/copy/?select_key=large.txt")
    page.get_by_label("Destination key").fill("copy.txt")
    page.get_by_role("button", name="Copy", exact=True).click()
    page.get_by_role("button", name="Continue").click()
    page.get_by_text("10\u00a0MiB of 11\u00a0MiB copied").wait_for()
    page.get_by_role("button", name="Stop here").click()
    page.get_by_text("was stopped. Nothing of it is left.").wait_for()
    assert keys_of(aws, bucket) == ["large.txt"]
    assert "Uploads" not in aws.client("s3").list_multipart_uploads(Bucket=bucket)
    context.close()


def test_properties_and_tags_are_edited(
    aws: LocalAWS, opened: Callable[..., Any], bucket: str, check_page: Callable[[Any], None]
) -> None:
    put(aws, bucket, a=b"content")
    page = opened("object/?key=a.txt")
    more(page).get_by_role("link", name="Edit properties").click()
    check_page(page)
    page.get_by_label("Content type").fill("text/css")
    page.get_by_label("Own metadata").fill("owner=web")
    page.get_by_label("Storage class").select_option("STANDARD_IA")
    page.get_by_role("button", name="Save").click()
    more(page).get_by_role("link", name="Edit tags").click()
    check_page(page)
    page.get_by_label("Tags").fill("team=web")
    page.get_by_role("button", name="Save").click()
    facts = whole(page).locator("main").inner_text()
    for word in ("text/css", "STANDARD_IA", "owner", "team"):
        assert word in facts


def test_an_older_version_and_a_deleted_object_come_back(
    aws: LocalAWS, opened: Callable[..., Any], bucket: str, check_page: Callable[[Any], None]
) -> None:
    s3 = aws.client("s3")
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    put(aws, bucket, a=b"first")
    put(aws, bucket, a=b"second")
    page = opened("object/?key=a.txt")
    page.get_by_role("link", name="Restore").click()
    check_page(page)
    page.get_by_role("button", name="Restore").click()
    assert content(aws, bucket, "a.txt") == b"first"
    more(page).get_by_role("link", name="Delete", exact=True).click()
    page.get_by_text("what is deleted can be brought back").wait_for()
    page.get_by_role("button", name="Delete", exact=True).click()
    page.get_by_role("link", name="Deleted objects").click()
    check_page(page)
    page.get_by_role("link", name="Undelete a.txt").click()
    page.get_by_role("button", name="Restore").click()
    assert content(aws, bucket, "a.txt") == b"first"


def test_a_link_is_made_and_works_without_a_login(
    aws: LocalAWS, opened: Callable[..., Any], bucket: str, check_page: Callable[[Any], None]
) -> None:
    put(aws, bucket, a=b"content")
    page = opened("object/?key=a.txt")
    page.get_by_role("link", name="Share").click()
    check_page(page)
    page.get_by_label("The link works for").select_option("15 minutes")
    page.get_by_role("button", name="Make link").click()
    check_page(page)
    field = page.get_by_label("Link", exact=True)
    page.set_viewport_size(PHONE)
    check_page(page)
    assert field.evaluate(SHOWN_WHOLE)
    # The same in browsers that cannot size a field by its content.
    page.evaluate("document.styleSheets[0].insertRule('textarea {field-sizing: fixed !important}')")
    assert not field.evaluate(SHOWN_WHOLE)
    page.set_viewport_size({**PHONE, "width": 380})
    page.wait_for_function(SHOWN_WHOLE, arg=field.element_handle())
    link = field.input_value()
    answer = page.request.fetch(link, headers={"cookie": ""})
    assert answer.body() == b"content"


def test_a_folder_is_downloaded_as_a_zip(
    aws: LocalAWS, opened: Callable[..., Any], bucket: str
) -> None:
    put(aws, bucket, d__a=b"1", d__e__b=b"2")
    page = opened("change/?prefix=d/")
    with page.expect_download() as download:
        more(page).get_by_role("link", name="Download as zip").click()
    assert download.value.suggested_filename == "d.zip"
    with zipfile.ZipFile(io.BytesIO(Path(download.value.path()).read_bytes())) as archive:
        assert sorted(archive.namelist()) == ["d/a.txt", "d/e/b.txt"]


def test_an_image_is_seen(aws: LocalAWS, opened: Callable[..., Any], bucket: str) -> None:
    aws.client("s3").put_object(Bucket=bucket, Key="x.png", Body=PNG, ContentType="image/png")
    page = opened("object/?key=x.png")
    image = page.get_by_role("img", name="Preview of x.png")
    image.wait_for()
    assert image.evaluate("(image) => image.decode().then(() => image.naturalWidth)") == 1


COUNT_RED = """async (png) => {
    const blob = await (await fetch(`data:image/png;base64,${png}`)).blob();
    const image = await createImageBitmap(blob);
    const canvas = new OffscreenCanvas(image.width, image.height).getContext("2d");
    canvas.drawImage(image, 0, 0);
    const data = canvas.getImageData(0, 0, image.width, image.height).data;
    let red = 0;
    for (let at = 0; at < data.length; at += 4) {
        red += data[at] === 255 && data[at + 1] === 0 && data[at + 2] === 0;
    }
    return red;
}"""


def pdf_of_one_red_page() -> bytes:
    paint = b"1 0 0 rg 0 0 200 200 re f"
    objects = (
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]/Contents 4 0 R>>",
        b"<</Length %d>>stream\n%s\nendstream" % (len(paint), paint),
    )
    body, offsets = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, start=1):
        offsets.append(len(body))
        body += b"%d 0 obj%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    return (
        body
        + b"xref\n0 5\n0000000000 65535 f \n%strailer<</Size 5/Root 1 0 R>>\n" % table
        + (b"startxref\n%d\n%%%%EOF\n" % len(body))
    )


def test_a_pdf_is_seen(aws: LocalAWS, site: str, page_in_whole: Any, bucket: str) -> None:
    aws.client("s3").put_object(
        Bucket=bucket, Key="x.pdf", Body=pdf_of_one_red_page(), ContentType="application/pdf"
    )
    page = page_in_whole
    with page.expect_response(re.compile("/preview/")) as asked:
        page.goto(f"{site}/admin/philo_aws/bucket/{bucket}/object/?key=x.pdf")
    assert asked.value.status == 200
    headers = asked.value.headers
    assert headers["content-type"] == "application/pdf"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["content-disposition"] == "inline"
    frame = page.get_by_title("Preview of x.pdf")
    frame.wait_for()
    assert frame.bounding_box()["height"] > 200
    # The browser's own viewer paints it, where no test can look but at the colours.
    blank = page.context.new_page()
    red = 0
    for _ in range(50):
        red = blank.evaluate(COUNT_RED, base64.b64encode(frame.screenshot()).decode())
        if red:
            break
        page.wait_for_timeout(100)
    assert red > 10_000


def test_usage_shows_what_is_largest(
    aws: LocalAWS, opened: Callable[..., Any], bucket: str, check_page: Callable[[Any], None]
) -> None:
    put(aws, bucket, small__a=b"1" * 10, large__a=b"1" * 90)
    page = opened()
    page.get_by_role("link", name="Usage").click()
    check_page(page)
    rows = whole(page).locator(".aws-table tbody tr").all_inner_texts()
    assert rows[0].startswith("large/")
    assert "90 %" in rows[0]


def test_a_bucket_is_made_and_deleted_by_its_name(
    aws: LocalAWS, page: Any, site: str, check_page: Callable[[Any], None]
) -> None:
    page.goto(f"{site}/admin/philo_aws/bucket/")
    page.get_by_role("link", name="Create bucket").click()
    check_page(page)
    page.get_by_label("Name", exact=False).first.fill("made-in-the-browser")
    page.get_by_role("button", name="Create bucket").click()
    see_heading(page, "made-in-the-browser")
    more(page).get_by_role("link", name="Delete bucket").click()
    check_page(page)
    page.get_by_label("Type the name to confirm").fill("made-in-the-browser")
    page.get_by_role("button", name="Delete bucket").click()
    page.get_by_text("was deleted.").wait_for()
    listed = [found["Name"] for found in aws.client("s3").list_buckets()["Buckets"]]
    assert "made-in-the-browser" not in listed


def test_an_error_is_a_page_like_the_others(
    aws: LocalAWS, page: Any, site: str, check_page: Callable[[Any], None]
) -> None:
    page.goto(f"{site}/admin/philo_aws/bucket/no-such-bucket/change/")
    page.get_by_role("alert").wait_for()
    check_page(page)


@pytest.mark.parametrize("language", ["en", "ar"])
def test_pages_fit_a_phone_in_both_directions(
    aws: LocalAWS,
    page: Any,
    site: str,
    bucket: str,
    check_page: Callable[[Any], None],
    language: str,
) -> None:
    put(aws, bucket, **{"a_name_of_many_letters_" * 6: b"x", "d__a": b"x"})
    page.set_viewport_size(PHONE)
    page.set_extra_http_headers({"Accept-Language": language})
    paths = ("change/", "object/?key=d/a.txt", "upload/", "usage/", "share/?key=d/a.txt")
    for path in ("", *(f"{bucket}/{path}" for path in paths)):
        page.goto(f"{site}/admin/philo_aws/bucket/{path}")
        check_page(page)
        assert page.evaluate(CUT_TABLES) == 0, path


def test_buttons_look_like_buttons_on_a_phone(
    aws: LocalAWS, page: Any, site: str, bucket: str
) -> None:
    aws.client("s3").put_bucket_versioning(
        Bucket=bucket, VersioningConfiguration={"Status": "Enabled"}
    )
    put(aws, bucket, a=b"1")
    put(aws, bucket, a=b"2")
    page.set_viewport_size({"width": 360, "height": 800})
    page.goto(f"{site}/admin/philo_aws/bucket/{bucket}/object/?key=a.txt")
    # One line of text each, one below the other, and nothing to be scrolled to.
    for name in ("Restore", "Delete for good"):
        action = page.locator(".aws-row-actions").get_by_role("link", name=name).last
        assert action.bounding_box()["height"] < 30
    frame = page.locator(".aws-table-frame", has=action)
    assert frame.evaluate("(each) => each.scrollWidth <= each.clientWidth")
    action.click()
    button = page.get_by_role("button", name="Delete for good")
    cancel = page.get_by_role("link", name="Cancel")
    assert button.bounding_box()["height"] < 42
    assert abs(button.bounding_box()["height"] - cancel.bounding_box()["height"]) <= 2
    # Even where the admin underlines every link it does not know.
    page.evaluate("document.styleSheets[0].insertRule('#content a { text-decoration: underline }')")
    for link in (cancel, page.locator("a.aws-tool").first):
        if link.count():
            assert "none" in link.evaluate("(each) => getComputedStyle(each).textDecoration")


def test_by_keyboard_alone(aws: LocalAWS, opened: Callable[..., Any], bucket: str) -> None:
    put(aws, bucket, a=b"", b=b"")
    page = opened()
    page.get_by_label("Select a.txt").focus()
    page.keyboard.press("Space")
    delete = page.get_by_role("button", name="Delete", exact=True)
    for _ in range(40):
        page.keyboard.press("Shift+Tab")
        if delete.evaluate("(button) => button === document.activeElement"):
            break
    page.keyboard.press("Enter")
    page.get_by_text("1 object will be deleted.").wait_for()
    page.get_by_role("button", name="Delete", exact=True).focus()
    page.keyboard.press("Enter")
    page.get_by_text("1 object was deleted.").wait_for()
    assert keys_of(aws, bucket) == ["b.txt"]
