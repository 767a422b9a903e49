from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from philo_aws.exceptions import InvalidRequestError, LocalFileError
from philo_aws.management.json_input import read_entries, read_object
from tests.running import Stream


class TestReadObject:
    @pytest.mark.parametrize("given", [None, {"a": 1}])
    def test_python_values_are_kept(self, given: object) -> None:
        assert read_object("tags", given) == given

    def test_json(self) -> None:
        assert read_object("tags", '{"a": "ä"}') == {"a": "ä"}

    def test_a_file(self, tmp_path: Path) -> None:
        path = tmp_path / "tags.json"
        path.write_text('{"a": "ä"}', encoding="utf-8")

        assert read_object("tags", f"@{path}") == {"a": "ä"}

    @pytest.mark.parametrize("given", ["[]", '"x"', "5", "null"])
    def test_other_json(self, given: str) -> None:
        with pytest.raises(InvalidRequestError, match="--tags is no JSON object"):
            read_object("tags", given)

    def test_a_file_that_is_not_utf8(self, tmp_path: Path) -> None:
        path = tmp_path / "tags.json"
        path.write_bytes('{"a": "ä"}'.encode("latin-1"))

        with pytest.raises(InvalidRequestError, match=r"tags\.json' is not UTF-8 \(byte 8\)"):
            read_object("tags", f"@{path}")

    def test_a_missing_file(self, tmp_path: Path) -> None:
        with pytest.raises(LocalFileError, match="There is no file or folder"):
            read_object("tags", f"@{tmp_path}/none")


class TestReadEntries:
    @pytest.mark.parametrize(
        ("given", "entries"),
        [
            ('["a", {"b": 1}]', ["a", {"b": 1}]),
            ('{"b": 1}', [{"b": 1}]),
            ('"a"', ["a"]),
            (["a"], ["a"]),
            (("a", "b"), ["a", "b"]),
        ],
    )
    def test_lists_and_single_ones(self, given: object, entries: list[object]) -> None:
        assert read_entries("entries", given) == entries

    def test_an_argument_that_is_not_utf8(self) -> None:
        # So Python hands over bytes of the command line that it cannot decode.
        with pytest.raises(InvalidRequestError, match="--entries is not UTF-8"):
            read_entries("entries", '"\udcff"')

    def test_lines_are_read_as_they_are_wanted(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("sys.stdin", Stream(b'"a"\n \n{"b": 1}\nbroken\n'))

        entries = read_entries("entries", "-")

        assert isinstance(entries, Iterator)
        assert [next(entries), next(entries)] == ["a", {"b": 1}]
        with pytest.raises(InvalidRequestError, match="Line 4 of the standard input is not JSON"):
            next(entries)
