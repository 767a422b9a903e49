"""Rename an object or a folder where it is."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from ...exceptions import ConflictError
from ...s3.web.page import list_page
from ...s3.web.steps import count_prefixes
from ...sentences import Sentence
from ..base import Button
from ..pairs import one_line
from ..text import visible
from .base import name_of, parent_of
from .copying import MoveView
from .forms import RenameForm

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ...s3.web.copysteps import CopyStep
    from ..operations import OperationOutcome

LOOKED = "looked"
COUNT_SECONDS = 2.0
"""Of a page that renames at once, how long it counts beforehand."""


class RenameView(MoveView):
    """Gives one object or folder another name; the folder that it lies in stays."""

    route = "<str:object_id>/rename/"
    title = _("Rename")
    buttons = (
        Button(at=("object", "object_row", "folder_row"), order=25),
        Button(at=("folder",), order=55, label=_("Rename folder")),
    )
    submit_label = _("Rename")
    scripts = ()
    verb = "Renamed"
    new_key: str = ""
    """What it is going to be."""
    looked: bool = False
    """Whether the new name of a folder was found to be free."""

    @property
    def item(self) -> str:
        """The object or folder."""
        return [*self.folders, *self.keys][0]

    @property
    def old_name(self) -> str:
        """Its name as it is: what stands behind the folder that it lies in."""
        return self.item[len(parent_of(self.item)) :].removesuffix("/")

    def get_form(self, *, bound: bool) -> RenameForm:
        options: dict[str, Any] = {"initial": {"name": one_line(self.old_name)}}
        if bound:
            options["data"] = self.request.POST
        return RenameForm(**options, old=self.old_name)

    def get_title(self) -> Any:
        return f"{self.title}: {name_of(self.item)}"

    def get_summary(self) -> list[Any]:
        return [self.describe_count()] if self.folders else []

    def get_hidden(self) -> dict[str, Any]:
        return super().get_hidden() | ({LOOKED: "on"} if self.looked else {})

    def perform(self, data: dict[str, Any]) -> OperationOutcome:
        slash = "/" if self.item.endswith("/") else ""
        target = f"{parent_of(self.item)}{data['name']}{slash}"
        if self.folders and "total" not in self.request.POST:
            # A script sends the new name at once, before anything was counted.
            count = self.ask_aws(count_prefixes, self.bucket, self.folders, seconds=COUNT_SECONDS)
            self.total = count.objects if count.complete else 0
        item, self.new_key = self.item, target
        given = {"bucket": self.bucket, "key": target, "overwrite": False}
        outcome = super().perform({**data, **given})
        if outcome.carry is None and outcome.level == messages.SUCCESS:
            told = _("“%(old)s” is “%(new)s” now.") % {"old": name_of(item), "new": name_of(target)}
            return replace(outcome, message=told)
        return outcome

    def get_carried(self, data: Mapping[str, Any]) -> dict[str, str]:
        return {"name": one_line(data["name"]), LOOKED: "on"}

    def do_folder(self, folder: str, after: str, data: Mapping[str, Any]) -> CopyStep:
        # Two folders that become one are no rename, and no rename could part them again.
        if LOOKED not in self.request.POST:
            page = self.ask_aws(list_page, self.bucket, prefix=data["key"], limit=1)
            if page.entries or page.prefixes:
                raise ConflictError(
                    Sentence(
                        gettext_noop(
                            "There is a folder {name!r} already. Choose another name, or move the "
                            "folder to put the two together."
                        ),
                        name=data["name"],
                    )
                )
        self.looked = True
        copier = self._copier(data)
        return self.wait_for(copier.copy_prefix, folder, data["key"], after, self.part)

    def get_sentences(self, subjects: Sequence[str]) -> dict[Any, str]:
        old, new = visible(self.item), visible(self.new_key)
        return {self.obj: f"Renamed {old!r} to {new!r}."}

    def _nothing(self) -> HttpResponse | None:
        if self.everything is not None or len(self.keys) + len(self.folders) > 1:
            messages.warning(self.request, _("Only one thing can be renamed at a time."))
            return HttpResponseRedirect(self.get_success_url())
        return super()._nothing()
