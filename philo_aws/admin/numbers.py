"""Numbers as people write them in the language of the page."""

from __future__ import annotations

from django.utils.formats import number_format


def grouped(number: int) -> str:
    """Return ``number`` with the separators of its thousands: ``1,000``, in German ``1.000``."""
    return str(number_format(number, use_l10n=True, force_grouping=True))
