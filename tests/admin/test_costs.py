"""What a stranger puts into a bucket makes no page larger or slower than the documented bounds."""

from __future__ import annotations

import time
from collections.abc import Iterator
from urllib.parse import quote

import pytest
from django.test import Client
from pytest_django import Settings

from philo_aws.admin.text import LONGEST
from tests.admin.stores import Answer, Asked, Store, refusal, serving

BUCKET = "/admin/philo_aws/bucket/some-bucket/"
DATE = "<LastModified>2026-01-02T03:04:05.000Z</LastModified><ETag>e</ETag><Size>1</Size>"


@pytest.fixture
def store(settings: Settings) -> Iterator[Store]:
    with serving(lambda asked: refusal(asked, "AccessDenied", 403)) as running:
        settings.AWS = running.settings()
        yield running


@pytest.mark.parametrize("character", ['"', "\x1b", "\U000e0001", "日", "/", "\u202e", "%"])
def test_a_page_of_the_longest_keys(store: Store, admin_client: Client, character: str) -> None:
    long = character * (1020 // len(character.encode()))
    keys = "".join(
        f"<Contents><Key>{quote(f'{number:04}{long}')}</Key>{DATE}</Contents>"
        for number in range(100)
    )
    page = f"<ListBucketResult><EncodingType>url</EncodingType>{keys}</ListBucketResult>"
    store.answer = lambda asked: Answer(200, page.encode())
    began = time.process_time()
    response = admin_client.get(f"{BUCKET}change/")
    assert response.status_code == 200
    assert time.process_time() - began < 10
    assert len(response.content) < 3_500_000


def test_an_object_with_the_largest_headers_and_tags(store: Store, admin_client: Client) -> None:
    tags = "".join(
        f"<Tag><Key>{number}</Key><Value>{'&#34;' * 100_000}</Value></Tag>" for number in range(50)
    )

    def answer(asked: Asked) -> Answer:
        if "tagging" in asked.query:
            return Answer(200, f"<Tagging><TagSet>{tags}</TagSet></Tagging>".encode())
        if "versions" in asked.query:
            return Answer(200, b"<ListVersionsResult></ListVersionsResult>")
        date = "Fri, 02 Jan 2026 03:04:05 GMT"
        headers = (("ETag", '"e"'), ("Last-Modified", date), ("x-amz-meta-a", "<" * 60_000))
        return Answer(200, b"x", "text/" + "'" * 60_000, headers)

    store.answer = answer
    response = admin_client.get(f"{BUCKET}object/?key=a")
    assert response.status_code == 200
    body = response.content.decode()
    assert f"… ({60_005 - LONGEST:,} more characters)" in body
    assert "… (55,000 more characters)" in body
    assert body.count("… (95,000 more characters)") == 50
    assert len(body) < 52 * 6 * LONGEST + 200_000


def test_what_a_store_says_is_shown_within_bounds(store: Store, admin_client: Client) -> None:
    store.answer = lambda asked: refusal(asked, "Strange", 400, "<" * 1_000_000)
    body = admin_client.get(f"{BUCKET}change/").content.decode()
    assert "more characters)" in body
    assert len(body) < 100_000
