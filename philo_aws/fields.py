"""A model field for an object of a bucket: a column of text, with its own form field.

::

    from django.db import models
    from philo_aws.fields import ObjectField

    class Release(models.Model):
        picture = ObjectField(bucket="media", prefix="press/", blank=True)
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django.db import models

from . import forms

if TYPE_CHECKING:
    CharField = models.CharField[str, str]
else:
    CharField = models.CharField

__all__ = ["ObjectField"]

_OF_THE_ADMIN = "django.contrib.admin.widgets.AdminTextInputWidget"


class ObjectField(CharField):
    """The key of an object, or ``bucket/key`` where no ``bucket`` is given.

    Migrations have it as the ``CharField`` that it is, 1,100 characters long unless ``max_length``
    says otherwise: another bucket or prefix needs none, and they do not need this app. Nothing is
    asked of S3 but by the form.
    """

    def __init__(self, *args: Any, bucket: str = "", prefix: str = "", **kwargs: Any) -> None:
        self.bucket, self.prefix = bucket, prefix
        super().__init__(*args, **{"max_length": forms.MAX_LENGTH, **kwargs})

    def deconstruct(self) -> tuple[str, str, Sequence[Any], dict[str, Any]]:
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.CharField", args, kwargs

    def clone(self) -> ObjectField:
        # Django makes one of what deconstruct() returns, and that is for migrations here.
        _name, _path, args, kwargs = self.deconstruct()
        return type(self)(*args, bucket=self.bucket, prefix=self.prefix, **kwargs)

    def formfield(self, **kwargs: Any) -> Any:
        widget = kwargs.get("widget")
        if isinstance(widget, type) and _path(widget) == _OF_THE_ADMIN:
            # What the admin gives every column of text.
            del kwargs["widget"]
        given = {"form_class": forms.ObjectField, "bucket": self.bucket, "prefix": self.prefix}
        return super().formfield(**{**given, **kwargs})


def _path(cls: type) -> str:
    return f"{cls.__module__}.{cls.__name__}"
