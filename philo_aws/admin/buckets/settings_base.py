"""What the pages share that change a setting of a bucket: nothing of anybody else's is lost.

S3 has no condition for what a bucket is set to. So what a form was made from travels in it as a few
characters, and is compared with what is there just before it is written.
"""

from __future__ import annotations

import hashlib
import json
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from ...exceptions import ConflictError
from ...s3 import configuration
from ..base import Crumb
from ..operations import OperationOutcome, OperationView
from .base import BucketView

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django import forms

VIEW = "view_bucket_settings"
CHANGE = "change_bucket_settings"


class SettingsBreadcrumbs(BucketView):
    """A page below that of a bucket's settings."""

    def get_breadcrumbs(self) -> list[Crumb]:
        return [*super().get_breadcrumbs(), Crumb(label=_("Settings"), url=self.link("settings"))]


class SettingView(OperationView, SettingsBreadcrumbs):
    """A change of one setting, as the person saw it; two requests, one where nothing is written."""

    permissions = (VIEW, CHANGE)
    submit_label = _("Save")
    setting: ClassVar[str] = ""
    """boto's name of what is changed, as :data:`~philo_aws.s3.configured.CONFIGURABLES` has it."""

    @cached_property
    def found(self) -> dict[str, Any]:
        """What is set, read once for each request."""
        read = getattr(configuration, f"get_{self.setting}")
        found: dict[str, Any] = self.ask_aws(read, self.bucket)
        return found

    # To be written by subclasses

    def make(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """Return all of what is to be set; empty to take the setting away."""
        raise NotImplementedError

    def describe(self, data: Mapping[str, Any]) -> tuple[str, str]:
        """Return what was done, for the person, and for the history in English."""
        raise NotImplementedError

    # The way it goes

    def get_form(self, *, bound: bool) -> forms.Form | None:
        self.found  # noqa: B018 - reading comes first: what fails there is no failed write
        return super().get_form(bound=bound)

    def get_hidden(self) -> dict[str, Any]:
        seen = self.request.POST.get("seen", "") or fingerprint(self.found)
        return {**super().get_hidden(), "seen": seen}

    def perform(self, data: dict[str, Any]) -> OperationOutcome:
        if self.request.POST.get("seen", "") != fingerprint(self.found):
            raise changed_meanwhile()
        made = self.make(data)
        if fingerprint(made) == fingerprint(self.found):
            return OperationOutcome(message=gettext("Nothing was changed: it is set like that."))
        write = getattr(configuration, f"put_{self.setting}")
        self.ask_aws(write, self.bucket, made)
        message, audit = self.describe(data)
        return OperationOutcome(message=message, audit=audit)

    def get_success_url(self) -> str:
        return self.link("settings") or super().get_success_url()


def fingerprint(found: Mapping[str, Any]) -> str:
    """Return what is set as a few characters, the same whenever the same is set."""
    told = dict(found)
    if isinstance(told.get("TagSet"), list):
        # Tags have no order, and stores give them in any.
        told["TagSet"] = sorted(told["TagSet"], key=lambda tag: str(tag["Key"]))
    text = json.dumps(told, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def changed_meanwhile() -> ConflictError:
    """Return the error for what is not any more what the person saw."""
    return ConflictError(
        gettext(
            "The setting was changed by somebody else after this page was opened, so nothing was "
            "saved. Open the page anew and look at it first."
        ),
        code="PreconditionFailed",
    )
