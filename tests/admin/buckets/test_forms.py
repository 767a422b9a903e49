"""What a form shows comes back equal, or is refused before anything is sent."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from philo_aws.admin.buckets.forms import MetadataForm, TagsForm
from philo_aws.s3.objects.properties import HEADERS
from tests.admin.buckets.conftest import Pages
from tests.servers import LocalAWS

# https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-tagging.html
LETTERS = st.characters(
    categories=["L", "N", "Zs", "Zl", "Zp"], include_characters="+-=._:/@", codec="utf-8"
)
TAGS = st.dictionaries(
    # AWS keeps names that begin so for itself, however it is written.
    st.text(LETTERS, min_size=1, max_size=20).filter(lambda name: name[:4].lower() != "aws:"),
    st.text(LETTERS, max_size=20),
    max_size=10,
)
METADATA = st.dictionaries(
    st.from_regex(r"[a-z0-9_.-]{1,20}", fullmatch=True),
    st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=30).map(str.strip),
    max_size=6,
)


class Browser(HTMLParser):
    """What a browser sends of a form: the fields as they stand there, line feeds as two."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.fields: dict[str, str] = {}
        self._textarea = self._select = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        given = dict(attrs)
        if tag == "textarea":
            self._textarea = given["name"]
            self.fields[self._textarea] = ""
        elif tag == "select":
            self._select = given["name"]
        elif tag == "option" and "selected" in given:
            self.fields[self._select] = given["value"]
        elif tag == "input" and given.get("name"):
            self.fields[given["name"]] = given.get("value") or ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            # The first line feed after the tag is none of the value.
            text = self.fields[self._textarea].removeprefix("\n")
            self.fields[self._textarea] = text.replace("\n", "\r\n")
            self._textarea = ""

    def handle_data(self, data: str) -> None:
        if self._textarea:
            self.fields[self._textarea] += data


@given(TAGS)
def test_tags_come_back_through_the_form(tags: dict[str, str]) -> None:
    sent = Browser(str(TagsForm(initial={"tags": tags}))).fields
    form = TagsForm(sent)
    assert form.is_valid(), form.errors
    assert form.cleaned_data["tags"] == tags
    assert list(form.cleaned_data["tags"]) == list(tags)


@given(METADATA, st.sampled_from(["", "no-cache", 'attachment; filename="a b"']))
def test_metadata_come_back_through_the_form(metadata: dict[str, str], header: str) -> None:
    initial = {"metadata": metadata, "storage_class": "GLACIER_IR"}
    initial |= dict.fromkeys(HEADERS, header)
    form = MetadataForm(Browser(str(MetadataForm(initial=initial))).fields)
    assert form.is_valid(), form.errors
    assert form.cleaned_data == initial


@pytest.mark.parametrize("text", ["a", "=b", "a=1\na=2", 'a="x', "a=" + "x" * 257, 'a="\\n"'])
def test_what_s3_would_refuse_is_refused_by_the_form(text: str) -> None:
    assert not TagsForm({"tags": text}).is_valid()


@pytest.mark.aws_servers("ministack")
def test_saving_tags_that_were_only_shown_changes_none(aws: LocalAWS, pages: Pages) -> None:
    s3 = aws.client("s3")
    s3.put_object(Bucket=pages.bucket, Key="a", Body=b"x")

    @settings(
        max_examples=25,
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )
    @given(TAGS)
    def save(tags: dict[str, str]) -> None:
        wanted = [{"Key": name, "Value": value} for name, value in tags.items()]
        s3.put_object_tagging(Bucket=pages.bucket, Key="a", Tagging={"TagSet": wanted})
        page = Browser(pages.get("tags", key="a").content.decode())
        answer = pages.client.post(
            pages.path("tags", key="a"),
            urlencode({**page.fields, "confirm": "yes"}),
            content_type="application/x-www-form-urlencoded",
        )
        assert answer.status_code == 302
        found = s3.get_object_tagging(Bucket=pages.bucket, Key="a")["TagSet"]
        assert {tag["Key"]: tag["Value"] for tag in found} == tags

    save()
