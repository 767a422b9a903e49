"""Names of files in a zip: no way out, no two alike, no file where a folder is."""

from __future__ import annotations

import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from philo_aws.s3.web.zip_names import MAX_NAME_BYTES, Names, numbered


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("../../etc/passwd", "etc/passwd"),
        ("/root/./a//b", "root/a/b"),
        ("C:\\windows\\x", "C__windows_x"),
        ("new\nline\0\u202e.txt", "new_line__.txt"),
        ("..", "_"),
        ("a/ . /b", "a/b"),
        ("a/.. /b", "a/b"),
        ("a. /b.", "a/b"),
        (".hidden", ".hidden"),
        ("CON", "CON_"),
        ("d/nul.tar.gz", "d/nul_.tar.gz"),
        ("console", "console"),
        ("x" * 300 + ".jpeg", "x" * (MAX_NAME_BYTES - 5) + ".jpeg"),
        ("ü" * 300, "ü" * (MAX_NAME_BYTES // 2)),
        ("." * 300 + "x" * 50, "_"),
    ],
)
def test_no_name_leads_out_of_the_folder(key: str, name: str) -> None:
    assert Names().take(key) == name


def test_names_that_would_meet_are_kept_apart() -> None:
    names = Names()
    keys = ("a.txt", "A.txt", "/a.txt", ".hidden", "./.hidden", "\u00fc", "u\u0308")
    assert [names.take(key) for key in keys] == [
        *("a.txt", "A (2).txt", "a (3).txt", ".hidden", ".hidden (2)", "\u00fc", "u\u0308 (2)"),
    ]


def test_a_file_and_a_folder_are_not_of_one_name() -> None:
    names = Names()
    keys = ("dir", "dir/a", "DIR/b/c", "dir/b", "e/f", "e")
    assert [names.take(key) for key in keys] == [
        *("dir", "dir (2)/a", "dir (2)/b/c", "dir (2)/b (2)", "e/f", "e (2)"),
    ]


def test_what_is_reserved_is_taken() -> None:
    assert Names("_LOST.txt").take("_lost.TXT") == "_lost (2).TXT"


def test_names_that_were_made_can_be_wanted_too() -> None:
    names = Names()
    assert [names.take(key) for key in ("a (2)", "a", "a", "a (2)")] == [
        *("a (2)", "a", "a (3)", "a (2) (2)"),
    ]


def test_many_objects_of_one_name_take_no_more_time_each() -> None:
    def measure(count: int) -> float:
        names = Names()
        began = time.process_time()
        for number in range(count):
            # All of them come out as one name, by way of folders that do not count.
            names.take(f"{'./' * (number % 7)}same.txt")
        return time.process_time() - began

    measure(1000)
    # Were each compared with all before it, eight times as many would take 64 times as long.
    assert measure(16_000) < 30 * measure(2000) + 0.2


parts = st.sampled_from(["a", "A", "a (2)", "a.b", "..", "", " ", "b", "a.", "\u00e9", "e\u0301"])
keys = st.lists(parts, min_size=1, max_size=4).map("/".join) | st.text(max_size=40)


@given(st.lists(keys, max_size=30))
def test_whatever_the_keys_every_file_can_be_unpacked(given_keys: list[str]) -> None:
    names = Names()
    found = [names.take(key) for key in given_keys]
    files: set[tuple[str, ...]] = set()
    folders: set[tuple[str, ...]] = set()
    for name in found:
        path = tuple(unicodedata.normalize("NFC", part).casefold() for part in name.split("/"))
        assert all(part.strip(" .") or part == "_" for part in path)
        assert path not in files
        files.add(path)
        folders.update(path[:end] for end in range(1, len(path)))
    assert not files & folders


def test_a_number_stands_before_the_suffix() -> None:
    assert numbered("a.b.txt", 3) == "a.b (3).txt"
    assert numbered(".hidden", 3) == ".hidden (3)"
    assert numbered("a." + "x" * 50, 2) == "a." + "x" * 50 + " (2)"
