"""A form field that chooses an object of a bucket.

::

    from django import forms
    from philo_aws.forms import ObjectField

    class ReleaseForm(forms.ModelForm):
        picture = ObjectField(bucket="media", prefix="press/", required=False)

In an admin with :class:`philo_aws.admin.ObjectPickerMixin` it has a button that opens the bucket,
and what may be chosen there is what the person may list.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.forms.widgets import Script
from django.utils.translation import gettext_lazy as _

from .exceptions import AWSError, ObjectNotFoundError, UsageError
from .sentences import localized

if TYPE_CHECKING:
    from typing import Protocol

    from django.forms.boundfield import BoundField
    from django.utils.functional import _StrPromise as StrPromise

    class Picking(Protocol):
        """What the admin's pages of buckets say of one person."""

        def may(self, bucket: str, key: str) -> bool:
            """Say whether the person may list the object."""

        def check(self, bucket: str, key: str) -> None:
            """Raise :exc:`~philo_aws.exceptions.AWSError` where there is no such object."""

        def addresses(self, bucket: str, key: str) -> dict[str, str]:
            """Return the addresses of its page and its small picture, empty where not allowed."""

        def choose_url(self, bucket: str, prefix: str) -> str:
            """Return the address of the page that chooses one."""


__all__ = ["ObjectField", "ObjectInput"]

MAX_LENGTH = 1100
"""Characters of a value: a bucket's name, a slash, and a key of up to 1,024 bytes."""


class ObjectInput(forms.TextInput):
    """A text input with a button that opens the bucket, and a link to what was chosen.

    Without JavaScript, and where nobody is known to ask for, it is a text input.
    """

    template_name = "philo_aws/forms/object.html"
    picking: Picking | None = None
    bucket = ""
    prefix = ""

    class Media:
        css: ClassVar[dict[str, list[str]]] = {"all": ["philo_aws/picker.css"]}
        js: ClassVar[list[Any]] = [Script("philo_aws/picker.js", defer=True)]

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        given = {"class": "vTextField", "spellcheck": "false", "autocomplete": "off", "dir": "ltr"}
        super().__init__({**given, **(attrs or {})})

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        if self.picking is None:
            return context
        addresses: dict[str, str] = {}
        bucket, key = _split(str(value or ""), self.bucket)
        if bucket and key:
            addresses = self.picking.addresses(bucket, key)
        return {
            **context,
            "choose_url": self.picking.choose_url(self.bucket, self.prefix),
            "object_url": addresses.get("object", ""),
            "thumbnail_url": addresses.get("thumbnail", ""),
        }


class ObjectField(forms.CharField):
    """An object of a bucket, as text: its key where ``bucket`` is given, else ``bucket/key``.

    ``prefix`` is what the key must begin with. An ``s3://`` address or an ARN may be typed too.
    What is new is asked of S3 by one request; what the form had before is taken as it is, so that a
    row can be saved whose object is gone.

    Where nobody is known whose permissions could be asked, which is everywhere but in an admin with
    :class:`philo_aws.admin.ObjectPickerMixin`, a field without ``bucket`` would tell anybody what
    is in every bucket of the site: :meth:`clean` raises
    :exc:`~django.core.exceptions.ImproperlyConfigured`. Raises
    :exc:`~philo_aws.exceptions.InvalidRequestError` for a ``bucket`` that can be none, and
    :exc:`TypeError` for a ``prefix`` without one.
    """

    widget = ObjectInput
    default_error_messages: ClassVar[dict[str, str | StrPromise]] = {
        "form": _("Write the bucket, a slash and the key, as in media/press/photo.jpg."),
        "bucket": _("The object has to be in the bucket %(bucket)s."),
        "prefix": _("The key has to begin with %(prefix)s."),
        "folder": _("This is a folder. Choose an object in it."),
        "control": _("A name with a line break or another control character cannot be kept here."),
        "denied": _("You may not see this object."),
        "missing": _("There is no such object."),
    }

    def __init__(self, *, bucket: str = "", prefix: str = "", **kwargs: Any) -> None:
        # Late: models load their fields in every command, and few of these know of S3.
        from .s3.request.names import check_bucket_name

        if bucket:
            check_bucket_name(bucket)
        elif prefix:
            raise TypeError("A prefix is in a bucket: give 'bucket' too.")
        self.bucket, self.prefix = bucket, prefix
        self.picking: Picking | None = None
        self.kept: Any = None
        # A space at the end is one of the key.
        super().__init__(**{"strip": False, "max_length": MAX_LENGTH, **kwargs})
        self.bind(None)

    def bind(self, picking: Picking | None) -> None:
        """Ask for permissions by ``picking`` from now on."""
        self.picking = picking
        widget: Any = self.widget
        if isinstance(widget, ObjectInput):
            widget.picking = picking
            widget.bucket, widget.prefix = self.bucket, self.prefix

    def get_bound_field(self, form: Any, field_name: str) -> BoundField:
        self.kept = form.get_initial_for_field(self, field_name)
        return super().get_bound_field(form, field_name)

    def to_python(self, value: Any) -> Any:
        from .s3.request.addresses import is_address, parse_address

        text = super().to_python(value)
        if not text or not is_address(text):
            return text
        try:
            bucket, key = parse_address(text)
        except UsageError as error:
            raise ValidationError(localized(error.message), code="form") from error
        if not self.bucket:
            return f"{bucket}/{key}"
        if bucket != self.bucket:
            raise self._error("bucket", bucket=self.bucket)
        return key

    def clean(self, value: Any) -> Any:
        cleaned = super().clean(value)
        if cleaned and cleaned != self.kept:
            self._check(*_split(cleaned, self.bucket))
        return cleaned

    def _check(self, bucket: str, key: str) -> None:
        from .s3.objects.properties import head_object
        from .s3.request.names import check_bucket_name, check_key

        if self.picking is None and not self.bucket:
            raise ImproperlyConfigured(
                "An ObjectField without a bucket needs an admin with "
                "philo_aws.admin.ObjectPickerMixin, which asks for the person's permissions."
            )
        if not bucket or not key:
            raise self._error("form")
        if any(ord(character) < 32 or character == "\x7f" for character in key):
            raise self._error("control")
        if not key.startswith(self.prefix):
            raise self._error("prefix", prefix=self.prefix)
        if key.endswith("/"):
            raise self._error("folder")
        try:
            check_bucket_name(bucket)
            check_key(key)
            if self.picking is None:
                head_object(bucket, key, purpose="web")
                return
            # The same answer whether it is there or not.
            if not self.picking.may(bucket, key):
                raise self._error("denied")
            self.picking.check(bucket, key)
        except ObjectNotFoundError as error:
            raise self._error("missing") from error
        except AWSError as error:
            raise ValidationError(localized(error.message), code="aws") from error

    def _error(self, code: str, **params: str) -> ValidationError:
        return ValidationError(self.error_messages[code], code=code, params=params or None)


def _split(value: str, bucket: str) -> tuple[str, str]:
    """Return the bucket and the key that a value names; empty ones where it names none."""
    if bucket:
        return bucket, value
    if value.startswith("arn:"):
        # That of an access point has a slash of its own.
        head, _, rest = value.partition("/")
        name, slash, key = rest.partition("/")
        return f"{head}/{name}" if slash else "", key
    head, _, key = value.partition("/")
    return head, key
