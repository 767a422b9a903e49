"""``manage.py aws_s3 ACTION``."""

from __future__ import annotations

from philo_aws.management import s3_listings, s3_objects, s3_transfers
from philo_aws.management.base import ActionCommand


class Command(ActionCommand):
    """Work with S3 buckets and objects."""

    help = "Work with S3 buckets and objects."
    actions = (*s3_listings.ACTIONS, *s3_objects.ACTIONS, *s3_transfers.ACTIONS)
