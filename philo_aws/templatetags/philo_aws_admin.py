"""Filters for what came from AWS, and the tag of the breadcrumbs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import template

from ..admin import numbers
from ..admin.text import visible as make_visible

if TYPE_CHECKING:
    import datetime

register = template.Library()


@register.inclusion_tag("admin/philo_aws/includes/breadcrumbs.html", takes_context=True)
def breadcrumbs_once(context: dict[str, Any]) -> dict[str, Any]:
    """Show the breadcrumbs of the page, unless it has shown them already.

    Where the theme has a block for them, that one comes first.
    """
    view = context["view"]
    crumbs = [] if view.breadcrumbs_shown else context["crumbs"]
    view.breadcrumbs_shown = True
    return {"crumbs": crumbs}


@register.filter
def visible(value: object) -> str:
    """Say it in the active language, and spell out control and direction characters.

    Autoescaping does the rest.
    """
    return make_visible(value if isinstance(value, str) else str(value))


@register.filter
def exact(value: datetime.datetime | None) -> str:
    """Return the moment in ISO 8601, for a ``title`` or a ``datetime`` attribute.

    Empty where a store did not tell it.
    """
    return value.isoformat() if value else ""


@register.filter
def exact_number(value: int) -> str:
    """Return a whole number with its thousands grouped, as the language does it."""
    return numbers.grouped(value)


@register.filter
def exact_bytes(value: int) -> str:
    """Return a size to the byte."""
    return numbers.exact_bytes(value)


@register.filter
def binary_size(value: int | str | None) -> str:
    """Return a size that is easy to grasp; say it to the byte beside it or in a ``title``."""
    return numbers.binary_size(int(value or 0))


@register.filter
def unlocalized(value: float) -> str:
    """Return a number as attributes want it: with a point."""
    return str(value)
