"""Names of files: what is below the location, what would lead out of it, and what URLs have."""

from __future__ import annotations

import posixpath
from pathlib import PurePosixPath

import pytest
from django.core.exceptions import SuspiciousFileOperation
from hypothesis import given
from hypothesis import strategies as st

from philo_aws.storage.names import normalised, path_of_url, required


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a.txt", "a.txt"),
        ("a/b.txt", "a/b.txt"),
        ("a\\b.txt", "a/b.txt"),
        ("./a//b/../c.txt", "a/c.txt"),
        ("a/", "a"),
        (PurePosixPath("a/b"), "a/b"),
        ("", ""),
        (None, ""),
        (".", ""),
        ("./", ""),
        ("/", ""),
        ("a/..", ""),
        ("..a/b..", "..a/b.."),
    ],
)
def test_a_name_is_a_path_below_the_root(name: object, expected: str) -> None:
    assert normalised(name) == expected


@pytest.mark.parametrize(
    "name", ["/etc/passwd", "//host/x", "\\x", "..", "../x", "a/../../x", "a\\..\\..\\x"]
)
def test_what_leads_out_of_the_location_is_refused(name: str) -> None:
    with pytest.raises(SuspiciousFileOperation):
        normalised(name)


@pytest.mark.parametrize("name", [None, "", ".", "/"])
def test_a_file_needs_a_name(name: object) -> None:
    with pytest.raises(ValueError, match="no name of a file"):
        required(name)
    assert required("a") == "a"


@given(st.text(alphabet="a./\\\0é", max_size=12))
def test_whatever_is_given_stays_below_the_location(name: str) -> None:
    try:
        made = normalised(name)
    except SuspiciousFileOperation:
        return
    joined = posixpath.normpath(posixpath.join("/root", made))
    assert joined == "/root" or joined.startswith("/root/")
    assert normalised(made) == made


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("/a.txt", "a.txt"),
        ("//example.com/x", "example.com/x"),
        ("\\\\example.com/x", "example.com/x"),
        ("a/", "a/"),
        ("/", ""),
        (None, ""),
        ("", ""),
    ],
)
def test_the_path_of_a_url_names_no_other_host(name: object, expected: str) -> None:
    assert path_of_url(name) == expected
