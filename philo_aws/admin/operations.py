"""One view per write: it asks first, writes on POST, leaves an audit entry and says what it did.

::

    class PurgeView(OperationView):
        route = "<str:object_id>/purge/"
        permissions = ("purge_queue",)
        title = _("Purge queue")
        buttons = (Button(at=("queue",), order=85, label=_("Purge"), kind="danger"),)
        submit_label = _("Purge")
        destructive = True
        type_name = True

        def get_summary(self):
            return [_("Every message is deleted, those in flight too. This cannot be undone.")]

        def perform(self, data):
            self.ask_aws(sqs.purge_queue, self.queue_url, self.queue.region)
            return OperationOutcome(message=_("The queue was purged."), audit="Purged.")

GET shows the confirmation page (:meth:`OperationView.ask`). POST without ``confirm`` shows it too,
with what was posted filled in: that is how a list's selection gets here. POST with ``confirm``
validates the form and calls :meth:`OperationView.perform`; when AWS refuses, the page comes again
with the reason and everything that was typed.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.contrib import messages
from django.contrib.admin.models import CHANGE
from django.forms.widgets import Script
from django.http import HttpResponse, HttpResponseRedirect
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from ..exceptions import AWSError
from .base import AWSView
from .jobs import Job
from .tally import NAMED_IN_HISTORY
from .text import visible

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from django.utils.functional import _StrPromise as StrPromise


@dataclass(frozen=True, kw_only=True)
class OperationOutcome:
    """What an operation did."""

    message: str | StrPromise
    """For the person, shown on the next page."""
    audit: str = ""
    """For the history; empty when :meth:`OperationView.audit` was called already."""
    level: int = messages.SUCCESS
    """``messages.WARNING`` when a part was not done."""
    flag: int = CHANGE
    """``ADDITION``, ``CHANGE`` or ``DELETION`` of the bucket or queue itself."""
    url: str = ""
    """The next page; default :meth:`OperationView.get_success_url`."""
    carry: Mapping[str, str | Sequence[str]] | None = None
    """Not finished: the hidden fields of the next step, which a script or the person sends."""
    stop_name: str = ""
    """The name of the button that stops it, where stopping is more than not going on."""
    progress: tuple[int, int] | None = None
    """How much is done, and of how much, where that is known."""


class TypeNameForm(forms.Form):
    """Asks for the name of what is going to be lost."""

    typed_name = forms.CharField(
        label=_("Type the name to confirm"),
        strip=True,
        widget=forms.TextInput(
            attrs={
                "class": "vTextField",
                "autocomplete": "off",
                "spellcheck": "false",
                "autofocus": "autofocus",
            }
        ),
    )

    def __init__(self, *args: Any, expected: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.expected = expected

    def clean_typed_name(self) -> str:
        """Refuse any other name."""
        typed: str = self.cleaned_data["typed_name"]
        if typed != self.expected:
            raise forms.ValidationError(_("This is not the name."), code="wrong_name")
        return typed


class OperationView(AWSView):
    """A page that writes."""

    http_method_names = ["get", "head", "post", "options"]
    template_name = "admin/philo_aws/operation.html"
    form_class: ClassVar[type[forms.Form] | None] = None
    """The form, shown above the button; its values are ``perform``'s argument."""
    type_name: ClassVar[bool] = False
    """Whether the name must be typed; uses :class:`TypeNameForm`."""
    submit_label: ClassVar[str | StrPromise] = _("Confirm")
    """The button."""
    destructive: ClassVar[bool] = False
    """Whether the button is red."""
    multipart: ClassVar[bool] = False
    """Whether the form carries files."""

    # To be written by subclasses

    def perform(self, data: dict[str, Any]) -> OperationOutcome:
        """Do it, by one service call, with the form's cleaned values."""
        raise NotImplementedError

    def get_summary(self) -> Sequence[str | StrPromise]:
        """Return the sentences that say what will happen and to how many."""
        return []

    def get_items(self) -> Sequence[str]:
        """Return the keys or names concerned, as text to list; escaped by the template."""
        return []

    def get_hidden(self) -> Mapping[str, str | Sequence[str]]:
        """Return the hidden fields that the confirmation carries on."""
        return {}

    def get_initial(self) -> dict[str, Any]:
        """Return the form's first values."""
        return {}

    def get_success_url(self) -> str:
        """Return the page that follows; default the bucket's or queue's own, else the list."""
        url = self.link("change") if self.obj is not None else ""
        return url or self.link("changelist") or self.model_admin.url("changelist")

    def get_cancel_url(self) -> str:
        """Return where the person came from, or would go on success."""
        return self.get_success_url()

    def get_stop_name(self) -> str:
        """Return the name of the button that stops what was begun; empty: a link away is enough."""
        return ""

    # The way it goes

    def get_form(self, *, bound: bool) -> forms.Form | None:
        """Return the form, filled with what was posted when ``bound``."""
        options: dict[str, Any] = {"initial": self.get_initial()}
        if bound:
            options |= {"data": self.request.POST, "files": self.request.FILES}
        if self.type_name:
            return TypeNameForm(**options, expected=str(self.obj.name))
        return self.form_class(**options) if self.form_class else None

    def get(self, *args: Any, **kwargs: Any) -> HttpResponse:
        return self.ask(self.get_form(bound=False))

    def post(self, *args: Any, **kwargs: Any) -> HttpResponse:
        if "confirm" not in self.request.POST:
            return self.ask(self.get_form(bound=False))
        form = self.get_form(bound=True)
        if form is not None and not form.is_valid():
            return self.ask(form)
        self.writing = True
        try:
            outcome = self.perform(form.cleaned_data if form is not None else {})
        except AWSError as error:
            # Where steps were done before, it is told with them.
            if error.may_be_done and not self.job.add(steps=1):
                self.audit(self.get_unknown_audit())
            self.writing = False
            return self.ask(form, error=error)
        self.writing = False
        return self.finish(outcome)

    @cached_property
    def job(self) -> Job:
        """What is done, which the steps before this one began: its line in the history."""
        return Job(self)

    def get_unknown_audit(self) -> str:
        """Return the entry for the history where nobody knows whether it was done."""
        with translation.override("en"):
            what = str(self.title)
        subject = ", ".join(repr(visible(item)) for item in self.get_subjects()[:NAMED_IN_HISTORY])
        return (
            f"{what}{f' of {subject}' if subject else ''}: AWS did not say whether it was done; "
            "it may be."
        )

    def get_subjects(self) -> Sequence[str]:
        """Return the keys or names that it is done to, for the history."""
        return self.get_items()

    def ask(self, form: forms.Form | None, *, error: AWSError | None = None) -> HttpResponse:
        """Return the confirmation page, with AWS's refusal where there was one."""
        try:
            summary = self.get_summary()
        except AWSError:
            # The reason that is known says enough, and what was typed is kept.
            if error is None:
                raise
            summary = []
        return self.render(
            form=form,
            error=error,
            summary=summary,
            items=[visible(item) for item in self.get_items()],
            hidden=self._hidden_pairs({**self.get_hidden(), **self.job.kept()}),
            cancel_url=self.get_cancel_url(),
            stop_name=self.get_stop_name(),
        )

    def finish(self, outcome: OperationOutcome) -> HttpResponse:
        """Write the audit entry and go on to the next step or the next page."""
        if outcome.audit:
            self.audit(outcome.audit, flag=outcome.flag)
        if outcome.carry is not None:
            scripts: list[Any] = [Script("philo_aws/progress.js", defer=True)]
            return self.render(
                "admin/philo_aws/progress.html",
                message=outcome.message,
                hidden=self._hidden_pairs({**outcome.carry, **self.job.carried(outcome.carry)}),
                cancel_url=self.get_cancel_url(),
                stop_name=outcome.stop_name,
                progress=outcome.progress,
                media=self.get_media() + forms.Media(js=scripts),
            )
        messages.add_message(self.request, outcome.level, outcome.message)
        return HttpResponseRedirect(outcome.url or self.get_success_url())

    @staticmethod
    def _hidden_pairs(fields: Mapping[str, str | Sequence[str]]) -> list[tuple[str, str]]:
        return [
            (name, value)
            for name, values in fields.items()
            for value in ([values] if isinstance(values, str) else values)
        ]
