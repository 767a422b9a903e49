"""Patterns for keys: what they mean, what they refuse, and how long they may take."""

from __future__ import annotations

import random
import re
import time
import warnings

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from philo_aws.exceptions import UsageError
from philo_aws.s3.globs import MAX_PATTERN, glob

# Seconds of this process's own time, whatever else the machine does. The longest of the matches
# below takes some hundredths; an expression that tries every division takes longer than anyone has.
WATCHDOG = 5


def plainly(pattern: str) -> re.Pattern[str]:
    """The same meaning as an expression of the shortest kind, which may take for ever."""
    start = "" if "/" in pattern.rstrip("/") else "(?:.*/)?"
    end = "/.*" if pattern.endswith("/") else "(?:/.*)?"
    body = pattern.rstrip("/").removeprefix("/")
    fixed = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    made = "".join(
        fixed.get(part) or (part.replace("[!", "[^/") if part[0] == "[" else re.escape(part))
        for part in re.findall(r"\*\*/|\*\*|\*|\?|\[[^\]]*\]|.", body, re.DOTALL)
    )
    return re.compile(f"(?s:{start}{made}{end})\\Z")


PIECES = ("a", "b", "ab", "*", "**", "**/", "/", "?", "[ab]", "[!a]", "/**/", "a**/", "\n")
PATTERNS = st.lists(st.sampled_from(PIECES), min_size=1, max_size=9).map("".join)
KEYS = st.lists(st.sampled_from(("a", "b", "ab", "c", "/", "\n")), max_size=12).map("".join)


@settings(max_examples=500, deadline=None)
@given(PATTERNS, st.lists(KEYS, min_size=20, max_size=20))
def test_a_pattern_means_what_its_plain_expression_does(pattern: str, keys: list[str]) -> None:
    try:
        made = glob(pattern)
    except UsageError:
        return
    plain = plainly(pattern)
    for key in keys:
        assert (made.match(key) is None) is (plain.match(key) is None), (pattern, key)


def test_many_patterns_mean_what_their_plain_expressions_do() -> None:
    drawn = random.Random(20)
    compared = 0
    for _ in range(4000):
        pattern = "".join(drawn.choice(PIECES) for _ in range(drawn.randint(1, 9)))
        try:
            made = glob.__wrapped__(pattern)
        except UsageError:
            continue
        plain = plainly(pattern)
        for _ in range(20):
            key = "".join(drawn.choice("aabb/c") for _ in range(drawn.randint(0, 12)))
            assert (made.match(key) is None) is (plain.match(key) is None), (pattern, key)
            compared += 1
    assert compared > 20_000


@pytest.mark.parametrize(
    ("pattern", "key"),
    [
        ("*-*-*-*.log", "-" * 1020),
        ("*-*-*-*-*-*-*-*-*-*.log", ("-" * 101 + "/") * 10),
        ("**a**a**a**a**a**a**b", "a" * 1024),
        ("**a*a*a*a*a*a*b", "a" * 1020 + "bd/"),
        ("**/*a*/**/*a*/**/*a*/**/b", "a/" * 512),
        ("a**/a**/a**/a**/b", "a/" * 512),
        ("a*" * 510 + "b", "a" * 1024),
        ("**" + "a*" * 510 + "b", "a" * 1020 + "bd/"),
        ("**a*/a*/a*/a*/b", "aaa/" * 256),
        ("*" + "a" * 1000 + "b", "a" * 1024),
        ("**" + "?" * 1000 + "b", "a" * 1024),
        ("**" + "a/" * 500 + "b", "a/" * 512),
        ("[!b]*" * 200 + "b", "a" * 1024),
        ("**/" * 340 + "b", "a/" * 512),
    ],
)
def test_no_pattern_takes_long_for_any_key(pattern: str, key: str) -> None:
    began = time.process_time()
    assert glob(pattern).match(key + "c") is None
    assert time.process_time() - began < WATCHDOG


@given(
    st.lists(st.sampled_from(("a", "*", "**", "/", "**/", "?", "[!b]")), min_size=20, max_size=200),
    st.lists(st.sampled_from(("a", "a", "a", "/")), min_size=100, max_size=1024),
)
@settings(max_examples=50, deadline=None)
def test_no_pattern_of_many_stars_takes_long(pieces: list[str], key: list[str]) -> None:
    began = time.process_time()
    try:
        glob("".join(pieces) + "b").match("".join(key))
    except UsageError:
        return
    assert time.process_time() - began < WATCHDOG


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        ("", "matches nothing. Write one such as"),
        ("/", "matches nothing"),
        ("//", "matches nothing"),
        ("  ", "matches nothing"),
        ("css ", r"begins or ends with a blank. Write 'css'; .*'\[ \]'"),
        ("\tcss", "begins or ends with a blank"),
        ("a.css\n", "begins or ends with a blank"),
        ("./css/a.css", r"the part '\.', which no path has.* write '\[\.\]'"),
        (".", r"the part '\.'"),
        ("a/./b", r"the part '\.'"),
        ("../a", r"the part '\.\.'.* write '\[\.\]\[\.\]'"),
        ("a/../b", r"the part '\.\.'"),
        ("a/..", r"the part '\.\.'"),
        ("css//a.css", r"a part without a name \('//'\).*'/\*\*/'"),
        ("//a", "a part without a name"),
        ("css//", "a part without a name"),
        ("[", r"'\[' without a '\]'. Write '\[\[\]'"),
        ("a[b", r"'\[' without a '\]'"),
        ("[z-a]", "a set that cannot be"),
        ("[]", "a set that cannot be"),
        ("[!]", "a set that cannot be"),
        ("[]a*", "a set that cannot be"),
        ("[!]a*", "a set that cannot be"),
        ("[/]", "a set that cannot be"),
        ("a" * (MAX_PATTERN + 1), "1,025 characters; 1,024 are the most"),
        ("a**/" * 6, "too often. Write '/\\*\\*/'"),
        ("a**/" * 256, "too often"),
    ],
)
def test_a_pattern_that_can_match_nothing_is_refused(pattern: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        glob(pattern)


@pytest.mark.parametrize(
    ("pattern", "key"),
    [
        ("[.]/a", "./a"),
        ("a/[.][.]/b", "a/../b"),
        ("a/**/b", "a//b"),
        ("a[ ]", "a "),
        ("[[]", "["),
        ("]", "]"),
        ("[]]", "]"),
        ("[!!]", "a"),
        ("[a-]", "-"),
        ("[-a]", "-"),
        ("[a-c-e]", "-"),
        ("[+-9]", "5"),
        ("[^a]", "^"),
        ("[a--]", None),
        ("[--0]", "."),
        ("[&&~~||]", "~"),
        ("[\\d]", "\\"),
        ("[\\d]", "d"),
        ("...", "..."),
        (".a/..b", ".a/..b"),
        ("a" * MAX_PATTERN, "a" * MAX_PATTERN),
        ("a**/" * 5, "a" * 5 + "/"),
    ],
)
def test_every_name_can_be_written(pattern: str, key: str | None) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        if key is None:
            with pytest.raises(UsageError, match="a set that cannot be"):
                glob.__wrapped__(pattern)
            return
        assert glob.__wrapped__(pattern).match(key)


def test_a_set_never_holds_the_slash() -> None:
    for pattern in ("a[!b]c", "a[+-9]c", "a[b/]c"):
        assert not glob(pattern).match("a/c")
