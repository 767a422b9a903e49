"""Empty a bucket: everything in it deleted for good, step by step, and then the bucket too."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.contrib import messages
from django.contrib.admin.models import DELETION
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from ...exceptions import AWSError
from ...s3 import delete_bucket
from ...s3.web.emptysteps import (
    Holding,
    Place,
    count_uploads,
    count_versions,
    empty_step,
)
from ...s3.web.steps import STEP_SECONDS
from ...sentences import localized
from ..base import Button
from ..numbers import grouped
from ..operations import OperationOutcome, OperationView, TypeNameForm
from ..text import visible
from .base import BucketView, pack, unpack

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from django.utils.functional import _StrPromise as StrPromise

CARRIED = ("stage", "after", "mark", "deleted", "aborted", "refused", "reason", "of")
LONGEST_FIGURE = 15
"""Digits of a figure that a form carries."""


class EmptyBucketForm(TypeNameForm):
    """Asks for the name, and whether the bucket goes too."""

    then_delete = forms.BooleanField(
        label=_("Delete the bucket, too, once it is empty"),
        required=False,
        help_text=_("Someone else can take the name afterwards."),
    )


@dataclass(frozen=True, kw_only=True)
class Contents:
    """What the look at a bucket found; what could not be found out is an error."""

    versions: Holding | AWSError
    uploads: tuple[int, bool] | AWSError

    @property
    def total(self) -> int:
        """All there is to be deleted; 0 where that is not known."""
        versions, uploads = self.versions, self.uploads
        if isinstance(versions, AWSError) or isinstance(uploads, AWSError):
            return 0
        return versions.total + uploads[0] if versions.complete and uploads[1] else 0


class EmptyBucketView(OperationView, BucketView):
    """Deletes objects, older versions, delete markers and unfinished uploads for good."""

    route = "<str:object_id>/empty/"
    permissions = ("delete", "delete_object")
    title = _("Empty bucket")
    buttons = (Button(at=("bucket",), order=87, kind="danger"),)
    submit_label = _("Delete for good")
    destructive = True
    step_seconds: ClassVar[float] = STEP_SECONDS
    """How long a step begins anything new."""

    _contents: Contents | None = None

    def get_title(self) -> str | StrPromise:
        return _("Empty and delete bucket") if self.parameter("delete") else self.title

    def get_form(self, *, bound: bool) -> forms.Form:
        return EmptyBucketForm(
            self.request.POST if bound else None,
            initial={"then_delete": bool(self.parameter("delete"))},
            expected=self.bucket,
        )

    def get_hidden(self) -> dict[str, str]:
        carried = {name: self.request.POST.get(name, "") for name in CARRIED}
        if not carried["of"] and self._contents is not None:
            carried["of"] = str(self._contents.total)
        return {name: value for name, value in carried.items() if value}

    def get_summary(self) -> list[Any]:
        said: list[Any] = [
            gettext("The bucket “%(name)s” will be emptied.") % {"name": self.bucket}
        ]
        contents = self._look()
        for part in (contents.versions, contents.uploads):
            if isinstance(part, AWSError):
                reason = visible(localized(part.message))
                said.append(
                    gettext("Not all that it holds could be found out: %(reason)s")
                    % {"reason": reason}
                )
        said += [*_told(contents)]
        said.append(_("All of it is deleted for good: nothing of it can be brought back."))
        return said

    def perform(self, data: dict[str, Any]) -> OperationOutcome:
        place = None
        if "stage" in self.request.POST:
            place = Place(
                key=unpack(self.request.POST.get("after", "")),
                mark=self.request.POST.get("mark", ""),
                uploads=self.request.POST["stage"] == "uploads",
            )
        step = self.ask_aws(empty_step, self.bucket, place=place, seconds=self.step_seconds)
        counts = {
            "versions": step.deleted,
            "uploads": step.aborted,
            "failed": step.refused,
        }
        self.job.tell({self.obj: "Emptied."}, counts, unfinished=step.place is not None)
        deleted, aborted = self._number("deleted") + step.deleted, self._number("aborted")
        aborted += step.aborted
        refused = self._number("refused") + step.refused
        reason = self.request.POST.get("reason", "")[:500]
        if step.reason is not None and not reason:
            reason = localized(step.reason.message)
        message = _describe(deleted, aborted)
        if refused:
            message += " " + ngettext(
                "%(count)s was not: %(reason)s", "%(count)s were not: %(reason)s", refused
            ) % {"count": grouped(refused), "reason": visible(reason)}
        if step.place is None:
            return self._end(message, refused=refused, then_delete=data["then_delete"])
        total = self._number("of")
        done = deleted + aborted + refused
        return OperationOutcome(
            message=message,
            progress=(done, total) if total >= done else None,
            carry={
                "typed_name": self.bucket,
                **({"then_delete": "on"} if data["then_delete"] else {}),
                "stage": "uploads" if step.place.uploads else "versions",
                "after": pack(step.place.key),
                "mark": step.place.mark,
                "deleted": str(deleted),
                "aborted": str(aborted),
                "refused": str(refused),
                "reason": reason,
                "of": str(total),
            },
        )

    def _end(self, message: str, *, refused: int, then_delete: bool) -> OperationOutcome:
        if refused or not then_delete:
            level = messages.WARNING if refused else messages.SUCCESS
            return OperationOutcome(message=message, level=level)
        try:
            self.ask_aws(delete_bucket, self.bucket)
        except AWSError as error:
            if error.may_be_done:
                self.audit(self.get_unknown_audit())
            message += " " + gettext("The bucket was not deleted: %(reason)s") % {
                "reason": visible(localized(error.message))
            }
            return OperationOutcome(message=message, level=messages.WARNING)
        told = gettext("The bucket “%(name)s” was deleted.") % {"name": self.bucket}
        return OperationOutcome(
            message=f"{message} {told}",
            audit="Deleted.",
            flag=DELETION,
            url=self.model_admin.url("changelist"),
        )

    def _look(self) -> Contents:
        """Count what is in it, as far as there is time: a request for each 1,000, and one more."""
        if self._contents is None:
            calls: Mapping[str, Callable[..., Any]] = {
                "versions": partial(count_versions, self.bucket),
                "uploads": partial(count_uploads, self.bucket),
            }
            answers: Any = self.ask_aws_together(calls)
            self._contents = Contents(**answers)
        return self._contents

    def _number(self, name: str) -> int:
        text = self.request.POST.get(name, "")
        good = text.isascii() and text.isdecimal() and len(text) <= LONGEST_FIGURE
        return int(text) if good else 0


def _told(contents: Contents) -> list[str]:
    """Return the sentences that say what a bucket holds; what there is none of is left out."""
    said, complete = [], True
    if isinstance(contents.versions, Holding):
        found = contents.versions
        complete = found.complete
        said.append(
            ngettext("It holds %(count)s object.", "It holds %(count)s objects.", found.objects)
            % {"count": grouped(found.objects)}
        )
        if found.older:
            said.append(
                ngettext(
                    "%(count)s older version is kept.",
                    "%(count)s older versions are kept.",
                    found.older,
                )
                % {"count": grouped(found.older)}
            )
        if found.markers:
            said.append(
                ngettext(
                    "%(count)s mark says that an object was deleted.",
                    "%(count)s marks say that an object was deleted.",
                    found.markers,
                )
                % {"count": grouped(found.markers)}
            )
    if isinstance(contents.uploads, tuple) and contents.uploads[0]:
        uploads, all_of_them = contents.uploads
        complete = complete and all_of_them
        said.append(
            ngettext(
                "%(count)s upload was begun and not finished.",
                "%(count)s uploads were begun and not finished.",
                uploads,
            )
            % {"count": grouped(uploads)}
        )
    if not complete:
        said.append(gettext("There are more: counting was stopped here."))
    return [" ".join(said)] if said else []


def _describe(deleted: int, aborted: int) -> str:
    """Return the sentence that says what is gone."""
    told = ngettext(
        "%(count)s object, version or mark was deleted.",
        "%(count)s objects, versions and marks were deleted.",
        deleted,
    ) % {"count": grouped(deleted)}
    if aborted:
        told += " " + ngettext(
            "%(count)s unfinished upload was aborted.",
            "%(count)s unfinished uploads were aborted.",
            aborted,
        ) % {"count": grouped(aborted)}
    return told
