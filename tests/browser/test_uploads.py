"""Uploads as a person does them: dropped and chosen, interrupted, signed out, there already."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from pytest_django import Settings

from philo_aws.s3.web import browser_uploads
from tests.browser import policy
from tests.browser.conftest import more, read, whole
from tests.servers import LocalAWS

pytestmark = pytest.mark.aws_servers("ministack")

MIB = 1024**2
THREE_PARTS = bytes(range(256)) * 80_000
NARROW = {"width": 320, "height": 800}
PART = re.compile("/upload/part/")
# What a folder can hold that a page, a key or a path could stumble over.
HOSTILE = (
    "<img src=x onerror=alert(1)>.txt",
    "new\nline.txt",
    "\u202egpj.exe",
    "..hidden",
    "back\\..\\slash.txt",
    "? & # % + 'é.txt",
)


def content(aws: LocalAWS, bucket: str, key: str) -> bytes:
    body: bytes = aws.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
    return body


def keys_of(aws: LocalAWS, bucket: str) -> list[str]:
    answer = aws.client("s3").list_objects_v2(Bucket=bucket)
    return [item["Key"] for item in answer.get("Contents", ())]


def unfinished(aws: LocalAWS, bucket: str) -> list[str]:
    answer = aws.client("s3").list_multipart_uploads(Bucket=bucket)
    return [item["Key"] for item in answer.get("Uploads", ())]


@pytest.fixture
def opened(page: Any, site: str, bucket: str) -> Callable[..., Any]:
    """Open a page of the bucket by its path."""

    def open_page(path: str = "upload/") -> Any:
        page.goto(f"{site}/admin/philo_aws/bucket/{bucket}/{path}")
        return whole(page)

    return open_page


@pytest.fixture
def choose(tmp_path: Path) -> Callable[..., None]:
    """Choose new files with these names and contents."""

    def choose_files(page: Any, **bodies: bytes) -> None:
        paths = []
        for name, body in bodies.items():
            path = tmp_path / f"{name}.txt"
            path.write_bytes(body)
            paths.append(path)
        with page.expect_file_chooser() as chooser:
            page.get_by_role("button", name="Choose files").click()
        chooser.value.set_files(paths)

    return choose_files


def drop(page: Any, *paths: Path) -> None:
    """Drop files and folders of this machine, as the system's file manager does it."""
    session = page.context.new_cdp_session(page)
    data = {"items": [], "files": [str(path) for path in paths], "dragOperationsMask": 1}
    for kind in ("dragEnter", "dragOver", "drop"):
        place = {"type": kind, "x": 600, "y": 500, "data": data}
        session.send("Input.dispatchDragEvent", place)
    session.detach()


class Requests:
    """What the page asks for; parts wait here until they are let go."""

    def __init__(self, page: Any) -> None:
        self.page = page
        self.asked: list[str] = []
        self.refused: list[int] = []
        self.held: list[Any] = []
        self.holding = False
        page.on("request", lambda request: self.asked.append(request.url))
        page.on("response", lambda response: self.hear(response.status))

    def hear(self, status: int) -> None:
        if status == 403:
            self.refused.append(status)

    def count(self, step: str) -> int:
        return len([url for url in self.asked if f"/upload/{step}/" in url])

    def hold(self) -> None:
        self.holding = True
        self.page.route(PART, self.meet)

    def meet(self, route: Any) -> None:
        if self.holding:
            self.held.append(route)
        else:
            route.continue_()

    def wait_for(self, number: int) -> None:
        for _ in range(600):
            if len(self.held) >= number:
                return
            self.page.wait_for_timeout(50)
        pytest.fail(f"{len(self.held)} parts are under way, not {number}.")

    def let_go(self) -> None:
        self.holding = False
        while self.held:
            self.held.pop().continue_()


@pytest.fixture
def requests(page: Any) -> Iterator[Requests]:
    watched = Requests(page)
    yield watched
    watched.held.clear()


