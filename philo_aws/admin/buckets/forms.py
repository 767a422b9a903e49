"""The forms of the bucket pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from ...exceptions import AWSError
from ...s3.request.metadata import check_metadata, check_tags
from ...s3.request.names import check_bucket_name, check_key
from ...sentences import localized
from ..pairs import PairError, from_one_line, one_line, read, written
from ..text import visible

if TYPE_CHECKING:
    from django.core.files.uploadedfile import UploadedFile

HOUR = 3600
LIFETIMES = (
    (15 * 60, _("15 minutes")),
    (HOUR, _("1 hour")),
    (12 * HOUR, _("12 hours")),
    (24 * HOUR, _("1 day")),
    (3 * 24 * HOUR, _("3 days")),
    (7 * 24 * HOUR, _("7 days")),
)
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/storage-class-intro.html
STORAGE_CLASSES = (
    "STANDARD",
    "INTELLIGENT_TIERING",
    "STANDARD_IA",
    "ONEZONE_IA",
    "GLACIER_IR",
    "GLACIER",
    "DEEP_ARCHIVE",
)


def text_input(**attrs: str) -> forms.TextInput:
    """Return a text input that no browser corrects or completes."""
    return forms.TextInput(
        attrs={"class": "vTextField", "autocomplete": "off", "spellcheck": "false", **attrs}
    )


class KeyField(forms.CharField):
    """A key or prefix, taken as it is typed: spaces count, and a line feed can be in quotes."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"strip": False, "widget": text_input(), **kwargs})

    def clean(self, value: Any) -> str:
        cleaned = from_one_line(str(super().clean(value)))
        if cleaned:
            checked(check_key, cleaned)
        return cleaned


class PairsField(forms.CharField):
    """Lines of ``name=value`` as a dict; what was shown comes back equal."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.Textarea(
            attrs={"rows": 5, "class": "vLargeTextField", "spellcheck": "false"}
        )
        super().__init__(**{"required": False, "widget": widget, **kwargs})

    def prepare_value(self, value: Any) -> Any:
        return written(value) if isinstance(value, dict) else value

    def to_python(self, value: Any) -> Any:
        pairs: dict[str, str] = {}
        try:
            found = read(str(value or ""))
        except PairError as error:
            raise forms.ValidationError(
                gettext("“%(line)s” is no pair. Write name=value, one in a line."),
                code="no_pair",
                params={"line": visible(error.line)},
            ) from error
        for name, content in found:
            if name in pairs:
                raise forms.ValidationError(
                    gettext("“%(name)s” is there twice."),
                    code="twice",
                    params={"name": visible(name)},
                )
            pairs[name] = content
        return pairs


class BucketForm(forms.Form):
    """A new bucket."""

    name = forms.CharField(
        label=_("Name"),
        max_length=63,
        widget=text_input(),
        help_text=_(
            "3 to 63 lower-case letters, digits, dots and hyphens. "
            "No other account may have taken the name."
        ),
    )
    region = forms.CharField(
        label=_("Region"),
        required=False,
        widget=text_input(placeholder="eu-west-1"),
        help_text=_("Empty for the region of the settings."),
    )

    def clean_name(self) -> str:
        """Refuse what no bucket can be called."""
        name: str = self.cleaned_data["name"]
        checked(lambda value: check_bucket_name(value, new=True), name)
        return name


class FolderForm(forms.Form):
    """A new folder."""

    name = KeyField(
        label=_("Folder name"),
        help_text=_("A slash makes folders within folders: reports/2026."),
    )

    def clean_name(self) -> str:
        """Return the name without slashes around it."""
        name = str(self.cleaned_data["name"]).strip("/")
        if not name:
            raise forms.ValidationError(_("Give the folder a name."), code="required")
        return name


class MultipleFileInput(forms.ClearableFileInput):
    """A file input for many files."""

    allow_multiple_selected = True


class MultipleFileField(forms.FileField):
    """Many files at once, as a list."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"widget": MultipleFileInput(), "allow_empty_file": True, **kwargs})

    def clean(self, data: Any, initial: Any = None) -> Any:
        given = data if isinstance(data, list | tuple) else [data]
        cleaned: list[UploadedFile[Any]] = [super(MultipleFileField, self).clean(f) for f in given]
        return cleaned


class UploadForm(forms.Form):
    """Files to upload."""

    files = MultipleFileField(label=_("Files"))  # type: ignore[assignment]
    overwrite = forms.BooleanField(
        label=_("Replace objects of the same name"),
        required=False,
        help_text=_("Where versioning is off, what was there before is lost."),
    )


