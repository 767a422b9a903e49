"""A photo: files of a model, kept by the site's default storage."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, ClassVar

from django.conf import settings
from django.db import models, transaction

from philo_aws import sqs

if TYPE_CHECKING:
    from django.db.models.fields.files import ImageFieldFile


class Photo(models.Model):
    """A picture with a title, and a file that belongs to it."""

    title = models.CharField(max_length=100)
    # The size of the picture is a column, so that a page does not read each picture for it.
    image = models.ImageField(upload_to="photos", width_field="width", height_field="height")
    width = models.PositiveIntegerField(editable=False, default=0)
    height = models.PositiveIntegerField(editable=False, default=0)
    # Longer than the image's name, as it is made of that.
    thumbnail = models.ImageField(max_length=120, blank=True, editable=False)
    attachment = models.FileField(upload_to="attachments", blank=True)
    added = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[models.Manager[Photo]] = models.Manager()

    class Meta:
        ordering = ["-added", "-pk"]

    def __str__(self) -> str:
        return self.title

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save it, and have a small picture made of an image that has none."""
        super().save(*args, **kwargs)
        if settings.EXAMPLE_PHOTOS_QUEUE_URL and not self.has_thumbnail:
            # A consumer is quick: it must not look for the row before that is there. And the upload
            # stands where SQS does not answer: Django logs that, the next save asks again.
            transaction.on_commit(self.ask_for_thumbnail, robust=True)

    def ask_for_thumbnail(self) -> None:
        """Send what :mod:`example_project.sqs_handlers` reads.

        Raises :exc:`~philo_aws.exceptions.AWSError`.
        """
        sqs.send_message(
            settings.EXAMPLE_PHOTOS_QUEUE_URL, json.dumps({"photo": self.pk}), purpose="web"
        )

    @property
    def thumbnail_name(self) -> str:
        """Where the small picture of this image is kept."""
        return f"thumbnails/{self.image.name}"

    @property
    def has_thumbnail(self) -> bool:
        """Whether there is one, and not of an image that was replaced."""
        return self.thumbnail.name == self.thumbnail_name

    @property
    def preview(self) -> ImageFieldFile:
        """What a page shows: the small picture, until there is one the whole."""
        return self.thumbnail if self.has_thumbnail else self.image
