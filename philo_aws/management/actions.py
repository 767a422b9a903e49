"""Commands with actions: ``manage.py COMMAND ACTION --flag …``, each action one service call."""

from __future__ import annotations

import argparse
import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from django.core.management.base import CommandParser

from ..checks import TAG
from .output import FORMATS, Output
from .process import AWSCommand, look_for_garbage_seldom, print_message
from .streams import as_utf8


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

    def format_usage(self) -> str:
        """Show the required flags as required."""
        return self._with_required(super().format_usage)

    def format_help(self) -> str:
        """Show the required flags as required."""
        return self._with_required(super().format_help)

    def _print_message(self, message: str, file: Any = None) -> None:
        print_message(message, file)

    def _with_required(self, write: Callable[[], str]) -> str:
        for action in self.required:
            action.required = action.dest not in self.instead
        try:
            return write()
        finally:
            for action in self.required:
                action.required = False


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


def answering(
    function: Callable[..., dict[str, Any]], **objects: Callable[[str, Any], Any]
) -> Callable[..., None]:
    """Return a method that prints what ``function`` returns; ``objects`` read the flags in JSON."""

    def method(output: Output, **flags: Any) -> None:
        for name, read in objects.items():
            flags[name] = read(name, flags[name])
        output.answer(function(**flags))

    return method


class ActionCommand(AWSCommand):
    """Base of the commands whose first argument is an action."""

    actions: ClassVar[Sequence[Action]] = ()
    requires_system_checks = [TAG]
    _words: frozenset[str] | None = None
    """The words of the command line: an action that is none of them needs no flags."""

    def add_arguments(self, parser: CommandParser) -> None:
        """Give each action a parser of its own, with Django's base options and ``--format``."""
        base_options = [
            option
            for option in parser._actions  # noqa: SLF001
            if option.option_strings and option.dest != "help"
        ]
        subparsers = parser.add_subparsers(
            dest="action", metavar="ACTION", required=True, parser_class=ActionParser
        )
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
            subparser.add_flag(
                "format", choices=FORMATS, default="table", help="how results are printed"
            )
            self._parsers[action.name] = subparser
            self._flags[action.name] = [
                flag
                for flag in subparser._actions  # noqa: SLF001
                if flag.dest != "help"
            ]
            _repeat(base_options, subparser)

    def run_from_argv(self, argv: list[str]) -> None:
        """Run for the command line; the process ends after it."""
        look_for_garbage_seldom()
        self._words = frozenset(argv)
        super().run_from_argv(argv)

    def handle(self, *args: Any, action: str, **options: Any) -> None:
        """Call the action; an error becomes its sentence on stderr and an exit code."""
        chosen = next(known for known in self.actions if known.name == action)
        values = self._values(action, options)
        output = Output(self.stdout, self.stderr, values.pop("format"))
        with self.ending():
            chosen.method(output, **values)
            output.flush()

    def _values(self, action: str, options: dict[str, Any]) -> dict[str, Any]:
        parser, flags = self._parsers[action], self._flags[action]
        values = {
            flag.dest: self._checked(parser, flag, options.get(flag.dest, flag.default))
            for flag in flags
        }
        missing = [flag.dest for flag in parser.required if values[flag.dest] is None]
        for name, other in parser.instead.items():
            if values[other] is None:
                continue
            if name not in missing:
                parser.error(f"argument --{name}: not allowed with argument --{other}")
            missing.remove(name)
        if missing:
            instead = {name: f" or --{other}" for name, other in parser.instead.items()}
            named = ", ".join(f"--{name}{instead.get(name, '')}" for name in missing)
            parser.error(f"the following arguments are required: {named}")
        others = {flag.dest for known in self._flags.values() for flag in known} - values.keys()
        foreign = sorted(name for name in others if options.get(name) is not None)
        if foreign:
            parser.error(f"{action} does not take: {', '.join(foreign)}")
        return values

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


def _repeat(options: list[argparse.Action], parser: ActionParser) -> None:
    # Suppressed defaults: an option given before the action is not undone by its absence after it.
    # The command's own help describes these options; repeated here they would hide the action's.
    for option in options:
        again = copy.copy(option)
        again.default = again.help = argparse.SUPPRESS
        parser._add_action(again)  # noqa: SLF001