def see_uploaded(page: Any, done: int, total: int) -> None:
    page.get_by_text(f"{done} of {total} files uploaded").wait_for(timeout=30_000)


def upload_one_part(page: Any, requests: Requests, choose: Callable[..., None]) -> None:
    """Begin with a file of three parts, of which one has arrived and two are under way."""
    requests.hold()
    choose(page, big=THREE_PARTS)
    requests.wait_for(3)
    first = next(route for route in requests.held if "part_number=1" in route.request.url)
    with page.expect_response(PART):
        requests.held.remove(first)
        first.continue_()
    page.get_by_text(re.compile("Uploading, [1-9]")).wait_for()


def test_files_are_chosen_uploaded_and_downloaded_again(
    aws: LocalAWS,
    opened: Callable[..., Any],
    bucket: str,
    tmp_path: Path,
    check_page: Callable[[Any], None],
) -> None:
    bodies = {"small.txt": b"hello", "empty.bin": b"", "größer.bin": THREE_PARTS}
    for name, body in bodies.items():
        (tmp_path / name).write_bytes(body)
    page = opened("upload/?prefix=in/")
    check_page(page)
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Choose files").click()
    chooser.value.set_files([tmp_path / name for name in bodies])
    see_uploaded(page, 3, 3)
    # Nothing failed, so nothing is to be tried again.
    assert page.get_by_role("button", name="again").count() == 0
    check_page(page)
    for name, body in bodies.items():
        assert content(aws, bucket, f"in/{name}") == body
    page.get_by_role("link", name="Open the folder").click()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download größer.bin").click()
    assert Path(download.value.path()).read_bytes() == bodies["größer.bin"]
    assert download.value.suggested_filename == "größer.bin"


@pytest.mark.parametrize("path", ["change/?prefix=in/", "upload/?prefix=in/"])
def test_a_folder_is_dropped_anywhere_and_keeps_its_structure(
    aws: LocalAWS, opened: Callable[..., Any], bucket: str, tmp_path: Path, path: str
) -> None:
    folder = tmp_path / "site"
    (folder / "css" / "deep").mkdir(parents=True)
    (folder / "empty").mkdir()
    (folder / "index.html").write_bytes(b"index")
    (folder / "css" / "deep" / "a.css").write_bytes(b"a")
    for name in HOSTILE:
        (folder / "css" / name).write_bytes(b"strange")
    # More than a browser tells of a folder at once.
    (folder / "many").mkdir()
    for number in range(120):
        (folder / "many" / f"{number}").write_bytes(b"")
    (tmp_path / "beside.txt").write_bytes(b"beside")
    page = opened(path)
    drop(page, folder, tmp_path / "beside.txt")
    see_uploaded(page, 123 + len(HOSTILE), 123 + len(HOSTILE))
    wanted = {"in/beside.txt", "in/site/index.html", "in/site/css/deep/a.css"}
    wanted |= {f"in/site/css/{name}" for name in HOSTILE}
    wanted |= {f"in/site/many/{number}" for number in range(120)}
    assert set(keys_of(aws, bucket)) == wanted
    assert content(aws, bucket, "in/site/css/deep/a.css") == b"a"
    names = page.locator(".aws-file-name").all_inner_texts()
    assert "site/css/new\\nline.txt" in names
    assert "site/css/\\u202egpj.exe" in names
    page.get_by_role("link", name="Open the folder").click()
    page.get_by_role("link", name="site/").wait_for()


def test_a_folder_is_chosen(
    aws: LocalAWS, opened: Callable[..., Any], bucket: str, tmp_path: Path
) -> None:
    folder = tmp_path / "site"
    (folder / "css").mkdir(parents=True)
    (folder / "css" / "a.css").write_bytes(b"a")
    page = opened()
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Choose a folder").click()
    chooser.value.set_files(folder)
    see_uploaded(page, 1, 1)
    assert keys_of(aws, bucket) == ["site/css/a.css"]


