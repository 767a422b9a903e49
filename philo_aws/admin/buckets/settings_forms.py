"""The forms of a bucket's settings."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from ...s3.configured import MAX_BUCKET_TAGS
from ...s3.request.metadata import check_tags
from ...s3.web.bucket_rules import INFREQUENT, INFREQUENT_DAYS, MAX_DAYS
from ..pairs import one_line
from .forms import STORAGE_CLASSES, KeyField, PairsField, checked, text_input

METHODS = ("GET", "PUT", "POST", "DELETE", "HEAD")
"""https://docs.aws.amazon.com/AmazonS3/latest/userguide/ManageCorsUsing.html"""
MAX_RULE_NAME = 255
BLOCKS = {
    "BlockPublicAcls": _("Refuse new access lists (ACLs) that make something public"),
    "IgnorePublicAcls": _("Ignore the access lists (ACLs) that make something public"),
    "BlockPublicPolicy": _("Refuse bucket policies that make something public"),
    "RestrictPublicBuckets": _("Ignore for strangers what a public bucket policy allows"),
}
"""The switches of the public access block.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
"""
VERSIONING = {
    "Enabled": _("On: what is overwritten or deleted is kept, and can be brought back"),
    "Suspended": _("Suspended: the versions there are stay, and no new ones are kept"),
}
ENCRYPTION = {
    "AES256": _("With keys that S3 keeps (SSE-S3)"),
    "aws:kms": _("With a key of AWS KMS (SSE-KMS)"),
    "aws:kms:dsse": _("With a key of AWS KMS, in two layers (DSSE-KMS)"),
}
DEEDS = {
    "abort": _("Abort unfinished uploads"),
    "expire": _("Delete objects"),
    "move": _("Move objects to another storage class"),
}


class LinesField(forms.CharField):
    """A list, one in a line."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.Textarea(
            attrs={"rows": 3, "class": "vLargeTextField", "spellcheck": "false", "dir": "ltr"}
        )
        super().__init__(**{"widget": widget, **kwargs})

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list | tuple) else value

    def to_python(self, value: Any) -> Any:
        found = (line.strip() for line in str(value or "").splitlines())
        return list(dict.fromkeys(line for line in found if line))


class VersioningForm(forms.Form):
    """Whether a bucket keeps versions."""

    status = forms.ChoiceField(
        label=_("Versions"),
        choices=list(VERSIONING.items()),
        widget=forms.RadioSelect,
    )


class PublicAccessForm(forms.Form):
    """What of public access is blocked."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, label in BLOCKS.items():
            self.fields[name] = forms.BooleanField(label=label, required=False)


class EncryptionForm(forms.Form):
    """How new objects are encrypted."""

    algorithm = forms.ChoiceField(
        label=_("Encryption"), choices=list(ENCRYPTION.items()), widget=forms.RadioSelect
    )
    key = forms.CharField(
        label=_("KMS key"),
        required=False,
        max_length=2048,
        widget=text_input(dir="ltr"),
        help_text=_("The ARN or the id of a key; empty for the one that AWS keeps for S3."),
    )
    bucket_key = forms.BooleanField(
        label=_("Use a bucket key"),
        required=False,
        help_text=_("Fewer requests to KMS, which are paid for. Not in two layers."),
    )

    def clean(self) -> dict[str, Any]:
        """Refuse a key where S3's own are used."""
        cleaned: dict[str, Any] = super().clean() or {}
        if cleaned.get("algorithm") == "AES256" and cleaned.get("key"):
            self.add_error("key", _("S3 uses its own keys here. Leave this empty."))
        if cleaned.get("algorithm") == "aws:kms:dsse" and cleaned.get("bucket_key"):
            self.add_error("bucket_key", _("There is no bucket key in two layers."))
        return cleaned


