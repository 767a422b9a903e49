"""Make a folder, or a whole bucket, what it was at a moment."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from ...exceptions import AWSError, ConflictError
from ...s3.objects.versions import is_versioned
from ...s3.web.rewind_steps import compare_with_then, rewind_step
from ...s3.web.steps import STEP_SECONDS
from ...sentences import localized
from ..base import Button
from ..numbers import grouped
from ..operations import OperationOutcome, OperationView
from ..text import visible
from .base import BucketView, pack, unpack

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from django.http import HttpResponse
    from django.utils.functional import _StrPromise as StrPromise

    from ...s3.web.rewind_steps import RewindStep

CARRIED = ("after", "done", "deleted", "refused", "reason")
LOCAL = "%Y-%m-%dT%H:%M:%S"
"""How browsers send a date and a time."""


class RewindForm(forms.Form):
    """A moment."""

    at = forms.DateTimeField(
        label=_("As it was at"),
        widget=forms.DateTimeInput(
            format=LOCAL, attrs={"type": "datetime-local", "step": "1", "class": "vTextField"}
        ),
    )
    delete = forms.BooleanField(
        label=_("Delete what was not there then"),
        required=False,
        help_text=_("It is kept as a version, and can be undeleted."),
    )

    def __init__(self, *args: Any, may_delete: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["at"].help_text = gettext("Time zone: %(name)s") % {
            "name": timezone.get_current_timezone_name()
        }
        if not may_delete:
            del self.fields["delete"]

    def clean_at(self) -> datetime.datetime:
        """Refuse a moment that is to come."""
        moment: datetime.datetime = self.cleaned_data["at"]
        if timezone.is_naive(moment):
            moment = timezone.make_aware(moment)
        if moment > timezone.now():
            raise forms.ValidationError(_("That is yet to come."), code="future")
        return moment


class RewindView(OperationView, BucketView):
    """Makes a folder, or the whole bucket, what it was at a moment: first says how much that is."""

    route = "<str:object_id>/rewind/"
    about = "prefix"
    permissions = ("list_objects", "restore_object")
    title = _("As it was at a time")
    buttons = (Button(at=("deleted",), order=10),)
    submit_label = _("Look what would change")
    step_seconds = STEP_SECONDS
    looked_at: str = ""
    """The moment for which the person is told what would change."""
    found: Sequence[str | StrPromise] = ()
    """That, in words."""

    def may_delete(self) -> bool:
        """Say whether the person may delete objects too."""
        return self.model_admin.may(self.request, ("delete_object",), self.obj, key=self.prefix)

    def get_form(self, *, bound: bool) -> forms.Form:
        initial = {"at": timezone.localtime().replace(microsecond=0) - datetime.timedelta(hours=1)}
        data = self.request.POST if bound else None
        return RewindForm(data, initial=initial, may_delete=self.may_delete())

    def get_success_url(self) -> str:
        return self.folder_url(self.prefix) or super().get_success_url()

    def get_cancel_url(self) -> str:
        return self.link("deleted", prefix=self.prefix) or super().get_cancel_url()

    def get_items(self) -> list[str]:
        return [self.prefix or self.bucket]

    def get_hidden(self) -> dict[str, Any]:
        if not self.looked_at:
            return {}
        post = self.request.POST
        # After a step that failed the next one goes on from where it stopped; not for another time.
        same = post.get("looked_at") == self.looked_at
        carried = {name: value for name in CARRIED if same and (value := post.get(name))}
        return {"looked_at": self.looked_at, **carried}

    def get_summary(self) -> Sequence[str | StrPromise]:
        return self.found or [
            _(
                "Everything in the folder becomes what it was at that time, by its versions. "
                "All versions stay, so that another time undoes it."
            )
        ]

    def post(self, *args: Any, **kwargs: Any) -> HttpResponse:
        form = self.get_form(bound=True)
        if "confirm" not in self.request.POST or not form.is_valid():
            return super().post(*args, **kwargs)
        asked = self._mark(form.cleaned_data)
        if self.request.POST.get("looked_at") == asked:
            self._looked(asked)
            return super().post(*args, **kwargs)
        try:
            self.found = self.look(form.cleaned_data)
        except AWSError as error:
            return self.ask(form, error=error)
        self._looked(asked)
        return self.ask(form)

    def _looked(self, asked: str) -> None:
        self.looked_at = asked
        self.submit_label = gettext("Bring it back")  # type: ignore[misc,assignment]

    @staticmethod
    def _mark(data: Mapping[str, Any]) -> str:
        return f"{data['at'].isoformat()} {bool(data.get('delete'))}"

    def look(self, data: Mapping[str, Any]) -> list[str]:
        """Return what would change, in words.

        Raises :exc:`~philo_aws.exceptions.ConflictError` where what is there now would be lost.
        """
        if not self.ask_aws(is_versioned, self.bucket):
            raise ConflictError(
                gettext(
                    "The bucket does not keep what is overwritten or deleted now, so the newest "
                    "contents would be lost. Switch its versions on first."
                )
            )
        found = self.ask_aws(compare_with_then, self.bucket, self.prefix, data["at"])
        told = [
            gettext("As it was at %(moment)s:")
            % {"moment": date_format(timezone.localtime(data["at"]), "DATETIME_FORMAT")},
            ngettext(
                "%(count)s object is brought back that was deleted since.",
                "%(count)s objects are brought back that were deleted since.",
                found.undeleted,
            )
            % {"count": grouped(found.undeleted)},
            ngettext(
                "%(count)s object gets its older content again.",
                "%(count)s objects get their older content again.",
                found.overwritten,
            )
            % {"count": grouped(found.overwritten)},
        ]
        if data.get("delete"):
            added = ngettext(
                "%(count)s object is deleted that was not there then.",
                "%(count)s objects are deleted that were not there then.",
                found.added,
            )
        else:
            added = ngettext(
                "%(count)s object stays that was not there then.",
                "%(count)s objects stay that were not there then.",
                found.added,
            )
        told.append(added % {"count": grouped(found.added)})
        if not found.complete:
            told.append(gettext("There are more: counting was stopped here."))
        return told

    def perform(self, data: dict[str, Any]) -> OperationOutcome:
        delete = bool(data.get("delete"))
        if delete and not self.may_delete():
            raise PermissionDenied
        post = self.request.POST
        step = self.ask_aws(
            rewind_step,
            self.bucket,
            self.prefix,
            data["at"],
            after=unpack(post.get("after", "")),
            delete=delete,
            seconds=self.step_seconds,
        )
        self.note(step, data["at"])
        done, deleted, refused = (
            _number(post.get(name, "")) + more
            for name, more in (
                ("done", step.done),
                ("deleted", step.deleted),
                ("refused", len(step.refused)),
            )
        )
        reason = post.get("reason", "")[:500]
        if step.refused and not reason:
            reason = localized(next(iter(step.refused.values())).message)
        message = self.describe(done, deleted, refused, reason)
        if not step.after:
            level = messages.WARNING if refused else messages.SUCCESS
            return OperationOutcome(message=message, level=level)
        carry = {
            "at": post.get("at", ""),
            **({"delete": "on"} if delete else {}),
            "looked_at": self.looked_at,
            "after": pack(step.after),
            "done": str(done),
            "deleted": str(deleted),
            "refused": str(refused),
            "reason": reason,
        }
        return OperationOutcome(message=message, carry=carry)

    def describe(self, done: int, deleted: int, refused: int, reason: str) -> str:
        """Return what is done until now, in words."""
        told = [
            ngettext(
                "%(count)s object is as it was then.",
                "%(count)s objects are as they were then.",
                done,
            )
            % {"count": grouped(done)}
            if done
            else gettext("Nothing had to be brought back.")
        ]
        if deleted:
            told.append(
                ngettext(
                    "%(count)s object was deleted.", "%(count)s objects were deleted.", deleted
                )
                % {"count": grouped(deleted)}
            )
        if refused:
            told.append(
                ngettext("%(count)s was not: %(reason)s", "%(count)s were not: %(reason)s", refused)
                % {"count": grouped(refused), "reason": visible(reason)}
            )
        return " ".join(told)

    def note(self, step: RewindStep, moment: datetime.datetime) -> None:
        """Write into the history what a step did."""
        unknown = sum(error.may_be_done for error in step.refused.values())
        what = repr(visible(self.prefix)) if self.prefix else "everything"
        then = moment.astimezone(datetime.UTC).isoformat()
        counts = {
            "objects": step.done,
            "deleted": step.deleted,
            "unknown": unknown,
            "failed": len(step.refused) - unknown,
        }
        sentence = f"Restored {what} as of {then}."
        self.job.tell({self.obj: sentence}, counts, unfinished=bool(step.after))


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 16 else 0
