"""The Django application."""

from __future__ import annotations

from django.apps import AppConfig
from django.core import checks
from django.utils.translation import gettext_lazy as _


class PhiloAwsConfig(AppConfig):
    """Amazon S3 and SQS: services, commands and admin pages."""

    name = "philo_aws"
    verbose_name = _("AWS")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the system checks, and keep the setting out of Django's error reports."""
        from .checks import TAG, check_actions, check_groups, check_settings
        from .reports import hide_setting
        from .storage.checks import check_storages

        checks.register(check_settings, TAG)
        # Not under our own tag either: commands open no page.
        checks.register(check_actions, checks.Tags.security)
        checks.register(check_groups, checks.Tags.database)
        # Not under our own tag: a fault of a storage must not stop aws_s3, which may mend it.
        checks.register(check_storages, checks.Tags.files, checks.Tags.staticfiles)
        hide_setting()
