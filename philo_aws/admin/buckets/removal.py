"""Delete objects and folders."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.core import signing
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from ...exceptions import AWSError
from ...s3.delete_requests import delete_keys
from ...s3.objects.versions import is_versioned
from ...s3.web.presence import missing_keys
from ...s3.web.steps import BoundedStep, Count, delete_step
from ..base import Button
from ..numbers import grouped
from .forms import text_input
from .stepwise import SelectionView

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

SALT = "philo_aws.admin.counted"


class TypeNumberForm(forms.Form):
    """Asks for the number of what is going to be lost."""

    typed_number = forms.CharField(
        label=_("Type the number of objects to confirm"),
        widget=text_input(inputmode="numeric", autofocus="autofocus"),
    )

    def __init__(self, *args: Any, expected: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.expected = expected

    def clean_typed_number(self) -> int:
        """Refuse any other number; how its thousands are set apart does not matter."""
        digits = re.sub(r"[\s.,'\u2019]", "", self.cleaned_data["typed_number"])
        if digits != str(self.expected):
            raise forms.ValidationError(_("This is not the number."), code="wrong_number")
        return self.expected


class DeleteObjectsView(SelectionView):
    """Deletes what was selected, after saying how much that is."""

    route = "<str:object_id>/delete-objects/"
    permissions = ("delete_object",)
    title = _("Delete objects")
    buttons = (
        Button(
            at=("object", "object_row", "folder_row", "selection"),
            order=90,
            label=_("Delete"),
            kind="danger",
        ),
        Button(at=("folder",), order=90, label=_("Delete folder"), kind="danger"),
    )
    submit_label = _("Delete")
    destructive = True
    verb = "Deleted"

    freely: ClassVar[int] = 100
    """Objects that go for good without their number being typed."""

    _counted: Count | None = None
    _kept: bool | None = None
    _asked = False

    def get_summary(self) -> list[Any]:
        kept = self._keeps_versions()
        if kept is None:
            return [self.describe_count()]
        consequence = (
            _("The bucket keeps versions: what is deleted can be brought back.")
            if kept
            else _("The bucket keeps no versions: what is deleted is gone for good.")
        )
        return [self.describe_count(), consequence]

    def get_form(self, *, bound: bool) -> forms.Form | None:
        """Return the form that wants the number, where many go and none can be brought back."""
        if bound and "done" in self.request.POST:
            return None  # the step before was confirmed
        number = self._told() if bound else None
        if number is None:
            number = self._number_to_type()
        if not number:
            return None
        return TypeNumberForm(self.request.POST if bound else None, expected=number)

    def get_hidden(self) -> dict[str, list[str]]:
        if "done" in self.request.POST:
            return super().get_hidden()
        # What is confirmed is the number that the page says, and not what is counted later.
        told = [self.bucket, self._digest(), self._number_to_type()]
        return {**super().get_hidden(), "counted": [signing.dumps(told, salt=SALT)]}

    def count(self) -> Count:
        if self._counted is None:
            self._counted = super().count()
        return self._counted

    def _number_to_type(self) -> int:
        """Return how many objects are going for good, or 0 where that need not be typed."""
        if not self.folders and len(self.keys) <= self.freely:
            return 0
        if self._keeps_versions():
            return 0
        count = self.count()
        return count.objects if count.objects > self.freely or not count.complete else 0

    def _keeps_versions(self) -> bool | None:
        """Say whether what is deleted can be brought back; ``None`` where AWS does not tell."""
        if not self._asked:
            self._asked = True
            try:
                self._kept = self.ask_aws(is_versioned, self.bucket)
            except AWSError:
                self._kept = None
        return self._kept

    def _told(self) -> int | None:
        """Return the number that the page before told of this very selection, if it did."""
        try:
            bucket, digest, number = signing.loads(self.request.POST.get("counted", ""), salt=SALT)
        except (signing.BadSignature, ValueError, TypeError):
            return None
        return int(number) if (bucket, digest) == (self.bucket, self._digest()) else None

    def _digest(self) -> str:
        names = "\0".join([*sorted(self.keys), "", *sorted(self.folders)])
        return hashlib.sha256(names.encode()).hexdigest()

    def do_keys(self, keys: Sequence[str], data: Mapping[str, Any]) -> BoundedStep:
        # S3 says yes to what is not there, too.
        gone = {*self._missing(keys)}
        there = [key for key in keys if key not in gone]
        refused = self.ask_aws(delete_keys, self.bucket, there) if there else {}
        return BoundedStep(done=len(there) - len(refused), refused=refused, needless=[*gone])

    def _missing(self, keys: Sequence[str]) -> list[str]:
        try:
            return self.ask_aws(missing_keys, self.bucket, keys)
        except AWSError:
            return []

    def do_folder(self, folder: str, after: str, data: Mapping[str, Any]) -> BoundedStep:
        return self.ask_aws(
            delete_step,
            self.bucket,
            folder,
            after=after,
            seconds=self.step_seconds,
            everything=self.everything == "",
        )

    def announce(self, count: int) -> str:
        return ngettext(
            "%(count)s object will be deleted.", "%(count)s objects will be deleted.", count
        ) % {"count": grouped(count)}

    def describe(self, done: int, total: int = 0) -> str:
        if not done:
            return gettext("Nothing was deleted.")
        if total > 1:
            return gettext("%(done)s of %(total)s objects were deleted.") % {
                "done": grouped(done),
                "total": grouped(total),
            }
        return ngettext(
            "%(count)s object was deleted.", "%(count)s objects were deleted.", done
        ) % {"count": grouped(done)}
