"""Sentences that commands and logs say in English, and pages in the person's own language."""

from __future__ import annotations

from typing import Any, Self

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
        return _filled(
            gettext(self.template), {name: localized(value) for name, value in self.values.items()}
        )


def _made(template: str, values: dict[str, Any]) -> Sentence:
    return Sentence(template, **values)


def _filled(template: str, values: dict[str, Any]) -> str:
    text = template.format(**values)
    # What is said of something begins with its name.
    return text[:1].upper() + text[1:] if template.startswith("{") else text


def localized(text: Any) -> Any:
    """Return ``text`` in the language that is active, where it is a :class:`Sentence`."""
    return text.localized() if isinstance(text, Sentence) else text
