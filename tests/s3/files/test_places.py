from __future__ import annotations

import os
from pathlib import Path

import pytest

from philo_aws.exceptions import LocalFileError
from philo_aws.s3.files import places
from philo_aws.s3.files.places import Places


@pytest.mark.parametrize(
    "key", ["a", "a/b/c", "a b", "a\nb", "..a", "a..b/c", "...", ".hidden", "\U0001f600", "x" * 255]
)
def test_a_key_gets_the_path_of_its_name(tmp_path: Path, key: str) -> None:
    assert Places(tmp_path).of(key) == f"{tmp_path}/{key}"


@pytest.mark.parametrize(
    "key",
    [
        "../a",
        "a/../../b",
        "a/..",
        "..",
        "/etc/passwd",
        "//a",
        "a//b",
        "a/./b",
        ".",
        "a/",
        "",
        "a\0b",
        "x" * 256,
        "\xe9" * 128,
    ],
)
def test_a_key_that_is_no_path_below_the_folder_is_refused(tmp_path: Path, key: str) -> None:
    with pytest.raises(LocalFileError, match="cannot become a file here") as caught:
        Places(tmp_path).of(key)
    assert caught.value.code == "Confined"


def test_nothing_is_written_through_a_link(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "link").symlink_to(tmp_path / "out")
    (tmp_path / "in" / "file").symlink_to(tmp_path / "out" / "x")
    for key in ("link/a", "link/deep/a", "file"):
        with pytest.raises(LocalFileError, match="symbolic link"):
            Places(tmp_path / "in").of(key)


def test_a_file_in_the_place_of_a_folder_and_the_reverse(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(LocalFileError, match="is no folder"):
        Places(tmp_path).of("file/a")
    with pytest.raises(LocalFileError, match="is a folder"):
        Places(tmp_path).of("folder")
    with pytest.raises(LocalFileError, match="special file"):
        Places(tmp_path).of("pipe")


def test_a_key_and_its_child_collide_whatever_comes_between(tmp_path: Path) -> None:
    found = Places(tmp_path)
    for key in ("K", "K!", "K-1", "K-1.x"):
        found.of(key)
    with pytest.raises(LocalFileError, match="'K' takes the place of its folder"):
        found.of("K/child/deep")
    assert found.of("K0").endswith("/K0")
    assert found.of("K0.x/child")


@pytest.mark.parametrize(
    "keys, message",
    [
        (["README", "readme"], "takes it and 'README' for one name"),
        (["A", "a/x"], "'A' takes the place of its folder"),
        (["A/x", "a"], "has a folder of this name"),
        (["STRASSE", "stra\xdfe"], "takes it and 'STRASSE'"),
        (["caf\xe9", "cafe\u0301"], "takes it and"),
    ],
)
def test_names_that_a_folding_file_system_takes_for_one_collide(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, keys: list[str], message: str
) -> None:
    # No local file system folds names; what it would do is said, the rest is real.
    monkeypatch.setattr(places, "_foldings", lambda root: (True, True))
    found = Places(tmp_path)
    *first, last = keys
    for key in first:
        found.of(key)
    with pytest.raises(LocalFileError, match=message):
        found.of(last)
    assert found.of("A-other/x")


def test_a_file_that_stays_as_it_is_has_its_place_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(places, "_foldings", lambda root: (True, True))
    found = Places(tmp_path)
    found.note("README")
    with pytest.raises(LocalFileError, match="takes it and 'README' for one name"):
        found.of("readme")
    with pytest.raises(LocalFileError, match="takes it and 'README' for one name"):
        found.note("Readme")
    assert found.holds("rEADME")
    assert not found.holds("other")


def test_such_names_are_two_files_elsewhere(tmp_path: Path) -> None:
    found = Places(tmp_path)
    found.note("README")
    assert [found.of(key) for key in ("README", "cafe\u0301", "caf\xe9", "readme")]
    assert not found.holds("readme")
    assert list(tmp_path.iterdir()) == []


def test_whether_there_is_a_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "old").write_bytes(b"old")
    (tmp_path / "empty").mkdir()
    found = Places(tmp_path)
    told = {}
    for key in ("empty/a", "full/new", "full/old", "missing/a"):
        found.of(key)
        told[key] = found.taken
    assert told == {"empty/a": False, "full/new": False, "full/old": True, "missing/a": False}


def test_a_folder_that_was_empty_is_looked_at_anew_when_it_was_forgotten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(places, "_REMEMBERED", 0)
    (tmp_path / "a").mkdir()
    found = Places(tmp_path)
    found.of("a/1")
    (tmp_path / "a" / "2").symlink_to(tmp_path)
    found.of("b/1")
    with pytest.raises(LocalFileError, match="symbolic link"):
        found.of("a/2")
