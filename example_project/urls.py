"""The page of the example, and the admin."""

from __future__ import annotations

from django.contrib import admin
from django.urls import path

from . import views

urlpatterns = [
    path("", views.files, name="files"),
    path("download/", views.download, name="download"),
    path("send/", views.send, name="send"),
    path("admin/", admin.site.urls),
]
