from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from philo_aws.exceptions import InvalidRequestError, LocalFileError, UsageError
from philo_aws.management.json_input import (
    read_attributes,
    read_document,
    read_entries,
    read_object,
)
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


class TestReadDocument:
    def test_json_a_file_and_stdin(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        path = tmp_path / "rules.json"
        path.write_text('{"a": "\xe4"}', encoding="utf-8")
        monkeypatch.setattr("sys.stdin", Stream('{"a": "\xe4"}'.encode()))

        for given in (' {"a": "\xe4"}', str(path), f"@{path}", "-", {"a": "\xe4"}):
            assert read_document("configuration", given) == {"a": "\xe4"}

    @pytest.mark.parametrize("given", ["[]", 5, '{"a":'])
    def test_what_is_none(self, given: object) -> None:
        with pytest.raises(UsageError, match="--configuration is"):
            read_document("configuration", given)

    def test_a_missing_file(self, tmp_path: Path) -> None:
        with pytest.raises(LocalFileError, match="no file or folder"):
            read_document("configuration", str(tmp_path / "none.json"))


class TestReadEntries:
    @pytest.mark.parametrize(
        ("given", "entries"),
        [
            ('["a", {"b": 1}]', ["a", {"b": 1}]),
            ('{"b": 1}', [{"b": 1}]),
            ('"a"', ["a"]),
            (["a"], ["a"]),
            (("a", "b"), ["a", "b"]),
            ({"MessageBody": "a"}, [{"MessageBody": "a"}]),
            (5, [5]),
            (b"a", [b"a"]),
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


class TestMessageAttributes:
    def test_bytes_are_in_base64(self) -> None:
        given = '{"b": {"DataType": "Binary", "BinaryValue": "/wBh"}, "s": "/wBh"}'

        assert read_attributes("message_attributes", given) == {
            "b": {"DataType": "Binary", "BinaryValue": b"\xff\0a"},
            "s": "/wBh",
        }
        (entry,) = read_entries("entries", f'{{"MessageBody": "x", "MessageAttributes": {given}}}')
        assert entry["MessageAttributes"]["b"]["BinaryValue"] == b"\xff\0a"

    def test_those_of_python_are_kept(self) -> None:
        given = {"b": {"DataType": "Binary", "BinaryValue": b"/wBh"}, "n": 5}

        assert read_attributes("message_attributes", given) == given
        assert read_attributes("message_attributes", None) is None

    @pytest.mark.parametrize("text", ["/wB", "/w Bh", "ä", "/wBh\n"])
    def test_what_is_no_base64_is_left_for_the_check(self, text: str) -> None:
        given = {"b": {"DataType": "Binary", "BinaryValue": text}}

        assert read_attributes("message_attributes", given) == given

    def test_numbers_keep_their_digits(self) -> None:
        text = "0.1234567890123456789012345678901234567"

        (number,) = (read_attributes("message_attributes", f'{{"n": {text}}}') or {}).values()

        assert str(number) == text
        assert read_object("attributes", '{"n": 1.5}') == {"n": 1.5}


class TestWhatIsNoJson:
    @pytest.mark.parametrize(
        ("text", "problem"),
        [
            ('{"a": NaN}', "NaN is no number of JSON"),
            ('{"a": -Infinity}', "-Infinity is no number"),
            ('{"a": 1, "b": {"c": 1, "c": 2}}', "has the name 'c' twice"),
            ('{"a": ' + "1" * 5000 + "}", "cannot be read"),
        ],
        ids=lambda value: value[:20],
    )
    def test_though_python_would_take_it(self, text: str, problem: str) -> None:
        with pytest.raises(UsageError, match=problem):
            read_object("attributes", text)

    @pytest.mark.parametrize("flag", ["attributes", "tags", "message_attributes", "entries"])
    def test_the_hint_names_the_flag(self, flag: str) -> None:
        read = read_entries if flag == "entries" else read_object

        with pytest.raises(UsageError, match=rf"--{flag} is not JSON.*shell: --{flag} '"):
            read(flag, "{bad")

    @pytest.mark.parametrize("given", [5, b"{}", ["a"]])
    def test_what_is_neither_text_nor_dict(self, given: object) -> None:
        with pytest.raises(UsageError, match="Give JSON as text, or a dict"):
            read_object("tags", given)
