"""Commands with actions: ``manage.py COMMAND ACTION --flag …``, each action one service call."""

from __future__ import annotations

import argparse
import copy
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from ..checks import TAG
from ..spelling import nearest
from . import completion
from .output import FORMATS, Output
from .parsing import ActionParser, plain
from .process import AWSCommand, look_for_garbage_seldom, print_message
from .shells import SCRIPTS
from .streams import as_utf8

if TYPE_CHECKING:
    from django.core.management.base import CommandParser

__all__ = ["Action", "ActionCommand", "ActionParser", "answering"]


@dataclass(frozen=True, kw_only=True)
class Action:
    """One action of a command."""

    name: str
    """Its name, the service function's."""
    help: str
    """One line for the list of actions."""
    example: str
    """The words after ``manage.py`` of a command line that works."""
    method: Callable[..., None]
    """Called with the output and the flags as keywords."""
    flags: Callable[[ActionParser], None] | None = None
    """Adds the action's flags to its parser."""
    positionals: tuple[str, ...] = ()
    """The flags that may be given without their names, in this order."""
    alias_of: tuple[str, ...] = ()
    """The names of the actions that it is, where it is a short name."""


def answering(
    function: Callable[..., dict[str, Any]],
    *,
    as_literal: bool = False,
    **objects: Callable[[str, Any], Any],
) -> Callable[..., None]:
    """Return a method that prints what ``function`` returns; ``objects`` read the flags in JSON.

    ``as_literal`` is :meth:`Output.answer`'s.
    """

    def method(output: Output, **flags: Any) -> None:
        for name, read in objects.items():
            flags[name] = read(name, flags[name])
        output.answer(function(**flags), as_literal=as_literal)

    return method