class ShareForm(forms.Form):
    """How long a link lives."""

    expires_in = forms.TypedChoiceField(
        label=_("The link works for"), coerce=int, choices=LIFETIMES, initial=HOUR
    )


class CopyForm(forms.Form):
    """Where a single object goes."""

    bucket = forms.CharField(label=_("Destination bucket"), widget=text_input())
    key = KeyField(label=_("Destination key"), help_text=_("The whole key, folders included."))
    overwrite = forms.BooleanField(label=_("Replace an object of the same key"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial = {**self.initial, "key": one_line(self.initial.get("key", ""))}

    def offer_folders(self, url: str, start: str) -> None:
        """Let a script offer the folders that ``url`` answers with, beginning at ``start``."""
        self.fields["key"].widget.attrs |= {
            "data-aws-folders": url,
            "data-start": start,
            "data-choose": gettext("Choose a folder"),
            "data-none": gettext("There are no folders here."),
            "data-more": gettext("There are more folders. Type the name of one that is missing."),
            "data-failed": gettext("The folders cannot be shown. Type the name."),
        }

    def clean_bucket(self) -> str:
        """Refuse what no bucket is called."""
        name: str = self.cleaned_data["bucket"]
        checked(check_bucket_name, name)
        return name


class CopyManyForm(CopyForm):
    """Where many objects go."""

    key = KeyField(
        label=_("Destination folder"),
        required=False,
        help_text=_("Empty for the top of the bucket. Names stay as they are."),
    )
    overwrite = forms.BooleanField(label=_("Replace objects of the same key"), required=False)

    def clean_key(self) -> str:
        """Return the folder with one slash at its end."""
        folder: str = self.cleaned_data["key"]
        return folder if not folder or folder.endswith("/") else f"{folder}/"


class RenameForm(forms.Form):
    """The new name of an object or a folder, without the folders above it."""

    name = KeyField(label=_("New name"), widget=text_input(autofocus="autofocus"))

    def __init__(self, *args: Any, old: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.old = old

    def clean_name(self) -> str:
        """Refuse what is no other name, or one in another folder."""
        name: str = self.cleaned_data["name"]
        if name == self.old:
            raise forms.ValidationError(_("This is the name that it has."), code="same")
        if "/" in name:
            raise forms.ValidationError(
                _("A name has no slash. To bring it into another folder, move it."), code="slash"
            )
        return name


class MetadataForm(forms.Form):
    """An object's headers, metadata and storage class."""

    ContentType = forms.CharField(label=_("Content type"), required=False, widget=text_input())
    CacheControl = forms.CharField(
        label=_("Cache control"), required=False, widget=text_input(placeholder="max-age=3600")
    )
    ContentDisposition = forms.CharField(
        label=_("Content disposition"), required=False, widget=text_input()
    )
    ContentEncoding = forms.CharField(
        label=_("Content encoding"), required=False, widget=text_input()
    )
    ContentLanguage = forms.CharField(
        label=_("Content language"), required=False, widget=text_input()
    )
    metadata = PairsField(
        label=_("Own metadata"), help_text=_("One name=value in a line, without x-amz-meta-.")
    )
    storage_class = forms.ChoiceField(label=_("Storage class"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        present = self.initial.get("storage_class", "STANDARD")
        names = dict.fromkeys((present, *STORAGE_CLASSES))
        self.fields["storage_class"].choices = [(name, name) for name in names]  # type: ignore[attr-defined]

    def clean_metadata(self) -> dict[str, str]:
        """Refuse what a header cannot carry."""
        metadata: dict[str, str] = self.cleaned_data["metadata"]
        checked(check_metadata, metadata)
        return metadata


class TagsForm(forms.Form):
    """An object's tags."""

    tags = PairsField(
        label=_("Tags"),
        help_text=_(
            "One name=value in a line, ten at most. In double quotes spaces at the ends count, and "
            "a name can have an equals sign."
        ),
    )

    def clean_tags(self) -> dict[str, str]:
        """Refuse what S3 refuses."""
        tags: dict[str, str] = self.cleaned_data["tags"]
        checked(check_tags, tags)
        return tags


def checked(check: Any, value: Any) -> None:
    """Call ``check``, and tell what it refuses at the field."""
    try:
        check(value)
    except AWSError as error:
        raise forms.ValidationError(
            localized(error.message), code=error.code or "invalid"
        ) from error
