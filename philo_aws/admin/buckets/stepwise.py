"""Operations on many objects and folders, done in steps that each end in time."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ...s3.web.steps import STEP_SECONDS, BoundedStep, Count, count_prefixes
from ...sentences import localized
from ..numbers import binary_size, grouped
from ..operations import OperationOutcome, OperationView
from ..tally import NAMED_IN_HISTORY
from ..text import visible
from .base import BucketView, name_of, pack, parent_of, unpack

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


CARRIED = ("after", "done", "refused", "needless", "reason", "many", "total")
ALL = "select_all"
"""The field of everything that a folder's page is about; its value begins with an equals sign."""


class SelectionView(OperationView, BucketView):
    """An operation on what was selected in a folder: ``select_key`` and ``select_folder``."""

    about = "selection"
    verb: ClassVar[str] = "Changed"
    """For the history, in the past tense."""
    step_seconds: ClassVar[float] = STEP_SECONDS
    """How long a step begins anything new."""
    total: int = 0
    """How many objects it is done to in all, where that is known."""

    @property
    def everything(self) -> str | None:
        """What all that is selected begins with, where it is all of a folder and no list of it."""
        source = self.request.POST if self._is_posted() else self.request.GET
        value = source.get(ALL, "")
        begin = unpack(value[1:])
        return begin if value.startswith("=") and begin.startswith(self.folder) else None

    @property
    def keys(self) -> list[str]:
        """The selected objects."""
        if self.everything is not None:
            return []
        return self._selected("select_key") or self._alone()

    @property
    def folders(self) -> list[str]:
        """The selected prefixes."""
        everything = self.everything
        return self._selected("select_folder") if everything is None else [everything]

    def root_of(self, folder: str) -> str:
        """Return what the names of a selected prefix's objects do without elsewhere."""
        return parent_of(folder) if self.everything is None else self.folder

    # To be written by subclasses

    def do_keys(self, keys: Sequence[str], data: Mapping[str, Any]) -> BoundedStep:
        """Do it, or a step of it, to these objects."""
        raise NotImplementedError

    def keys_left(self, step: BoundedStep) -> list[str]:
        """Return the objects that a step did not come to."""
        return []

    def do_folder(self, folder: str, after: str, data: Mapping[str, Any]) -> BoundedStep:
        """Do a step of it to what is below a prefix."""
        raise NotImplementedError

    def announce(self, count: int) -> str:
        """Return the sentence that says how many it will be done to."""
        raise NotImplementedError

    def describe(self, done: int, total: int = 0) -> str:
        """Return the sentence that says how many are done, and of how many where more follow."""
        raise NotImplementedError

    # The way it goes

    def get_keys(self) -> Sequence[str | None]:
        # Of nothing there is only to say that it is nothing.
        return [*self.folders, *self.keys] or (None,)

    def get(self, *args: Any, **kwargs: Any) -> HttpResponse:
        return self._nothing() or super().get(*args, **kwargs)

    def post(self, *args: Any, **kwargs: Any) -> HttpResponse:
        return self._nothing() or super().post(*args, **kwargs)

    def get_success_url(self) -> str:
        folder = parent_of(self.key) if self.key else self.prefix
        return self.folder_url(folder) or self.model_admin.url("changelist")

    def get_items(self) -> list[str]:
        if self.everything == "":
            return [_("Everything in the bucket")]
        if self.everything is not None:
            return [f"{self.everything}…"]
        return self.get_subjects()

    def get_subjects(self) -> list[str]:
        return [*self.folders, *self.keys]

    def get_hidden(self) -> dict[str, list[str]]:
        # After a step that failed the next one goes on from where it stopped.
        carried = {name: [value] for name in CARRIED if (value := self.request.POST.get(name))}
        if self.total:
            carried["total"] = [str(self.total)]
        return {**self.carry_selection(self.keys, self.folders), **carried}

    def carry_selection(self, keys: Sequence[str], folders: Sequence[str]) -> dict[str, list[str]]:
        """Return the hidden fields of what is left of the selection."""
        if self.everything is not None:
            return {ALL: [f"={pack(folder)}" for folder in folders]}
        return {
            "select_key": [pack(key) for key in keys],
            "select_folder": [pack(folder) for folder in folders],
        }

    def count(self) -> Count:
        """Count what was selected, as far as there is time."""
        if not self.folders:
            return Count(objects=len(self.keys), bytes=0, complete=True)
        count = self.ask_aws(count_prefixes, self.bucket, self.folders)
        return Count(
            objects=count.objects + len(self.keys), bytes=count.bytes, complete=count.complete
        )

    def describe_count(self) -> str:
        """Return how much was selected, in words."""
        count = self.count()
        self.total = count.objects if count.complete else 0
        sentence = self.announce(count.objects)
        if self.folders:
            sentence += " " + _("Those in folders have %(size)s.") % {
                "size": binary_size(count.bytes)
            }
        if not count.complete:
            sentence += " " + _("There are more: counting was stopped here.")
        return sentence

    def perform(self, data: dict[str, Any]) -> OperationOutcome:
        keys, folders = self.keys, self.folders
        done, refused = self._number("done"), self._number("refused")
        needless = self._number("needless")
        reason = self.request.POST.get("reason", "")[:500]
        known = 0 if folders else done + refused + needless + len(keys)
        self.total = self._number("total") or self.total or known
        after = ""
        if keys:
            step = self.do_keys(keys, data)
            keys = self.keys_left(step)
        else:
            step = self.do_folder(folders[0], unpack(self.request.POST.get("after", "")), data)
            after = step.after
            folders = folders if after or self.is_begun(step) else folders[1:]
        over = not folders and not keys
        self.note(step, unfinished=not over)
        done, refused = done + step.done, refused + len(step.refused)
        needless += len(step.needless)
        if step.refused and not reason:
            reason = localized(next(iter(step.refused.values())).message)
        # What came into the folder since it was counted makes the figure a wrong one.
        total = 0 if over or done + refused + needless > self.total else self.total
        message = self.describe(done, total)
        if refused:
            message += " " + ngettext(
                "%(count)s was not: %(reason)s", "%(count)s were not: %(reason)s", refused
            ) % {"count": grouped(refused), "reason": visible(reason)}
        if needless:
            message += " " + self.describe_needless(needless)
        if over:
            level = messages.SUCCESS if done and not refused else messages.WARNING
            return OperationOutcome(message=message, level=level)
        carry: dict[str, Any] = {
            **self.carry_selection(keys, folders),
            "after": pack(after),
            "done": str(done),
            "refused": str(refused),
            "needless": str(needless),
            "reason": reason,
            "total": str(total),
        }
        outcome = self.go_on(step, message, carry | self.get_carried(data))
        if total < 2:
            return outcome
        # In thousandths, so that the bar moves while a large object is copied too.
        at = round(1000 * (done + refused + needless + self.share_of_part(step)))
        return replace(outcome, progress=(at, 1000 * total))

    def share_of_part(self, step: BoundedStep) -> float:
        """Return how much, of 1, is done of the object that was begun."""
        return 0.0

    def is_begun(self, step: BoundedStep) -> bool:
        """Say whether something is in the middle of being done."""
        return False

    def go_on(self, step: BoundedStep, message: str, carry: Mapping[str, Any]) -> OperationOutcome:
        """Return the outcome of a step that more steps follow."""
        return OperationOutcome(message=message, carry=carry)

    def get_carried(self, data: Mapping[str, Any]) -> dict[str, str]:
        """Return the form's values for the next step."""
        return {}

    def describe_needless(self, count: int) -> str:
        """Return the sentence that says with how many nothing had to be done."""
        return ngettext(
            "%(count)s was not there any more.", "%(count)s were not there any more.", count
        ) % {"count": grouped(count)}

    def note(self, step: BoundedStep, *, unfinished: bool) -> None:
        """Write into the history what a step did; the first one names what was selected."""
        unknown = [key for key, error in step.refused.items() if error.may_be_done]
        idle = ({*step.refused} - {*unknown}) | {*step.needless}
        keys = [key for key in self.keys if key not in idle]
        counts = count_step(step)
        if unknown and not (unfinished or self.job.is_told or step.done or counts["copied"]):
            self.audit(
                f"{self.verb}, or not: AWS did not say whether it was done to {named(unknown)}."
            )
            return
        self.job.tell(
            self.get_sentences([*self.folders, *keys]),
            counts,
            unfinished=unfinished,
            named=0 if self.folders else len(keys),
            begun=self.is_begun(step),
        )

    def get_sentences(self, subjects: Sequence[str]) -> dict[Any, str]:
        """Return what the history says of it, of each bucket that it is done to."""
        return {self.obj: f"{self.verb} {self.in_history(subjects)}."}

    def in_history(self, subjects: Sequence[str]) -> str:
        """Return what it is done to, for the history."""
        return "everything" if self.everything == "" else named(subjects)

    def _nothing(self) -> HttpResponse | None:
        if self.keys or self.folders:
            return None
        messages.warning(self.request, _("Nothing was selected."))
        return HttpResponseRedirect(self.get_success_url())

    def _selected(self, name: str) -> list[str]:
        # What is left of a selection is in the form; the address keeps the whole of it.
        source = self.request.POST if self._is_posted() else self.request.GET
        values = source.getlist(name)
        return list(dict.fromkeys(unpack(value) for value in values if value))

    def _alone(self) -> list[str]:
        """Return the object of the address, which is shorter than one that names a selection."""
        if not self.key or self._is_posted() or self.folders:
            return []
        return [self.key]

    def _is_posted(self) -> bool:
        return any(name in self.request.POST for name in ("select_key", "select_folder", ALL))

    def _number(self, name: str) -> int:
        text = self.request.POST.get(name, "")
        return int(text) if text.isascii() and text.isdecimal() and len(text) < 16 else 0