def test_while_files_are_dragged_over_it_the_page_says_where_they_would_go(
    opened: Callable[..., Any], tmp_path: Path
) -> None:
    page = opened("change/")
    sheet = page.get_by_text("Drop files or folders here to upload them.")
    assert not sheet.is_visible()
    session = page.context.new_cdp_session(page)
    data = {"items": [], "files": [str(tmp_path)], "dragOperationsMask": 1}
    for kind in ("dragEnter", "dragOver"):
        session.send("Input.dispatchDragEvent", {"type": kind, "x": 9, "y": 9, "data": data})
    sheet.wait_for()
    # The page is not told where a drag ends that is given up, but is told no more of it.
    sheet.wait_for(state="hidden")


def test_who_may_not_upload_drops_nothing(
    page: Any, opened: Callable[..., Any], login: Callable[..., None], person: Callable[..., Any]
) -> None:
    login(page, person("view_bucket", "list_objects"))
    assert opened("change/").locator("#aws-upload, .aws-drop-anywhere").count() == 0


def test_bytes_are_counted_from_the_first_one(
    aws: LocalAWS, opened: Callable[..., Any], bucket: str, choose: Callable[..., None]
) -> None:
    page = opened()
    session = page.context.new_cdp_session(page)
    slow = {"offline": False, "latency": 0, "downloadThroughput": -1}
    session.send("Network.enable")
    # Of one part only: nothing but its bytes can tell how far it is.
    session.send("Network.emulateNetworkConditions", {**slow, "uploadThroughput": 200_000})
    choose(page, a=b"x" * 4 * MIB)
    page.get_by_text(re.compile(r"^Uploading, ([1-9]|[1-8]\d)% of 4\xa0MiB$")).wait_for()
    bar = page.get_by_role("progressbar", name="a.txt")
    assert 0 < bar.evaluate("(bar) => bar.value") < 1
    session.send("Network.emulateNetworkConditions", {**slow, "uploadThroughput": -1})
    see_uploaded(page, 1, 1)


def test_four_files_go_at_once_by_four_requests(
    opened: Callable[..., Any], requests: Requests, choose: Callable[..., None]
) -> None:
    page = opened()
    requests.hold()
    choose(page, **{f"f{number}": THREE_PARTS for number in range(5)})
    requests.wait_for(4)
    # Each of four files has a request, though each of them has three to send.
    files = {re.findall("key=([^&]+)", route.request.url)[0] for route in requests.held}
    assert len(files) == 4
    states = page.locator(".aws-file-status").all_inner_texts()
    assert [state.partition(",")[0] for state in states] == ["Uploading"] * 4 + ["Waiting"]
    requests.let_go()
    see_uploaded(page, 5, 5)


def test_one_file_has_all_the_requests(
    opened: Callable[..., Any], requests: Requests, choose: Callable[..., None]
) -> None:
    page = opened()
    requests.hold()
    choose(page, big=THREE_PARTS * 2)
    requests.wait_for(4)
    assert requests.count("part") == 4
    requests.let_go()
    see_uploaded(page, 1, 1)
    assert requests.count("part") == 5


def test_a_connection_that_breaks_is_waited_for(
    aws: LocalAWS,
    opened: Callable[..., Any],
    bucket: str,
    requests: Requests,
    choose: Callable[..., None],
    expect_errors: Callable[[], Any],
    check_page: Callable[[Any], None],
) -> None:
    page = opened()
    upload_one_part(page, requests, choose)
    with expect_errors():
        page.context.set_offline(True)
        page.get_by_text("The connection broke. The upload goes on by itself").wait_for()
        assert page.get_by_text("Paused", exact=True).is_visible()
        assert page.get_by_role("button", name="Try again").count() == 0
        requests.let_go()
        page.set_viewport_size(NARROW)
        check_page(page)
    with expect_errors():
        page.context.set_offline(False)
        see_uploaded(page, 1, 1)
    assert not page.get_by_role("alert").is_visible()
    assert content(aws, bucket, "big.txt") == THREE_PARTS
    # It went on from where it was.
    assert requests.count("begin") == 1
    assert len([url for url in requests.asked if "part_number=1" in url]) == 1