class BucketTagsForm(forms.Form):
    """A bucket's tags."""

    tags = PairsField(
        label=_("Tags"),
        help_text=_(
            "One name=value in a line, 50 at most. In double quotes spaces at the ends count, and "
            "a name can have an equals sign."
        ),
    )

    def clean_tags(self) -> dict[str, str]:
        """Refuse what S3 refuses."""
        tags: dict[str, str] = self.cleaned_data["tags"]
        if len(tags) > MAX_BUCKET_TAGS:
            raise forms.ValidationError(_("A bucket can have 50 tags. Remove some."), code="many")
        for name, value in tags.items():
            # One by one: an object has ten at most, a bucket fifty.
            checked(check_tags, {name: value})
        return tags


class CorsRuleForm(forms.Form):
    """Which pages of other sites may use the bucket from a browser, and how."""

    AllowedOrigins = LinesField(
        label=_("Sites"),
        help_text=_(
            "As https://www.example.com, without a slash at the end, one in a line. One * stands "
            "for anything: https://*.example.com, or * alone for every site."
        ),
    )
    AllowedMethods = forms.MultipleChoiceField(
        label=_("Methods"),
        choices=[(name, name) for name in METHODS],
        widget=forms.CheckboxSelectMultiple,
    )
    AllowedHeaders = LinesField(
        label=_("Headers that may be sent"),
        required=False,
        help_text=_("One in a line; * for all of them."),
    )
    ExposeHeaders = LinesField(
        label=_("Headers that may be read"),
        required=False,
        help_text=_("One in a line, such as ETag. No * here."),
    )
    MaxAgeSeconds = forms.IntegerField(
        label=_("Remember for"),
        required=False,
        min_value=0,
        max_value=MAX_DAYS,
        help_text=_("Seconds for which a browser need not ask again."),
    )

    def clean_AllowedOrigins(self) -> list[str]:  # noqa: N802 - boto's name
        """Refuse what S3 refuses, and what no browser says."""
        origins: list[str] = self.cleaned_data["AllowedOrigins"]
        for origin in origins:
            if origin.count("*") > 1:
                raise forms.ValidationError(_("Only one * in a site."), code="stars")
            if origin != "*" and origin.endswith("/"):
                raise forms.ValidationError(
                    _("No browser sends a site with a slash at its end. Leave it out."),
                    code="slash",
                )
        return origins


class LifecycleRuleForm(forms.Form):
    """One plain lifecycle rule."""

    deed = forms.ChoiceField(
        label=_("What is done"), choices=list(DEEDS.items()), widget=forms.RadioSelect
    )
    days = forms.IntegerField(
        label=_("After how many days"),
        min_value=0,
        max_value=MAX_DAYS,
        help_text=_("Counted from when an object was written, or an upload begun."),
    )
    prefix = KeyField(  # type: ignore[assignment]
        label=_("Only for names beginning with"),
        required=False,
        help_text=_("As logs/ for a folder; empty for the whole bucket."),
    )
    storage_class = forms.ChoiceField(
        label=_("Storage class"),
        required=False,
        help_text=_("Where objects are moved to."),
    )
    name = forms.CharField(
        label=_("Name of the rule"),
        required=False,
        max_length=MAX_RULE_NAME,
        widget=text_input(),
        help_text=_("Empty to let S3 give it one."),
    )
    enabled = forms.BooleanField(label=_("The rule is on"), required=False, initial=True)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial = {**self.initial, "prefix": one_line(self.initial.get("prefix", ""))}
        names = dict.fromkeys(("", self.initial.get("storage_class", ""), *STORAGE_CLASSES[1:]))
        choices = [(name, name or "–") for name in names]
        self.fields["storage_class"].choices = choices  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Refuse what S3 refuses of days and storage classes."""
        cleaned: dict[str, Any] = super().clean() or {}
        deed, days, to = (cleaned.get(name) for name in ("deed", "days", "storage_class"))
        if deed == "move" and not to:
            self.add_error("storage_class", _("Choose where the objects are moved to."))
        if deed in ("abort", "expire") and days == 0:
            self.add_error("days", _("Give one day at least."))
        if deed == "move" and to in INFREQUENT and days is not None and days < INFREQUENT_DAYS:
            self.add_error("days", _("S3 moves objects to this class after 30 days at least."))
        if deed != "move":
            cleaned["storage_class"] = ""
        return cleaned
