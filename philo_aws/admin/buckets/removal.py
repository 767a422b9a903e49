"""Delete objects and folders."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from ...exceptions import AWSError
from ...s3.delete_requests import delete_keys
from ...s3.objects.versions import is_versioned
from ...s3.web.steps import BoundedStep, delete_step
from ..base import Button
from ..numbers import grouped
from .stepwise import SelectionView

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class DeleteObjectsView(SelectionView):
    """Deletes what was selected, after saying how much that is."""

    route = "<str:object_id>/delete-objects/"
    permissions = ("delete_object",)
    title = _("Delete objects")
    buttons = (
        Button(at=("object", "selection"), order=90, label=_("Delete"), kind="danger"),
        Button(at=("folder",), order=90, label=_("Delete folder"), kind="danger"),
    )
    submit_label = _("Delete")
    destructive = True
    verb = "Deleted"

    def get_summary(self) -> list[Any]:
        try:
            kept = self.ask_aws(is_versioned, self.bucket)
        except AWSError:
            return [self.describe_count()]
        consequence = (
            _("The bucket keeps versions: what is deleted can be brought back.")
            if kept
            else _("The bucket keeps no versions: what is deleted is gone for good.")
        )
        return [self.describe_count(), consequence]

    def do_keys(self, keys: Sequence[str], data: Mapping[str, Any]) -> BoundedStep:
        refused = self.ask_aws(delete_keys, self.bucket, keys)
        return BoundedStep(done=len(keys) - len(refused), refused=refused)

    def do_folder(self, folder: str, after: str, data: Mapping[str, Any]) -> BoundedStep:
        return self.ask_aws(
            delete_step, self.bucket, folder, after=after, seconds=self.step_seconds
        )

    def announce(self, count: int) -> str:
        return ngettext(
            "%(count)s object will be deleted.", "%(count)s objects will be deleted.", count
        ) % {"count": grouped(count)}

    def describe(self, done: int) -> str:
        if not done:
            return gettext("Nothing was deleted.")
        return ngettext(
            "%(count)s object was deleted.", "%(count)s objects were deleted.", done
        ) % {"count": grouped(done)}
