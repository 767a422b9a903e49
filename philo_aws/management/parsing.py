"""The parser of one action: its flags, and the words that may stand without their flags."""

from __future__ import annotations

import argparse
import contextlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from django.core.management.base import CommandParser

from ..spelling import nearest
from .process import print_message
from .streams import as_utf8

# So many actions are named where a flag belongs to other ones.
_NAMED = 3


class Unnamed(str):
    """A value that was given without the name of its flag."""

    __slots__ = ()


def plain(value: Any) -> Any:
    """Return ``value`` as if it had been given by the name of its flag."""
    if type(value) is Unnamed:
        return str(value)
    return [plain(item) for item in value] if type(value) is list else value


class ActionParser(CommandParser):
    """A parser that leaves required flags to the command.

    Django's ``call_command`` passes a flag that argparse itself requires as text; left to the
    command, every flag may be given as a Python value.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.required: list[argparse.Action] = []
        self.instead: dict[str, str] = {}
        """Flags that are required where another one is not given, and which that is."""
        self.files: set[str] = set()
        """The flags whose values are names of files, which are the system's and no texts."""
        self.positionals: tuple[str, ...] = ()
        """The flags that may be given without their names, in this order."""
        self.hints: dict[str, str] = {}
        """What is said beside the name of a flag that is missing."""
        self.action_name = ""
        """The action's name, for what is said of its flags."""
        self.elsewhere: Callable[[], Mapping[str, Iterable[str]]] = dict
        """Gives the flags of all actions, as they are written, by the actions' names."""

    def add_flag(
        self,
        name: str,
        *,
        required: bool = False,
        instead: str = "",
        file: bool = False,
        **kwargs: Any,
    ) -> None:
        """Add ``--name``, also spelled with dashes instead of underscores.

        ``instead`` is the flag that may be given in the place of one that is ``required``, ``file``
        says that its value is the name of a file.
        """
        if file:
            self.files.add(name)
        spellings = dict.fromkeys((f"--{name}", f"--{name.replace('_', '-')}"))
        action = self.add_argument(*spellings, **kwargs)
        if required:
            self.required.append(action)
        if instead:
            self.instead[name] = instead

    def parse_known_args(  # type: ignore[override]
        self, args: Sequence[str] | None = None, namespace: argparse.Namespace | None = None
    ) -> tuple[argparse.Namespace, list[str]]:
        """Parse all of ``args``: what is no flag of this action is a word without one, or wrong.

        argparse's own positional arguments would not do: an optional one takes nothing as soon as
        a flag stands before it.
        """
        parsed, left = super().parse_known_args(args, namespace)
        end = left.index("--") if "--" in left else len(left)
        for word in left[:end]:
            if word.startswith("-") and word != "-" and not self._is_number(word):
                self._refuse(word.partition("=")[0])
        self._place([*left[:end], *left[end + 1 :]], parsed)
        return parsed, []

    def _is_number(self, word: str) -> bool:
        return bool(self._negative_number_matcher.match(word))

    def _place(self, words: list[str], parsed: argparse.Namespace) -> None:
        """Give ``words`` to the flags that may be without their names and were not given."""
        free = [flag for flag in map(self._flag, self.positionals) if self._is_free(flag, parsed)]
        for word in words:
            if not free:
                self.error(f"unrecognized arguments: {word}{self._taken(parsed)}")
            flag = free[0]
            if not isinstance(flag, argparse._AppendAction):  # noqa: SLF001
                free.pop(0)
            flag(self, parsed, Unnamed(word if flag.dest in self.files else as_utf8(word)), None)

    def _flag(self, name: str) -> argparse.Action:
        return next(flag for flag in self._actions if flag.dest == name)

    def _is_free(self, flag: argparse.Action, parsed: argparse.Namespace) -> bool:
        other = self.instead.get(flag.dest)
        return getattr(parsed, flag.dest) is flag.default and (
            other is None or getattr(parsed, other) is None
        )

    def _taken(self, parsed: argparse.Namespace) -> str:
        if not self.positionals:
            return f". {self.action_name} takes flags alone"
        named = ", ".join(f"--{name}" for name in self.positionals)
        return f". What {self.action_name} takes without its flag is: {named}"

    def _refuse(self, flag: str) -> None:
        """Say that ``flag`` is none of this action's, and what was meant most likely."""
        own = [word for action in self._actions for word in action.option_strings]
        every = self.elsewhere()
        takers = [name for name, flags in every.items() if flag in flags]
        if takers:
            more = f" and {len(takers) - _NAMED} others" if len(takers) > _NAMED else ""
            some = ", ".join(takers[:_NAMED])
            said = f"is a flag of {some}{more}, not of {self.action_name}"
        elif near := _nearest_flag(flag, own):
            said = f"is no flag of {self.action_name}. Did you mean {near}?"
        elif near := _nearest_flag(flag, [word for flags in every.values() for word in flags]):
            [first, *_] = [name for name, flags in every.items() if near in flags]
            said = f"is no flag of {self.action_name}. Did you mean {near}, a flag of {first}?"
        else:
            said = f"is no flag of {self.action_name}"
        self.error(f"unrecognized arguments: {flag} {said}")

    def format_usage(self) -> str:
        """Show the required flags as required, and what may be given without them."""
        with self._whole():
            return super().format_usage()

    def format_help(self) -> str:
        """Show the required flags as required, and what may be given without them."""
        with self._whole():
            return super().format_help()

    def _print_message(self, message: str, file: Any = None) -> None:
        print_message(message, file)

    @contextlib.contextmanager
    def _whole(self) -> Iterator[None]:
        """Have the parser as it is shown, not as it parses."""
        for action in self.required:
            action.required = action.dest not in self.instead
        shown = [self._shown(self._flag(name)) for name in self.positionals]
        for argument in shown:
            self._positionals._add_action(argument)  # noqa: SLF001
        try:
            yield
        finally:
            for argument in shown:
                self._positionals._remove_action(argument)  # noqa: SLF001
            for action in self.required:
                action.required = False

    def _shown(self, flag: argparse.Action) -> argparse.Action:
        several = isinstance(flag, argparse._AppendAction)  # noqa: SLF001
        return argparse._StoreAction(  # noqa: SLF001
            option_strings=[],
            dest=flag.dest,
            nargs="*" if several else "?",
            metavar=flag.dest.upper(),
            help=f"the same as --{flag.dest}, which may be left out before it",
        )


def _nearest_flag(flag: str, known: Iterable[str]) -> str | None:
    """Return the flag that ``flag`` was most likely meant to be, by their words alone."""
    # The dashes that all begin with would make any two short ones alike.
    words = {word.lstrip("-"): word for word in known if word.startswith("--")}
    near = nearest(flag.lstrip("-"), words)
    return words[near] if near else None
