"""What a field of a settings dataclass may hold and how a command offers it, beside the field.

The validator of ``settings.AWS``, the objects themselves and the flags of the commands read it from
there: a field is refused in all of them or in none.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any

from django.utils.translation import gettext_noop

from .arguments import number, one_of, show, some_text, whole_number
from .exceptions import UsageError
from .limits import GIB, MIB
from .sentences import Sentence
from .spelling import nearest

_RULE, _FLAG = "philo_aws.rule", "philo_aws.flag"


@dataclass(frozen=True, kw_only=True)
class FieldRule:
    """Base of the rules."""

    optional: bool = False
    """Whether ``None`` may stand for the product's own choice."""

    def check(self, name: str, value: object) -> None:
        """Refuse a ``value`` that cannot be, by its ``name``.

        Raises :exc:`~philo_aws.exceptions.UsageError`.
        """
        if value is not None or not self.optional:
            self._look(name, value)

    def takes(self, value: object) -> bool:
        """Say whether ``value`` can be."""
        try:
            self.check("it", value)
        except UsageError:
            return False
        return True

    def _look(self, name: str, value: object) -> None:
        raise NotImplementedError

    def hint(self, value: object) -> str:
        """Return what to write instead of ``value``."""
        raise NotImplementedError


@dataclass(frozen=True, kw_only=True)
class OneOf(FieldRule):
    """One of a few texts."""

    choices: tuple[str, ...]

    def _look(self, name: str, value: object) -> None:
        one_of(name, value, self.choices)

    def hint(self, value: object) -> str:
        near = nearest(str(value), self.choices)
        return (f'Did you mean "{near}"? ' if near else "") + (
            f"It is one of: {', '.join(self.choices)}."
        )


@dataclass(frozen=True, kw_only=True)
class WholeNumber(FieldRule):
    """A whole number; ``high`` ``None`` has no upper end."""

    low: int
    high: int | None
    unit: str

    def _look(self, name: str, value: object) -> None:
        if self.unit != "bytes":
            whole_number(name, value, self.low, self.high)
            return
        try:
            whole_number(name, value, self.low, self.high)
        except UsageError as error:
            template = gettext_noop("{error} That is {low} or more.")
            if self.high is not None:
                template = gettext_noop("{error} That is {low} to {high}.")
            high = "" if self.high is None else _size(self.high)
            sentence = Sentence(template, error=error.message, low=_size(self.low), high=high)
            raise UsageError(sentence) from None

    def hint(self, value: object) -> str:
        upto = f" to {self.high:,}" if self.high is not None else " or more"
        return f"It is {self.unit}: a whole number, {self.low:,}{upto}."


@dataclass(frozen=True, kw_only=True)
class Number(FieldRule):
    """A number, whole or not."""

    low: float
    high: float
    unit: str

    def _look(self, name: str, value: object) -> None:
        number(name, value, self.low, self.high)

    def hint(self, value: object) -> str:
        return f"It is {self.unit}: a number, {self.low:,} to {self.high:,}."


@dataclass(frozen=True, kw_only=True)
class Span(FieldRule):
    """Two numbers, the first of them not above the second."""

    low: float
    high: float
    unit: str

    def _look(self, name: str, value: object) -> None:
        pair = value if isinstance(value, list | tuple) else ()
        if len(pair) != 2:
            raise UsageError(
                Sentence(
                    gettext_noop("{name} is {value}. Give two numbers: [{low}, {high}]."),
                    name=name,
                    value=show(value),
                    low=self.low,
                    high=self.high,
                )
            )
        for one in pair:
            number(name, one, self.low, self.high)
        if pair[0] > pair[1]:
            raise UsageError(
                Sentence(
                    gettext_noop("{name} is {value}. Give the smaller number first."),
                    name=name,
                    value=show(value),
                )
            )

    def hint(self, value: object) -> str:
        return f"It is {self.unit}: two numbers, {self.low:,} to {self.high:,}, the smaller first."


@dataclass(frozen=True, kw_only=True)
class Text(FieldRule):
    """A text that is not empty."""

    what: str

    def _look(self, name: str, value: object) -> None:
        some_text(name, value)

    def hint(self, value: object) -> str:
        return f"It is {self.what}."


def _size(count: int) -> str:
    return f"{count // GIB} GiB" if not count % GIB else f"{count // MIB} MiB"


@dataclass(frozen=True, kw_only=True)
class Flag:
    """How commands offer a field; how its value is read follows from the rule."""

    help: str
    """What it means, for ``--help``."""
    name: str = ""
    """The flag's name, where it is not the field's."""
    of_uploads: bool = False
    """Whether it is a property of what is uploaded, and nothing to downloads."""


def ruled(rule: FieldRule, *, flag: Flag | None = None, **options: Any) -> Any:
    """Return a dataclass field under ``rule``, which the settings alone have without a ``flag``.

    ``options`` are those of ``dataclasses.field``.
    """
    return field(metadata={_RULE: rule, _FLAG: flag}, **options)


def names_of(cls: Any) -> tuple[str, ...]:
    """Return the names of the fields of a dataclass."""
    return tuple(one.name for one in fields(cls))


def rules_of(cls: Any) -> dict[str, FieldRule]:
    """Return the rules of the fields of a dataclass, by their names and in their order."""
    return {one.name: one.metadata[_RULE] for one in fields(cls) if _RULE in one.metadata}


def flags_of(cls: Any) -> dict[str, tuple[str, Flag]]:
    """Return the flags of a dataclass, by their names and in the order of its fields.

    Each comes with the name of its field.
    """
    return {
        flag.name or one.name: (one.name, flag)
        for one in fields(cls)
        if (flag := one.metadata.get(_FLAG))
    }


def check_fields(instance: Any) -> None:
    """Refuse an object of a dataclass one of whose fields breaks its rule.

    Raises :exc:`~philo_aws.exceptions.UsageError`.
    """
    for name, rule in rules_of(type(instance)).items():
        rule.check(name, getattr(instance, name))
