"""Make a bucket, and delete an empty one."""

from __future__ import annotations

from typing import Any

from django.contrib.admin.models import ADDITION, DELETION
from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from ...s3 import create_bucket, delete_bucket
from ..base import Button
from ..operations import OperationOutcome, OperationView
from .base import BucketView
from .forms import BucketForm


class CreateBucketView(OperationView):
    """Makes a bucket."""

    route = "add/"
    permissions = ("add",)
    title = _("Create bucket")
    buttons = (Button(at=("buckets",), order=10, kind="primary"),)
    form_class = BucketForm
    submit_label = _("Create bucket")

    def perform(self, data: dict[str, Any]) -> OperationOutcome:
        name, region = data["name"], data["region"]
        if not self.model_admin.has_access(self.request, self.model_admin.model(pk=name)):
            raise PermissionDenied
        self.ask_aws(create_bucket, name, region or None)
        self.obj = self.model_admin.model(pk=name)
        return OperationOutcome(
            message=gettext("The bucket “%(name)s” was created.") % {"name": name},
            audit=f"Created in {region}." if region else "Created.",
            flag=ADDITION,
        )


class DeleteBucketView(OperationView, BucketView):
    """Deletes an empty bucket, after its name was typed."""

    route = "<str:object_id>/delete/"
    permissions = ("delete",)
    title = _("Delete bucket")
    buttons = (Button(at=("bucket",), order=90, kind="danger"),)
    submit_label = _("Delete bucket")
    destructive = True
    type_name = True

    def get_summary(self) -> list[Any]:
        return [
            gettext("The bucket “%(name)s” will be deleted.") % {"name": self.bucket},
            _(
                "S3 deletes only empty buckets: delete its objects, and all their versions, first. "
                "Someone else can take the name afterwards."
            ),
        ]

    def perform(self, data: dict[str, Any]) -> OperationOutcome:
        self.ask_aws(delete_bucket, self.bucket)
        return OperationOutcome(
            message=gettext("The bucket “%(name)s” was deleted.") % {"name": self.bucket},
            audit="Deleted.",
            flag=DELETION,
            url=self.model_admin.url("changelist"),
        )