@pytest.mark.parametrize("hidden_cookie", [False, True])
def test_a_login_that_ends_and_comes_back_is_survived(
    aws: LocalAWS,
    opened: Callable[..., Any],
    site: str,
    bucket: str,
    settings: Settings,
    requests: Requests,
    choose: Callable[..., None],
    expect_errors: Callable[[], Any],
    check_page: Callable[[Any], None],
    hidden_cookie: bool,
) -> None:
    settings.CSRF_COOKIE_HTTPONLY = hidden_cookie
    page = opened()
    upload_one_part(page, requests, choose)
    Session.objects.all().delete()
    requests.let_go()
    page.get_by_text("You are no longer logged in. Log in in another tab").wait_for()
    check_page(page)
    with expect_errors(), page.expect_popup() as popup:
        page.get_by_role("link", name="Log in").click()
    other = popup.value
    other.get_by_label("Username").fill("admin")
    other.get_by_label("Password").fill("secret")
    # With a new login comes a new token.
    with expect_errors():
        other.get_by_role("button", name="Log in").click()
        see_uploaded(page, 1, 1)
    assert content(aws, bucket, "big.txt") == THREE_PARTS
    assert requests.refused == []
    assert requests.count("begin") == 1
    assert len([url for url in requests.asked if "part_number=1" in url]) == 1


@pytest.mark.parametrize("hidden_cookie", [False, True])
def test_a_token_that_changed_is_read_again(
    aws: LocalAWS,
    opened: Callable[..., Any],
    bucket: str,
    settings: Settings,
    requests: Requests,
    choose: Callable[..., None],
    expect_errors: Callable[[], Any],
    hidden_cookie: bool,
) -> None:
    settings.CSRF_COOKIE_HTTPONLY = hidden_cookie
    page = opened()
    # Another tab logged in: its token is the one that counts.
    cookies = [one for one in page.context.cookies() if one["name"] == "csrftoken"]
    page.context.add_cookies([{**cookies[0], "value": "n" * 32}])
    with expect_errors():
        choose(page, a=b"content")
        see_uploaded(page, 1, 1)
    # Where no script may read it, the first request that is refused has it asked for.
    assert bool(requests.refused) is hidden_cookie
    assert content(aws, bucket, "a.txt") == b"content"


def test_who_may_no_longer_upload_is_told(
    opened: Callable[..., Any],
    page: Any,
    login: Callable[..., None],
    person: Callable[..., Any],
    choose: Callable[..., None],
    expect_errors: Callable[[], Any],
) -> None:
    user = person("view_bucket", "list_objects", "upload_object")
    login(page, user)
    opened()
    user.user_permissions.clear()
    with expect_errors():
        choose(page, a=b"content")
        page.get_by_text("Failed: You are no longer logged in, or may not do this.").wait_for()


@pytest.mark.parametrize("way", ["closed", "left"])
def test_leaving_gives_up_what_is_unfinished(
    aws: LocalAWS,
    opened: Callable[..., Any],
    page: Any,
    site: str,
    bucket: str,
    choose: Callable[..., None],
    expect_errors: Callable[[], Any],
    monkeypatch: pytest.MonkeyPatch,
    way: str,
) -> None:
    opened()
    other = page.context.new_page()
    # Held by the site: what Playwright holds ends with the page, and all its other requests too.
    held, over = threading.Semaphore(0), threading.Event()

    def send_late(*args: Any) -> None:
        held.release()
        assert over.wait(60)

    monkeypatch.setattr(browser_uploads, "send_part", send_late)
    choose(page, big=THREE_PARTS)
    for _ in range(3):
        assert held.acquire(timeout=30)
    assert unfinished(aws, bucket) == ["big.txt"]
    asked: list[str] = []

    def leave(dialog: Any) -> None:
        asked.append(dialog.type)
        dialog.accept()

    page.on("dialog", leave)
    with expect_errors():
        if way == "closed":
            page.close(run_before_unload=True)
        else:
            page.goto(f"{site}/admin/")
        # The request goes on without its page, so there is no event to wait for.
        end = time.monotonic() + 30
        while unfinished(aws, bucket) and time.monotonic() < end:
            other.wait_for_timeout(50)
    over.set()
    assert unfinished(aws, bucket) == []
    assert asked == ["beforeunload"]


