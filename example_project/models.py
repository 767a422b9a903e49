"""A photo: files of a model, kept by the site's default storage."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django.db import models, transaction

from philo_aws.fields import ObjectField

if TYPE_CHECKING:
    from django.db.models.fields.files import ImageFieldFile

LONGEST_CAPTION = 200


class Photo(models.Model):
    """A picture with a title, and a file that belongs to it."""

    title = models.CharField(max_length=100)
    # The size of the picture is a column, so that a page does not read each picture for it.
    image = models.ImageField(upload_to="photos", width_field="width", height_field="height")
    width = models.PositiveIntegerField(editable=False, default=0)
    height = models.PositiveIntegerField(editable=False, default=0)
    # Longer than the image's name, as it is made of that.
    thumbnail = models.ImageField(max_length=120, blank=True, editable=False)
    # The result of the task that makes it.
    task_id = models.CharField(max_length=64, blank=True, editable=False)
    caption = models.CharField(max_length=LONGEST_CAPTION, blank=True)
    attachment = models.FileField(upload_to="attachments", blank=True)
    # An object of any bucket, which is chosen in the admin: migrations see a column of text.
    original = ObjectField(blank=True, help_text="Where the picture was taken from.")
    added = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[models.Manager[Photo]] = models.Manager()

    class Meta:
        ordering = ["-added", "-pk"]

    def __str__(self) -> str:
        return self.title

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save it, and have a small picture made of an image that has none."""
        super().save(*args, **kwargs)
        if not self.has_thumbnail:
            # A worker is quick: it must not look for the row before that is there. And the upload
            # stands where SQS does not answer: Django logs that, the next save asks again.
            transaction.on_commit(self.ask_for_thumbnail, robust=True)

    def ask_for_thumbnail(self) -> None:
        """Enqueue the task, and note where its result will be.

        Raises :exc:`~philo_aws.exceptions.AWSError`.
        """
        from .tasks import make_thumbnail  # which need this module

        self.task_id = make_thumbnail.enqueue(self.pk).id
        Photo.objects.filter(pk=self.pk).update(task_id=self.task_id)

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
