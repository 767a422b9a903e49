"""Arguments looked at once, where they come in: what cannot be is refused, and never guessed at."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any, TypeVar

from django.utils.translation import gettext_noop

from .exceptions import UsageError
from .sentences import Sentence
from .spelling import nearest

T = TypeVar("T")
_MOST_SHOWN = 80


def one_of(name: str, value: object, choices: Collection[T]) -> T:
    """Return ``value`` if it is one of ``choices``, which are texts.

    Raises :exc:`~philo_aws.exceptions.UsageError` that names the nearest of them.
    """
    for choice in choices:
        if isinstance(value, str) and value == choice:
            return choice
    names = [str(choice) for choice in choices]
    near = _nearest(value, names)
    remedy = Sentence(gettext_noop("Did you mean {near!r}? "), near=near) if near else ""
    raise UsageError(
        Sentence(
            gettext_noop("{name} is {value}. {remedy}It can be {either}."),
            name=name,
            value=show(value),
            remedy=remedy,
            either=_either(names),
        )
    )


def whole_number(name: str, value: object, low: int = 0, high: int | None = None) -> int:
    """Return ``value`` if it is a whole number from ``low`` to ``high``; ``None`` has no upper end.

    A ``bool`` and a ``float`` are none. Raises :exc:`~philo_aws.exceptions.UsageError`.
    """
    if (
        isinstance(value, int)
        and not isinstance(value, bool)
        and value >= low
        and (high is None or value <= high)
    ):
        return value
    if high is None:
        extent = Sentence(gettext_noop("of {low:,} or more"), low=low)
    else:
        extent = Sentence(gettext_noop("from {low:,} to {high:,}"), low=low, high=high)
    raise UsageError(
        Sentence(
            gettext_noop("{name} is {value}. Give a whole number {extent}."),
            name=name,
            value=show(value),
            extent=extent,
        )
    )


def number(name: str, value: object, low: float, high: float) -> float:
    """Return ``value`` if it is a number from ``low`` to ``high``, whole or not.

    Raises :exc:`~philo_aws.exceptions.UsageError`, also for a ``bool`` and for ``nan``.
    """
    if isinstance(value, int | float) and not isinstance(value, bool) and low <= value <= high:
        return value
    raise UsageError(
        Sentence(
            gettext_noop("{name} is {value}. Give a number from {low:,} to {high:,}."),
            name=name,
            value=show(value),
            low=low,
            high=high,
        )
    )


def yes_or_no(name: str, value: object) -> bool:
    """Return ``value`` if it is ``True`` or ``False``: the text ``"no"`` would count as true.

    Raises :exc:`~philo_aws.exceptions.UsageError`.
    """
    if isinstance(value, bool):
        return value
    raise UsageError(
        Sentence(
            gettext_noop("{name} is {value}. Give True or False."), name=name, value=show(value)
        )
    )


def text(name: str, value: object) -> str:
    """Return ``value`` if it is a text. Raises :exc:`~philo_aws.exceptions.UsageError`."""
    if isinstance(value, str):
        return value
    raise UsageError(
        Sentence(gettext_noop("{name} is {value}. Give a text."), name=name, value=show(value))
    )


def some_text(name: str, value: object) -> str:
    """Return ``value`` if it is a text that is not empty.

    Raises :exc:`~philo_aws.exceptions.UsageError`.
    """
    if text(name, value):
        return str(value)
    raise UsageError(Sentence(gettext_noop("{name} is empty. Give a text that is not."), name=name))


def list_of_strings(name: str, value: object) -> tuple[str, ...]:
    """Return the texts of the list ``value``; a single text is no list of its letters.

    Raises :exc:`~philo_aws.exceptions.UsageError`.
    """
    return list_of(name, value, str, Sentence(gettext_noop("text")))


def list_of(name: str, value: object, kind: type[T], what: str = "") -> tuple[T, ...]:
    """Return what is in the list ``value``, if all of it is of the class ``kind``.

    ``what`` names one of it in the sentence. Raises :exc:`~philo_aws.exceptions.UsageError` for
    anything else, also for a text and for a mapping, which Python would take for a list.
    """
    what = what or kind.__name__
    if isinstance(value, kind):
        raise UsageError(
            Sentence(
                gettext_noop("{name} is the one {what} {value}. Give a list: [{value}]."),
                name=name,
                what=what,
                value=show(value),
            )
        )
    if isinstance(value, str | bytes | Mapping) or not isinstance(value, Iterable):
        raise UsageError(
            Sentence(
                gettext_noop("{name} is {value}. Give a list, each of it a {what}."),
                name=name,
                value=show(value),
                what=what,
            )
        )
    found = tuple(value)
    for item in found:
        if not isinstance(item, kind):
            raise UsageError(
                Sentence(
                    gettext_noop("{name} holds {item}, which is no {what}."),
                    name=name,
                    item=show(item),
                    what=what,
                )
            )
    return found


def mapping(name: str, value: object) -> dict[str, Any]:
    """Return a copy of ``value`` if it is a mapping whose names are texts; ``None`` is empty.

    Its values are not shown: they may be secret. Raises
    :exc:`~philo_aws.exceptions.UsageError`.
    """
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise UsageError(
            Sentence(
                gettext_noop('{name} is no dict. Give one such as {{"Name": "value"}}.'), name=name
            )
        )
    for key in value:
        if not isinstance(key, str):
            raise UsageError(
                Sentence(
                    gettext_noop("{name} has the name {key}, which is no text."),
                    name=name,
                    key=show(key),
                )
            )
    return dict(value)


def instance_of(name: str, value: object, kind: type[T]) -> T:
    """Return ``value`` if it is of the class ``kind``.

    Raises :exc:`~philo_aws.exceptions.UsageError`.
    """
    if isinstance(value, kind):
        return value
    raise UsageError(
        Sentence(
            gettext_noop("{name} is {value}, no {kind}."),
            name=name,
            value=show(value),
            kind=kind.__name__,
        )
    )


def _nearest(value: object, names: list[str]) -> str | None:
    given = str(value).strip().casefold().lstrip("-")
    return next((name for name in names if name.casefold() == given), None) or nearest(given, names)


def _either(names: list[str]) -> str:
    *others, last = map(repr, names)
    if not others:
        return last
    return Sentence(gettext_noop("{others} or {last}"), others=", ".join(others), last=last)


def show(value: object) -> str:
    """Return ``value`` as a sentence shows it: on one line, cut where it is long."""
    try:
        shown = repr(value)
    except ValueError:  # a whole number of thousands of digits
        shown = f"a very large {type(value).__name__}"
    return shown if len(shown) <= _MOST_SHOWN else f"{shown[: _MOST_SHOWN - 1]}…"