def test_a_file_that_is_there_is_skipped_replaced_or_kept_beside(
    aws: LocalAWS,
    opened: Callable[..., Any],
    bucket: str,
    choose: Callable[..., None],
    expect_errors: Callable[[], Any],
    check_page: Callable[[Any], None],
) -> None:
    s3 = aws.client("s3")
    for key in ("a.txt", "b.txt", "c.txt", "c (1).txt"):
        s3.put_object(Bucket=bucket, Key=key, Body=b"old")
    page = opened()
    with expect_errors():
        choose(page, a=b"new a", b=b"new b", c=b"new c", d=b"new d")
        page.get_by_text("there already: 3").wait_for()
    page.set_viewport_size(NARROW)
    check_page(page)
    assert [content(aws, bucket, key) for key in ("a.txt", "b.txt", "c.txt")] == [b"old"] * 3
    page.get_by_role("button", name="Skip: a.txt").click()
    page.get_by_role("button", name="Replace: b.txt").click()
    with expect_errors():
        page.get_by_role("button", name="Keep both: c.txt").click()
        see_uploaded(page, 3, 4)
    check_page(page)
    assert "skipped: 1" in read(page, ".aws-upload-summary")
    page.get_by_role("link", name="c (2).txt").wait_for()
    bodies = {key: content(aws, bucket, key) for key in keys_of(aws, bucket)}
    assert bodies == {
        "a.txt": b"old",
        "b.txt": b"new b",
        "c.txt": b"old",
        "c (1).txt": b"old",
        "c (2).txt": b"new c",
        "d.txt": b"new d",
    }


@pytest.mark.parametrize(
    ("choice", "kept"), [("Skip", b"old"), ("Replace", b"new"), ("Keep both", b"old")]
)
def test_all_that_are_there_are_decided_at_once(
    aws: LocalAWS,
    opened: Callable[..., Any],
    bucket: str,
    choose: Callable[..., None],
    expect_errors: Callable[[], Any],
    choice: str,
    kept: bytes,
) -> None:
    names = [f"f{number}" for number in range(6)]
    for name in names:
        aws.client("s3").put_object(Bucket=bucket, Key=f"{name}.txt", Body=b"old")
    page = opened()
    with expect_errors():
        choose(page, **dict.fromkeys(names, b"new"))
        page.get_by_role("button", name=f"{choice}: For all").click()
        done = 0 if choice == "Skip" else 6
        page.get_by_text(re.compile(f"^{done} of 6 files uploaded( · skipped: 6)?$")).wait_for()
    assert {content(aws, bucket, f"{name}.txt") for name in names} == {kept}
    assert len(keys_of(aws, bucket)) == (12 if choice == "Keep both" else 6)


def test_what_came_to_be_meanwhile_is_replaced_without_sending_it_again(
    aws: LocalAWS,
    opened: Callable[..., Any],
    bucket: str,
    requests: Requests,
    choose: Callable[..., None],
    expect_errors: Callable[[], Any],
) -> None:
    page = opened()
    upload_one_part(page, requests, choose)
    aws.client("s3").put_object(Bucket=bucket, Key="big.txt", Body=b"other")
    with expect_errors():
        requests.let_go()
        page.get_by_role("button", name="Replace: big.txt").click()
        see_uploaded(page, 1, 1)
    assert content(aws, bucket, "big.txt") == THREE_PARTS
    assert (requests.count("part"), requests.count("begin")) == (3, 1)


