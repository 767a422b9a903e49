"""The forms about queues themselves: create one, change what is safe to change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from ...sqs.figures import redrive_policy_of
from ...sqs.urls import is_queue_name

FIFO_SUFFIX = ".fifo"
# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html
MAX_RECEIVES = 1000
NUMBERS: Mapping[str, str] = {
    "visibility_timeout": "VisibilityTimeout",
    "retention": "MessageRetentionPeriod",
    "delay": "DelaySeconds",
    "wait": "ReceiveMessageWaitTimeSeconds",
    "largest": "MaximumMessageSize",
}


def text_input(**attributes: str) -> forms.TextInput:
    """Return a text input as the admin has them, without a browser's guesses."""
    return forms.TextInput(
        attrs={"class": "vTextField", "autocomplete": "off", "spellcheck": "false", **attributes}
    )


def number(label: Any, low: int, high: int, help_text: Any, initial: int) -> forms.IntegerField:
    """Return a field for a number within AWS's limits."""
    return forms.IntegerField(
        label=label,
        min_value=low,
        max_value=high,
        help_text=help_text,
        initial=initial,
        widget=forms.NumberInput(attrs={"class": "vIntegerField"}),
    )


class SettingsForm(forms.Form):
    """The attributes that every queue has and that nobody is locked out by."""

    visibility_timeout = number(
        _("Visibility timeout"), 0, 43_200, _("Seconds, up to 43,200 (12 hours)."), 30
    )
    retention = number(
        _("Message retention"),
        60,
        1_209_600,
        _("Seconds, 60 to 1,209,600 (14 days). A shorter time deletes older messages."),
        345_600,
    )
    delay = number(_("Delivery delay"), 0, 900, _("Seconds, up to 900 (15 minutes)."), 0)
    wait = number(
        _("Receive wait time"), 0, 20, _("Seconds, up to 20; more than 0 is long polling."), 0
    )
    largest = number(
        _("Largest message"), 1024, 1_048_576, _("Bytes, 1,024 to 1,048,576 (1 MiB)."), 1_048_576
    )
    content_based_deduplication = forms.BooleanField(
        label=_("Deduplicate by content"),
        required=False,
        help_text=_("FIFO queues only: the body stands for the deduplication id."),
    )
    max_receive_count = forms.IntegerField(
        label=_("Maximum receives"),
        min_value=1,
        max_value=MAX_RECEIVES,
        required=False,
        initial=5,
        help_text=_("A message received more often goes to the dead-letter queue."),
        widget=forms.NumberInput(attrs={"class": "vIntegerField"}),
    )


