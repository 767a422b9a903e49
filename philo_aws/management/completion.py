"""Completion in a shell: what may stand next on the line, and the scripts that ask for it.

Django's own completion knows the options of a command alone, and no words behind its first one. So
the shell's function asks the command itself, which answers with a line for each word that may
stand there: the word, and behind a tab what it is. It reads the settings, and asks AWS nothing.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from textwrap import shorten
from typing import Any

from ..conf import get_config
from .parsing import ActionParser
from .process import print_message
from .shells import SCRIPTS

FLAG = "--completion"
"""Prints the script of a shell."""
ASK = "--complete-words"
"""What the scripts say before the words of the line, the last of which is being written."""
_LONGEST = 70
FILES = "\t"
"""The line that says: a file's name may stand here."""

_NAMES: dict[str, Callable[[], Iterable[str]]] = {
    **dict.fromkeys(("bucket", "destination_bucket", "source_bucket"), lambda: _buckets("")),
    **dict.fromkeys(
        ("key", "prefix", "destination_key", "source", "target"), lambda: _buckets("s3://{}/")
    ),
    **dict.fromkeys(("queue_name", "queue_url", "queues"), lambda: get_config().queues),
    "region": lambda: filter(None, (get_config().region, *get_config().regions)),
}
"""What the settings know of the values of a flag."""


def complete(
    actions: Iterable[tuple[str, str]],
    parser_of: Callable[[str], ActionParser],
    base: Sequence[argparse.Action],
    words: Sequence[str],
) -> Iterator[str]:
    """Yield the lines for the last of ``words``, which stand behind the command's name.

    ``actions`` are names with their help, ``parser_of`` gives the parser of one of them, and
    ``base`` are the options that stand before any action too.
    """
    *before, last = words or [""]
    helps = dict(actions)
    action = next((word for word in before if word in helps), None)
    if action is None:
        if before and (flag := _named(base, before[-1])) is not None and flag.nargs != 0:
            yield from _begun(last, _values(flag, None))
        elif last.startswith("-"):
            yield from _begun(last, _flags(base, before))
        else:
            yield from _begun(last, helps.items())
        return
    parser = parser_of(action)
    flags = [flag for flag in parser._actions if flag.option_strings]  # noqa: SLF001
    flag = _named(flags, before[-1])
    if flag is not None and flag.nargs != 0:
        yield from _begun(last, _values(flag, parser))
    elif last.startswith("--") and "=" in last:
        name, _, value = last.partition("=")
        if (flag := _named(flags, name)) is not None:
            yield from (
                line if line == FILES else f"{name}={line}"
                for line in _begun(value, _values(flag, parser))
            )
    elif last.startswith("-"):
        yield from _begun(last, _flags(flags, before))
    else:
        yield from _begun(last, _without_names(parser, flags, before[before.index(action) + 1 :]))


def _begun(last: str, candidates: Iterable[tuple[str, str]]) -> Iterator[str]:
    for word, told in candidates:
        if word == FILES:
            yield FILES
        elif word.startswith(last):
            yield f"{word}\t{shorten(told, _LONGEST, placeholder='…')}" if told else word


def _named(flags: Iterable[argparse.Action], word: str) -> argparse.Action | None:
    return next((flag for flag in flags if word in flag.option_strings), None)


def _flags(flags: Iterable[argparse.Action], before: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield the names of flags that were not given, or may be given again."""
    for flag in flags:
        again = isinstance(flag, argparse._AppendAction)  # noqa: SLF001
        if again or not set(flag.option_strings) & set(before):
            # With underscores, as they are documented.
            words = [word for word in flag.option_strings if word.startswith("--")]
            yield (words or flag.option_strings)[0], _told(flag)


def _told(flag: argparse.Action) -> str:
    return "" if flag.help in (None, argparse.SUPPRESS) else str(flag.help).replace("%%", "%")


def _values(flag: argparse.Action, parser: ActionParser | None) -> Iterator[tuple[str, str]]:
    """Yield what may be a value of ``flag``, as far as it is known here."""
    for choice in flag.choices or ():
        yield str(choice), ""
    for name in _known(flag.dest):
        yield name, ""
    if parser is not None and flag.dest in parser.files:
        yield FILES, ""


def _without_names(
    parser: ActionParser, flags: Sequence[argparse.Action], words: Sequence[str]
) -> Iterator[tuple[str, str]]:
    """Yield what may stand without the name of its flag, behind ``words`` of the action."""
    taken, given = 0, set()
    rest = iter(words)
    for word in rest:
        flag = _named(flags, word)
        if flag is None:
            taken += not word.startswith("--")
        else:
            given.add(flag.dest)
            if flag.nargs != 0:
                next(rest, None)
    free = [name for name in parser.positionals if name not in given]
    if free:
        [flag] = [flag for flag in flags if flag.dest == free[min(taken, len(free) - 1)]]
        if taken < len(free) or isinstance(flag, argparse._AppendAction):  # noqa: SLF001
            yield from _values(flag, parser)


def _known(name: str) -> list[str]:
    try:
        return list(dict.fromkeys(_NAMES[name]())) if name in _NAMES else []
    except Exception:  # noqa: BLE001 - faulty settings are no answer to a key that was pressed
        return []


def _buckets(form: str) -> Iterator[str]:
    config = get_config()
    for name in filter(None, (config.bucket, *config.buckets)):
        yield form.format(name) if form else name


class PrintScript(argparse.Action):
    """The flag that prints the script of a shell and ends the command, as ``--help`` does."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: Any,
        option_string: str | None = None,
    ) -> None:
        """Print it."""
        print_message(SCRIPTS[values], sys.stdout)
        parser.exit()
