"""Rules of a bucket that people write on a page: of its lifecycle, and of other origins.

A lifecycle rule that does one plain thing below one prefix is a :class:`PlainRule`, and can be
changed field by field. Every other rule is left exactly as it is.
https://docs.aws.amazon.com/AmazonS3/latest/API/API_LifecycleRule.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Deed = Literal["abort", "expire", "move"]
"""What a plain rule does: abort unfinished uploads, delete objects, give them another class."""

INFREQUENT_DAYS = 30
"""How long an object must have been there before it may go to one of ``INFREQUENT``.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-transition-general-considerations.html
"""
INFREQUENT = ("STANDARD_IA", "ONEZONE_IA")
MAX_DAYS = 2**31 - 1
"""S3's days are whole numbers of 32 bits."""
CORS_SECONDS = 3600
"""How long a browser may remember that it may upload."""
_ABORT = "AbortIncompleteMultipartUpload"
_PLAIN = {"ID", "Status", "Filter", "Prefix"}


@dataclass(frozen=True, kw_only=True)
class PlainRule:
    """A lifecycle rule that does one thing, so many days after an object or upload was begun."""

    deed: Deed
    """What it does."""
    days: int
    """After how many days."""
    prefix: str = ""
    """Below which beginning of keys; empty for the whole bucket."""
    storage_class: str = ""
    """Where objects go to, where it moves them."""
    name: str = ""
    """Its ID; empty to let S3 give it one."""
    enabled: bool = True
    """Whether it is done at all."""

    def written(self, before: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Return the rule by boto's names; what is the same as ``before`` is written as there."""
        rule: dict[str, Any] = {"ID": self.name} if self.name else {}
        if before is not None and _prefix_of(before) == self.prefix:
            rule |= {name: before[name] for name in ("Filter", "Prefix") if name in before}
        else:
            rule["Filter"] = {"Prefix": self.prefix}
        rule["Status"] = "Enabled" if self.enabled else "Disabled"
        if self.deed == "abort":
            rule[_ABORT] = {"DaysAfterInitiation": self.days}
        elif self.deed == "expire":
            rule["Expiration"] = {"Days": self.days}
        else:
            rule["Transitions"] = [{"Days": self.days, "StorageClass": self.storage_class}]
        return rule


def plain_rule(rule: Mapping[str, Any]) -> PlainRule | None:
    """Return a lifecycle rule as a plain one; ``None`` where it says more than such a one can."""
    prefix = _prefix_of(rule)
    said = set(rule) - _PLAIN
    if prefix is None or len(said) != 1:
        return None
    [about] = said
    told: Any = rule[about]
    if about == "Transitions":
        told = told[0] if len(told) == 1 else {}
    deeds: dict[str, tuple[Deed, str, set[str]]] = {
        _ABORT: ("abort", "DaysAfterInitiation", set()),
        "Expiration": ("expire", "Days", set()),
        "Transitions": ("move", "Days", {"StorageClass"}),
    }
    if about not in deeds:
        return None
    deed, days, more = deeds[about]
    if set(told) != {days} | more:
        return None
    return PlainRule(
        deed=deed,
        days=told[days],
        prefix=prefix,
        storage_class=told.get("StorageClass", ""),
        name=rule.get("ID", ""),
        enabled=rule.get("Status") == "Enabled",
    )


def _prefix_of(rule: Mapping[str, Any]) -> str | None:
    """Return the prefix that a rule is about; ``None`` where it is about something else, too."""
    told = rule.get("Filter")
    if told is None:
        return str(rule.get("Prefix") or "")
    if "Prefix" in rule or set(told) - {"Prefix"}:
        return None
    return str(told.get("Prefix") or "")


def upload_rule(origin: str) -> dict[str, Any]:
    """Return the CORS rule that lets the pages of a site send files straight to the bucket."""
    return {
        "AllowedHeaders": ["*"],
        "AllowedMethods": ["PUT"],
        "AllowedOrigins": [origin],
        "MaxAgeSeconds": CORS_SECONDS,
    }
