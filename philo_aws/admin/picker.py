"""What joins the fields of other model admins to the pages of the buckets."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from django.contrib.admin.exceptions import NotRegistered

from ..forms import ObjectField
from ..models import Bucket

if TYPE_CHECKING:
    from django.contrib import admin
    from django.contrib.admin.sites import AdminSite
    from django.db import models
    from django.http import HttpRequest

    from .buckets.base import BucketView

    Base = admin.ModelAdmin[models.Model]
else:
    Base = object


class ObjectPicker:
    """What one person may choose, by the permissions of the bucket admin of the same site."""

    def __init__(self, request: HttpRequest, site: AdminSite) -> None:
        self._request = request
        self._site = site
        self._page: BucketView | None = None

    def may(self, bucket: str, key: str) -> bool:
        """Say whether the person may list the object."""
        return bool(self._link("pick", bucket, prefix=key))

    def check(self, bucket: str, key: str) -> None:
        """Raise :exc:`~philo_aws.exceptions.AWSError` where there is no such object."""
        from ..s3.objects.properties import head_object

        if page := self._asked():
            page.ask_aws(head_object, bucket, key)

    def addresses(self, bucket: str, key: str) -> dict[str, str]:
        """Return the addresses of its page and its small picture, empty where not allowed."""
        from .buckets.kinds import is_image

        if not self.may(bucket, key):
            return {}
        found = {"object": self._link("object", bucket, key=key)}
        if is_image(key):
            found["thumbnail"] = self._link("preview", bucket, key=key, **{"as": "thumbnail"})
        return found

    def choose_url(self, bucket: str, prefix: str) -> str:
        """Return the address of the page that chooses one."""
        if bucket:
            return self._link("pick", bucket, prefix=prefix, root=prefix)
        return self._link("pick_bucket")

    def _link(self, name: str, bucket: str = "", **query: str) -> str:
        page = self._asked()
        return page.link(name, Bucket(pk=bucket) if bucket else None, **query) if page else ""

    def _asked(self) -> BucketView | None:
        """Return a page of the bucket admin as this person sees it; none where there is none."""
        if self._page is None:
            try:
                model_admin: Any = self._site.get_model_admin(Bucket)
            except NotRegistered:
                return None
            page: Any = model_admin.get_views().get("pick")
            if page is None:
                return None
            self._page = page(model_admin=model_admin)
            self._page.setup(self._request)
        return self._page


class ObjectPickerMixin(Base):
    """A model admin, or an inline, whose :class:`~philo_aws.forms.ObjectField` can choose.

    ::

        @admin.register(Release)
        class ReleaseAdmin(ObjectPickerMixin, admin.ModelAdmin):
            form = ReleaseForm

    The field then asks for the permissions of the person, as the pages of the buckets do, and its
    button opens these. It stands before ``ModelAdmin``, and works for fields of the model too.
    """

    def get_form(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        form: Any = super().get_form(request, *args, **kwargs)
        self._bind(request, form.base_fields)
        return form

    def get_formset(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Return the forms of an inline; a model admin has none of its own."""
        formset: Any = super().get_formset(request, *args, **kwargs)  # type: ignore[misc]
        self._bind(request, formset.form.base_fields)
        return formset

    def formfield_for_dbfield(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if isinstance(field, ObjectField):
            field.bind(ObjectPicker(request, self.admin_site))
        return field

    def _bind(self, request: HttpRequest, fields: dict[str, Any]) -> None:
        picker = ObjectPicker(request, self.admin_site)
        for name, field in fields.items():
            if isinstance(field, ObjectField):
                # Those that the form declares are the same for all requests.
                fields[name] = copy.deepcopy(field)
                fields[name].bind(picker)