def test_what_failed_is_tried_again_alone_or_all_of_it(
    aws: LocalAWS,
    opened: Callable[..., Any],
    bucket: str,
    choose: Callable[..., None],
    expect_errors: Callable[[], Any],
    check_page: Callable[[Any], None],
) -> None:
    page = opened()
    # A proxy that takes no such requests; no server of the tests is one.
    page.route(re.compile("/upload/begin/"), lambda route: route.fulfill(status=413, body="No."))
    with expect_errors():
        choose(page, a=b"1", b=b"2", c=b"3")
        page.get_by_text("failed: 3").wait_for()
    page.set_viewport_size(NARROW)
    check_page(page)
    status = page.get_by_text("Failed: The site did not take it (status 413).").first
    assert status.is_visible()
    page.unroute(re.compile("/upload/begin/"))
    page.get_by_role("button", name="Try again: b.txt").click()
    page.get_by_text("1 of 3 files uploaded · failed: 2").wait_for()
    assert page.get_by_role("button", name="Try again: b.txt").count() == 0
    page.get_by_role("button", name="Try all again").click()
    see_uploaded(page, 3, 3)
    assert page.get_by_role("button", name="again").count() == 0
    assert keys_of(aws, bucket) == ["a.txt", "b.txt", "c.txt"]


def test_what_is_cancelled_leaves_nothing_behind(
    aws: LocalAWS,
    opened: Callable[..., Any],
    page: Any,
    bucket: str,
    requests: Requests,
    choose: Callable[..., None],
    expect_errors: Callable[[], Any],
) -> None:
    opened()
    upload_one_part(page, requests, choose)
    with expect_errors(), page.expect_response(re.compile("/upload/abort/")):
        page.get_by_role("button", name="Cancel: big.txt").click()
    page.get_by_text("Cancelled", exact=True).wait_for()
    assert unfinished(aws, bucket) == keys_of(aws, bucket) == []


def test_a_file_that_is_gone_says_so(
    opened: Callable[..., Any],
    page: Any,
    requests: Requests,
    choose: Callable[..., None],
    tmp_path: Path,
    expect_errors: Callable[[], Any],
) -> None:
    opened()
    requests.hold()
    choose(page, a=b"content")
    requests.wait_for(1)
    (tmp_path / "a.txt").unlink()
    with expect_errors():
        requests.held.pop().abort()
        page.get_by_text("Failed: It cannot be read.").wait_for()


def test_by_keyboard_alone(
    aws: LocalAWS,
    opened: Callable[..., Any],
    bucket: str,
    tmp_path: Path,
    expect_errors: Callable[[], Any],
) -> None:
    for name in ("a.txt", "b.txt"):
        aws.client("s3").put_object(Bucket=bucket, Key=name, Body=b"old")
        (tmp_path / name).write_bytes(b"new")
    page = opened()

    def tab_to(name: str) -> None:
        button = page.get_by_role("button", name=name, exact=True)
        for _ in range(60):
            if button.evaluate("(button) => button === document.activeElement"):
                return
            page.keyboard.press("Tab")
        pytest.fail(f"The keyboard does not come to {name}.")

    # Listened for long before: a key is pressed without waiting for the browser to listen too.
    both = [tmp_path / "a.txt", tmp_path / "b.txt"]
    page.on("filechooser", lambda chooser: chooser.set_files(both))
    tab_to("Choose files")
    with expect_errors():
        page.keyboard.press("Enter")
        page.get_by_text("there already: 2").wait_for()
    tab_to("Skip: a.txt")
    page.keyboard.press("Enter")
    # The next question has the focus.
    focused = page.evaluate("document.activeElement.getAttribute('aria-label')")
    assert focused == "Skip: b.txt"
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    see_uploaded(page, 1, 2)
    assert content(aws, bucket, "a.txt") == b"old"
    assert content(aws, bucket, "b.txt") == b"new"


