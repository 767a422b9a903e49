"""A bucket's settings, as a person changes them, in a browser under a strict policy."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from philo_aws import s3
from tests.browser.conftest import CUT_TABLES, more, whole
from tests.servers import LocalAWS

pytestmark = pytest.mark.aws_servers("ministack")

NARROW = {"width": 320, "height": 640}
OLD: dict[str, Any] = {
    "ID": "old versions",
    "Filter": {"Prefix": ""},
    "Status": "Enabled",
    "NoncurrentVersionExpiration": {"NoncurrentDays": 30},
}


@pytest.fixture
def opened(page: Any, site: str, bucket: str) -> Callable[..., Any]:
    def open_page(path: str = "settings/") -> Any:
        page.goto(f"{site}/admin/philo_aws/bucket/{bucket}/{path}")
        return page

    return open_page


def everything(bucket: str, site: str) -> None:
    """Set a bucket so that each part of the page has something to show."""
    s3.put_bucket_versioning(bucket, {"Status": "Enabled"})
    s3.put_bucket_tagging(bucket, {"team": "web", "cost-centre": "x" * 200})
    cors = {"AllowedMethods": ["GET", "HEAD"], "AllowedOrigins": ["https://long.example.com"] * 3}
    s3.put_bucket_cors(bucket, {"CORSRules": [cors]})
    mine = {"Filter": {"Prefix": "a" * 300}, "Status": "Disabled", "Expiration": {"Days": 30}}
    s3.put_bucket_lifecycle_configuration(bucket, {"Rules": [OLD, mine]})
    s3.put_bucket_website(bucket, {"IndexDocument": {"Suffix": "index.html"}})
    s3.put_bucket_policy(
        bucket,
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Deny",
                    "Principal": "*",
                    "Action": "s3:DeleteBucket",
                    "Resource": f"arn:aws:s3:::{bucket}",
                }
            ],
        },
    )


def test_uploads_from_this_site_by_one_press_of_a_button(
    aws: LocalAWS,
    opened: Callable[..., Any],
    bucket: str,
    site: str,
    tmp_path: Path,
    expect_errors: Callable[[], Any],
) -> None:
    page = opened("change/")
    more(page).get_by_role("link", name="Settings", exact=True).click()
    page.get_by_role("button", name="Allow uploads from this site").click()
    page.get_by_text(f"Uploads from {site} go straight to S3 from now on.").wait_for()
    assert whole(page).get_by_role("button", name="Allow uploads").count() == 0
    # And so they do: nothing of the file goes through the site.
    (tmp_path / "a.txt").write_text("straight")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page = opened("upload/")
    # The policy of this test's site forbids other origins, so the browser falls back at once.
    with expect_errors():
        with page.expect_file_chooser() as chooser:
            page.get_by_role("button", name="Choose files").click()
        chooser.value.set_files([tmp_path / "a.txt"])
        page.get_by_text("1 of 1 files uploaded").wait_for()
    assert [url for url in asked if "/upload/sign/" in url]


def test_a_lifecycle_rule_by_the_keyboard_alone(
    aws: LocalAWS, opened: Callable[..., Any], bucket: str
) -> None:
    s3.put_bucket_lifecycle_configuration(bucket, {"Rules": [OLD]})
    before = s3.get_bucket_lifecycle_configuration(bucket)["Rules"]
    page = opened()

    def tab_to(words: str) -> None:
        script = """(words) => {
            const one = document.activeElement;
            const label = one.labels && one.labels[0] ? one.labels[0].innerText : "";
            return (one.getAttribute("aria-label") || label || one.innerText || "").trim()
                .startsWith(words);
        }"""
        for _ in range(80):
            page.keyboard.press("Tab")
            if whole(page).evaluate(script, words):
                return
        raise AssertionError(f"no way to {words} by the keyboard")

    tab_to("Add a lifecycle rule")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Lifecycle rule").wait_for()
    tab_to("Abort unfinished uploads")
    page.keyboard.press("ArrowDown")  # delete objects
    tab_to("After how many days")
    page.keyboard.press("Control+A")
    page.keyboard.type("14")
    tab_to("Only for names beginning with")
    page.keyboard.type("tmp/")
    page.keyboard.press("Enter")
    page.get_by_text("Objects are deleted after 14 days.").wait_for()
    *others, rule = s3.get_bucket_lifecycle_configuration(bucket)["Rules"]
    assert others == before
    assert (rule["Expiration"], rule["Filter"]["Prefix"]) == ({"Days": 14}, "tmp/")
    tab_to("Remove lifecycle rule 2")
    page.keyboard.press("Enter")
    page.get_by_text("This rule is removed.").wait_for()
    tab_to("Remove")
    page.keyboard.press("Enter")
    page.get_by_text("The rule was removed.").wait_for()
    assert s3.get_bucket_lifecycle_configuration(bucket)["Rules"] == before


@pytest.mark.parametrize("width", ["wide", "narrow"])
def test_every_page_of_the_settings_can_be_read_by_everybody(
    aws: LocalAWS,
    opened: Callable[..., Any],
    bucket: str,
    site: str,
    check_page: Callable[[Any], None],
    width: str,
) -> None:
    everything(bucket, site)
    page = opened()
    if width == "narrow":
        page.set_viewport_size(NARROW)
    check_page(page)
    assert page.evaluate(CUT_TABLES) == 0
    ways = page.locator(".aws-settings a").evaluate_all("(links) => links.map((one) => one.href)")
    assert len(set(ways)) == len(ways) == 11
    for way in [*ways, f"{site}/admin/philo_aws/bucket/{bucket}/settings/allow-uploads/"]:
        page.goto(way)
        whole(page).get_by_role("heading", level=1).wait_for()
        assert page.locator(".aws-error").count() == 0, way
        check_page(page)


@pytest.mark.parametrize(
    ("way", "change", "said"),
    [
        (
            "Change Versions",
            lambda page: page.get_by_label("On: what is overwritten").check(),
            "Versions are kept from now on.",
        ),
        (
            "Change Public access",
            lambda page: page.get_by_label("Refuse bucket policies").check(),
            "The block of public access was saved.",
        ),
        (
            "Change Default encryption",
            lambda page: page.get_by_label("With a key of AWS KMS (SSE-KMS)").check(),
            "The default encryption was saved.",
        ),
        (
            "Change Tags",
            lambda page: page.get_by_label("Tags").fill("team=web"),
            "The tags were saved.",
        ),
    ],
)
def test_a_setting_takes_three_clicks(
    aws: LocalAWS,
    opened: Callable[..., Any],
    way: str,
    change: Callable[[Any], None],
    said: str,
) -> None:
    page = opened()
    page.get_by_role("link", name=way, exact=True).click()
    page.get_by_role("heading", level=1).wait_for()
    change(page)
    page.get_by_role("button", name="Save").click()
    page.get_by_text(said).wait_for()


def test_somebody_else_was_faster(
    aws: LocalAWS, opened: Callable[..., Any], bucket: str, check_page: Callable[[Any], None]
) -> None:
    page = opened("settings/tags/")
    page.get_by_label("Tags").fill("mine=1")
    s3.put_bucket_tagging(bucket, {"theirs": "1"})
    page.get_by_role("button", name="Save").click()
    page.get_by_role("alert").get_by_text("changed by somebody else").wait_for()
    assert whole(page).get_by_label("Tags").input_value() == "mine=1"
    assert s3.get_bucket_tagging(bucket)["TagSet"] == [{"Key": "theirs", "Value": "1"}]
    check_page(page)
