"""The photos in the admin."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import admin
from django.utils.html import format_html

from philo_aws.admin import ObjectPickerMixin

from .models import Photo

if TYPE_CHECKING:
    ModelAdmin = admin.ModelAdmin[Photo]
else:
    ModelAdmin = admin.ModelAdmin


@admin.register(Photo)
class PhotoAdmin(ObjectPickerMixin, ModelAdmin):
    """Photos, each with a small picture of itself; the original is chosen from the buckets."""

    list_display = ["title", "picture", "attachment", "added"]
    search_fields = ["title"]
    readonly_fields = ["width", "height", "task_id", "added"]

    @admin.display(description="image")
    def picture(self, photo: Photo) -> str:
        """The picture, where the storage says it is."""
        return format_html('<img src="{}" height="48" alt="">', photo.preview.url)
