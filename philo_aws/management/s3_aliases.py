"""The short names of ``aws_s3``: which actions ``cp``, ``mv``, ``rm``, ``ls`` and ``cat`` are."""

from __future__ import annotations

import copy
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from ..exceptions import UsageError
from ..s3.request.addresses import is_address, parse_address
from . import s3_addresses
from .actions import Action, ActionParser
from .output import Output
from .parsing import Unnamed, plain

_SAME = {
    "ls": ("list_folder", "s3://my-bucket/reports/"),
    "cat": ("read_object", "s3://my-bucket/reports/1.csv"),
}
"""The short names that are one action and nothing else, that action, and an example."""
_STREAM = "-"
# What a short name says in its own way, by its sides.
_SIDES = frozenset(
    {
        *("bucket", "key", "prefix", "fname", "root_folder", "source", "target"),
        *("destination_bucket", "destination_key", "help"),
    }
)


@dataclass(frozen=True, kw_only=True)
class _Way:
    """One of the actions that a short name is."""

    source: bool
    """Whether the source is in a bucket; else it is a file or a folder of this machine."""
    target: bool
    """The same of the target."""
    one: str
    """The action for one object."""
    many: str
    """The action for all that is below: for ``--recursive``."""


_COPY = (
    _Way(source=False, target=True, one="upload_file", many="upload_dir"),
    _Way(source=True, target=False, one="download_file", many="download_dir"),
    _Way(source=True, target=True, one="copy_object", many="copy_dir"),
)
_MOVE = (_Way(source=True, target=True, one="move_object", many="move_dir"),)


def aliases(actions: Sequence[Action]) -> tuple[Action, ...]:
    """Return the short names of ``actions``."""
    known = {action.name: action for action in actions}
    return (
        _between("cp", "Copy", _COPY, known, "aws_s3 cp report.pdf s3://my-bucket/reports/"),
        _between("mv", "Move", _MOVE, known, "aws_s3 mv s3://my-bucket/a.pdf s3://my-bucket/b.pdf"),
        _rm(known["delete_objects"]),
        *(
            replace(
                known[name],
                name=short,
                help=f"{known[name].help} ({name})",
                alias_of=(name,),
                example=f"aws_s3 {short} {example}",
            )
            for short, (name, example) in _SAME.items()
        ),
    )


def _between(
    name: str, verb: str, ways: Iterable[_Way], known: Mapping[str, Action], example: str
) -> Action:
    """Return the short name of the actions that have two sides."""
    names = [action for way in ways for action in (way.one, way.many)]
    told = f"{', '.join(names[:-1])} or {names[-1]}"
    return Action(
        name=name,
        help=f"{verb} files or objects: {told}, by its two sides and --recursive.",
        example=example,
        method=partial(_call, name, tuple(ways), known),
        flags=partial(_two_sides, [known[action] for action in names]),
        positionals=("source", "target"),
        alias_of=tuple(names),
    )


def _two_sides(actions: Iterable[Action], parser: ActionParser) -> None:
    side = "s3://bucket/key, or a file or folder of this machine"
    parser.add_flag("source", required=True, file=True, help=side)
    parser.add_flag("target", required=True, file=True, help=f"{side}; '/' at its end: in there")
    parser.add_flag("recursive", action="store_true", help="all that is below: for folders")
    _add_flags(actions, parser)


def _add_flags(actions: Iterable[Action], parser: ActionParser) -> None:
    """Add the flags of ``actions``, each once, without their defaults, which may differ."""
    there = {flag.dest for flag in parser._actions}  # noqa: SLF001
    for action in actions:
        own = _parser(action)
        for flag in own._actions:  # noqa: SLF001
            if flag.dest in _SIDES | there:
                continue
            there.add(flag.dest)
            again = copy.copy(flag)
            again.default = None
            parser._add_action(again)  # noqa: SLF001
            parser.files |= own.files & {flag.dest}


