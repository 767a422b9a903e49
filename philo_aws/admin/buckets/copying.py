"""Copy, move and rename objects and folders."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from ...s3.steps import Step, copy_keys, copy_step
from ..forms import CopyForm, CopyManyForm
from ..text import visible
from .base import name_of, parent_of
from .selection import SelectionView

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ...exceptions import AWSError
    from ..operations import Outcome


class CopyView(SelectionView):
    """Copies to another key, folder or bucket; the destination bucket must allow uploads."""

    route = "<str:object_id>/copy/"
    permissions: ClassVar[tuple[str, ...]] = ("copy_object", "upload_object")
    title = _("Copy")
    submit_label = _("Copy")
    verb = "Copied"
    move: ClassVar[bool] = False

    @property
    def single(self) -> str:
        """The one object concerned, whose new key is asked for; else empty."""
        return self.keys[0] if len(self.keys) == 1 and not self.folders else ""

    def get_form(self, *, bound: bool) -> Any:
        options: dict[str, Any] = {"initial": self.get_initial()}
        if bound:
            options["data"] = self.request.POST
        return CopyForm(**options) if self.single else CopyManyForm(**options)

    def get_initial(self) -> dict[str, Any]:
        return {"bucket": self.bucket, "key": self.single or self.prefix}

    def get_summary(self) -> list[Any]:
        return [self.describe_count()]

    def perform(self, data: dict[str, Any]) -> Outcome:
        target = self.model_admin.model(pk=data["bucket"])
        if not self.model_admin.may(self.request, ("upload_object",), target):
            raise PermissionDenied
        outcome = super().perform(data)
        if target.pk != self.bucket:
            sources = ", ".join(visible(item) for item in self.get_items()[:5])
            self.model_admin.audit(
                self.request,
                target,
                f"{self.verb} here from bucket {self.bucket!r}: {sources}.",
            )
        return outcome

    def get_carried(self, data: Mapping[str, Any]) -> dict[str, str]:
        carried = {"bucket": data["bucket"], "key": data["key"]}
        return carried | ({"overwrite": "on"} if data["overwrite"] else {})

    def do_keys(self, keys: Sequence[str], data: Mapping[str, Any]) -> dict[str, AWSError]:
        pairs = [
            (key, data["key"] if self.single else data["key"] + key[len(parent_of(key)) :])
            for key in keys
        ]
        return self._raise_if_single(
            copy_keys(
                self.bucket,
                pairs,
                data["bucket"],
                move=self.move,
                overwrite=data["overwrite"],
                purpose="web",
            )
        )

    def do_folder(self, folder: str, after: str, data: Mapping[str, Any]) -> Step:
        return copy_step(
            self.bucket,
            folder,
            data["bucket"],
            data["key"] + folder[len(parent_of(folder)) :],
            move=self.move,
            overwrite=data["overwrite"],
            after=after,
            seconds=self.step_seconds,
            purpose="web",
        )

    def announce(self, count: int) -> str:
        return ngettext(
            "%(count)s object will be copied.", "%(count)s objects will be copied.", count
        ) % {"count": f"{count:,}"}

    def describe(self, done: int) -> str:
        if not done:
            return _now("Nothing was copied.")
        return ngettext("%(count)s object was copied.", "%(count)s objects were copied.", done) % {
            "count": f"{done:,}"
        }

    def get_title(self) -> Any:
        if self.single:
            return f"{self.title}: {name_of(self.single)}"
        return self.title

    def _raise_if_single(self, refused: dict[str, AWSError]) -> dict[str, AWSError]:
        # The form comes again with the reason, so that another key can be typed.
        if self.single and refused:
            raise next(iter(refused.values()))
        return refused


class MoveView(CopyView):
    """Moves or renames: a copy, and the source deleted once the copy is there."""

    route = "<str:object_id>/move/"
    permissions = ("copy_object", "upload_object", "delete_object")
    title = _("Move or rename")
    submit_label = _("Move")
    verb = "Moved"
    move = True

    def announce(self, count: int) -> str:
        return ngettext(
            "%(count)s object will be moved.", "%(count)s objects will be moved.", count
        ) % {"count": f"{count:,}"}

    def describe(self, done: int) -> str:
        if not done:
            return _now("Nothing was moved.")
        return ngettext("%(count)s object was moved.", "%(count)s objects were moved.", done) % {
            "count": f"{done:,}"
        }
