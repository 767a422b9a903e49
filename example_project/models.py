"""A photo: files of a model, kept by the site's default storage."""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class Photo(models.Model):
    """A picture with a title, and a file that belongs to it."""

    title = models.CharField(max_length=100)
    # The size of the picture is a column, so that a page does not read each picture for it.
    image = models.ImageField(upload_to="photos", width_field="width", height_field="height")
    width = models.PositiveIntegerField(editable=False, default=0)
    height = models.PositiveIntegerField(editable=False, default=0)
    attachment = models.FileField(upload_to="attachments", blank=True)
    added = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[models.Manager[Photo]] = models.Manager()

    class Meta:
        ordering = ["-added", "-pk"]

    def __str__(self) -> str:
        return self.title