def count_step(step: BoundedStep) -> dict[str, int]:
    """Return how many objects a step did, did not, and does not know of, for the history."""
    copied = getattr(step, "copied", ())
    unknown = skipped = 0
    for key, error in step.refused.items():
        if key not in copied:
            unknown += error.may_be_done
            # What is there already, or was changed meanwhile, was left alone.
            skipped += not error.may_be_done and error.code == "PreconditionFailed"
    return {
        "objects": step.done,
        "copied": len(copied),
        "unknown": unknown,
        "failed": len(step.refused) - len(copied) - unknown - skipped,
        "skipped": skipped + len(step.needless),
    }


def named(keys: Sequence[str]) -> str:
    """Return some of the keys and how many more there are, for the history."""
    more = len(keys) - NAMED_IN_HISTORY
    named = ", ".join(repr(visible(key)) for key in keys[:NAMED_IN_HISTORY])
    return f"{named}{f' and {more} more' if more > 0 else ''}"


def label_of(keys: Sequence[str], folders: Sequence[str]) -> str:
    """Return the name of the one thing selected, or how many there are."""
    total = len(keys) + len(folders)
    if total == 1:
        return name_of([*folders, *keys][0])
    return ngettext("%(count)s item", "%(count)s items", total) % {"count": grouped(total)}
