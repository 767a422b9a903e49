"""Where a page stands and where it leads, as data for the templates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise as StrPromise


@dataclass(frozen=True, kw_only=True)
class Crumb:
    """One step of the breadcrumbs."""

    label: str | StrPromise
    """What is read; hostile text is escaped by the template."""
    url: str = ""
    """Where it leads; empty for the page itself."""


@dataclass(frozen=True, kw_only=True)
class Tool:
    """A button at the top of a page."""

    label: str | StrPromise
    """What is read."""
    url: str
    """Where it leads."""
    kind: str = ""
    """``"primary"``, ``"danger"`` or nothing."""