class ActionCommand(AWSCommand):
    """Base of the commands whose first argument is an action."""

    actions: ClassVar[Sequence[Action]] = ()
    requires_system_checks = [TAG]
    _words: frozenset[str] | None = None
    """The words of the command line: an action that is none of them needs no flags."""
    _line: Sequence[str] = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """Give each action a parser of its own, with Django's base options and ``--format``."""
        base_options = [
            option
            for option in parser._actions  # noqa: SLF001
            if option.option_strings and option.dest != "help"
        ]
        parser.add_argument(
            completion.FLAG,
            action=completion.PrintScript,
            choices=SCRIPTS,
            help="print the script that completes words in this shell, and end",
        )
        subparsers = parser.add_subparsers(
            dest="action", metavar="ACTION", required=True, parser_class=ActionParser
        )
        parser._check_value = partial(self._check_action, parser._check_value, subparsers)  # type: ignore[method-assign] # noqa: SLF001
        self._parsers: dict[str, ActionParser] = {}
        self._flags: dict[str, list[argparse.Action]] = {}
        for action in self.actions:
            subparser = subparsers.add_parser(
                action.name,
                help=action.help,
                description=action.help,
                epilog=(
                    "Django's own options (-v, --settings, --traceback, …) are taken here too.\n\n"
                    f"example:\n  manage.py {action.example}"
                ),
                formatter_class=argparse.RawDescriptionHelpFormatter,
            )
            if action.flags and (self._words is None or action.name in self._words):
                action.flags(subparser)
                subparser.positionals = action.positionals
            _add_output_flags(subparser)
            subparser.action_name, subparser.elsewhere = action.name, self._flags_of_all
            self._parsers[action.name] = subparser
            self._flags[action.name] = [
                flag
                for flag in subparser._actions  # noqa: SLF001
                if flag.dest != "help"
            ]
            _repeat(base_options, subparser)

    def _check_action(
        self,
        usual: Callable[[argparse.Action, Any], None],
        actions: argparse.Action,
        action: argparse.Action,
        value: Any,
    ) -> None:
        """Say of an action that is none which it was meant to be; argparse would name them all."""
        names = list(self._parsers)
        if action is not actions or value in names:
            usual(action, value)
            return
        if meant := [word for word in self._line if word in names]:
            hint = f"The flags of {meant[0]} stand behind it"
        elif near := nearest(value, names):
            hint = f"Did you mean {near}?"
        else:
            hint = f"The actions are: {', '.join(names)}"
        raise argparse.ArgumentError(action, f"invalid choice: {value!r}. {hint}")

    def run_from_argv(self, argv: list[str]) -> None:
        """Run for the command line; the process ends after it."""
        self._line, self._words = argv[2:], frozenset(argv)
        if argv[2:3] == [completion.ASK]:
            self._complete(argv)
            return
        look_for_garbage_seldom()
        super().run_from_argv(argv)

    def _complete(self, argv: list[str]) -> None:
        parser = self.create_parser(argv[0], argv[1])
        lines = completion.complete(
            [(action.name, action.help) for action in self.actions],
            self._parsers.__getitem__,
            [option for option in parser._actions if option.option_strings],  # noqa: SLF001
            argv[3:],
        )
        print_message("".join(f"{line}\n" for line in lines), sys.stdout)

    def handle(self, *args: Any, action: str, **options: Any) -> None:
        """Call the action; an error becomes its sentence on stderr and an exit code."""
        chosen = next(known for known in self.actions if known.name == action)
        with self.ending():
            values = self._values(chosen, options)
            output = Output(
                self.stdout,
                self.stderr,
                values.pop("format"),
                quiet=values.pop("quiet"),
                wide=values.pop("wide"),
            )
            chosen.method(output, **values)
            output.flush()

    def understand(self, action: Action, values: dict[str, Any]) -> None:
        """Change ``values`` of the flags, as they were given, to what they mean together.

        Called before those that are missing are asked for; what was given without the name of its
        flag is an :class:`~philo_aws.management.parsing.Unnamed`. Raises
        :exc:`~philo_aws.exceptions.UsageError`.
        """

    def _values(self, action: Action, options: dict[str, Any]) -> dict[str, Any]:
        parser, flags = self._parsers[action.name], self._flags[action.name]
        values = {
            flag.dest: self._checked(parser, flag, options.get(flag.dest, flag.default))
            for flag in flags
        }
        self.understand(action, values)
        values = {name: plain(value) for name, value in values.items()}
        missing = [flag.dest for flag in parser.required if values[flag.dest] is None]
        for name, other in parser.instead.items():
            if values[other] is None:
                continue
            if name not in missing:
                parser.error(f"argument --{name}: not allowed with argument --{other}")
            missing.remove(name)
        if missing:
            beside = {name: f" or --{other}" for name, other in parser.instead.items()}
            beside |= {name: f" ({hint})" for name, hint in parser.hints.items()}
            named = ", ".join(f"--{name}{beside.get(name, '')}" for name in missing)
            parser.error(f"the following arguments are required: {named}")
        others = {flag.dest for known in self._flags.values() for flag in known} - values.keys()
        foreign = sorted(name for name in others if options.get(name) is not None)
        if foreign:
            parser.error(f"{action.name} does not take: {', '.join(foreign)}")
        return values

    def _flags_of_all(self) -> dict[str, list[str]]:
        """Return the flags of all actions: for the command line those of one alone are made."""
        found = {}
        for action in self.actions:
            parser = ActionParser()
            if action.flags:
                action.flags(parser)
            found[action.name] = [
                word
                for flag in parser._actions  # noqa: SLF001
                for word in flag.option_strings
                if flag.dest != "help"
            ]
        return found

    def _checked(self, parser: ActionParser, flag: argparse.Action, value: Any) -> Any:
        """Return ``value`` if ``flag`` could have it; ``call_command`` takes any Python value.

        A misspelled direction and the text "no" would else be taken for what nobody meant.
        """
        if value is None or value is flag.default:
            return value
        name = flag.option_strings[0]
        if flag.nargs == 0 and not isinstance(value, bool):
            parser.error(f"argument {name}: {value!r} is neither True nor False")
        if callable(flag.type):
            try:
                made = flag.type(str(value))
            except (argparse.ArgumentTypeError, TypeError, ValueError) as error:
                parser.error(f"argument {name}: invalid value: {value!r}: {error}")
            if not isinstance(value, str) and made != value:
                parser.error(f"argument {name}: invalid value: {value!r}")
            value = made
        if flag.choices is not None and value not in flag.choices:
            known = ", ".join(map(repr, flag.choices))
            parser.error(f"argument {name}: invalid choice: {value!r} (choose from {known})")
        return value if flag.dest in parser.files else _in_utf8(value)


def _in_utf8(value: Any) -> Any:
    # Values that remember their place among the flags, and what names a file, stay as they are.
    if type(value) is str and not value.startswith("@"):
        return as_utf8(value)
    return [_in_utf8(item) for item in value] if type(value) is list else value


def _add_output_flags(parser: ActionParser) -> None:
    parser.add_flag("format", choices=FORMATS, default="table", help="how results are printed")
    parser.add_flag("quiet", action="store_true", help="data and errors alone: no bar, no notes")
    parser.add_flag("wide", action="store_true", help="tables whole, also on a narrow terminal")


def _repeat(options: list[argparse.Action], parser: ActionParser) -> None:
    # Suppressed defaults: an option given before the action is not undone by its absence after it.
    # The command's own help describes these options; repeated here they would hide the action's.
    for option in options:
        again = copy.copy(option)
        again.default = again.help = argparse.SUPPRESS
        parser._add_action(again)  # noqa: SLF001
