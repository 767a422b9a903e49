"""What a bucket is set to, on one page; each part is changed on a page of its own."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _

from ...exceptions import AWSError, BucketNotFoundError
from ...s3 import configuration
from ...s3.web.bucket_rules import plain_rule
from ...s3.web.cors import rules_allow
from ..base import Button
from ..text import visible
from .base import BucketView
from .rule_words import say, written
from .settings_base import VIEW, fingerprint
from .settings_forms import BLOCKS, ENCRYPTION
from .settings_parts import SYSTEM_TAGS
from .settings_rules import origin_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.http import HttpResponse

PARTS = {
    "versioning": "bucket_versioning",
    "public_access": "public_access_block",
    "encryption": "bucket_encryption",
    "cors": "bucket_cors",
    "lifecycle": "bucket_lifecycle_configuration",
    "tags": "bucket_tagging",
    "policy": "bucket_policy",
    "website": "bucket_website",
}
"""The parts of the page, each with boto's name of what is read for it."""
CORS_COLUMNS = {
    "origins": "AllowedOrigins",
    "methods": "AllowedMethods",
    "sent": "AllowedHeaders",
    "read": "ExposeHeaders",
}
RULES_SHOWN = 200
"""Rules of one kind on the page; S3 takes 100 of CORS and 1,000 of the lifecycle."""


@dataclass(frozen=True, kw_only=True)
class Part:
    """One part of the page."""

    found: Mapping[str, Any] = field(default_factory=dict)
    """What is set, by boto's names."""
    error: AWSError | None = None
    """Why that is not known."""
    edit_url: str = ""
    """Where it is changed, or where a rule is added; empty for whom may not."""


class SettingsView(BucketView):
    """The settings of a bucket, by a request for each of its parts, side by side.

    What the store does not know, or the identity may not read, is said at that part.
    """

    route = "<str:object_id>/settings/"
    permissions = (VIEW,)
    title = _("Settings")
    buttons = (Button(at=("bucket",), order=70),)
    template_name = "admin/philo_aws/bucket/settings.html"
    leads_to_history = True

    def get(self, *args: Any, **kwargs: Any) -> HttpResponse:
        answers = self.ask_aws_together(
            {
                name: partial(getattr(configuration, f"get_{setting}"), self.bucket)
                for name, setting in PARTS.items()
            }
        )
        for answer in answers.values():
            if isinstance(answer, BucketNotFoundError):
                raise answer
        parts = {name: self.make_part(name, answer) for name, answer in answers.items()}
        return self.render(
            parts=parts,
            switches=[
                (label, parts["public_access"].found.get(name, False))
                for name, label in BLOCKS.items()
            ],
            encryption=self.get_encryption(parts["encryption"].found),
            cors=self.get_cors(parts["cors"].found),
            lifecycle=self.get_lifecycle(parts["lifecycle"].found),
            tags=[
                {**tag, "of_aws": tag["Key"].startswith(SYSTEM_TAGS)}
                for tag in sorted(
                    parts["tags"].found.get("TagSet", ()), key=lambda tag: str(tag["Key"])
                )
            ],
            written={
                name: written(parts[name].found)
                for name in ("policy", "website")
                if parts[name].found
            },
        )

    def make_part(self, name: str, answer: Mapping[str, Any] | AWSError) -> Part:
        """Return a part of what was answered; what is not known cannot be changed."""
        if isinstance(answer, AWSError):
            return Part(error=answer)
        return Part(found=answer, edit_url=self.link(f"settings_{name}"))

    def get_encryption(self, found: Mapping[str, Any]) -> dict[str, Any]:
        """Return how new objects are encrypted, as the template shows it."""
        rule = (found.get("Rules") or [{}])[0]
        default = rule.get("ApplyServerSideEncryptionByDefault", {})
        algorithm = default.get("SSEAlgorithm", "")
        return {
            "label": ENCRYPTION.get(algorithm) or visible(algorithm),
            "key": default.get("KMSMasterKeyID", ""),
            "bucket_key": rule.get("BucketKeyEnabled", False),
        }

    def get_cors(self, found: Mapping[str, Any]) -> dict[str, Any]:
        """Return the CORS rules, and what they mean for this site's own uploads."""
        rules = found.get("CORSRules", ())
        origin = origin_of(self.request)
        return {
            "rules": [
                {
                    **{
                        name: ", ".join(rule.get(list_of, ()))
                        for name, list_of in CORS_COLUMNS.items()
                    },
                    "edit_url": self.link("settings_cors", rule=fingerprint(rule)),
                    "remove_url": self.link("settings_cors_remove", rule=fingerprint(rule)),
                }
                for rule in rules[:RULES_SHOWN]
            ],
            "hidden": max(0, len(rules) - RULES_SHOWN),
            "origin": origin,
            "allows": rules_allow(rules, origin, "PUT"),
            "allow_url": self.link("settings_allow_uploads"),
            "seen": fingerprint(found),
        }

    def get_lifecycle(self, found: Mapping[str, Any]) -> dict[str, Any]:
        """Return the lifecycle rules: a plain one as a sentence, every other as JSON."""
        rules = found.get("Rules", ())
        shown = []
        for rule in rules[:RULES_SHOWN]:
            plain, mark = plain_rule(rule), fingerprint(rule)
            shown.append(
                {
                    "name": rule.get("ID", ""),
                    "enabled": rule.get("Status") == "Enabled",
                    "sentence": say(plain) if plain else "",
                    "json": "" if plain else written(rule),
                    "edit_url": self.link("settings_lifecycle", rule=mark) if plain else "",
                    "remove_url": self.link("settings_lifecycle_remove", rule=mark),
                }
            )
        return {"rules": shown, "hidden": max(0, len(rules) - RULES_SHOWN)}
