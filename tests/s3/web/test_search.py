from __future__ import annotations

from typing import Any

import pytest
from pytest_django import Settings

from philo_aws.exceptions import UsageError
from philo_aws.limits import MAX_KEYS
from philo_aws.s3.web import search
from philo_aws.s3.web.search import SearchStep, folded, search_step
from tests.admin.stores import Answer, Asked, serving
from tests.servers import LocalAWS


def put(aws: LocalAWS, bucket: str, *keys: str) -> None:
    for key in keys:
        aws.client("s3").put_object(Bucket=bucket, Key=key, Body=b"1")


def found(step: SearchStep) -> tuple[list[str], list[str]]:
    return list(step.prefixes), [entry.key for entry in step.entries]


def test_finds_names_that_contain_a_text_also_in_folders(aws: LocalAWS, bucket: str) -> None:
    keys = (
        "a/My Invoice.pdf",
        "a/b/c/INVOICE-2.pdf",
        "a/invoices/2025/1.pdf",
        "a/invoices/2025/2.pdf",
        "a/invoices/invoice.txt",
        "a/other.txt",
        "invoice-elsewhere.txt",
    )
    put(aws, bucket, *keys)
    step = search_step(bucket, "invoice", prefix="a/")
    assert found(step) == (
        ["a/invoices/"],
        ["a/My Invoice.pdf", "a/b/c/INVOICE-2.pdf", "a/invoices/invoice.txt"],
    )
    assert (step.seen, step.after, step.found) == (6, "", 4)


def test_with_a_slash_the_whole_path_is_looked_at(aws: LocalAWS, bucket: str) -> None:
    put(aws, bucket, "a/invoices/2025/1.pdf", "a/invoices/2026/1.pdf", "a/2025/x")
    step = search_step(bucket, "Invoices/2025/", prefix="a/")
    assert found(step) == ([], ["a/invoices/2025/1.pdf"])


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("Gro\u0308\u00dfe.txt", "gr\u00f6sse"),  # as macOS writes it
        ("GR\u00d6SSE.txt", "gr\u00f6\u00dfe"),
        ("\u0130stanbul", "i\u0307STANBUL"),
        ("\u65e5\u672c.txt", "\u672c"),
        ("a.b", "A.B"),
    ],
)
def test_capitals_and_ways_of_writing_a_letter_are_one(name: str, wanted: str) -> None:
    assert folded(wanted) in folded(name)


def test_goes_on_from_where_it_stopped_and_tells_a_folder_once(aws: LocalAWS, bucket: str) -> None:
    put(aws, bucket, *(f"x{number}/deep/x{n}" for number in range(3) for n in range(3)), "y")
    told: list[str] = []
    seen, after, steps = 0, "", 0
    while True:
        step = search_step(bucket, "x", after=after, limit=2)
        told += [*step.prefixes, *(entry.key for entry in step.entries)]
        seen, after, steps = seen + step.seen, step.after, steps + 1
        if not after:
            break
        assert step.seen == 2
    assert (seen, steps) == (10, 5)
    assert len(told) == len(set(told))
    assert {name for name in told if name.endswith("/")} == {"x0/", "x1/", "x2/"}
    assert len(told) == 12


def test_stops_at_as_many_as_a_page_shows(aws: LocalAWS, bucket: str) -> None:
    put(aws, bucket, *(f"k{number}" for number in range(5)))
    first = search_step(bucket, "K", most=2)
    assert (found(first), first.seen, first.after) == (([], ["k0", "k1"]), 2, "k1")
    rest = search_step(bucket, "K", most=3, after="k1")
    assert (found(rest), rest.after) == (([], ["k2", "k3", "k4"]), "")


def test_the_object_that_keeps_a_folder_is_the_folder(aws: LocalAWS, bucket: str) -> None:
    put(aws, bucket, "in/", "in/empty/")
    assert found(search_step(bucket, "empty", prefix="in/")) == (["in/empty/"], [])
    assert found(search_step(bucket, "in", prefix="in/")) == ([], [])


def endless(asked: Asked) -> Answer:
    """A listing of which every page is full and has a next."""
    first = int(asked.query.get("continuation-token", "0"))
    rows = "".join(
        f"<Contents><Key>k{first + n:09}</Key><LastModified>2026-01-02T03:04:05.000Z"
        "</LastModified><ETag>e</ETag><Size>1</Size></Contents>"
        for n in range(1000)
    )
    return Answer(
        200,
        "<ListBucketResult><IsTruncated>true</IsTruncated>"
        f"<NextContinuationToken>{first + 1000}</NextContinuationToken>{rows}"
        "</ListBucketResult>".encode(),
    )


def test_asks_for_no_more_than_ten_pages_and_ends_in_time(settings: Settings) -> None:
    with serving(endless) as store:
        settings.AWS = store.settings()
        step = search_step("some-bucket", "nothing")
        assert (step.seen, step.after, len(store.asked)) == (10_000, "k000009999", 10)
        step = search_step("some-bucket", "nothing", seconds=0)
        assert (step.seen, step.after, len(store.asked)) == (1_000, "k000000999", 11)


def test_arguments_that_cannot_be(ministack: LocalAWS) -> None:
    wrong: list[dict[str, Any]] = [{"limit": 0}, {"most": 0}, {"seconds": -1}, {"prefix": 1}]
    for given in wrong:
        with pytest.raises(UsageError):
            search_step("some-bucket", "a", **given)
    assert search.MOST_KEYS % MAX_KEYS == 0
