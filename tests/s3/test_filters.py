from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from philo_aws.exceptions import LocalFileError, UsageError
from philo_aws.s3.filters import Filter, Rule, read_rules


def rules(*lines: str) -> list[Rule]:
    """`+css/**` and `-*.map` as rules."""
    return [Rule(keep=line[0] == "+", pattern=line[1:]) for line in lines]


@pytest.mark.parametrize(
    "pattern, matching, others",
    [
        ("*.css", ["a.css", "x/y/a.css", ".css"], ["a.css2", "a.CSS"]),
        ("css", ["css", "css/a", "x/css/a"], ["css2", "xcss"]),
        ("css/", ["css/a", "x/css/a"], ["css"]),
        ("/css", ["css", "css/a"], ["x/css"]),
        ("css/*", ["css/a", "css/a/b"], ["css", "x/css/a"]),
        ("css/*.map", ["css/a.map"], ["css/b/a.map"]),
        ("css/**/a", ["css/a", "css/b/c/a"], ["css/b/c/d", "a"]),
        ("**/a.txt", ["a.txt", "b/a.txt"], ["ba.txt"]),
        ("media/**", ["media/a", "media/b/c"], ["media", "mediax/a"]),
        ("a?c", ["abc", "a\nc"], ["ac", "a/c"]),
        ("[ab].txt", ["a.txt"], ["c.txt"]),
        ("[!ab].txt", ["c.txt"], ["a.txt"]),
        ("[*].txt", ["*.txt"], ["a.txt"]),
        ("a.b", ["a.b"], ["axb"]),
        ("x[!a]y", ["xby"], ["x/y"]),
    ],
)
def test_a_pattern_matches(pattern: str, matching: list[str], others: list[str]) -> None:
    chosen = Filter(rules("-" + pattern))
    assert [key for key in matching if chosen.keeps(key)] == []
    assert [key for key in others if not chosen.keeps(key)] == []


@pytest.mark.parametrize(
    "lines, kept, dropped",
    [
        ([], ["anything"], []),
        (["-*.map", "+keep.map"], ["a", "keep.map"], ["a.map"]),
        (["+keep.map", "-*.map"], [], ["keep.map", "a"]),
        (["+*.css"], ["a.css"], ["a.js"]),
        (["-*", "+*.css"], ["a.css", "x/a.css"], ["a.js"]),
        (["+css/", "-css/old/", "+css/old/a"], ["css/b", "css/old/a"], ["css/old/b", "js/a"]),
    ],
)
def test_the_last_rule_that_matches_decides(
    lines: list[str], kept: list[str], dropped: list[str]
) -> None:
    chosen = Filter(rules(*lines))
    assert all(chosen.keeps(key) for key in kept)
    assert not any(chosen.keeps(key) for key in dropped)


PARTS = st.sampled_from(["a", "b", "ab", "*", "a*", "?", "**", "[ab]", "[!a]"])
PATTERNS = st.builds(
    lambda parts, start, end: start + "/".join(parts) + end,
    st.lists(PARTS, min_size=1, max_size=3),
    st.sampled_from(["", "/"]),
    st.sampled_from(["", "/"]),
)
RULES = st.lists(st.builds(lambda keep, p: Rule(keep=keep, pattern=p), st.booleans(), PATTERNS))
KEYS = st.lists(st.sampled_from(["a", "b", "ab", "c", "ba"]), min_size=1, max_size=4).map("/".join)


@given(RULES, KEYS)
def test_pruning_and_the_common_prefix_never_lose_a_key(made: list[Rule], key: str) -> None:
    chosen = Filter(made)
    if chosen.keeps(key):
        assert key.startswith(chosen.common_prefix())
        parts = key.split("/")
        for depth in range(1, len(parts)):
            assert chosen.may_hold("/".join(parts[:depth]) + "/")


@pytest.mark.parametrize(
    "lines, folder, expected",
    [
        (["-node_modules"], "node_modules/", False),
        (["-node_modules/"], "x/node_modules/", False),
        (["-node_modules", "+*.css"], "node_modules/", True),
        (["-node_modules", "+css/*.css"], "node_modules/", False),
        (["+css/**"], "js/", False),
        (["+css/deep/**"], "css/", True),
        (["-*.map"], "css/", True),
    ],
)
def test_folders_that_cannot_hold_a_match_are_pruned(
    lines: list[str], folder: str, expected: bool
) -> None:
    assert Filter(rules(*lines)).may_hold(folder) is expected


