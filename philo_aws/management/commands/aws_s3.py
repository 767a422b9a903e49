"""``manage.py aws_s3 ACTION``."""

from __future__ import annotations

from typing import Any

from django.utils.functional import classproperty

from philo_aws.management.actions import Action, ActionCommand


class Command(ActionCommand):
    """Work with S3 buckets and objects."""

    help = "Work with S3 buckets and objects."

    @classproperty
    def actions(cls) -> tuple[Action, ...]:  # type: ignore[override]  # noqa: N805
        """The actions, imported when the command runs: see :meth:`ActionCommand.run_from_argv`."""
        from philo_aws.management import (
            s3_aliases,
            s3_configuration,
            s3_copies,
            s3_folder,
            s3_invalidate,
            s3_listings,
            s3_objects,
            s3_reading,
            s3_transfers,
            s3_versions,
            s3_waiting,
        )

        modules = (
            s3_listings,
            s3_folder,
            s3_reading,
            s3_objects,
            s3_transfers,
            s3_copies,
            s3_versions,
            s3_waiting,
            s3_configuration,
            s3_invalidate,
        )
        actions = tuple(action for module in modules for action in module.ACTIONS)
        return (*actions, *s3_aliases.aliases(actions))

    def understand(self, action: Action, values: dict[str, Any]) -> None:
        """Take addresses apart, and the bucket of the settings where none is named."""
        from philo_aws.management import s3_addresses

        s3_addresses.resolve(action.name, action.positionals, values)
