"""Make a bucket, and delete one that is empty."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from django.contrib.admin.models import ADDITION, DELETION
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from ...exceptions import AWSError
from ...s3 import create_bucket, delete_bucket
from ...s3.web.emptysteps import Holding, count_uploads, count_versions
from ...sentences import localized
from ..base import Button
from ..operations import OperationOutcome, OperationView
from ..text import visible
from .base import BucketView
from .forms import BucketForm

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


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
        if not self.model_admin.may(self.request, ("add",), self.model_admin.model(pk=name)):
            raise PermissionDenied
        self.ask_aws(create_bucket, name, region or None)
        self.obj = self.model_admin.model(pk=name)
        return OperationOutcome(
            message=gettext("The bucket “%(name)s” was created.") % {"name": name},
            audit=f"Created in {region}." if region else "Created.",
            flag=ADDITION,
        )


class DeleteBucketView(OperationView, BucketView):
    """Deletes an empty bucket, after its name was typed; leads to emptying one that is not."""

    route = "<str:object_id>/delete/"
    permissions = ("delete",)
    title = _("Delete bucket")
    buttons = (Button(at=("bucket",), order=90, kind="danger"),)
    submit_label = _("Delete bucket")
    destructive = True
    type_name = True

    is_empty: bool | None = None
    """Whether it is; ``None`` where that is not known."""
    unknown: AWSError | None = None
    """Why it is not known."""

    def get(self, *args: Any, **kwargs: Any) -> HttpResponse:
        self._look()
        if self.is_empty is False and (url := self.link("empty", delete="1")):
            return HttpResponseRedirect(url)
        return super().get(*args, **kwargs)

    def get_summary(self) -> list[Any]:
        name = {"name": self.bucket}
        said: list[Any] = [gettext("The bucket “%(name)s” will be deleted.") % name]
        if self.is_empty:
            said.append(_("It is empty: no objects, no older versions, no unfinished uploads."))
        else:
            said.append(
                _(
                    "S3 deletes only empty buckets: delete its objects, and all their versions, "
                    "first. Someone else can take the name afterwards."
                )
            )
        if self.unknown is not None:
            said.append(
                gettext("Whether it is empty could not be found out: %(reason)s")
                % {"reason": visible(localized(self.unknown.message))}
            )
        return said

    def perform(self, data: dict[str, Any]) -> OperationOutcome:
        self.ask_aws(delete_bucket, self.bucket)
        return OperationOutcome(
            message=gettext("The bucket “%(name)s” was deleted.") % {"name": self.bucket},
            audit="Deleted.",
            flag=DELETION,
            url=self.model_admin.url("changelist"),
        )

    def _look(self) -> None:
        """Find out by two requests, side by side, whether there is anything in it."""
        calls: Mapping[str, Callable[..., Any]] = {
            "versions": partial(count_versions, self.bucket, limit=1),
            "uploads": partial(count_uploads, self.bucket, limit=1),
        }
        answers = self.ask_aws_together(calls)
        versions, uploads = answers["versions"], answers["uploads"]
        holds = isinstance(versions, Holding) and versions.total > 0
        if holds or (isinstance(uploads, tuple) and uploads[0] > 0):
            self.is_empty = False
            return
        errors = [answer for answer in answers.values() if isinstance(answer, AWSError)]
        self.unknown = errors[0] if errors else None
        self.is_empty = None if errors else True
