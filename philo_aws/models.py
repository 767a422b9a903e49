"""Models without a table: they give buckets and queues permissions, admin URLs and a history.

Nothing is ever stored: an instance is a name that came from a URL, an audit entry or a setting.
"""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class NoRowsManager(models.Manager[models.Model]):
    """A manager that never asks the database, because there is no table to ask."""

    def get_queryset(self) -> models.QuerySet[models.Model]:
        return super().get_queryset().none()


class Bucket(models.Model):
    """An S3 bucket, known by its name."""

    name = models.CharField(_("name"), max_length=255, primary_key=True)

    objects = NoRowsManager()

    class Meta:
        managed = False
        base_manager_name = "objects"
        default_manager_name = "objects"
        verbose_name = _("bucket")
        verbose_name_plural = _("buckets")
        default_permissions = ("add", "delete", "view")
        permissions = (
            ("list_objects", "Can list the objects of a bucket"),
            ("download_object", "Can download and preview objects"),
            ("share_object", "Can make links that download an object without a login"),
            ("upload_object", "Can upload objects and create folders"),
            ("copy_object", "Can copy objects"),
            ("change_object", "Can change the metadata, tags and storage class of objects"),
            ("delete_object", "Can delete objects and their versions"),
            ("restore_object", "Can bring back deleted objects and old versions"),
            ("view_bucket_settings", "Can see the settings of a bucket"),
            ("change_bucket_settings", "Can change the settings of a bucket"),
        )

    def __str__(self) -> str:
        return self.name


class Queue(models.Model):
    """An SQS queue, known by its region and name: ``eu-west-1/orders.fifo``."""

    name = models.CharField(_("name"), max_length=255, primary_key=True)

    objects = NoRowsManager()

    class Meta:
        managed = False
        base_manager_name = "objects"
        default_manager_name = "objects"
        verbose_name = _("queue")
        verbose_name_plural = _("queues")
        default_permissions = ("add", "change", "delete", "view")
        permissions = (
            ("receive_message", "Can receive the messages of a queue"),
            ("send_message", "Can send messages to a queue"),
            ("delete_message", "Can delete messages of a queue"),
            ("purge_queue", "Can purge a queue"),
            ("redrive_queue", "Can move the messages of a dead-letter queue back"),
        )

    def __str__(self) -> str:
        return self.name
