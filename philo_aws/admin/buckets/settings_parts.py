"""Change what a bucket is set to as a whole: versions, public access, encryption and tags."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from ..text import visible
from .settings_base import SettingView
from .settings_forms import (
    BLOCKS,
    BucketTagsForm,
    EncryptionForm,
    PublicAccessForm,
    VersioningForm,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

SYSTEM_TAGS = "aws:"
"""How the names of tags begin that AWS itself sets, and nobody else may."""


class VersioningView(SettingView):
    """Switches versions on, or suspends them."""

    route = "<str:object_id>/settings/versioning/"
    title = _("Versions")
    setting = "bucket_versioning"
    form_class = VersioningForm

    def get_summary(self) -> list[Any]:
        return [
            _(
                "Every version is stored, and paid for, like an object. Once switched on, versions "
                "can be suspended, but not switched off again."
            )
        ]

    def get_initial(self) -> dict[str, Any]:
        # Who comes here where there never were versions wants them.
        return {"status": self.found.get("Status") or "Enabled"}

    def make(self, data: Mapping[str, Any]) -> dict[str, Any]:
        if data["status"] == self.found.get("Status"):
            return self.found
        # Without MFADelete, which stays as it is where nothing is told of it.
        return {"Status": data["status"]}

    def describe(self, data: Mapping[str, Any]) -> tuple[str, str]:
        if data["status"] == "Enabled":
            return gettext("Versions are kept from now on."), "Switched versioning on."
        return gettext("Versions were suspended."), "Suspended versioning."


class PublicAccessView(SettingView):
    """Blocks public access, or allows it."""

    route = "<str:object_id>/settings/public-access/"
    title = _("Public access")
    setting = "public_access_block"
    form_class = PublicAccessForm

    def get_summary(self) -> list[Any]:
        return [
            _(
                "With all four nothing in the bucket can be read by strangers, whatever else is "
                "set. Links that somebody shares work on."
            )
        ]

    def get_initial(self) -> dict[str, Any]:
        return dict(self.found)

    def make(self, data: Mapping[str, Any]) -> dict[str, Any]:
        return {**self.found, **{name: data[name] for name in BLOCKS}}

    def describe(self, data: Mapping[str, Any]) -> tuple[str, str]:
        blocked = ", ".join(name for name in BLOCKS if data[name])
        return (
            gettext("The block of public access was saved."),
            f"Set the block of public access: {blocked or 'nothing is blocked'}.",
        )


class EncryptionView(SettingView):
    """Sets how S3 encrypts what is written without saying how."""

    route = "<str:object_id>/settings/encryption/"
    title = _("Default encryption")
    setting = "bucket_encryption"
    form_class = EncryptionForm

    def get_summary(self) -> list[Any]:
        return [
            _(
                "For objects that are written from now on; those that are there stay as they are. "
                "Who reads an object under a key of KMS must be allowed to use that key."
            )
        ]

    def get_initial(self) -> dict[str, Any]:
        rule = self._rule
        default = rule.get("ApplyServerSideEncryptionByDefault", {})
        return {
            "algorithm": default.get("SSEAlgorithm", "AES256"),
            "key": default.get("KMSMasterKeyID", ""),
            "bucket_key": rule.get("BucketKeyEnabled", False),
        }

    @property
    def _rule(self) -> dict[str, Any]:
        rules = self.found.get("Rules") or [{}]
        return dict(rules[0])

    def make(self, data: Mapping[str, Any]) -> dict[str, Any]:
        default = {"SSEAlgorithm": data["algorithm"]}
        if data["key"]:
            default["KMSMasterKeyID"] = data["key"]
        rule = {
            **self._rule,
            "ApplyServerSideEncryptionByDefault": default,
            "BucketKeyEnabled": data["bucket_key"],
        }
        return {**self.found, "Rules": [rule, *self.found.get("Rules", [])[1:]]}

    def describe(self, data: Mapping[str, Any]) -> tuple[str, str]:
        key = f" with {visible(data['key'])!r}" if data["key"] else ""
        return (
            gettext("The default encryption was saved."),
            f"Set the default encryption: {data['algorithm']}{key}.",
        )


class BucketTagsView(SettingView):
    """Changes a bucket's tags, but for those of AWS itself."""

    route = "<str:object_id>/settings/tags/"
    title = _("Tags of the bucket")
    setting = "bucket_tagging"
    form_class = BucketTagsForm

    def get_initial(self) -> dict[str, Any]:
        return {"tags": {tag["Key"]: tag["Value"] for tag in self._tags(of_aws=False)}}

    def _tags(self, *, of_aws: bool) -> list[dict[str, str]]:
        tags: list[dict[str, str]] = self.found.get("TagSet", [])
        return [tag for tag in tags if tag["Key"].startswith(SYSTEM_TAGS) is of_aws]

    def make(self, data: Mapping[str, Any]) -> dict[str, Any]:
        given = [{"Key": name, "Value": value} for name, value in data["tags"].items()]
        made = [*self._tags(of_aws=True), *given]
        return {"TagSet": made} if made else {}

    def describe(self, data: Mapping[str, Any]) -> tuple[str, str]:
        return gettext("The tags were saved."), "Changed the tags of the bucket."
