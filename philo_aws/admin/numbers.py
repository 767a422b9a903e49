"""Numbers as people write them in the language of the page."""

from __future__ import annotations

from django.utils.formats import number_format
from django.utils.translation import ngettext

UNITS = ("KiB", "MiB", "GiB", "TiB", "PiB")


def grouped(number: int) -> str:
    """Return ``number`` with the separators of its thousands: ``1,000``, in German ``1.000``."""
    return str(number_format(number, use_l10n=True, force_grouping=True))


def exact_bytes(size: int) -> str:
    """Return a size to the byte: ``1,048,576 bytes``."""
    return ngettext("%(count)s byte", "%(count)s bytes", size) % {"count": grouped(size)}


def binary_size(size: int) -> str:
    """Return a number of bytes by powers of 1024: ``999 bytes``, ``24.9 KiB``, ``1 MiB``.

    The unit stays on the line of its number.
    """
    text = exact_bytes(size)
    value: float = size
    for unit in UNITS:
        # What would round to 1024 belongs to the next unit.
        if round(value, 1) < 1024:
            break
        value /= 1024
        shown = round(value, 1)
        number = number_format(shown, 0 if shown == int(shown) else 1, force_grouping=True)
        text = f"{number} {unit}"
    return text.replace(" ", "\N{NO-BREAK SPACE}")