def test_where_cors_and_policy_allow_it_the_bytes_go_straight_to_s3(
    aws: LocalAWS,
    opened: Callable[..., Any],
    bucket: str,
    site: str,
    requests: Requests,
    choose: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    aws.client("s3").put_bucket_cors(
        Bucket=bucket,
        CORSConfiguration={
            "CORSRules": [
                {"AllowedOrigins": [site], "AllowedMethods": ["PUT"], "AllowedHeaders": ["*"]}
            ]
        },
    )
    monkeypatch.setattr(policy, "allowed_connections", [aws.endpoint_url])
    page = opened()
    choose(page, big=THREE_PARTS)
    see_uploaded(page, 1, 1)
    assert content(aws, bucket, "big.txt") == THREE_PARTS
    assert len([url for url in requests.asked if url.startswith(aws.endpoint_url)]) == 3
    assert requests.count("part") == 0


def test_under_a_strict_policy_s3_is_not_even_asked(
    aws: LocalAWS,
    opened: Callable[..., Any],
    bucket: str,
    requests: Requests,
    choose: Callable[..., None],
) -> None:
    aws.client("s3").put_bucket_cors(
        Bucket=bucket,
        CORSConfiguration={"CORSRules": [{"AllowedOrigins": ["*"], "AllowedMethods": ["PUT"]}]},
    )
    page = opened()
    choose(page, a=b"content")
    see_uploaded(page, 1, 1)
    assert content(aws, bucket, "a.txt") == b"content"
    assert not [url for url in requests.asked if url.startswith(aws.endpoint_url)]


def test_of_very_many_files_few_have_a_line(
    opened: Callable[..., Any], bucket: str, tmp_path: Path
) -> None:
    folder = tmp_path / "many"
    folder.mkdir()
    for number in range(3_000):
        (folder / f"{number:04}").write_bytes(b"")
    page = opened("change/")
    # Three requests for each of them, and S3 behind them, would take minutes: a script in the page
    # answers as the site does. Two of the files fail.
    page.evaluate(
        """() => {
            window.fetch = async (url, {body}) => {
                const {key} = JSON.parse(body);
                const fails = key.endsWith("0001") || key.endsWith("2999");
                return url.includes("/begin/") && fails
                    ? new Response('{"error": "No."}', {status: 400})
                    : new Response('{"upload_id": "u", "part_size": 8388608, "direct": false}');
            };
            philoAWS.Connection.prototype.send = async () => ({});
        }"""
    )
    drop(page, folder)
    page.get_by_text("2998 of 3000 files uploaded · failed: 2").wait_for(timeout=60_000)
    rows = page.locator(".aws-files li")
    assert rows.count() <= 200
    failed = page.locator(".aws-files li[data-state=failed] .aws-file-name").all_inner_texts()
    assert failed == ["many/0001", "many/2999"]


def test_unfinished_uploads_are_found_and_cleared(
    aws: LocalAWS,
    opened: Callable[..., Any],
    bucket: str,
    check_page: Callable[[Any], None],
) -> None:
    s3 = aws.client("s3")
    for key in ("d/a.bin", "d/<i>b\n", "d/kept.bin"):
        s3.create_multipart_upload(Bucket=bucket, Key=key)
    page = opened("change/?prefix=d/")
    more(page).get_by_role("link", name="Unfinished uploads").click()
    page.get_by_label("Select all on this page").check()
    page.get_by_label("Select kept.bin").uncheck()
    page.set_viewport_size(NARROW)
    check_page(page)
    page.get_by_role("button", name="Give up").click()
    page.get_by_text("2 unfinished uploads are given up.").wait_for()
    check_page(page)
    page.get_by_role("button", name="Give up").click()
    page.get_by_text("2 unfinished uploads were given up.").wait_for()
    assert unfinished(aws, bucket) == ["d/kept.bin"]