def _parser(action: Action) -> ActionParser:
    parser = ActionParser()
    if action.flags:
        action.flags(parser)
    return parser


def _call(
    name: str,
    ways: Sequence[_Way],
    known: Mapping[str, Action],
    output: Output,
    *,
    source: Any,
    target: Any,
    recursive: bool,
    **given: Any,
) -> None:
    source, target = os.fspath(source), os.fspath(target)
    chosen = known[_chosen(name, ways, source, target, recursive=recursive)]
    first, second = chosen.positionals
    given |= {first: Unnamed(source), second: Unnamed(target)}
    _run(output, chosen, given, f"{name} {'' if recursive else 'without '}--recursive")


def _chosen(name: str, ways: Sequence[_Way], source: str, target: str, *, recursive: bool) -> str:
    """Return the name of the action for these two sides."""
    sides = is_address(source), is_address(target)
    if not any(sides):
        raise UsageError(f"Neither {source!r} nor {target!r} is in S3. Write s3://bucket/key.")
    way = next((way for way in ways if (way.source, way.target) == sides), None)
    if way is None:
        raise UsageError(
            f"{name} moves within S3 alone: nothing of this machine is deleted for it, nor for a "
            "file of it. Use cp, look at what came, and delete the source then."
        )
    if not recursive and source != _STREAM:
        folder = parse_address(source)[1][-1:] in ("", "/") if sides[0] else os.path.isdir(source)
        if folder:
            raise UsageError(f"{source!r} is a folder. --recursive takes all that is in it.")
    if recursive and _STREAM in (source, target):
        raise UsageError("- is one stream of bytes, and no folder. Leave --recursive out.")
    return way.many if recursive else way.one


def _run(output: Output, action: Action, given: dict[str, Any], where: str) -> None:
    """Call ``action`` with the flags that were given, and its own defaults of the others."""
    values = {
        flag.dest: flag.default
        for flag in _parser(action)._actions  # noqa: SLF001
        if flag.dest != "help"
    }
    given = {flag: value for flag, value in given.items() if value is not None}
    foreign = sorted(given.keys() - values.keys())
    if foreign:
        flags = ", ".join(f"--{flag}" for flag in foreign)
        raise UsageError(f"{where} is {action.name} here, which does not take {flags}.")
    values |= given
    s3_addresses.resolve(action.name, action.positionals, values)
    action.method(output, **{flag: plain(value) for flag, value in values.items()})


def _rm(target: Action) -> Action:
    return Action(
        name="rm",
        help=f"Delete objects: {target.name}, with --recursive of all below a prefix.",
        example="aws_s3 rm --recursive s3://my-bucket/tmp/",
        method=partial(_remove, target),
        flags=partial(_rm_flags, target),
        positionals=("key",),
        alias_of=(target.name,),
    )


def _rm_flags(target: Action, parser: ActionParser) -> None:
    parser.add_flag(
        "key", required=True, action="append", help="the object, as s3://bucket/key (repeatable)"
    )
    parser.add_flag("recursive", action="store_true", help="all that is below: for folders")
    _add_flags((target,), parser)


def _remove(target: Action, output: Output, *, key: Any, recursive: bool, **given: Any) -> None:
    keys = [key] if isinstance(key, str) else list(key)
    if not recursive:
        for one in keys:
            if is_address(one) and not parse_address(one)[1]:
                raise UsageError(f"{one!r} is a whole bucket. --recursive deletes all of it.")
        given["key"] = keys
    elif len(keys) > 1:
        raise UsageError("--recursive is for one folder. Give one address.")
    else:
        # A folder, as with `aws s3 rm`: what only begins with the same letters stays.
        [prefix] = keys
        bare = prefix if not is_address(prefix) else parse_address(prefix)[1]
        given["prefix"] = prefix if not bare or bare.endswith("/") else f"{prefix}/"
    _run(output, target, given, f"rm{' --recursive' if recursive else ''}")
