"""Patterns for keys as regular expressions whose time grows with pattern times key, no faster."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass

from ..exceptions import UsageError

MAX_PATTERN = 1024
"""The most characters of a pattern: as many as a key can have."""
_MOST_WAYS = 16
_SIGN = re.compile(r"\*\*/|\*\*|\*|\?|\[!?\]?[^\]]*\]|\[|.", re.DOTALL)
_ANY, _DEEP = "**", "**/"


@dataclass(frozen=True)
class _Block:
    """What stands between two ``**``: fixed pieces with a ``*`` between each two."""

    joint: str
    """What is before it: nothing where it is at the top, ``**`` or ``**/``."""
    chunks: tuple[str, ...]
    """The pieces, as expressions of a fixed length."""


@functools.lru_cache(maxsize=1024)
def glob(pattern: str) -> re.Pattern[str]:
    """Return the expression whose ``match`` tells whether a key or one of its folders matches.

    The time of a match is bounded by the lengths of pattern and key multiplied. Raises
    :exc:`~philo_aws.exceptions.UsageError` for a pattern that can match nothing, or that is longer
    than :data:`MAX_PATTERN`.
    """
    _check(pattern)
    anchored = "/" in pattern.rstrip("/")
    end = "/" if pattern.endswith("/") else r"(?:/|\Z)"
    signs = list(_signs(pattern, pattern.rstrip("/").removeprefix("/")))
    if not anchored:
        signs.insert(0, _DEEP)
    ways = [_expression(_blocks(way), end) for way in _apart(pattern, signs)]
    return re.compile(f"(?s:{'|'.join(ways)})")


def _check(pattern: str) -> None:
    if len(pattern) > MAX_PATTERN:
        raise UsageError(
            f"The pattern {pattern[:40]!r}… has {len(pattern):,} characters; {MAX_PATTERN:,} are "
            "the most. Shorten it with a '*'."
        )
    if not pattern.strip("/ "):
        raise UsageError(
            f"The pattern {pattern!r} matches nothing. Write one such as '*.css' or 'media/**'."
        )
    if pattern != pattern.strip():
        raise UsageError(
            f"The pattern {pattern!r} begins or ends with a blank. Write {pattern.strip()!r}; "
            "where the blank is part of the name, put it in brackets: '[ ]'."
        )
    # One slash at the top says that it is the top, one at the end that it is a folder.
    parts = pattern.removeprefix("/").removesuffix("/").split("/")
    for part, instead in (("", "'/**/'"), (".", "'[.]'"), ("..", "'[.][.]'")):
        if part in parts:
            what = f"the part {part!r}" if part else "a part without a name ('//')"
            raise UsageError(
                f"The pattern {pattern!r} has {what}, which no path has. Write the path from the "
                f"top, such as 'css/a.css'; for a key that really is so, write {instead}."
            )


def _signs(pattern: str, body: str) -> Iterator[str]:
    """Yield ``*``, ``**`` and ``**/`` as they are, all else as an expression for one sign."""
    for found in _SIGN.finditer(body):
        sign = found.group()
        if sign in ("*", _ANY, _DEEP):
            yield sign
        elif sign == "?":
            yield "[^/]"
        elif sign[0] == "[":
            yield _set(pattern, sign)
        else:
            yield re.escape(sign)


def _set(pattern: str, sign: str) -> str:
    if sign == "[":
        raise UsageError(
            f"The pattern {pattern!r} has a '[' without a ']'. Write '[[]' for the sign itself."
        )
    inside = sign[1:-1]
    negated = inside.startswith("!")
    inside = inside.removeprefix("!")
    made, position = "", 0
    while position < len(inside):
        first, last = inside[position], inside[position]
        if inside[position + 1 : position + 2] == "-" and position + 2 < len(inside):
            last = inside[position + 2]
            position += 2
        position += 1
        if first > last:
            made = ""
            break
        made += re.escape(first) if first == last else f"{re.escape(first)}-{re.escape(last)}"
    if not made or (not negated and not inside.strip("/")):
        raise UsageError(
            f"The pattern {pattern!r} has a set that cannot be, such as [z-a], [] or [/]. "
            "Write one such as '[a-z]'."
        )
    return f"[^/{made}]" if negated else f"(?!/)[{made}]"


def _apart(pattern: str, signs: list[str]) -> list[list[str]]:
    """Return the ways to read ``**/`` in the middle of a name: as nothing, or as ``**`` and ``/``.

    Behind a ``/`` all that it can stand for ends where a name begins, and only then is the nearest
    place always as good as those behind it. Elsewhere one of both is tried after the other.
    """
    ways: list[list[str]] = [[]]
    for before, sign in zip(["/", *signs], signs, strict=False):
        if sign == _DEEP and before in (_ANY, _DEEP):
            continue  # it adds nothing
        if sign == _DEEP and before != "/":
            ways = [[*way, *more] for way in ways for more in ((), (_ANY, "/"))]
        else:
            for way in ways:
                way.append(sign)
        if len(ways) > _MOST_WAYS:
            raise UsageError(
                f"The pattern {pattern!r} has '**/' behind a name too often. Write '/**/' where "
                "folders may lie between."
            )
    return ways


def _blocks(signs: list[str]) -> list[_Block]:
    blocks: list[_Block] = []
    joint, chunks = "", [""]
    for sign in signs:
        if sign in (_ANY, _DEEP):
            # With nothing between two of them they are one: ``**``, as the wider comes last.
            if chunks != [""]:
                blocks.append(_Block(joint, tuple(chunks)))
            joint, chunks = sign, [""]
        elif sign != "*":
            chunks[-1] += sign
        elif joint != _ANY or chunks != [""]:
            # Behind ``**`` it adds nothing.
            chunks.append("")
    return [*blocks, _Block(joint, tuple(chunks))]


def _expression(blocks: list[_Block], end: str) -> str:
    """Return what matches the blocks one behind the other, and then ``end``.

    No part is ever looked for a second time once it is found: for what comes behind it, the nearest
    place is as good as any later one. Only the last piece has to stand at an end.
    """
    *others, last = blocks
    return "".join(f"(?>{_begun(block)}{_rest(block.chunks)})" for block in others) + _ending(
        last, end
    )


def _begun(block: _Block) -> str:
    """Return what finds the first piece of a block."""
    if not block.joint:
        return block.chunks[0]
    if block.joint == _DEEP:
        return f"(?:[^/]*+/)*?{block.chunks[0]}"
    if len(block.chunks) == 1:
        return f".*?{block.chunks[0]}"
    # In a folder the first place is the best: where it fails, the next folder is looked at.
    return f"(?:[^/]*+/)*?(?>[^/]*?{block.chunks[0]})"


def _rest(chunks: tuple[str, ...]) -> str:
    return "".join(f"(?>[^/]*?{chunk})" for chunk in chunks[1:])


def _ending(block: _Block, end: str) -> str:
    if len(block.chunks) == 1:
        before = {"": "", _DEEP: "(?:.*/)?", _ANY: ".*"}[block.joint]
        return f"{before}{block.chunks[0]}{end}"
    return f"{_begun(block)}{_rest(block.chunks[:-1])}[^/]*{block.chunks[-1]}{end}"
