"""Rules of a bucket in words: for pages in the person's language, for the history in English."""

from __future__ import annotations

import datetime
import json
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext, ngettext

from ...s3.web.bucket_rules import plain_rule
from ..numbers import grouped
from ..text import lines, visible

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ...s3.web.bucket_rules import PlainRule

MAX_WRITTEN = 64 * 1024
"""Characters of JSON that a page shows; a bucket's policy has 20 KiB at most.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-policies.html
"""


def say(rule: PlainRule) -> str:
    """Return what a lifecycle rule does, as a sentence."""
    days = {"count": grouped(rule.days)}
    if rule.deed == "abort":
        told = (
            ngettext(
                "Unfinished uploads are aborted after %(count)s day.",
                "Unfinished uploads are aborted after %(count)s days.",
                rule.days,
            )
            % days
        )
    elif rule.deed == "expire":
        told = (
            ngettext(
                "Objects are deleted after %(count)s day.",
                "Objects are deleted after %(count)s days.",
                rule.days,
            )
            % days
        )
    else:
        told = ngettext(
            "Objects are moved to %(class)s after %(count)s day.",
            "Objects are moved to %(class)s after %(count)s days.",
            rule.days,
        ) % {**days, "class": visible(rule.storage_class)}
    if not rule.prefix:
        return told
    where = gettext("Only names that begin with “%(prefix)s”.")
    return f"{told} {where % {'prefix': visible(rule.prefix)}}"


def in_english(rule: Mapping[str, Any]) -> str:
    """Return what a lifecycle rule is, for the history."""
    plain = plain_rule(rule)
    if plain is None:
        return f"the lifecycle rule {visible(str(rule.get('ID', '')))!r}"
    deed = {
        "abort": "abort unfinished uploads",
        "expire": "delete objects",
        "move": f"move objects to {visible(plain.storage_class)}",
    }[plain.deed]
    where = f" below {visible(plain.prefix)!r}" if plain.prefix else ""
    off = "" if plain.enabled else ", switched off"
    return f"the lifecycle rule: {deed}{where} after {plain.days:,} days{off}"


def say_cors(rule: Mapping[str, Any]) -> str:
    """Return what a CORS rule allows, as one line."""
    return gettext("%(methods)s from %(origins)s") % {
        "methods": visible(", ".join(rule.get("AllowedMethods", ()))),
        "origins": visible(", ".join(rule.get("AllowedOrigins", ()))),
    }


def of_cors_in_english(rule: Mapping[str, Any]) -> str:
    """Return what a CORS rule is, for the history."""
    methods = ", ".join(rule.get("AllowedMethods", ()))
    origins = ", ".join(rule.get("AllowedOrigins", ()))
    return f"the CORS rule: {visible(methods)} from {visible(origins, most=500)}"


def written(found: Mapping[str, Any], *, indent: int | None = 2) -> str:
    """Return what is set as JSON, fit to read; of more than 64 Ki characters the beginning."""
    try:
        text = json.dumps(found, indent=indent, ensure_ascii=False, default=_moment)
    except RecursionError:
        # No bucket of AWS's has such a policy; another store may say so.
        return gettext("It is nested too deeply to be shown.")
    shown = lines(text[:MAX_WRITTEN])
    return f"{shown}…" if len(text) > MAX_WRITTEN else shown


def _moment(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime.datetime) else str(value)
