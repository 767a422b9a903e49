from __future__ import annotations

import bisect
import datetime
import random
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from philo_aws.exceptions import BucketNotFoundError, UsageError
from philo_aws.s3.web import ends
from philo_aws.s3.web.ends import End, find_end
from philo_aws.s3.web.page import ContentsPage, ListedObject, list_page
from tests.servers import LocalAWS

NOW = datetime.datetime(2026, 1, 2, tzinfo=datetime.UTC)


def put(aws: LocalAWS, bucket: str, *keys: str) -> None:
    client = aws.client("s3")
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda key: client.put_object(Bucket=bucket, Key=key, Body=b""), keys))


def listed(bucket: str, end: End, prefix: str = "") -> list[str]:
    page = list_page(bucket, prefix=prefix, start_after=end.after)
    assert not page.next_token
    return sorted([*page.prefixes, *(entry.key for entry in page.entries)])


@pytest.mark.aws_servers("ministack")
def test_the_last_hundred_of_three_thousand_by_a_few_requests(aws: LocalAWS, bucket: str) -> None:
    put(aws, bucket, *(f"d/k{number:04}" for number in range(3_000)), "e", "d")
    end = find_end(bucket, prefix="d/")
    assert end.found
    assert end.requests <= 6
    assert listed(bucket, end, "d/") == [f"d/k{number:04}" for number in range(2_900, 3_000)]


def test_folders_are_rows_too(aws: LocalAWS, bucket: str) -> None:
    put(aws, bucket, "d/", *(f"d/{name}/{n}" for name in "abcdef" for n in range(3)), "d/ca")
    assert listed(bucket, find_end(bucket, prefix="d/", rows=3), "d/") == ["d/d/", "d/e/", "d/f/"]
    assert listed(bucket, find_end(bucket, prefix="d/", rows=5), "d/")[0] == "d/c/"
    # What keeps the folder is not in it, and after it comes all of it.
    assert len(listed(bucket, find_end(bucket, prefix="d/", rows=7), "d/")) == 7


def test_a_short_listing_has_one_page(aws: LocalAWS, bucket: str) -> None:
    assert find_end(bucket) == End(after="", found=True, requests=1)
    put(aws, bucket, "a", "b")
    assert find_end(bucket) == End(after="", found=True, requests=1)
    # After what is beyond the end the beginning is looked at.
    assert find_end(bucket, after="c") == End(after="", found=True, requests=2)


class Shelf:
    """Keys as S3 lists them, and no server: none could be filled with a million in time."""

    def __init__(self, keys: list[str]) -> None:
        self.keys = sorted(keys)
        self.asked = 0

    def list_page(self, *args: Any, prefix: str, start_after: str, **options: Any) -> ContentsPage:
        self.asked += 1
        first = bisect.bisect_right(self.keys, start_after)
        rows = self.keys[first : first + 1000]
        return ContentsPage(
            entries=tuple(ListedObject(key=key, size=0, last_modified=NOW) for key in rows),
            next_token="more" if first + 1000 < len(self.keys) else "",
        )


def dates(count: int) -> list[str]:
    start = datetime.datetime(2019, 1, 1, tzinfo=datetime.UTC)
    step = datetime.timedelta(minutes=37)
    return [f"app/log-{(start + n * step).isoformat()}.json" for n in range(count)]


SHAPES: dict[str, Callable[[random.Random], list[str]]] = {
    "numbers": lambda rng: [f"file-{n:07}.txt" for n in range(200_000)],
    "numbers without zeros": lambda rng: [f"{n}" for n in range(100_000)],
    "moments": lambda rng: dates(100_000),
    "uuids": lambda rng: [str(uuid.UUID(int=rng.getrandbits(128))) for _ in range(100_000)],
    "words": lambda rng: [
        "".join(rng.choices("abcdefghijklmnopqrstuvwxyz ABCZ09-_.", k=12)) for _ in range(50_000)
    ],
    "one far behind": lambda rng: [*(f"a{n:05}" for n in range(50_000)), "zzz"],
    "scripts": lambda rng: ["".join(rng.choices("aéж日本😀", k=8)) for _ in range(30_000)],
    "longer and longer": lambda rng: ["x" * n for n in range(1, 1024)] + ["x" * 1023 + "y"],
}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("rows", [1, 100, 1000])
def test_the_last_page_of_very_many(monkeypatch: pytest.MonkeyPatch, shape: str, rows: int) -> None:
    shelf = Shelf(list(set(SHAPES[shape](random.Random(7)))))
    monkeypatch.setattr(ends, "list_page", shelf.list_page)
    end = find_end("some-bucket", rows=rows)
    assert (end.found, end.requests) == (True, shelf.asked)
    last = shelf.keys[bisect.bisect_right(shelf.keys, end.after) :]
    assert 1 <= len(last) <= rows
    assert last == shelf.keys[-len(last) :]
    # With 100 ms for each request: within three seconds.
    assert end.requests <= 30


def test_it_ends_in_time_and_goes_on_from_where_it_came(monkeypatch: pytest.MonkeyPatch) -> None:
    shelf = Shelf(SHAPES["moments"](random.Random(7)))
    monkeypatch.setattr(ends, "list_page", shelf.list_page)
    after, steps = "", 0
    while True:
        end = find_end("some-bucket", after=after, most=3)
        steps += 1
        assert end.requests <= 3
        assert end.after > after
        after = end.after
        if end.found:
            break
    assert steps > 1
    assert len(shelf.keys) - bisect.bisect_right(shelf.keys, after) == 100
    end = find_end("some-bucket", seconds=0)
    assert (end.found, end.requests, end.after) == (False, 1, shelf.keys[999])


def test_a_bucket_that_is_not_there(aws: LocalAWS) -> None:
    with pytest.raises(BucketNotFoundError):
        find_end("no-such-bucket-here")


def test_arguments_that_cannot_be(ministack: LocalAWS) -> None:
    wrong: list[dict[str, Any]] = [{"rows": 0}, {"rows": 1001}, {"most": 0}, {"seconds": -1}]
    for given in wrong:
        with pytest.raises(UsageError):
            find_end("some-bucket", **given)
