"""The Django application."""

from __future__ import annotations

from django.apps import AppConfig


class ExampleConfig(AppConfig):
    """Two pages for staff, and a model with files."""

    name = "example_project"
    verbose_name = "Example"
