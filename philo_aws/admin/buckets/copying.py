"""Copy, move and rename objects and folders."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from ...s3.request.addresses import check_apart, format_address
from ...s3.web.copysteps import Copier, CopyStep
from ..base import Button
from ..numbers import grouped
from ..operations import OperationOutcome
from ..pairs import one_line
from ..text import visible
from .base import name_of, parent_of
from .forms import CopyForm, CopyManyForm
from .stepwise import SelectionView, named
from .stepwise_copies import STOP, PartialCopyView

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class CopyView(SelectionView, PartialCopyView):
    """Copies to another key, folder or bucket; the destination bucket must allow uploads."""

    route = "<str:object_id>/copy/"
    permissions: ClassVar[tuple[str, ...]] = ("copy_object", "upload_object")
    permissions_elsewhere = ("upload_object",)
    title = _("Copy")
    buttons: ClassVar[tuple[Button, ...]] = (
        Button(at=("object", "object_row", "folder_row", "selection"), order=30),
    )
    submit_label = _("Copy")
    scripts: ClassVar[tuple[str, ...]] = ("philo_aws/folder_picker.js",)
    verb = "Copied"
    move: ClassVar[bool] = False

    @property
    def single(self) -> str:
        """The one object concerned, whose new key is asked for; else empty."""
        # The last of many is not the only one.
        alone = len(self.keys) == 1 and not self.folders and "many" not in self.request.POST
        return self.keys[0] if alone else ""

    def get_form(self, *, bound: bool) -> Any:
        options: dict[str, Any] = {"initial": self.get_initial()}
        if bound:
            options["data"] = self.request.POST
        form = CopyForm(**options) if self.single else CopyManyForm(**options)
        name = self.single[len(parent_of(self.single)) :]
        if url := self.link("folders", name=name):
            start = {"in": self.bucket, "prefix": self.folder, "name": name}
            form.offer_folders(url, self.link("folders", **start))
        return form

    def get_initial(self) -> dict[str, Any]:
        return {"bucket": self.bucket, "key": self.single or self.prefix}

    def get_hidden(self) -> dict[str, Any]:
        return SelectionView.get_hidden(self) | dict(PartialCopyView.get_hidden(self))

    def get_summary(self) -> list[Any]:
        return [self.describe_count()]

    def perform(self, data: dict[str, Any]) -> OperationOutcome:
        self.target = self.model_admin.model(pk=data["bucket"])
        self.address = format_address(data["bucket"], data["key"])
        self.require(self.permissions_at_target, data["bucket"], key=data["key"])
        return super().perform(data)

    def get_sentences(self, subjects: Sequence[str]) -> dict[Any, str]:
        told, to = self.in_history(subjects), visible(self.address)
        sentences = {self.obj: f"{self.verb} {told} to {to!r}."}
        if self.target != self.obj:
            sentences[self.target] = f"{self.verb} {told} from bucket {self.bucket} to {to!r}."
        return sentences

    def note_copied(self, step: Any) -> None:
        """Write into the history what a move did only the half of."""
        if step.copied:
            self.audit(f"Copied {named(step.copied)}, but could not delete what was copied.")

    def get_carried(self, data: Mapping[str, Any]) -> dict[str, str]:
        carried = {"bucket": data["bucket"], "key": one_line(data["key"])}
        carried |= {"overwrite": "on"} if data["overwrite"] else {}
        return carried | ({} if self.single else {"many": "on"})

    def do_keys(self, keys: Sequence[str], data: Mapping[str, Any]) -> CopyStep:
        pairs = [
            (key, data["key"] if self.single else data["key"] + key[len(parent_of(key)) :])
            for key in keys
        ]
        copier = self._copier(data)
        step = self.wait_for(copier.copy_pairs, pairs, self.part)
        if self.single and step.refused:
            # The form comes again with the reason, so that another key can be typed.
            self.part = None
            self.note_copied(step)
            raise next(iter(step.refused.values()))
        return step

    def keys_left(self, step: Any) -> list[str]:
        return [source for source, _target in step.left]

    def do_folder(self, folder: str, after: str, data: Mapping[str, Any]) -> CopyStep:
        target = data["key"] + folder[len(self.root_of(folder)) :]
        check_apart(self.bucket, folder, data["bucket"], target)
        copier = self._copier(data)
        return self.wait_for(copier.copy_prefix, folder, target, after, self.part)

    def is_begun(self, step: Any) -> bool:
        return step.part is not None

    def share_of_part(self, step: Any) -> float:
        return step.part_bytes / step.part.size if step.part else 0.0

    def go_on(self, step: Any, message: str, carry: Mapping[str, Any]) -> OperationOutcome:
        if step.part is None:
            return OperationOutcome(message=message, carry=carry)
        told = self.describe_part(step)
        return OperationOutcome(
            message=told if message == self.describe(0) else f"{message} {told}",
            carry={**carry, **self.carry_part(step.part)},
            stop_name=STOP,
            progress=(step.part_bytes, step.part.size),
        )

    def announce(self, count: int) -> str:
        return ngettext(
            "%(count)s object will be copied.", "%(count)s objects will be copied.", count
        ) % {"count": grouped(count)}

    def describe(self, done: int, total: int = 0) -> str:
        if not done:
            return gettext("Nothing was copied.")
        if total > 1:
            return gettext("%(done)s of %(total)s objects were copied.") % {
                "done": grouped(done),
                "total": grouped(total),
            }
        return ngettext("%(count)s object was copied.", "%(count)s objects were copied.", done) % {
            "count": grouped(done)
        }

    def get_title(self) -> Any:
        if self.single:
            return f"{self.title}: {name_of(self.single)}"
        return self.title

    def _copier(self, data: Mapping[str, Any]) -> Copier:
        return Copier(
            self.bucket,
            data["bucket"],
            move=self.move,
            overwrite=data["overwrite"],
            seconds=self.step_seconds,
        )


class MoveView(CopyView):
    """Moves or renames: a copy, and the source deleted once the copy is there."""

    route = "<str:object_id>/move/"
    permissions = ("copy_object", "upload_object", "delete_object")
    title = _("Move")
    buttons: ClassVar[tuple[Button, ...]] = (
        Button(at=("object", "object_row", "folder_row", "selection"), order=40),
    )
    submit_label = _("Move")
    verb = "Moved"
    move = True

    def announce(self, count: int) -> str:
        return ngettext(
            "%(count)s object will be moved.", "%(count)s objects will be moved.", count
        ) % {"count": grouped(count)}

    def describe(self, done: int, total: int = 0) -> str:
        if not done:
            return gettext("Nothing was moved.")
        if total > 1:
            return gettext("%(done)s of %(total)s objects were moved.") % {
                "done": grouped(done),
                "total": grouped(total),
            }
        return ngettext("%(count)s object was moved.", "%(count)s objects were moved.", done) % {
            "count": grouped(done)
        }
