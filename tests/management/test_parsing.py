"""Flags, the words that stand without theirs, and what is said of those that are none."""

from __future__ import annotations

import argparse

import pytest
from django.core.management.base import CommandError

from philo_aws.management.parsing import ActionParser, Unnamed, plain
from tests.running import run


@pytest.fixture
def parser() -> ActionParser:
    made = ActionParser()
    made.add_flag("fname", required=True, file=True)
    made.add_flag("key", required=True)
    made.add_flag("size", type=int)
    made.add_flag("verbose", action="store_true")
    made.positionals = ("fname", "key")
    made.action_name = "upload"
    made.elsewhere = lambda: {
        "upload": ["--fname", "--key"],
        **{name: ["--delete", "--max_delete"] for name in ("sync", "mirror", "tidy", "clean")},
    }
    return made


def parsed(parser: ActionParser, *words: str) -> argparse.Namespace:
    return parser.parse_args(words)


@pytest.mark.parametrize(
    "words",
    [
        ("a.pdf", "k"),
        ("--size", "3", "a.pdf", "--verbose", "k"),
        ("a.pdf", "--size=3", "k", "--verbose"),
        ("--fname", "a.pdf", "k"),
        ("k", "--fname", "a.pdf"),
        ("--key=k", "a.pdf"),
        ("--", "a.pdf", "k"),
    ],
)
def test_words_fill_the_flags_that_were_not_given(
    parser: ActionParser, words: tuple[str, ...]
) -> None:
    found = parsed(parser, *words)
    assert (found.fname, found.key) == ("a.pdf", "k")
    assert isinstance(found.key, Unnamed) is ("--key=k" not in words)
    assert type(plain(found.key)) is str


def test_words_that_begin_with_a_dash(parser: ActionParser) -> None:
    assert parsed(parser, "-", "k").fname == "-"
    assert parsed(parser, "-5", "k").fname == "-5"
    assert parsed(parser, "--", "-x", "k").fname == "-x"


def test_the_last_one_may_be_repeated() -> None:
    parser = ActionParser()
    parser.add_flag("key", action="append")
    parser.positionals = ("key",)
    assert parsed(parser, "a", "b", "c").key == ["a", "b", "c"]
    assert plain(parsed(parser, "a", "b").key) == ["a", "b"]


def test_one_that_may_stand_instead_takes_its_place() -> None:
    parser = ActionParser()
    parser.add_flag("url", required=True, instead="name")
    parser.add_flag("name")
    parser.add_flag("body", required=True)
    parser.positionals = ("url", "body")
    assert parsed(parser, "--name", "n", "text").body == "text"
    assert parsed(parser, "u", "text").url == "u"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            ("a", "b", "c"),
            "arguments: c. What upload takes without its flag is: --fname, --key",
        ),
        (("--kye", "k"), "--kye is no flag of upload. Did you mean --key?"),
        # Two short words are not alike for the dashes that all begin with.
        (("--fog", "k"), "--fog is no flag of upload"),
        (("--delete",), "--delete is a flag of sync, mirror, tidy and 1 others, not of upload"),
        (("--max_delet=3",), "is no flag of upload. Did you mean --max_delete, a flag of sync?"),
        (("--zzzzz",), "unrecognized arguments: --zzzzz is no flag of upload"),
        (("-x",), "unrecognized arguments: -x is no flag of upload"),
    ],
)
def test_what_is_no_flag(parser: ActionParser, words: tuple[str, ...], said: str) -> None:
    with pytest.raises(CommandError) as caught:
        parsed(parser, *words)
    assert said in str(caught.value)


def test_the_help_shows_both_ways_and_leaves_nothing_behind(parser: ActionParser) -> None:
    flags = len(parser._actions)
    for _ in range(2):
        assert parser.format_usage().split("[-h]")[1].split() == (
            [
                "--fname",
                "FNAME",
                "--key",
                "KEY",
                "[--size",
                "SIZE]",
                "[--verbose]",
                "[FNAME]",
                "[KEY]",
            ]
        )
        assert "the same as --key" in parser.format_help()
    assert len(parser._actions) == flags
    assert parsed(parser, "--verbose").fname is None


def test_the_usage_is_the_actions_own() -> None:
    for words, action in ((["head_object", "--buckt", "b"], "head_object"), (["cp", "--x"], "cp")):
        result = run("aws_s3", *words)
        assert (result.code, result.out) == (2, "")
        assert result.err.startswith(f"usage: manage.py aws_s3 {action} ")
        assert f"manage.py aws_s3 {action}: error: " in result.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["hed_object"], "invalid choice: 'hed_object'. Did you mean head_object?"),
        (["zzz"], "invalid choice: 'zzz'. The actions are: "),
        (["--bucket", "b", "head_object"], "'b'. The flags of head_object stand behind it"),
    ],
)
def test_what_is_no_action(words: list[str], said: str) -> None:
    result = run("aws_s3", *words)
    assert (result.code, result.out) == (2, "")
    assert said in result.err
