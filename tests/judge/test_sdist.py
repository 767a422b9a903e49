"""Django's tests come out of its source distribution, and are fetched once."""

from __future__ import annotations

import tarfile
from pathlib import Path

import pytest

from tests.judge import sdist


def made(cache: Path, tmp_path: Path) -> Path:
    tests = tmp_path / "django-9.9" / "tests"
    (tests / "app").mkdir(parents=True)
    (tests / "runtests.py").write_text("run")
    (tests / "app" / "tests.py").write_text("tests")
    (tests.parent / "setup.py").write_text("no test")
    cache.mkdir()
    archive = cache / "django-9.9.tar.gz"
    with tarfile.open(archive, "w:gz") as content:
        content.add(tests.parent, "django-9.9")
    return archive


def test_the_tests_alone_are_unpacked_and_nothing_is_fetched_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = tmp_path / "cache"
    archive = made(cache, tmp_path)
    # Who would fetch it finds no pip.
    monkeypatch.setattr("sys.executable", "/nowhere/python")
    folder = sdist.folder_of_tests("9.9", cache)
    assert folder == cache / "django-9.9" / "tests"
    found = sorted(str(path.relative_to(cache)) for path in cache.rglob("*.py"))
    assert found == ["django-9.9/tests/app/tests.py", "django-9.9/tests/runtests.py"]
    archive.unlink()
    assert sdist.folder_of_tests("9.9", cache) == folder


def test_what_was_unpacked_in_part_does_not_count(tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    archive = made(cache, tmp_path)
    archive.write_bytes(archive.read_bytes()[:100])
    with pytest.raises((EOFError, tarfile.ReadError)):
        sdist.folder_of_tests("9.9", cache)
    assert not (cache / "django-9.9").exists()


def test_the_tests_of_tasks_of_a_later_one_are_put_beside_those_of_another(tmp_path: Path) -> None:
    for version in ("5.2", "6.0"):
        (tmp_path / f"django-{version}" / "tests" / "tasks").mkdir(parents=True)
        (tmp_path / f"django-{version}" / "tests" / "runtests.py").write_text(version)
    (tmp_path / "django-5.2" / "tests" / "tasks").rmdir()
    (tmp_path / "django-6.0" / "tests" / "tasks" / "tests.py").write_text("tests")
    folder = sdist.folder_with_tasks("5.2", "6.0", tmp_path)
    assert (folder / "runtests.py").read_text() == "5.2"
    assert (folder / "tasks" / "tests.py").read_text() == "tests"
    assert sdist.folder_with_tasks("5.2", "6.0", tmp_path) == folder