@pytest.mark.parametrize(
    "lines, prefix",
    [
        (["+css/a*", "+css/b"], "css/"),
        (["+/css/**"], "css/"),
        (["+*.css"], ""),
        (["-css"], ""),
        (["+a/b/c"], "a/b/c"),
    ],
)
def test_the_common_prefix(lines: list[str], prefix: str) -> None:
    assert Filter(rules(*lines)).common_prefix() == prefix


def test_rules_are_read_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "rules"
    path.write_text("# what is served\n\n- *.map\n+ keep me.map\n")
    assert read_rules(path) == rules("-*.map", "+keep me.map")


def test_a_rules_file_may_begin_with_a_byte_order_mark(tmp_path: Path) -> None:
    path = tmp_path / "rules"
    path.write_bytes(b"\xef\xbb\xbf- *.map\r\n+ a[#]b\r\n")
    assert read_rules(path) == rules("-*.map", "+a[#]b")


def test_a_comment_behind_a_pattern_is_no_part_of_it(tmp_path: Path) -> None:
    path = tmp_path / "rules"
    for line in ("- *.css # not served", "- *.css\t#", "+ Report #1.pdf"):
        path.write_text(f"{line}\n")
        with pytest.raises(UsageError, match=r"comment a line of its own; .* write '\[#\]'"):
            read_rules(path)
    path.write_text("+ Report [#]1.pdf\n- a#b\n")
    chosen = Filter(read_rules(path))
    assert chosen.keeps("Report #1.pdf")
    assert not chosen.keeps("a#b")


@pytest.mark.parametrize("line", ["*.map", "-*.map", "+ ", "~ a"])
def test_a_line_that_is_no_rule_is_named(tmp_path: Path, line: str) -> None:
    path = tmp_path / "rules"
    path.write_text(f"- a\n{line}\n")
    with pytest.raises(UsageError, match="Line 2 of"):
        read_rules(path)


def test_a_rules_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(LocalFileError, match="no file or folder"):
        read_rules(tmp_path / "none")


def test_a_rules_file_that_is_no_text(tmp_path: Path) -> None:
    (tmp_path / "rules").write_bytes(b"\xff\xfe")
    with pytest.raises(UsageError, match="not UTF-8"):
        read_rules(tmp_path / "rules")


@pytest.mark.parametrize("pattern", ["", "/", "//", "[z-a]"])
def test_a_pattern_that_cannot_match_is_refused(pattern: str) -> None:
    with pytest.raises(UsageError, match="pattern"):
        Filter(rules("-" + pattern))


@pytest.mark.parametrize("pattern", ["./a", "a//b", "[", "a "])
def test_a_rule_that_can_match_nothing_is_refused_where_it_is_made(pattern: str) -> None:
    with pytest.raises(UsageError, match="The pattern "):
        Rule(keep=True, pattern=pattern)


def test_the_line_of_a_pattern_that_cannot_be_is_named(tmp_path: Path) -> None:
    (tmp_path / "rules").write_text("- a\n- ./b\n")
    with pytest.raises(UsageError, match=r"Line 2 of '.*': The pattern '\./b'"):
        read_rules(tmp_path / "rules")


def test_only_line_ends_part_the_lines_of_a_rules_file(tmp_path: Path) -> None:
    (tmp_path / "rules").write_text("- a\u2028b\x85c\x0cd\r\n-  e\t \n", encoding="utf-8")
    assert read_rules(tmp_path / "rules") == rules("-a\u2028b\x85c\x0cd", "-e")


@pytest.mark.parametrize(
    ("given_rules", "said"),
    [
        ("*.css", r"rules is '\*.css'. Give a list"),
        ({"*.css": True}, "Give a list"),
        (["*.css"], r"rules holds '\*.css', which is no Rule"),
        ([{"keep": True, "pattern": "a"}], "which is no Rule"),
        (None, "rules is None"),
        (Rule(keep=True, pattern="a"), r"the one Rule .* Give a list"),
        ([Rule(keep=True, pattern="a")] * 10_001, "10,001 rules; 10,000 are the most"),
    ],
)
def test_what_is_no_list_of_rules_is_refused(given_rules: Any, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        Filter(given_rules)
    assert len(Filter([Rule(keep=True, pattern="a")] * 10_000).rules) == 10_000


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"keep": "no", "pattern": "a"}, "keep of a rule is 'no'. Give True or False"),
        ({"keep": True, "pattern": None}, "pattern of a rule is None. Give a text"),
        ({"keep": True, "pattern": b"a"}, "Give a text"),
    ],
)
def test_a_rule_of_other_things_is_refused(fields: Any, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        Rule(**fields)
