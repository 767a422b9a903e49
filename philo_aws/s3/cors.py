"""Whether a bucket lets a page of another origin send to it."""

from __future__ import annotations

import fnmatch
from typing import TYPE_CHECKING

from ..exceptions import AWSError, translated
from .access import client_for

if TYPE_CHECKING:
    from ..conf import Purpose


def allows_origin(
    bucket_name: str,
    origin: str,
    method: str,
    region_name: str | None = None,
    *,
    purpose: Purpose = "commands",
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
    return any(
        method in rule["AllowedMethods"]
        and any(fnmatch.fnmatchcase(origin, pattern) for pattern in rule["AllowedOrigins"])
        for rule in rules
    )
