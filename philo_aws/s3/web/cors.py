"""Whether a bucket lets a page of another origin send to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...aws_errors import translated
from ...exceptions import AWSError
from ..request.access import client_for

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ...conf import Purpose


def allows_origin(
    bucket_name: str,
    origin: str,
    method: str,
    region_name: str | None = None,
    *,
    purpose: Purpose = "web",
) -> bool:
    """Say whether the bucket's CORS rules let pages of ``origin`` use ``method``.

    Where the rules cannot be read the answer is no.
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/ManageCorsUsing.html
    """
    try:
        client = client_for(bucket_name, region_name, purpose)
        with translated(bucket=bucket_name, region=region_name):
            rules = client.get_bucket_cors(Bucket=bucket_name).get("CORSRules", ())
    except AWSError:
        return False
    return rules_allow(rules, origin, method)


def rules_allow(rules: Iterable[Mapping[str, Any]], origin: str, method: str) -> bool:
    """Say whether one of these rules lets pages of ``origin`` use ``method``."""
    return any(
        method in rule.get("AllowedMethods", ())
        and any(_matches(origin, pattern) for pattern in rule.get("AllowedOrigins", ()))
        for rule in rules
    )


def _matches(origin: str, pattern: str) -> bool:
    """Say whether an origin is what a pattern says, in which ``*`` alone is no plain character.

    S3 takes one ``*`` in a pattern; stores that take more cannot make this try again and again.
    """
    first, *middle = pattern.split("*")
    if not middle:
        return origin == pattern
    last = middle.pop()
    if len(origin) < len(first) + len(last):
        return False
    if not (origin.startswith(first) and origin.endswith(last)):
        return False
    position, end = len(first), len(origin) - len(last)
    for piece in middle:
        found = origin.find(piece, position, end)
        if found < 0:
            return False
        position = found + len(piece)
    return True
