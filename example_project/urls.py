"""The pages of the example, and the admin."""

from __future__ import annotations

from django.conf import settings
from django.conf.urls.static import static
from django.contrib import admin
from django.urls import path

from . import views

urlpatterns = [
    path("", views.files, name="files"),
    path("download/", views.download, name="download"),
    path("send/", views.send, name="send"),
    path("photos/", views.photos, name="photos"),
    path("admin/", admin.site.urls),
    # Uploads that are on this machine's disk, in development alone.
    *static(settings.MEDIA_URL, document_root=settings.MEDIA_ROOT),
]
