"""The test site in a theme: settings of a process of its own, as the apps are other ones.

`PHILO_AWS_TEST_THEME` names it; `tests/browser/theme_site.py` is the process.
"""

from __future__ import annotations

import os

from tests import settings as plain
from tests.settings import *  # noqa: F403

THEMES = {"django": (), "unfold": ("unfold",), "jazzmin": ("jazzmin",)}
"""The apps of each, above Django's admin."""

INSTALLED_APPS = [*THEMES[os.environ["PHILO_AWS_TEST_THEME"]], *plain.INSTALLED_APPS]
# No fonts from elsewhere; light or dark as the browser is, like the other two.
JAZZMIN_SETTINGS = {"use_google_fonts_cdn": False}
JAZZMIN_UI_TWEAKS = {"default_theme_mode": "auto"}
