"""Arguments of the services, checked before anything is sent: boto3 would send some of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ..exceptions import UsageError

SHOWN = 80
"""Characters of a value that a sentence shows."""


def shown(value: object) -> str:
    """Return ``value`` for a sentence, printable, on one line and cut where it is long."""
    try:
        text = ascii(value)
    except ValueError:  # a whole number of thousands of digits
        text = f"a very large {type(value).__name__}"
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}… ({len(text):,} characters)"


def check_string(name: str, value: object) -> None:
    """Raise :exc:`~philo_aws.exceptions.UsageError` unless ``value`` is a string with content."""
    if not isinstance(value, str) or not value:
        raise UsageError(f"{name} is {shown(value)}. Give a string that is not empty.")


def strings(name: str, values: object, example: str) -> list[str]:
    """Return ``values`` as a list.

    Raises :exc:`~philo_aws.exceptions.UsageError` for a single string, which would be taken letter
    by letter, and for what holds anything but strings.
    """
    found = values
    if isinstance(values, Iterable) and not isinstance(values, str | bytes | Mapping):
        found = list(values)
        if all(isinstance(value, str) and value for value in found):
            return found
    raise UsageError(
        f"{name} is {shown(found)}. Give a list of strings, such as [{example!r}]."
    )
