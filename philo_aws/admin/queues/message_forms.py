"""The forms about messages: send one, look at some."""

from __future__ import annotations

import base64
import binascii
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator
from django.utils.translation import gettext_lazy as _

from ...exceptions import InvalidRequestError
from ...sentences import localized
from ...sqs.limits import MAX_ATTRIBUTES, check_message
from .forms import check_partner, text_input

if TYPE_CHECKING:
    AttributeFormSet = forms.BaseFormSet["AttributeForm"]
else:
    AttributeFormSet = forms.BaseFormSet

MAX_ID = 128
MAX_LOOK = 100
"""Messages that a person holds of a queue at once."""


class SendForm(forms.Form):
    """One message."""

    body = forms.CharField(
        label=_("Body"),
        strip=False,
        widget=forms.Textarea(
            attrs={"class": "vLargeTextField", "rows": 12, "spellcheck": "false"}
        ),
        help_text=_("Up to 1 MiB, attributes included. Line ends are sent as a single \\n."),
    )
    group_id = forms.CharField(
        label=_("Message group id"),
        max_length=MAX_ID,
        widget=text_input(),
        help_text=_("Messages of one group are delivered in order, one after the other."),
    )
    deduplication_id = forms.CharField(
        label=_("Deduplication id"),
        max_length=MAX_ID,
        required=False,
        widget=text_input(),
        help_text=_(
            "A second message with this id is dropped for five minutes. "
            "May be empty only where the queue deduplicates by content."
        ),
    )
    delay = forms.IntegerField(
        label=_("Delay"),
        min_value=0,
        max_value=900,
        required=False,
        widget=forms.NumberInput(attrs={"class": "vIntegerField"}),
        help_text=_("Seconds, up to 900. Empty: as the queue has it."),
    )

    def __init__(self, *args: Any, fifo: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if fifo:
            # SQS takes a delay for single messages on standard queues only.
            del self.fields["delay"]
            return
        del self.fields["deduplication_id"]
        # https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-fair-queues.html
        self.fields["group_id"].required = False
        self.fields["group_id"].help_text = _(
            "May be empty. Named for example by customer, it lets SQS deliver the messages of the "
            "others in time while one has a large backlog (fair queues)."
        )

    def clean_body(self) -> str:
        """Return the body with the line ends it was typed with; forms send them as CR LF."""
        body: str = self.cleaned_data["body"].replace("\r\n", "\n")
        try:
            check_message(body, {})
        except InvalidRequestError as error:
            raise ValidationError(localized(error.message)) from error
        return body


class AttributeForm(forms.Form):
    """One attribute of a message."""

    name = forms.CharField(label=_("Name"), max_length=256, required=False, widget=text_input())
    kind = forms.ChoiceField(
        label=_("Type"),
        choices=[
            ("String", _("String")),
            ("Number", _("Number")),
            ("Binary", _("Binary (base64)")),
        ],
        required=False,
    )
    value = forms.CharField(label=_("Value"), required=False, strip=False, widget=text_input())

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        name, kind, value = data.get("name"), data.get("kind"), data.get("value")
        if not name and not value:
            return data
        if not name:
            self.add_error("name", _("An attribute needs a name."))
        if not value:
            self.add_error("value", _("An attribute needs a value."))
        elif kind == "Number":
            self._check_number(value)
        elif kind == "Binary":
            self._check_binary(value)
        return data

    def boto(self) -> dict[str, Any]:
        """Return the attribute in boto's form."""
        kind, value = self.cleaned_data["kind"] or "String", self.cleaned_data["value"]
        if kind == "Binary":
            return {"DataType": kind, "BinaryValue": base64.b64decode(value)}
        return {"DataType": kind, "StringValue": value.strip() if kind == "Number" else value}

    def _check_number(self, value: str) -> None:
        try:
            good = Decimal(value.strip()).is_finite()
        except InvalidOperation:
            good = False
        if not good:
            self.add_error("value", _("This is no number."))

    def _check_binary(self, value: str) -> None:
        try:
            base64.b64decode(value, validate=True)
        except (binascii.Error, ValueError):
            self.add_error("value", _("This is no base64."))


class MessageAttributes(AttributeFormSet):
    """The attributes of a message; rows without a name and a value do not count."""

    def clean(self) -> None:
        names = [form.cleaned_data.get("name") for form in self.forms if form.is_valid()]
        given = [name for name in names if name]
        if len(given) != len(set(given)):
            raise ValidationError(_("Each attribute needs a name of its own."))

    def boto(self) -> dict[str, dict[str, Any]]:
        """Return the attributes in boto's form."""
        return {
            form.cleaned_data["name"]: form.boto()
            for form in self.forms
            if form.cleaned_data.get("name")
        }


AttributesFormSet = forms.formset_factory(
    AttributeForm,
    formset=MessageAttributes,
    extra=MAX_ATTRIBUTES,
    max_num=MAX_ATTRIBUTES,
    absolute_max=MAX_ATTRIBUTES,
    validate_max=True,
)


class PeekForm(forms.Form):
    """How many messages to look at."""

    count = forms.IntegerField(
        label=_("Messages"),
        min_value=1,
        initial=10,
        widget=forms.NumberInput(attrs={"class": "vIntegerField"}),
    )
    accept = forms.BooleanField(label=_("Look all the same"))

    def __init__(self, *args: Any, most: int, risky: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not risky:
            del self.fields["accept"]
        count: Any = self.fields["count"]
        count.max_value = most
        count.validators.append(MaxValueValidator(most))
        count.widget.attrs["max"] = most
        count.initial = min(10, most)
        count.help_text = _("1 to %(most)d. SQS may give fewer than there are.") % {"most": most}


class DestinationForm(forms.Form):
    """Where the messages of a dead-letter queue go."""

    destination = forms.CharField(
        label=_("Move to"),
        required=False,
        widget=text_input(list="aws-queue-names"),
        help_text=_(
            "The name of a queue in the same region. Empty: each message goes back to the queue "
            "it came from."
        ),
    )

    def __init__(self, *args: Any, own_name: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.own_name = own_name

    def clean_destination(self) -> str:
        """Refuse what can be no destination."""
        name: str = self.cleaned_data["destination"]
        if name:
            check_partner(name, fifo=self.own_name.endswith(".fifo"))
            if name == self.own_name:
                raise ValidationError(_("The messages are in this queue already."))
        return name


class TargetForm(DestinationForm):
    """Where messages that a person holds go."""

    destination = forms.CharField(
        label=_("Move to"),
        widget=text_input(list="aws-queue-names"),
        help_text=_("The name of a queue in the same region."),
    )


class RedriveForm(DestinationForm):
    """The same, and how fast."""

    rate = forms.IntegerField(
        label=_("Messages a second"),
        min_value=1,
        max_value=500,
        required=False,
        help_text=_("1 to 500. Empty: as fast as SQS sees fit."),
        widget=forms.NumberInput(attrs={"class": "vIntegerField"}),
    )
