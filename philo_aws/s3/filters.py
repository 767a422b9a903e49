"""Which keys take part: ordered include and exclude rules that can also prune whole folders."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass

from ..arguments import list_of, text, yes_or_no
from ..aws_errors import translated
from ..exceptions import UsageError
from .globs import glob

MAX_RULES = 10_000
"""The most rules of a filter: every key is held against every one of them."""
_COMMENT = re.compile(r"\s#")
_WILD = re.compile(r"[*?\[]")


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One include or exclude pattern.

    ``*`` and ``?`` stop at a ``/`` and ``**`` does not; ``[a-z]`` and ``[!a-z]`` are sets, and
    ``[*]`` is a star itself. A pattern without ``/`` matches a name in any folder, one with ``/``
    is matched from the top; one that ends with ``/`` matches folders only. What matches a folder
    matches everything below it. Raises :exc:`~philo_aws.exceptions.UsageError` for a pattern that
    can match nothing (``./a``, ``a//b``, an open ``[``), or that has more than 1,024 characters.
    """

    keep: bool
    """Whether matching keys are included; else they are excluded."""
    pattern: str
    """The pattern, matched against the key without the prefix of the transfer."""

    def __post_init__(self) -> None:
        yes_or_no("keep of a rule", self.keep)
        glob(text("The pattern of a rule", self.pattern))


class Filter:
    """An ordered list of rules: the last rule that matches a key decides.

    Keys that no rule matches are excluded when the first rule is an include, else included. Raises
    :exc:`~philo_aws.exceptions.UsageError` for what is no list of rules, and for more than 10,000.
    """

    def __init__(self, rules: Iterable[Rule] = ()) -> None:
        self.rules = list_of("rules", rules, Rule)
        if len(self.rules) > MAX_RULES:
            raise UsageError(
                f"There are {len(self.rules):,} rules; {MAX_RULES:,} are the most. "
                "Use patterns that match more."
            )
        self.default = not (self.rules and self.rules[0].keep)
        self._compiled = [(rule.keep, glob(rule.pattern)) for rule in reversed(self.rules)]
        self._heads = [_head(rule.pattern) for rule in self.rules]

    def __bool__(self) -> bool:
        return bool(self.rules)

    def __repr__(self) -> str:
        return f"Filter({list(self.rules)!r})"

    def keeps(self, key: str) -> bool:
        """Say whether ``key`` takes part."""
        for keep, pattern in self._compiled:
            if pattern.match(key):
                return keep
        return self.default

    def may_hold(self, folder: str) -> bool:
        """Say whether a key below ``folder`` (which ends with ``/``) could take part.

        ``False`` is certain, ``True`` may turn out to be empty.
        """
        excluded = not self.default
        for rule, head, (_, pattern) in zip(
            self.rules, self._heads, reversed(self._compiled), strict=True
        ):
            if not rule.keep:
                # Any name stands for all: a rule that matches a folder matches all below it.
                excluded = excluded or pattern.match(folder) is not None
            elif head is None or head.startswith(folder) or folder.startswith(head):
                excluded = False
        return not excluded

    def common_prefix(self) -> str:
        """Return the longest prefix that every key that takes part is known to have."""
        if self.default:
            return ""
        heads = [head for rule, head in zip(self.rules, self._heads, strict=True) if rule.keep]
        known = [head for head in heads if head is not None]
        if len(known) < len(heads):
            return ""
        # Of strings in order, what the first and the last begin with all others do too.
        first, last = min(known), max(known)
        end = next(
            (n for n, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), len(first)
        )
        return first[:end]


def read_rules(filename: str | os.PathLike[str]) -> list[Rule]:
    """Return the rules of a file: ``+ pattern`` or ``- pattern`` a line, ``#`` begins a comment.

    A comment has a line of its own; blanks around a pattern are none of it. Raises
    :exc:`~philo_aws.exceptions.UsageError` naming the line that is none of these, and
    :exc:`~philo_aws.exceptions.LocalFileError`.
    """
    name = os.fspath(filename)
    with translated(filename=name):
        try:
            with open(name, encoding="utf-8-sig") as file:
                lines = file.read().split("\n")
        except UnicodeDecodeError:
            raise UsageError(f"{name!r} is not UTF-8 text.") from None
    rules = []
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.startswith("#"):
            continue
        sign, _, pattern = line.partition(" ")
        pattern = pattern.strip(" \t")
        if sign not in ("+", "-") or not pattern:
            raise UsageError(
                f"Line {number} of {name!r} is {line!r}. Write '+ pattern' to include, "
                "'- pattern' to exclude, '# …' for a comment."
            )
        if _COMMENT.search(pattern):
            # Both a comment and a part of a name; taken for the one, the other is never noticed.
            raise UsageError(
                f"Line {number} of {name!r} is {line!r}. Give the comment a line of its own; "
                "where '#' is part of the name, write '[#]'."
            )
        try:
            rules.append(Rule(keep=sign == "+", pattern=pattern))
        except UsageError as error:
            raise UsageError(f"Line {number} of {name!r}: {error}") from None
    return rules


def _head(pattern: str) -> str | None:
    """Return what every match of ``pattern`` begins with; ``None`` when it may be anywhere."""
    if "/" not in pattern.rstrip("/"):
        return None
    wild = _WILD.search(pattern)
    return (pattern[: wild.start()] if wild else pattern).removeprefix("/")
