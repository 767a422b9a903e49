from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from philo_aws.s3.web.deleted import count_deleted, scan_deleted
from tests.servers import LocalAWS

# moto lists only half of what lies between two markers, and does not bring back what was deleted
# twice: what is about either is ministack's alone.


def test_what_was_deleted_and_which_folders_hold_some(
    aws: LocalAWS, bucket: str, kept: Callable[..., Any]
) -> None:
    kept(["a", "b", "d/1", "d/2", "e/1", "f/g/1"], ["a", "d/1", "d/2", "f/g/1", "never"])
    page = scan_deleted(bucket, "")
    assert [(what.key, what.size, len(what.markers)) for what in page.objects] == [("a", 5, 1)]
    assert [(one.prefix, one.objects, one.complete) for one in page.folders.values()] == [
        ("d/", 2, True),
        ("f/", 1, True),
    ]
    assert page.after == ""
    inner = scan_deleted(bucket, "f/")
    assert list(inner.folders) == ["f/g/"]
    assert [what.key for what in scan_deleted(bucket, "d/").objects] == ["d/1", "d/2"]


@pytest.mark.aws_servers("ministack")
@pytest.mark.parametrize("size", [1, 2, 3, 1000])
def test_pages_that_end_anywhere_tell_the_same(
    aws: LocalAWS, bucket: str, kept: Callable[..., Any], small: Any, size: int
) -> None:
    put = ["a", "a", "b", "d/1", "d/1", "d/2", "e/1", "f"]
    kept(put, ["a", "a", "d/1", "d/2", "f"])
    small(size)
    objects: list[str] = []
    folders: dict[str, int] = {}
    after, asked = "", 0
    while after or not asked:
        asked += 1
        page = scan_deleted(bucket, "", after=after, pages=3)
        objects += [what.key for what in page.objects]
        for folder in page.folders.values():
            folders[folder.prefix] = folders.get(folder.prefix, 0) + folder.objects
        after = page.after
        assert asked < 20
    assert objects == ["a", "f"]
    assert list(folders) == ["d/"]
    assert count_deleted(bucket, [""]).objects == 4


def test_of_a_folder_that_holds_some_the_rest_is_not_looked_at(
    aws: LocalAWS, bucket: str, kept: Callable[..., Any], small: Callable[[int], list[str]]
) -> None:
    many = [f"d/{number:02}" for number in range(12)]
    kept([*many, "e/1", "z"], ["d/00", "d/11", "z"])
    began = small(4)
    page = scan_deleted(bucket, "")
    assert page.folders["d/"].complete is False
    assert [what.key for what in page.objects] == ["z"]
    assert len(began) == 2
    assert page.after == ""


def test_a_page_holds_so_many_and_the_next_goes_on(
    aws: LocalAWS, bucket: str, kept: Callable[..., Any]
) -> None:
    keys = [f"{number}" for number in range(5)]
    kept(keys, keys)
    first = scan_deleted(bucket, "", limit=3)
    second = scan_deleted(bucket, "", limit=3, after=first.after)
    found = [what.key for page in (first, second) for what in page.objects]
    assert found == keys
    assert second.after == ""
