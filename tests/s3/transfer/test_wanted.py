"""What cannot be wanted is refused at every door, before anything is asked or touched."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from pytest_django import Settings

from philo_aws import s3
from philo_aws.exceptions import UsageError
from philo_aws.s3.headers import HeaderRule
from tests.s3.files.test_tree import plant
from tests.s3.liststore import ListStore, listing

DOORS: list[Callable[..., Any]] = [s3.upload_dir, s3.download_dir, s3.sync]
EVERYWHERE: list[tuple[str, Any, str]] = [
    ("compare", "md5", "compare is 'md5'. It can be 'checksum', 'size_mtime', 'size' or 'always'."),
    ("compare", "Size", "compare is 'Size'. Did you mean 'size'?"),
    ("compare", None, "compare is None."),
    ("rules", "*.css", "rules is '*.css'. Give a list, each of it a Rule."),
    ("rules", ["*.css"], "rules holds '*.css', which is no Rule."),
    ("rules", None, "rules is None."),
    ("prefix", None, "prefix is None. Give a text."),
    ("prefix", b"a/", "prefix is b'a/'."),
    ("prefix", Path("a"), "Give a text."),
    ("extra_args", "ACL=private", "extra_args is no dict."),
    ("extra_args", [("ACL", "private")], "extra_args is no dict."),
    ("transfer", {"part_size": 1}, "transfer is {'part_size': 1}, no TransferConfig."),
    (
        "purpose",
        "page",
        "purpose is 'page'. It can be 'web', 'commands', 'web_writes', 'poll' or 'ack'.",
    ),
    ("dry_run", "no", "dry_run is 'no'. Give True or False."),
    ("dry_run", 0, "dry_run is 0."),
]
UP: list[tuple[str, Any, str]] = [
    ("headers", "*.css:Cache-Control=no-store", "headers is '*.css:Cache-Control=no-store'."),
    (
        "headers",
        HeaderRule(pattern="*", name="Expires", value="0"),
        "headers is the one HeaderRule",
    ),
    ("default_headers", "Cache-Control=no-store", "default_headers is no dict."),
    ("default_headers", {"Cache-Control": 60}, "default_headers['Cache-Control'] is 60."),
    ("follow_symlinks", "false", "follow_symlinks is 'false'. Give True or False."),
]
SYNC: list[tuple[str, Any, str]] = [
    ("direction", "Up", "direction is 'Up'. Did you mean 'up'? It can be 'up' or 'down'."),
    ("direction", "DOWN", "Did you mean 'down'?"),
    ("direction", "upload", "It can be 'up' or 'down'."),
    ("direction", "", "It can be 'up' or 'down'."),
    ("direction", None, "It can be 'up' or 'down'."),
    ("direction", True, "It can be 'up' or 'down'."),
    ("delete", "no", "delete is 'no'. Give True or False."),
    ("allow_empty", 1, "allow_empty is 1."),
    *(
        ("max_delete", value, f"max_delete is {value!r}. Give a whole number of 0 or more.")
        for value in (-1, True, False, 1.0, math.nan, math.inf, "3")
    ),
]
CASES = [
    *((door, *case) for door in DOORS for case in EVERYWHERE),
    *((door, *case) for door in (s3.upload_dir, s3.sync) for case in UP),
    *((s3.sync, *case) for case in SYNC),
]


@pytest.fixture
def store(settings: Settings) -> Iterator[ListStore]:
    with listing(settings, "far") as store:
        yield store


@pytest.mark.parametrize(
    ("door", "name", "value", "sentence"),
    CASES,
    ids=[f"{case[0].__name__}-{case[1]}-{case[2]!r:.20}" for case in CASES],
)
def test_what_cannot_be_wanted_is_refused(
    store: ListStore, tmp_path: Path, door: Callable[..., Any], name: str, value: Any, sentence: str
) -> None:
    plant(tmp_path, "precious")
    options: dict[str, Any] = {name: value}
    if door is s3.sync:
        options = {"delete": True, **options}
    with pytest.raises(UsageError) as caught:
        door(tmp_path, "bucket", **options)
    assert sentence in str(caught.value)
    assert store.requests == []
    assert [path.name for path in tmp_path.iterdir()] == ["precious"]


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("folder", [None, "", 3, b"folder", "a\0b"])
def test_what_is_no_folder_is_refused(
    store: ListStore, door: Callable[..., Any], folder: Any
) -> None:
    with pytest.raises(UsageError, match=r"Give the path of a folder|no path"):
        door(folder, "bucket")
    assert store.requests == []


@pytest.mark.parametrize(
    "options",
    [
        {"direction": "Up", "delete": True},
        {"compare": "etag"},
        {"max_delete": -1, "delete": True},
        {"max_delete": 1.5, "delete": True},
        {"delete": "no"},
    ],
)
def test_the_command_refuses_it_too(
    store: ListStore, tmp_path: Path, options: dict[str, Any]
) -> None:
    plant(tmp_path, "precious")
    with pytest.raises(CommandError, match=next(iter(options))):
        call_command("aws_s3", "sync", bucket="bucket", root_folder=str(tmp_path), **options)
    assert store.requests == []
    assert [path.name for path in tmp_path.iterdir()] == ["precious"]
