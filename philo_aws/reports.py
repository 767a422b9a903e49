"""Django's error reports: its debug page and the mails to the admins show all settings."""

from __future__ import annotations

import re


def hide_setting() -> None:
    """Have ``settings.AWS`` shown as stars, as Django shows ``SECRET_KEY``.

    Django hides what has a telling key. In a setting that is faulty, which is when it is shown, a
    secret may stand under any key, or under none.
    """
    from django.views.debug import SafeExceptionReporterFilter

    known = SafeExceptionReporterFilter.hidden_settings
    if not known.search("AWS"):
        SafeExceptionReporterFilter.hidden_settings = re.compile(
            f"{known.pattern}|^AWS$", known.flags
        )
