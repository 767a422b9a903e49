from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.admin.buckets.conftest import Pages
from tests.servers import LocalAWS

pytestmark = pytest.mark.aws_servers("ministack")


def put(aws: LocalAWS, bucket: str, **sizes: int) -> None:
    for key, size in sizes.items():
        aws.client("s3").put_object(Bucket=bucket, Key=key.replace("_", "/"), Body=b"x" * size)


def test_adds_up_by_child_largest_first(
    aws: LocalAWS, pages: Pages, text_of: Callable[[Any], str], calls: list[str]
) -> None:
    put(aws, pages.bucket, a_1=100, a_b_2=200, c_1=600, here=100)
    response = pages.get("usage")
    text = text_of(response)
    assert "Objects 4 Size 1,000 bytes By folder" in text.replace("\xa0", " ")
    assert (
        text.index("c/ 1 600") < text.index("a/ 2 300") < text.index("Objects directly here 1 100")
    )
    assert "60 %" in text
    # The bars are parts of the whole, as the numbers beside them are.
    drawn = re.findall(r'<rect width="([^"]*)"', response.content.decode())
    assert drawn == ["60.0%", "30.0%", "10.0%"]
    assert calls == ["ListObjectsV2"]


def test_a_child_has_a_chart_of_its_own(
    aws: LocalAWS, pages: Pages, links_of: Callable[[Any], dict[str, str]]
) -> None:
    put(aws, pages.bucket, a_1=100, a_b_2=200)
    assert links_of(pages.get("usage"))["a/"] == pages.path("usage", prefix="a/")
    assert "b/" in links_of(pages.get("usage", prefix="a/"))


def test_says_when_it_stopped(
    aws: LocalAWS, pages: Pages, monkeypatch: pytest.MonkeyPatch, text_of: Callable[[Any], str]
) -> None:
    from philo_aws.admin.buckets.usage import UsageView

    monkeypatch.setattr(UsageView, "limit", 2)
    put(aws, pages.bucket, a=1, b=1, c=1)
    text = text_of(pages.get("usage"))
    assert "Counting was stopped after 2 objects, at “b”. There is more." in text
    assert "2 or more" in text


def test_an_empty_folder_says_so(pages: Pages, text_of: Callable[[Any], str]) -> None:
    assert "Nothing is here." in text_of(pages.get("usage", prefix="none/"))
