"""Bring back many deleted objects, and whole folders of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from ...s3.web.deleted import count_deleted
from ...s3.web.steps import BoundedStep, Count
from ...s3.web.undeleting import undelete_keys, undelete_step
from ..numbers import grouped
from .stepwise import SelectionView

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class UndeleteView(SelectionView):
    """Brings back what was ticked among the deleted objects, folders as a whole."""

    route = "<str:object_id>/undelete/"
    permissions = ("list_objects", "restore_object")
    title = _("Undelete")
    submit_label = _("Undelete")
    verb = "Undeleted"

    def get_success_url(self) -> str:
        return self.link("deleted", prefix=self.folder) or super().get_success_url()

    def count(self) -> Count:
        count = Count(objects=0, bytes=0, complete=True)
        if self.folders:
            count = self.ask_aws(count_deleted, self.bucket, self.folders)
        return Count(
            objects=count.objects + len(self.keys), bytes=count.bytes, complete=count.complete
        )

    def get_summary(self) -> list[Any]:
        return [
            self.describe_count(),
            _("They become again what they were when they were deleted."),
        ]

    def announce(self, count: int) -> str:
        return ngettext(
            "%(count)s object will be brought back.",
            "%(count)s objects will be brought back.",
            count,
        ) % {"count": grouped(count)}

    def describe(self, done: int, total: int = 0) -> str:
        if not done:
            return gettext("Nothing was brought back.")
        return ngettext(
            "%(count)s object was brought back.", "%(count)s objects were brought back.", done
        ) % {"count": grouped(done)}

    def describe_needless(self, count: int) -> str:
        return ngettext("%(count)s was there already.", "%(count)s were there already.", count) % {
            "count": grouped(count)
        }

    def do_keys(self, keys: Sequence[str], data: Mapping[str, Any]) -> BoundedStep:
        return self.ask_aws(undelete_keys, self.bucket, keys, seconds=self.step_seconds)

    def keys_left(self, step: BoundedStep) -> list[str]:
        left: list[str] = getattr(step, "left", [])
        return left

    def do_folder(self, folder: str, after: str, data: Mapping[str, Any]) -> BoundedStep:
        return self.ask_aws(
            undelete_step, self.bucket, folder, after=after, seconds=self.step_seconds
        )
