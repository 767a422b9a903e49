"""Which keys take part: ordered include and exclude rules that can also prune whole folders."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass

from ..exceptions import UsageError, translated

_COMMENT = re.compile(r"\s#")
_WILD = re.compile(r"[*?\[]")


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One include or exclude pattern.

    ``*`` and ``?`` stop at a ``/`` and ``**`` does not; ``[a-z]`` and ``[!a-z]`` are sets, and
    ``[*]`` is a star itself. A pattern without ``/`` matches a name in any folder, one with ``/``
    is matched from the top; one that ends with ``/`` matches folders only. What matches a folder
    matches everything below it.
    """

    keep: bool
    """Whether matching keys are included; else they are excluded."""
    pattern: str
    """The pattern, matched against the key without the prefix of the transfer."""


class Filter:
    """An ordered list of rules: the last rule that matches a key decides.

    Keys that no rule matches are excluded when the first rule is an include, else included.
    """

    def __init__(self, rules: Iterable[Rule] = ()) -> None:
        self.rules = tuple(rules)
        self.default = not (self.rules and self.rules[0].keep)
        self._compiled = [(rule.keep, _compile(rule.pattern)) for rule in reversed(self.rules)]
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

    A comment has a line of its own. Raises :exc:`~philo_aws.exceptions.UsageError` naming the line
    that is none of these, and :exc:`~philo_aws.exceptions.LocalFileError`.
    """
    name = os.fspath(filename)
    with translated(filename=name):
        try:
            with open(name, encoding="utf-8-sig") as file:
                lines = file.read().splitlines()
        except UnicodeDecodeError:
            raise UsageError(f"{name!r} is not UTF-8 text.") from None
    rules = []
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.startswith("#"):
            continue
        sign, space, pattern = line.partition(" ")
        if sign not in ("+", "-") or not space or not pattern.strip():
            raise UsageError(
                f"Line {number} of {name!r} is {line!r}. Write '+ pattern' to include, "
                "'- pattern' to exclude, '# …' for a comment."
            )
        if _COMMENT.search(pattern.strip()):
            # Both a comment and a part of a name; taken for the one, the other is never noticed.
            raise UsageError(
                f"Line {number} of {name!r} is {line!r}. Give the comment a line of its own; "
                "where '#' is part of the name, write '[#]'."
            )
        rules.append(Rule(keep=sign == "+", pattern=pattern.strip()))
    return rules


def _head(pattern: str) -> str | None:
    """Return what every match of ``pattern`` begins with; ``None`` when it may be anywhere."""
    if "/" not in pattern.rstrip("/"):
        return None
    wild = _WILD.search(pattern)
    return (pattern[: wild.start()] if wild else pattern).removeprefix("/")


def glob(pattern: str) -> re.Pattern[str]:
    """Return the expression whose ``match`` tells whether a key or one of its folders matches."""
    return _compile(pattern)


def _compile(pattern: str) -> re.Pattern[str]:
    if not pattern.strip("/"):
        raise UsageError(
            f"The pattern {pattern!r} matches nothing. Write one such as '*.css' or 'media/**'."
        )
    anchored = "/" in pattern.rstrip("/")
    folder = pattern.endswith("/")
    body = pattern.rstrip("/").removeprefix("/")
    start = "" if anchored else "(?:.*/)?"
    end = "/.*" if folder else "(?:/.*)?"
    try:
        return re.compile(f"(?s:{start}{_translate(body)}{end})\\Z")
    except re.error:
        raise UsageError(
            f"The pattern {pattern!r} has a set that cannot be, such as [z-a]."
        ) from None


def _translate(body: str) -> str:
    parts, position = [], 0
    for found in re.finditer(r"\*\*/|\*\*|\*|\?|\[!?\]?[^\]]*\]", body):
        parts.append(re.escape(body[position : found.start()]))
        parts.append(_wildcard(found.group()))
        position = found.end()
    parts.append(re.escape(body[position:]))
    return "".join(parts)


def _wildcard(text: str) -> str:
    fixed = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}.get(text)
    if fixed is not None:
        return fixed
    inside = text[1:-1]
    negated = inside.startswith("!")
    inside = inside.removeprefix("!")
    # Doubled operators are reserved in regular expressions; here each sign stands for itself.
    safe = re.sub(r"([\\\[&~|^])", r"\\\1", inside)
    return f"(?!/)[{'^' if negated else ''}{safe}]"
