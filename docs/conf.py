"""Sphinx settings of the documentation."""

from __future__ import annotations

import philo_aws

project = "django-philo-aws"
author = "The django-philo-aws developers"
copyright = f"2026, {author}"
release = version = philo_aws.__version__

extensions = ["myst_parser"]
myst_heading_anchors = 3
exclude_patterns = ["_build"]
nitpicky = True

html_theme = "furo"
html_title = f"{project} {release}"
html_static_path = ["_static"]
html_css_files = ["sentences.css"]