class AttributesForm(SettingsForm):
    """Changes the safe attributes of a queue."""

    dead_letter_queue = forms.CharField(
        label=_("Dead-letter queue"),
        required=False,
        widget=text_input(list="aws-queue-names"),
        help_text=_("The name of a queue in the same region; empty for none."),
    )
    field_order = (*NUMBERS, "content_based_deduplication", "dead_letter_queue")

    def __init__(self, *args: Any, fifo: bool, own_name: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fifo = fifo
        self.own_name = own_name
        if not fifo:
            del self.fields["content_based_deduplication"]

    def clean_dead_letter_queue(self) -> str:
        """Refuse what can be no dead-letter queue of this one."""
        name: str = self.cleaned_data["dead_letter_queue"]
        if name:
            check_partner(name, fifo=self.fifo)
            if name == self.own_name:
                raise ValidationError(_("A queue cannot be its own dead-letter queue."))
        return name

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if data.get("dead_letter_queue") and not data.get("max_receive_count"):
            self.add_error("max_receive_count", _("A dead-letter queue needs this number."))
        return data

    @staticmethod
    def initial_of(attributes: Mapping[str, str]) -> dict[str, Any]:
        """Return the first values of the form for the attributes of a queue."""
        initial: dict[str, Any] = {
            field: attributes[name] for field, name in NUMBERS.items() if attributes.get(name)
        }
        initial["content_based_deduplication"] = (
            attributes.get("ContentBasedDeduplication") == "true"
        )
        if policy := redrive_policy_of(attributes):
            initial["dead_letter_queue"] = policy.target_arn.rpartition(":")[2]
            initial["max_receive_count"] = policy.max_receive_count
        return initial


class CreateForm(SettingsForm):
    """Makes a queue, and its dead-letter queue with it."""

    name = forms.CharField(
        label=_("Name"),
        widget=text_input(),
        help_text=_("Letters, digits, hyphens and underscores; 80 at most."),
    )
    kind = forms.ChoiceField(
        label=_("Type"),
        choices=[
            ("standard", _("Standard: any order, now and then twice, no limit to the rate")),
            ("fifo", _("FIFO: in order and exactly once; the name ends in .fifo")),
        ],
        initial="standard",
        widget=forms.RadioSelect,
    )
    dead_letter = forms.ChoiceField(
        label=_("Dead-letter queue"),
        choices=[
            ("none", _("No dead-letter queue")),
            ("new", _("A new one, of the same name with “-dead”")),
            ("existing", _("One that exists in this region:")),
        ],
        initial="none",
        widget=forms.RadioSelect,
    )
    dead_letter_queue = forms.CharField(
        label=_("Name of the existing one"), required=False, widget=text_input()
    )
    field_order = (
        *("region", "name", "kind", "dead_letter", "dead_letter_queue", "max_receive_count"),
        *NUMBERS,
        "content_based_deduplication",
    )

    def __init__(self, *args: Any, regions: Sequence[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(region, region) for region in regions]
        self.fields["region"] = forms.ChoiceField(label=_("Region"), choices=choices)
        self.order_fields(self.field_order)

    @property
    def fifo(self) -> bool:
        """Whether a FIFO queue is asked for."""
        return bool(self.cleaned_data.get("kind") == "fifo")

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if name := data.get("name"):
            if self.fifo and not name.endswith(FIFO_SUFFIX):
                name += FIFO_SUFFIX
            elif not self.fifo and name.endswith(FIFO_SUFFIX):
                self.add_error("name", _("Only the name of a FIFO queue ends in .fifo."))
            data["name"] = name
            if not self.has_error("name") and not is_queue_name(name):
                self.add_error(
                    "name",
                    _("Write 1 to 80 letters, digits, hyphens and underscores (.fifo included)."),
                )
        self._clean_dead_letter(data)
        return data

    def _clean_dead_letter(self, data: dict[str, Any]) -> None:
        choice = data.get("dead_letter")
        if choice == "new" and not self.has_error("name"):
            data["dead_letter_queue"] = dead_letter_name(data.get("name", ""))
            if not is_queue_name(data["dead_letter_queue"]):
                self.add_error("name", _("With “-dead” this name is longer than 80 characters."))
        elif choice == "existing":
            try:
                check_partner(data.get("dead_letter_queue", ""), fifo=self.fifo)
            except ValidationError as error:
                self.add_error("dead_letter_queue", error)
        if choice != "none" and not data.get("max_receive_count"):
            self.add_error("max_receive_count", _("A dead-letter queue needs this number."))


def attributes_of(data: Mapping[str, Any], *, fifo: bool) -> dict[str, str]:
    """Return what was typed as attributes by AWS's names, without the redrive policy."""
    found = {name: str(data[field]) for field, name in NUMBERS.items()}
    if fifo:
        by_content = data.get("content_based_deduplication")
        found["ContentBasedDeduplication"] = "true" if by_content else "false"
    return found


def dead_letter_name(name: str) -> str:
    """Return the name of the dead-letter queue that is made together with a queue."""
    stem, fifo, _rest = name.partition(FIFO_SUFFIX)
    return f"{stem}-dead{fifo}"


def check_partner(name: str, *, fifo: bool) -> None:
    """Raise ``ValidationError`` for what can be no dead-letter queue of such a queue."""
    if not is_queue_name(name):
        raise ValidationError(_("This is no queue name."))
    if fifo != name.endswith(FIFO_SUFFIX):
        raise ValidationError(
            _("A queue and its dead-letter queue are of one type: both standard, or both FIFO.")
        )
