"""Sentences that commands and logs say in English, and pages in the person's own language."""

from __future__ import annotations

from string import Formatter
from typing import Any, Self

from django.utils.formats import number_format
from django.utils.translation import gettext


class Sentence(str):
    """A sentence in English that knows what it was made of.

    ``template`` is marked for translation where it is written (``gettext_noop``) and has fields as
    :meth:`str.format` wants them. It is an ordinary string to whoever does not ask for more.
    """

    __slots__ = ("template", "values")

    template: str
    """The sentence with its fields."""
    values: dict[str, Any]
    """What the fields are filled with."""

    def __new__(cls, template: str, **values: Any) -> Self:
        made = super().__new__(cls, _filled(template, values))
        made.template = template
        made.values = values
        return made

    def __reduce__(self) -> tuple[Any, ...]:
        return _made, (self.template, self.values)

    def localized(self) -> str:
        """Return it in the language that is active."""
        return _filled(gettext(self.template), self.values, _Localizing())


def _made(template: str, values: dict[str, Any]) -> Sentence:
    return Sentence(template, **values)


class _Localizing(Formatter):
    """Fills in sentences in the active language, and numbers as they are written in it."""

    def get_value(self, key: int | str, args: Any, kwargs: Any) -> Any:
        return localized(super().get_value(key, args, kwargs))

    def format_field(self, value: Any, format_spec: str) -> Any:
        if format_spec == ",":
            return number_format(value, force_grouping=True)
        return super().format_field(value, format_spec)


def _filled(template: str, values: dict[str, Any], formatter: Formatter | None = None) -> str:
    text = (formatter or Formatter()).vformat(template, (), values)
    return text[:1].upper() + text[1:] if _begins_with_words(template, values) else text


def _begins_with_words(template: str, values: dict[str, Any]) -> bool:
    """Say whether its first field has words of ours; a name that was given has none."""
    first = values.get(template[1:].partition("}")[0]) if template.startswith("{") else None
    return isinstance(first, Sentence) and (
        not first.template.startswith("{") or _begins_with_words(first.template, first.values)
    )


def localized(text: Any) -> Any:
    """Return ``text`` in the language that is active, where it is a :class:`Sentence`."""
    return text.localized() if isinstance(text, Sentence) else text
